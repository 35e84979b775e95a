//! On a terminal: what is shown above the line that is typed, and how it ends.

use hubbub_testing::{HeldPort, Program, Room, join, leave, text};

use crate::screen::Screen;

/// Alice on a terminal in a room with a watcher, who is a plain member.
fn alice(room: &Room) -> Screen {
    let alice = Screen::chat(room, "alice", &[]);
    room.hears(join("alice"));
    alice.shows("alice>");
    alice
}

/// The last line of the screen.
fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn who_is_here_comes_goes_and_speaks_is_shown_above_the_line_that_is_typed() {
    let room = Room::open();
    let mut alice = alice(&room);
    alice.shows("here: alice and watcher");
    alice.types("half a l");
    alice.becomes("what is typed", |text| last(text) == "alice> half a l");
    let mut bob = room.member("bob");
    alice.shows("* bob joined");
    bob.send(text("bob", "hi there"));
    alice.shows(" bob: hi there");
    bob.send(text("bob", "one\ntwo"));
    alice.becomes("two lines", |text| {
        text.contains(" bob: one\n    two\nalice> half a l")
    });
    bob.send(leave("bob"));
    alice.becomes("a farewell", |text| {
        text.ends_with("* bob left\nalice> half a l")
    });
    alice.types("ine\r");
    room.hears(text("alice", "half a line"));
    alice.becomes("an empty prompt", |text| {
        text.ends_with("alice> half a line\nalice>")
    });
}

#[test]
fn the_past_is_shown_and_said_to_be_past() {
    let room = Room::open();
    let mut bob = room.member("bob");
    bob.send(text("bob", "long ago"));
    room.hears(text("bob", "long ago"));
    let alice = alice(&room);
    alice.becomes("the past", |text| {
        text.contains(" bob: long ago\n") && text.contains("* this was said before\n")
    });
}

#[test]
fn ctrl_d_ctrl_c_and_signals_leave_the_room_with_0_and_the_terminal_as_it_was() {
    for way in ["\u{4}", "\u{3}", "TERM", "INT", "HUP"] {
        let room = Room::open();
        let mut alice = alice(&room);
        alice.shows("here: ");
        assert!(!alice.is_as_before());
        if way.len() == 1 {
            alice.types(way);
        } else {
            alice.signal(way);
        }
        room.hears(leave("alice"));
        assert_eq!(alice.ends().code(), Some(0), "{way:?}: {}", alice.text());
        assert!(alice.is_as_before(), "{way:?}");
        alice.leaves_pasted_text_unmarked();
    }
}

#[test]
fn what_others_say_moves_nothing_on_the_terminal() {
    let room = Room::open();
    let alice = alice(&room);
    let evil = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\rover\u{202e}txet\u{8}\u{2066}";
    let mut eve = room.member("e\u{202e}ve");
    eve.send(text("e\u{202e}ve", evil));
    eve.send(text("e\u{202e}ve", "the end"));
    alice.shows(": the end");
    let bytes = String::from_utf8(alice.bytes()).unwrap();
    let harmless = ": \u{fffd}[2J\u{fffd}]0;title\u{fffd}\u{fffd}31m\u{fffd}over\u{fffd}txet\u{fffd}\u{fffd}\r\n";
    assert!(
        bytes.contains("e\u{fffd}ve") && bytes.contains(harmless),
        "{bytes:?}"
    );
    for obeyed in [
        "\u{1b}[2J",
        "\u{1b}]",
        "\u{7}",
        "\u{9b}",
        "\u{202e}",
        "\u{2066}",
    ] {
        assert!(!bytes.contains(obeyed), "{obeyed:?} in {bytes:?}");
    }
}

#[test]
fn several_lines_are_pasted_as_one_message_without_what_a_terminal_obeys() {
    let room = Room::open();
    let mut alice = alice(&room);
    alice.types("see: \u{1b}[200~one\rtwo\u{7}\r\nthree\u{1b}[201~");
    alice.becomes("all lines", |text| {
        text.ends_with("alice> see: one\ntwo\nthree")
    });
    alice.types("\r");
    room.hears(text("alice", "see: one\ntwo\nthree"));
    assert!(!alice.bytes().contains(&7));
}

#[test]
fn long_lines_and_wide_letters_do_not_break_the_prompt() {
    let room = Room::open();
    let mut alice = alice(&room);
    let mut bob = room.member("bob");
    alice.shows("* bob joined");
    // Three rows of 60 columns, the last letters two columns wide.
    let long = format!("{}{}", "x".repeat(107), "\u{65e5}\u{672c}".repeat(10));
    alice.types(&long);
    let typed = |text: &str| {
        let rows: Vec<_> = text.lines().rev().take(3).collect();
        let rows: String = rows.into_iter().rev().collect();
        rows == format!("alice> {long}")
    };
    alice.becomes("three rows", typed);
    let said = "\u{1f469}\u{200d}\u{1f467} \u{65e5}\u{672c}".repeat(20);
    for count in 0..20 {
        bob.send(text("bob", format!("{count} {said}")));
        alice.shows(&format!("bob: {count} "));
        alice.becomes("the same three rows", typed);
    }
    alice.types("\u{1}\u{b}short");
    alice.becomes("a short line", |text| last(text) == "alice> short");
    alice.resize(24, 20);
    bob.send(text("bob", "narrow"));
    alice.becomes("a short line", |text| {
        text.contains("bob: narrow") && last(text) == "alice> short"
    });
}

#[test]
fn a_flood_is_shown_while_a_line_is_typed() {
    let room = Room::open();
    let mut alice = alice(&room);
    let mut bob = room.member("bob");
    let flood: Vec<u8> = (0..2000)
        .flat_map(|n| text("bob", format!("number {n}")))
        .collect();
    bob.send(flood);
    alice.types("typed in a flood");
    alice.shows("bob: number 1999");
    alice.becomes("what is typed", |text| {
        last(text) == "alice> typed in a flood"
    });
    let bytes = String::from_utf8(alice.bytes()).unwrap();
    let missing = (0..2000).find(|n| !bytes.contains(&format!(": number {n}\r\n")));
    assert_eq!(missing, None);
}

#[test]
fn colours_are_for_terminals_whose_user_did_not_refuse_them() {
    for (variable, is_coloured) in [("TERM=xterm", true), ("NO_COLOR=1", false)] {
        let room = Room::open();
        let alice = Screen::chat(&room, "alice", &[variable]);
        alice.shows("here: ");
        let bytes = String::from_utf8(alice.bytes()).unwrap();
        assert_eq!(bytes.contains("\u{1b}[1malice"), is_coloured, "{bytes:?}");
        assert_eq!(bytes.contains("\u{1b}[2m"), is_coloured, "{bytes:?}");
    }
}

#[test]
fn a_lost_connection_is_told_and_what_was_typed_meanwhile_arrives() {
    let port = HeldPort::new();
    let mut server = Program::on(&port);
    let address = format!("127.0.0.1:{}", port.number());
    let mut alice = Screen::chat_at(&address, "alice", &[]);
    alice.shows("here: only alice");
    server.signal("TERM");
    alice.shows("* the connection is lost: ");
    server.status();
    alice.types("are you there?\r");
    alice.shows("* not arrived yet: are you there?");
    let _server = Program::on(&port);
    alice.shows("* connected again, after ");
    alice.shows("* arrived: are you there?");
}

#[test]
fn who_cannot_come_in_is_told_why() {
    let room = Room::open();
    let mut alice = Screen::chat(&room, "watcher", &[]);
    assert_eq!(alice.ends().code(), Some(77), "{}", alice.text());
    alice.shows("hubbub: ");
    assert!(alice.is_as_before());
    let nobody = HeldPort::new();
    let address = format!("127.0.0.1:{}", nobody.number());
    let mut alice = Screen::chat_at(&address, "alice", &[]);
    assert_eq!(alice.ends().code(), Some(69), "{}", alice.text());
}
