use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_transport::parse_host;

use super::*;

fn file() -> (tempfile::TempDir, KnownRooms) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state/hubbub/known_rooms.toml");
    (directory, KnownRooms::at(path))
}

fn at(host: &str) -> Addresses {
    let host = parse_host(host).unwrap();
    Address { host, port: 8765 }.into()
}

fn room(key: &str) -> KnownRoom {
    KnownRoom {
        pins: vec![Pin::of_key(key.as_bytes())],
        reason: Reason::Asked,
        since: SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_138_649_123),
        password: None,
    }
}

fn keep(file: &KnownRooms, host: &str, room: &KnownRoom) {
    file.change(&at(host), |_| Some(room.clone())).unwrap();
}

#[test]
fn what_is_kept_of_a_room_is_read_again() {
    let (_directory, file) = file();
    assert_eq!(file.get(&at("a")).unwrap(), None);
    for reason in [Reason::Pin, Reason::Asked, Reason::Authority] {
        let key = Pin::of_key(b"next");
        let password = Password::new(b"\0 \xff\"'\n".to_vec());
        let one = KnownRoom {
            reason,
            pins: vec![Pin::of_key(b"key"), key],
            password: Some(KeptPassword { password, key }),
            ..room("key")
        };
        keep(&file, "a", &one);
        keep(&file, "b", &room("other"));
        assert_eq!(file.get(&at("a")).unwrap(), Some(one));
        assert_eq!(file.get(&at("b")).unwrap(), Some(room("other")));
    }
    let elsewhere = Addresses::from_hosts("a", 8766).unwrap();
    assert_eq!(file.get(&elsewhere).unwrap(), None);
}

#[test]
fn an_address_is_the_same_however_it_is_written() {
    let (_directory, file) = file();
    for (one, others) in [
        (
            "chat.example.org",
            &["Chat.Example.ORG", "chat.example.org."][..],
        ),
        ("::1", &["[::1]", "0:0::1"]),
        (
            "192.0.2.7",
            &[
                "192.0.2.7.",
                "::ffff:192.0.2.7",
                "[::FFFF:c000:207]",
                "::ffff:192.0.2.7%lo",
            ],
        ),
        ("::ffff:192.0.2.8", &["192.0.2.8"]),
        ("fe80::1", &["fe80::1%eth0", "[fe80:0::1%2]"]),
    ] {
        keep(&file, one, &room(one));
        for other in others {
            assert_eq!(file.get(&at(other)).unwrap(), Some(room(one)), "{other}");
        }
        assert!(file.forget(&at(others[0])).unwrap());
        assert_eq!(file.get(&at(one)).unwrap(), None);
    }
}

#[test]
fn a_room_that_is_forgotten_is_not_known_and_others_are() {
    let (_directory, file) = file();
    assert!(!file.forget(&at("a")).unwrap());
    keep(&file, "a", &room("one"));
    keep(&file, "b", &room("other"));
    assert!(file.forget(&at("a")).unwrap());
    assert!(!file.forget(&at("a")).unwrap());
    assert_eq!(file.get(&at("a")).unwrap(), None);
    assert_eq!(file.get(&at("b")).unwrap(), Some(room("other")));
}

#[test]
fn what_several_programs_write_at_once_is_all_kept() {
    let (_directory, file) = file();
    let begin = Barrier::new(8);
    let begun = Instant::now();
    thread::scope(|scope| {
        for program in 0..8 {
            let (file, begin) = (&file, &begin);
            scope.spawn(move || {
                begin.wait();
                for number in 0..8 {
                    let host = format!("{program}.{number}.example");
                    // With so many, it may be somebody else's turn for a second.
                    while let Err(error) = file.change(&at(&host), |_| Some(room(&host))) {
                        assert!(matches!(error, KnownError::Unwritable(..)), "{error}");
                        assert!(begun.elapsed() < Duration::from_secs(30), "{error}");
                    }
                    assert!(file.get(&at(&host)).unwrap().is_some(), "{host}");
                }
            });
        }
    });
    for (program, number) in (0..8).flat_map(|program| (0..8).map(move |it| (program, it))) {
        let host = format!("{program}.{number}.example");
        assert_eq!(file.get(&at(&host)).unwrap(), Some(room(&host)));
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it_or_what_is_beside_it() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (_directory, file) = file();
    keep(&file, "a", &room("key"));
    let directory = file.path().parent().unwrap();
    assert_eq!(mode(directory), 0o700);
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    keep(&file, "b", &room("key"));
    assert_eq!(mode(file.path()), 0o600);
}

#[test]
fn a_broken_file_and_one_from_the_future_are_told_and_stay_as_they_are() {
    const PIN: &str = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let entry = |more: &str| {
        format!(
            "version = 1\n[[room]]\naddress = \"a:1\"\npins = [\"{PIN}\"]\nreason = \"pin\"\n\
             since = \"2026-11-26T06:30:49Z\"\n{more}"
        )
    };
    let (_directory, file) = file();
    let write = |text: &str| {
        fs::create_dir_all(file.path().parent().unwrap()).unwrap();
        fs::write(file.path(), text).unwrap();
    };
    write(&entry(""));
    assert_eq!(file.get(&at("b")).unwrap(), None);
    for (text, words) in [
        (String::new(), "broken"),
        ("room = 3".to_owned(), "broken"),
        ("version = \"1\"".to_owned(), "broken"),
        ("version = 2\nrooms = 3".to_owned(), "later version"),
        (entry("colour = \"red\""), "colour"),
        (entry("password = \"AAAA\""), "password_key"),
        (
            entry(&format!("password = \"?\"\npassword_key = \"{PIN}\"")),
            "base64",
        ),
        (entry("").replace(PIN, "sha256-x"), "pin"),
        (entry("").replace(&format!("\"{PIN}\""), ""), "no pin"),
        (entry("").replace("\"pin\"", "\"habit\""), "habit"),
        (entry("").replace("49Z", "49"), "since"),
    ] {
        write(&text);
        let read = file.get(&at("a")).unwrap_err().to_string();
        let written = file.change(&at("a"), |_| Some(room("key")));
        for told in [read, written.unwrap_err().to_string()] {
            assert!(told.contains(words), "{text}: {told}");
            assert!(told.contains("known_rooms.toml"), "{told}");
        }
        assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
    }
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = KnownRooms::at(directory.path().to_owned());
    assert!(matches!(
        file.get(&at("a")),
        Err(KnownError::Unreadable(..))
    ));
    let path = directory.path().join("file");
    fs::write(&path, "").unwrap();
    let below = KnownRooms::at(path.join("known_rooms.toml"));
    let kept = below.change(&at("a"), |_| Some(room("key")));
    let told = kept.unwrap_err();
    assert!(matches!(told, KnownError::Unwritable(..)), "{told}");
    assert!(told.to_string().contains("known_rooms.toml"), "{told}");
}

#[test]
fn a_program_that_keeps_the_file_locked_keeps_nobody_for_long() {
    let (_directory, file) = file();
    keep(&file, "a", &room("old"));
    let held = file.lock().unwrap();
    let told = file.change(&at("a"), |_| Some(room("new"))).unwrap_err();
    assert!(matches!(told, KnownError::Unwritable(..)), "{told}");
    assert!(told.to_string().contains("another program"), "{told}");
    assert_eq!(file.get(&at("a")).unwrap(), Some(room("old")));
    drop(held);
    keep(&file, "a", &room("new"));
}

#[test]
fn a_change_that_changes_nothing_writes_nothing() {
    let (_directory, file) = file();
    assert!(!file.forget(&at("a")).unwrap());
    assert!(!file.path().exists());
}
