//! Peers that send too little, too slowly, too much, or lengths that nobody could send. `tests/bounds/senders.rs` tests
//! what a single one does to the others, and `tests/protocol/reading.rs` how it ends. Here many do it at once.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, MIB, Peer, join, leave, text};

use crate::siege::{ATTACKERS, Siege, UNHURRIED, send_for_ever, withstands};

/// A deadline that passes while a test runs, but leaves members time to join.
const SOON: [&str; 2] = ["--join-timeout", "5s"];

/// Peers that send without end, each from its own thread.
const ENDLESS: usize = 16;

#[test]
fn half_a_head_and_silence_end_at_the_join_deadline() {
    withstands(&SOON, |siege| {
        let mut strangers = siege.strangers(ATTACKERS);
        for (number, stranger) in strangers.iter_mut().enumerate() {
            let head = join(&format!("half {number}"));
            stranger.try_send(&head[..number % head.len()]);
        }
        for stranger in &mut strangers {
            assert!(stranger.expect_gone().is_empty());
        }
    });
}

/// The deadline is for the JOIN and not for the next byte.
#[test]
fn a_byte_now_and_then_does_not_put_off_the_join_deadline() {
    withstands(&SOON, |siege| {
        let mut strangers = siege.strangers(ENDLESS);
        let until = Instant::now() + DEADLINE;
        // A header so long that at this pace it takes hours.
        strangers
            .iter_mut()
            .for_each(|stranger| stranger.try_send("CHAT/1.0 JOIN\r\nX-Long: "));
        while !strangers.is_empty() {
            assert!(Instant::now() < until, "still connected");
            strangers
                .iter_mut()
                .for_each(|stranger| stranger.try_send("x"));
            strangers.retain_mut(|stranger| !stranger.ends_within(Duration::from_millis(5)));
        }
    });
}

#[test]
fn a_member_that_sends_half_a_head_and_nothing_more_holds_up_nobody_and_leaves_nothing() {
    withstands(&[], |siege| {
        let mut members = siege.members(ATTACKERS / 4);
        for (name, member) in &mut members {
            let head = text(name, "never said");
            member.send(&head[..head.len() / 2]);
        }
        siege.room.wait_until_read();
        siege.assert_serves();
        for (name, member) in members {
            drop(member);
            siege.room.hears(leave(&name));
        }
    });
}

/// Sends a beginning and then the same bytes again and again, until each peer has been closed for this reason. How much
/// a peer sends before it notices does not matter.
fn endless(siege: &mut Siege, beginning: &str, bytes: &[u8], why: &str) {
    let mut attackers = siege.members(ENDLESS);
    let send = |(_, attacker): &mut (String, Peer)| {
        attacker.send(beginning);
        send_for_ever(attacker.writer(), bytes.repeat(10_000))
    };
    let sending: Vec<JoinHandle<()>> = attackers.iter_mut().map(send).collect();
    siege.hears_leave_of(attackers.iter().map(|(name, _)| name));
    for sending in sending {
        siege.program.line_with(why);
        sending.join().unwrap();
    }
}

#[test]
fn an_endless_head_ends_at_its_limit() {
    withstands(&[], |siege| {
        let why = "a head longer than 4096 bytes";
        endless(siege, "CHAT/1.0 TEXT\r\nX-Long: ", b"x", why);
    });
}

#[test]
fn endless_headers_end_at_their_limit() {
    withstands(&[], |siege| {
        let why = "a head with more than 32 headers";
        endless(siege, "CHAT/1.0 TEXT\r\n", b"X: y\r\n", why);
    });
}

#[test]
fn endless_noise_ends_at_its_limit() {
    // There are more of them than an address may log by default.
    withstands(&["--log", "debug"], |siege| {
        for noise in [&b"\0"[..], b"noise\r\n", b"CHAT/9.9 ", b"\xff\r\n\r\n"] {
            endless(siege, "", noise, "more than 4096 bytes in a row");
        }
    });
}

/// Blank lines are skipped without a limit.
#[test]
fn endless_blank_lines_hold_up_nobody_and_leave_nothing() {
    withstands(&[], |siege| {
        let mut attackers = siege.members(ENDLESS);
        for (_, attacker) in &mut attackers {
            attacker.send("\r\n".repeat(100_000));
        }
        siege.assert_serves();
        for (name, attacker) in &mut attackers {
            attacker.send(leave(name));
        }
        siege.hears_leave_of(attackers.iter().map(|(name, _)| name));
        for (_, mut attacker) in attackers {
            attacker.expect_gone();
        }
    });
}

/// No memory is taken for what is only announced.
#[test]
fn a_long_text_that_is_announced_and_never_comes_takes_no_memory() {
    withstands(&UNHURRIED, |siege| {
        let mut members = siege.members(ATTACKERS);
        let before = siege.program.reserved_bytes();
        for (name, member) in &mut members {
            member.send(format!(
                "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {MIB}\r\n\r\n"
            ));
        }
        siege.room.wait_until_read();
        let grown = siege.program.reserved_bytes().saturating_sub(before);
        let announced = ATTACKERS * MIB;
        assert!(
            grown < announced as u64 / 100,
            "{grown} bytes of {announced} that were announced"
        );
        siege.assert_serves();
        for (name, member) in members {
            drop(member);
            siege.room.hears(leave(&name));
        }
    });
}

#[test]
fn the_longest_length_that_is_a_number_is_told_to_be_too_long_and_one_more_ends_the_connection() {
    withstands(&[], |siege| {
        for (name, mut member) in siege.members(ATTACKERS / 4) {
            let again = format!("{name} again");
            let mut second = siege.room.member(&again);
            let head = |name: &str, len: u128| {
                format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n")
            };
            let longest = u128::from(u64::MAX);
            member.send(head(&name, longest));
            let frames = std::iter::repeat_with(|| member.frame());
            let told = frames
                .map(|frame| String::from_utf8(frame).unwrap())
                .find(|frame| frame.contains("Username: server"));
            assert!(told.unwrap().contains(&longest.to_string()));
            // Swallowed, as part of the text.
            member.send(leave(&name));
            second.send(head(&again, longest + 1));
            siege.room.hears(leave(&again));
            drop(member);
            siege.room.hears(leave(&name));
        }
    });
}
