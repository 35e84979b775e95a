//! Closing a window while something is not sent.

use hubbub_client::news::News;
use hubbub_session::Event;

use crate::harness::Window;
use crate::lost;

/// Does what the window manager's close button does.
fn closes(window: &mut Window) {
    if window.memory.may_close() {
        return;
    }
    window.hear(News::Closing);
}

/// Two messages wait. Another one that may have arrived does not count.
fn waiting() -> Window {
    let mut window = Window::joined();
    window.submit("on its way");
    window.happen(Event::Unsure { id: 0 });
    window.happen(lost("the server closed the connection", 5.0));
    window.submit("one");
    window.submit("two");
    window.intents.drain();
    window
}

#[test]
fn nothing_is_asked_when_everything_was_sent() {
    let mut window = Window::joined();
    assert!(window.memory.may_close());
    window.submit("hello");
    window.happen(Event::Written { id: 0 });
    assert!(window.memory.may_close());
    window.hides("Close anyway");
}

#[test]
fn messages_that_wait_are_counted_in_the_question_and_the_window_can_stay() {
    let mut window = waiting();
    closes(&mut window);
    window.shows("2 messages have not been sent. Close anyway?");
    window.click("stay");
    window.hides("Close anyway");
    assert!(!window.is_closed());
    // It asks again.
    closes(&mut window);
    window.happen(Event::Written { id: 1 });
    window.shows("1 message has not been sent. Close anyway?");
    window.click("close-anyway");
    assert!(window.is_closed());
    assert!(window.intents.is_empty(), "the end of the program leaves");
}

#[test]
fn a_page_that_dies_takes_nothing_with_it_and_not_the_question() {
    let mut window = waiting();
    closes(&mut window);
    window.lose_page();
    for text in ["on its way", "one", "two"] {
        window.shows(&format!(">{text}</div>"));
    }
    window.shows("2 messages have not been sent. Close anyway?");
    window.click("stay");
    window.lose_page();
    window.hides("Close anyway");
}

#[test]
fn it_closes_by_itself_when_all_was_sent_meanwhile() {
    let mut window = waiting();
    closes(&mut window);
    window.happen(Event::Written { id: 1 });
    assert!(!window.is_closed());
    window.happen(Event::Written { id: 2 });
    assert!(window.is_closed());
}

#[test]
fn who_asks_again_is_not_asked_again() {
    let window = waiting();
    assert!(!window.memory.may_close());
    assert!(window.memory.may_close());
}

#[test]
fn quit_closes_without_a_question() {
    let mut window = waiting();
    window.submit("/quit");
    assert!(window.is_closed());
    window.hides("Close anyway");
}
