//! What the program says about its command line, on the console, before there is any window.
#![cfg(feature = "desktop")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs::File;
use std::io::{Write, pipe};
use std::os::fd::OwnedFd;
use std::process::{Command, Output, Stdio};

/// Runs the program where no window could open.
fn client(arguments: &[&str]) -> Output {
    as_user("nobody", arguments)
}

fn as_user(login: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hubbub-client"))
        .args(arguments)
        .env("USER", login)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap()
}

#[test]
fn what_is_wrong_is_told_on_stderr_with_status_2() {
    for (arguments, told) in [
        (&[][..], "--username"),
        (&["--username", ""], "--username"),
        (&["--username", "server"], "server"),
        (&["--username", "alice", "--port", "eight"], "eight"),
        (&["--username", "alice", "--port", "65536"], "65536"),
        (&["--username", "alice", "--colour"], "--colour"),
    ] {
        let answer = client(arguments);
        let stderr = String::from_utf8(answer.stderr).unwrap();
        assert_eq!(answer.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
        assert_eq!(answer.stdout, b"", "{arguments:?}");
    }
}

#[test]
fn what_is_wrong_is_told_without_the_password_of_an_invitation() {
    let link = "chats://localhost/#key=correct-horse";
    for arguments in [
        &["x", link][..],
        &["--username=a", "--target", link],
        &["--invitation", link],
        &["--username=a", "--port", link],
    ] {
        let answer = client(arguments);
        let stderr = String::from_utf8(answer.stderr).unwrap();
        assert_eq!(answer.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert!(!stderr.contains("horse"), "{arguments:?}: {stderr}");
    }
}

/// `script` gives the program a terminal.
#[test]
fn an_invitation_is_not_typed_into_a_terminal_in_sight() {
    let program = env!("CARGO_BIN_EXE_hubbub-client");
    let line = format!("'{program}' --username alice --invitation -");
    let answer = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .output()
        .unwrap();
    let told = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(answer.status.code(), Some(2), "{told}");
    assert!(told.contains("standard input is a terminal"), "{told}");
}

#[test]
fn of_standard_input_one_line_is_read_while_it_goes_on() {
    let (reader, mut writer) = pipe().unwrap();
    writer
        .write_all(b"chats://localhost/#word=horse\n")
        .unwrap();
    let answer = Command::new(env!("CARGO_BIN_EXE_hubbub-client"))
        .args(["--username", "alice", "--invitation", "-"])
        .stdin(OwnedFd::from(reader))
        .output()
        .unwrap();
    let stderr = String::from_utf8(answer.stderr).unwrap();
    assert_eq!(answer.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("copy all of it again"), "{stderr}");
    drop(writer);
}

/// What is shown as usage can be typed as it is.
#[test]
fn the_usage_shows_both_ways_to_say_where_to_go_and_under_which_name() {
    const USAGE: &str =
        "Usage: hubbub-client [OPTIONS] --username <NAME>\n       hubbub-client [OPTIONS] <LINK>\n";
    let help = String::from_utf8(client(&["--help"]).stdout).unwrap();
    assert!(help.contains(USAGE), "{help}");
    let refusal = String::from_utf8(client(&[]).stderr).unwrap();
    assert!(refusal.contains(USAGE), "{refusal}");
    for words in [&["--username", "alice"][..], &["chat://localhost"]] {
        let answer = as_user("alice", words);
        let stderr = String::from_utf8(answer.stderr).unwrap();
        // It got as far as the display.
        assert_eq!(answer.status.code(), Some(1), "{words:?}: {stderr}");
    }
}

#[test]
fn an_empty_login_name_is_none() {
    let answer = Command::new(env!("CARGO_BIN_EXE_hubbub-client"))
        .arg("chat://localhost")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .envs([("USER", ""), ("LOGNAME", "alice")])
        .output()
        .unwrap();
    let stderr = String::from_utf8(answer.stderr).unwrap();
    assert_eq!(answer.status.code(), Some(1), "{stderr}");
}

#[test]
fn where_stderr_and_stdout_take_nothing_the_status_says_it() {
    let closed = || OwnedFd::from(pipe().unwrap().1).into();
    let full = || {
        File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
            .into()
    };
    for (kind, output) in [("closed", &closed as &dyn Fn() -> Stdio), ("full", &full)] {
        for (words, status) in [
            (&["--username", "alice"][..], 1),
            (&["--colour"], 2),
            (&["--help"], 0),
            (&["--version"], 0),
        ] {
            let ended = Command::new(env!("CARGO_BIN_EXE_hubbub-client"))
                .args(words)
                .env_remove("DISPLAY")
                .env_remove("WAYLAND_DISPLAY")
                .stdout(output())
                .stderr(output())
                .status();
            assert_eq!(ended.unwrap().code(), Some(status), "{kind}: {words:?}");
        }
    }
}

#[test]
fn without_a_display_it_says_so_with_status_1() {
    for (display, told) in [
        ("", "neither WAYLAND_DISPLAY"),
        (":none", "does not answer"),
    ] {
        let answer = Command::new(env!("CARGO_BIN_EXE_hubbub-client"))
            .args(["--username", "alice"])
            .env("DISPLAY", display)
            .env_remove("WAYLAND_DISPLAY")
            .output()
            .unwrap();
        let stderr = String::from_utf8(answer.stderr).unwrap();
        assert_eq!(answer.status.code(), Some(1), "{display:?}: {stderr}");
        assert!(stderr.contains(told), "{display:?}: {stderr}");
    }
}

#[test]
fn help_and_version_are_told_on_stdout_with_status_0() {
    for (argument, told) in [
        ("--help", "--username"),
        (
            "--version",
            concat!("hubbub-client ", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        let answer = client(&[argument]);
        let stdout = String::from_utf8(answer.stdout).unwrap();
        assert_eq!(answer.status.code(), Some(0));
        assert!(stdout.contains(told), "{stdout}");
        assert_eq!(answer.stderr, b"");
    }
}
