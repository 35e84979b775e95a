//! Settings, and the file that holds them, in directories of the tests' own.

use std::fs;
use std::path::Path;
use std::thread;

use tempfile::TempDir;

use super::*;

fn place() -> (TempDir, PathBuf, SettingsFile) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("hubbub/settings.toml");
    (directory, path.clone(), SettingsFile::at(path))
}

fn holds(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Loads what must be whole.
fn loaded(file: &SettingsFile) -> Settings {
    let (settings, trouble) = file.load();
    assert!(trouble.is_none(), "{trouble:?}");
    settings
}

#[test]
fn the_file_is_four_lines_that_a_person_can_edit() {
    let (_directory, path, file) = place();
    assert_eq!(loaded(&file), Settings::default(), "no file is no trouble");
    file.keep(Settings::default(), Setting::Theme(Theme::Dark))
        .unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "theme = \"dark\"\nzoom = 100\nnotifications = true\npeople = true\n"
    );
    holds(&path, "# mine\nzoom = 125\n\nnotifications = false");
    let edited = Settings {
        zoom: Zoom(125),
        notifications: false,
        ..Settings::default()
    };
    assert_eq!(loaded(&file), edited);
}

#[test]
fn what_is_kept_is_loaded_again() {
    let (_directory, _, file) = place();
    let mut settings = Settings::default();
    for setting in [
        Setting::Theme(Theme::Light),
        Setting::Zoom(Zoom::LARGEST),
        Setting::Notifications(false),
        Setting::PeoplePanel(false),
    ] {
        settings.set(setting);
        file.keep(settings, setting).unwrap();
        assert_eq!(loaded(&file), settings);
    }
}

#[test]
fn two_windows_keep_each_others_changes() {
    let (_directory, _, file) = place();
    file.keep(Settings::default(), Setting::Theme(Theme::Dark))
        .unwrap();
    file.keep(Settings::default(), Setting::PeoplePanel(false))
        .unwrap();
    let both = Settings {
        theme: Theme::Dark,
        people: false,
        ..Settings::default()
    };
    assert_eq!(loaded(&file), both);
}

#[test]
fn two_windows_that_write_at_once_never_leave_half_a_file() {
    let (directory, _, file) = place();
    file.keep(Settings::default(), Setting::Theme(Theme::Dark))
        .unwrap();
    let writers = [Zoom::SMALLEST, Zoom::LARGEST].map(|zoom| {
        let file = file.clone();
        thread::spawn(move || {
            for _ in 0..200 {
                file.keep(Settings::default(), Setting::Zoom(zoom)).unwrap();
            }
        })
    });
    while writers.iter().any(|writer| !writer.is_finished()) {
        assert_eq!(loaded(&file).theme, Theme::Dark);
    }
    for writer in writers {
        writer.join().unwrap();
    }
    let left = fs::read_dir(directory.path().join("hubbub")).unwrap();
    assert_eq!(left.count(), 1, "no temporary file stays");
}

#[test]
fn a_broken_file_is_set_aside_told_and_replaced_by_the_defaults() {
    for broken in [
        "theme = ",
        "theme = \"pink\"",
        "tehme = \"dark\"",
        "zoom = \"large\"",
        "zoom = 49",
        "zoom = 201",
        "zoom = -1",
        "\u{0}\u{1}",
    ] {
        let (_directory, path, file) = place();
        holds(&path, broken);
        let (settings, trouble) = file.load();
        assert_eq!(settings, Settings::default());
        let words = trouble.expect(broken).to_string();
        assert!(words.contains("are broken ("), "{words}");
        assert!(words.contains("settings.toml.broken"), "{words}");
        let aside = path.with_file_name("settings.toml.broken");
        assert_eq!(fs::read_to_string(aside).unwrap(), broken);
        assert_eq!(loaded(&file), Settings::default(), "it is told once");
    }
}

#[test]
fn zoom_is_from_50_to_200_percent() {
    let (_directory, path, file) = place();
    for percent in [50, 123, 200] {
        holds(&path, &format!("zoom = {percent}"));
        assert_eq!(loaded(&file).zoom, Zoom(percent));
    }
    holds(&path, "zoom = 201");
    let words = file.load().1.unwrap().to_string();
    assert!(
        words.contains("zoom is 201; it must be from 50 to 200"),
        "{words}"
    );
}

#[test]
fn the_keys_go_by_steps_and_stop_at_both_ends() {
    let (larger, smaller) = (ZoomKey::Larger, ZoomKey::Smaller);
    assert_eq!(Zoom(100).pressed(larger), Zoom(110));
    assert_eq!(Zoom(123).pressed(larger), Zoom(125));
    assert_eq!(Zoom(175).pressed(larger), Zoom::LARGEST);
    assert_eq!(Zoom::LARGEST.pressed(larger), Zoom::LARGEST);
    assert_eq!(Zoom(100).pressed(smaller), Zoom(90));
    assert_eq!(Zoom(67).pressed(smaller), Zoom::SMALLEST);
    assert_eq!(Zoom::SMALLEST.pressed(smaller), Zoom::SMALLEST);
    assert_eq!(Zoom(123).pressed(ZoomKey::Natural), Zoom(100));
}

#[test]
fn a_file_broken_while_the_window_runs_is_set_aside_and_the_windows_settings_are_kept() {
    let (_directory, path, file) = place();
    holds(&path, "half a line");
    let settings = Settings {
        zoom: Zoom(150),
        ..Settings::default()
    };
    let trouble = file
        .keep(settings, Setting::Theme(Theme::Dark))
        .unwrap_err();
    assert!(matches!(trouble, SettingsError::Broken { .. }), "{trouble}");
    let kept = Settings {
        theme: Theme::Dark,
        ..settings
    };
    assert_eq!(loaded(&file), kept);
    assert!(path.with_file_name("settings.toml.broken").exists());
}

#[test]
fn what_cannot_be_read_or_written_is_told() {
    let (directory, path, file) = place();
    fs::create_dir_all(&path).unwrap();
    let (settings, trouble) = file.load();
    assert_eq!(settings, Settings::default());
    let words = trouble.unwrap().to_string();
    assert!(
        words.starts_with("cannot read the settings in /"),
        "{words}"
    );

    // A file where a directory must be: not even root can write below it.
    let blocked = directory.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let file = SettingsFile::at(blocked.join("settings.toml"));
    let trouble = file
        .keep(Settings::default(), Setting::PeoplePanel(false))
        .unwrap_err();
    let words = trouble.to_string();
    assert!(
        words.starts_with("what you set here will be forgotten: cannot write /"),
        "{words}"
    );

    let nowhere = SettingsFile(None);
    assert_eq!(loaded(&nowhere), Settings::default());
    let trouble = nowhere
        .keep(Settings::default(), Setting::PeoplePanel(false))
        .unwrap_err();
    assert!(matches!(trouble, SettingsError::Homeless), "{trouble}");
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let (directory, path, file) = place();
    let real = directory.path().join("dotfiles.toml");
    fs::write(&real, "zoom = 80").unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&real, &path).unwrap();
    file.keep(Settings::default(), Setting::Theme(Theme::Dark))
        .unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("zoom = 80"));
    assert_eq!(loaded(&file).theme, Theme::Dark);
}
