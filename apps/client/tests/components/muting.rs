//! People who are muted: what is not shown, how the window shows that it is so, and what the next window knows of it.

use std::time::Duration;

use hubbub_client::news::News;

use crate::harness::Window;
use crate::{joined, said};

#[test]
fn a_muted_person_is_heard_no_more_and_the_window_says_who_is_muted() {
    let mut window = Window::joined();
    window.happen_together([joined("bob"), joined("eve"), said("eve", "buy this")]);
    window.hides(r#"id="muted""#);
    assert!(window.submit("/mute eve"));
    window.hides("buy this");
    window.happen(said("eve", "buy that"));
    window.hides("buy that");
    window.shows("eve is muted: what they say is not shown");
    window.shows_element(
        r#"ul id="muted" role="list" aria-labelledby="muted-words""#,
        "",
    );
    window.shows_element(
        r#"button class="quiet unmute" type="button" aria-label="Unmute eve""#,
        "Unmute",
    );
    window.shows_element(r#"span class="is-muted""#, "muted</span>");
    window.hear(News::Focus(false));
    window.happen(said("eve", "@alice buy"));
    assert!(window.notifications.is_empty());
    assert_eq!(window.title(), "Hubbub - alice on localhost:8765");
    assert!(window.intents.is_empty(), "nobody is told");
}

#[test]
fn one_click_or_one_command_undoes_it() {
    let mut window = Window::joined();
    window.happen(said("eve", "buy this"));
    for undo in ["click", "command"] {
        assert!(window.submit("/mute @eve"));
        window.hides("buy this");
        if undo == "click" {
            window.click("quiet unmute");
        } else {
            assert!(window.submit("/unmute eve"));
        }
        window.shows("buy this");
        window.hides(r#"id="muted""#);
        window.shows("eve is not muted any more");
    }
    assert!(!window.submit("/mute"));
    window.shows("/mute needs a name");
}

#[test]
fn who_is_muted_is_kept_for_the_room() {
    let mut window = Window::joined();
    assert!(window.submit("/mute eve"));
    let kept_is = |window: &mut Window, names: &[&str]| {
        window.wait(Duration::from_secs(1));
        window.muted() == names
    };
    window.wait_until(|window| kept_is(window, &["eve"]));
    window.lose_page();
    window.happen(said("eve", "buy this"));
    window.hides("buy this");
    window.shows(r#"aria-label="Unmute eve""#);
    assert!(window.submit("/unmute eve"));
    window.wait_until(|window| kept_is(window, &[]));
}
