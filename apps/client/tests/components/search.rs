//! The search bar.

use hubbub_client::timeline::{SHOWN_LINES, STRETCH_LINES};

use crate::harness::Window;
use crate::said;

/// A window in which this was said, with its search open.
fn searching(texts: &[&str]) -> Window {
    let mut window = Window::joined();
    window.happen_together(texts.iter().map(|text| said("bob", text)));
    window.click("search");
    window
}

#[test]
fn the_button_opens_it_and_the_cross_closes_it() {
    let mut window = Window::joined();
    window.hides(r#"id="search-field""#);
    window.click("search");
    window.shows(r#"id="search-field""#);
    window.click("search");
    window.shows(r#"id="search-field""#);
    window.click("search-close");
    window.hides(r#"id="search-field""#);
}

#[test]
fn matches_are_counted_and_the_newest_is_the_current_one() {
    let mut window = searching(&["one fox", "two", "three FOXES"]);
    window.shows_element(r#"output id="search-count""#, "</output>");
    window.look_for("fox");
    window.shows(">1 of 2</output>");
    window.look_for("foxy");
    window.shows(">no match</output>");
    window.look_for("");
    window.shows_element(r#"output id="search-count""#, "</output>");
}

#[test]
fn older_and_newer_go_round() {
    let mut window = searching(&["fox one", "fox two", "fox three"]);
    window.look_for("fox");
    for (button, place, text) in [
        ("search-older", "2 of 3", "fox two"),
        ("search-older", "3 of 3", "fox one"),
        ("search-older", "1 of 3", "fox three"),
        ("search-newer", "3 of 3", "fox one"),
    ] {
        window.click(button);
        window.shows(&format!(">{place}</output>"));
        let html = window.html();
        assert_eq!(html.matches("aria-current").count(), 1);
        let (_, current) = html.split_once("aria-current").unwrap();
        let first = current.find("fox ").unwrap();
        assert!(
            current[first..].starts_with(&format!("{text}<")),
            "{current}"
        );
    }
}

#[test]
fn a_match_outside_of_the_window_of_lines_is_brought_in_and_the_way_back_is_by_stretches() {
    let mut texts = vec!["a needle"];
    texts.resize(SHOWN_LINES + STRETCH_LINES / 2, "straw");
    texts.push("the end");
    let mut window = searching(&texts);
    window.hides("a needle");
    window.look_for("needle");
    window.shows("a needle");
    window.hides(">the end</div>");
    window.click("quiet later");
    window.shows(">the end</div>");
    window.hides("Show later");
}

#[test]
fn what_comes_while_a_search_goes_on_is_counted_and_moves_nothing() {
    let mut window = searching(&["fox one"]);
    window.look_for("fox");
    window.happen_together([said("bob", "fox two"), said("bob", "no")]);
    window.shows(">2 of 2</output>");
    window.scroll(true);
    window.happen_together((0..STRETCH_LINES).map(|_| said("bob", "more")));
    window.shows(">fox one</div>");
}

#[test]
fn a_search_that_ended_at_the_end_lets_the_window_follow_again() {
    let mut window = searching(&["fox one"]);
    window.look_for("fox");
    window.shows("Latest");
    window.click("search-close");
    window.hides("aria-current");
    window.scroll(true);
    window.hides("Latest");
}

#[test]
fn a_match_behind_the_beginning_of_a_long_text_is_shown() {
    let text = format!("{}needle", "x".repeat(10_000));
    let mut window = searching(&[&text]);
    window.hides("needle<");
    window.look_for("needle");
    window.shows("needle<");
}
