//! Commands, and what the page needs to complete names.

use std::fs;

use crate::harness::Window;
use crate::{joined, left, said, say};

#[test]
fn help_stands_in_this_window_only() {
    let mut window = Window::joined();
    assert!(window.submit("/help"));
    for known in [
        "/help",
        "/clear",
        "/save FILE",
        "/quit",
        "//text",
        "/etc/passwd",
    ] {
        window.shows(known);
    }
    window.shows("Only you see this");
    window.hides(r#"class="message"#);
    assert!(window.intents.is_empty());
}

#[test]
fn an_unknown_command_is_explained_and_stays_in_the_field() {
    let mut window = Window::joined();
    assert!(!window.submit("/dance"), "it must not be lost");
    window.shows("there is no command /dance");
    window.shows("write //dance");
    assert!(window.intents.is_empty());
}

#[test]
fn two_slashes_send_one() {
    let mut window = Window::joined();
    assert!(window.submit("//dance"));
    window.shows(">/dance</div>");
    assert_eq!(window.intents.try_recv(), Ok(say(0, "/dance")));
}

#[test]
fn a_listing_of_paths_is_sent_as_it_is() {
    let mut window = Window::joined();
    assert!(window.submit("/etc\r\n/usr"));
    assert_eq!(window.intents.try_recv(), Ok(say(0, "/etc\n/usr")));
}

#[test]
fn clear_empties_the_window_but_not_the_room() {
    let mut window = Window::joined();
    window.happen_together([joined("bob"), said("bob", "hi")]);
    assert!(window.submit("/clear"));
    window.hides(">hi</div>");
    window.hides("You are in the room");
    window.shows(">bob</bdi>");
    window.happen(said("bob", "again"));
    window.shows(">again</div>");
}

#[test]
fn quit_closes_the_window() {
    let mut window = Window::joined();
    assert!(window.submit("/quit"));
    assert!(window.intents.is_empty(), "the end of the program leaves");
    assert!(window.is_closed());
}

#[test]
fn save_writes_a_new_file_and_says_where_and_never_over_one() {
    let folder = std::env::temp_dir().join(format!("hubbub-components-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("my room.txt");
    let command = format!("/save {}", path.display());
    let mut window = Window::joined();
    window.happen_together([joined("bob"), said("bob", "hi")]);
    assert!(window.submit(&command));
    window.wait_for(&format!("2 lines saved to {}", path.display()));
    let saved = fs::read_to_string(&path).unwrap();
    assert!(saved.ends_with(" bob: hi\n"), "{saved}");

    window.happen(said("bob", "more"));
    assert!(window.submit(&command));
    window.wait_for("exists already; choose another name");
    assert_eq!(fs::read_to_string(&path).unwrap(), saved);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_page_knows_the_names_of_all_others_who_are_here() {
    let mut window = Window::joined();
    window.happen_together([joined("zoe"), joined("Bob"), joined("carol"), left("carol")]);
    window.shows("data-names=\"Bob\nzoe\"");
}
