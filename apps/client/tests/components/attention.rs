//! Messages that come while the user looks elsewhere, mentions, and links.

use hubbub_client::bridge::Attend;
use hubbub_client::news::{News, Notification, Order};
use hubbub_client::timeline::SHOWN_LINES;
use hubbub_client::view::PART_COST;

use crate::harness::Window;
use crate::{joined, said};

const TITLE: &str = "Hubbub - alice on localhost:8765";

fn away() -> Window {
    let mut window = Window::joined();
    window.hear(News::Focus(false));
    window
}

#[test]
fn messages_of_others_count_in_the_title_until_the_window_has_the_focus_again() {
    let mut window = Window::joined();
    assert_eq!(window.title(), TITLE);
    window.happen(said("bob", "seen"));
    assert_eq!(window.title(), TITLE);
    window.hear(News::Focus(false));
    window.happen_together([said("bob", "one"), joined("carol"), said("carol", "two")]);
    assert_eq!(window.title(), format!("(2) {TITLE}"));
    window.hear(News::Focus(true));
    assert_eq!(window.title(), TITLE);
}

#[test]
fn who_looked_away_before_a_message_came_has_not_read_it_however_busy_the_window_is() {
    let mut window = Window::joined();
    window.is_told(News::Focus(false));
    window.happen(said("bob", "alice?"));
    assert_eq!(window.title(), format!("(1) {TITLE}"));
    assert_eq!(window.notifications.len(), 1);
}

#[test]
fn a_line_stands_above_the_first_unread_message_until_the_answer() {
    let mut window = away();
    window.hides(r#"class="new""#);
    window.happen_together([said("bob", "one"), said("bob", "two")]);
    let html = window.html();
    let at = |piece: &str| {
        html.find(piece)
            .unwrap_or_else(|| panic!("no {piece} in {html}"))
    };
    assert!(at(r#"class="new""#) < at(">one</div>") && at(">one</div>") < at(">two</div>"));
    window.hear(News::Focus(true));
    window.shows(r#"class="new""#);
    window.submit("hello");
    window.hides(r#"class="new""#);
}

#[test]
fn ones_own_name_marks_the_message() {
    let mut window = Window::joined();
    window.happen_together([said("bob", "Alice: look"), said("bob", "malice")]);
    assert_eq!(window.html().matches("data-mention").count(), 1);
    window.shows("mentions you: ");
    assert!(window.notifications.is_empty(), "she looks at it");
    window.submit("I am alice");
    assert_eq!(window.html().matches("data-mention").count(), 1);
}

#[test]
fn a_mention_notifies_who_looks_elsewhere() {
    let mut window = away();
    window.happen_together([
        said("bob", "anybody?"),
        said("bob", "<b>alice</b>?"),
        said("carol", "alice!"),
    ]);
    let notification = Notification {
        // The day is above it, and so is what bob asked before.
        line: 2,
        summary: "bob mentions you".into(),
        body: "<b>alice</b>?".into(),
    };
    assert_eq!(
        window.notifications.drain().collect::<Vec<_>>(),
        [Order::Show(notification)]
    );
}

#[test]
fn a_notification_goes_when_its_message_was_read() {
    let mut window = away();
    window.happen(said("bob", "alice?"));
    window.notifications.drain();
    window.happen(said("bob", "anybody?"));
    assert!(window.notifications.is_empty());
    // She comes back, but has scrolled up.
    window.scroll(false);
    window.hear(News::Focus(true));
    assert!(window.notifications.is_empty());
    window.scroll(true);
    assert_eq!(window.notifications.try_recv(), Ok(Order::Withdraw));
    window.happen(said("bob", "alice?"));
    window.hear(News::Focus(false));
    window.hear(News::Focus(true));
    assert!(window.notifications.is_empty(), "none stood there");
}

#[test]
fn a_withdrawal_that_finds_no_place_is_tried_again() {
    let mut window = away();
    window.happen(said("bob", "alice?"));
    window.hear(News::Focus(true));
    assert_eq!(window.notifications.drain().count(), 1);
    window.happen(said("bob", "welcome back"));
    assert_eq!(window.notifications.try_recv(), Ok(Order::Withdraw));
}

#[test]
fn a_mention_asks_for_attention_until_it_has_it() {
    let mut window = away();
    window.happen(said("bob", "anybody?"));
    assert_eq!(window.attended(), []);
    window.happen(said("bob", "alice?"));
    assert_eq!(window.attended(), [Attend::Hint(true)]);
    window.hear(News::Focus(true));
    assert_eq!(window.attended(), [Attend::Hint(false)]);
}

#[test]
fn a_chosen_notification_brings_up_the_window_and_its_message() {
    let mut window = away();
    window.happen(said("bob", "alice?"));
    window.happen_together((0..2 * SHOWN_LINES).map(|number| said("bob", &number.to_string())));
    window.hides(">alice?</div>");
    window.hear(News::Chosen(1));
    window.shows(">alice?</div>");
    assert_eq!(window.attended(), [Attend::Hint(true), Attend::Raise]);
}

#[test]
fn a_desktop_that_takes_no_notification_does_not_hold_up_the_window() {
    let mut window = away();
    for number in 0..100 {
        window.happen(said("bob", &format!("alice {number}.")));
    }
    window.shows(">alice 99.</div>");
    assert_eq!(window.notifications.len(), 1);
}

#[test]
fn a_mention_notifies_nobody_who_does_not_want_it() {
    let mut window = away();
    window.click("notifications");
    window.happen(said("bob", "alice?"));
    assert!(window.notifications.is_empty());
    window.shows("data-mention");
    window.click("notifications");
    window.happen(said("bob", "alice?"));
    assert_eq!(window.notifications.len(), 1);
}

#[test]
fn a_link_is_opened_by_the_desktop_and_everything_else_is_text() {
    let mut window = Window::joined();
    window.happen(said(
        "bob",
        "see https://example.org/<b>, or javascript:alert(1)",
    ));
    window.shows(">see <a ");
    window.shows_element(
        r#"a class="link" href="https://example.org/" title="https://example.org/" dir="ltr""#,
        "https://example.org/</a>&#60;b&#62;, or javascript:alert(1)</div>",
    );
    assert!(window.click("link"), "the page goes nowhere");
    assert_eq!(window.links.try_recv(), Ok("https://example.org/".into()));
}

#[test]
fn what_the_desktop_cannot_do_is_told() {
    let mut window = Window::joined();
    window.hear(News::Trouble("cannot open https://example.org".into()));
    window.shows("cannot open https://example.org</p>");
}

#[test]
fn a_link_tells_before_it_is_opened_where_it_leads_in_truth() {
    let mut window = Window::joined();
    // The first letter is the Cyrillic one.
    window.happen(said("bob", "\u{201c}https://\u{430}pple.example\u{201d}"));
    window.shows(r#"title="https://xn--pple-43d.example/""#);
    window.shows(">\u{201c}<a ");
    window.click("link");
    let opened = window.links.try_recv();
    assert_eq!(opened, Ok("https://xn--pple-43d.example/".into()));
}

#[test]
fn a_link_to_a_room_is_opened_by_the_desktop_too() {
    let mut window = Window::joined();
    window.happen(said("bob", "come to chat://[::1]:9000!"));
    window.shows(">chat://[::1]:9000</a>!</div>");
    window.click("link");
    assert_eq!(window.links.try_recv(), Ok("chat://[::1]:9000".into()));
}

#[test]
fn what_is_told_is_cut_as_a_text_is() {
    let mut window = Window::joined();
    let longest = "x".repeat(PART_COST);
    window.hear(News::Trouble(longest.clone()));
    window.shows(&format!(">{longest}</p>"));
    window.hear(News::Trouble(format!("{longest}y")));
    window.shows(&format!(">{longest}\u{2026}</p>"));
}
