//! A server that remembers, and what the window makes of it.

use std::time::Duration;

use hubbub_client::settings::LastSeen;
use hubbub_client::timeline::STRETCH_LINES;
use hubbub_session::{Event, Intent, Mark, Stamped};
use hubbub_wire::{Hex128, Kept};

use crate::harness::Window;
use crate::{lost, said, say};

const ROOM: Hex128 = Hex128(1);

fn granted(kept: Kept, resumed: bool) -> Event {
    let room = ROOM;
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

fn past(text: &str) -> Event {
    let mark = Mark {
        seq: text.into(),
        id: "any".into(),
        past: true,
        own: None,
    };
    Event::Said {
        name: "bob".into(),
        text: text.into(),
        bytes: None,
        mark: Some(mark),
    }
}

fn caught_up(more: bool) -> Event {
    let last = "last".into();
    Event::CaughtUp { last, more }
}

/// In a room that remembers what was said; `more` of it can be fetched.
fn remembering(said: &[&str], more: bool) -> Window {
    let mut window = Window::open(16);
    let before = [
        Event::Connected,
        granted(Kept::Memory, false),
        present(&["alice", "bob"]),
    ];
    let said = said.iter().map(|text| past(text));
    window.happen_together(before.into_iter().chain(said).chain([caught_up(more)]));
    window
}

/// The answer to a question for older messages.
fn earlier(window: &Window, texts: &[&str], more: bool) -> Event {
    let at = window.time.wall() - Duration::from_secs(3600);
    let messages = texts.iter().map(|text| Stamped {
        at,
        event: past(text),
    });
    Event::Earlier {
        messages: messages.collect(),
        more,
        lost: false,
    }
}

#[test]
fn people_and_what_is_kept_are_told_from_the_first_second() {
    let mut window = Window::open(16);
    let month = Kept::Seconds(30 * 86_400);
    let people = present(&["alice", "bob", "carol"]);
    window.happen_together([
        Event::Connected,
        granted(month, false),
        people,
        caught_up(false),
    ]);
    window.shows(r#"title="Mention bob""#);
    window.shows(r#"title="3 people""#);
    window.shows("Messages are kept for 30 days.");
    window.hides("Those who came or spoke");
    window.happen(present(&["alice"]));
    window.shows("Nobody else is here.");
    window.hides("A room has no list");
    let code = "keeping-stopped".into();
    let text = String::new();
    window.happen(Event::Notice { code, text });
    window.shows("Messages are not being kept at the moment</");
    window.shows("Messages are not being kept at the moment.</p>");
    window.hides("30 days");
    let tell = |window: &mut Window, code: &str| {
        let (code, text) = (code.into(), String::new());
        window.happen(Event::Notice { code, text });
    };
    tell(&mut window, "paused");
    window.shows("The room is paused. What you write waits.</p>");
    tell(&mut window, "resumed");
    window.hides("The room is paused.");
    tell(&mut window, "paused");
    window.happen(lost("reset", 9.0));
    window.hides("are not being kept at the moment.");
    window.hides("The room is paused. What");
}

#[test]
fn with_a_plain_server_nothing_of_it_shows() {
    let mut window = Window::joined();
    window.happen(said("bob", "hi"));
    window.submit("hello");
    window.happen(Event::Written { id: 0 });
    window.shows(r#"data-state="sent""#);
    for words in ["are kept", "memory begins", "Loading", "class=\"near\""] {
        window.hides(words);
    }
    window.shows("Those who came or spoke since you joined.");
    assert_eq!(
        window.intents.drain().collect::<Vec<_>>(),
        [say(0, "hello")]
    );
}

#[test]
fn an_empty_room_that_remembers_does_not_claim_that_it_keeps_no_history() {
    let window = remembering(&[], false);
    window.shows("It remembers nothing that was said before.");
    window.hides("keeps no history");
    window.hides("memory begins");
}

#[test]
fn older_messages_are_fetched_once_and_the_beginning_is_marked() {
    let mut window = remembering(&["known"], true);
    window.hides("memory begins");
    assert!(window.intents.is_empty(), "nobody is near the first line");
    window.scroll_to_top();
    assert_eq!(window.intents.try_recv(), Ok(Intent::Earlier));
    window.shows("Loading earlier messages");
    window.hides(r#"class="near""#);
    let answer = earlier(&window, &["old"], true);
    window.happen(answer);
    window.shows(">old</div>");
    window.hides("Loading");
    window.scroll_to_top();
    assert_eq!(window.intents.drain().count(), 1);
    let answer = earlier(&window, &["oldest"], false);
    window.happen(answer);
    window.shows("This is where the room&#39;s memory begins");
    window.hides(r#"class="near""#);
    assert!(window.intents.is_empty());
}

#[test]
fn lines_that_are_known_come_before_those_that_are_fetched() {
    let mut window = remembering(&["known"], true);
    window.happen_together((0..=STRETCH_LINES).map(|i| said("bob", &format!("line {i}."))));
    window.scroll(false);
    window.hides(">known</div>");
    window.scroll_to_top();
    window.shows(">known</div>");
    assert!(window.intents.is_empty());
    window.scroll_to_top();
    assert_eq!(window.intents.try_recv(), Ok(Intent::Earlier));
}

#[test]
fn a_question_that_the_network_cannot_take_is_asked_again() {
    let mut window = remembering(&["known"], true);
    for i in 0..16 {
        window.submit(&i.to_string());
    }
    window.scroll_to_top();
    window.hides("Loading");
    window.intents.drain();
    window.scroll_to_top();
    assert_eq!(window.intents.try_recv(), Ok(Intent::Earlier));
}

#[test]
fn a_window_that_begins_with_what_was_missed_fetches_what_was_before_it() {
    let mut window = Window::open(16);
    window.happen_together([
        Event::Connected,
        granted(Kept::Memory, true),
        present(&["alice", "bob"]),
        past("missed"),
        caught_up(true),
    ]);
    assert_eq!(window.intents.try_recv(), Ok(Intent::Earlier));
    let answer = earlier(&window, &["known"], true);
    window.happen(answer);
    assert!(window.intents.is_empty());
    let html = window.html();
    let place = |piece: &str| {
        html.find(piece)
            .unwrap_or_else(|| panic!("{piece}: {html}"))
    };
    assert!(place(">known</div>") < place(r#"aria-label="New""#));
    assert!(place(r#"aria-label="New""#) < place(">missed</div>"));
}

#[test]
fn a_page_that_dies_while_older_messages_come_does_not_ask_twice() {
    let mut window = remembering(&["known"], true);
    window.scroll_to_top();
    window.intents.drain();
    window.lose_page();
    window.shows("Loading earlier messages");
    let answer = earlier(&window, &["old"], false);
    window.happen(answer);
    window.shows(">old</div>");
    window.shows(">known</div>");
    assert!(window.intents.is_empty());
}

#[test]
fn ones_own_message_is_waiting_then_sent_then_arrived() {
    let mut window = remembering(&[], false);
    window.submit("hello");
    let state = |window: &Window, state: &str, words: &str| {
        window.shows_element(&format!(r#"p class="progress" title="{words}""#), "<svg");
        window.shows(&format!(r#"data-state="{state}""#));
        window.shows(&format!(">{words}</span>"));
    };
    state(&window, "waiting", "waiting");
    window.happen(Event::Written { id: 0 });
    state(&window, "sent", "sent");
    assert!(!window.memory.may_close(), "it has not arrived");
    let seq = "1".into();
    window.happen(Event::Arrived { id: 0, seq });
    state(&window, "arrived", "arrived");
    window.hides(r#"data-state="sent""#);
}

#[test]
fn the_closing_question_counts_what_has_not_arrived() {
    let mut window = remembering(&[], false);
    window.submit("one");
    window.submit("two");
    window.happen(Event::Written { id: 0 });
    assert!(!window.memory.may_close());
    window.hear(hubbub_client::news::News::Closing);
    window.shows("2 messages have not arrived. Close anyway?");
    for id in [0, 1] {
        assert!(!window.is_closed());
        let seq = "1".into();
        window.happen(Event::Arrived { id, seq });
    }
    assert!(window.is_closed());
}

#[test]
fn who_is_replaced_is_told_so_and_can_take_the_room_back() {
    let mut window = remembering(&["known"], false);
    window.happen(Event::Replaced);
    window.shows(r#"id="status" role="status" data-state="replaced""#);
    window.shows("open elsewhere");
    window.shows(">known</div>");
    window.shows("Take it back");
    window.click("retry");
    assert_eq!(window.intents.try_recv(), Ok(Intent::Retry));
    window.happen(Event::Connecting);
    window.hides("Take it back");
}

#[test]
fn who_is_kicked_is_told_so_in_the_servers_words_and_can_ask_to_come_in_again() {
    let mut window = remembering(&["known"], false);
    let why = "an operator put you out".to_owned();
    window.happen(Event::Kicked { why });
    window.shows("an operator put you out");
    window.shows("put out");
    window.shows(">known</div>");
    window.shows("Come in again");
    window.click("retry");
    assert_eq!(window.intents.try_recv(), Ok(Intent::Retry));
    window.happen(Event::Connecting);
    window.hides("Come in again");
}

#[test]
fn who_is_replaced_before_the_room_is_shown_is_told_so_too() {
    let mut window = Window::open(16);
    window.happen_together([Event::Connecting, Event::Connected, Event::Replaced]);
    window.shows("The room is open elsewhere");
    window.hides(r#"id="composer""#);
    window.shows("Take it back");
}

#[test]
fn how_far_one_has_seen_is_kept_once_a_second_and_goes_on_to_the_next_window() {
    let mut window = remembering(&["known"], false);
    let kept = |window: &Window| window.kept().map(|seen| seen.place);
    window.wait_until(|window| kept(window).as_deref() == Some("last"));
    window.happen(past("a"));
    window.happen(past("b"));
    let seen = LastSeen {
        log: ROOM,
        place: "b".into(),
    };
    assert_eq!(window.trail.latest(), Some(seen));
    assert_eq!(
        kept(&window).as_deref(),
        Some("last"),
        "a second has not passed"
    );
    window.wait_until(|window| {
        // The pause begins when another thread has written.
        window.wait(Duration::from_secs(1));
        kept(window).as_deref() == Some("b")
    });
}
