//! Private rooms in real windows: the questions before anything is sent, the full stop, the lock, and invitations that
//! stand on no command line.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use hubbub_testing::tls::{Certificate, pin_of};
use hubbub_testing::{Peer, Program, ScriptedServer, text};
use serde_json::json;
use tempfile::TempDir;

use crate::bus::{Bus, role};
use crate::links::Opener;
use crate::memory::Remembering;
use crate::screen::Screen;
use crate::wait::until;
use crate::window::{Window, meanwhile};

const TITLE: &str = "document.querySelector('#question h1')?.textContent";
const ROOM_KEY: &str = "document.getElementById('room-key')?.textContent";
const LOCK: &str = "document.getElementById('lock')?.dataset.all";
const COPY: &str = "document.getElementById('copy-invitation') !== null";
const BUTTONS: &str = "[...document.querySelectorAll('#question button')].map(e => e.id)";

/// A server that the test plays, the keys that it may have, and a user of its own.
struct Scene {
    screen: Screen,
    server: ScriptedServer,
    right: Certificate,
    state: TempDir,
}

impl Scene {
    fn set() -> Self {
        Self {
            screen: Screen::take(),
            server: ScriptedServer::start(),
            right: Certificate::self_signed("localhost"),
            state: tempfile::tempdir().unwrap(),
        }
    }

    fn port(&self) -> u16 {
        self.server.port()
    }

    fn link(&self, parts: &str) -> String {
        format!("chats://localhost:{}/{parts}", self.port())
    }

    fn invitation(&self) -> String {
        self.link(&format!("#pin={},key=correct%20horse", self.right.pin()))
    }

    fn environment(&self) -> [(&'static str, &str); 1] {
        [("XDG_STATE_HOME", self.state.path().to_str().unwrap())]
    }

    /// Opens a window, and serves it meanwhile.
    fn opens<T: Send>(&self, link: &str, serve: impl FnOnce() -> T + Send) -> (Window, T) {
        let words = ["--username=alice", link];
        let environment = self.environment();
        let open = || Window::opened_by(&self.screen, "alice", self.port(), &words, &environment);
        meanwhile(open, serve)
    }

    /// Takes a connection whose client says nothing, since it does not believe this key.
    fn is_doubted(&self, certificate: &Certificate) {
        let peer = self.server.accept().accept_tls(certificate);
        let mut peer = peer.unwrap_or_else(|error| panic!("no handshake: {error}"));
        assert_eq!(peer.expect_gone(), b"", "something was sent");
    }

    /// Takes a connection of a client that believes the right key.
    fn is_believed(&self) -> Peer {
        let peer = self.server.accept().accept_tls(&self.right);
        peer.unwrap_or_else(|error| panic!("the window does not believe the key: {error}"))
    }

    /// Lets a client in, and says that everybody's line is private, or not.
    fn lets_in(&self, is_private: bool) -> Remembering {
        let mut room = Remembering::of(self.is_believed());
        room.is_private = is_private;
        room.welcomes(&["alice", "bob"], 1..=1, "");
        room
    }

    fn known_rooms(&self) -> String {
        let file = self.state.path().join("hubbub/known_rooms.toml");
        fs::read_to_string(file).unwrap_or_default()
    }
}

impl Window {
    /// The command line as everybody on the computer sees it.
    fn command_line(&self) -> String {
        let line = fs::read(format!("/proc/{}/cmdline", self.process())).unwrap();
        String::from_utf8_lossy(&line).replace('\0', " ")
    }
}

#[test]
fn an_unknown_key_is_asked_about_by_keyboard_and_the_next_window_knows_it() {
    let scene = Scene::set();
    let (mut alice, ()) = scene.opens(&scene.link(""), || scene.is_doubted(&scene.right));
    alice.shows(TITLE, &json!("Is this the right server?"));
    let key = "document.getElementById('offered-key').textContent";
    alice.shows(key, &json!(scene.right.fingerprint()));
    alice.has_focus_in("question");
    assert_eq!(scene.known_rooms(), "");
    // Enter is no answer, and the first control is not the last word.
    alice.press("Return");
    alice.press("Tab");
    alice.has_focus_in("trust");
    alice.press("Return");
    let _room = scene.lets_in(true);
    alice.shows(LOCK, &json!("yes"));
    alice.has_focus_in("draft");
    assert!(scene.known_rooms().contains(&scene.right.pin()));
    alice.close();

    let (mut alice, _room) = scene.opens(&scene.link(""), || scene.lets_in(true));
    alice.shows(LOCK, &json!("yes"));
}

#[test]
fn another_key_is_a_full_stop_that_no_button_leads_past() {
    let scene = Scene::set();
    let (mut alice, room) = scene.opens(&scene.invitation(), || scene.lets_in(true));
    alice.shows(LOCK, &json!("yes"));
    alice.types("not sent yet", "not sent yet");
    alice.keeps_the_draft();
    drop(room);
    let other = Certificate::self_signed("localhost");
    scene.is_doubted(&other);
    alice.shows(TITLE, &json!("Is this still the right server?"));
    let keys = "['known-key', 'offered-key'].map(id => document.getElementById(id).textContent)";
    alice.shows(
        keys,
        &json!([scene.right.fingerprint(), other.fingerprint()]),
    );
    alice.shows(
        "document.getElementById('forget').textContent",
        &json!(format!(
            "hubbub-client --ask --forget chats://localhost:{}",
            scene.port()
        )),
    );
    alice.shows(BUTTONS, &json!(["retry", "quit"]));
    alice.shows("document.getElementById('draft')", &json!(null));
    alice.clicks("#retry");
    scene.is_doubted(&other);
    alice.shows(TITLE, &json!("Is this still the right server?"));
    // The right server is there again, and so is what was typed. This card may still be the one before, which goes and
    // comes back with another button.
    let is_called = || {
        alice.ask("document.getElementById('retry')?.click()");
        scene.server.is_called().then_some(())
    };
    until(is_called, || "the button leads nowhere".to_owned());
    let _room = scene.lets_in(true);
    alice.shows(LOCK, &json!("yes"));
    alice.holds("not sent yet");
    alice.close();

    // Forgetting leads nowhere by itself. Whoever goes on later is offered a private room again.
    let link = scene.link("");
    let environment = scene.environment();
    let words = ["--ask", "--forget", &link];
    let mut asking = Window::asks_by(&scene.screen, "alice", &words, &environment);
    asking.shows("document.getElementById('name')?.value", &json!("alice"));
    assert!(!scene.known_rooms().contains(&scene.right.pin()));
    asking.clicks("#quit");
    assert!(asking.ended().success());
    let mut asking = Window::asks_by(&scene.screen, "alice", &["--ask"], &environment);
    let link = link.trim_end_matches('/');
    asking.shows(
        "[document.getElementById('room')?.value, document.querySelector('#used button')?.textContent]",
        &json!([link, format!("{link}as alice")]),
    );
    asking.clicks("#used button");
    let enter = || asking.enters("alice", scene.port());
    let (mut alice, ()) = meanwhile(enter, || scene.is_doubted(&other));
    alice.shows(TITLE, &json!("Is this the right server?"));
    alice.shows(
        "document.getElementById('offered-key').textContent",
        &json!(other.fingerprint()),
    );
}

#[test]
fn an_invitation_leads_in_and_stands_on_no_command_line() {
    let scene = Scene::set();
    let (mut alice, _room) = scene.opens(&scene.invitation(), || {
        let mut room = Remembering::of(scene.is_believed());
        assert_eq!(room.offer.password.as_deref(), Some("Y29ycmVjdCBob3JzZQ=="));
        room.welcomes(&["alice"], 1..=1, "");
        room
    });
    let line = alice.command_line();
    let is_hidden = !["horse", "pin", "chats"]
        .iter()
        .any(|word| line.contains(word));
    assert!(is_hidden, "{line}");
    alice.shows(LOCK, &json!("no"));
    alice.shows(
        "document.querySelector('.lock-words').textContent",
        &json!("not everybody's line is private"),
    );
    alice.close();
}

#[test]
fn a_click_on_an_invitation_leads_in_by_one_more_that_says_where_and_under_which_name() {
    let scene = Scene::set();
    let environment = scene.environment();
    let mut carol = Window::asks_about(&scene.screen, "carol", &scene.invitation(), &environment);
    assert!(!carol.command_line().contains("horse"));
    let where_to = "document.getElementById('destination').textContent";
    let port = scene.port();
    carol.shows(
        &format!(
            "{where_to}.startsWith('The link leads to localhost:{port}. It is a private room')"
        ),
        &json!(true),
    );
    carol.shows(
        "document.documentElement.textContent.includes('horse')",
        &json!(false),
    );
    carol.shows("document.getElementById('name').value", &json!("carol"));
    carol.press("Return");
    let enter = || carol.enters("carol", port);
    let (mut carol, _room) = meanwhile(enter, || {
        let mut room = Remembering::of(scene.is_believed());
        assert!(room.offer.password.is_some());
        room.is_private = true;
        room.welcomes(&["carol"], 1..=1, "");
        room
    });
    assert!(!carol.command_line().contains("horse"));
    carol.shows(LOCK, &json!("yes"));
    carol.close();
}

#[test]
fn what_stands_behind_the_lock_is_read_by_keyboard_and_hands_on_an_invitation() {
    let scene = Scene::set();
    let (mut alice, _room) = scene.opens(&scene.invitation(), || scene.lets_in(true));
    alice.shows(LOCK, &json!("yes"));
    alice.moves_focus_to("#lock");
    alice.press("Return");
    alice.has_focus_in("lock-card");
    alice.shows(ROOM_KEY, &json!(scene.right.fingerprint()));
    alice.shows(COPY, &json!(true));
    alice.press("Tab");
    alice.has_focus_in("copy-invitation");
    alice.press("Return");
    let link = scene.invitation();
    until(
        || (scene.screen.clipboard("UTF8_STRING").as_deref() == Some(&*link)).then_some(()),
        || format!("copied is {:?}", scene.screen.clipboard("UTF8_STRING")),
    );
    alice.press("Tab");
    alice.has_focus_in("scan-invitation");
    alice.press("Return");
    alice.shows(
        "document.getElementById('code')?.getAttribute('role')",
        &json!("img"),
    );
    for width in [1000, 420] {
        alice.lies_at(10, 30, width, 640);
        let within = "[document.getElementById('code'), document.getElementById('lock-card')]\
             .map(e => e.getBoundingClientRect())";
        alice.shows(
            &format!(
                "(([code, card]) => code.width > 200 && code.bottom <= card.bottom)({within})"
            ),
            &json!(true),
        );
    }
    alice.press("Escape");
    alice.shows("document.getElementById('lock-card')", &json!(null));
    alice.has_focus_in("lock");
}

#[test]
fn a_screen_reader_reads_the_questions_and_names_every_control() {
    let scene = Scene::set();
    let bus = Bus::start();
    let environment = [
        ("DBUS_SESSION_BUS_ADDRESS", &*bus.session.address),
        ("NO_AT_BRIDGE", "0"),
        scene.environment()[0],
    ];
    let words = ["--username=alice", &scene.link("")];
    let open = || Window::opened_by(&scene.screen, "alice", scene.port(), &words, &environment);
    let (mut alice, ()) = meanwhile(open, || scene.is_doubted(&scene.right));
    alice.shows(TITLE, &json!("Is this the right server?"));
    let question = || {
        let desktop = bus.desktop()?;
        let names = desktop.names(role::ALERT);
        let buttons = desktop.names(role::PUSH_BUTTON);
        (names.contains(&"Is this the right server?")
            && buttons.ends_with(&["Yes, join", "No, quit"]))
        .then_some(())
    };
    until(question, || {
        format!("no question on the bus: {:?}", bus.desktop())
    });
    alice.clicks("#trust");
    drop(scene.is_believed());
}

/// The server has a key of its own and a password. Who is in the room hands on the invitation.
#[test]
fn a_real_private_room_is_entered_by_one_copied_line_and_then_by_one_click() {
    let screen = Screen::take();
    let state = || tempfile::tempdir().unwrap();
    let (of_server, of_alice, of_carol) = (state(), state(), state());
    let password = of_server.path().join("password");
    fs::write(&password, "correct-horse-battery\n").unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let (directory, password) = (of_server.path().to_str(), password.to_str());
    let options = [
        "--tls",
        "--state",
        directory.unwrap(),
        "--password-file",
        password.unwrap(),
    ];
    let mut server = Program::with(&options, &[]);
    let port = server.port();
    let stranger = Peer::try_connect(port).unwrap().secure();
    let pin = pin_of(&stranger.certificate());
    drop(stranger);
    let link = format!("chats://localhost:{port}/#pin={pin},key=correct-horse-battery");
    let home = [("XDG_STATE_HOME", of_alice.path().to_str().unwrap())];
    let mut alice = Window::opened_by(&screen, "alice", port, &["--username=alice", &link], &home);
    alice.shows(LOCK, &json!("yes"));
    alice.clicks("#lock");
    alice.shows(COPY, &json!(true));
    alice.clicks("#copy-invitation");
    let copied = || {
        screen
            .clipboard("UTF8_STRING")
            .filter(|copied| *copied == link)
    };
    let copied = until(copied, || "the invitation is not copied".to_owned());
    alice.press("Escape");

    let home = [("XDG_STATE_HOME", of_carol.path().to_str().unwrap())];
    let mut carol = Window::asks_about(&screen, "carol", &copied, &home);
    carol.clicks("#join");
    let mut carol = carol.enters("carol", port);
    carol.shows(LOCK, &json!("yes"));
    carol.says("nobody reads along");
    alice.shows_texts(&["nobody reads along"]);
    carol.close();

    // Who has a wrong password is asked for another one.
    let wrong = format!("chats://localhost:{port}/#pin={pin},key=wrong");
    let words = ["--username=dave", &wrong];
    let mut dave = Window::opened_by(&screen, "dave", port, &words, &[]);
    dave.shows(TITLE, &json!("This room wants a password"));
    dave.has_focus_in("password");
    let told = "document.getElementById('password-trouble').textContent";
    dave.shows(told, &json!("The room does not take this password."));
    dave.types_into("password", "correct-horse-battery", "correct-horse-battery");
    dave.press("Return");
    dave.shows(LOCK, &json!("yes"));
}

#[test]
fn an_invitation_in_a_message_asks_in_a_window_of_its_own_and_is_told_to_no_other_program() {
    let scene = Scene::set();
    let opener = Opener::new("invitation");
    let talk = ScriptedServer::start();
    let [state] = scene.environment();
    let environment = [("PATH", &*opener.path()), ("BROWSER", ""), state];
    let mut alice = Window::open_with(&scene.screen, "alice", talk.port(), &environment);
    let mut socket = talk.accept();
    alice.is("connected");
    socket.send(text("bob", format!("come to {}", scene.invitation())));
    alice.shows("document.querySelectorAll('.text a').length", &json!(1));
    // By a key, since its middle may lie between two lines.
    alice.moves_focus_to(".text a");
    alice.press("Return");
    let asked = || {
        scene
            .screen
            .xdotool(&["search", "--onlyvisible", "--name", "^Hubbub$"])
    };
    let asking = until(asked, || "no card asks".to_owned());
    let process = scene.screen.xdotool(&["getwindowpid", &asking]).unwrap();
    let line = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap();
    assert!(line.contains("--ask") && !line.contains("horse"), "{line}");
    opener.has_opened(&[]);
    hubbub_testing::signal("TERM", process.parse().unwrap());
    // The next test on this screen must not find it there.
    let is_gone = || scene.screen.xdotool(&["getwindowpid", &asking]).is_none();
    until(|| is_gone().then_some(()), || "the card stays".to_owned());
}

#[test]
#[ignore = "makes pictures of the window: run it by `just screenshot`"]
fn pictures() {
    let scene = Scene::set();
    let other = Certificate::self_signed("localhost");
    let mut asking = Window::asks_about(
        &scene.screen,
        "alice",
        &scene.invitation(),
        &scene.environment(),
    );
    asking.poses("link");
    drop(asking);
    let (mut alice, ()) = scene.opens(&scene.link(""), || scene.is_doubted(&scene.right));
    alice.lies_at(10, 30, 780, 640);
    alice.shows(TITLE, &json!("Is this the right server?"));
    alice.photographed_in_all_forms("trust");
    alice.clicks("#trust");
    let mut room = Remembering::of(scene.is_believed());
    room.notes("password", "the room wants a password");
    drop(room);
    alice.shows(TITLE, &json!("This room wants a password"));
    alice.photographed_in_all_forms("password");
    alice.types_into("password", "correct horse", "correct horse");
    alice.press("Return");
    let mut room = scene.lets_in(true);
    alice.shows(LOCK, &json!("yes"));
    alice.photographed_in_all_forms("private");
    alice.clicks("#lock");
    alice.shows(ROOM_KEY, &json!(scene.right.fingerprint()));
    alice.photographs_in(&["light", "dark"], "lock", 780);
    alice.clicks("#scan-invitation");
    alice.shows("!!document.getElementById('code')", &json!(true));
    alice.photographs_in(&["light"], "invitation", 780);
    alice.photographs_in(&["light"], "invitation-narrow", 420);
    alice.press("Escape");
    alice.lies_at(10, 30, 780, 640);
    room.says(2);
    alice.shows("document.querySelectorAll('.message').length", &json!(2));
    alice.ask("hubbub.mute('bob', true); 0");
    alice.shows("document.querySelectorAll('#muted li').length", &json!(1));
    alice.photographed_in_all_forms("muted");
    alice.lies_at(10, 30, 780, 640);
    drop(room);
    scene.is_doubted(&other);
    alice.shows(TITLE, &json!("Is this still the right server?"));
    alice.photographed_in_all_forms("changed");
    alice.clicks("#retry");
    let _room = scene.lets_in(false);
    alice.shows(LOCK, &json!("no"));
    alice.photographed_in_all_forms("not-all-private");
}

impl Window {
    /// Takes pictures in both themes, and of a narrow window.
    fn photographed_in_all_forms(&mut self, name: &str) {
        self.photographs_in(&["light", "dark"], name, 780);
        self.photographs_in(&["light"], &format!("{name}-narrow"), 420);
        self.lies_at(10, 30, 780, 640);
    }

    fn photographs_in(&mut self, themes: &[&str], name: &str, width: u32) {
        self.lies_at(10, 30, width, 640);
        for theme in themes {
            // The switch may be behind a card.
            self.ask(&format!(
                "document.getElementById('app').dataset.theme = '{theme}'; 0"
            ));
            let dark = if *theme == "dark" { "-dark" } else { "" };
            self.poses(&format!("{name}{dark}"));
        }
    }
}
