//! What the desktop is told about the client.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::io::ErrorKind;
use std::process::Command;

const ENTRY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/desktop/hubbub-client.desktop"
);

#[test]
fn the_desktop_entry_follows_the_specification() {
    match Command::new("desktop-file-validate").arg(ENTRY).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("SKIPPED: there is no desktop-file-validate; `just setup` installs it");
        }
        output => {
            let said = output.unwrap().stdout;
            assert_eq!(String::from_utf8_lossy(&said), "");
        }
    }
}

#[test]
fn the_desktop_hands_links_to_rooms_to_the_client() {
    let entry = std::fs::read_to_string(ENTRY).unwrap();
    let has = |line: &str| entry.lines().any(|other| other == line);
    assert!(has("MimeType=x-scheme-handler/chat;"), "{entry}");
    assert!(has("Exec=hubbub-client %u"), "{entry}");
}
