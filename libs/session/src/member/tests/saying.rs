//! Texts on their way into the log: each once, and in order.

use super::*;
use crate::Ours;

fn written(id: MessageId) -> Event {
    Event::Written { id }
}

fn unsure(id: MessageId) -> Event {
    Event::Unsure { id }
}

#[test]
fn counts_rise_by_one_and_an_acknowledgement_covers_all_up_to_it() {
    let mut side = Side::granted("a-0").told();
    for (id, words) in [(5, "one"), (6, "two"), (9, "three")] {
        side.says(id, words);
    }
    assert_eq!(side.sends(), ["1 one", "2 two", "3 three"]);
    assert_eq!(side.tells(), [written(5), written(6), written(9)]);
    side.hears(&ack(2, "a-2"));
    assert_eq!(side.tells(), [arrived(5, "a-2"), arrived(6, "a-2")]);
    side.hears(&ack(2, "a-2"));
    assert_eq!(side.tells(), []);
    assert!(!side.member.is_done());
    side.hears(&ack(3, "a-3"));
    assert_eq!(side.tells(), [arrived(9, "a-3")]);
    assert!(side.member.is_done());
}

#[test]
fn an_acknowledgement_while_texts_are_sent_again_passes_over_none() {
    let mut side = Side::granted("a-0");
    for (id, words) in [(1, "one"), (2, "two"), (3, "three")] {
        side.says(id, words);
    }
    side.sends();
    side.ends();
    side.comes_back(0, "a-0");
    side.sends_a_part();
    side.hears(&ack(1, "a-1"));
    assert_eq!(side.sends(), ["2 two", "3 three"]);
}

#[test]
fn an_acknowledgement_for_somebody_else_is_none() {
    let mut side = Side::granted("a-0").told();
    side.says(1, "one");
    side.sends();
    side.tells();
    let (session, count) = (Hex64(SESSION.0 + 1), 1);
    side.hears(&Frame::Ack {
        username: name("alice"),
        id: Id { session, count },
        seq: token("a-1"),
    });
    assert_eq!(side.tells(), []);
}

#[test]
fn what_lies_above_what_has_arrived_is_sent_again_in_order_and_before_anything_newer() {
    let mut side = Side::granted("a-0");
    for (id, words) in [(1, "one"), (2, "two"), (3, "three")] {
        side.says(id, words);
    }
    side.sends();
    side.ends();
    side.says(4, "four");
    side.tells();
    side.joins();
    side.hears(&side.grant(ROOM, 1));
    side.says(5, "five");
    assert_eq!(side.sends(), [""; 0]);
    side.hears(&replayed("a-1"));
    assert_eq!(side.sends(), ["2 two", "3 three", "4 four", "5 five"]);
    let told = side.tells();
    let wanted = [
        Event::Connected,
        granted(true),
        arrived(1, "a-0"),
        caught_up("a-0", false),
        written(4),
        written(5),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_text_that_was_cut_is_sent_again_and_one_of_which_nothing_was_sent_keeps_its_turn() {
    let mut side = Side::granted("a-0");
    side.says(1, "cut");
    side.says(2, "behind it");
    side.tells();
    side.sends_a_part();
    side.ends();
    assert_eq!(side.tells(), []);
    side.comes_back(0, "a-0");
    side.tells();
    let (_, words) = side.takes_up().unwrap();
    assert_eq!(words, "1 cut");
    side.ends();
    side.comes_back(0, "a-0");
    assert_eq!(side.sends(), ["1 cut", "2 behind it"]);
    let told = side.tells();
    assert!(told.ends_with(&[written(1), written(2)]), "{told:?}");
}

#[test]
fn in_another_room_what_was_sent_is_unsure_and_what_was_not_is_sent() {
    let mut side = Side::granted("a-0");
    side.says(1, "acknowledged");
    side.says(2, "sent");
    side.sends();
    side.hears(&ack(1, "a-1"));
    side.says(3, "cut");
    side.sends_a_part();
    side.says(4, "waits");
    side.ends();
    side.tells();
    side.joins();
    side.hears(&side.grant(OTHER_ROOM, 0));
    side.hears(&replayed("b-0"));
    assert_eq!(side.sends(), ["1 waits"]);
    let wanted = [
        Event::Connected,
        unsure(2),
        unsure(3),
        granted_in(OTHER_ROOM, false),
        caught_up("b-0", false),
        written(4),
    ];
    assert_eq!(side.tells(), wanted);
}

#[test]
fn counts_go_on_from_those_of_the_log() {
    let mut side = Side::granted("a-0");
    side.says(1, "one");
    side.says(2, "two");
    side.sends();
    side.hears(&ack(2, "a-2"));
    side.says(3, "three");
    side.sends();
    side.ends();
    // A power cut took two of three.
    side.comes_back(1, "b-1");
    side.says(4, "four");
    assert_eq!(side.sends(), ["2 three", "3 four"]);
    side.tells();
    assert_eq!(side.member.texts.own(ROOM, &own_id(2).to_string()), Some(3));
    side.hears(&ack(3, "b-3"));
    assert_eq!(side.tells(), [arrived(3, "b-3"), arrived(4, "b-3")]);
}

#[test]
fn where_others_are_heard_without_a_grant_what_was_sent_is_unsure() {
    let mut side = Side::granted("a-0");
    side.says(1, "sent");
    side.sends();
    side.ends();
    side.says(2, "waits");
    side.joins();
    side.tells();
    side.passes(Duration::from_secs(5));
    side.hears(&Frame::join(name("bob")));
    let joined = Event::Joined {
        name: "bob".to_owned(),
    };
    assert_eq!(side.tells(), [unsure(1), joined]);
    assert_eq!(side.sends(), ["waits"]);
}

#[test]
fn a_text_of_as_many_bytes_as_the_server_takes_is_sent_and_a_longer_one_is_told_and_gets_no_count()
{
    let mut side = Side::new();
    side.joins();
    side.hears(&side.grant_of(ROOM, 0, 6));
    side.hears(&replayed("a-0"));
    side.tells();
    side.says(1, "seven b");
    side.says(2, "€ six");
    side.says(3, "six by");
    let sent = side.sends();
    assert_eq!(sent, ["1 six by"]);
    let too_long = |bytes: usize| Event::Notice {
        code: "too-long".to_owned(),
        text: format!("your text of {bytes} bytes was not sent: 6 bytes is the most"),
    };
    let wanted = [too_long(7), unsure(1), too_long(7), unsure(2), written(3)];
    assert_eq!(side.tells(), wanted);
}

#[test]
fn what_is_to_be_sent_again_and_has_become_too_long_leaves_no_gap() {
    let mut side = Side::granted("a-0");
    for (id, words) in [(1, "one"), (2, "too long"), (3, "three")] {
        side.says(id, words);
    }
    side.sends();
    side.ends();
    side.joins();
    side.tells();
    side.hears(&side.grant_of(ROOM, 0, 5));
    side.hears(&replayed("a-0"));
    assert_eq!(side.sends(), ["1 one", "2 three"]);
    assert!(side.tells().contains(&unsure(2)));
    side.hears(&ack(2, "a-2"));
    assert_eq!(side.tells(), [arrived(1, "a-2"), arrived(3, "a-2")]);
}

#[test]
fn a_message_of_our_own_that_comes_back_says_which_it_is() {
    let mut side = Side::granted("a-0");
    side.says(7, "mine");
    side.sends();
    side.ends();
    side.joins();
    side.hears(&side.grant(ROOM, 1));
    side.tells();
    side.hears(&text(
        "alice",
        "mine",
        stamp(own_id(1).to_string(), "a-1", true),
    ));
    side.hears(&replayed("a-1"));
    let mine = Event::Said {
        name: "alice".to_owned(),
        text: "mine".to_owned(),
        bytes: None,
        mark: Some(Mark {
            seq: "a-1".to_owned(),
            id: own_id(1).to_string(),
            past: true,
            own: Some(Ours::Here(7)),
        }),
    };
    assert_eq!(side.tells(), [mine, caught_up("a-1", false)]);
}

#[test]
fn another_room_does_not_know_our_messages_by_their_counts() {
    let mut side = Side::granted("a-0");
    side.says(7, "mine");
    side.sends();
    let id = own_id(1).to_string();
    assert_eq!(side.member.texts.own(ROOM, &id), Some(7));
    assert_eq!(side.member.texts.own(OTHER_ROOM, &id), None);
    assert_eq!(side.member.texts.own(ROOM, &own_id(2).to_string()), None);
    assert_eq!(side.member.texts.own(ROOM, "0000000000000001-1"), None);
}

#[test]
fn what_still_waits_when_the_program_ends_is_told() {
    let mut side = Side::granted("a-0");
    side.says(1, "arrived");
    side.says(2, "sent");
    side.sends();
    side.hears(&ack(1, "a-1"));
    side.says(3, "waits");
    side.tells();
    side.member.abandon(side.now);
    assert_eq!(side.tells(), [unsure(2), unsure(3)]);
}
