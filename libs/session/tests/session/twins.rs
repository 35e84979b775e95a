//! Two programs with one secret, as after a copy of a running computer, and our server. A program draws its secret
//! itself, so a relay puts that of the first offer into all others.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;

use hubbub_session::{Event, Intent};
use hubbub_testing::{Room, join, text};

use crate::alice::Alice;
use crate::harness::{offering, options_of};

const HEADER: &str = "\r\nResume: ";
/// 128 bits in hex digits.
const SECRET: usize = 32;

/// The port of a relay to the server at `port`. Each offer that goes through it gets the secret of the first.
fn relay(port: u16) -> u16 {
    let first = Arc::new(OnceLock::<String>::new());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let near = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let first = Arc::clone(&first);
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = from.read(&mut bytes) {
                    let mut said = String::from_utf8(bytes[..count].to_vec()).unwrap();
                    if let Some(at) = said.find(HEADER) {
                        let place = at + HEADER.len()..at + HEADER.len() + SECRET;
                        let secret = first.get_or_init(|| said[place.clone()].to_owned());
                        said.replace_range(place, secret);
                    }
                    if to.write_all(said.as_bytes()).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Write);
            });
            let (mut from, mut to) = (server, client);
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    });
    near
}

/// Takes what it is told until it is replaced.
fn is_replaced(alice: &mut Alice) {
    while alice.window.next() != Event::Replaced {}
}

#[test]
fn the_one_that_came_last_has_the_room_until_the_other_wants_it_back_and_nobody_else_notices() {
    let room = Room::open();
    let [mut bob] = room.members(["bob"]);
    let port = relay(room.address().port());
    let open = || Alice::open_with(offering(options_of("alice", port)));
    let mut first = open();
    first.is_caught_up();
    first.window.say(0, "one");
    first.has_arrived(0);
    let mut second = open();
    second.is_caught_up();
    is_replaced(&mut first);
    first.window.wish(Intent::Wake);
    second.window.say(0, "two");
    second.has_arrived(0);
    first.window.expect_no_event();
    first.window.say(1, "three");
    first.window.wish(Intent::Retry);
    first.has_arrived(1);
    is_replaced(&mut second);
    second.window.say(1, "four");
    second.window.wish(Intent::Retry);
    second.has_arrived(1);
    is_replaced(&mut first);
    first.window.expect_no_event();
    bob.send(text("bob", "which of you?"));
    second.hears("which of you?");
    bob.expect(join("alice"));
    for words in ["one", "two", "three", "four"] {
        bob.expect(text("alice", words));
    }
    // Each has seen what the other said.
    assert_eq!(first.heard, ["two"]);
    assert_eq!(second.heard, ["three", "which of you?"]);
    assert_eq!((first.gaps, second.gaps), (0, 0));
}
