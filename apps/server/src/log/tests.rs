//! The log in memory, with the time given.

use std::sync::Arc;

use hubbub_wire::{Payload, Token, Username};

use super::*;
use crate::batch::Form;

const ADA: PeerId = PeerId(1);

pub(super) fn log() -> Log {
    Log::new(Hex128(7), 9, Memory::new(usize::MAX))
}

fn texts(texts: &[&str]) -> Texts {
    let mut all = Texts::default();
    for text in texts {
        all.push(Payload::new(text.as_bytes()).unwrap());
    }
    all
}

pub(super) fn says(log: &mut Log, own: Option<Own>, said: &[&str]) {
    let held = log.memory.hold(0);
    let proposal = Proposal::Say {
        peer: ADA,
        name: Arc::new(Username::new("ada", 3).unwrap()),
        own,
        texts: texts(said),
        held,
    };
    log.propose(proposal, log.now);
}

#[test]
fn what_is_proposed_comes_out_in_that_order_and_texts_get_places() {
    let mut log = log();
    log.propose(Proposal::Join { peer: ADA }, Time::from_unix_ms(1));
    says(&mut log, None, &["a", "b"]);
    says(&mut log, None, &["c"]);
    assert_eq!(log.last().to_string(), "0000000000000009-0");
    assert!(matches!(log.next(), Some(Ordered::Join { .. })));
    assert!(matches!(log.next(), Some(Ordered::Said { said, .. }) if said.first.count == 1));
    assert_eq!(log.last().count, 2);
    assert!(matches!(log.next(), Some(Ordered::Said { said, .. }) if said.first.count == 3));
    assert!(log.next().is_none());
    assert_eq!((log.last().count, log.size()), (3, 0));
}

/// A log in which ada has said this, and all of it came out.
fn with(said: &[&[&str]]) -> Log {
    let mut log = log();
    for said in said {
        says(&mut log, None, said);
    }
    while log.next().is_some() {}
    log
}

fn own(count: u64) -> Option<Own> {
    let (session, key) = (Hex64(5), Hex64(6));
    let id = Id { session, count };
    Some(Own { id, key })
}

/// What a replay has: the payloads, whether there is more, whether something is lost.
fn recalled(log: &mut Log, ask: &Ask, until: u64) -> (Vec<String>, bool, bool) {
    let generation = log.last().generation;
    let count = until;
    let Past::Here(replay) = log.replay(ask, Seq { generation, count }, None) else {
        panic!("memory answers at once");
    };
    (payloads(&replay), replay.more, replay.lost)
}

pub(super) fn payloads(replay: &Replay) -> Vec<String> {
    let Some(texts) = &replay.texts else {
        return Vec::new();
    };
    let bytes = String::from_utf8_lossy(texts.bytes(Form::Plain, 0..1)).into_owned();
    let frames = bytes.split("CHAT/1.0 TEXT").skip(1);
    frames
        .map(|frame| frame.split_once("\r\n\r\n").unwrap().1.to_owned())
        .collect()
}

pub(super) fn place(count: u64) -> Token<'static> {
    let generation = 9;
    Seq { generation, count }.token().unwrap()
}

fn since(count: u64) -> Ask {
    Ask::Since(Hex128(7), place(count))
}

#[test]
fn a_text_that_is_sent_twice_is_said_once_and_known_the_second_time() {
    let mut log = log();
    says(&mut log, own(1), &["a", "b"]);
    says(&mut log, own(1), &["a", "b"]);
    says(&mut log, own(2), &["b", "c", "d"]);
    assert_eq!(log.arrived(Hex64(6)), 0);
    assert!(matches!(log.next(), Some(Ordered::Said { .. })));
    assert_eq!(log.arrived(Hex64(6)), 2);
    let Some(Ordered::Known { id, seq, .. }) = log.next() else {
        panic!("it is known");
    };
    assert_eq!((id, seq.count), (own(2).unwrap().id, 2));
    let Some(Ordered::Said { said, .. }) = log.next() else {
        panic!("two of them are new");
    };
    let texts: Vec<_> = said
        .iter()
        .map(|(seq, own, text)| (seq.count, own, text.as_bytes()))
        .collect();
    let id = |count| Some(own(count).unwrap().id);
    assert_eq!(texts, [(3, id(3), &b"c"[..]), (4, id(4), b"d")]);
    assert_eq!(log.arrived(Hex64(6)), 4);
    assert_eq!(log.arrived(Hex64(5)), 0, "a session is no key");
}

#[test]
fn a_text_that_does_not_follow_the_one_before_it_breaks_the_connection_and_takes_no_place() {
    let mut log = log();
    says(&mut log, own(1), &["a"]);
    says(&mut log, own(3), &["c"]);
    says(&mut log, own(2), &["b"]);
    assert!(matches!(log.next(), Some(Ordered::Said { .. })));
    assert!(matches!(log.next(), Some(Ordered::Broken { peer: ADA })));
    assert!(matches!(log.next(), Some(Ordered::Said { said, .. }) if said.first.count == 2));
}

#[test]
fn the_last_messages_are_those_up_to_the_join_and_older_ones_are_more() {
    let mut log = with(&[&["a", "b"], &["c", "d"], &["e"]]);
    let all = (1..=5).map(|n| ["a", "b", "c", "d", "e"][n - 1].to_owned());
    let all: Vec<_> = all.collect();
    assert_eq!(
        recalled(&mut log, &Ask::Recent(9), 5),
        (all.clone(), false, false)
    );
    assert_eq!(
        recalled(&mut log, &Ask::Recent(5), 5),
        (all.clone(), false, false)
    );
    assert_eq!(
        recalled(&mut log, &Ask::Recent(4), 5),
        (all[1..].to_vec(), true, false)
    );
    assert_eq!(
        recalled(&mut log, &Ask::Recent(2), 3),
        (all[1..3].to_vec(), true, false)
    );
    assert_eq!(
        recalled(&mut log, &Ask::Recent(0), 5),
        (vec![], true, false)
    );
    assert_eq!(
        recalled(&mut log, &Ask::Recent(9), 0),
        (vec![], false, false)
    );
}

#[test]
fn what_was_missed_is_what_came_after_the_place_up_to_the_join() {
    let mut log = with(&[&["a", "b"], &["c"]]);
    // What is older was seen, and is no more of what was missed.
    let got = |of: &[&str]| {
        let texts = of.iter().map(|&text| text.to_owned());
        (texts.collect(), false, false)
    };
    assert_eq!(recalled(&mut log, &since(1), 3), got(&["b", "c"]));
    assert_eq!(recalled(&mut log, &since(1), 2), got(&["b"]));
    assert_eq!(recalled(&mut log, &since(0), 3), got(&["a", "b", "c"]));
    assert_eq!(recalled(&mut log, &since(3), 3), got(&[]));
    let mut quiet = with(&[]);
    assert_eq!(recalled(&mut quiet, &since(0), 0), got(&[]));
}

#[test]
fn a_place_of_another_room_misses_all_and_one_that_nobody_gave_loses_something() {
    let mut log = with(&[&["a"]]);
    let a = vec!["a".to_owned()];
    let elsewhere = Ask::Since(Hex128(8), place(1));
    assert_eq!(recalled(&mut log, &elsewhere, 1), (a.clone(), false, false));
    for unknown in ["0000000000000008-1", "0000000000000009-2", "x"] {
        let ask = Ask::Since(Hex128(7), Token::new(unknown).unwrap());
        assert_eq!(
            recalled(&mut log, &ask, 1),
            (a.clone(), false, true),
            "{unknown}"
        );
    }
}

/// A log of 1,010 messages, the first ten of which are no longer kept.
fn long() -> Log {
    let mut log = log();
    for _ in 0..1010 {
        says(&mut log, None, &["x"]);
        log.next();
    }
    log
}

#[test]
fn what_is_no_longer_kept_is_lost_to_those_who_missed_it_only() {
    let mut log = long();
    for (seen, lost) in [(9, true), (10, false), (11, false)] {
        let (got, more, is_lost) = recalled(&mut log, &since(seen), 30);
        let kept = 30 - seen.max(10);
        assert_eq!(
            (got.len() as u64, more, is_lost),
            (kept, false, lost),
            "since {seen}"
        );
    }
    // Nothing was missed, although nothing of that time is kept.
    assert_eq!(recalled(&mut log, &since(5), 5), (vec![], false, false));
    // More is missing than one replay has: what is lost is told to who asks for the rest.
    assert_eq!(
        (200, true, false),
        lengths(recalled(&mut log, &since(9), 1010))
    );
    assert_eq!(
        (200, true, false),
        lengths(recalled(&mut log, &since(10), 1010))
    );
    let elsewhere = Ask::Since(Hex128(8), place(1));
    assert_eq!(
        (200, true, false),
        lengths(recalled(&mut log, &elsewhere, 1010))
    );
    assert_eq!(
        (200, true, false),
        lengths(recalled(&mut log, &Ask::Recent(200), 1010))
    );
}

fn lengths((got, more, lost): (Vec<String>, bool, bool)) -> (usize, bool, bool) {
    (got.len(), more, lost)
}

#[test]
fn older_messages_are_those_before_a_place_until_nothing_older_is_kept() {
    let mut log = long();
    let before = |count, most| Ask::Before(place(count), most);
    assert_eq!(
        (7, true, false),
        lengths(recalled(&mut log, &before(500, 7), 1010))
    );
    assert_eq!(
        (5, true, false),
        lengths(recalled(&mut log, &before(17, 5), 1010))
    );
    assert_eq!(
        (6, false, true),
        lengths(recalled(&mut log, &before(17, 6), 1010))
    );
    assert_eq!(
        (0, false, true),
        lengths(recalled(&mut log, &before(11, 6), 1010))
    );
    assert_eq!(
        (0, false, true),
        lengths(recalled(&mut log, &before(1011, 6), 1010))
    );
    let unknown = Ask::Before(Token::new("x").unwrap(), 6);
    assert_eq!(
        (0, false, true),
        lengths(recalled(&mut log, &unknown, 1010))
    );
    let mut log = with(&[&["a", "b"]]);
    assert_eq!(
        (1, false, false),
        lengths(recalled(&mut log, &before(2, 6), 2))
    );
    assert_eq!(
        (0, false, false),
        lengths(recalled(&mut log, &before(1, 6), 2))
    );
    assert_eq!(
        (0, false, false),
        lengths(recalled(&mut log, &before(0, 6), 2))
    );
}

#[test]
fn who_asks_the_same_gets_the_same_bytes_as_long_as_somebody_holds_them() {
    let mut log = with(&[&["a", "b"]]);
    let until = log.last();
    let ask = |log: &mut Log, ask| match log.replay(&ask, until, None) {
        Past::Here(Replay { texts, .. }) => texts.unwrap(),
        Past::Later(_) => panic!("memory answers at once"),
    };
    let [first, second] = [since(0), since(0)].map(|what| ask(&mut log, what));
    assert!(Arc::ptr_eq(&first, &second));
    assert!(!Arc::ptr_eq(&first, &ask(&mut log, since(1))));
    assert!(log.memory.excess() == 0);
}

#[test]
fn what_waits_counts_as_the_memory_that_it_takes() {
    let mut log = log();
    says(&mut log, None, &["a"]);
    let small = log.size();
    says(&mut log, None, &[&"x".repeat(1000)]);
    assert!(log.size() > small + 1000);
    log.next();
    log.next();
    assert_eq!(log.size(), 0);
}
