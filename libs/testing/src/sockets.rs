//! What the kernel says about the TCP sockets of this network, of all processes. For Linux, IPv4.

use std::fs;
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

impl TcpSocket {
    fn of_row(row: &str) -> Self {
        /// Number of the timer that probes an idle peer.
        const KEEP_ALIVE: u64 = 2;
        let fields: Vec<&str> = row.split_whitespace().collect();
        let pair = |at: usize| {
            let (one, other) = fields[at].split_once(':').unwrap();
            [one, other].map(|digits| u64::from_str_radix(digits, 16).unwrap())
        };
        let ([_, local], [_, remote]) = (pair(1), pair(2));
        let ([unsent, unread], [timer, ticks]) = (pair(4), pair(5));
        let remaining = Duration::from_millis(ticks * 10);
        Self {
            local: local as u16,
            remote: remote as u16,
            unsent,
            unread,
            probes_in: (timer == KEEP_ALIVE).then_some(remaining),
        }
    }
}
