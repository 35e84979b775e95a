//! Private rooms: the questions about key and password, the lock and its card, and invitations.

use std::time::{Duration, SystemTime};

use hubbub_session::{Cause, Event, Intent, Reason};
use hubbub_transport::{Address, Password, Pin};
use hubbub_wire::{Hex128, Kept};

use crate::harness::Window;
use crate::said;

const FINGERPRINT: &str = "e3b0c442 98fc1c14 9afbf4c8 996fb924 27ae41e4 649b934c a495991b 7852b855";

fn ours() -> Pin {
    let pin = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".parse();
    pin.expect("a pin")
}

fn other() -> Pin {
    let pin = "sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0".parse();
    pin.expect("a pin")
}

fn server() -> Address {
    Address::from_link("chat://localhost", 8765).expect("an address")
}

fn changed(reason: Reason, since: Option<SystemTime>) -> Event {
    Event::KeyChanged {
        address: server(),
        known: vec![ours()],
        offered: other(),
        reason,
        since,
    }
}

fn asks_password(refused: bool) -> Event {
    let address = server();
    Event::AsksPassword { address, refused }
}

fn secured(reason: Reason, all_private: bool) -> Event {
    Event::Secured {
        reason,
        since: SystemTime::UNIX_EPOCH,
        pin: Some(ours()),
        all_private,
    }
}

#[test]
fn an_unknown_key_is_asked_about_and_only_a_yes_leads_on() {
    let mut window = Window::open(16);
    let why = "its certificate is signed by nobody".to_owned();
    window.happen_together([
        Event::Connecting,
        Event::AsksTrust {
            address: server(),
            pin: ours(),
            why,
        },
    ]);
    window.shows("Is this the right server?");
    window.shows("<strong>localhost:8765</strong>");
    window.shows(&format!(">{FINGERPRINT}</code>"));
    window.shows("Nothing of you was sent");
    window.shows("its certificate is signed by nobody.");
    window.hides(r#"id="composer""#);
    window.hides(r#"id="retry""#);
    assert!(window.intents.is_empty());
    window.click("trust");
    assert_eq!(window.intents.try_recv(), Ok(Intent::Trust { pin: ours() }));
    window.happen(Event::Connecting);
    window.hides("Is this the right server?");
    window.happen(Event::AsksTrust {
        address: server(),
        pin: ours(),
        why: String::new(),
    });
    window.click("quit");
    assert!(window.is_closed() && window.intents.is_empty());
}

#[test]
fn a_key_that_changed_is_a_full_stop_with_both_keys_and_the_command_and_no_way_on() {
    let mut window = Window::joined();
    window.happen_together([
        said("bob", "hello"),
        changed(Reason::Asked, Some(SystemTime::UNIX_EPOCH)),
    ]);
    window.shows("Is this still the right server?");
    window.shows_element(r#"code id="known-key""#, &format!("{FINGERPRINT}</code>"));
    window.shows_element(r#"code id="offered-key""#, &other().fingerprint());
    window.shows("by your own answer, since 1 January 1970:");
    window.shows_element(
        r#"code id="forget""#,
        "hubbub-client --ask --forget chats://localhost:8765</code>",
    );
    // Nothing of the room is shown, not even what was said before.
    window.hides(r#"id="composer""#);
    window.hides(r#"id="trust""#);
    window.click("retry");
    assert_eq!(window.intents.try_recv(), Ok(Intent::Retry));
    assert_eq!(
        window.html().matches("<button").count(),
        3,
        "theme, look again, quit"
    );
    window.happen_together([Event::Connecting, Event::Connected]);
    window.shows(r#"id="composer""#);
    window.shows(">hello</div>");
}

#[test]
fn a_key_that_is_not_that_of_the_invitation_has_nothing_to_forget() {
    let mut window = Window::open(16);
    window.happen(changed(Reason::Pin, None));
    window.shows("ask for a new invitation");
    window.hides("--forget");
}

#[test]
fn a_key_that_is_not_the_one_of_this_windows_own_yes_is_asked_about_by_the_next_window() {
    let mut window = Window::open(16);
    window.happen(changed(Reason::Asked, None));
    window.shows("open the room again. You are then asked about the new key.");
    window.hides("new invitation");
    window.hides("--forget");
}

#[test]
fn of_several_servers_the_one_that_asks_for_a_password_is_named() {
    let mut window = Window::of_several("a,b:1");
    window.shows("a,b:1");
    let address = Address::from_link("chat://b:1", 1).expect("an address");
    let asks = Event::AsksPassword {
        address: address.clone(),
        refused: false,
    };
    window.happen(asks);
    window.shows_element(r#"p class="where""#, "b:1</p>");
    window.give_password("sesame");
    let password = Password::new("sesame");
    let intent = Intent::Password { address, password };
    assert_eq!(window.intents.try_recv(), Ok(intent));
}

#[test]
fn a_password_is_asked_for_and_a_refused_one_is_said_to_be() {
    let mut window = Window::open(16);
    window.happen(asks_password(false));
    window.shows("This room wants a password");
    window.shows_element(
        r#"input id="password" type="password" aria-invalid=false"#,
        "",
    );
    window.hides("does not take");
    for (password, why) in [
        (String::new(), "Write the password first"),
        ("x".repeat(129), "128 is the most"),
    ] {
        window.give_password(&password);
        window.shows(why);
        assert!(window.intents.is_empty());
    }
    let longest = "x".repeat(128);
    for password in ["correct horse", &longest] {
        window.give_password(password);
        let (address, password) = (server(), Password::new(password));
        let intent = Intent::Password { address, password };
        assert_eq!(window.intents.try_recv(), Ok(intent));
        window.happen_together([Event::Connecting, asks_password(true)]);
        window.shows("The room does not take this password.");
        window.shows_element(r#"input id="password" aria-invalid=true"#, "");
        assert!(window.intents.is_empty(), "it is not repeated");
    }
    window.hides("correct horse");
}

#[test]
fn where_nothing_follows_by_itself_the_window_says_why() {
    let mut window = Window::open(16);
    window.happen(Event::Lost {
        why: "this room was private when you were here".into(),
        cause: Cause::Plain,
        retry_in: Duration::MAX,
    });
    window.shows("this room was private when you were here");
    window.shows_element(r#"button id="retry""#, "Retry now");
    window.hides("disabled");
    window.hides(r#"class="seconds""#);
    window.click("retry");
    assert_eq!(window.intents.try_recv(), Ok(Intent::Retry));
}

#[test]
fn a_private_room_that_was_opened_in_plain_asks_for_no_other_name() {
    for (code, name, told) in [
        ("tls", false, "This room is private"),
        ("full", false, "would not let you in"),
        ("turned-away", false, "would not let you in"),
        ("name", true, "would not let you in"),
    ] {
        let mut window = Window::open(16);
        window.happen(Event::Lost {
            why: "no".into(),
            cause: Cause::Refused {
                code: Some(code.into()),
            },
            retry_in: Duration::from_secs(30),
        });
        window.shows(told);
        assert_eq!(window.html().contains(r#"id="other-name""#), name, "{code}");
    }
}

#[test]
fn a_plain_room_has_no_lock_and_a_private_one_tells_the_truth_behind_it() {
    let mut window = Window::joined();
    window.hides(r#"id="lock""#);
    for (why, words) in [
        (Reason::Pin, "Your invitation names"),
        (Reason::Asked, "You were asked"),
        (Reason::Authority, "An authority"),
    ] {
        window.happen_together([Event::Connected, secured(why, true)]);
        window.hides("everybody&#39;s line is private");
        window.shows_element(
            r#"button id="lock" data-all="yes" aria-haspopup="dialog""#,
            "",
        );
        window.hides(r#"id="lock-card""#);
        window.click("lock");
        window.shows("Nobody reads along on the way");
        window.shows(words);
        window.shows("1 January 1970, 00:00");
        window.shows(FINGERPRINT);
        window.click("primary leave");
        window.hides(r#"id="lock-card""#);
    }
    window.happen(Event::Lost {
        why: "gone".into(),
        cause: Cause::CutOff,
        retry_in: Duration::from_secs(30),
    });
    window.hides(r#"id="lock""#);
}

#[test]
fn what_stood_behind_the_lock_does_not_open_by_itself_after_an_outage() {
    let mut window = Window::joined();
    window.happen(secured(Reason::Pin, true));
    window.click("lock");
    window.shows(r#"id="lock-card""#);
    window.happen(Event::Lost {
        why: "gone".into(),
        cause: Cause::CutOff,
        retry_in: Duration::ZERO,
    });
    window.happen_together([Event::Connected, secured(Reason::Pin, true)]);
    window.shows(r#"id="lock""#);
    window.hides(r#"id="lock-card""#);
}

#[test]
fn not_everybodys_line_is_private_where_the_server_does_not_say_so() {
    let mut window = Window::joined();
    window.happen(secured(Reason::Pin, false));
    window.shows_element(r#"button id="lock" data-all="no""#, "");
    window.shows("not everybody&#39;s line is private</span>");
    window.click("lock");
    window.shows("the server does not say that of everybody");
}

#[test]
fn newcomers_are_told_what_a_room_that_remembers_is() {
    let mut window = Window::joined();
    window.happen(secured(Reason::Pin, true));
    window.click("lock");
    window.shows("Names are not proven.");
    window.hides("Who comes later");
    window.happen(Event::Granted {
        room: Hex128(1),
        kept: Kept::Seconds(86_400),
        resumed: false,
    });
    window.shows("Who comes later can read what was said before");
}

#[test]
fn an_invitation_is_made_when_it_is_wanted_and_not_before() {
    let mut window = Window::joined();
    window.happen(secured(Reason::Pin, true));
    window.hides("Invite somebody");
    window.click("lock");
    window.wait_for("Copy the invitation");
    window.hides("correct%20horse");
    window.hides(r#"id="code""#);
    window.click("scan-invitation");
    window.shows(r#"aria-label="The invitation as a QR code""#);
    window.click("copy-invitation");
    window.shows("Copied.");
    window.hides("correct%20horse");
}
