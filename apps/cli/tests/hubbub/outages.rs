//! `tail` with a reader that takes nothing for long, and with a server that is away or refuses it for a while: nothing
//! is lost without a word, and it goes on.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader};
use std::os::fd::OwnedFd;
use std::thread;

use flume::Receiver;
use hubbub_testing::{DEADLINE, HeldPort, Peer, ScriptedServer, join, leave, text, until};
use rustix::io::ioctl_fionread;

use crate::program::{Hubbub, accept, at};

const ROOM: &str = "3f9c5a00000000000000000000000001";
/// More events than a session keeps for who reads nothing.
const TOO_MANY: usize = 20_001;

/// A header of an offer.
fn header<'a>(offer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = offer.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Takes the next connection, and returns its offer, too.
pub(crate) fn accept_offer(server: &ScriptedServer) -> (Peer, String) {
    let mut peer = server.accept();
    peer.expect(join("logger"));
    let offer = peer.head();
    (peer, offer)
}

/// A grant, and what was said before it.
pub(crate) fn welcome(offer: &str, past: &[String]) -> String {
    let version = header(offer, "Offer").unwrap();
    let said: String = past
        .iter()
        .map(|seq| stamped(seq, "Past: yes\r\n"))
        .collect();
    let last = past.last().map_or("a-0", String::as_str);
    format!(
        "CHAT/1.0 TEXT\r\nUsername: logger\r\nMsg-len: 0\r\nGrant: {version}\r\nRoom: {ROOM}\r\nKept: 30d\r\n\
         Arrived: 0\r\nMax-payload: 1048576\r\n\r\n{said}CHAT/1.0 REPLAYED\r\nUsername: logger\r\nLast: {last}\r\n\r\n"
    )
}

/// A text of a thousand bytes.
fn stamped(seq: &str, headers: &str) -> String {
    format!(
        "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 1000\r\nId: {seq}\r\nSeq: {seq}\r\n\
         Time: 2026-11-26T00:08:42.123Z\r\n{headers}\r\n{seq:1000}"
    )
}

/// A tail that has printed until its reader took no more. Since then the server was away once, has told what was said
/// meanwhile and has told more than a session keeps.
struct Stuck {
    tail: Hubbub,
    server: ScriptedServer,
    _port: HeldPort,
    /// The connection that it has now.
    peer: Peer,
    output: PipeReader,
}

impl Stuck {
    fn new() -> Self {
        let port = HeldPort::new();
        let server = ScriptedServer::at(&at(port.number()));
        let (output, input) = std::io::pipe().unwrap();
        let tail = Hubbub::start_into(
            File::from(OwnedFd::from(input)),
            &["tail", &at(port.number()), "--username", "logger", "--json"],
        );
        let (mut peer, offer) = accept_offer(&server);
        peer.send(welcome(&offer, &[]));
        let said: String = (1..1000).map(|n| stamped(&format!("a-{n}"), "")).collect();
        peer.send(said);
        until("nothing goes into the pipe", || {
            ioctl_fionread(&output).unwrap() >= 60_000
        });
        drop(peer);
        let (mut peer, offer) = accept_offer(&server);
        let past: Vec<_> = (1..10).map(|n| format!("b-{n}")).collect();
        peer.send(welcome(&offer, &past));
        let joined: Vec<_> = (0..TOO_MANY).flat_map(|n| join(&n.to_string())).collect();
        peer.send(joined);
        drop(peer);
        // Before this one, everything was read.
        let (peer, _) = accept_offer(&server);
        Self {
            tail,
            server,
            _port: port,
            peer,
            output,
        }
    }

    /// Reads again.
    fn read(output: PipeReader) -> Receiver<String> {
        let (send, lines) = flume::unbounded();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        lines
    }
}

#[test]
fn messages_that_a_slow_reader_missed_are_asked_for_again_from_the_last_one_that_is_printed() {
    let stuck = Stuck::new();
    let lines = Stuck::read(stuck.output);
    let (_peer, offer) = accept_offer(&stuck.server);
    let since = header(&offer, "Since").unwrap();
    let seq = since.strip_prefix(&format!("{ROOM} ")).unwrap();
    stuck.tail.signal("TERM");
    stuck.tail.ends(0, "");
    let texts: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(r#""type":"text""#))
        .collect();
    let seq = format!(r#""seq":"{seq}""#);
    assert!(
        texts.last().unwrap().contains(&seq),
        "{seq} is not the last one, but {:?}",
        texts.last()
    );
}

#[test]
fn a_server_that_is_away_when_a_slow_reader_has_missed_something_is_waited_for() {
    let stuck = Stuck::new();
    drop(stuck.server);
    let lines = Stuck::read(stuck.output);
    while !lines
        .recv_timeout(DEADLINE)
        .unwrap()
        .contains(r#""cause":"unreachable""#)
    {}
    stuck.tail.signal("TERM");
    stuck.tail.ends(0, "");
}

#[test]
fn a_signal_while_it_begins_anew_for_a_slow_reader_ends_it() {
    let mut stuck = Stuck::new();
    let _lines = Stuck::read(stuck.output);
    stuck.peer.expect(leave("logger"));
    stuck.tail.signal("TERM");
    stuck.tail.ends(0, "");
}

#[test]
fn a_refusal_ends_it_unless_it_was_in_the_room_before() {
    let server = ScriptedServer::start();
    let arguments = ["tail", &at(server.port()), "--username", "logger", "--json"];
    let tail = Hubbub::start(&arguments);
    let mut peer = accept(&server, "logger");
    peer.send(join("bob"));
    tail.line_with("join");
    drop(peer);
    let mut peer = server.accept();
    peer.expect(join("logger"));
    peer.send(text("server", "the room is full"));
    peer.shut();
    tail.line_with(r#""cause":"refused""#);
    tail.signal("TERM");
    tail.ends(0, "the room is full; connecting again");
}

#[test]
fn words_of_the_server_that_come_some_time_before_the_refusal_are_not_the_room() {
    let server = ScriptedServer::start();
    let tail = Hubbub::start(&["tail", &at(server.port()), "--username", "logger", "--json"]);
    let mut peer = accept(&server, "logger");
    peer.send(text("server", "the room is full"));
    tail.line_with("the room is full");
    peer.shut();
    tail.ends(77, "the room is full");
}

#[test]
fn a_gap_says_that_messages_are_gone_or_were_too_many() {
    let server = ScriptedServer::start();
    let tail = Hubbub::start(&["tail", &at(server.port()), "--username", "logger", "--json"]);
    let (mut peer, offer) = accept_offer(&server);
    let welcome = welcome(&offer, &["a-9".to_owned()]);
    peer.send(welcome.replace("Last: a-9\r\n", "Last: a-9\r\nLost: yes\r\n"));
    let gap = tail.line_with(r#""code":"gap""#);
    let words = "some messages before the next one are missing: they are no longer kept, or too many were missed";
    assert!(gap.contains(words), "{gap}");
}
