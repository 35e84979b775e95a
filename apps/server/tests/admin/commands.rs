//! Each command, over the socket, with what the room hears of it.

#[cfg(feature = "history")]
use hubbub_testing::Room;
use hubbub_testing::{Offer, Peer, join, leave, text};

use crate::desk::{Directory, until_members};

#[test]
fn who_lists_names_addresses_times_and_standings_in_the_order_of_the_names() {
    let directory = Directory::new();
    let room = directory.room();
    let _bob = room.member("bob");
    let ada = room.ours("ada the \"first\"");
    let gone = room.ours("gone");
    drop(gone);
    let mut desk = directory.desk();
    hubbub_testing::until("the loss is known", || {
        let rows = desk.does("who").rows;
        rows.iter().any(|row| row[3] == "absent")
    });
    let answer = desk.does("who");
    assert_eq!(answer.words, "4 members");
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|row| (&*row[0], &*row[1], &*row[3]))
        .collect();
    assert_eq!(
        rows,
        [
            ("ada the \"first\"", "127.0.0.1", "granted"),
            ("bob", "127.0.0.1", "plain"),
            ("gone", "127.0.0.1", "absent"),
            ("watcher", "127.0.0.1", "plain"),
        ]
    );
    for row in &answer.rows {
        assert!(
            row[2].starts_with("20") && row[2].ends_with(":00.000Z") | row[2].ends_with(".000Z"),
            "{row:?}"
        );
    }
    drop(ada);
}

#[test]
fn a_name_with_blanks_quotes_and_backslashes_is_kicked_as_it_is_written() {
    let directory = Directory::new();
    let room = directory.room();
    let mut desk = directory.desk();
    for (number, name) in ["a b  c", "\"'`$(x)", "\\n", "日本 \u{202e}abc", "-x"]
        .iter()
        .enumerate()
    {
        let number = u8::try_from(number).unwrap();
        let mut peer = Peer::connect_from([127, 0, 9, number + 1], room.address());
        peer.send(join(name));
        room.hears(join(name));
        desk.does(&format!("kick\t{}", name.replace('\\', "\\\\")));
        room.hears(leave(name));
        peer.expect_gone();
    }
    // A line end in a name makes it a name that nobody can have, and no second command.
    let words = desk.fails("bad", "kick\tbob\\nkick\\teve");
    assert!(words.contains("nobody can have the name"), "{words}");
    assert!(
        desk.fails("no", "kick\tbob")
            .contains("nobody here has this name")
    );
}

#[test]
fn what_is_said_comes_to_everybody_as_a_notice_or_as_a_text() {
    let directory = Directory::new();
    let room = directory.room();
    let mut ada = room.ours("ada");
    let mut bob = room.member("bob");
    ada.expect_coming_or_going("JOIN", "bob");
    let mut desk = directory.desk();
    assert_eq!(
        desk.does("say\tback at ten\\nor so").words,
        "told to 3 members"
    );
    assert_eq!(ada.expect_notice("said"), "back at ten\nor so");
    bob.expect(text("server", "back at ten\nor so"));
    // It is not in the log: nobody who comes later gets it.
    let eve = room.offering(&Offer::new("eve").recent(100));
    assert_eq!(eve.past.len(), 0);
}

#[test]
fn the_message_of_the_day_changes_for_all_and_goes_when_it_is_empty() {
    let directory = Directory::new();
    let room = directory.room();
    let mut ada = room.ours("ada");
    let mut desk = directory.desk();
    let words = desk.does("motd\tBe kind.\\n").words;
    assert!(words.contains("programs of Hubbub"), "{words}");
    assert_eq!(ada.expect_notice("motd"), "Be kind.");
    let words = desk.does("motd\t").words;
    assert!(words.contains("no message of the day"), "{words}");
    ada.expect_silence();
}

#[test]
fn stats_tell_members_messages_and_memory() {
    let directory = Directory::new();
    let room = directory.room();
    let mut bob = room.member("bob");
    bob.send([text("bob", "one"), text("bob", "two")].concat());
    room.hears(text("bob", "two"));
    let _stranger = room.connect();
    let mut desk = directory.desk();
    let of = |desk: &mut crate::desk::Desk, name: &str| {
        let rows = desk.does("stats").rows;
        let row = rows.iter().find(|row| row[0] == name);
        row.unwrap_or_else(|| panic!("no {name} in {rows:?}"))[1]
            .parse::<u64>()
            .unwrap()
    };
    hubbub_testing::until("the stranger is counted", || {
        of(&mut desk, "strangers") == 1
    });
    for (name, value) in [("members", 2), ("absent", 0), ("messages", 2), ("bans", 0)] {
        assert_eq!(of(&mut desk, name), value, "{name}");
    }
    assert!(of(&mut desk, "resident_bytes") > 1_000_000);
    assert!(of(&mut desk, "up_seconds") < 600);
    drop(bob);
    until_members(&mut desk, 0);
    assert_eq!(of(&mut desk, "members"), 1);
}

#[test]
#[cfg(feature = "history")]
fn stats_tell_how_many_messages_the_history_has() {
    let directory = Directory::new();
    let history = directory.text("history");
    let mut program = directory.program(&["--history", &history]);
    let room = Room::at(program.address());
    let mut bob = room.member("bob");
    let mut desk = directory.desk();
    let rows = |desk: &mut crate::desk::Desk| {
        let rows = desk.does("stats").rows;
        rows.into_iter()
            .find(|row| row[0] == "history_rows")
            .map(|row| row[1].clone())
    };
    assert_eq!(rows(&mut desk).as_deref(), Some("0"));
    bob.send([text("bob", "one"), text("bob", "two")].concat());
    room.hears(text("bob", "two"));
    assert_eq!(rows(&mut desk).as_deref(), Some("2"));
}

#[test]
fn each_command_is_one_line_in_the_log_with_who_gave_it_and_without_what_was_said() {
    let directory = Directory::new();
    let mut program = directory.program(&[]);
    let mut desk = directory.desk();
    desk.does("say\tsecret words");
    let line = program.line_with("administered");
    let uid = std::fs::metadata(directory.socket())
        .map(|found| std::os::unix::fs::MetadataExt::uid(&found));
    for part in [
        format!("uid={}", uid.unwrap()),
        format!("pid={}", std::process::id()),
        "what=\"say, 12 bytes\"".to_owned(),
        "outcome=\"told to 0 members\"".to_owned(),
    ] {
        assert!(line.contains(&part), "no {part} in {line}");
    }
    desk.fails("no", "kick\tbob\u{1b}".trim_end_matches('\u{1b}'));
    let line = program.line_with("kick bob");
    assert!(line.contains("nobody here has this name"), "{line}");
    desk.fails("bad", "dance");
    program.line_with("makes no sense");
    desk.send("kick\t\u{1b}[2J\n");
    assert_eq!(desk.answer().end, "bad");
    let line = program.line_with("nobody can have");
    assert!(!line.contains("\u{1b}[2J"), "{line:?}");
    program.signal("TERM");
    let ended = program.end();
    assert!(ended.status.success());
    assert!(!ended.stderr.contains("secret words"), "{}", ended.stderr);
    assert_eq!(
        ended.stderr.matches("administered").count(),
        4,
        "{}",
        ended.stderr
    );
}

#[test]
fn while_nobody_asks_no_thread_wakes_for_an_administrator_that_is_connected_or_for_what_was_kept() {
    let directory = Directory::new();
    let program = directory.that_keeps();
    let mut desk = directory.desk();
    desk.does("ban\t192.0.2.9");
    // This has to wait, since it measures a time in which nothing happens.
    hubbub_testing::until("two seconds without a switch", || {
        let before = program.context_switches();
        std::thread::sleep(std::time::Duration::from_secs(2));
        program.context_switches() == before
    });
    desk.does("bans");
}
