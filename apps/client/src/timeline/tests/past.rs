//! What the timeline makes of a server that remembers.

use hubbub_session::{CarriedText, Ours};
use hubbub_wire::{Hex128, Kept};

use super::*;

const ROOM: Hex128 = Hex128(1);
const ANOTHER: Hex128 = Hex128(2);

fn said(name: &str, text: &str, past: bool) -> Event {
    let mark = Mark {
        seq: text.into(),
        id: "any".into(),
        past,
        own: None,
    };
    Event::Said {
        name: name.into(),
        text: text.into(),
        bytes: None,
        mark: Some(mark),
    }
}

fn granted(room: Hex128, resumed: bool) -> Event {
    let kept = Kept::Seconds(30 * 86_400);
    Event::Granted {
        room,
        kept,
        resumed,
    }
}

fn present(names: &[&str]) -> Event {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Event::Present { names }
}

fn caught_up(last: &str, more: bool) -> Event {
    let last = last.into();
    Event::CaughtUp { last, more }
}

fn told_of(code: &str) -> Event {
    Event::Notice {
        code: code.into(),
        text: String::new(),
    }
}

/// So many minutes before eight.
fn before(minutes: u64) -> SystemTime {
    start() - Duration::from_secs(60 * minutes)
}

/// In a room that remembers, with these messages from before; `more` of them can be fetched.
fn remembering(past: &[(u64, &str)], more: bool) -> Timeline {
    let mut room = room();
    room.happens(0, granted(ROOM, false));
    room.happens(0, present(&["alice", "bob"]));
    for (minutes, text) in past {
        let (at, event) = (before(*minutes), said("bob", text, true));
        room.apply(Stamped { at, event });
    }
    room.happens(0, caught_up("last", more));
    room
}

impl Timeline {
    /// Cut off, and back in a room of this id.
    fn returns(&mut self, minute: u64, room: Hex128, resumed: bool) {
        self.lose(minute);
        self.happens(minute + 1, Event::Connected);
        self.happens(minute + 1, granted(room, resumed));
        self.happens(minute + 1, present(&["alice"]));
    }

    /// The answer to a question for older messages: bob said them so many minutes before eight.
    fn gets(&mut self, messages: &[(u64, &str)], more: bool, lost: bool) {
        let messages = messages.iter().map(|(minutes, text)| Stamped {
            at: before(*minutes),
            event: said("bob", text, true),
        });
        let messages = messages.collect();
        self.happens(
            0,
            Event::Earlier {
                messages,
                more,
                lost,
            },
        );
    }
}

#[test]
fn everybody_who_is_here_is_known_from_the_first_second_and_who_spoke_in_the_past_is_not_here() {
    let mut room = remembering(&[], false);
    assert_eq!(room.names(), ["bob"]);
    assert!(room.people().is_complete());
    room.happens(0, said("carol", "I left long ago", true));
    room.happens(0, said("server", "and I am not here", false));
    assert_eq!(room.names(), ["bob"]);
    room.happens(0, joined("dave"));
    room.happens(0, left("bob"));
    assert_eq!(room.names(), ["dave"]);
    room.lose(1);
    assert!(room.people().is_empty() && !room.people().is_complete());
}

#[test]
fn the_past_bears_the_times_and_days_of_the_server() {
    let room = remembering(&[(9 * 60, "last night"), (10, "this morning")], false);
    assert_eq!(
        room.told(),
        [
            "[2026-11-22]",
            "bob: last night",
            "[2026-11-23]",
            "bob: this morning"
        ]
    );
    let times: Vec<_> = room
        .messages()
        .iter()
        .map(|message| message.at.clock())
        .collect();
    assert_eq!(times, ["23:00", "07:50"]);
}

#[test]
fn what_was_said_before_one_came_is_not_new() {
    let mut room = Timeline::new("alice", |_| 0);
    room.focus(start(), false);
    for event in [
        Event::Connected,
        granted(ROOM, false),
        said("bob", "alice?", true),
        caught_up("alice?", false),
        said("bob", "live", false),
    ] {
        let at = start();
        assert_eq!(room.apply(Stamped { at, event }), None);
    }
    assert_eq!(room.told()[1..], ["bob: alice?", "--- new", "bob: live"]);
    assert_eq!(room.attention().unread(), 1);
}

#[test]
fn what_was_missed_stands_in_its_place_below_a_line() {
    let mut room = remembering(&[], false);
    room.happens(0, said("bob", "before", false));
    room.returns(1, ROOM, true);
    room.happens(1, said("bob", "missed", true));
    room.happens(1, said("bob", "missed too", true));
    room.happens(2, caught_up("x", false));
    room.happens(2, said("bob", "live", false));
    let told = room.told();
    assert_eq!(
        told[1..],
        [
            "bob: before",
            "--- new",
            "bob: missed",
            "+ missed too",
            "+ live"
        ]
    );
    // Seen by now: the next time, the line stands above what was missed then.
    room.returns(3, ROOM, true);
    room.happens(4, said("carol", "missed again", true));
    let told = room.told();
    assert_eq!(told[4..], ["+ live", "--- new", "carol: missed again"]);
    room.say(after(5), "thanks");
    assert!(!room.told().contains(&"--- new".to_owned()));
}

#[test]
fn who_reads_back_is_not_led_past_what_they_did_not_reach() {
    let mut room = remembering(&[], false);
    for text in ["one", "two"] {
        room.returns(1, ROOM, true);
        room.happens(2, said("bob", text, true));
        room.lines_mut().follow(false);
    }
    assert_eq!(room.told()[1..], ["--- new", "bob: one", "+ two"]);
    assert_eq!(room.lines().new_below(), 1);
}

#[test]
fn a_missed_mention_asks_for_the_attention_of_who_looks_elsewhere() {
    let mut room = remembering(&[], false);
    room.focus(start(), false);
    room.returns(1, ROOM, true);
    let at = start();
    let event = said("bob", "alice?", true);
    assert!(room.apply(Stamped { at, event }).is_some());
    assert_eq!(room.attention().unread(), 1);
}

#[test]
fn a_tunnel_costs_no_line_and_a_room_that_began_anew_says_so() {
    let mut room = remembering(&[(1, "before")], true);
    room.returns(1, ROOM, true);
    room.happens(2, caught_up("x", true));
    assert_eq!(room.told().len(), 2, "{:?}", room.told());
    room.returns(3, ANOTHER, false);
    room.happens(4, said("bob", "after", true));
    assert_eq!(
        room.told()[2..],
        [
            "# you were away for 1 min 0 s, and the room's memory began anew; \
             what was said before may be missing",
            "bob: after"
        ]
    );
    // What is older there was said after the first line here.
    room.happens(4, caught_up("after", true));
    assert!(!room.has_more_above() && !room.past().has_older());
}

#[test]
fn a_server_that_remembered_and_does_not_any_more_says_so_with_the_first_thing_that_it_tells() {
    let mut room = remembering(&[(1, "before")], false);
    room.lose(1);
    room.happens(2, Event::Connected);
    room.lose(3);
    room.happens(5, Event::Connected);
    assert_eq!(room.told().len(), 2);
    room.hears(6, "bob", "live");
    assert_eq!(
        room.told()[2..],
        [
            "# you were away for 3 min 0 s; what was said then is not here",
            "bob: live"
        ]
    );
    assert_eq!(room.past().kept(), None);
    assert_eq!(room.names(), ["bob"]);
}

#[test]
fn a_hole_is_a_line_with_the_times_around_it() {
    let mut room = remembering(&[(30, "before")], false);
    room.returns(1, ROOM, true);
    for (minute, day) in [(65, "[2026-11-23]"), (24 * 60, "[2026-11-24]")] {
        room.happens(minute, Event::Gap);
        room.happens(minute, said("bob", "after", true));
        assert!(room.told().contains(&day.to_owned()));
    }
    room.happens(25 * 60, Event::Gap);
    room.happens(25 * 60, caught_up("x", true));
    assert_eq!(
        room.told()[1..],
        [
            "bob: before",
            "# Some messages between 07:30 and 09:05 are missing",
            "--- new",
            "bob: after",
            "# Some messages between 23 November, 09:05 and 24 November, 08:00 are missing",
            "[2026-11-24]",
            "bob: after",
            "# Some messages since 08:00 are missing"
        ]
    );
    // One's own message has the time of this computer.
    let mut room = remembering(&[(30, "before")], false);
    room.say(after(60), "ahead");
    room.happens(10, Event::Gap);
    room.happens(10, said("bob", "after", true));
    let words = "# Some messages between 07:30 and 08:10 are missing";
    assert_eq!(room.told()[3], words);
    let mut empty = remembering(&[], false);
    empty.happens(10, Event::Gap);
    empty.happens(10, said("bob", "after", true));
    let words = "# Some messages before 08:10 are missing";
    assert_eq!(empty.told(), [words, "[2026-11-23]", "bob: after"]);
}

#[test]
fn older_messages_come_above_and_no_line_that_is_shown_changes() {
    let mut room = remembering(&[(3, "known"), (2, "also known")], true);
    assert!(room.has_more_above());
    assert!(room.reach_top(), "it is to be fetched");
    assert!(room.past().is_fetching());
    assert!(!room.reach_top(), "once is enough");
    room.happens(1, said("bob", "live meanwhile", false));
    room.gets(
        &[(24 * 60, "yesterday"), (5, "older"), (4, "old")],
        true,
        false,
    );
    assert_eq!(
        room.told(),
        [
            "[2026-11-22]",
            "bob: yesterday",
            "[2026-11-23]",
            "bob: older",
            "+ old",
            // The same sender within five minutes; it was the first line, and stays what it was.
            "bob: known",
            "+ also known",
            "+ live meanwhile"
        ]
    );
    assert!(room.reach_top(), "there is more");
    room.gets(&[(25 * 60, "first")], false, false);
    assert_eq!(
        room.told()[..3],
        ["[2026-11-22]", "bob: first", "bob: yesterday"]
    );
    assert!(room.past().begins_here() && !room.has_more_above());
    room.happens(2, said("bob", "and on", false));
    assert_eq!(room.told().last().unwrap(), "+ and on");
}

#[test]
fn a_hole_in_what_is_older_is_a_line_in_its_place_and_ends_nothing() {
    let mut room = remembering(&[(3, "known")], true);
    let gap = |at| Stamped {
        at,
        event: Event::Gap,
    };
    let message = |minutes, text| Stamped {
        at: before(minutes),
        event: said("bob", text, true),
    };
    let pages = [
        (vec![message(9, "old"), gap(start())], false),
        (
            vec![gap(start()), message(20, "older"), message(19, "and on")],
            true,
        ),
        (
            vec![message(40, "first"), gap(start()), message(30, "second")],
            false,
        ),
    ];
    for (messages, lost) in pages {
        assert!(room.reach_top());
        let more = true;
        let event = Event::Earlier {
            messages,
            more,
            lost,
        };
        room.happens(0, event);
    }
    assert!(room.past().has_older() && !room.past().begins_here());
    assert_eq!(
        room.told(),
        [
            "[2026-11-23]",
            "bob: first",
            "# Some messages between 07:20 and 07:30 are missing",
            "bob: second",
            "# Some messages before 07:40 are missing",
            "bob: older",
            "+ and on",
            "bob: old",
            "# Some messages between 07:51 and 07:57 are missing",
            "bob: known",
        ]
    );
}

#[test]
fn nothing_is_fetched_before_the_past_is_complete_or_without_a_connection() {
    let mut room = remembering(&[(1, "known")], true);
    room.lose(1);
    assert!(!room.reach_top());
    room.happens(2, Event::Connected);
    room.happens(2, granted(ROOM, true));
    assert!(!room.reach_top());
    room.happens(2, caught_up("x", true));
    assert!(room.reach_top());
    // The answer will not come any more.
    room.lose(3);
    room.happens(4, Event::Connected);
    room.happens(4, granted(ROOM, true));
    room.happens(4, caught_up("x", true));
    assert!(room.reach_top());
    room.not_fetched();
    assert!(room.reach_top(), "the question did not go out");
}

#[test]
fn an_answer_that_brings_nothing_ends_the_questions() {
    for (messages, more, lost) in [
        (&[][..], true, false),
        (&[][..], false, true),
        (&[(9, "older")][..], false, false),
    ] {
        let mut room = remembering(&[(1, "known")], true);
        assert!(room.reach_top());
        room.gets(messages, more, lost);
        assert!(!room.has_more_above(), "{messages:?} {more} {lost}");
        assert!(room.past().begins_here());
    }
}

#[test]
fn older_messages_are_no_news_to_anybody() {
    let mut room = remembering(&[(1, "known")], true);
    room.focus(start(), false);
    room.lines_mut().follow(false);
    room.reach_top();
    room.gets(&[(9, "alice?")], false, false);
    assert_eq!(room.attention().unread(), 0);
    assert_eq!(room.lines().new_below(), 0);
    assert_eq!(room.names(), ["bob"]);
    assert_eq!(room.past().seen().unwrap().seq, "last");
}

#[test]
fn older_messages_are_searched_and_bear_numbers_of_their_own() {
    let mut room = remembering(&[(1, "needle")], true);
    room.search("needle");
    let at = |room: &Timeline| {
        room.searched()
            .and_then(Search::current)
            .map(|found| found.line)
    };
    assert_eq!(at(&room), Some(1));
    room.reach_top();
    room.gets(&[(9, "a needle"), (8, "straw")], false, false);
    assert_eq!(room.searched().unwrap().count(), 2);
    assert_eq!(at(&room), Some(1));
    room.search_on(Toward::Older);
    assert_eq!(at(&room), Some(-2));
    let line = room.lines().get(-2);
    assert!(matches!(line, Some(Line::Message(message)) if message.text == "a needle"));
}

#[test]
fn a_cleared_window_stays_clear() {
    let mut room = remembering(&[(1, "known")], true);
    room.reach_top();
    room.clear();
    room.gets(&[(9, "older")], true, false);
    assert_eq!(room.told(), [""; 0]);
    assert!(!room.has_more_above() && !room.past().begins_here());
    room.happens(1, said("bob", "live", false));
    room.returns(2, ROOM, true);
    room.happens(3, caught_up("x", true));
    assert!(!room.reach_top());
}

#[test]
fn a_full_window_fetches_no_more() {
    let mut room = remembering(&[(1, "known")], true);
    for i in 0..KEPT_LINES - 4 {
        room.happens(0, said("bob", &i.to_string(), false));
    }
    assert!(room.lines().has_room_above());
    room.lines_mut().show(0);
    assert!(room.reach_top());
    // Two lines fit above those that are there.
    room.gets(&[(9, "too old"), (8, "older"), (7, "old")], true, false);
    assert_eq!(room.lines().gone(), 2);
    assert_eq!(room.told()[..3], ["bob: older", "+ old", "bob: known"]);
    assert!(!room.reach_top() && !room.has_more_above());
    assert_eq!(room.lines().kept().count(), KEPT_LINES);
}

#[test]
fn ones_own_message_arrives_and_is_shown_once() {
    let mut room = remembering(&[], false);
    let (first, second) = (room.say(start(), "one"), room.say(start(), "two"));
    for id in [first, second] {
        room.happens(0, Event::Written { id });
    }
    assert_eq!(room.progress(), [Progress::Sent, Progress::Sent]);
    assert_eq!(room.unsettled_texts(), 2, "nobody knows them yet");
    let seq = "7".to_owned();
    room.happens(0, Event::Arrived { id: first, seq });
    assert_eq!(room.progress(), [Progress::Arrived, Progress::Sent]);
    assert_eq!(room.past().seen().unwrap().seq, "7");
    room.returns(1, ROOM, true);
    let mark = Mark {
        seq: "8".into(),
        id: "any".into(),
        past: true,
        own: Some(Ours::Here(second)),
    };
    let mark = Some(mark);
    let (name, text) = ("alice".into(), "two".into());
    room.happens(
        1,
        Event::Said {
            name,
            text,
            bytes: None,
            mark,
        },
    );
    assert_eq!(room.told()[1..], ["alice: one", "+ two"]);
    assert_eq!(room.progress(), [Progress::Arrived, Progress::Arrived]);
    assert_eq!(room.unsettled_texts(), 0);
    assert_eq!(room.past().seen().unwrap().seq, "8");
}

#[test]
fn at_a_plain_server_sent_is_the_last_that_is_known() {
    let mut room = room();
    let id = room.say(start(), "one");
    assert_eq!(room.unsettled_texts(), 1);
    room.happens(0, Event::Written { id });
    assert_eq!(room.progress(), [Progress::Sent]);
    assert_eq!(room.unsettled_texts(), 0);
    assert_eq!(room.past().seen(), None);
    assert!(!room.past().begins_here() && !room.has_more_above());
}

#[test]
fn clearing_keeps_what_has_not_arrived() {
    let mut room = remembering(&[], false);
    let id = room.say(start(), "one");
    room.happens(0, Event::Written { id });
    room.clear();
    assert_eq!(room.told()[1..], ["alice: one"]);
    let seq = "7".to_owned();
    room.happens(0, Event::Arrived { id, seq });
    assert_eq!(room.progress(), [Progress::Arrived]);
}

#[test]
fn the_last_message_seen_is_that_of_the_room_that_is_open() {
    let mut room = remembering(&[], false);
    let seen = |room: &Timeline| room.past().seen().map(|seen| (seen.room, seen.seq));
    assert_eq!(seen(&room), Some((ROOM, "last".into())));
    room.happens(0, said("bob", "next", false));
    assert_eq!(seen(&room), Some((ROOM, "next".into())));
    room.lose(1);
    assert_eq!(seen(&room), Some((ROOM, "next".into())));
    room.happens(2, Event::Connected);
    room.happens(2, granted(ANOTHER, false));
    assert_eq!(seen(&room), None);
    room.happens(2, caught_up("first", false));
    assert_eq!(seen(&room), Some((ANOTHER, "first".into())));
}

#[test]
fn a_window_that_begins_with_what_was_missed_wants_to_know_what_was_before_it() {
    let mut room = room();
    room.happens(0, granted(ROOM, true));
    room.happens(0, said("bob", "missed", true));
    assert!(!room.wants_context());
    room.happens(0, caught_up("missed", true));
    assert!(room.wants_context());
    assert!(room.fetch());
    assert!(!room.wants_context());
    room.gets(&[(9, "older")], true, false);
    assert_eq!(room.told()[1..], ["bob: older", "--- new", "bob: missed"]);
    assert!(!room.wants_context());
    room.returns(1, ROOM, true);
    room.happens(2, caught_up("missed", true));
    assert!(!room.wants_context(), "it is not the beginning");
    assert!(!remembering(&[(1, "known")], true).wants_context());
}

#[test]
fn who_was_replaced_is_away_until_they_take_the_room_back() {
    let mut room = remembering(&[(1, "known")], false);
    room.happens(1, Event::Replaced);
    assert_eq!(room.presence().attempt(), Some(&Attempt::Replaced));
    assert!(room.presence().has_room() && room.people().is_empty());
    room.happens(2, Event::Connecting);
    let under_way = Attempt::UnderWay { after: None };
    assert_eq!(room.presence().attempt(), Some(&under_way));
}

#[test]
fn who_was_kicked_is_away_until_they_ask_to_come_in_again() {
    let mut room = remembering(&[(1, "known")], false);
    let why = "an operator put you out".to_owned();
    room.happens(1, Event::Kicked { why: why.clone() });
    assert_eq!(room.presence().attempt(), Some(&Attempt::Kicked { why }));
    assert!(room.presence().waits_for_user());
    assert!(room.presence().has_room() && room.people().is_empty());
    room.happens(2, Event::Connecting);
    let under_way = Attempt::UnderWay { after: None };
    assert_eq!(room.presence().attempt(), Some(&under_way));
    assert!(!room.presence().waits_for_user());
}

#[test]
fn what_the_server_tells_stands_alone() {
    let mut room = remembering(&[], false);
    room.happens(0, joined("carol"));
    room.happens(0, told_of("paused"));
    room.happens(0, told_of("keeping-stopped"));
    assert!(room.past().is_suspended());
    room.happens(0, told_of("keeping-resumed"));
    assert!(!room.past().is_suspended());
    room.happens(0, joined("dave"));
    room.happens(0, joined("eve"));
    assert_eq!(
        room.told()[1..],
        [
            "# carol joined",
            "# The room is paused: nothing is sent or heard for now",
            "# Messages are not being kept at the moment",
            "# Messages are being kept again",
            "# dave and eve joined"
        ]
    );
}

#[test]
fn while_the_room_is_paused_what_is_written_waits_until_it_has_arrived() {
    let mut room = remembering(&[], false);
    room.happens(0, told_of("paused"));
    assert!(room.past().is_paused());
    let id = room.say(start(), "hi");
    room.happens(0, Event::Written { id });
    assert_eq!(room.progress(), [Progress::Waiting]);
    room.happens(0, told_of("resumed"));
    assert!(!room.past().is_paused());
    assert_eq!(room.progress(), [Progress::Waiting]);
    let seq = "a-1".to_owned();
    room.happens(0, Event::Arrived { id, seq });
    assert_eq!(room.progress(), [Progress::Arrived]);
    let id = room.say(start(), "ho");
    room.happens(0, Event::Written { id });
    assert_eq!(room.progress(), [Progress::Arrived, Progress::Sent]);
}

#[test]
fn a_new_connection_is_not_paused_until_it_is_told() {
    let mut room = remembering(&[], false);
    room.happens(0, told_of("paused"));
    room.returns(1, ROOM, true);
    assert!(!room.past().is_paused());
}

#[test]
fn a_keeping_that_stopped_is_asked_for_anew_with_each_connection() {
    let mut room = remembering(&[], false);
    room.happens(0, told_of("keeping-stopped"));
    room.returns(1, ROOM, true);
    assert!(!room.past().is_suspended());
}

#[test]
fn who_goes_by_another_name_speaks_and_is_mentioned_under_it() {
    let mut room = Timeline::new("alice", |_| 0);
    room.rename("alicia");
    room.happens(0, Event::Connected);
    room.happens(0, granted(ROOM, false));
    room.happens(0, present(&["alicia", "alice"]));
    assert_eq!(room.names(), ["alice"]);
    room.say(start(), "hi");
    room.happens(0, said("alice", "hi alicia, alice is me", false));
    let messages = room.messages();
    assert_eq!(&*messages[0].name, "alicia");
    assert!(messages[1].mention);
}

/// A window that goes on where another left these texts. All were sent but for the last.
fn left_with(left: std::ops::Range<MessageId>) -> Timeline {
    let mut room = Timeline::new("alice", |_| 0);
    for id in left.clone() {
        let left = CarriedText {
            id,
            text: format!("text {id}"),
            is_sent: id + 1 < left.end,
        };
        room.take_up(after(0), &left);
    }
    room
}

fn said_by_alice(text: &str, ours: Ours) -> Event {
    let mut said = said("alice", text, true);
    if let Event::Said { mark, .. } = &mut said {
        mark.as_mut().unwrap().own = Some(ours);
    }
    said
}

#[test]
fn what_an_earlier_run_left_stands_under_its_name_until_it_arrives_and_new_texts_have_other_names()
{
    let mut room = left_with(4..6);
    assert_eq!(room.unsettled_texts(), 2);
    assert!(room.awaits_arrival());
    assert_eq!(room.say(after(1), "new"), 6);
    assert_eq!(
        room.progress(),
        [Progress::Sent, Progress::Waiting, Progress::Waiting]
    );
    room.happens(1, Event::Connected);
    room.happens(1, granted(ROOM, false));
    let seq = "1".to_owned();
    room.happens(1, Event::Arrived { id: 4, seq });
    room.happens(1, Event::Unsure { id: 5 });
    assert_eq!(
        room.progress(),
        [Progress::Arrived, Progress::Unsure, Progress::Waiting]
    );
}

#[test]
fn what_an_earlier_run_left_stands_after_what_was_missed_and_where_the_room_has_it() {
    let mut room = left_with(4..6);
    room.happens(1, Event::Connected);
    room.happens(1, granted(ROOM, true));
    let seq = String::new();
    room.happens(1, Event::Arrived { id: 4, seq });
    assert_eq!(room.unsettled_texts(), 1);
    room.happens(1, said_by_alice("before", Ours::Before));
    room.happens(1, said("bob", "one", true));
    room.happens(1, said_by_alice("text 4", Ours::Here(4)));
    room.happens(1, said("bob", "two", true));
    assert_eq!(room.past().seen().unwrap().seq, "two");
    room.happens(1, caught_up("two", true));
    let texts: Vec<_> = room.messages().iter().map(|it| it.text.clone()).collect();
    assert_eq!(texts, ["before", "one", "text 4", "two", "text 5"]);
    let (arrived, waiting) = (Progress::Arrived, Progress::Waiting);
    assert_eq!(room.progress(), [arrived, arrived, waiting]);
    assert_eq!(room.say(after(1), "new"), 7, "a name that nothing has");
    // What is older joins it.
    assert!(room.wants_context() && room.fetch());
    let older = [
        said_by_alice("oldest", Ours::Before),
        said("bob", "older", true),
    ];
    let messages = older.map(|event| Stamped {
        at: before(1),
        event,
    });
    let event = Event::Earlier {
        messages: messages.into(),
        more: false,
        lost: false,
    };
    room.happens(1, event);
    assert_eq!(room.messages()[0].text, "oldest");
    assert!(room.messages()[0].own.is_some());
    assert_eq!(room.messages()[1].text, "older");
}

#[test]
fn what_an_earlier_run_left_is_shown_when_there_is_no_connection_or_nothing_is_told_of_the_past() {
    let mut room = left_with(4..6);
    let lost = Event::Lost {
        why: "gone".into(),
        cause: Cause::CutOff,
        retry_in: Duration::from_secs(1),
    };
    room.happens(1, lost);
    assert_eq!(room.progress(), [Progress::Sent, Progress::Waiting]);
    let mut room = left_with(4..6);
    room.happens(1, Event::Connected);
    room.happens(1, Event::Unsure { id: 4 });
    room.happens(1, Event::Written { id: 5 });
    assert_eq!(room.progress(), [Progress::Unsure, Progress::Sent]);
    assert_eq!(room.unsettled_texts(), 0);
}

#[test]
fn what_is_said_before_the_grant_does_not_hide_what_is_older() {
    let mut room = Timeline::new("alice", |_| 0);
    room.happens(0, Event::Connected);
    room.say(start(), "hello");
    room.happens(0, granted(ROOM, true));
    room.happens(0, said("bob", "missed", true));
    room.happens(0, caught_up("missed", true));
    assert!(room.wants_context());
}
