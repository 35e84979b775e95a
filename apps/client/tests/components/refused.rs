//! A room that refuses a name, and another name for it.

use std::time::Duration;

use hubbub_session::{Cause, Event, Intent};
use hubbub_wire::{Limits, Username};

use crate::harness::{ADDRESS, Window};
use crate::{lost, said};

fn refused(why: &str) -> Event {
    Event::Lost {
        why: why.into(),
        cause: Cause::Refused { code: None },
        retry_in: Duration::from_secs(30),
    }
}

fn noticed(why: &str) -> Event {
    Event::Notice {
        code: "name".into(),
        text: why.into(),
    }
}

/// Turned away before there was a room to show.
fn turned_away() -> Window {
    let mut window = Window::open(16);
    window.happen_together([
        Event::Connecting,
        Event::Connected,
        refused("the name alice is taken"),
    ]);
    window
}

#[test]
fn who_is_refused_can_join_under_another_name() {
    let mut window = turned_away();
    window.shows("the name alice is taken");
    window.shows_element(r#"input id="name" initial_value="alice""#, "");
    window.take_name(" alicia ");
    let username = Username::new("alicia", Limits::DEFAULT.max_name).unwrap();
    assert_eq!(window.intents.try_recv(), Ok(Intent::Rename { username }));
    window.shows("<bdi>alicia</bdi>");
    // Still there while it is tried, and with the next refusal.
    window.happen(Event::Connecting);
    window.shows(r#"id="name""#);
    window.happen_together([Event::Connected, refused("the name alicia is taken")]);
    window.shows("the name alicia is taken");
    window.happen_together([
        Event::Connecting,
        Event::Connected,
        said("bob", "hi alicia"),
    ]);
    window.hides(r#"id="name""#);
    assert!(window.title().starts_with("Hubbub - alicia on "));
    window.shows(r#"data-mention="yes""#);
    window.submit("hello");
    window.shows(">alicia</bdi><span class=\"you\">you</span>");
    window.hides("alice<");
}

#[test]
fn a_name_that_cannot_be_is_told_at_once_and_goes_nowhere() {
    let mut window = turned_away();
    for (name, why) in [
        ("", "empty"),
        ("server", "reserved"),
        (&*"x".repeat(65), "64 is the most"),
    ] {
        window.take_name(name);
        window.shows_element(r#"input id="name" aria-invalid=true"#, "");
        window.shows(why);
        assert!(window.intents.is_empty());
    }
    window.take_name("alicia");
    window.hides("reserved");
    window.shows_element(r#"input id="name" aria-invalid=false"#, "");
}

#[test]
fn there_is_no_such_field_where_a_name_would_not_help() {
    let mut window = Window::open(16);
    window.happen(lost("connection refused", 30.0));
    window.hides(r#"id="name""#);
    window.happen_together([Event::Connecting, Event::Connected, said("bob", "hi")]);
    window.happen(lost("reset", 30.0));
    window.hides(r#"id="name""#);
}

/// On a slow line the room is shown before the refusal is here.
#[test]
fn who_is_refused_late_can_join_under_another_name_too_and_what_waits_goes_with_it() {
    let mut window = Window::open(16);
    window.happen_together([Event::Connecting, Event::Connected]);
    window.submit("hello");
    window.happen(refused("the name alice is taken"));
    window.shows(r#"id="composer""#);
    window.shows_element(r#"input id="name" initial_value="alice""#, "");
    window.intents.drain();
    window.take_name("alicia");
    let username = Username::new("alicia", Limits::DEFAULT.max_name).unwrap();
    assert_eq!(window.intents.try_recv(), Ok(Intent::Rename { username }));
    window.shows(">alicia</bdi><span class=\"you\">you</span>");
    window.happen(Event::Connecting);
    window.shows(r#"id="name""#);
    // As late as before: what is being typed into the field is not to go with it.
    window.happen(Event::Connected);
    window.shows(r#"id="name""#);
    for words in [said("server", "no"), noticed("no")] {
        window.happen(words);
        window.shows(r#"id="name""#);
    }
    window.happen(refused("the name alicia is taken"));
    window.shows("the name alicia is taken");
    window.shows(r#"id="name""#);
    window.happen_together([Event::Connecting, Event::Connected]);
    window.wait(Duration::from_secs(3));
    window.hides(r#"id="name""#);
    window.happen(said("bob", "hi alicia"));
    window.shows(r#"data-mention="yes""#);
}

#[test]
fn a_name_is_not_taken_when_the_network_cannot_hear_it() {
    let mut window = Window::open(1);
    window.happen_together([Event::Connecting, Event::Connected, refused("full")]);
    window.click("retry");
    window.take_name("alicia");
    window.shows("<bdi>alice</bdi>");
}

#[test]
fn a_room_is_offered_the_next_time_under_the_name_that_it_took() {
    let mut window = turned_away();
    assert!(window.used_rooms().is_empty());
    window.take_name("alicia");
    window.happen_together([Event::Connecting, Event::Connected, said("bob", "hi")]);
    let room = (ADDRESS.to_owned(), "alicia".to_owned());
    window.wait_until(|window| window.used_rooms() == [room.clone()]);
}
