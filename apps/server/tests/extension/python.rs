//! The example in Python, which follows the front page of the wire library: with the real server, beside a
//! session and plain peers, and with servers that do what the page allows. python3 must be there.

use std::time::Duration;

use flume::{Receiver, Sender};
use hubbub_server::Settings;
use hubbub_session::{Event, Intent, Options, Stamped};
use hubbub_testing::{AnyFrame, DEADLINE, Peer, Room, ScriptedServer, Stranger, join, leave, text};
use hubbub_transport::Address;
use hubbub_wire::Username;

/// It has a grant and shows who is here. Returns room and time of keeping.
#[track_caller]
fn enters(example: &mut Stranger, present: &[&str]) -> String {
    let grant = example.shows_with("granted ");
    example.shows(&format!(r#"present ["{}"]"#, present.join(r#"", ""#)));
    grant
}

/// A member over the session library.
struct Member {
    intents: Sender<Intent>,
    events: Receiver<Vec<Stamped>>,
    heard: Vec<(String, String)>,
}

impl Member {
    fn join(name: &str, port: u16) -> Self {
        let address = Address {
            host: "127.0.0.1".to_owned(),
            port,
        };
        let username = Username::new(name, 64).unwrap().into_owned();
        let options = Options {
            recent: 200,
            ..Options::new(address, username)
        };
        let (intents, wishes) = flume::unbounded();
        let (sender, events) = flume::unbounded();
        hubbub_session::start(options, wishes, sender).unwrap();
        Self {
            intents,
            events,
            heard: Vec::new(),
        }
    }

    fn says(&self, id: u64, text: &str) {
        let text = text.to_owned();
        self.intents.send(Intent::Say { id, text }).unwrap();
    }

    /// Reads events until this one.
    #[track_caller]
    fn waits_for(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) {
        loop {
            let Ok(batch) = self.events.recv_timeout(DEADLINE) else {
                panic!("it never gets {what}, but {:?}", self.heard);
            };
            let mut found = false;
            for Stamped { event, .. } in batch {
                found |= is_it(&event);
                if let Event::Said { name, text, .. } = event {
                    self.heard.push((name, text));
                }
            }
            if found {
                return;
            }
        }
    }

    #[track_caller]
    fn waits_for_text(&mut self, wanted: &str) {
        self.waits_for(
            wanted,
            |event| matches!(event, Event::Said { text, .. } if text == wanted),
        );
    }
}

/// What it shows up to this line.
#[track_caller]
fn shown_until(example: &mut Stranger, end: &str) -> Vec<String> {
    let mut shown = Vec::new();
    while shown.last().is_none_or(|line| line != end) {
        shown.push(example.shows_with(""));
    }
    shown
}

/// Those of the lines that begin with this word.
fn with_beginning<'a>(lines: &'a [String], word: &'a str) -> impl Iterator<Item = &'a String> {
    lines.iter().filter(move |line| line.starts_with(word))
}

fn room_with_long_grace() -> Room {
    Room::with(Settings {
        grace: Duration::from_secs(600),
        ..Settings::default()
    })
}

#[test]
fn it_joins_replays_says_and_is_acknowledged_beside_a_session_and_a_plain_peer() {
    let room = Room::open();
    let port = room.address().port();
    let mut ada = room.member("ada");
    ada.send(text("ada", "before\n\"it\" came"));
    room.hears(text("ada", "before\n\"it\" came"));
    let mut carol = Member::join("carol", port);
    carol.waits_for("the past", |event| matches!(event, Event::CaughtUp { .. }));
    ada.expect(join("carol"));
    let mut bob = Stranger::example("bob", port);
    let grant = enters(&mut bob, &["ada", "bob", "carol", "watcher"]);
    assert!(grant.ends_with(r#" "memory""#), "{grant}");
    bob.shows(r#"past "ada" "before\n\"it\" came""#);
    bob.shows("caught up");
    ada.expect(join("bob"));
    bob.types("say héllo");
    bob.shows(r#"arrived "héllo""#);
    bob.types("say two");
    bob.shows(r#"arrived "two""#);
    ada.expect([text("bob", "héllo"), text("bob", "two")].concat());
    carol.waits_for_text("two");
    carol.says(1, "three");
    bob.shows(r#"said "carol" "three""#);
    ada.expect(text("carol", "three"));
    ada.send([text("ada", "four"), leave("ada")].concat());
    bob.shows(r#"said "ada" "four""#);
    bob.shows(r#"left "ada""#);
    bob.types("quit");
    bob.shows("ended");
    bob.shows("left");
    bob.ends();
    carol.waits_for(
        "a LEAVE",
        |event| matches!(event, Event::Left { name } if name == "bob"),
    );
    let heard = [
        ("ada", "before\n\"it\" came"),
        ("bob", "héllo"),
        ("bob", "two"),
        ("ada", "four"),
    ];
    let heard = heard.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(carol.heard, heard);
}

#[test]
fn it_comes_back_as_the_same_member_closes_the_hole_and_says_what_waited_once() {
    let room = room_with_long_grace();
    let mut ada = room.member("ada");
    let mut bob = Stranger::example("bob", room.address().port());
    enters(&mut bob, &["ada", "bob", "watcher"]);
    bob.shows("caught up");
    ada.expect(join("bob"));
    ada.send(text("ada", "0"));
    bob.shows(r#"said "ada" "0""#);
    // Nobody knows whether the text before the cut gets through.
    bob.types("say on the edge\ncut\nsay away");
    let mut shown = shown_until(&mut bob, r#"stays away "cut""#);
    ada.send(
        (1..=450)
            .flat_map(|number| text("ada", number.to_string()))
            .collect::<Vec<_>>(),
    );
    room.hears(text("ada", "450"));
    bob.types("connect");
    bob.shows("connecting 2");
    ada.expect([text("bob", "on the edge"), text("bob", "away")].concat());
    shown.extend(shown_until(&mut bob, "caught up"));
    let past: Vec<String> = (1..=450)
        .map(|number| format!(r#"past "ada" "{number}""#))
        .collect();
    assert!(with_beginning(&shown, "past").eq(&past), "{shown:?}");
    // The last of its texts may arrive after the hole is closed.
    let arrived = [r#"arrived "on the edge""#, r#"arrived "away""#];
    let before: Vec<&String> = with_beginning(&shown, "arrived").collect();
    assert!(arrived.iter().zip(&before).all(|(one, other)| one == other));
    for late in &arrived[before.len()..] {
        bob.shows(late);
    }
    bob.types("say back");
    bob.shows(r#"arrived "back""#);
    // Neither a LEAVE nor a JOIN came, and no text twice.
    ada.expect(text("bob", "back"));
    ada.send(text("ada", "451"));
    bob.shows(r#"said "ada" "451""#);
}

#[test]
fn it_scrolls_back_to_the_beginning() {
    let room = Room::open();
    let mut ada = room.member("ada");
    ada.send(
        (1..=450)
            .flat_map(|number| text("ada", number.to_string()))
            .collect::<Vec<_>>(),
    );
    room.hears(text("ada", "450"));
    let mut bob = Stranger::example("bob", room.address().port());
    enters(&mut bob, &["ada", "bob", "watcher"]);
    let mut shows = |word: &str, numbers: std::ops::RangeInclusive<u64>, end: &str| {
        for number in numbers {
            bob.shows(&format!(r#"{word} "ada" "{number}""#));
        }
        bob.shows(end);
        bob.types("earlier");
    };
    shows("past", 251..=450, "caught up");
    shows("earlier", 51..=250, r#"that was earlier "more""#);
    shows("earlier", 1..=50, r#"that was earlier "all""#);
    bob.shows(r#"that was earlier "all""#);
}

#[test]
fn it_does_not_come_back_by_itself_after_it_was_replaced_or_refused() {
    let room = Room::open();
    let _ada = room.member("ada");
    let mut other = Stranger::example("ada", room.address().port());
    let refusal = r#""this name is taken; join under another one""#;
    other.shows(&format!(r#"notice "name" {refusal}"#));
    other.shows("ended");
    other.shows(&format!("stays away {refusal}"));
    other.close();
    other.shows("left");
    other.ends();
    let server = ScriptedServer::start();
    let mut bob = Stranger::example("bob", server.port());
    let mut line = server.accept();
    grant(&mut line, 'a', 0);
    enters(&mut bob, &["bob"]);
    bob.shows("caught up");
    line.send("CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: replaced\r\nMsg-len: 5\r\n\r\nwords");
    drop(line);
    bob.shows(r#"notice "replaced" "words""#);
    bob.shows("ended");
    bob.shows(r#"stays away "replaced""#);
    bob.types("connect");
    bob.shows("connecting 2");
}

/// The offer that comes with a JOIN.
#[track_caller]
fn offer(peer: &mut Peer) -> AnyFrame {
    peer.expect(join("bob"));
    let offer = peer.any_frame();
    assert!(offer.header("Offer").is_some(), "{offer:?}");
    offer
}

/// A grant and what follows it.
fn welcome(name: &str, nonce: &str, room: char, arrived: u64) -> String {
    let room = String::from(room).repeat(32);
    format!(
        "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: 0\r\nGrant: {nonce}\r\nRoom: {room}\r\nKept: memory\r\n\
         Arrived: {arrived}\r\nMax-payload: 100\r\n\r\n\
         CHAT/1.0 PRESENT\r\nUsername: bob\r\nMsg-len: 3\r\n\r\nbob\
         CHAT/1.0 REPLAYED\r\nUsername: bob\r\nLast: p\r\n\r\n"
    )
}

/// Grants what is offered. Returns the session and what was seen.
#[track_caller]
fn grant(peer: &mut Peer, room: char, arrived: u64) -> (String, Option<String>) {
    let offer = offer(peer);
    peer.send(welcome("bob", offer.need("Offer"), room, arrived));
    let (session, _) = offer.need("Session").split_once(' ').unwrap();
    (session.to_owned(), offer.header("Since").map(str::to_owned))
}

#[test]
fn it_counts_from_what_has_arrived_and_says_what_may_be_lost_in_another_room() {
    let server = ScriptedServer::start();
    let mut bob = Stranger::example("bob", server.port());
    let mut line = server.accept();
    let (session, seen) = grant(&mut line, 'a', 0);
    assert_eq!(seen, None);
    enters(&mut bob, &["bob"]);
    bob.shows("caught up");
    let say = |count: u64, text: &str| {
        let len = text.len();
        format!(
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: {len}\r\nId: {session}-{count}\r\n\r\n{text}"
        )
    };
    bob.types("say one\nsay two\nsay three");
    line.expect([say(1, "one"), say(2, "two"), say(3, "three")].concat());
    line.send(format!(
        "CHAT/1.0 ACK\r\nUsername: bob\r\nId: {session}-2\r\nSeq: q\r\n\r\n"
    ));
    bob.shows(r#"arrived "one""#);
    bob.shows(r#"arrived "two""#);
    drop(line);
    bob.shows("ended");
    bob.shows("connecting 2");
    // This server has lost two texts at its end.
    let mut line = server.accept();
    let place = |seq| Some(format!("{} {seq}", "a".repeat(32)));
    assert_eq!(grant(&mut line, 'a', 0), (session.clone(), place("q")));
    line.expect(say(1, "three"));
    enters(&mut bob, &["bob"]);
    bob.shows("caught up");
    drop(line);
    bob.shows("ended");
    bob.shows("connecting 3");
    let mut line = server.accept();
    bob.types("say four");
    assert_eq!(grant(&mut line, 'b', 0), (session.clone(), place("p")));
    bob.shows_with("granted ");
    bob.shows(r#"may not have arrived "three""#);
    line.expect(say(1, "four"));
    line.expect_nothing_yet();
}

#[test]
fn it_is_a_plain_client_when_a_server_does_not_grant_any_more() {
    let server = ScriptedServer::start();
    let mut bob = Stranger::example("bob", server.port());
    let mut line = server.accept();
    grant(&mut line, 'a', 0);
    enters(&mut bob, &["bob"]);
    bob.shows("caught up");
    bob.types("say one");
    assert_eq!(line.any_frame().payload, "one");
    drop(line);
    bob.shows("ended");
    bob.types("say two");
    let mut line = server.accept();
    let offer = offer(&mut line);
    assert_eq!(
        offer.need("Since"),
        format!("{} p", "a".repeat(32)),
        "the place of the JOIN"
    );
    assert_eq!(offer.need("Recent"), "200");
    bob.shows("connecting 2");
    bob.shows("plain");
    bob.shows(r#"may not have arrived "one""#);
    bob.shows(r#"sent "two""#);
    line.expect(text("bob", "two"));
    line.send(text("ada", "three"));
    bob.shows(r#"said "ada" "three""#);
    drop(line);
    bob.shows("ended");
    let mut line = server.accept();
    let offer = self::offer(&mut line);
    assert_eq!(offer.header("Since"), None);
    assert_eq!(offer.need("Recent"), "0");
}

#[test]
fn it_ignores_and_answers_nothing_that_it_does_not_know() {
    let server = ScriptedServer::start();
    let mut bob = Stranger::example("bob", server.port());
    let mut line = server.accept();
    let offer = offer(&mut line);
    let nonce = offer.need("Offer");
    line.send(welcome("bob", "1 0000000000000000", 'c', 0));
    line.send(welcome("bob", &nonce.replacen('1', "2", 1), 'c', 0));
    line.send(welcome("eve", nonce, 'c', 0));
    let echo = format!("CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nOffer: {nonce}\r\n\r\n");
    line.send(echo);
    line.send(welcome("bob", nonce, 'a', 0));
    line.send(welcome("bob", nonce, 'c', 0));
    let grant = enters(&mut bob, &["bob"]);
    assert!(grant.contains(&"a".repeat(32)), "{grant}");
    bob.shows("caught up");
    let stamp = "Id: x\r\nSeq: s\r\nTime: 2026-11-26T00:08:42.007Z\r\n";
    for (frame, shown) in [
        (
            "CHAT/1.0 WAVE\r\nUsername: bob\r\nMsg-len: 4\r\n\r\n\r\n\r\n".to_owned(),
            None,
        ),
        (
            "CHAT/1.0 PING\r\nUsername: bob\r\nId: 1\r\n\r\n".to_owned(),
            None,
        ),
        (
            "CHAT/1.0 NOTICE\r\nUsername: bob\r\nMsg-len: 1\r\n\r\nx".to_owned(),
            None,
        ),
        (
            "CHAT/1.0 REPLAYED\r\nUsername: bob\r\nLast: z\r\nBefore: z\r\n\r\n".to_owned(),
            None,
        ),
        ("noise\r\n".to_owned(), None),
        (
            format!(
                "chat/1.0 text\r\n\r\nCHAT/1.7 TEXT\nMSG-LEN:1\nMood: sunny\n{stamp}username :  eve \n\n1"
            ),
            Some(r#"said "eve" "1""#),
        ),
        (
            format!("CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: 1\r\nSeq: t\r\n{stamp}\r\n2"),
            Some(r#"said "eve" "2""#),
        ),
        (
            "CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: new\r\nMsg-len: 3\r\n\r\na\nb".to_owned(),
            Some(r#"notice "new" "a\nb""#),
        ),
    ] {
        line.send(frame);
        if let Some(shown) = shown {
            bob.shows(shown);
        }
    }
    bob.types(&format!("say {}\nquit", "x".repeat(101)));
    bob.shows("too long 101 100");
    line.expect(leave("bob"));
    drop(line);
    bob.shows("ended");
    bob.shows("left");
    bob.ends();
}

#[test]
fn with_a_server_that_grants_nothing_it_is_a_plain_client() {
    let server = ScriptedServer::start();
    let mut bob = Stranger::example("bob", server.port());
    let mut line = server.accept();
    offer(&mut line);
    line.send([join("ada"), text("ada", "hi")].concat());
    bob.shows(r#"joined "ada""#);
    bob.shows(r#"said "ada" "hi""#);
    bob.types("say ho\nearlier");
    bob.shows("plain");
    bob.shows(r#"sent "ho""#);
    bob.types("quit");
    line.expect([text("bob", "ho"), leave("bob")].concat());
}

#[test]
fn a_server_that_closes_at_the_offer_gets_none_any_more() {
    let server = ScriptedServer::start();
    let mut bob = Stranger::example("bob", server.port());
    let mut line = server.accept();
    offer(&mut line);
    drop(line);
    bob.shows("ended");
    bob.shows("connecting 2");
    for attempt in [3, 4] {
        let mut line = server.accept();
        line.expect(join("bob"));
        bob.types(&format!("say {attempt}"));
        bob.shows("plain");
        bob.shows(&format!(r#"sent "{attempt}""#));
        line.expect(text("bob", attempt.to_string()));
        drop(line);
        bob.shows("ended");
        bob.shows(&format!("connecting {attempt}"));
    }
}
