//! The mouse in a window.

use std::cell::RefCell;

use hubbub_testing::ScriptedServer;
use serde_json::json;

use super::Window;
use crate::inspector::Page;
use crate::screen::Screen;
use crate::wait::until;

impl Window {
    /// Clicks with the mouse into the middle of the first element that `selector` finds.
    pub(crate) fn clicks(&mut self, selector: &str) {
        self.points_at(selector);
        self.looks_for("mouseup");
        self.screen.xdotool(&["click", "1"]).expect("xdotool click");
    }

    /// Has the page note when it sees this event of the mouse.
    fn looks_for(&mut self, event: &str) {
        self.ask(&format!(
            "mouseSeen = false; window.addEventListener('{event}', () => {{ mouseSeen = true; }}, \
             {{ capture: true, once: true }}); 0"
        ));
        self.has_clicked = true;
    }

    /// Waits until the page has seen what it looks for, if there is something. The click may have led to another page,
    /// and then there is nobody to ask.
    pub(crate) fn sees_the_click(&mut self) {
        if std::mem::take(&mut self.has_clicked) {
            self.shows("window.mouseSeen", &json!(true));
        }
    }

    /// Opens the menu of the first element that `selector` finds, with the right button of the mouse.
    pub(crate) fn opens_menu(&mut self, selector: &str) {
        self.points_at(selector);
        self.screen.xdotool(&["click", "3"]).expect("xdotool click");
        self.shows(
            "document.activeElement.closest('#menu') !== null",
            &json!(true),
        );
    }

    /// Clicks on this entry of the menu.
    pub(crate) fn chooses(&mut self, entry: &str) {
        self.ask(&format!(
            "[...document.querySelectorAll('#menu button')].find(e => e.textContent === '{entry}').id = 'entry'"
        ));
        self.clicks("#entry");
        self.shows("document.getElementById('menu')", &json!(null));
    }

    /// Clicks twice where the mouse is, which selects a word.
    pub(crate) fn clicks_twice(&mut self) {
        self.looks_for("dblclick");
        self.screen
            .xdotool(&["click", "--repeat", "2", "--delay", "40", "1"])
            .expect("xdotool click");
        self.sees_the_click();
    }

    /// Selects with the mouse, from the beginning of the first element that `from` finds to the end of the first that
    /// `to` finds.
    pub(crate) fn drags(&mut self, from: &str, to: &str) {
        self.focus();
        let edges = [("left + 1", from), ("right - 1", to)].map(|(edge, selector)| {
            let place = format!(
                "(b => [Math.round(b.{edge}), Math.round(b.bottom - 6)])\
                 (document.querySelector('{selector}').getBoundingClientRect())"
            );
            let place = self.ask(&place);
            [place[0].to_string(), place[1].to_string()]
        });
        let [[x, y], [to_x, to_y]] = &edges;
        self.screen
            .xdotool(&["mousemove", "--window", &self.id, x, y])
            .expect("xdotool mousemove");
        self.screen
            .xdotool(&["mousedown", "1"])
            .expect("xdotool mousedown");
        for step in ["-4", "4"] {
            self.screen
                .xdotool(&["mousemove_relative", "--", "0", step])
                .expect("xdotool mousemove");
        }
        self.screen
            .xdotool(&["mousemove", "--window", &self.id, to_x, to_y])
            .expect("xdotool mousemove");
        self.looks_for("mouseup");
        self.screen
            .xdotool(&["mouseup", "1"])
            .expect("xdotool mouseup");
        self.sees_the_click();
        self.shows("getSelection().isCollapsed", &json!(false));
    }

    /// Moves the mouse to the middle of the first element that `selector` finds, and waits until the page sees it
    /// there. The element may move in the meantime: then the mouse follows.
    pub(crate) fn points_at(&mut self, selector: &str) {
        self.focus();
        // The page notes where the mouse moves. `:hover` would not do: WebKit does not update it while it believes that
        // a button is pressed.
        self.ask(
            "window.movedOver === undefined && document.addEventListener('mousemove', \
             (event) => { movedOver = event.target; }, { capture: true }); movedOver = null; 0",
        );
        let middle = middle(selector);
        let under = format!(
            "(e => !!e && !e.disabled && e.contains(movedOver))(document.querySelector('{selector}'))"
        );
        let page = RefCell::new(&mut self.page);
        let mut aside = 0;
        let pointed = || {
            let mut page = page.borrow_mut();
            let place = page.ask(&middle);
            // A mouse that is already there would not be noticed, so it moves by a pixel each time.
            aside = 1 - aside;
            let x = (place[0].as_i64()? + aside).to_string();
            let y = place[1].to_string();
            self.screen
                .xdotool(&["mousemove", "--window", &self.id, &x, &y])?;
            (page.ask(&under) == true && page.ask(&middle) == place).then_some(())
        };
        until(pointed, || {
            let seen = sight(&mut page.borrow_mut(), &self.screen, &self.id, selector);
            let name = &self.client.name;
            format!("the mouse does not reach {selector} in {name}'s window: {seen}")
        });
    }
}

/// An expression for the middle of the first element that `selector` finds.
fn middle(selector: &str) -> String {
    format!(
        "(b => b && [Math.round(b.x + b.width / 2), Math.round(b.y + b.height / 2)])\
         (document.querySelector('{selector}')?.getBoundingClientRect())"
    )
}

/// What there is to see when the mouse does not reach an element.
fn sight(page: &mut Page, screen: &Screen, window: &str, selector: &str) -> String {
    let place = page.ask(&middle(selector));
    let tag = "(e => e?.outerHTML?.match(/<[^>]*>/)?.[0] ?? null)";
    let there = format!(
        "{tag}(document.elementFromPoint({}, {}))",
        place[0], place[1]
    );
    let over = format!("{tag}(window.movedOver)");
    format!(
        "its middle is at {place}, where {} lies; the mouse was last seen over {} and is at {}; the window is at {:?}, \
         the screen at {:?}",
        page.ask(&there),
        page.ask(&over),
        screen.xdotool(&["getmouselocation"]).unwrap_or_default(),
        screen.area_of(window),
        screen.area(),
    )
}

/// Otherwise it is noticed only after the mouse has tried for a minute to reach something there.
#[test]
#[should_panic(
    expected = "window hangs over the edge: it lies at Area { left: 120, top: 90, right: "
)]
fn a_window_that_hangs_over_the_edge_of_the_screen_is_a_failure_at_once() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    alice.lies_at(120, 90, 1000, 720);
}

#[test]
fn why_the_mouse_does_not_reach_something_is_told_with_all_that_was_seen() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.lies_at(10, 30, 600, 600);
    alice.points_at(".top h1");
    alice.ask("cover = document.createElement('p'); cover.style = 'position: fixed; inset: 0'; document.body.append(cover); 0");
    let seen = sight(&mut alice.page, &screen, &alice.id, "#draft");
    for part in [
        "its middle is at [",
        "where \"<p style=",
        "last seen over \"<h1",
        "and is at x:",
        "the window is at Some(Area { left: 10, top: 30, right: 612, bottom: 655 })",
        "the screen at Area { left: 0, top: 0, right: ",
    ] {
        assert!(seen.contains(part), "no {part:?} in {seen}");
    }
}
