//! A scripted server that knows the extension: its frames, written by hand.

use hubbub_session::{Event, Mark, MessageId, Stamped};
use hubbub_testing::{Peer, ScriptedServer, Time, join};

use crate::harness::{PACE, Window, offering, options};

pub(crate) const ROOM: &str = "3f9c5a00000000000000000000000001";
pub(crate) const OTHER_ROOM: &str = "3f9c5a00000000000000000000000002";

/// What came after a JOIN.
#[derive(Debug)]
pub(crate) struct Offered {
    head: String,
    name: String,
}

/// Takes the JOIN of `name` and the offer after it.
#[track_caller]
pub(crate) fn expect_offer(peer: &mut Peer, name: &str) -> Offered {
    peer.expect(join(name));
    let head = peer.head();
    let start = format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: 0\r\nOffer: 1 ");
    assert!(head.starts_with(&start), "no offer: {head}");
    let name = name.to_owned();
    Offered { head, name }
}

impl Offered {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The session, and the number of the attempt.
    pub(crate) fn session(&self) -> (String, u64) {
        let (session, attempt) = self.header("Session").unwrap().split_once(' ').unwrap();
        (session.to_owned(), attempt.parse().unwrap())
    }

    pub(crate) fn secret(&self) -> String {
        self.header("Resume").unwrap().to_owned()
    }

    /// The `Id` of a text of this client.
    pub(crate) fn id(&self, count: u64) -> String {
        format!("{}-{count}", self.session().0)
    }

    pub(crate) fn grant(&self, room: &str, arrived: u64) -> Vec<u8> {
        let (name, offer) = (&self.name, self.header("Offer").unwrap());
        format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: 0\r\nGrant: {offer}\r\nRoom: {room}\r\n\
             Kept: 30d\r\nArrived: {arrived}\r\nMax-payload: 1048576\r\n\r\n"
        )
        .into_bytes()
    }

    /// A grant with nothing to replay.
    pub(crate) fn welcome(&self, arrived: u64, last: &str) -> Vec<u8> {
        [self.grant(ROOM, arrived), replayed(last, "")].concat()
    }

    /// The bytes of a text of this client.
    pub(crate) fn text(&self, count: u64, words: &str) -> Vec<u8> {
        let (name, id, len) = (&self.name, self.id(count), words.len());
        format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\nId: {id}\r\n\r\n{words}")
            .into_bytes()
    }

    pub(crate) fn ack(&self, count: u64, seq: &str) -> Vec<u8> {
        let (name, id) = (&self.name, self.id(count));
        format!("CHAT/1.0 ACK\r\nUsername: {name}\r\nId: {id}\r\nSeq: {seq}\r\n\r\n").into_bytes()
    }
}

/// A text of bob. `headers`: lines after the time.
pub(crate) fn stamped(seq: &str, words: &str, headers: &str) -> Vec<u8> {
    let len = words.len();
    format!(
        "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: {len}\r\nId: {seq}\r\nSeq: {seq}\r\n\
         Time: 2026-11-26T00:08:42.123Z\r\n{headers}\r\n{words}"
    )
    .into_bytes()
}

pub(crate) fn past(seq: &str) -> Vec<u8> {
    stamped(seq, seq, "Past: yes\r\n")
}

pub(crate) fn live(seq: &str) -> Vec<u8> {
    stamped(seq, seq, "")
}

/// The end of a replay. `headers`: lines after the place.
pub(crate) fn replayed(last: &str, headers: &str) -> Vec<u8> {
    format!("CHAT/1.0 REPLAYED\r\nUsername: alice\r\nLast: {last}\r\n{headers}\r\n").into_bytes()
}

pub(crate) fn notice(code: &str, words: &str) -> Vec<u8> {
    let len = words.len();
    format!("CHAT/1.0 NOTICE\r\nUsername: alice\r\nCode: {code}\r\nMsg-len: {len}\r\n\r\n{words}")
        .into_bytes()
}

/// What [`past`] and [`live`] tell.
pub(crate) fn heard(seq: &str, past: bool) -> Event {
    Event::Said {
        name: "bob".to_owned(),
        text: seq.to_owned(),
        bytes: None,
        mark: Some(Mark {
            seq: seq.to_owned(),
            id: seq.to_owned(),
            past,
            own: None,
        }),
    }
}

pub(crate) fn caught_up(last: &str, more: bool) -> Event {
    let last = last.to_owned();
    Event::CaughtUp { last, more }
}

pub(crate) fn arrived(id: MessageId, seq: &str) -> Event {
    let seq = seq.to_owned();
    Event::Arrived { id, seq }
}

/// Of what happened, without the time.
pub(crate) fn events(stamped: Vec<Stamped>) -> Vec<Event> {
    stamped.into_iter().map(|stamped| stamped.event).collect()
}

impl Window {
    /// A window of alice that offers the extension.
    pub(crate) fn offer(server: &ScriptedServer) -> Self {
        let options = offering(options("127.0.0.1", server.port()));
        Self::open_at(options, Time::that_skips(PACE))
    }

    pub(crate) fn expect_offering(&mut self, server: &ScriptedServer) -> (Peer, Offered) {
        self.expect(Event::Connecting);
        let mut peer = server.accept();
        let offered = expect_offer(&mut peer, "alice");
        self.expect(Event::Connected);
        (peer, offered)
    }

    /// A window of alice whose server has granted, with nothing to replay.
    pub(crate) fn granted(server: &ScriptedServer) -> (Self, Peer, Offered) {
        let mut window = Self::offer(server);
        let (peer, offered) = window.expect_welcome(server, 0, "a-0");
        (window, peer, offered)
    }

    pub(crate) fn expect_welcome(
        &mut self,
        server: &ScriptedServer,
        arrived: u64,
        last: &str,
    ) -> (Peer, Offered) {
        let (mut peer, offered) = self.expect_offering(server);
        peer.send(offered.welcome(arrived, last));
        self.expect_granted();
        (peer, offered)
    }

    /// The grant. Returns whether it resumes.
    pub(crate) fn expect_grant(&mut self) -> bool {
        match self.next() {
            Event::Granted { resumed, .. } => resumed,
            other => panic!("no grant: {other:?}"),
        }
    }

    fn expect_granted(&mut self) {
        self.expect_grant();
        loop {
            match self.next() {
                Event::Arrived { .. } => {}
                Event::CaughtUp { .. } => return,
                other => panic!("not caught up: {other:?}"),
            }
        }
    }
}
