//! The rules, each both ways, with the time given: what a member sends and tells when a server does this or that.

use std::time::{Duration, SystemTime};

use hubbub_wire::{
    Decoder, EXTENSION, Frame, Grant, Hex64, Hex128, Id, Item, Kept, Label, Limits, Notice, Offer,
    Payload, Replayed, Stamp, Time, Token, Username,
};

use super::{Ending, Line, Member, Now, Profile};
use crate::{Event, Mark, MessageId, Seen};

mod agreeing;
mod beating;
mod carrying;
mod lines;
mod replaying;
mod saying;
mod waking;

const SESSION: Hex64 = Hex64(0x5f3a);
const SECRET: Hex128 = Hex128(0x4be1);
const ROOM: Hex128 = Hex128(0x3f9c);
const OTHER_ROOM: Hex128 = Hex128(0x3f9d);
const INSTANT: Duration = Duration::from_millis(1);

fn name(name: &str) -> Username<'_> {
    Username::new(name, 64).unwrap()
}

fn token(text: &str) -> Token<'_> {
    Token::new(text).unwrap()
}

/// Alice's side, driven by hand.
struct Side {
    member: Member,
    now: Now,
    nonces: u64,
}

impl Side {
    fn of(profile: Profile) -> Self {
        Self {
            member: Member::new(profile),
            now: Now {
                awake: Duration::from_secs(100),
                wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000),
            },
            nonces: 0,
        }
    }

    fn new() -> Self {
        Self::of(profile())
    }

    /// A side whose server granted, and which has caught up with `last`.
    fn granted(last: &str) -> Self {
        let mut side = Self::new();
        side.comes_back(0, last);
        side
    }

    /// Connects, gets a grant, and misses nothing up to `last`.
    fn comes_back(&mut self, arrived: u64, last: &str) {
        self.joins();
        self.hears(&self.grant(ROOM, arrived));
        self.hears(&replayed(last));
    }

    /// Connects in plain, and sends what it sends first.
    fn joins(&mut self) -> Option<Offer<'static>> {
        self.joins_on(None)
    }

    /// The same, in plain or on a line.
    fn joins_on(&mut self, line: Option<Line>) -> Option<Offer<'static>> {
        self.nonces += 1;
        self.member.connect(Hex64(self.nonces), line, self.now);
        let join = self.member.next(false, self.now).unwrap();
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut bytes = join.rest();
        let first = decoder.next(&mut bytes).unwrap();
        assert!(matches!(first, Some(Item::Frame(Frame::Join { .. }))));
        let offer = match decoder.next(&mut bytes).unwrap() {
            None => None,
            Some(Item::Frame(Frame::Offer { offer, .. })) => Some(offer.into_owned()),
            other => panic!("{other:?}"),
        };
        self.member.began(join.kind(), self.now);
        self.member.wrote(join.kind(), self.now);
        offer
    }

    fn grant(&self, room: Hex128, arrived: u64) -> Frame<'static> {
        self.grant_of(room, arrived, 1_000)
    }

    fn grant_of(&self, room: Hex128, arrived: u64, max_payload: u64) -> Frame<'static> {
        let grant = Grant {
            version: EXTENSION,
            nonce: Hex64(self.nonces),
            room,
            kept: Kept::Memory,
            arrived,
            max_payload,
            private: false,
        };
        let username = name("alice");
        Frame::Grant { username, grant }
    }

    fn hears(&mut self, frame: &Frame<'_>) {
        assert_eq!(self.hears_last(frame), None);
    }

    fn hears_last(&mut self, frame: &Frame<'_>) -> Option<Ending> {
        self.member.hear(&Item::Frame(frame.clone()), self.now)
    }

    fn says(&mut self, id: MessageId, text: &str) {
        self.member.say(id, text.to_owned());
    }

    /// Sends all that may be sent now.
    fn sends(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        while let Some((kind, words)) = self.takes_up() {
            self.member.began(kind, self.now);
            self.member.wrote(kind, self.now);
            sent.push(words);
        }
        sent
    }

    /// The next frame, of which nothing is sent yet, and what it says.
    fn takes_up(&mut self) -> Option<(super::Kind, String)> {
        let outgoing = self.member.next(false, self.now)?;
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let words = match decoder.next(&mut outgoing.rest()).unwrap().unwrap() {
            Item::Frame(Frame::Text { payload, label, .. }) => {
                let text = String::from_utf8(payload.as_bytes().to_vec()).unwrap();
                match label {
                    Label::Own(id) => format!("{} {text}", id.count),
                    _ => text,
                }
            }
            Item::Frame(Frame::Earlier { before, count, .. }) => {
                format!("EARLIER {before} {count}")
            }
            Item::Frame(Frame::Ping { id, .. }) => format!("PING {id}"),
            other => panic!("{other:?}"),
        };
        Some((outgoing.kind(), words))
    }

    /// Sends the first byte of the next frame, and no more.
    fn sends_a_part(&mut self) {
        let (kind, _) = self.takes_up().unwrap();
        self.member.began(kind, self.now);
    }

    fn passes(&mut self, time: Duration) {
        self.now.awake += time;
        self.now.wall += time;
    }

    fn due(&mut self) -> Option<Ending> {
        self.member.due(self.now)
    }

    fn ends(&mut self) {
        assert_eq!(self.member.ended(self.now), None);
    }

    fn tells(&mut self) -> Vec<Event> {
        let stamped = self.member.events().into_iter();
        stamped.map(|stamped| stamped.event).collect()
    }

    /// Drops what was told so far.
    fn told(mut self) -> Self {
        self.tells();
        self
    }
}

fn profile() -> Profile {
    Profile {
        username: name("alice").into_owned(),
        seen: None,
        recent: 20,
        plain: false,
        session: SESSION,
        secret: SECRET,
    }
}

fn profile_that_has_seen(seq: &str) -> Profile {
    let seq = seq.to_owned();
    Profile {
        seen: Some(Seen { room: ROOM, seq }),
        ..profile()
    }
}

fn text<'a>(from: &'a str, text: &'a str, label: Label<'a>) -> Frame<'a> {
    Frame::Text {
        username: name(from),
        payload: Payload::new(text.as_bytes()).unwrap(),
        label,
    }
}

fn plain<'a>(from: &'a str, words: &'a str) -> Frame<'a> {
    text(from, words, Label::Plain)
}

/// A text of bob, whose words are its place.
fn stamped(seq: &str, past: bool) -> Frame<'_> {
    text("bob", seq, stamp(seq, seq, past))
}

fn past(seq: &str) -> Frame<'_> {
    stamped(seq, true)
}

fn live(seq: &str) -> Frame<'_> {
    stamped(seq, false)
}

fn stamp<'a>(id: impl Into<std::borrow::Cow<'a, str>>, seq: &'a str, past: bool) -> Label<'a> {
    Label::Stamped(Stamp {
        id: Token::new(id).unwrap(),
        seq: token(seq),
        time: Time::from_unix_ms(5),
        past,
    })
}

fn replayed(last: &str) -> Frame<'_> {
    replayed_with(last, None, "")
}

/// The flags are `more` and `lost`.
fn replayed_with<'a>(last: &'a str, before: Option<&'a str>, flags: &str) -> Frame<'a> {
    let replayed = Replayed {
        last: token(last),
        before: before.map(token),
        after: None,
        more: flags.contains("more"),
        lost: flags.contains("lost"),
    };
    let username = name("alice");
    Frame::Replayed { username, replayed }
}

fn ack(count: u64, seq: &str) -> Frame<'_> {
    Frame::Ack {
        username: name("alice"),
        id: own_id(count),
        seq: token(seq),
    }
}

fn own_id(count: u64) -> Id {
    let session = SESSION;
    Id { session, count }
}

fn notice<'a>(code: &'a str, words: &'a str) -> Frame<'a> {
    let notice = Notice {
        code: token(code),
        id: None,
        text: Payload::new(words.as_bytes()).unwrap(),
    };
    let username = name("alice");
    Frame::Notice { username, notice }
}

fn heard(seq: &str, past: bool) -> Event {
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

fn heard_plain(from: &str, text: &str) -> Event {
    Event::Said {
        name: from.to_owned(),
        text: text.to_owned(),
        bytes: None,
        mark: None,
    }
}

fn granted(resumed: bool) -> Event {
    granted_in(ROOM, resumed)
}

fn granted_in(room: Hex128, resumed: bool) -> Event {
    let kept = Kept::Memory;
    Event::Granted {
        room,
        kept,
        resumed,
    }
}

fn caught_up(last: &str, more: bool) -> Event {
    let last = last.to_owned();
    Event::CaughtUp { last, more }
}

fn arrived(id: MessageId, seq: &str) -> Event {
    let seq = seq.to_owned();
    Event::Arrived { id, seq }
}
