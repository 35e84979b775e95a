//! A window: what it shows, read from its page, and what keys, mouse and window manager do to it.

mod mouse;

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::ExitStatus;
use std::thread;

use hubbub_testing::{HeldPort, Processes, signal};
use serde_json::{Value, json};

use crate::client::Client;
use crate::inspector::Page;
use crate::screen::{Area, Screen};
use crate::wait::until;

/// A client with its window on the screen.
pub(crate) struct Window {
    pub(crate) screen: Screen,
    client: Client,
    id: String,
    page: Page,
    inspector: HeldPort,
    title: String,
    /// Whether the page may have yet to see a button of the mouse that was let go.
    has_clicked: bool,
}

/// Opens a window, and does meanwhile what its server has to do soon: a grant or a refusal is one only within seconds
/// after the connection stands, and the window of a busy machine is not there by then.
pub(crate) fn meanwhile<T: Send>(
    open: impl FnOnce() -> Window,
    serve: impl FnOnce() -> T + Send,
) -> (Window, T) {
    thread::scope(|scope| {
        let serving = scope.spawn(serve);
        let window = open();
        let served = serving.join();
        (window, served.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

impl Window {
    /// Starts a client under `name`, and waits for its window and for the page inside.
    pub(crate) fn open(screen: &Screen, name: &str, port: u16) -> Window {
        Self::start(screen, name, port, &[], &[])
    }

    /// Does the same with a client that never offers the extension: it sends the bytes of CHAT/1.0 and no others.
    pub(crate) fn open_plain(screen: &Screen, name: &str, port: u16) -> Window {
        Self::start(screen, name, port, &["--plain"], &[])
    }

    /// Does the same with these variables in the client's environment.
    pub(crate) fn open_with(
        screen: &Screen,
        name: &str,
        port: u16,
        environment: &[(&str, &str)],
    ) -> Window {
        Self::start(screen, name, port, &[], environment)
    }

    fn start(
        screen: &Screen,
        name: &str,
        port: u16,
        options: &[&str],
        environment: &[(&str, &str)],
    ) -> Window {
        let inspector = HeldPort::new();
        let number = inspector.number();
        let client = Client::start(screen, name, port, number, options, environment);
        let title = format!("^([(][0-9]+[)] )?Hubbub - {name} on localhost:{port}$");
        Self::of(client, screen, inspector, title)
    }

    /// Starts a client that asks for its room, with this file of rooms that were used before.
    pub(crate) fn ask_for_a_room(screen: &Screen, rooms: &str) -> Window {
        let inspector = HeldPort::new();
        let client = Client::start_asking(screen, inspector.number(), rooms);
        let mut window = Self::of(client, screen, inspector, "^Hubbub$".to_owned());
        // The page is there, and not the empty one before it.
        window.has_focus_in("room");
        window
    }

    /// Starts a client with these words, in the environment of `name`, and waits for the window that goes to this port.
    pub(crate) fn opened_by(
        screen: &Screen,
        name: &str,
        port: u16,
        words: &[&str],
        environment: &[(&str, &str)],
    ) -> Window {
        let title = format!("^([(][0-9]+[)] )?Hubbub - {name} on localhost:{port}$");
        Self::by(screen, name, words, environment, title)
    }

    /// Starts a client in a room that has these addresses, and waits for its window.
    pub(crate) fn open_at(screen: &Screen, name: &str, addresses: &str) -> Window {
        let link = format!("chat://{addresses}");
        let title = format!("^([(][0-9]+[)] )?Hubbub - {name} on {addresses}$");
        Self::by(screen, name, &[&link], &[], title)
    }

    /// Starts a client that asks before it goes where a link leads, as a click on one does.
    pub(crate) fn asks_about(
        screen: &Screen,
        name: &str,
        link: &str,
        environment: &[(&str, &str)],
    ) -> Window {
        let mut window = Self::asks_by(screen, name, &["--ask", link], environment);
        window.has_focus_in("name");
        window
    }

    /// Starts a client by words that have it ask.
    pub(crate) fn asks_by(
        screen: &Screen,
        name: &str,
        words: &[&str],
        environment: &[(&str, &str)],
    ) -> Window {
        Self::by(screen, name, words, environment, "^Hubbub$".to_owned())
    }

    /// Starts a client with these words, in the environment of `name`, and waits for the window with this title.
    pub(crate) fn by(
        screen: &Screen,
        name: &str,
        words: &[&str],
        environment: &[(&str, &str)],
        title: String,
    ) -> Window {
        let inspector = HeldPort::new();
        let client = Client::start_by(screen, name, inspector.number(), words, environment);
        Self::of(client, screen, inspector, title)
    }

    /// Waits until the window that asked has become one of this room.
    pub(crate) fn enters(self, name: &str, port: u16) -> Window {
        let Window {
            screen,
            client,
            inspector,
            ..
        } = self;
        let title = format!("^Hubbub - {name} on localhost:{port}$");
        // Only then does the inspector list the new page alone.
        shown(&screen, &title);
        Self::of(client, &screen, inspector, title)
    }

    /// Waits for the window of a client and for the page inside.
    fn of(mut client: Client, screen: &Screen, inspector: HeldPort, title: String) -> Window {
        let page = until(
            || {
                assert_eq!(
                    client.status(),
                    None,
                    "{}'s client ended at once",
                    client.name
                );
                Page::attach(inspector.number())
            },
            || format!("no page in the window with the title {title}"),
        );
        let id = shown(screen, &title);
        let window = Window {
            screen: screen.clone(),
            client,
            id,
            page,
            inspector,
            title,
            has_clicked: false,
        };
        window.is_wholly_on_the_screen();
        window
    }

    /// Fails unless the window is on the screen, since a mouse cannot reach a part beyond the edge.
    fn is_wholly_on_the_screen(&self) {
        let (window, screen) = (self.lies(), self.screen.area());
        assert!(
            screen.holds(&window),
            "{}'s window hangs over the edge: it lies at {window:?}, the screen at {screen:?}",
            self.client.name
        );
    }

    /// Kills the processes of WebKit with this name, as a lack of memory would.
    pub(crate) fn loses(&mut self, program: &str) {
        let processes = Processes::of(self.process()).named(program);
        assert!(!processes.is_empty(), "no {program}");
        for process in processes {
            signal("KILL", process);
        }
    }

    /// Waits until there is another page, in a window that is the only one again.
    pub(crate) fn comes_back(&mut self) {
        let page = || self.page.follow(self.inspector.number());
        self.page = until(page, || "no page follows the dead one".to_owned());
        self.has_clicked = false;
        let window = || {
            let ids = self
                .screen
                .xdotool(&["search", "--onlyvisible", "--name", &self.title])?;
            (!ids.contains('\n') && ids != self.id).then_some(ids)
        };
        self.id = until(window, || "no window follows the dead one".to_owned());
    }

    /// The number of the client's process.
    pub(crate) fn process(&self) -> u32 {
        self.client.process()
    }

    /// The value of a JavaScript expression in the page.
    pub(crate) fn ask(&mut self, expression: &str) -> Value {
        self.page.ask(expression)
    }

    /// Waits until `expression` has the value `expected`.
    pub(crate) fn shows(&mut self, expression: &str, expected: &Value) {
        let last = RefCell::new(Value::Null);
        let holds = || {
            *last.borrow_mut() = self.page.ask(expression);
            (*last.borrow() == *expected).then_some(())
        };
        until(holds, || {
            format!(
                "in {}'s window {expression} is {}, not {expected}",
                self.client.name,
                last.borrow()
            )
        });
    }

    /// Waits until the header's state of the connection is `expected`.
    pub(crate) fn is(&mut self, expected: &str) {
        self.shows(
            "document.querySelector('#status')?.dataset.state",
            &json!(expected),
        );
    }

    /// Waits until the texts in the timeline are exactly these, in this order.
    pub(crate) fn shows_texts(&mut self, expected: &[&str]) {
        self.shows(
            "[...document.querySelectorAll('#timeline .message .text')].map(e => e.textContent)",
            &json!(expected),
        );
    }

    /// Waits until the states of one's own messages are exactly these, in this order.
    pub(crate) fn shows_states(&mut self, expected: &[&str]) {
        self.shows(
            "[...document.querySelectorAll('#timeline .message.own')].map(e => e.dataset.state)",
            &json!(expected),
        );
    }

    /// Waits until the last notice contains both words.
    pub(crate) fn notices(&mut self, who: &str, what: &str) {
        let last = "[...document.querySelectorAll('#timeline .notice')].at(-1)?.textContent ?? ''";
        self.shows(
            &format!("(n => n.includes('{who}') && n.includes('{what}'))({last})"),
            &json!(true),
        );
    }

    /// Waits until the names in the people list are exactly these, in this order.
    pub(crate) fn shows_people(&mut self, expected: &[&str]) {
        self.shows(
            "[...document.querySelectorAll('#people li .name')].map(e => e.textContent.trim())",
            &json!(expected),
        );
    }

    /// Brings the window to the front and waits until keys go to it. A click that came before them has been seen then:
    /// WebKit has a queue for the mouse and another one for keys.
    pub(crate) fn focus(&mut self) {
        self.sees_the_click();
        let focused = || {
            // The page of a window that has just lost the focus may not know it yet.
            let focused = self
                .screen
                .xdotool(&["windowactivate", &self.id, "getwindowfocus"])?;
            (focused == self.id && self.page.ask("document.hasFocus()") == true).then_some(())
        };
        until(focused, || {
            format!("{}'s window does not get the focus", self.client.name)
        });
    }

    /// Presses one key, by xdotool's name for it.
    pub(crate) fn press(&mut self, key: &str) {
        self.focus();
        self.screen.xdotool(&["key", key]).expect("xdotool key");
    }

    /// Types into the composer, and waits until it holds `whole`.
    pub(crate) fn types(&mut self, keys: &str, whole: &str) {
        self.types_into("draft", keys, whole);
    }

    /// Types into a field that has the focus, and waits until it holds `whole`.
    pub(crate) fn types_into(&mut self, field: &str, keys: &str, whole: &str) {
        self.focus();
        self.has_focus_in(field);
        self.screen
            .xdotool(&["type", "--delay", "12", "--", keys])
            .expect("xdotool type");
        self.shows(
            &format!("document.getElementById('{field}').value"),
            &json!(whole),
        );
    }

    /// Waits until keys go to the element of this id.
    pub(crate) fn has_focus_in(&mut self, id: &str) {
        self.shows("document.activeElement?.id", &json!(id));
    }

    /// Moves the focus to what this selector finds. The composer of a new room takes it, so it must have done that.
    pub(crate) fn moves_focus_to(&mut self, selector: &str) {
        self.has_focus_in("draft");
        self.ask(&format!("document.querySelector('{selector}').focus()"));
    }

    /// Waits until the composer holds exactly this.
    pub(crate) fn holds(&mut self, draft: &str) {
        self.shows("document.getElementById('draft').value", &json!(draft));
    }

    /// Waits until the program knows what is typed.
    pub(crate) fn keeps_the_draft(&mut self) {
        self.shows("program.draft === draft.value", &json!(true));
    }

    /// Waits until the program has heard all that the page has told it so far: it hides the people and shows them again
    /// when it is told to after that.
    pub(crate) fn is_heard(&mut self) {
        let hidden = "getComputedStyle(document.querySelector('.side')).display === 'none'";
        for is_hidden in [true, false] {
            self.ask("document.getElementById('people-toggle').click()");
            self.shows(hidden, &json!(is_hidden));
        }
    }

    /// Puts text at the cursor as an input method does: for letters that the keyboard has no key for. xdotool would
    /// change the keyboard for them, and the window may notice too late.
    pub(crate) fn inserts(&mut self, text: &str) {
        let done = self.ask(&format!(
            "document.execCommand('insertText', false, '{text}')"
        ));
        assert_eq!(done, true, "the page does not take {text}");
    }

    /// Types a message and sends it by Enter.
    pub(crate) fn says(&mut self, text: &str) {
        self.types(text, text);
        self.press("Return");
        self.shows("document.getElementById('draft').value", &json!(""));
    }

    /// Waits until the window manager knows the window by this title.
    pub(crate) fn is_titled(&mut self, expected: &str) {
        let last = RefCell::new(None);
        let is = || {
            *last.borrow_mut() = self.screen.xdotool(&["getwindowname", &self.id]);
            (last.borrow().as_deref() == Some(expected)).then_some(())
        };
        until(is, || {
            format!("the title is {:?}, not {expected:?}", last.borrow())
        });
    }

    /// The window asks for attention where the desktop lists its windows.
    pub(crate) fn is_urgent(&self) -> bool {
        let hints = self.screen.xprop(&self.id, "WM_HINTS").unwrap_or_default();
        hints.contains("urgency hint bit is set")
    }

    /// Minimises the window, as its button does.
    pub(crate) fn minimises(&mut self) {
        self.screen
            .xdotool(&["windowminimize", &self.id])
            .expect("xdotool windowminimize");
        self.shows("document.hidden && !document.hasFocus()", &json!(true));
        // The program is told that it has no focus by the same event as the page, and may be late to take it.
        self.is_heard();
    }

    /// Closes the window as its close button does.
    pub(crate) fn close(self) -> ExitStatus {
        self.asks_to_close();
        self.ended()
    }

    /// Presses its close button.
    pub(crate) fn asks_to_close(&self) {
        self.screen
            .wmctrl(&["-i", "-c", &self.id])
            .expect("wmctrl -c; is there a window manager?");
    }

    /// Where the window is on the screen, including its frame.
    pub(crate) fn lies(&self) -> Area {
        let frame = || self.screen.area_of(&self.id);
        until(frame, || {
            format!("{}'s window has no frame", self.client.name)
        })
    }

    /// Makes the window fill the screen, or not any more.
    pub(crate) fn maximizes(&mut self, fill: bool) {
        let how = if fill { "add" } else { "remove" };
        let state = format!("{how},maximized_vert,maximized_horz");
        self.screen
            .wmctrl(&["-i", "-r", &self.id, "-b", &state])
            .expect("wmctrl -b");
        self.shows("innerWidth === screen.availWidth", &json!(fill));
    }

    /// Sends the process a signal that asks it to end.
    pub(crate) fn gets(self, signal: &str) -> ExitStatus {
        self.client.gets(signal);
        self.ended()
    }

    /// Waits until the process has ended.
    pub(crate) fn ended(self) -> ExitStatus {
        self.client.ended()
    }

    /// Saves the window without its frame as a PNG.
    pub(crate) fn photographs(&mut self, picture: &Path) {
        self.paints();
        self.screen.photograph(&self.id, picture);
    }

    /// Waits until everything that was shown so far is painted.
    pub(crate) fn paints(&mut self) {
        self.ask("painted = false; frame(() => frame(() => painted = true)); 0");
        self.shows("painted", &json!(true));
    }

    /// Moves the window and gives it a size, in pixels.
    pub(crate) fn lies_at(&mut self, x: u32, y: u32, width: u32, height: u32) {
        let place = format!("0,{x},{y},{width},{height}");
        self.screen
            .wmctrl(&["-i", "-r", &self.id, "-e", &place])
            .expect("wmctrl -e");
        self.shows("[innerWidth, innerHeight]", &json!([width, height]));
        self.is_wholly_on_the_screen();
    }
}

/// Waits for a window with this title, and returns its number.
fn shown(screen: &Screen, title: &str) -> String {
    let found = || {
        screen
            .xdotool(&["search", "--onlyvisible", "--name", title])?
            .lines()
            .next()
            .map(str::to_owned)
    };
    until(found, || format!("no window with the title {title}"))
}
