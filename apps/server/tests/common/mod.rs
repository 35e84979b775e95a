//! What the tests of the server share: a room on a free port of loopback, in this process or as the program itself, and
//! peers that speak raw bytes to it. The bytes are written here a second time, from the protocol's own words and not
//! with the wire library, so that the server is checked against something else than itself.

#![allow(dead_code, reason = "every test program uses its own part")]
#![allow(unused_imports, reason = "every test program uses its own part")]

mod peer;
mod program;
mod room;
pub(crate) mod storm;
#[cfg(target_os = "linux")]
mod system;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use peer::TestPeer;
pub(crate) use program::{Ended, Program, port_in, run};
pub(crate) use room::Room;

/// How long a test waits for one event before it fails. Events take milliseconds; this is for a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// 1 MiB in bytes.
pub(crate) const MIB: usize = 1024 * 1024;

/// Looks again and again until it is so: for what only the system knows, and tells nobody.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A JOIN as the server sends it.
pub(crate) fn join(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n").into_bytes()
}

/// A LEAVE as the server sends it.
pub(crate) fn leave(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 LEAVE\r\nUsername: {name}\r\n\r\n").into_bytes()
}

/// A TEXT as the server sends it.
pub(crate) fn text(name: &str, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let len = payload.len();
    let mut frame =
        format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n").into_bytes();
    frame.extend_from_slice(payload);
    frame
}

/// Whether a frame in the server's form is from `name`.
pub(crate) fn is_from(frame: &[u8], name: &str) -> bool {
    let line = format!("Username: {name}");
    frame.split(|&byte| byte == b'\n').nth(1) == Some(format!("{line}\r").as_bytes())
}

/// Bytes for people: control characters escaped, the middle of long ones left out.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const END: usize = 300;
    if bytes.len() <= 2 * END {
        return format!("{} bytes: {}", bytes.len(), bytes.escape_ascii());
    }
    let (front, back) = (&bytes[..END], &bytes[bytes.len() - END..]);
    format!(
        "{} bytes: {} [...] {}",
        bytes.len(),
        front.escape_ascii(),
        back.escape_ascii()
    )
}
