//! Settings, and that the next window has them.

use std::fs;

use hubbub_client::settings::SettingsFile;
use tempfile::TempDir;

use crate::harness::Window;

#[test]
fn what_is_set_is_there_in_the_next_window() {
    let directory = TempDir::new().unwrap();
    let file = SettingsFile::at(directory.path().join("settings.toml"));
    let mut window = Window::joined_with(file.clone());
    window.shows(r#"data-theme="system""#);
    window.shows(r#"data-panel="open""#);
    window.shows("Notifications of mentions: on");
    assert!((window.zoom() - 1.0).abs() < f64::EPSILON);
    window.click("theme");
    window.click("people-toggle");
    window.click("notifications");

    let next = Window::joined_with(file);
    next.shows(r#"data-theme="light""#);
    next.shows(r#"data-panel="closed""#);
    next.shows("Notifications of mentions: off");
}

#[test]
fn a_window_opens_at_the_size_that_was_kept() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("settings.toml");
    fs::write(&path, "zoom = 150").unwrap();
    let window = Window::joined_with(SettingsFile::at(path));
    assert!((window.zoom() - 1.5).abs() < f64::EPSILON);
}

#[test]
fn a_broken_file_is_told_once_in_the_room() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("settings.toml");
    fs::write(&path, "theme = \"pink\"").unwrap();
    let file = SettingsFile::at(path);
    let window = Window::joined_with(file.clone());
    window.shows("settings.toml are broken (");
    window.shows("settings.toml.broken</p>");
    window.shows(r#"data-theme="system""#);
    Window::joined_with(file).hides("broken");
}

#[test]
fn a_file_that_cannot_be_written_is_told_once_and_the_window_does_what_is_set() {
    let directory = TempDir::new().unwrap();
    let blocked = directory.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let mut window = Window::joined_with(SettingsFile::at(blocked.join("settings.toml")));
    window.click("theme");
    window.click("theme");
    window.shows(r#"data-theme="dark""#);
    let html = window.html();
    assert_eq!(
        html.matches("what you set here will be forgotten").count(),
        1,
        "{html}"
    );
}

#[test]
fn the_theme_follows_the_system_until_it_is_switched() {
    let mut window = Window::joined();
    for theme in ["system", "light", "dark", "system"] {
        window.shows_element(&format!(r#"div id="app" data-theme="{theme}""#), "");
        window.click("theme");
    }
}
