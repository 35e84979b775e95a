//! The program's answers to its command line: on the console, before there is any window.
#![cfg(feature = "desktop")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::process::{Command, Output};

/// Runs the program where no window could open.
fn client(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hubbub-client"))
        .args(arguments)
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
