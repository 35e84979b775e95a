//! What the window shows and what it asks for, without a renderer.

mod attention;
mod closing;
mod commands;
mod harness;
mod muting;
mod past;
mod refused;
mod search;
mod settings;
mod trust;

use std::time::Duration;

use harness::{MAX_TEXT, Window};
use hubbub_client::timeline::STRETCH_LINES;
use hubbub_client::view::{LISTED_PEOPLE, PART_COST};
use hubbub_session::{Cause, Event, Intent};

fn said(name: &str, text: &str) -> Event {
    let (name, text, mark) = (name.into(), text.into(), None);
    Event::Said {
        name,
        text,
        bytes: None,
        mark,
    }
}

fn joined(name: &str) -> Event {
    Event::Joined { name: name.into() }
}

fn left(name: &str) -> Event {
    Event::Left { name: name.into() }
}

fn lost(why: &str, retry_in: f32) -> Event {
    Event::Lost {
        why: why.into(),
        cause: Cause::CutOff,
        retry_in: Duration::from_secs_f32(retry_in),
    }
}

fn say(id: u64, text: &str) -> Intent {
    let text = text.into();
    Intent::Say { id, text }
}

mod before_the_first_connection {
    use super::*;

    #[test]
    fn the_window_says_what_it_is_doing_and_shows_no_empty_room() {
        let window = Window::open(16);
        window.shows("connecting to localhost:8765");
        window.shows(r#"data-state="connecting""#);
        window.shows(r#"id="quit""#);
        window.hides(r#"id="composer""#);
        window.shows_element(r#"button id="retry" disabled=true"#, "Retry now");
    }

    #[test]
    fn a_failure_says_why_and_what_happens_next() {
        let mut window = Window::open(16);
        window.happen(lost("connection refused", 30.0));
        window.shows("connection refused");
        window.shows("connecting again to localhost:8765 ");
        window.shows("in 30 s");
        window.shows(r#"data-state="lost""#);
        window.happen(Event::Connecting);
        window.shows(r#"data-state="connecting""#);
        window.shows("connecting again to localhost:8765");
        window.shows("connection refused");
    }

    #[test]
    fn retry_asks_for_an_attempt_now() {
        let mut window = Window::open(16);
        window.happen(lost("connection refused", 30.0));
        window.click("retry");
        assert_eq!(window.intents.try_recv(), Ok(Intent::Retry));
        assert!(!window.is_closed());
    }

    #[test]
    fn quit_closes_the_window() {
        let mut window = Window::open(16);
        window.click("quit");
        assert!(window.intents.is_empty(), "the end of the program leaves");
        assert!(window.is_closed());
    }

    #[test]
    fn a_refusal_is_told_as_one_and_shows_no_empty_room() {
        let mut window = Window::open(16);
        let refused = || Event::Lost {
            why: "the name alice is taken".into(),
            cause: Cause::Refused { code: None },
            retry_in: Duration::from_secs(30),
        };
        // Only after the JOIN can a server refuse.
        window.happen_together([Event::Connecting, Event::Connected, refused()]);
        window.shows("The room would not let you in");
        window.shows("the name alice is taken");
        window.hides(r#"id="composer""#);
        window.happen_together([Event::Connecting, Event::Connected]);
        window.hides(r#"id="composer""#);
        window.wait(Duration::from_secs(3));
        window.shows(r#"id="composer""#);
        window.happen_together([said("bob", "hello"), refused()]);
        window.shows(r#"id="composer""#);
        window.shows("the name alice is taken");
    }

    #[test]
    fn a_room_that_was_shown_stays_with_what_is_typed_in_it_when_the_refusal_comes_late() {
        let mut window = Window::open(16);
        window.happen_together([Event::Connecting, Event::Connected]);
        window.shows("You are in the room");
        window.happen(Event::Lost {
            why: "the name alice is taken".into(),
            cause: Cause::Refused { code: None },
            retry_in: Duration::from_secs(30),
        });
        window.shows(r#"id="composer""#);
        window.shows("the name alice is taken");
        window.shows("The room would not let you in");
        window.shows("Join under another name");
        window.shows(r#"id="name""#);
        window.hides("You are in the room");
        assert!(window.submit("hello"));
        assert_eq!(window.intents.try_recv(), Ok(say(0, "hello")));
        window.happen_together([
            Event::Connecting,
            Event::Connected,
            Event::Written { id: 0 },
        ]);
        window.shows(r#"data-state="sent""#);
        window.hides("The room would not let you in");
    }

    #[test]
    fn a_server_that_hangs_up_at_once_is_none_and_shows_no_empty_room() {
        let mut window = Window::open(16);
        for _ in 0..2 {
            window.happen_together([
                Event::Connecting,
                Event::Connected,
                lost("the server closed the connection", 1.0),
            ]);
            window.shows("No connection yet");
            window.shows("the server closed the connection");
            window.shows("that a server is running there");
            window.hides(r#"id="composer""#);
            window.hides("You are in the room");
        }
        window.happen_together([Event::Connecting, Event::Connected]);
        window.shows("You are in the room");
        window.hides("you were away");
    }

    #[test]
    fn what_was_heard_before_the_server_hung_up_is_shown() {
        let mut window = Window::open(16);
        window.happen_together([
            Event::Connecting,
            Event::Connected,
            said("bob", "hello"),
            lost("the server closed the connection", 1.0),
        ]);
        window.shows(">hello</div>");
    }

    #[test]
    fn the_room_is_shown_once_the_connection_stands() {
        let mut window = Window::open(16);
        window.happen_together([Event::Connecting, Event::Connected]);
        window.hides(r#"id="connecting""#);
        for part in ["status", "timeline", "people", "composer", "draft", "theme"] {
            window.shows(&format!(r#"id="{part}""#));
        }
    }
}

mod the_connection {
    use super::*;

    #[test]
    fn a_loss_keeps_the_room_and_stands_in_the_header() {
        let mut window = Window::joined();
        window.shows_element(r#"div role="status" data-state="connected""#, "");
        window.happen_together([
            said("bob", "hi"),
            lost("the server closed the connection", 30.0),
        ]);
        window.shows_element(r#"div role="status" data-state="lost""#, "");
        window.shows("the server closed the connection");
        window.shows("connecting again ");
        window.shows("in 30 s");
        window.shows(">hi</div>");
        window.shows(r#"id="composer""#);
        window.click("retry");
        assert_eq!(window.intents.try_recv(), Ok(Intent::Retry));
        window.happen(Event::Connecting);
        window.shows_element(r#"div role="status" data-state="connecting""#, "");
        window.shows("connecting again ");
        window.hides("in 30 s");
        window.happen(Event::Connected);
        window.hides("the server closed the connection");
        window.shows("you were away");
    }

    #[test]
    fn nobody_is_said_to_be_in_the_room_without_a_connection() {
        let mut window = Window::joined();
        window.shows("You are in the room");
        window.happen(lost("the server closed the connection", 30.0));
        window.shows("You are not in the room");
        window.happen(Event::Connecting);
        window.shows("You are not in the room");
        window.hides("You are in the room");
        window.happen(Event::Connected);
        window.shows("You are in the room");
        window.hides("You are not in the room");
        window.end_network();
        window.wait_for("the network part has stopped");
        window.shows("You are not in the room");
    }

    #[test]
    fn the_seconds_to_the_next_attempt_count_down_in_place() {
        let mut window = Window::joined();
        window.happen(lost("connection reset", 1.9));
        window.shows("in 2 s");
        window.wait(Duration::from_millis(899));
        window.shows("in 2 s");
        window.wait(Duration::from_millis(1));
        window.shows("in 1 s");
        window.wait(Duration::from_secs(1));
        window.shows(">now<");
    }

    #[test]
    fn nothing_ticks_while_connected() {
        let mut window = Window::joined();
        window.happen_together([lost("connection reset", 0.5), Event::Connected]);
        // The room is written down, and its file is then left alone for a second.
        window.wait_until(|window| window.time.naps() == 1);
        window.wait(Duration::from_secs(1));
        assert_eq!(window.time.naps(), 0);
    }

    #[test]
    fn a_network_thread_that_ended_is_not_waited_for() {
        let mut window = Window::joined();
        window.end_network();
        window.wait_for("the network part has stopped");
        window.hides(r#"id="retry""#);
        assert!(window.submit("hello"), "what is typed stays in sight");
        window.shows("hello");
    }
}

mod messages {
    use super::*;

    #[test]
    fn a_message_is_text_whatever_it_holds() {
        let mut window = Window::joined();
        window.happen(said(
            "<i>bob</i>",
            "<script>alert(1)</script>\n&amp; <b>more</b>",
        ));
        window.hides("<script>");
        window.hides("<i>");
        window.shows(
            "&#60;script&#62;alert(1)&#60;/script&#62;\n&#38;amp; &#60;b&#62;more&#60;/b&#62;",
        );
    }

    #[test]
    fn texts_and_names_that_show_nothing_say_so() {
        let mut window = Window::joined();
        window.happen_together([joined("\u{3164}"), said("\u{200b}", "\u{2800} \n")]);
        window.shows("<bdi>(nothing visible)</bdi> joined");
        window.shows_element(r#"div class="text nothing""#, "(nothing visible)</div>");
        window.shows(r#"title="Mention (nothing visible)""#);
        let html = window.html();
        assert_eq!(html.matches(">(nothing visible)</bdi>").count(), 4);
        window.happen(said("bob", " . "));
        window.shows_element(r#"div class="text" dir="auto""#, " . </div>");
    }

    #[test]
    fn names_and_texts_keep_their_own_direction() {
        let mut window = Window::joined();
        window.happen_together([
            joined("\u{5d3}\u{5d5}\u{5d3}"),
            said("\u{5d3}\u{5d5}\u{5d3}", "\u{5e9}"),
        ]);
        window.shows("<bdi>\u{5d3}\u{5d5}\u{5d3}</bdi> joined");
        window.shows_element(r#"div class="text" dir="auto""#, "\u{5e9}</div>");
    }

    #[test]
    fn the_second_message_of_a_group_has_no_head() {
        let mut window = Window::joined();
        window.happen_together([said("bob", "one"), said("bob", "two")]);
        assert_eq!(window.html().matches(r#"class="byline""#).count(), 1);
        assert_eq!(window.html().matches(r#"class="message"#).count(), 2);
    }

    #[test]
    fn a_long_text_shows_its_beginning_until_all_is_wanted() {
        let mut window = Window::joined();
        let text = format!("{}the end", "x".repeat(PART_COST));
        window.happen(said("bob", &text));
        window.hides("the end");
        window.shows("Show all (9 KiB)");
        window.click("quiet more");
        window.shows("the end");
    }

    #[test]
    fn a_text_that_was_cut_off_says_so() {
        let mut window = Window::joined();
        window.happen(said("bob", "whole"));
        window.hides("cut off");
        let cut_off = |text: &str, missing| Event::CutOff {
            name: "bob".into(),
            text: text.into(),
            missing,
        };
        window.happen(cut_off("the first half", 300));
        window.shows("the first half");
        window.shows("cut off: 300 bytes are missing");
        window.happen(cut_off("", 1));
        window.shows("cut off: 1 byte is missing");
        window.hides("nothing visible");
    }

    #[test]
    fn all_of_a_long_text_stands_in_parts_and_a_word_of_many_directions_apart() {
        let mut window = Window::joined();
        let word = "a\u{5d0}".repeat(100);
        let line = format!("{word} {}\n", "x".repeat(PART_COST / 2));
        window.happen(said("bob", &line.repeat(3)));
        window.shows_element(r#"span class="tangle""#, &format!("{word}</span> x"));
        window.hides(r#"class="part""#);
        window.click("quiet more");
        assert_eq!(window.html().matches(r#"<div class="part">"#).count(), 3);
        let html = window.html();
        let texts = html.replace(r#"</div><div class="part">"#, "");
        assert!(texts.matches("</span> x").count() == 3, "{texts}");
    }

    #[test]
    fn comings_and_goings_open_on_a_click() {
        let mut window = Window::joined();
        window.happen_together([joined("bob"), joined("carol"), left("dave")]);
        window.shows("<bdi>bob</bdi> and <bdi>carol</bdi> joined, <bdi>dave</bdi> left");
        window.hides(r#"class="changes""#);
        window.click("quiet fold");
        window.shows(r#"class="changes""#);
        window.shows("<bdi>carol</bdi> joined</span>");
    }

    #[test]
    fn an_empty_room_has_words() {
        let mut window = Window::joined();
        window.shows("You are in the room");
        window.happen(joined("bob"));
        window.shows("You are in the room");
        window.happen(said("bob", "hi"));
        window.hides("You are in the room");
    }
}

mod writing {
    use super::*;

    #[test]
    fn a_message_stands_at_once_and_becomes_an_intent() {
        let mut window = Window::joined();
        assert!(window.submit("hello"));
        assert_eq!(window.intents.try_recv(), Ok(say(0, "hello")));
        window.shows_element(r#"li class="message own head" data-state="waiting""#, "");
        window.shows(">hello</div>");
        window.happen(Event::Written { id: 0 });
        window.shows(r#"data-state="sent""#);
        window.hides("waiting");
    }

    #[test]
    fn what_an_earlier_run_left_is_shown_after_what_was_missed_and_is_not_said_again() {
        let memory = hubbub_client::bridge::Memory::default();
        memory.carry([hubbub_session::CarriedText {
            id: 7,
            text: "left".to_owned(),
            is_sent: false,
        }]);
        let mut window = Window::going_on_from(memory);
        window.happen(Event::Connected);
        window.hides(">left</div>");
        let (last, more) = ("1".to_owned(), false);
        window.happen(Event::CaughtUp { last, more });
        window.shows(">left</div>");
        assert!(window.intents.is_empty());
        assert!(window.submit("new"));
        assert_eq!(window.intents.try_recv(), Ok(say(8, "new")));
    }

    #[test]
    fn line_ends_are_sent_as_lf() {
        let mut window = Window::joined();
        assert!(window.submit("one\r\ntwo\nthree"));
        assert_eq!(window.intents.try_recv(), Ok(say(0, "one\ntwo\nthree")));
    }

    #[test]
    fn nothing_is_not_sent() {
        let mut window = Window::joined();
        for nothing in ["", " ", "\r\n \n"] {
            assert!(!window.submit(nothing));
        }
        assert!(window.intents.is_empty());
        window.hides(r#"class="message"#);
    }

    #[test]
    fn a_text_of_the_limit_is_taken_and_a_longer_one_stays_in_the_field() {
        let mut window = Window::joined();
        let exact = "x".repeat(MAX_TEXT);
        assert!(window.submit(&exact));
        assert_eq!(window.intents.try_recv(), Ok(say(0, &exact)));
        assert!(!window.submit(&format!("{exact}y")));
        assert!(window.intents.is_empty());
        let wide = "€".repeat(MAX_TEXT / 3 + 1);
        assert!(!window.submit(&wide), "the limit counts bytes");
    }

    #[test]
    fn what_the_network_cannot_take_is_not_sent_and_can_be_sent_again() {
        let mut window = Window::open(1);
        window.happen(Event::Connected);
        window.submit("first");
        window.submit("second");
        window.shows(r#"data-state="failed""#);
        window.shows("not sent");
        assert_eq!(
            window.intents.drain().collect::<Vec<_>>(),
            [say(0, "first")]
        );
        window.click("quiet again");
        window.hides(r#"data-state="failed""#);
        assert_eq!(window.intents.try_recv(), Ok(say(1, "second")));
    }

    #[test]
    fn what_may_not_have_arrived_says_so_and_is_sent_again_only_on_demand() {
        let mut window = Window::joined();
        window.submit("hello");
        window.happen_together([Event::Unsure { id: 0 }, lost("connection reset", 9.0)]);
        window.shows(r#"data-state="unsure""#);
        window.shows("may not have arrived");
        window.happen(Event::Connected);
        assert_eq!(window.intents.drain().count(), 1);
        window.click("quiet again");
        assert_eq!(window.intents.try_recv(), Ok(say(0, "hello")));
        window.shows(r#"data-state="waiting""#);
    }

    #[test]
    fn what_is_typed_without_a_connection_waits() {
        let mut window = Window::joined();
        window.happen(lost("connection reset", 9.0));
        window.shows("Not connected: texts wait");
        assert!(window.submit("one"));
        assert!(window.submit("two"));
        assert_eq!(window.html().matches(r#"data-state="waiting""#).count(), 2);
    }
}

mod reading_back {
    use super::*;

    #[test]
    fn new_messages_are_counted_until_the_reader_comes_back() {
        let mut window = Window::joined();
        window.happen(said("bob", "old"));
        window.scroll(false);
        window.shows("Latest");
        window.happen_together([said("bob", "new"), joined("carol"), said("carol", "newer")]);
        window.shows("2 new");
        window.click("to-end");
        window.hides(r#"id="to-end""#);
        window.scroll(false);
        window.scroll(true);
        window.hides(r#"id="to-end""#);
    }

    #[test]
    fn the_page_holds_a_window_of_lines_and_earlier_ones_on_demand() {
        let mut window = Window::joined();
        window.happen_together((0..=STRETCH_LINES).map(|i| said("bob", &format!("line {i}."))));
        window.hides(">line 0.</div>");
        window.shows(">line 1.</div>");
        window.click("quiet earlier");
        window.shows(">line 0.</div>");
        window.hides("Show earlier");
    }
}

#[test]
fn a_flood_that_never_runs_dry_still_gets_frames() {
    let mut window = Window::joined();
    let flood = window.flood(|i| said("bob", &format!("message {i}.")));
    for _ in 0..20 {
        window.next_frame();
    }
    let shown = window.html().matches(r#"class="message"#).count();
    assert!(flood.stop(), "the frames came only when the flood was over");
    assert!(shown > 0);
}

mod people {
    use super::*;

    #[test]
    fn oneself_stands_first_and_alone_with_words() {
        let mut window = Window::joined();
        window.shows("Nobody else has been seen yet");
        window.happen_together([joined("zoe"), joined("Bob")]);
        window.hides("Nobody else has been seen yet");
        let html = window.html();
        let (_, people) = html.split_once(r#"id="people""#).unwrap();
        let at = |name: &str| people.find(&format!(">{name}</bdi>")).unwrap();
        assert!(at("alice") < at("Bob") && at("Bob") < at("zoe"));
        assert!(html.contains(r#"<span class="people-count">3</span>"#));
    }

    #[test]
    fn more_than_can_be_read_are_counted() {
        let mut window = Window::joined();
        window.happen_together((0..LISTED_PEOPLE).map(|i| joined(&format!("p{i}"))));
        window.hides("more</p>");
        window.happen(joined("zoe"));
        window.shows("and 1 more</p>");
        window.shows(&format!(
            r#"<span class="people-count">{}</span>"#,
            LISTED_PEOPLE + 2
        ));
    }

    #[test]
    fn in_a_narrow_window_the_drawer_of_people_is_closed_beside_it() {
        let mut window = Window::joined();
        window.hides("data-drawer");
        window.click("drawer-toggle");
        window.shows(r#"data-drawer="open""#);
        window.click("scrim");
        window.hides("data-drawer");
    }
}
