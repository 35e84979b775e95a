//! Screen: where lines are shown and where typed ones come from: a terminal, or plain input and output.

use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsFd;
use std::thread;

use flume::{Receiver, Sender};
use hubbub_wire::Limits;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;

use super::conversation::{Line, What};
use super::terminal::Terminal;
use crate::clean;

/// What the user does.
pub(super) enum Typed {
    /// Says this. Its lines end in LF.
    Text(String),
    /// Can add nothing to what waits to be read.
    NoMore,
    /// Has no more to say.
    End,
    /// Wants to go.
    Stop,
}

/// Where what is typed comes from.
pub(super) struct Input {
    /// In order, up to [`Typed::End`].
    pub(super) typed: Receiver<Typed>,
    /// [`Typed::NoMore`], once, also while nobody takes what is typed. A terminal never gives it.
    pub(super) closed: Receiver<Typed>,
}

/// How many typed lines may wait. Beyond that, the input waits.
const TYPED: usize = 64;

/// Where lines are shown.
pub(super) enum Screen {
    /// Above the line that is being typed.
    Terminal(Terminal, Dates),
    /// What is said goes to stdout, and the rest to stderr.
    Plain(TimeZone),
}

impl Screen {
    /// Opens the terminal, or plain input and output, for the user of this name. Returns what is typed from now on.
    pub(super) fn open(is_terminal: bool, name: &str) -> io::Result<(Self, Input)> {
        let (send, typed) = flume::bounded(TYPED);
        let (close, closed) = flume::bounded(1);
        let input = Input { typed, closed };
        let zone = TimeZone::system();
        if is_terminal && let Some(terminal) = Terminal::open(name, send.clone())? {
            let dates = Dates::new(zone);
            return Ok((Self::Terminal(terminal, dates), input));
        }
        let thread = |name: &str| thread::Builder::new().name(name.to_owned());
        thread("input").spawn(move || read_lines(&mut io::stdin().lock(), &send))?;
        thread("writers").spawn(move || {
            wait_until_closed(&io::stdin());
            // The command has ended if nobody takes it.
            let _ = close.send(Typed::NoMore);
        })?;
        Ok((Self::Plain(zone), input))
    }

    /// Whether somebody sits before it.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(..))
    }

    /// Shows lines.
    pub(super) fn show(&mut self, lines: &[Line]) -> io::Result<()> {
        match self {
            Self::Terminal(terminal, dates) => {
                for line in lines {
                    let style = terminal.style();
                    terminal.print(dates.line(line, style));
                }
                Ok(())
            }
            Self::Plain(zone) => lines.iter().try_for_each(|line| show_plain(line, zone)),
        }
    }

    /// Leaves the terminal as it was.
    pub(super) fn close(&mut self) {
        if let Self::Terminal(terminal, _) = self {
            terminal.close();
        }
    }
}

/// Sends each line. No more is kept of one that is too long than what shows that.
fn read_lines(input: &mut impl BufRead, typed: &Sender<Typed>) {
    // Room for a line end, and one byte that is too many.
    let most = Limits::DEFAULT.max_payload as u64 + 3;
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(most).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            // What cannot be read has ended.
            Ok(0) | Err(_) => break,
        }
        let text = String::from_utf8_lossy(&line);
        let whole = text.strip_suffix('\n');
        let is_cut = whole.is_none() && line.len() as u64 == most;
        let text = whole.unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
        if typed.send(Typed::Text(text)).is_err() {
            return;
        }
        if is_cut && input.skip_until(b'\n').is_err() {
            break;
        }
    }
    // The command has ended if nobody takes it.
    let _ = typed.send(Typed::End);
}

/// Waits until nobody can write to the input any more. A file is written already.
fn wait_until_closed(input: &impl AsFd) {
    let mut watched = [PollFd::new(input, PollFlags::empty())];
    let is_file = fstat(input).is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_file());
    // A hang-up is always told.
    while !is_file && matches!(poll(&mut watched, None), Err(Errno::INTR)) {}
}

fn show_plain(line: &Line, zone: &TimeZone) -> io::Result<()> {
    match &line.what {
        What::Told(words) => crate::status::say(words),
        What::Said { .. } => {
            let time = zoned(line, zone).strftime("%Y-%m-%d %H:%M:%S").to_string();
            let mut out = io::stdout().lock();
            writeln!(out, "{time} {}", said(line, Style::PLAIN))?;
            out.flush()?;
        }
    }
    Ok(())
}

fn zoned(line: &Line, zone: &TimeZone) -> Zoned {
    let at = Timestamp::try_from(line.at).unwrap_or_default();
    at.to_zoned(zone.clone())
}

/// How parts of a line are set apart.
#[derive(Clone, Copy)]
pub(super) struct Style {
    name: &'static str,
    dim: &'static str,
    end: &'static str,
}

impl Style {
    /// Not at all.
    pub(super) const PLAIN: Self = Self {
        name: "",
        dim: "",
        end: "",
    };

    /// With what every terminal has, and so that it can be read on dark and light.
    pub(super) const COLOURS: Self = Self {
        name: "\x1b[1m",
        dim: "\x1b[2m",
        end: "\x1b[0m",
    };

    /// The name of somebody.
    pub(super) fn name(self, name: &str) -> String {
        let Self {
            name: begin, end, ..
        } = self;
        format!("{begin}{}{end}", clean::line(name))
    }
}

/// Who said what, or what is told.
fn said(line: &Line, style: Style) -> String {
    match &line.what {
        What::Told(words) => format!("{}* {}{}", style.dim, clean::text(words), style.end),
        What::Said {
            name,
            text,
            is_cut_off,
        } => {
            let remark = if *is_cut_off { " (cut off)" } else { "" };
            format!("{}{remark}: {}", style.name(name), clean::text(text))
        }
    }
}

/// Says which day it is whenever that changes, since lines of a terminal have the time of day alone.
pub(super) struct Dates {
    zone: TimeZone,
    day: jiff::civil::Date,
}

impl Dates {
    fn new(zone: TimeZone) -> Self {
        let day = Timestamp::now().to_zoned(zone.clone()).date();
        Self { zone, day }
    }

    fn line(&mut self, line: &Line, style: Style) -> String {
        let at = zoned(line, &self.zone);
        let mut shown = String::new();
        let Style { dim, end, .. } = style;
        if at.date() != self.day {
            self.day = at.date();
            shown = format!("{dim}{}{end}\n", at.strftime("%A, %-d %B %Y"));
        }
        let time = at.strftime("%H:%M");
        shown + &format!("{dim}{time}{end} {}\n", said(line, style))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MOST: usize = Limits::DEFAULT.max_payload;

    /// The lines of this input.
    fn lines(mut input: &[u8]) -> Vec<String> {
        let (send, typed) = flume::unbounded();
        read_lines(&mut input, &send);
        drop(send);
        let text = |typed| match typed {
            Typed::Text(text) => Some(text),
            Typed::NoMore | Typed::End | Typed::Stop => None,
        };
        typed.iter().filter_map(text).collect()
    }

    /// A thread that waits until this is closed, and tells.
    fn closed(input: impl AsFd + Send + 'static) -> Receiver<()> {
        let (tell, closed) = flume::bounded(1);
        thread::spawn(move || {
            wait_until_closed(&input);
            tell.send(())
        });
        closed
    }

    #[test]
    fn an_input_is_closed_when_its_last_writer_is_gone_or_it_is_a_file() {
        let soon = Duration::from_secs(30);
        let (input, mut writer) = io::pipe().unwrap();
        writer.write_all(b"unread").unwrap();
        let pipe = closed(input);
        let file = closed(tempfile::tempfile().unwrap());
        file.recv_timeout(soon).unwrap();
        assert!(pipe.recv_timeout(Duration::from_millis(50)).is_err());
        drop(writer);
        pipe.recv_timeout(soon).unwrap();
    }

    #[test]
    fn a_line_end_is_no_part_of_a_line() {
        assert_eq!(lines(b"one\r\n\ntwo\nthree"), ["one", "", "two", "three"]);
    }

    #[test]
    fn of_a_line_that_is_too_long_only_so_much_is_kept_that_this_is_seen() {
        for (len, kept) in [(MOST, MOST), (MOST + 1, MOST + 1), (9 * MOST, MOST + 3)] {
            let input = ["x".repeat(len), "\r\n".into(), "next".into()].concat();
            let lines = lines(input.as_bytes());
            assert_eq!((lines[0].len(), &*lines[1]), (kept, "next"), "{len}");
            assert_eq!(lines.len(), 2, "{len}");
        }
    }
}
