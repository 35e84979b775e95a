//! The storage of a browser, which is a map here.

use std::cell::RefCell;
use std::collections::HashMap;

use hubbub_wire::Hex128;

use super::super::{
    LastSeen, RoomsFile, Setting, Settings, SettingsFile, Theme, Trail, Visit, Zoom,
};
use super::*;

thread_local! {
    static KEPT: RefCell<HashMap<String, String>> = RefCell::default();
}

const STORE: Store = Store {
    read: |name| Ok(KEPT.with_borrow(|kept| kept.get(name).cloned())),
    write: |name, text| {
        KEPT.with_borrow_mut(|kept| kept.insert(name.to_owned(), text.to_owned()));
        Ok(())
    },
};

/// A browser that is told to keep nothing.
const CLOSED: Store = Store {
    read: |_| Err("the storage of this browser is closed to pages".to_owned()),
    write: |_, _| Err("the storage of this browser is closed to pages".to_owned()),
};

#[test]
fn what_was_set_is_there_for_the_next_page() {
    let file = SettingsFile::stored(STORE);
    let dark = Setting::Theme(Theme::Dark);
    file.keep(Settings::default(), dark).unwrap();
    let setting = Setting::Notifications(false);
    file.keep(Settings::default(), setting).unwrap();
    let (settings, trouble) = SettingsFile::stored(STORE).load();
    assert!(trouble.is_none(), "{trouble:?}");
    assert_eq!(
        (settings.theme, settings.notifications),
        (Theme::Dark, false)
    );
}

#[test]
fn who_is_muted_and_the_name_are_there_for_the_next_page() {
    let trail = Trail::new(RoomsFile::stored(STORE), "localhost:1", false);
    trail.enter("alice");
    trail.mute("bob", true);
    trail.keep().unwrap();
    let next = Trail::new(RoomsFile::stored(STORE), "localhost:1", false);
    assert_eq!(next.muted().collect::<Vec<_>>(), ["bob"]);
    let (used, _) = RoomsFile::stored(STORE).used();
    assert_eq!(used[0].username.as_str(), "alice");
}

#[test]
fn a_broken_entry_is_set_aside_and_reported() {
    (STORE.write)("settings.toml", "theme = \"pink\"").unwrap();
    let (settings, trouble) = SettingsFile::stored(STORE).load();
    assert_eq!(settings, Settings::default());
    let words = trouble.unwrap().to_string();
    assert!(
        words.ends_with("; they are now in settings.toml.broken"),
        "{words}"
    );
    let aside = (STORE.read)("settings.toml.broken").unwrap();
    assert_eq!(aside.as_deref(), Some("theme = \"pink\""));
}

#[test]
fn a_browser_that_keeps_nothing_says_why() {
    let file = SettingsFile::stored(CLOSED);
    let (settings, trouble) = file.load();
    assert_eq!(settings, Settings::default());
    let why = "the storage of this browser is closed to pages";
    assert!(trouble.unwrap().to_string().ends_with(why));
    let setting = Setting::Notifications(false);
    let trouble = file.keep(Settings::default(), setting).unwrap_err();
    assert!(trouble.to_string().ends_with(why));
}

/// All letters that are written in another way, and some that are not.
fn letters() -> String {
    ('\0'..'\u{a1}')
        .chain("\u{5d0}\u{2028}\u{1f600}".chars())
        .collect()
}

#[test]
fn a_browser_keeps_the_same_text_as_a_file_and_an_older_page_wrote_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rooms.toml");
    let (in_file, here) = (RoomsFile::at(path.clone()), RoomsFile::stored(STORE));
    let seen = LastSeen {
        log: Hex128(7),
        place: "00ff-7".to_owned(),
    };
    let entered = Visit {
        username: Some(letters()),
        seen: Some(seen),
        is_private: true,
    };
    let mutes = ["bob", "eve \"the\n\" \\", &letters()].map(|name| (name.to_owned(), true));
    for (address, visit, mutes) in [
        ("[::1]:2", &Visit::default(), &mutes[..0]),
        ("one:1", &entered, &mutes[..]),
        ("two:2", &Visit::default(), &mutes[..1]),
    ] {
        in_file.keep(address, visit, mutes).unwrap();
        here.keep(address, visit, mutes).unwrap();
        let kept = (STORE.read)("rooms.toml").unwrap().unwrap();
        assert_eq!(kept, std::fs::read_to_string(&path).unwrap());
        let (known, trouble) = here.load(address);
        assert!(trouble.is_none(), "{trouble:?}");
        assert_eq!(
            (known.seen, known.muted.len()),
            (visit.seen.clone(), mutes.len())
        );
    }
    assert_eq!(here.load("one:1").0, in_file.load("one:1").0);
}

#[test]
fn a_browser_keeps_the_same_settings_as_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("settings.toml");
    let (in_file, here) = (SettingsFile::at(path.clone()), SettingsFile::stored(STORE));
    let mut settings = Settings::default();
    for setting in [
        Setting::Theme(Theme::Light),
        Setting::Theme(Theme::Dark),
        Setting::Theme(Theme::System),
        Setting::Zoom(Zoom::LARGEST),
        Setting::Zoom(Zoom::SMALLEST),
        Setting::Notifications(false),
        Setting::PeoplePanel(false),
    ] {
        in_file.keep(settings, setting).unwrap();
        here.keep(settings, setting).unwrap();
        settings.set(setting);
        let kept = (STORE.read)("settings.toml").unwrap().unwrap();
        assert_eq!(kept, std::fs::read_to_string(&path).unwrap());
        assert_eq!(here.load().0, settings);
    }
}

#[test]
fn fields_of_a_newer_page_are_no_trouble_in_a_room_and_everything_else_is() {
    let trouble = |text: &str| {
        (STORE.write)("rooms.toml", text).unwrap();
        let (known, trouble) = RoomsFile::stored(STORE).load("one:1");
        (known.muted, trouble.is_some())
    };
    let room = "[[room]]\naddress = \"one:1\"\n";
    let newer = format!("{room}pinned = 3\nmuted = [\"bob\", \"eve\"]\n");
    let muted = vec!["bob".to_owned(), "eve".to_owned()];
    assert_eq!(trouble(&newer), (muted, false));
    assert_eq!(trouble(""), (vec![], false));
    for line in [
        "seen",
        "seen=\"x\"",
        "seen = \"x\"",
        "log = \"00\"\nseen = \"x\"",
        " = 3",
        "a b = 3",
        "[[room]",
        "[[room]]",
    ] {
        let text = format!("{room}{line}\n");
        assert_eq!(trouble(&text), (vec![], true), "{line}");
    }
    assert!(trouble("address = \"one:1\"\n").1);
    assert!(trouble("[[room]]\naddress = 3\n").1);
    assert_eq!(trouble(&format!("{room}pinned = 65535\n")), (vec![], false));
}

/// Also where this version knows the field by another kind of value.
#[test]
fn a_value_of_a_newer_version_counts_for_nothing_and_stays_as_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rooms.toml");
    for line in [
        "pinned = -1",
        "pinned = 65536",
        "pinned = 1.5",
        "pinned = 2026-11-26T00:08:42Z",
        "pinned = [1, 2]",
        "pinned = { by = \"bob\" }",
        "pinned = ",
        "pinned = \"x",
        "pinned = \"x\" y",
        "pinned = 'x'",
        "pinned = \"\\x\"",
        "pinned = \"\\u12\"",
        "pinned = \"\\u123g\"",
        "pinned = \"\\ud800\"",
        "username = [\"alice\", \"alicia\"]",
        "muted = [\"bob\"",
        "muted = [\"bob\" \"eve\"]",
        "muted = [bob]",
        "muted = [\"bob\"]]",
        "muted = [{ name = \"bob\", until = 3 }]",
        "seen = 12\nlog = \"x\"",
        "log = 12\nseen = \"x\"",
    ] {
        let newer = format!(
            "[[room]]\naddress = \"one:1\"\n{line}\n\n[[room]]\naddress = \"two:2\"\nmuted = [\"eve\"]\n"
        );
        (STORE.write)("rooms.toml", &newer).unwrap();
        std::fs::write(&path, &newer).unwrap();
        for file in [RoomsFile::stored(STORE), RoomsFile::at(path.clone())] {
            let (known, trouble) = file.load("one:1");
            assert!(trouble.is_none(), "{line}: {trouble:?}");
            assert_eq!((known.seen, known.muted), (None, vec![]), "{line}");
            assert_eq!(file.load("two:2").0.muted, ["eve"], "{line}");
            file.keep("one:1", &Visit::default(), &[]).unwrap();
            file.keep("two:2", &Visit::default(), &[]).unwrap();
        }
        for kept in [
            (STORE.read)("rooms.toml").unwrap().unwrap(),
            std::fs::read_to_string(&path).unwrap(),
        ] {
            for line in line.lines() {
                assert!(kept.lines().any(|it| it == line), "{line} is not in {kept}");
            }
        }
    }
}

#[test]
fn what_is_known_now_takes_the_place_of_a_newer_value() {
    let newer = "[[room]]\naddress = \"one:1\"\nmuted = 3\nseen = 4\nlog = 5\n";
    (STORE.write)("rooms.toml", newer).unwrap();
    let (log, place) = (Hex128(7), "x".to_owned());
    let visit = Visit {
        seen: Some(LastSeen { log, place }),
        ..Visit::default()
    };
    let mutes = [("bob".to_owned(), true)];
    let file = RoomsFile::stored(STORE);
    file.keep("one:1", &visit, &mutes).unwrap();
    let kept = (STORE.read)("rooms.toml").unwrap().unwrap();
    assert_eq!(kept.lines().count(), 5, "{kept}");
    let (known, trouble) = file.load("one:1");
    assert!(trouble.is_none(), "{trouble:?}");
    assert_eq!(
        (known.seen, &*known.muted),
        (visit.seen, &["bob".to_owned()][..])
    );
}

/// Nobody is led in plain into a room that may be private.
#[test]
fn a_room_is_private_where_it_is_not_known_what_a_newer_version_says() {
    for value in ["yes", "\"always\"", "3"] {
        let newer =
            format!("[[room]]\naddress = \"one:1\"\nusername = \"alice\"\nprivate = {value}\n");
        (STORE.write)("rooms.toml", &newer).unwrap();
        let (used, trouble) = RoomsFile::stored(STORE).used();
        assert!(used[0].is_private && trouble.is_none(), "{value}");
    }
}

#[test]
fn settings_that_no_page_writes_are_broken() {
    for text in [
        "theme = \"Dark\"",
        "theme = true",
        "zoom = 49",
        "zoom = 201",
        "people = \"yes\"",
        "colour = \"red\"",
        "[[theme]]",
    ] {
        (STORE.write)("settings.toml", text).unwrap();
        let (settings, trouble) = SettingsFile::stored(STORE).load();
        assert_eq!(settings, Settings::default());
        assert!(trouble.is_some(), "{text}");
    }
}
