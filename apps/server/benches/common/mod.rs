//! What the benches with sockets share: a program that runs and is measured from outside, and the crowd that is
//! connected to it. For Linux: it reads `/proc` and waits with epoll.

#![allow(dead_code, reason = "every bench uses its own part")]
#![allow(unused_imports, reason = "every bench uses its own part")]

mod crowd;
mod program;

use std::borrow::Cow;
use std::io;
use std::process::Command;

use hubbub_wire::{Frame, Limits, Payload, Username, encode};

pub(crate) use crowd::Crowd;
pub(crate) use program::{Program, TROUBLE, resident_bytes, value_of};

/// Was this started by `cargo bench`? `cargo test --all-targets` starts benches too, without this argument.
pub(crate) fn is_asked_for() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// The server, on a free port of loopback, with the settings that it has by itself.
pub(crate) fn start_server() -> io::Result<Program> {
    start_server_that_shows(TROUBLE)
}

/// The same, of whose lines only those with one of these words are shown.
pub(crate) fn start_server_that_shows(shown: &'static [&'static str]) -> io::Result<Program> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub-server"));
    command.args(["--listen", "127.0.0.1", "--port", "0"]);
    Program::start(&mut command, shown)
}

/// The name of the member with this number. Up to 100,000 members all are of one length.
pub(crate) fn name_of(number: usize) -> String {
    format!("m{number:05}")
}

/// The JOIN of the member with this number.
pub(crate) fn join(number: usize) -> io::Result<Vec<u8>> {
    let username = name(name_of(number))?;
    Ok(encoded(&Frame::Join { username }))
}

/// A TEXT of the member with this number.
pub(crate) fn text(number: usize, payload: &[u8]) -> io::Result<Vec<u8>> {
    let username = name(name_of(number))?;
    let payload = Payload::new(payload).ok_or_else(|| io::Error::other("a TEXT of no bytes"))?;
    Ok(encoded(&Frame::Text { username, payload }))
}

/// The LEAVE of the member with this number.
pub(crate) fn leave(number: usize) -> io::Result<Vec<u8>> {
    let username = name(name_of(number))?;
    Ok(encoded(&Frame::Leave { username }))
}

/// A name as the wire library has it.
pub(crate) fn name<'a>(text: impl Into<Cow<'a, str>>) -> io::Result<Username<'a>> {
    Username::new(text, Limits::DEFAULT.max_name).map_err(io::Error::other)
}

fn encoded(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    bytes
}
