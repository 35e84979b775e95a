//! Says lines in a room: `say HOST:PORT NAME`. It joins as NAME, sends each line of standard input as a TEXT, leaves,
//! and ends when the server closes. What `server` says is an error, such as a name that is taken.

use std::env;
use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hubbub_wire::{Decoder, Frame, Item, Limits, Payload, Username, encode};

fn main() -> ExitCode {
    let args: Vec<_> = env::args_os().skip(1).collect();
    let (Some(address), Some(name), 2) = (
        args.first().and_then(|arg| arg.to_str()),
        args.get(1).and_then(|arg| arg.to_str()),
        args.len(),
    ) else {
        complain("usage: say HOST:PORT NAME <LINES");
        return ExitCode::from(2);
    };
    match say(address, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("say: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(address: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let name = Username::new(name, Limits::DEFAULT.max_name)?.into_owned();
    let server = TcpStream::connect(address)
        .map_err(|error| format!("cannot connect to {address}: {error}"))?;
    server.set_nodelay(true)?;
    let all_said = Arc::new(AtomicBool::new(false));
    let sender = server.try_clone()?;
    let done = Arc::clone(&all_said);
    // In a thread of its own, because the room must be read meanwhile: a server drops members that do not read.
    thread::spawn(move || {
        if let Err(error) = send_lines(sender, &name, &done) {
            complain(&format!("say: {error}"));
        }
    });
    hear(server)?;
    if all_said.load(Ordering::Acquire) {
        Ok(())
    } else {
        Err("the server closed before all was said".into())
    }
}

/// If stderr takes nothing, the exit status is all there is.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// JOIN, a TEXT for each line that is not empty, LEAVE.
fn send_lines(
    mut server: TcpStream,
    name: &Username<'_>,
    all_said: &AtomicBool,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut send = |frame: &Frame<'_>| -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut bytes = Vec::new();
        encode(frame, &mut bytes);
        Ok(server.write_all(&bytes)?)
    };
    send(&Frame::join(name.borrowed()))?;
    let mut input = Ok(());
    for line in io::stdin().lock().split(b'\n') {
        match line {
            Ok(line) => {
                let text = line.strip_suffix(b"\r").unwrap_or(&line);
                if let Some(payload) = Payload::new(text) {
                    let username = name.borrowed();
                    send(&Frame::text(username, payload))?;
                }
            }
            Err(error) => {
                input = Err(format!("cannot read standard input: {error}").into());
                break;
            }
        }
    }
    all_said.store(input.is_ok(), Ordering::Release);
    send(&Frame::leave(name.borrowed()))?;
    input
}

/// Reads until the server closes, and returns what `server` said as an error.
fn hear(mut server: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut buffer = [0; 16 * 1024];
    let mut complaint = None;
    loop {
        // A connection that was reset is closed too.
        let count = server.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            return complaint.map_or(Ok(()), Err);
        }
        let mut input = &buffer[..count];
        while let Some(item) = decoder.next(&mut input)? {
            if let Item::Frame(Frame::Text {
                username, payload, ..
            }) = item
                && username == Username::SERVER
            {
                let words = String::from_utf8_lossy(payload.as_bytes());
                complaint = Some(format!("the server says: {}", words.escape_debug()).into());
            }
        }
    }
}
