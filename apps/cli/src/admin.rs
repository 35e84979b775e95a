//! `hubbub admin`: asks a running server something, or has it done, through the Unix socket of its administrators.
//!
//! The form of what is said there stands in the head of the server's `admin.rs`. What the server tells of others is
//! cleaned on its way to the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::arguments::{Admin, Wish};
use crate::clean;
use crate::status::{self, Failure, Outcome, Status};

/// What such a socket says first. A later version of it would say another number.
const GREETING: &str = "hubbub-admin 1";

/// How long the server may take for a line. It gives up on itself after 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest answer line, in bytes: a name, each byte of it escaped, and what belongs to it.
const MAX_LINE: u64 = 4096;

/// The most that is read of a message of the day, in bytes. The server takes less.
const MAX_FILE: u64 = 16 * 1024;

pub(crate) fn run(admin: &Admin) -> Outcome {
    let request = admin.wish.request()?;
    let (rows, words) = ask(&admin.path, &request)?;
    match &admin.wish {
        Wish::Who { json } if *json => print(rows.iter().map(|row| {
            let [name, address, since, state] = first(row);
            json!({"name": name, "address": some(address), "since": since, "state": state})
                .to_string()
        })),
        Wish::Bans { json } if *json => print(rows.iter().map(|row| {
            let [address, until] = first(row);
            json!({"address": address, "until": some(until)}).to_string()
        })),
        Wish::Stats { json } if *json => {
            let number = |text: &str| text.parse::<u64>().map_or(Value::Null, Value::from);
            let figures = rows.iter().map(|row| first(row));
            let figures: Map<_, _> = figures
                .map(|[name, value]| (name.to_owned(), number(value)))
                .collect();
            print([Value::from(figures).to_string()].into_iter())
        }
        Wish::Who { .. } | Wish::Bans { .. } | Wish::Stats { .. } => {
            print(rows.iter().map(|row| {
                let fields = row.iter().map(|field| some(field).unwrap_or("-"));
                let fields: Vec<_> = fields.map(clean::line).collect();
                fields.join("\t")
            }))
        }
        Wish::Invite { .. } => {
            print(rows.iter().flatten().map(|link| clean::line(link)))?;
            status::say(&words);
            Ok(())
        }
        _ => {
            status::say(&words);
            Ok(())
        }
    }
}

/// The first fields of a row, empty where there are none.
fn first<const N: usize>(row: &[String]) -> [&str; N] {
    std::array::from_fn(|at| row.get(at).map_or("", String::as_str))
}

/// What an empty field stands for is not known, or not set.
fn some(field: &str) -> Option<&str> {
    (!field.is_empty()).then_some(field)
}

fn print(lines: impl Iterator<Item = String>) -> Outcome {
    let mut text: String = lines.collect::<Vec<_>>().join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    written.map_err(|error| Failure::output(&error))
}

impl Wish {
    /// The line for the server.
    fn request(&self) -> Result<String, Failure> {
        let text;
        let fields: &[&str] = match self {
            Self::Who { .. } => &["who"],
            Self::Bans { .. } => &["bans"],
            Self::Stats { .. } => &["stats"],
            Self::Kick { name } => &["kick", name],
            Self::Ban {
                address,
                time: None,
            } => &["ban", address],
            Self::Ban {
                address,
                time: Some(time),
            } => &["ban", address, time],
            Self::Unban { address } => &["unban", address],
            Self::Say { text } => &["say", text],
            Self::Invite { host, pin: false } => &["invite", host],
            Self::Invite { host, pin: true } => &["invite", host, "pin"],
            Self::NewPassword => &["new-password"],
            Self::Motd { file } => {
                text = read(file)?;
                &["motd", &text]
            }
        };
        let fields: Vec<String> = fields.iter().map(|field| escaped(field)).collect();
        Ok(fields.join("\t") + "\n")
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let bad = |why: String| {
        Failure::new(
            Status::BadFile,
            format!("cannot read {}: {why}", file.display()),
        )
    };
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| bad(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(bad("it is too long for a message of the day".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| bad("it is not UTF-8".to_owned()))
}

fn escaped(field: &str) -> String {
    let field = field.replace('\\', "\\\\").replace('\t', "\\t");
    field.replace('\n', "\\n").replace('\r', "\\r")
}

fn unescaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut letters = field.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            other => other,
        });
    }
    text
}

type Rows = Vec<Vec<String>>;

/// Asks the server. Returns the data of its answer and the words after it.
fn ask(path: &Path, request: &str) -> Result<(Rows, String), Failure> {
    let stream = UnixStream::connect(path).map_err(|error| cannot_connect(path, &error))?;
    let cut_off = |error: io::Error| {
        Failure::new(
            Status::CutOff,
            format!("the server did not answer: {error}"),
        )
    };
    stream.set_read_timeout(Some(PATIENCE)).map_err(cut_off)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(cut_off)?;
    let mut lines = BufReader::new(&stream);
    if line(&mut lines).ok().as_deref() != Some(GREETING) {
        let words = format!(
            "{} is not the socket of a server's administrators",
            path.display()
        );
        return Err(Failure::new(Status::NotChat, words));
    }
    // Where the server says no at once, it does not read this.
    let _ = (&stream).write_all(request.as_bytes());
    let mut rows = Vec::new();
    loop {
        let line = line(&mut lines).map_err(cut_off)?;
        let (mark, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match mark {
            "-" => rows.push(rest.split('\t').map(unescaped).collect()),
            "ok" => return Ok((rows, unescaped(rest))),
            "no" => return Err(Failure::new(Status::Refused, unescaped(rest))),
            "bad" => return Err(Failure::new(Status::Usage, unescaped(rest))),
            _ => {
                let words = "the server answered something that this version does not know";
                return Err(Failure::new(Status::NotChat, words));
            }
        }
    }
}

/// The next line, which has an end and is not too long.
fn line(lines: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    lines.take(MAX_LINE).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn cannot_connect(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied => {
            let words =
                format!("{path} may be used only by the user who runs the server, and by root");
            Failure::new(Status::Refused, words)
        }
        ErrorKind::ConnectionRefused => {
            Failure::new(Status::Unreachable, format!("no server listens at {path}"))
        }
        _ => Failure::new(
            Status::Unreachable,
            format!("cannot connect to {path}: {error}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_written() {
        for field in ["", "a\tb\nc\rd\\e", "\\n", "ü \"'"] {
            let line = escaped(field);
            assert!(!line.contains(['\n', '\r', '\t']), "{line:?}");
            assert_eq!(unescaped(&line), field);
        }
    }

    #[test]
    fn the_longest_line_is_taken_and_a_longer_one_is_not() {
        let fits = "x".repeat(MAX_LINE as usize - 1) + "\n";
        assert!(line(&mut fits.as_bytes()).is_ok());
        assert!(line(&mut ("x".to_owned() + &fits).as_bytes()).is_err());
    }
}
