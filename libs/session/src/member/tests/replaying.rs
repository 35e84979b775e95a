//! What was missed comes before what is live, without a hole where there need be none.

use super::*;
use crate::{BACKLOG_BYTES, BACKLOG_EVENTS, Cause, Stamped};

/// A side that has seen everything up to `a-5` in this run, and is connected again, with the grant.
fn back_after_a_5() -> Side {
    let mut side = Side::granted("a-5");
    side.ends();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    side.told()
}

fn hear_all(side: &mut Side, frames: &[Frame<'_>]) {
    frames.iter().for_each(|frame| side.hears(frame));
}

fn seqs(events: &[Event]) -> Vec<String> {
    let seq = |event: &Event| match event {
        Event::Said {
            mark: Some(mark), ..
        } => mark.seq.clone(),
        Event::CaughtUp { .. } => "caught up".to_owned(),
        Event::Gap => "gap".to_owned(),
        other => panic!("{other:?}"),
    };
    events.iter().map(seq).collect()
}

#[test]
fn who_is_here_and_what_was_said_before_come_in_order_and_then_what_is_live() {
    let mut side = Side::new().told();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    for names in [&b"alice\nbob\n"[..], b"carol"] {
        side.hears(&Frame::Present {
            username: name("alice"),
            names: Payload::new(names).unwrap(),
        });
    }
    let last = replayed_with("a-2", None, "more");
    hear_all(&mut side, &[past("a-1"), past("a-2"), last, live("a-3")]);
    let wanted = [
        Event::Connected,
        granted(false),
        Event::Present {
            names: ["alice", "bob", "carol"].map(str::to_owned).to_vec(),
        },
        heard("a-1", true),
        heard("a-2", true),
        caught_up("a-2", true),
        heard("a-3", false),
    ];
    assert_eq!(side.tells(), wanted);
}

#[test]
fn stamped_events_have_the_time_of_the_server_and_others_ours() {
    let mut side = Side::granted("a-0").told();
    let time = Some(Time::from_unix_ms(7));
    let username = name("bob");
    side.hears(&Frame::Join { username, time });
    side.hears(&live("a-1"));
    side.hears(&plain("bob", "hi"));
    let at: Vec<_> = side.member.events().iter().map(|event| event.at).collect();
    let ms = |ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
    assert_eq!(at, [ms(7), ms(5), side.now.wall]);
}

#[test]
fn the_place_up_to_which_all_is_known_follows_what_is_heard_and_acknowledged() {
    let mut side = Side::granted("a-1");
    let since = |side: &mut Side| {
        side.ends();
        side.joins();
        side.member
            .link
            .as_ref()
            .unwrap()
            .offer
            .clone()
            .unwrap()
            .since
            .unwrap()
            .1
            .to_string()
    };
    assert_eq!(since(&mut side), "a-1");
    side.hears(&side.grant(ROOM, 0));
    hear_all(&mut side, &[past("a-2"), replayed("a-2"), live("a-3")]);
    assert_eq!(since(&mut side), "a-3");
    side.hears(&side.grant(ROOM, 0));
    side.hears(&replayed("a-3"));
    side.says(1, "hi");
    side.sends();
    side.hears(&ack(1, "a-4"));
    assert_eq!(since(&mut side), "a-4");
    // A replay that does not end says nothing of what lies before it.
    side.hears(&side.grant(ROOM, 1));
    side.hears(&past("a-9"));
    assert_eq!(since(&mut side), "a-4");
}

#[test]
fn a_replay_that_reaches_back_to_what_was_seen_is_complete() {
    let mut side = back_after_a_5();
    hear_all(&mut side, &[past("a-6"), past("a-7"), replayed("a-7")]);
    assert_eq!(seqs(&side.tells()), ["a-6", "a-7", "caught up"]);
    assert_eq!(side.sends(), [""; 0]);
}

#[test]
fn a_replay_with_something_older_asks_for_one_more_to_know_that_it_is_complete() {
    let mut side = back_after_a_5();
    hear_all(
        &mut side,
        &[past("a-6"), replayed_with("a-6", None, "more"), live("a-7")],
    );
    assert_eq!(side.sends(), ["EARLIER a-6 1"]);
    assert_eq!(side.tells(), []);
    hear_all(
        &mut side,
        &[past("a-5"), replayed_with("a-6", Some("a-6"), "more")],
    );
    assert_eq!(seqs(&side.tells()), ["a-6", "caught up", "a-7"]);
    assert_eq!(side.sends(), [""; 0]);
}

#[test]
fn a_replay_without_messages_misses_nothing_although_there_is_something_older() {
    let mut side = back_after_a_5();
    side.hears(&replayed_with("a-5", None, "more"));
    assert_eq!(seqs(&side.tells()), ["caught up"]);
}

#[test]
fn a_hole_is_closed_page_by_page_and_what_is_live_waits() {
    let mut side = back_after_a_5();
    let pages = [
        (vec!["a-12", "a-13"], None, "EARLIER a-12 1"),
        (vec!["a-11"], Some("a-12"), "EARLIER a-11 200"),
        (vec!["a-9", "a-10"], Some("a-11"), "EARLIER a-9 200"),
    ];
    for (messages, before, asks) in pages {
        messages.iter().for_each(|seq| side.hears(&past(seq)));
        side.hears(&live(&format!("live-{}", messages.len())));
        side.hears(&replayed_with("a-13", before, "more"));
        assert_eq!(side.sends(), [asks]);
        assert_eq!(side.tells(), []);
    }
    let rest = ["a-3", "a-4", "a-5", "a-6", "a-7", "a-8"];
    rest.iter().for_each(|seq| side.hears(&past(seq)));
    side.hears(&replayed_with("a-13", Some("a-9"), "more"));
    let wanted = [
        "a-6",
        "a-7",
        "a-8",
        "a-9",
        "a-10",
        "a-11",
        "a-12",
        "a-13",
        "caught up",
        "live-2",
        "live-1",
        "live-2",
    ];
    assert_eq!(seqs(&side.tells()), wanted);
}

#[test]
fn texts_are_sent_and_arrive_while_a_hole_is_closed_and_the_place_is_not_passed_over() {
    let mut side = back_after_a_5();
    hear_all(
        &mut side,
        &[past("a-9"), replayed_with("a-9", None, "more")],
    );
    side.says(1, "hi");
    assert_eq!(side.sends(), ["EARLIER a-9 1", "1 hi"]);
    side.tells();
    side.hears(&ack(1, "a-10"));
    assert_eq!(side.tells(), [arrived(1, "a-5")]);
    side.ends();
    let (_, seq) = side.joins().unwrap().since.unwrap();
    assert_eq!(seq, token("a-5"));
    side.hears(&side.grant(ROOM, 1));
    hear_all(&mut side, &[past("a-9"), replayed("a-9")]);
    side.ends();
    assert_eq!(side.joins().unwrap().since.unwrap().1, token("a-9"));
}

#[test]
fn after_a_hole_the_place_is_that_of_what_was_live_meanwhile() {
    let mut side = back_after_a_5();
    hear_all(
        &mut side,
        &[past("a-6"), replayed_with("a-6", None, "more")],
    );
    side.says(1, "hi");
    side.sends();
    hear_all(
        &mut side,
        &[
            ack(1, "a-7"),
            past("a-5"),
            replayed_with("a-6", Some("a-6"), "more"),
        ],
    );
    side.ends();
    assert_eq!(side.joins().unwrap().since.unwrap().1, token("a-7"));
}

#[test]
fn what_is_not_kept_any_more_is_a_gap_before_what_came_with_the_news() {
    let mut side = back_after_a_5();
    hear_all(
        &mut side,
        &[past("a-8"), replayed_with("a-8", None, "lost")],
    );
    assert_eq!(seqs(&side.tells()), ["gap", "a-8", "caught up"]);
    let mut side = back_after_a_5();
    hear_all(
        &mut side,
        &[past("a-8"), replayed_with("a-8", None, "more lost")],
    );
    side.sends();
    hear_all(
        &mut side,
        &[past("a-7"), replayed_with("a-8", Some("a-8"), "")],
    );
    assert_eq!(seqs(&side.tells()), ["a-7", "gap", "a-8", "caught up"]);
}

#[test]
fn a_gap_stands_where_an_answer_says_that_it_is() {
    let mut side = back_after_a_5();
    let mut first = replayed_with("a-9", None, "more");
    if let Frame::Replayed { replayed, .. } = &mut first {
        replayed.after = Some(token("a-5"));
    }
    hear_all(&mut side, &[past("a-9"), first]);
    side.sends();
    let second = replayed_with("a-9", Some("a-9"), "more lost");
    hear_all(&mut side, &[past("a-8"), second]);
    assert_eq!(side.sends(), ["EARLIER a-8 200"]);
    // What is lost before something that was seen is no gap.
    let third = replayed_with("a-9", Some("a-8"), "more lost");
    hear_all(&mut side, &[past("a-5"), past("a-6"), third]);
    assert_eq!(
        seqs(&side.tells()),
        ["a-6", "gap", "a-8", "a-9", "caught up"]
    );
}

#[test]
fn what_was_seen_last_is_not_looked_for_below_a_hole_in_which_it_may_be() {
    let lost = || replayed_with("a-9", Some("a-9"), "more lost");
    let apart = || replayed_apart("a-9", "a-2", "more");
    for second in [lost(), apart()] {
        let mut side = back_after_a_5();
        let first = replayed_with("a-9", None, "more");
        hear_all(&mut side, &[past("a-9"), live("a-10"), first.clone()]);
        side.sends();
        side.hears(&past("a-8"));
        let ending = side.hears_last(&second);
        let why = "the server lost some of what it was telling";
        let cause = Cause::CutOff;
        assert_eq!(ending, Some(Ending::GiveUp { why, cause }));
        assert_eq!(side.tells(), []);
        side.ends();
        // It does not help twice. A server that says no more the next time either is believed.
        side.joins();
        side.hears(&side.grant(ROOM, 0));
        side.tells();
        hear_all(&mut side, &[past("a-9"), past("a-10"), first]);
        side.sends();
        side.hears(&past("a-8"));
        side.hears(&second);
        assert_eq!(side.sends(), ["EARLIER a-8 200"]);
    }
}

/// The end of an answer to EARLIER whose last message is `after`: what came between that and `before` is not kept.
fn replayed_apart<'a>(before: &'a str, after: &'a str, flags: &str) -> Frame<'a> {
    let mut end = replayed_with("a-9", Some(before), flags);
    if let Frame::Replayed { replayed, .. } = &mut end {
        replayed.after = Some(token(after));
    }
    end
}

#[test]
fn a_gap_stands_after_an_answer_that_ends_before_what_is_lost() {
    for (flags, pages) in [
        ("more", ["a-6", "gap", "a-9", "caught up"]),
        ("", ["a-6", "gap", "a-9", "caught up"]),
    ] {
        let mut side = back_after_a_5();
        let first = replayed_with("a-9", None, "more");
        hear_all(&mut side, &[past("a-9"), first]);
        side.sends();
        let second = replayed_apart("a-9", "a-6", flags);
        hear_all(&mut side, &[past("a-5"), past("a-6"), second]);
        assert_eq!(seqs(&side.tells()), pages);
    }
    // Nothing of the answer is new, and the gap is.
    let mut side = back_after_a_5();
    let first = replayed_with("a-9", None, "more");
    hear_all(&mut side, &[past("a-9"), first]);
    side.sends();
    hear_all(
        &mut side,
        &[past("a-5"), replayed_apart("a-9", "a-5", "more")],
    );
    assert_eq!(seqs(&side.tells()), ["gap", "a-9", "caught up"]);
}

#[test]
fn a_gap_of_which_both_sides_tell_is_one() {
    let mut side = back_after_a_5();
    let first = replayed_with("a-9", None, "more lost");
    hear_all(&mut side, &[past("a-9"), first]);
    side.sends();
    let second = replayed_apart("a-9", "a-6", "more");
    hear_all(&mut side, &[past("a-5"), past("a-6"), second]);
    assert_eq!(seqs(&side.tells()), ["a-6", "gap", "a-9", "caught up"]);
}

#[test]
fn older_messages_that_the_user_wanted_have_their_gaps_once() {
    let mut side = Side::granted("a-9");
    let pages = [
        ("join", "more lost", None, "gap a-8"),
        // The page before it told of this gap.
        ("a-8", "more", Some("a-7"), "a-7"),
        ("a-7", "more", Some("a-6"), "a-6 gap"),
        ("a-6", "lost", None, "a-5"),
    ];
    for (before, flags, after, wanted) in pages {
        side.tells();
        side.member.place.more = true;
        side.member.ask_earlier();
        assert_eq!(side.sends(), [format!("EARLIER {before} 200")]);
        let message = wanted.split(' ').find(|word| *word != "gap").unwrap();
        side.hears(&past(message));
        side.hears(&match after {
            Some(after) => replayed_apart(before, after, flags),
            None => replayed_with("a-9", Some(before), flags),
        });
        let told = side.tells();
        let [Event::Earlier { messages, .. }] = &told[..] else {
            panic!("{told:?}");
        };
        let events: Vec<_> = messages
            .iter()
            .map(|message| message.event.clone())
            .collect();
        assert_eq!(seqs(&events).join(" "), wanted);
    }
}

#[test]
fn a_gap_before_what_came_first_is_not_told_again_with_what_is_older() {
    let mut side = Side::new();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    let first = replayed_with("a-9", None, "more lost");
    hear_all(&mut side, &[past("a-9"), first]);
    side.tells();
    side.member.ask_earlier();
    side.sends();
    hear_all(&mut side, &[past("a-6"), replayed_apart("a-9", "a-6", "")]);
    assert_eq!(side.tells(), [earlier(&["a-6"], false, false)]);
}

#[test]
fn a_place_that_the_server_does_not_know_any_more_ends_the_closing_of_a_hole() {
    for flags in ["lost", "more"] {
        let mut side = back_after_a_5();
        hear_all(
            &mut side,
            &[past("a-8"), replayed_with("a-8", None, "more")],
        );
        side.sends();
        side.hears(&replayed_with("a-8", Some("a-8"), flags));
        assert_eq!(seqs(&side.tells()), ["gap", "a-8", "caught up"], "{flags}");
    }
}

#[test]
fn a_log_that_lost_its_newest_messages_is_known_by_those_before_them() {
    let mut side = Side::granted("a-1");
    hear_all(&mut side, &[live("a-2"), live("a-3")]);
    side.ends();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    side.tells();
    hear_all(
        &mut side,
        &[past("b-1"), replayed_with("b-1", None, "more")],
    );
    side.sends();
    hear_all(
        &mut side,
        &[past("a-2"), replayed_with("b-1", Some("b-1"), "more")],
    );
    assert_eq!(seqs(&side.tells()), ["b-1", "caught up"]);
}

#[test]
fn as_many_messages_as_the_window_holds_are_waited_for_and_one_more_is_a_gap() {
    for (live_ones, is_gap) in [(BACKLOG_EVENTS - 1, false), (BACKLOG_EVENTS, true)] {
        let mut side = back_after_a_5();
        hear_all(
            &mut side,
            &[past("a-6"), replayed_with("a-6", None, "more")],
        );
        side.sends();
        for _ in 0..live_ones {
            side.hears(&live("a-7"));
        }
        let told = side.tells();
        assert_eq!(told.first() == Some(&Event::Gap), is_gap);
        assert_eq!(told.is_empty(), !is_gap);
    }
}

#[test]
fn an_answer_that_comes_after_the_closing_was_given_up_is_not_taken_for_another() {
    let mut side = back_after_a_5();
    hear_all(
        &mut side,
        &[past("a-6"), replayed_with("a-6", None, "more")],
    );
    side.sends();
    (0..BACKLOG_EVENTS).for_each(|_| side.hears(&live("a-7")));
    side.member.ask_earlier();
    assert_eq!(side.sends(), [""; 0]);
    side.tells();
    hear_all(
        &mut side,
        &[past("a-5"), replayed_with("a-6", Some("a-6"), "more")],
    );
    assert_eq!(side.tells(), []);
    assert_eq!(side.sends(), ["EARLIER a-6 200"]);
    side.hears(&past("a-4"));
    side.hears(&replayed_with("a-6", Some("a-7"), ""));
    assert_eq!(side.tells(), []);
    side.hears(&replayed_with("a-6", Some("a-6"), ""));
    assert_eq!(side.tells(), [earlier(&["a-4"], false, false)]);
}

#[test]
fn a_first_replay_without_end_is_given_up() {
    let mut side = Side::new();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    (0..BACKLOG_EVENTS).for_each(|_| side.hears(&past("a-1")));
    let ending = side.hears_last(&past("a-1"));
    let why = "the server sent more than was asked for";
    let cause = Cause::NotChat;
    assert_eq!(ending, Some(Ending::GiveUp { why, cause }));
}

fn earlier(messages: &[&str], more: bool, lost: bool) -> Event {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(5);
    let messages = messages.iter().map(|seq| Stamped {
        at,
        event: heard(seq, true),
    });
    Event::Earlier {
        messages: messages.collect(),
        more,
        lost,
    }
}

#[test]
fn older_messages_come_when_the_user_wants_them_and_one_wish_at_a_time() {
    let mut side = Side::new();
    side.member.ask_earlier();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    side.member.ask_earlier();
    hear_all(
        &mut side,
        &[past("a-8"), replayed_with("a-8", None, "more")],
    );
    assert_eq!(side.sends(), [""; 0]);
    side.member.ask_earlier();
    side.member.ask_earlier();
    assert_eq!(side.sends(), ["EARLIER a-8 200"]);
    side.member.ask_earlier();
    side.tells();
    hear_all(&mut side, &[past("a-6"), live("a-9"), past("a-7")]);
    side.hears(&replayed_with("a-8", Some("a-8"), "more"));
    assert_eq!(
        side.tells(),
        [heard("a-9", false), earlier(&["a-6", "a-7"], true, false)]
    );
    assert_eq!(side.sends(), [""; 0]);
    side.member.ask_earlier();
    assert_eq!(side.sends(), ["EARLIER a-6 200"]);
    side.hears(&replayed_with("a-8", Some("a-6"), "lost"));
    assert_eq!(side.tells(), [earlier(&[], false, true)]);
}

#[test]
fn what_is_older_stays_known_through_a_reconnect() {
    let mut side = Side::new();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    hear_all(
        &mut side,
        &[past("a-5"), replayed_with("a-5", None, "more")],
    );
    side.member.ask_earlier();
    side.sends();
    side.ends();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    hear_all(&mut side, &[past("a-6"), replayed("a-6")]);
    assert_eq!(side.sends(), [""; 0]);
    side.member.ask_earlier();
    assert_eq!(side.sends(), ["EARLIER a-5 200"]);
    assert!(
        side.tells()
            .ends_with(&[heard("a-6", true), caught_up("a-6", true)])
    );
}

#[test]
fn after_an_earlier_run_what_was_seen_there_is_older() {
    let mut side = Side::of(profile_that_has_seen("a-5"));
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    side.hears(&replayed("a-5"));
    assert!(
        side.tells()
            .ends_with(&[granted(true), caught_up("a-5", true)])
    );
    side.member.ask_earlier();
    assert_eq!(side.sends(), ["EARLIER join 200"]);
    hear_all(
        &mut side,
        &[
            past("a-4"),
            past("a-5"),
            replayed_with("a-5", Some("join"), ""),
        ],
    );
    assert_eq!(side.tells(), [earlier(&["a-4", "a-5"], false, false)]);
}

#[test]
fn who_was_sent_nothing_asks_for_what_came_before_its_join_until_it_hears_something() {
    let mut side = Side::granted("a-5");
    side.hears(&live("a-6"));
    side.ends();
    side.comes_back(0, "a-6");
    side.member.ask_earlier();
    assert_eq!(side.sends(), ["EARLIER a-6 200"]);
}

#[test]
fn a_beginning_that_was_found_stays_found_through_a_reconnect() {
    let mut side = Side::new();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    hear_all(
        &mut side,
        &[past("a-5"), replayed_with("a-5", None, "more")],
    );
    side.member.ask_earlier();
    side.sends();
    hear_all(
        &mut side,
        &[past("a-4"), replayed_with("a-5", Some("a-5"), "")],
    );
    side.ends();
    side.comes_back(0, "a-5");
    assert!(side.tells().ends_with(&[caught_up("a-5", false)]));
}

#[test]
fn a_full_first_page_asks_for_a_full_second_one() {
    for (messages, count) in [(199, 1), (200, 200)] {
        let mut side = back_after_a_5();
        (0..messages).for_each(|_| side.hears(&past("a-6")));
        side.hears(&replayed_with("a-6", None, "more"));
        assert_eq!(side.sends(), [format!("EARLIER a-6 {count}")]);
    }
}

#[test]
fn as_many_bytes_as_the_window_holds_are_waited_for_and_one_more_is_a_gap() {
    let half = BACKLOG_BYTES / 2 - "bob".len();
    for (more, is_gap) in [(0, false), (1, true)] {
        let mut side = back_after_a_5();
        hear_all(
            &mut side,
            &[past("a-6"), replayed_with("a-6", None, "more")],
        );
        side.sends();
        let first = "x".repeat(half - "boba-6".len());
        let second = "x".repeat(half + more);
        for words in [first, second] {
            side.hears(&text("bob", &words, stamp("a-7", "a-7", false)));
        }
        assert_eq!(side.tells().first() == Some(&Event::Gap), is_gap);
    }
}

#[test]
fn where_nothing_was_missed_the_place_stays_that_of_a_message() {
    let mut side = back_after_a_5();
    side.hears(&replayed("b-0"));
    assert_eq!(side.tells(), [caught_up("a-5", false)]);
    side.ends();
    assert_eq!(side.joins().unwrap().since.unwrap().1, token("a-5"));
}

#[test]
fn two_reports_are_two_gaps() {
    let mut side = back_after_a_5();
    let first = replayed_with("a-9", None, "more lost");
    hear_all(&mut side, &[past("a-9"), first]);
    side.sends();
    let second = replayed_with("a-9", Some("a-9"), "lost");
    hear_all(&mut side, &[past("a-8"), second]);
    assert_eq!(
        seqs(&side.tells()),
        ["gap", "a-8", "gap", "a-9", "caught up"]
    );
}

#[test]
fn a_hole_is_closed_at_the_message_that_is_kept_in_place_of_what_was_seen_last() {
    let mut side = back_after_a_5();
    let mut first = replayed_with("a-9", None, "more");
    if let Frame::Replayed { replayed, .. } = &mut first {
        replayed.after = Some(token("a-3"));
    }
    hear_all(&mut side, &[past("a-9"), first]);
    assert_eq!(side.sends(), ["EARLIER a-9 1"]);
    // From a-4 to a-7 nothing is kept.
    let second = replayed_with("a-9", Some("a-9"), "more lost");
    hear_all(&mut side, &[past("a-8"), second]);
    assert_eq!(side.sends(), ["EARLIER a-8 200"]);
    let third = replayed_with("a-9", Some("a-8"), "more");
    hear_all(&mut side, &[past("a-2"), past("a-3"), third]);
    assert_eq!(seqs(&side.tells()), ["gap", "a-8", "a-9", "caught up"]);
}

#[test]
fn a_message_that_the_screen_has_already_is_no_empty_answer() {
    let mut side = Side::new();
    side.joins();
    side.passes(Duration::from_millis(500));
    side.says(1, "mine");
    side.sends();
    side.hears(&side.grant(ROOM, 0));
    hear_all(&mut side, &[past("a-5"), replayed("a-5")]);
    side.ends();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    let mut side = side.told();
    let first = replayed_with("a-9", None, "more");
    hear_all(&mut side, &[past("a-8"), first]);
    assert_eq!(side.sends(), ["EARLIER a-8 1"]);
    let second = replayed_with("a-9", Some("a-8"), "more");
    hear_all(
        &mut side,
        &[text("alice", "mine", stamp("a-7", "a-7", true)), second],
    );
    assert_eq!(side.sends(), ["EARLIER a-7 200"]);
    let third = replayed_with("a-9", Some("a-7"), "more");
    hear_all(&mut side, &[past("a-5"), past("a-6"), third]);
    assert_eq!(seqs(&side.tells()), ["a-6", "a-8", "caught up"]);
}

#[test]
fn what_came_before_a_late_grant_is_not_missed_the_next_time() {
    let mut side = Side::new();
    side.joins();
    side.hears(&Frame::text(name("bob"), Payload::new(b"hi").unwrap()));
    side.passes(Duration::from_millis(500));
    assert_eq!(side.member.due(side.now), None);
    side.hears(&side.grant(ROOM, 0));
    hear_all(&mut side, &[past("a-1"), replayed("a-2")]);
    side.ends();
    let offer = side.joins().unwrap();
    assert_eq!(offer.since.map(|(_, place)| place), Some(token("a-2")));
}
