//! Names that are made to deceive readers: on a terminal, in the log, or next to messages of the server.
//! `tests/program/lines.rs` tests that the log escapes them.

use hubbub_testing::{join, leave, text};

use crate::siege::withstands;

/// Control characters, and what ends a line or a header.
const NO_NAMES: [&str; 9] = [
    "eve\u{1b}[2J",
    "\u{1b}]0;owned\u{7}",
    "eve\u{9b}2J",
    "eve\u{8}\u{8}\u{8}bob",
    "eve\0",
    "eve\u{7f}",
    "eve\u{85}",
    "eve\rbob",
    "eve\tbob",
];

/// Changes of direction, invisible blanks and joiners, line ends that the protocol does not know, and letters that look
/// like others.
const ODD_NAMES: [&str; 10] = [
    "\u{202e}eve",
    "eve\u{2066}bob\u{2069}",
    "eve\u{200b}",
    "\u{feff}eve",
    "eve\u{2028}bob",
    "Server",
    "server\u{200b}",
    "\u{455}\u{435}rv\u{435}r",
    "\u{ff53}erver",
    "ser\u{a0}ver",
];

#[test]
fn a_name_that_a_terminal_obeys_is_nobodys() {
    withstands(&[], |siege| {
        let mut alice = siege.room.member("alice");
        for name in NO_NAMES {
            let mut eve = siege.room.connect();
            eve.send([join(name), text(name, "never said"), join("eve")].concat());
            alice.expect(join("eve"));
            eve.send([text(name, "never said"), leave("eve")].concat());
            alice.expect(leave("eve"));
        }
    });
}

#[test]
fn an_odd_name_is_passed_on_byte_for_byte_and_is_nobody_elses() {
    withstands(&[], |siege| {
        let mut alice = siege.room.member("alice");
        for name in ODD_NAMES {
            let mut odd = siege.room.connect();
            let forged = [text("alice", "forged"), text("server", "forged")].concat();
            odd.send([join(name), forged, text(name, "mine"), leave(name)].concat());
            alice.expect([join(name), text(name, "mine"), leave(name)].concat());
        }
    });
}

/// Blanks around a value do not belong to it.
#[test]
fn blanks_around_it_make_no_other_name_of_server() {
    withstands(&[], |siege| {
        let mut alice = siege.room.member("alice");
        for name in ["server", " server", "server ", "server\t", "\t server \t"] {
            let mut forger = siege.room.connect();
            forger.send([join(name), text(name, "forged")].concat());
            let told = forger.expect_notice();
            assert!(told.contains("reserved"), "{name:?}: {told}");
            forger.expect_gone();
        }
        let mut bob = siege.room.member("bob");
        alice.expect(join("bob"));
        bob.send(text("bob", "nobody came"));
        alice.expect(text("bob", "nobody came"));
    });
}
