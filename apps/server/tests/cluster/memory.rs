//! What a node holds while its engines are away: a little of each peer that goes on talking. The rest waits in sockets.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use hubbub_testing::{DEADLINE, MIB, Peer, join, leave, text, until};
use rustix::net::sockopt::set_socket_send_buffer_size;

use crate::house;
use crate::member::What;

/// How many talk.
const TALKERS: usize = 8;

/// What each of them would say while the engines are away, if somebody took it.
const FLOOD: usize = 4 * MIB;

/// What of it a node may hold of all talkers together: far more than the few kilobytes each that it lets pass, far less
/// than the flood.
const HELD: u64 = 8 << 20;

/// When nothing is taken for so long, nothing more is. On a machine that is so busy that it comes too early, less was
/// taken.
const FULL: Duration = Duration::from_secs(2);

/// One who talks as fast as the node takes it.
struct Talker {
    socket: TcpStream,
    frame: Vec<u8>,
    written: usize,
}

impl Talker {
    /// Talks until nothing more is taken, or all is said.
    fn flood(&mut self) {
        self.socket.set_write_timeout(Some(FULL)).unwrap();
        while self.written < FLOOD {
            match (&self.socket).write(self.rest()) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// What is not written yet of the frame that is being written.
    fn rest(&self) -> &[u8] {
        &self.frame[self.written % self.frame.len()..]
    }

    /// Ends the frame that it has begun, and leaves. Returns how many it has said.
    fn finish(mut self, name: &str) -> usize {
        self.socket.set_write_timeout(Some(DEADLINE)).unwrap();
        if !self.written.is_multiple_of(self.frame.len()) {
            let rest = self.rest().to_owned();
            self.socket.write_all(&rest).unwrap();
            self.written += rest.len();
        }
        self.socket.write_all(&leave(name)).unwrap();
        self.written / self.frame.len()
    }
}

#[test]
fn peers_that_go_on_talking_while_all_engines_are_away_wait_and_little_of_it_is_held() {
    let mut house = house::open(1, 1, &[]);
    house.enter(0, 1);
    let mut ear = Peer::join(house.port(0), "ear");
    house.node(0).line_with("name=\"ear\"");
    let names: Vec<_> = (0..TALKERS)
        .map(|number| format!("talker{number}"))
        .collect();
    let talkers = names.iter().map(|name| {
        let peer = Peer::join(house.port(0), name);
        ear.expect(join(name));
        let socket = peer.writer();
        // What waits in this end's socket is not what is measured.
        set_socket_send_buffer_size(&socket, 16 * 1024).unwrap();
        let frame = text(name, "x".repeat(1000));
        let talker = Talker {
            socket,
            frame,
            written: 0,
        };
        (peer.tape(), talker)
    });
    let (_tapes, mut talkers): (Vec<_>, Vec<_>) = talkers.collect();
    house.engines.kill(0);
    house.members[0].say();
    let member = &house.members[0];
    let is_paused = |what: &What| *what == What::Notice("paused".to_owned());
    until("the room is paused", || member.count(is_paused) == 1);
    let before = house.node(0).resident_bytes();
    thread::scope(|scope| {
        for talker in &mut talkers {
            scope.spawn(|| talker.flood());
        }
    });
    let grown = house.node(0).resident_bytes().saturating_sub(before);
    for talker in &talkers {
        assert!(
            talker.written < FLOOD,
            "{} bytes were taken",
            talker.written
        );
    }
    assert!(grown < HELD, "{grown} bytes are held");
    house.engines.begin(0);
    house.engines.wait();
    println!("{grown} bytes more in memory");
    let hears = thread::spawn(move || {
        let mut heard = [0; TALKERS];
        let mut here = TALKERS;
        while here > 0 {
            let frame = ear.frame();
            let said = |name: &String| frame == text(name, "x".repeat(1000));
            if let Some(talker) = names.iter().position(said) {
                heard[talker] += 1;
            }
            here -= usize::from(names.iter().any(|name| frame == leave(name)));
        }
        heard
    });
    let said = talkers.into_iter().enumerate();
    let said: Vec<_> = said
        .map(|(number, talker)| talker.finish(&format!("talker{number}")))
        .collect();
    assert_eq!(hears.join().unwrap(), *said);
}
