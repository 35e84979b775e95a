//! What the timeline makes of what happens.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use hubbub_session::{Cause, Mark};
use hubbub_wire::Username;

use super::*;

mod past;

/// 2026-11-23 08:00 UTC.
fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_420_800)
}

fn after(minutes: u64) -> SystemTime {
    start() + Duration::from_secs(60 * minutes)
}

fn room() -> Timeline {
    let mut timeline = Timeline::new("alice", |_| 0);
    timeline.happens(0, Event::Connected);
    timeline
}

impl Timeline {
    /// A batch of one event.
    fn happens(&mut self, minute: u64, event: Event) {
        self.drawn();
        let at = after(minute);
        self.apply(Stamped { at, event });
    }

    fn hears(&mut self, minute: u64, name: &str, text: &str) {
        let (name, text, mark) = (name.into(), text.into(), None);
        self.happens(
            minute,
            Event::Said {
                name,
                text,
                bytes: None,
                mark,
            },
        );
    }

    fn lose(&mut self, minute: u64) {
        self.happens(
            minute,
            Event::Lost {
                why: "the server closed the connection".into(),
                cause: Cause::CutOff,
                retry_in: Duration::from_secs(4),
            },
        );
    }

    /// The lines in short: `[day]`, `# notice`, `name: text` for the head of a group, `+ text` for the rest.
    fn told(&self) -> Vec<String> {
        let tell = |row: Row| {
            let (line, opens_group) = match row {
                Row::New { .. } => return "--- new".into(),
                Row::Line {
                    line, opens_group, ..
                } => (line, opens_group),
            };
            match line {
                Line::Day(day) => format!("[{day}]"),
                Line::Notice(notice) => {
                    let words = notice.summary().into_iter().map(|span| match span {
                        Span::Name(name) => name.to_string(),
                        Span::Words(words) => words,
                    });
                    format!("# {}", words.collect::<String>())
                }
                Line::Answer(words) => format!("? {words}"),
                Line::Message(message) if opens_group => {
                    format!("{}: {}", message.name, message.text)
                }
                Line::Message(message) => format!("+ {}", message.text),
            }
        };
        self.rows().map(tell).collect()
    }

    fn progress(&self) -> Vec<Progress> {
        let own = self
            .messages()
            .into_iter()
            .filter_map(|message| message.own);
        own.map(|own| own.progress).collect()
    }

    fn messages(&self) -> Vec<Rc<Message>> {
        let message = |row| match row {
            Row::Line {
                line: Line::Message(message),
                ..
            } => Some(message),
            _ => None,
        };
        self.rows().filter_map(message).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.people().others().map(|name| &**name).collect()
    }
}

fn joined(name: &str) -> Event {
    Event::Joined { name: name.into() }
}

fn left(name: &str) -> Event {
    Event::Left { name: name.into() }
}

#[test]
fn the_server_of_now_is_the_last_that_was_told() {
    let mut timeline = room();
    assert_eq!(timeline.server(), None);
    let at = |host: &str| Address {
        host: host.to_owned(),
        port: 8765,
    };
    for host in ["b", "a"] {
        let address = at(host);
        timeline.lose(1);
        timeline.happens(1, Event::Server { address });
        timeline.happens(2, Event::Connected);
        assert_eq!(timeline.server(), Some(&at(host)));
    }
}

#[test]
fn what_one_says_within_five_minutes_is_one_group() {
    let mut timeline = room();
    timeline.hears(0, "bob", "one");
    timeline.hears(5, "bob", "two");
    timeline.hears(11, "bob", "three");
    timeline.hears(11, "carol", "four");
    let told = timeline.told();
    assert_eq!(
        told[1..],
        ["bob: one", "+ two", "bob: three", "carol: four"]
    );
}

#[test]
fn a_notice_or_somebody_else_of_the_same_name_ends_a_group() {
    let mut timeline = room();
    timeline.hears(0, "alice", "another alice");
    timeline.say(start(), "me");
    timeline.happens(0, joined("bob"));
    timeline.say(start(), "me again");
    let told = timeline.told();
    assert_eq!(
        told[1..],
        [
            "alice: another alice",
            "alice: me",
            "# bob joined",
            "alice: me again"
        ]
    );
}

#[test]
fn comings_and_goings_in_a_row_are_one_line() {
    let mut timeline = room();
    timeline.happens(0, joined("bob"));
    timeline.happens(1, joined("carol"));
    timeline.happens(2, left("dave"));
    timeline.hears(3, "bob", "hi");
    timeline.happens(4, left("bob"));
    let told = timeline.told();
    assert_eq!(
        told[1..],
        ["# bob and carol joined, dave left", "bob: hi", "# bob left"]
    );
}

#[test]
fn times_follow_the_zone_of_the_system() {
    thread_local! { static HOURS: Cell<i32> = const { Cell::new(0) } }
    let mut timeline = Timeline::new("alice", |_| HOURS.get() * 3600);
    timeline.hears(0, "bob", "before");
    HOURS.set(9);
    timeline.hears(1, "bob", "after");
    let clocks: Vec<_> = timeline
        .messages()
        .iter()
        .map(|message| message.at.clock())
        .collect();
    assert_eq!(clocks, ["08:00", "17:01"]);
    assert_eq!(timeline.told().len(), 3, "one group: {:?}", timeline.told());
}

#[test]
fn a_day_begins_with_its_date_in_the_users_zone() {
    let mut timeline = Timeline::new("alice", |_| -7 * 3600);
    timeline.hears(0, "bob", "one in the morning");
    timeline.hears(23 * 60 - 1, "bob", "a minute to midnight");
    timeline.hears(23 * 60, "bob", "midnight");
    assert_eq!(
        timeline.told(),
        [
            "[2026-11-23]",
            "bob: one in the morning",
            "bob: a minute to midnight",
            "[2026-11-24]",
            "bob: midnight"
        ]
    );
}

#[test]
fn ones_own_message_stands_at_once_and_then_tells_how_far_it_got() {
    let mut timeline = room();
    let first = timeline.say(start(), "first");
    let second = timeline.say(start(), "second");
    assert_ne!(first, second);
    assert_eq!(timeline.told()[1..], ["alice: first", "+ second"]);
    assert_eq!(timeline.progress(), [Progress::Waiting, Progress::Waiting]);
    timeline.happens(0, Event::Written { id: first });
    timeline.happens(0, Event::Unsure { id: second });
    assert_eq!(timeline.progress(), [Progress::Sent, Progress::Unsure]);
}

#[test]
fn only_a_message_that_may_not_have_arrived_is_said_again() {
    let mut timeline = room();
    let id = timeline.say(start(), "hello");
    assert_eq!(timeline.say_again(id), None, "it is on its way");
    timeline.happens(0, Event::Unsure { id });
    assert_eq!(timeline.say_again(id).as_deref(), Some("hello"));
    assert_eq!(timeline.progress(), [Progress::Waiting]);
    timeline.happens(0, Event::Written { id });
    assert_eq!(timeline.say_again(id), None, "it is sent");
    assert_eq!(timeline.progress(), [Progress::Sent]);
}

#[test]
fn a_message_of_ones_own_that_left_the_window_is_forgotten_whole() {
    let mut timeline = room();
    let id = timeline.say(start(), "hello");
    timeline.mark(id, Progress::Failed);
    for _ in 0..KEPT_LINES {
        timeline.hears(0, "bob", "x");
    }
    assert_eq!(timeline.say_again(id), None);
    assert!(timeline.unsent.is_empty());
}

#[test]
fn people_are_those_who_joined_or_spoke_and_have_not_left() {
    let mut timeline = room();
    timeline.happens(0, joined("carol"));
    timeline.hears(0, "bob", "I was here before you");
    timeline.happens(0, joined("alice"));
    timeline.hears(0, "alice", "and this is not me");
    timeline.hears(0, Username::SERVER.as_str(), "the room closes at ten");
    assert_eq!(timeline.names(), ["bob", "carol"]);
    timeline.happens(1, left("bob"));
    assert_eq!(timeline.names(), ["carol"]);
}

#[test]
fn people_are_learnt_anew_after_a_loss() {
    let mut timeline = room();
    timeline.happens(0, joined("bob"));
    timeline.lose(1);
    assert!(timeline.people().is_empty());
    timeline.happens(2, Event::Connected);
    timeline.hears(3, "carol", "hi");
    assert_eq!(timeline.names(), ["carol"]);
}

#[test]
fn an_outage_is_one_line_however_often_it_was_tried() {
    let mut timeline = room();
    timeline.hears(0, "bob", "hi");
    timeline.lose(1);
    for minute in 2..6 {
        timeline.happens(minute, Event::Connecting);
        timeline.lose(minute);
    }
    assert_eq!(timeline.told().len(), 2);
    timeline.happens(6, Event::Connected);
    assert_eq!(
        timeline.told()[2],
        "# you were away for 5 min 0 s; what was said then is not here"
    );
}

#[test]
fn a_server_that_closes_every_new_connection_at_once_is_one_line_too() {
    let mut timeline = room();
    timeline.hears(0, "bob", "hi");
    for minute in 1..6 {
        timeline.lose(minute);
        timeline.happens(minute + 1, Event::Connected);
    }
    assert_eq!(
        timeline.told()[2..],
        ["# you were away for 5 min 0 s; what was said then is not here"]
    );
}

#[test]
fn an_outage_stands_alone_between_those_who_came_before_and_after_it() {
    let mut timeline = room();
    timeline.happens(0, joined("bob"));
    timeline.lose(1);
    timeline.happens(2, Event::Connected);
    timeline.happens(3, joined("carol"));
    assert_eq!(
        timeline.told()[1..],
        [
            "# bob joined",
            "# you were away for 1 min 0 s; what was said then is not here",
            "# carol joined"
        ]
    );
}

#[test]
fn presence_tells_why_there_is_no_connection_and_when_the_next_attempt_begins() {
    let mut timeline = Timeline::new("alice", |_| 0);
    let failure = Failure {
        why: "the server closed the connection".into(),
        refused: false,
        code: None,
    };
    let (after, retry_at) = (Some(failure.clone()), start() + Duration::from_secs(4));
    timeline.lose(0);
    let failed = Attempt::Failed { failure, retry_at };
    assert_eq!(*timeline.presence(), Presence::Outside(failed));
    timeline.happens(1, Event::Connecting);
    let under_way = Attempt::UnderWay { after };
    assert_eq!(*timeline.presence(), Presence::Outside(under_way));
    timeline.happens(1, Event::Connected);
    assert!(timeline.presence().is_inside());
    assert_eq!(timeline.told(), [""; 0], "the first connection is no news");
    timeline.lose(2);
    assert!(timeline.presence().has_room());
    timeline.end(self::after(3));
    assert_eq!(timeline.presence().attempt(), Some(&Attempt::Over));
}

#[test]
fn a_network_thread_that_ends_at_once_leaves_the_room_on_the_page() {
    let mut timeline = Timeline::new("alice", |_| 0);
    timeline.happens(0, Event::Connected);
    timeline.end(start());
    assert!(timeline.presence().has_room());
}

#[test]
fn what_was_said_before_the_server_hung_up_stays_on_the_page() {
    let mut timeline = Timeline::new("alice", |_| 0);
    for event in [
        Event::Connected,
        Event::Said {
            name: "bob".into(),
            text: "hi".into(),
            bytes: None,
            mark: None,
        },
    ] {
        let at = start();
        timeline.apply(Stamped { at, event });
    }
    let at = start();
    let event = Event::Lost {
        why: "the server closed the connection".into(),
        cause: Cause::CutOff,
        retry_in: Duration::from_secs(4),
    };
    timeline.apply(Stamped { at, event });
    assert!(timeline.presence().has_room());
}

#[test]
fn what_was_sent_to_a_server_that_refuses_afterwards_may_be_sent_again() {
    let mut timeline = room();
    let (first, second) = (timeline.say(start(), "one"), timeline.say(start(), "two"));
    timeline.happens(0, Event::Written { id: first });
    timeline.happens(0, Event::Written { id: second });
    assert_eq!(timeline.say_again(first), None, "it is sent");
    timeline.happens(1, Event::Unsure { id: first });
    assert_eq!(timeline.say_again(first).as_deref(), Some("one"));
    assert_eq!(timeline.say_again(second), None, "it is sent");
}

#[test]
fn what_the_window_missed_is_told() {
    let mut timeline = room();
    timeline.happens(0, Event::Missed { events: 412 });
    assert_eq!(
        timeline.told()[1],
        "# 412 events were skipped because too much came at once"
    );
}

#[test]
fn saying_something_brings_the_reader_to_the_end() {
    let mut timeline = room();
    timeline.lines_mut().follow(false);
    timeline.hears(0, "bob", "hi");
    assert_eq!(timeline.lines().new_below(), 1);
    timeline.say(start(), "hello");
    assert!(!timeline.lines().is_reading_back());
    assert_eq!(timeline.lines().new_below(), 0);
}

#[test]
fn an_answer_stands_at_the_end_and_parts_groups() {
    let mut room = room();
    room.hears(0, "bob", "one");
    room.answer("there is no command /x");
    room.hears(0, "bob", "two");
    assert_eq!(
        room.told()[1..],
        ["bob: one", "? there is no command /x", "bob: two"]
    );
}

#[test]
fn clearing_takes_out_all_but_what_is_not_known_to_be_sent() {
    let mut room = room();
    room.hears(0, "bob", "one");
    let sent = room.say(after(0), "sent");
    let waiting = room.say(after(0), "waiting");
    let failed = room.say(after(0), "failed");
    room.mark(sent, Progress::Sent);
    room.mark(failed, Progress::Failed);
    room.clear();
    assert_eq!(room.told(), ["[2026-11-23]", "alice: waiting", "+ failed"]);
    room.mark(waiting, Progress::Sent);
    assert_eq!(room.say_again(failed), Some("failed".into()));
    assert_eq!(room.progress(), [Progress::Sent, Progress::Waiting]);
    assert_eq!(room.lines().gone(), 0);
    room.hears(1, "bob", "two");
    assert_eq!(room.told().len(), 4, "it is the same day");
    assert_eq!(room.names(), ["bob"]);
}

#[test]
fn a_search_brings_what_it_finds_into_the_window_and_goes_on_while_lines_come_and_leave() {
    let mut room = room();
    room.hears(0, "bob", "a needle");
    for i in 0..500 {
        room.hears(0, "bob", &format!("straw {i}"));
    }
    let at = |room: &Timeline| {
        let found = room.searched().and_then(Search::current);
        found.map(|found| (found.line, found.nth))
    };
    room.search("NEEDLE");
    assert_eq!(
        (at(&room), room.searched().unwrap().count()),
        (Some((1, 1)), 1)
    );
    assert!(
        room.rows()
            .any(|row| matches!(row, Row::Line { number: 1, .. }))
    );
    room.hears(0, "carol", "another needle");
    assert_eq!(
        (at(&room), room.searched().unwrap().count()),
        (Some((1, 2)), 2)
    );
    room.search_on(Toward::Newer);
    assert_eq!(at(&room), Some((502, 1)));
    for _ in 0..KEPT_LINES {
        room.hears(0, "bob", "straw");
    }
    assert_eq!((at(&room), room.searched().unwrap().count()), (None, 0));
    room.end_search();
    assert!(room.searched().is_none());
}

#[test]
fn a_cleared_window_has_nothing_to_find() {
    let mut room = room();
    room.hears(0, "bob", "needle");
    room.search("needle");
    room.clear();
    assert_eq!(room.searched().map(Search::count), Some(0));
}

#[test]
fn a_line_marks_where_to_read_on_after_looking_elsewhere() {
    let mut timeline = room();
    timeline.hears(0, "bob", "one");
    timeline.focus(start(), false);
    timeline.happens(0, joined("carol"));
    timeline.hears(0, "bob", "two");
    timeline.hears(0, "bob", "three");
    let told = timeline.told();
    assert_eq!(
        told[1..],
        [
            "bob: one",
            "# carol joined",
            "--- new",
            "bob: two",
            "+ three"
        ]
    );
    assert_eq!(timeline.attention().unread(), 2);
    timeline.focus(start(), true);
    assert_eq!(timeline.attention().unread(), 0);
    assert_eq!(timeline.told(), told);
    timeline.say(start(), "back");
    assert!(!timeline.told().contains(&"--- new".to_owned()));
}

#[test]
fn a_message_below_the_line_shows_who_speaks() {
    let mut timeline = room();
    timeline.hears(0, "bob", "one");
    timeline.focus(start(), false);
    timeline.hears(0, "bob", "two");
    assert_eq!(timeline.told()[1..], ["bob: one", "--- new", "bob: two"]);
}

#[test]
fn only_others_who_say_the_name_to_somebody_who_looks_elsewhere_ask_for_attention() {
    let mut timeline = room();
    let asks = |timeline: &mut Timeline, event| {
        let at = start();
        timeline
            .apply(Stamped { at, event })
            .map(|message| message.text.clone())
    };
    let said = |text: &str| Event::Said {
        name: "bob".into(),
        text: text.into(),
        bytes: None,
        mark: None,
    };
    assert_eq!(asks(&mut timeline, said("alice?")), None, "she looks");
    timeline.focus(start(), false);
    assert_eq!(asks(&mut timeline, said("Alice!")), Some("Alice!".into()));
    assert_eq!(asks(&mut timeline, said("malice")), None);
    assert_eq!(asks(&mut timeline, joined("alice")), None);
    timeline.say(start(), "alice speaks");
    let mentions: Vec<_> = timeline
        .messages()
        .iter()
        .map(|message| message.mention)
        .collect();
    assert_eq!(mentions, [true, true, false, false]);
}
