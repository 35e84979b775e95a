//! Prints a room as lines: `listen HOST:PORT NAME`. It joins as NAME and ends when the server closes.
//!
//! One frame is one line: its method, a tab, the name, and for TEXT another tab and the text. Control characters, bidi
//! controls and backslashes come out as escapes such as `\n`, so no text can forge a line or move the cursor.

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

use hubbub_wire::{Decoder, Frame, Item, Limits, Username, encode};

fn main() -> ExitCode {
    let args: Vec<_> = env::args_os().skip(1).collect();
    let (Some(address), Some(name), 2) = (
        args.first().and_then(|arg| arg.to_str()),
        args.get(1).and_then(|arg| arg.to_str()),
        args.len(),
    ) else {
        complain("usage: listen HOST:PORT NAME");
        return ExitCode::from(2);
    };
    match listen(address, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("listen: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn listen(address: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let name = Username::new(name, Limits::DEFAULT.max_name)?;
    let mut server = TcpStream::connect(address)
        .map_err(|error| format!("cannot connect to {address}: {error}"))?;
    let join = Frame::join(name.borrowed());
    send(&mut server, &join)?;
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = server.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut input = &buffer[..count];
        while let Some(item) = decoder.next(&mut input)? {
            let Item::Frame(frame) = item else { continue };
            if writeln!(io::stdout(), "{}", line(&frame)).is_err() {
                // Nobody reads our lines any more.
                return send(&mut server, &Frame::leave(name));
            }
        }
    }
}

/// If stderr takes nothing, the exit status is all there is.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn send(server: &mut TcpStream, frame: &Frame<'_>) -> Result<(), Box<dyn Error>> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    Ok(server.write_all(&bytes)?)
}

fn line(frame: &Frame<'_>) -> String {
    let mut line = format!(
        "{}\t{}",
        frame.method().as_str(),
        plain(frame.username().as_str())
    );
    if let Frame::Text { payload, .. } = frame {
        line.push('\t');
        line.push_str(&plain(&String::from_utf8_lossy(payload.as_bytes())));
    }
    line
}

/// `text` with escapes for all that would act on a terminal or break the line.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                plain.extend(character.escape_default());
            }
            control if control.is_control() => plain.extend(control.escape_default()),
            other => plain.push(other),
        }
    }
    plain
}
