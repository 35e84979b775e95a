//! The storage of a browser, which is a map here.

use std::cell::RefCell;
use std::collections::HashMap;

use super::super::{RoomsFile, Setting, Settings, SettingsFile, Theme, Trail};
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
