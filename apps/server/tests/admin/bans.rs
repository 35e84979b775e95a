//! Bans: who is turned away, for how long, and what survives.

use std::fs;

use hubbub_testing::{Peer, Program, Room, join, leave, run, until};

use crate::desk::{Desk, Directory};

/// What somebody is told who comes from there and has no place.
#[track_caller]
fn told(from: [u8; 4], room: &Room, name: &str) -> String {
    let mut peer = Peer::connect_from(from, room.address());
    peer.try_send(join(name));
    peer.expect_notice()
}

fn listed(desk: &mut Desk) -> Vec<String> {
    let rows = desk.does("bans").rows;
    rows.into_iter().map(|row| row[0].clone()).collect()
}

#[test]
fn a_banned_address_is_put_out_and_turned_away_with_words_until_it_is_let_in_again() {
    let directory = Directory::new();
    let room = directory.room();
    let mut bob = Peer::connect_from([127, 0, 0, 2], room.address());
    bob.send(join("bob"));
    room.hears(join("bob"));
    let mut desk = directory.desk();
    let answer = desk.does("ban\t127.0.0.2");
    assert_eq!(
        answer.words,
        "banned, 1 connection ended; until the server ends, since it has no --state"
    );
    assert_eq!(
        bob.expect_notice(),
        "an operator has banned your address from the room"
    );
    bob.expect_closed();
    room.hears(leave("bob"));
    let mut again = Peer::connect_from([127, 0, 0, 2], room.address());
    // It is told without a JOIN: the door knows.
    assert_eq!(
        again.expect_notice(),
        "an operator has banned your address from the room"
    );
    again.expect_closed();
    assert_eq!(listed(&mut desk), ["127.0.0.2"]);
    desk.does("unban\t127.0.0.2");
    assert!(
        desk.fails("no", "unban\t127.0.0.2")
            .contains("is not banned")
    );
    let mut bob = Peer::connect_from([127, 0, 0, 2], room.address());
    bob.send(join("bob"));
    room.hears(join("bob"));
}

#[test]
fn a_ban_with_a_time_ends_by_itself() {
    let directory = Directory::new();
    let room = directory.room();
    let mut desk = directory.desk();
    // Time enough for a busy machine to come before it is over.
    desk.does("ban\t127.0.0.2\t10s");
    let words = told([127, 0, 0, 2], &room, "bob");
    let is_told = |seconds: u32| words.contains(&format!("come back in {seconds}s"));
    assert!((1..=10).any(is_told), "{words}");
    until("the ban is over", || listed(&mut desk).is_empty());
    let mut bob = Peer::connect_from([127, 0, 0, 2], room.address());
    bob.send(join("bob"));
    room.hears(join("bob"));
}

#[test]
fn an_ipv6_address_stands_for_its_network_of_64_bits() {
    let directory = Directory::new();
    let _room = directory.room();
    let mut desk = directory.desk();
    desk.does("ban\t2001:db8::1");
    desk.does("ban\t2001:db8::2\t1h");
    let rows = desk.does("bans").rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][0], "2001:db8::/64");
    assert!(rows[0][1].ends_with('Z'), "{rows:?}");
    desk.does("unban\t2001:db8::/64");
}

#[test]
fn a_ban_survives_kill_9_and_a_restart() {
    let directory = Directory::new();
    let program = directory.that_keeps();
    let mut desk = directory.desk();
    assert_eq!(
        desk.does("ban\t127.0.0.2").words,
        "banned, 0 connections ended; kept"
    );
    desk.does("ban\t127.0.0.3\t1h");
    desk.does("ban\t127.0.0.4");
    desk.does("unban\t127.0.0.4");
    program.signal("KILL");
    drop(program);
    let mut program = directory.that_keeps();
    let mut desk = directory.desk();
    assert_eq!(listed(&mut desk), ["127.0.0.2", "127.0.0.3"]);
    let room = Room::at(program.address());
    assert!(told([127, 0, 0, 2], &room, "bob").contains("has banned"));
    let mut eve = Peer::connect_from([127, 0, 0, 4], room.address());
    eve.send(join("eve"));
    room.hears(join("eve"));
}

#[test]
fn bans_count_also_where_there_is_no_administration_any_more() {
    let directory = Directory::new();
    let program = directory.that_keeps();
    directory.desk().does("ban\t127.0.0.2");
    drop(program);
    let state = directory.text("state");
    let mut program = Program::with(&[], &[("STATE_DIRECTORY", &state)]);
    let room = Room::at(program.address());
    assert!(told([127, 0, 0, 2], &room, "bob").contains("has banned"));
}

#[test]
fn a_damaged_file_is_refused_with_what_is_wrong_and_left_as_it_is() {
    let directory = Directory::new();
    let state = directory.text("state");
    fs::create_dir(&state).unwrap();
    let file = directory.path("state/bans");
    for (damaged, word) in [
        (&b"hubbub-bans-1 1\n192.0.2.1 soon\n"[..], "line 2"),
        (b"hubbub-bans-1 2\n192.0.2.1 for-good\n", "1 whole bans"),
        (b"", "first line"),
        (b"\xff\n", "not UTF-8"),
        (&[b'x'; 500_000], "too long"),
    ] {
        fs::write(&file, damaged).unwrap();
        let ended = run(&["--port", "0", "--listen", "127.0.0.1", "--state", &state]);
        assert_eq!(ended.status.code(), Some(1));
        assert!(
            ended.stderr.contains("are damaged") && ended.stderr.contains(word),
            "{}",
            ended.stderr
        );
        assert_eq!(fs::read(&file).unwrap(), damaged);
    }
}

#[test]
fn two_servers_do_not_keep_their_bans_in_one_place() {
    let directory = Directory::new();
    let _first = directory.that_keeps();
    let state = directory.text("state");
    let ended = run(&["--port", "0", "--listen", "127.0.0.1", "--state", &state]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("another server keeps its bans in"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_ban_that_cannot_be_kept_counts_and_says_so() {
    let directory = Directory::new();
    let _program = directory.that_keeps();
    let mut desk = directory.desk();
    desk.does("ban\t127.0.0.2");
    // Where the newer file is to be, a directory is in its way.
    fs::create_dir(directory.path("state/bans.new")).unwrap();
    let words = desk.fails("no", "ban\t127.0.0.3");
    assert!(words.contains("only until the server ends"), "{words}");
    assert_eq!(listed(&mut desk), ["127.0.0.2", "127.0.0.3"]);
    fs::remove_dir(directory.path("state/bans.new")).unwrap();
    desk.does("ban\t127.0.0.4");
    let kept = fs::read_to_string(directory.path("state/bans")).unwrap();
    assert_eq!(kept.lines().count(), 4, "{kept}");
}

#[test]
fn a_ban_of_the_address_of_everybody_leaves_the_administrators_where_they_are() {
    let directory = Directory::new();
    let mut program = directory.that_keeps();
    let address = program.address();
    let mut ada = Peer::connect(address);
    ada.send(join("ada"));
    let mut desk = directory.desk();
    crate::desk::until_members(&mut desk, 1);
    assert!(
        desk.does("ban\t127.0.0.1")
            .words
            .starts_with("banned, 1 connection ended")
    );
    ada.expect_notice();
    ada.expect_closed();
    let mut second = directory.desk();
    assert_eq!(second.does("who").rows.len(), 0);
    second.does("unban\t127.0.0.1");
    let _room = Room::at(address);
}
