//! An attack, and what must be true after it. The attack is repeated: the first time warms the program up, and the
//! second time must do with the memory that the first one freed.

use std::collections::HashSet;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use hubbub_server::descriptors;
#[cfg(feature = "tls")]
use hubbub_testing::tls::Directory;
use hubbub_testing::{DEADLINE, Peer, Program, Room, leave, text, until};

/// How many peers attack at a time where their number does not matter. If each of them leaked 2 KiB, that would be more
/// than [`withstands`] allows.
pub(crate) const ATTACKERS: usize = 400;

/// Deadlines that pass for nobody, however busy the machine is: for attacks that no deadline is to end.
pub(crate) const UNHURRIED: [&str; 4] = ["--join-timeout", "10min", "--text-timeout", "10min"];

/// A program with a room under attack.
pub(crate) struct Siege {
    pub(crate) program: Program,
    pub(crate) room: Room,
    /// How many descriptors are open while only the watcher is in the room.
    pub(crate) descriptors: usize,
}

/// How many times an attack is made at most. Now and then the allocator has more holes after one attack than after
/// another. Memory that grows each time is a leak.
const ATTACKS: usize = 4;

/// Repeats an attack against a server with these options until the resident memory after it is within a twentieth of
/// that after the attack before. Checks each time what must be true.
#[track_caller]
pub(crate) fn withstands(options: &[&str], attack: impl Fn(&mut Siege)) {
    repeat(Siege::begin(options, Room::at), attack);
}

/// The same for a server that speaks TLS and nothing else, with a key of its own, and a room where everybody does.
#[cfg(feature = "tls")]
#[track_caller]
pub(crate) fn withstands_securely(options: &[&str], attack: impl Fn(&mut Siege)) {
    let state = Directory::new();
    let options = [&["--tls", "--state", state.path()], options].concat();
    repeat(Siege::begin(&options, Room::secure_at), attack);
}

#[track_caller]
fn repeat(mut siege: Siege, attack: impl Fn(&mut Siege)) {
    attack(&mut siege);
    let mut resident = vec![siege.aftermath()];
    while resident.len() < ATTACKS {
        let before = resident[resident.len() - 1];
        attack(&mut siege);
        let now = siege.aftermath();
        if now <= before + before / 20 {
            return;
        }
        resident.push(now);
    }
    panic!("each attack has left something: {resident:?} bytes");
}

impl Siege {
    /// The allocator of glibc is told to free at once what it can. Otherwise it keeps several MiB, more or less, for
    /// later. One thread serves everybody, so that only the server decides whose turn it is.
    fn begin(options: &[&str], room: impl Fn(SocketAddr) -> Room) -> Self {
        let variables = [
            ("MALLOC_ARENA_MAX", "1"),
            ("MALLOC_MMAP_THRESHOLD_", "16384"),
            ("MALLOC_TRIM_THRESHOLD_", "16384"),
            ("ASYNC_STD_THREAD_COUNT", "1"),
        ];
        // Both ends of a connection are descriptors, in two processes with the same limit.
        assert!(descriptors::raise_limit() >= 4096, "raise ulimit -n");
        let mut program = Program::with(options, &variables);
        let address = program.address();
        let descriptors = program.descriptors() + 1;
        let room = room(address);
        Self {
            descriptors,
            program,
            room,
        }
    }

    /// Checks that the room works and that no descriptor of the attack is left. Returns the resident memory in bytes.
    #[track_caller]
    fn aftermath(&self) -> u64 {
        // This includes peers that were dropped last. Their LEAVEs would come among the texts of the newcomers.
        self.wait_until_all_closed();
        self.assert_serves();
        self.wait_until_all_closed();
        self.program.resident_bytes()
    }

    /// Two newcomers hear each other, and the earlier members hear them.
    #[track_caller]
    pub(crate) fn assert_serves(&self) {
        let [mut first, mut second] = self.room.members(["first of two", "second of two"]);
        let hears = |speaker: &mut Peer, listener: &mut Peer, said: Vec<u8>| {
            speaker.send(&said);
            while listener.frame() != said {}
            self.room.hears(said);
        };
        for number in 0..10 {
            let number = number.to_string();
            hears(&mut first, &mut second, text("first of two", &number));
            hears(&mut second, &mut first, text("second of two", &number));
        }
    }

    /// Waits until all of them have left, in whatever order.
    #[track_caller]
    pub(crate) fn hears_leave_of<'a>(&self, names: impl IntoIterator<Item = &'a String>) {
        let mut awaited: HashSet<Vec<u8>> = names.into_iter().map(|name| leave(name)).collect();
        while !awaited.is_empty() {
            awaited.remove(&self.room.next_heard());
        }
    }

    /// Waits until the server has closed all connections apart from the watcher's.
    #[track_caller]
    pub(crate) fn wait_until_all_closed(&self) {
        until("every descriptor of the attack is closed", || {
            self.program.descriptors() <= self.descriptors
        });
    }

    /// Connections that have not joined.
    #[track_caller]
    pub(crate) fn strangers(&self, count: usize) -> Vec<Peer> {
        (0..count).map(|_| self.room.connect()).collect()
    }

    /// Members with their names.
    #[track_caller]
    pub(crate) fn members(&self, count: usize) -> Vec<(String, Peer)> {
        let names = (0..count).map(|number| format!("attacker {number}"));
        names
            .map(|name| {
                let member = self.room.member(&name);
                (name, member)
            })
            .collect()
    }
}

/// Sends the same bytes again and again, until the server has ended the connection.
pub(crate) fn send_for_ever(mut writer: TcpStream, bytes: Vec<u8>) -> JoinHandle<()> {
    thread::spawn(move || {
        let until = Instant::now() + DEADLINE;
        loop {
            match writer.write_all(&bytes) {
                Ok(()) => assert!(Instant::now() < until, "the server still reads"),
                Err(error) => {
                    let ended = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
                    assert!(ended.contains(&error.kind()), "{error}");
                    return;
                }
            }
        }
    })
}
