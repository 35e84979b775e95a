//! Where the server's key must not stand: in no log at any level, and in no words about a key that cannot be used.
//! `passwords.rs` has the same for passwords and secrets of members.

use std::fs;

use hubbub_testing::tls::{Authority, Directory, client_hello};
use hubbub_testing::{Peer, Program, join, run, text};

/// The lines of a key, in each form in which somebody could use them.
fn lines_of(pem: &str) -> Vec<String> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    lines.map(str::to_owned).collect()
}

#[track_caller]
fn assert_hidden(hidden: &[String], place: &str, text: &str) {
    for hidden in hidden {
        assert!(!text.contains(&**hidden), "{hidden} in {place}: {text}");
    }
}

#[test]
fn no_part_of_a_key_stands_in_a_log_of_any_level() {
    for level in ["info", "debug", "trace"] {
        let directory = Directory::new();
        let options = [
            "--tls",
            "--tls-next-key",
            "--state",
            directory.path(),
            "--log",
            level,
        ];
        let mut program = Program::with(&options, &[]);
        let address = program.address();
        let mut ada = Peer::connect(address).secure();
        ada.send([join("ada"), text("ada", "hello")].concat());
        for bad in [
            client_hello("localhost"),
            b"\x16garbage".repeat(1000),
            join("plain"),
        ] {
            let mut peer = Peer::connect(address);
            peer.try_send(bad);
            peer.try_finish_sending();
            peer.expect_gone();
        }
        program.signal("HUP");
        let mut hidden = Vec::new();
        for key in ["tls.key", "tls-next.key"] {
            hidden.extend(lines_of(&fs::read_to_string(directory.of(key)).unwrap()));
        }
        assert!(hidden.len() >= 4, "{hidden:?}");
        program.signal("TERM");
        let ended = program.end();
        assert!(ended.stderr.contains("fingerprint"), "{}", ended.stderr);
        assert_hidden(&hidden, level, &(ended.stdout + &ended.stderr));
    }
}

#[test]
fn what_is_wrong_with_a_key_is_said_without_the_key() {
    let directory = Directory::new();
    let right = Authority::new().certificate("localhost");
    let [cert, key] = right.write(directory.as_ref(), "server");
    let [cert, key] = [&cert, &key].map(|path| path.to_str().unwrap());
    let other = Authority::new().certificate("localhost").key;
    for bad in [
        right.key.replace("-----BEGIN", "BEGIN"),
        right.key.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
        right.key.replace("\n-----END", "AAAA\n-----END"),
        lines_of(&right.key).concat(),
        other,
    ] {
        fs::write(key, &bad).unwrap();
        let ended = run(&[
            "--tls",
            "--tls-cert",
            cert,
            "--tls-key",
            key,
            "--log",
            "trace",
        ]);
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(key), "{}", ended.stderr);
        assert_hidden(
            &lines_of(&bad),
            "what is said",
            &(ended.stdout + &ended.stderr),
        );
    }
}
