//! `hubbub admin` against a real server: every command, and how each of them ends.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use hubbub_server::Settings;
use hubbub_server::password;
use hubbub_server::tls::{Identity, Tls};
use hubbub_testing::tls::Certificate;
use hubbub_testing::{Room, leave, text, until};
use tempfile::TempDir;

/// A room with administrators, and where they are served.
fn room() -> (TempDir, Room, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin");
    let room = Room::with(Settings {
        admin: Some(path.clone()),
        ..Settings::default()
    });
    (dir, room, path)
}

/// Its exit status, and what it wrote to stdout and to stderr.
fn admin(path: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
    let output = command
        .arg("admin")
        .arg(path)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The same of a command that is done. Returns its data.
#[track_caller]
fn done(path: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = admin(path, arguments);
    assert_eq!(code, 0, "{arguments:?}: {err}");
    out
}

#[test]
fn each_command_does_what_it_says_and_ends_with_0() {
    let (dir, room, path) = room();
    let mut bob = room.member("bob smith");
    let mut ada = room.ours("ada");
    bob.expect(hubbub_testing::join("ada"));
    let who = done(&path, &["who"]);
    let rows: Vec<Vec<&str>> = who.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        (rows.len(), rows[0][0], rows[0][1], rows[0][3]),
        (3, "ada", "127.0.0.1", "granted")
    );
    assert_eq!((rows[1][0], rows[1][3]), ("bob smith", "plain"));
    done(&path, &["say", "back\\at \"ten\""]);
    bob.expect(text("server", "back\\at \"ten\""));
    assert_eq!(ada.expect_notice("said"), "back\\at \"ten\"");
    let motd = dir.path().join("motd");
    fs::write(&motd, "Be kind.\r\nAlways.\n").unwrap();
    done(&path, &["motd", motd.to_str().unwrap()]);
    assert_eq!(ada.expect_notice("motd"), "Be kind.\nAlways.");
    let (code, out, err) = admin(&path, &["kick", "bob smith"]);
    assert_eq!((code, &*out), (0, ""));
    assert!(err.starts_with("hubbub: out"), "{err}");
    room.hears(leave("bob smith"));
    done(&path, &["ban", "192.0.2.1", "1h"]);
    done(&path, &["ban", "2001:db8::1"]);
    let bans = done(&path, &["bans"]);
    let rows: Vec<Vec<&str>> = bans
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows[0][0], "192.0.2.1");
    assert_eq!(rows[1], ["2001:db8::/64", "-"]);
    done(&path, &["unban", "192.0.2.1"]);
    let stats = done(&path, &["stats"]);
    assert!(
        stats.contains("members\t2\n") && stats.contains("bans\t1\n"),
        "{stats}"
    );
}

#[test]
fn data_is_there_for_programs_too() {
    let (_dir, room, path) = room();
    let _bob = room.member("bob");
    done(&path, &["ban", "192.0.2.1"]);
    let json = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let lines = done(&path, arguments);
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let who = json(&["who", "--json"]);
    assert_eq!(
        (&who[0]["name"], &who[0]["address"], &who[0]["state"]),
        (&"bob".into(), &"127.0.0.1".into(), &"plain".into())
    );
    assert!(who[0]["since"].as_str().unwrap().ends_with('Z'));
    let bans = json(&["bans", "--json"]);
    assert_eq!(
        bans,
        [serde_json::json!({"address": "192.0.2.1", "until": null})]
    );
    assert_eq!(json(&["stats", "--json"])[0]["members"], 2);
}

#[test]
fn what_cannot_be_done_ends_with_77_and_what_makes_no_sense_with_2() {
    let (dir, _room, path) = room();
    for (arguments, code, words) in [
        (&["kick", "nobody"][..], 77, "nobody here has this name"),
        (&["unban", "192.0.2.1"], 77, "not banned"),
        (&["kick", "a\nb"], 2, "nobody can have the name"),
        (&["ban", "here"], 2, "is no address"),
        (&["ban", "192.0.2.1", "soon"], 2, "is no time"),
        (&["say", " "], 2, "nothing to say"),
        (&["say", &"x".repeat(100_000)], 2, "bytes at most"),
        (&["dance"], 2, "unexpected argument"),
        (&["kick"], 2, "required"),
        (&["motd", "/nowhere/motd"], 78, "cannot read"),
    ] {
        let (status, out, err) = admin(&path, arguments);
        let shown: String = arguments.join(" ").chars().take(40).collect();
        assert_eq!((status, &*out), (code, ""), "{shown}: {err}");
        assert!(err.contains(words), "{shown}: {err}");
    }
    for (bytes, words) in [
        (vec![b'x'; 16 * 1024 + 1], "too long"),
        (vec![0xff], "not UTF-8"),
    ] {
        let file = dir.path().join("motd");
        fs::write(&file, bytes).unwrap();
        let (status, _, err) = admin(&path, &["motd", file.to_str().unwrap()]);
        assert!(status == 78 && err.contains(words), "{status}: {err}");
    }
}

/// A user without rights.
const NOBODY: u32 = 65534;

#[test]
fn who_has_no_right_to_the_socket_ends_with_77() {
    let (dir, _room, path) = room();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
        command.args(arguments).uid(NOBODY).gid(NOBODY).output()
    };
    if as_nobody(&["--version"]).is_err() {
        eprintln!(
            "SKIPPED: only root can run a program as another user, who must be able to read it"
        );
        return;
    }
    let output = as_nobody(&["admin", path.to_str().unwrap(), "who"]).unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(77), "{told}");
    let words = "may be used only by the user who runs the server, and by root";
    assert!(told.contains(words) && output.stdout.is_empty(), "{told}");
}

#[test]
fn where_no_server_listens_it_ends_with_69_and_where_something_else_does_with_76() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin");
    assert_eq!(admin(&path, &["who"]).0, 69);
    fs::write(&path, "a file").unwrap();
    assert_eq!(admin(&path, &["who"]).0, 69);
    fs::remove_file(&path).unwrap();
    drop(UnixListener::bind(&path).unwrap());
    // A program that another test starts at this moment has the socket, too, for an instant.
    until("nobody listens", || {
        let (code, _, err) = admin(&path, &["who"]);
        code == 69 && err.contains("no server listens at")
    });
    for (said, code) in [
        ("220 mail.example.org\n", 76),
        ("hubbub-admin 2\n", 76),
        ("", 76),
        ("hubbub-admin 1\n", 74),
        ("hubbub-admin 1\n- a\tb\n", 74),
        ("hubbub-admin 1\nwhat\n", 76),
        ("hubbub-admin 1\nok", 74),
    ] {
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(said.as_bytes()).unwrap();
        });
        let (status, out, err) = admin(&path, &["who"]);
        assert_eq!((status, &*out), (code, ""), "{said:?}: {err}");
        server.join().unwrap();
    }
}

#[test]
fn an_invitation_is_a_line_on_stdout_and_a_new_password_makes_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let (path, file) = (dir.path().join("admin"), dir.path().join("password"));
    let certificate = Certificate::self_signed("localhost");
    let identity = Identity::from_pem(certificate.chain.as_bytes(), certificate.key.as_bytes());
    let room = Room::unwatched_with(Settings {
        admin: Some(path.clone()),
        tls: Some(Tls::own(identity.unwrap())),
        password: Some(password::write_new(&file).unwrap()),
        password_file: Some(password::PasswordFile::new(file.clone())),
        ..Settings::default()
    });
    // Nobody watches this room, so nobody has seen it begin.
    until("its administrators are served", || {
        admin(&path, &["stats"]).0 == 0
    });
    let begin = format!(
        "chats://chat.example.org:{}/#pin={},key=",
        room.address().port(),
        certificate.pin()
    );
    let invited = || {
        let (code, out, err) = admin(&path, &["invite", "chat.example.org"]);
        assert_eq!((code, &*err), (0, "hubbub: whoever has it comes in\n"));
        let key = fs::read_to_string(&file).unwrap();
        assert_eq!(out, format!("{begin}{key}"));
        key
    };
    let key = invited();
    let (code, out, err) = admin(&path, &["new-password"]);
    assert_eq!((code, &*out), (0, ""));
    assert!(err.contains("who is here stays"), "{err}");
    assert_ne!(invited(), key);
    let pinned = done(&path, &["invite", "--pin", "192.0.2.7:9000"]);
    assert!(
        pinned.starts_with("chats://192.0.2.7:9000/#pin="),
        "{pinned}"
    );
    let several = done(&path, &["invite", "a.example,b.example:9000"]);
    let port = room.address().port();
    let begin = format!("chats://a.example:{port},b.example:9000/#pin=");
    assert!(several.starts_with(&begin), "{several}");
    let (code, out, err) = admin(&path, &["invite", "a/#key=x"]);
    assert_eq!((code, &*out), (2, ""), "{err}");
}

#[test]
fn without_tls_there_is_nothing_to_invite_to() {
    let (_dir, _room, path) = room();
    for wish in [&["invite", "chat.example.org"][..], &["new-password"]] {
        let (code, out, err) = admin(&path, wish);
        assert_eq!((code, &*out), (77, ""), "{err}");
        assert!(err.contains("start the server with --"), "{err}");
    }
}

#[test]
fn what_others_are_called_does_nothing_to_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin");
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let row = "- a\u{1b}[2J\\nb\u{202e}\t\t2026\tplain\nok 1\n";
            stream
                .write_all(format!("hubbub-admin 1\n{row}").as_bytes())
                .unwrap();
        }
    });
    let out = done(&path, &["who"]);
    assert_eq!(out, "a\u{fffd}[2J\u{fffd}b\u{fffd}\t-\t2026\tplain\n");
    let json = done(&path, &["who", "--json"]);
    assert!(
        !json.contains('\u{1b}') && json.lines().count() == 1,
        "{json:?}"
    );
    server.join().unwrap();
}

#[test]
fn the_help_shows_how_it_is_used() {
    let (code, out, _) = admin(Path::new("--help"), &[]);
    assert_eq!(code, 0);
    for word in [
        "kick 'alice smith'",
        "ban 192.0.2.1 12h",
        "unban",
        "motd",
        "stats",
        "PATH",
    ] {
        assert!(out.contains(word), "no {word} in {out}");
    }
}
