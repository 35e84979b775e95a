//! What the desktop is told about the client.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::env;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output};

const ENTRY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/desktop/hubbub-client.desktop"
);

#[test]
fn the_desktop_entry_follows_the_specification() {
    is_valid(Path::new(ENTRY));
}

fn is_valid(entry: &Path) {
    if let Some(output) = run(Command::new("desktop-file-validate").arg(entry)) {
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }
}

/// The result, unless there is no such program.
fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let program = command.get_program().display();
            eprintln!("SKIPPED: there is no {program}; `just setup` installs it");
            None
        }
        output => Some(output.unwrap()),
    }
}

/// Installs the entry below a directory of this name, as `just install` does. Returns where that is.
fn install(name: &str) -> Option<PathBuf> {
    let prefix = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()));
    fs::create_dir_all(prefix.join("bin")).unwrap();
    for recipe in ["desktop-entry", "refresh-desktop"] {
        let mut just = Command::new("just");
        just.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let output = run(just.arg(recipe).arg(&prefix))?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{recipe}: {said}");
    }
    Some(prefix)
}

/// Without a desktop, `xdg-open` reads the entry itself.
#[test]
fn under_a_plain_window_manager_xdg_open_hands_a_link_to_the_installed_window() {
    let Some(prefix) = install("plain") else {
        return;
    };
    let window = prefix.join("bin/hubbub-client");
    let link = prefix.join("link");
    let script = format!("#!/bin/sh\nprintf %s \"$*\" >'{}'\n", link.display());
    fs::write(&window, script).unwrap();
    fs::set_permissions(&window, Permissions::from_mode(0o755)).unwrap();
    let mut open = Command::new("xdg-open");
    open.arg("chat://localhost:8765")
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap())
        .env("HOME", &prefix)
        .env("XDG_DATA_DIRS", prefix.join("share"))
        .env("DISPLAY", ":none")
        // Nothing else takes it.
        .env("BROWSER", "false");
    if let Some(output) = run(&mut open) {
        let said = String::from_utf8_lossy(&output.stderr);
        let taken = fs::read_to_string(&link).unwrap_or_default();
        assert_eq!(taken, "--ask chat://localhost:8765", "{said}");
    }
    fs::remove_dir_all(prefix).unwrap();
}

#[test]
fn a_path_with_a_blank_is_quoted_in_the_entry() {
    let Some(prefix) = install("with a blank") else {
        return;
    };
    let path = prefix.join("share/applications/hubbub-client.desktop");
    let entry = fs::read_to_string(&path).unwrap();
    let line = format!("Exec=\"{}/bin/hubbub-client\" --ask %u", prefix.display());
    assert!(
        entry.lines().any(|other| other == line),
        "no {line} in {entry}"
    );
    is_valid(&path);
    fs::remove_dir_all(prefix).unwrap();
}

#[test]
fn the_desktop_has_the_window_in_its_menu_and_hands_it_links_to_rooms() {
    let entry = fs::read_to_string(ENTRY).unwrap();
    let has = |line: &str| entry.lines().any(|other| other == line);
    assert!(
        has("MimeType=x-scheme-handler/chat;x-scheme-handler/chats;"),
        "{entry}"
    );
    assert!(has("Exec=hubbub-client --ask %u"), "{entry}");
    assert!(!entry.contains("NoDisplay"), "{entry}");
}
