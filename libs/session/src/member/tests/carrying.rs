//! What a run leaves to the next one, and how that goes on.

use super::*;
use crate::{Carried, CarriedText, Ours};

impl Side {
    fn carries(&mut self) -> Carried {
        self.member.carried().expect("nothing has changed")
    }

    /// The next run, of a profile with the same session and secret.
    fn carried_on(carried: Carried) -> Self {
        let mut side = Self::new();
        side.member.carry_on(carried);
        side
    }
}

fn kept(id: MessageId, text: &str, is_sent: bool) -> CarriedText {
    let text = text.to_owned();
    CarriedText { id, text, is_sent }
}

fn own(ours: Ours, seq: &str, text: &str) -> Event {
    Event::Said {
        name: "alice".to_owned(),
        text: text.to_owned(),
        bytes: None,
        mark: Some(Mark {
            seq: seq.to_owned(),
            id: own_id(1).to_string(),
            past: true,
            own: Some(ours),
        }),
    }
}

#[test]
fn a_text_is_kept_from_the_moment_that_it_is_said_until_it_has_arrived() {
    let mut side = Side::granted("a-0");
    assert_eq!(side.carries().texts, []);
    side.says(7, "one");
    assert_eq!(side.carries().texts, [kept(7, "one", false)]);
    assert_eq!(side.member.carried(), None);
    side.sends();
    side.says(8, "two");
    assert_eq!(
        side.carries().texts,
        [kept(7, "one", true), kept(8, "two", false)]
    );
    side.hears(&ack(1, "a-1"));
    let carried = side.carries();
    assert_eq!((carried.arrived, carried.room), (1, Some(ROOM)));
    assert_eq!(carried.texts, [kept(8, "two", false)]);
    side.hears(&live("a-2"));
    assert_eq!(side.member.carried(), None);
}

#[test]
fn a_text_is_kept_as_sent_before_its_first_byte_is_written() {
    let mut side = Side::granted("a-0");
    side.says(1, "one");
    side.carries();
    let taken_up = side.takes_up();
    let carried = side.carries();
    assert_eq!(carried.texts, [kept(1, "one", true)]);
    assert_eq!((carried.arrived, carried.room), (0, Some(ROOM)));
    let (kind, _) = taken_up.unwrap();
    side.member.began(kind, side.now);
    assert_eq!(side.member.carried(), None);
}

#[test]
fn the_next_run_sends_again_what_has_not_arrived_and_knows_what_has() {
    let mut side = Side::granted("a-0");
    side.says(1, "one");
    side.says(2, "two");
    side.sends();
    side.says(3, "three");
    let carried = side.carries();
    let mut side = Side::carried_on(carried);
    let offer = side.joins().unwrap();
    assert_eq!((offer.attempt, offer.session), (2, SESSION));
    // No text goes before the grant.
    side.passes(Duration::from_secs(1));
    assert_eq!(side.sends(), [""; 0]);
    side.tells();
    side.hears(&side.grant(ROOM, 1));
    assert_eq!(side.tells(), [granted(false), arrived(1, "")]);
    side.hears(&replayed("a-1"));
    side.says(4, "four");
    assert_eq!(side.sends(), ["2 two", "3 three", "4 four"]);
}

#[test]
fn the_next_run_knows_its_own_texts_in_the_past() {
    let mut side = Side::granted("a-0");
    side.says(7, "one");
    side.sends();
    let carried = side.carries();
    let mut side = Side::carried_on(carried);
    side.joins();
    side.hears(&side.grant(ROOM, 1));
    side.tells();
    let label = stamp(own_id(1).to_string(), "a-1", true);
    side.hears(&text("alice", "one", label));
    side.hears(&replayed("a-1"));
    assert_eq!(side.tells()[0], own(Ours::Here(7), "a-1", "one"));
}

#[test]
fn the_next_run_knows_which_texts_of_the_past_had_arrived_before_it() {
    let mut side = Side::granted("a-0");
    side.says(7, "one");
    side.sends();
    side.hears(&ack(1, "a-1"));
    let carried = side.carries();
    let mut side = Side::carried_on(carried);
    side.joins();
    side.hears(&side.grant(ROOM, 1));
    side.tells();
    let label = || stamp(own_id(1).to_string(), "a-1", true);
    side.hears(&text("alice", "one", label()));
    // Whoever else goes by the session has another name.
    side.hears(&text("mallory", "one", label()));
    side.hears(&replayed("a-1"));
    let told = side.tells();
    assert_eq!(told[0], own(Ours::Before, "a-1", "one"));
    let Event::Said { name, mark, .. } = &told[1] else {
        panic!("{told:?}");
    };
    assert_eq!((&**name, mark.as_ref().unwrap().own), ("mallory", None));
}

#[test]
fn in_another_room_what_was_sent_may_not_have_arrived_and_what_waited_is_said_there() {
    let mut side = Side::granted("a-0");
    side.says(1, "one");
    side.sends();
    side.says(2, "two");
    let carried = side.carries();
    let mut side = Side::carried_on(carried);
    side.joins();
    side.tells();
    side.hears(&side.grant(OTHER_ROOM, 0));
    assert_eq!(
        side.tells(),
        [Event::Unsure { id: 1 }, granted_in(OTHER_ROOM, false)]
    );
    side.hears(&replayed("b-0"));
    assert_eq!(side.sends(), ["1 two"]);
    assert_eq!(side.carries().texts, [kept(2, "two", true)]);
}

#[test]
fn each_attempt_is_kept_before_it_is_made_and_later_ones_follow_it() {
    let mut side = Side::granted("a-0");
    assert_eq!(side.carries().attempt, 1);
    side.ends();
    side.member.connect(Hex64(9), None, side.now);
    assert_eq!(side.carries().attempt, 2);
}

#[test]
fn a_text_that_is_too_long_is_kept_no_longer() {
    let mut side = Side::granted("a-0");
    side.says(1, &"x".repeat(1_001));
    side.carries();
    side.sends();
    assert_eq!(side.carries().texts, []);
}

#[test]
fn who_leaves_leaves_no_texts() {
    let mut side = Side::granted("a-0");
    side.says(1, "one");
    side.sends();
    side.says(2, "two");
    side.member.abandon(side.now);
    assert_eq!(side.carries().texts, []);
}
