//! On a terminal, in a private room: what only a person can answer is asked before anything is sent.

use std::fs;

use hubbub_server::Settings;
use hubbub_server::tls::Tls;
use hubbub_testing::tls::{Certificate, Directory};
use hubbub_testing::{Program, Room};
use hubbub_transport::Password;
use hubbub_transport::tls::Identity;
use tempfile::TempDir;

use crate::screen::Screen;

/// A private room, and what somebody knows of it.
struct Private {
    room: Room,
    certificate: Certificate,
    home: TempDir,
}

impl Private {
    fn new(password: Option<&str>) -> Self {
        let certificate = Certificate::self_signed("localhost");
        let (chain, key) = (certificate.chain.as_bytes(), certificate.key.as_bytes());
        let identity = Identity::from_pem(chain, key).unwrap();
        let room = Room::unwatched_with(Settings {
            tls: Some(Tls::own(identity)),
            password: password.map(Password::new),
            ..Settings::default()
        });
        let home = tempfile::tempdir().unwrap();
        Self {
            room,
            certificate,
            home,
        }
    }

    fn alice(&self, options: &[&str]) -> Screen {
        let state = format!("XDG_STATE_HOME={}", self.home.path().display());
        let link = format!("chats://{}", self.room.address());
        Screen::chat_at(&link, "alice", &[&[&*state], options].concat())
    }
}

/// The screen as one text, wherever its lines were broken.
fn unbroken(text: &str) -> String {
    text.replace('\n', "")
}

#[track_caller]
fn is_asked(alice: &Screen, fingerprint: &str) {
    alice.becomes("the question", |text| {
        let text = unbroken(text);
        text.contains(fingerprint) && text.ends_with("(yes/no) [no]")
    });
}

#[test]
fn an_unknown_key_is_shown_and_believed_when_a_person_says_yes() {
    let room = Private::new(None);
    for yes in ["yes\r", "y\r", " YES \r"] {
        let mut alice = room.alice(&["--forget"]);
        is_asked(&alice, &room.certificate.fingerprint());
        alice.types(yes);
        alice.shows("alice>");
        alice.becomes("why it is believed", |text| {
            unbroken(text).contains("it has the key to which somebody here said yes")
        });
        alice.types("\u{4}");
        assert_eq!(alice.ends().code(), Some(0));
    }
    // It is known from now on.
    let mut alice = room.alice(&[]);
    alice.shows("alice>");
    alice.types("\u{4}");
    assert_eq!(alice.ends().code(), Some(0));
    assert!(!alice.text().contains("yes/no"), "{}", alice.text());
}

#[test]
fn every_other_answer_is_no_and_nothing_is_learnt() {
    let room = Private::new(None);
    for no in ["\r", "no\r", "yess\r", "x\r", "\u{4}"] {
        let mut alice = room.alice(&[]);
        is_asked(&alice, &room.certificate.fingerprint());
        alice.types(no);
        assert_eq!(alice.ends().code(), Some(77), "{no:?} {}", alice.text());
        assert!(!room.home.path().join("hubbub/known_rooms.toml").exists());
    }
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let room = Private::new(None);
    let mut alice = room.alice(&[]);
    // Before it runs.
    alice.types("yes\r");
    is_asked(&alice, &room.certificate.fingerprint());
    alice.types("\r");
    assert_eq!(alice.ends().code(), Some(77), "{}", alice.text());
}

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let room = Private::new(Some("correct horse battery"));
    let mut alice = room.alice(&["--pin", &room.certificate.pin()]);
    let prompt = format!("password of {}:", room.room.address());
    alice.becomes("the question", |text| text.ends_with(&prompt));
    assert!(!alice.is_as_before());
    alice.types("wrong horse battery\r");
    alice.becomes("the question again", |text| {
        unbroken(text).contains("the room did not take it. password of")
    });
    alice.types("correct horse battery\r");
    alice.shows("alice>");
    alice.types("\u{4}");
    assert_eq!(alice.ends().code(), Some(0));
    let bytes = String::from_utf8_lossy(&alice.bytes()).into_owned();
    assert!(!bytes.contains("horse"), "{bytes}");
    // It is known from now on.
    let mut alice = room.alice(&[]);
    alice.shows("alice>");
    alice.types("\u{4}");
    assert_eq!(alice.ends().code(), Some(0));
}

#[test]
fn three_wrong_passwords_are_the_end_and_so_is_none() {
    let room = Private::new(Some("correct horse battery"));
    let pin = room.certificate.pin();
    for (answers, words) in [
        (&["a\r", "b\r", "c\r"][..], "does not take this password"),
        (&["\r"], "wants a password"),
    ] {
        let mut alice = room.alice(&["--pin", &pin]);
        for (before, answer) in answers.iter().enumerate() {
            alice.becomes("the question", |text| {
                let text = unbroken(text);
                text.matches("password of").count() == before + 1 && text.ends_with(':')
            });
            alice.types(answer);
        }
        assert_eq!(alice.ends().code(), Some(77), "{}", alice.text());
        alice.becomes(words, |text| unbroken(text).contains(words));
        assert!(alice.is_as_before());
    }
}

/// Each server of a room has its own tries.
#[test]
fn a_server_that_is_gone_after_wrong_passwords_takes_no_tries_from_the_next() {
    let directory = Directory::new();
    let password = directory.of("password");
    fs::write(&password, "correct horse battery").unwrap();
    let mut servers = ["one", "two"].map(|name| {
        let state = directory.of(name);
        let options = ["--tls", "--state", &state, "--password-file", &password];
        Some(Program::with(&options, &[]))
    });
    let places = servers
        .each_mut()
        .map(|server| server.as_mut().unwrap().address().to_string());
    let state = format!("XDG_STATE_HOME={}", directory.of("home"));
    let link = format!("chats://{}", places.join(","));
    let mut alice = Screen::chat_at(&link, "alice", &[&state]);
    let mut asked = 0;
    let mut is_asked_for_password = |alice: &Screen| {
        asked += 1;
        alice.becomes("the password", |text| {
            let text = unbroken(text);
            text.matches("password of").count() == asked && text.ends_with(':')
        });
    };
    let says_yes = |alice: &mut Screen| {
        alice.becomes("the question", |text| text.ends_with("[no]"));
        alice.types("yes\r");
    };
    says_yes(&mut alice);
    for wrong in ["a\r", "b\r"] {
        is_asked_for_password(&alice);
        alice.types(wrong);
    }
    is_asked_for_password(&alice);
    let text = unbroken(&alice.text());
    let first = places
        .iter()
        .position(|place| text.ends_with(&format!("password of {place}:")));
    drop(servers[first.unwrap()].take());
    alice.types("c\r");
    says_yes(&mut alice);
    for answer in ["d\r", "e\r", "correct horse battery\r"] {
        is_asked_for_password(&alice);
        alice.types(answer);
    }
    alice.shows("alice>");
    alice.types("\u{4}");
    assert_eq!(alice.ends().code(), Some(0));
}

#[test]
fn ctrl_c_at_a_question_ends_it_and_leaves_the_terminal_as_it_was() {
    let room = Private::new(Some("correct horse battery"));
    let pin = room.certificate.pin();
    for options in [&["--pin", &*pin][..], &[]] {
        let mut alice = room.alice(options);
        alice.becomes("a question", |text| {
            text.ends_with(':') || text.ends_with("[no]")
        });
        alice.types("\u{3}");
        assert_eq!(alice.ends().code(), Some(130), "{}", alice.text());
        assert!(alice.is_as_before());
    }
}
