//! What the kernel says about the TCP sockets of this network, of all processes. For Linux, IPv4.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

/// One end of a connection, or a socket that listens.
#[derive(Debug)]
pub struct TcpSocket {
    /// Its own port.
    pub local: u16,
    /// The port of the other end.
    pub remote: u16,
    /// How many bytes it has sent that the other end's system has not taken.
    pub unsent: u64,
    /// How many bytes its program has not read.
    pub unread: u64,
    /// Whether it is idle, and the kernel will ask the other end for a sign of life after this time.
    pub probes_in: Option<Duration>,
}

/// All sockets, as they are now.
pub fn tcp_sockets() -> Vec<TcpSocket> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().skip(1).map(TcpSocket::of_row).collect()
}

/// How many connections wait to be accepted at this port, over IPv4 and IPv6.
pub fn unaccepted(port: u16) -> u64 {
    /// Number of the state of a socket that listens. These come first in the tables.
    const LISTENS: &str = "0A";
    // A kernel without IPv6 has no table of it.
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter();
    let tables = tables.filter(|table| Path::new(table).exists());
    let unaccepted = tables.map(|table| {
        let rows = BufReader::new(File::open(table).unwrap()).lines().skip(1);
        let rows = rows.map(Result::unwrap);
        let listening = rows.take_while(|row| row.split_whitespace().nth(3) == Some(LISTENS));
        listening
            .map(|row| TcpSocket::of_row(&row))
            .filter(|socket| socket.local == port)
            .map(|socket| socket.unread)
            .sum::<u64>()
    });
    unaccepted.sum()
}

impl TcpSocket {
    fn of_row(row: &str) -> Self {
        /// Number of the timer that probes an idle peer.
        const KEEP_ALIVE: u128 = 2;
        let fields: Vec<&str> = row.split_whitespace().collect();
        let pair = |at: usize| {
            let (one, other) = fields[at].split_once(':').unwrap();
            [one, other].map(|digits| u128::from_str_radix(digits, 16).unwrap())
        };
        let ([_, local], [_, remote]) = (pair(1), pair(2));
        let ([unsent, unread], [timer, ticks]) = (pair(4), pair(5));
        let remaining = Duration::from_millis(ticks as u64 * 10);
        Self {
            local: local as u16,
            remote: remote as u16,
            unsent: unsent as u64,
            unread: unread as u64,
            probes_in: (timer == KEEP_ALIVE).then_some(remaining),
        }
    }
}
