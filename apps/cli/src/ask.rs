//! Ask: what only a person can answer, on the terminal from which the program was started, also where its input or
//! output goes elsewhere. Without such a terminal nobody is asked, and the command ends.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::thread;

use hubbub_session::{Event, Intent};
use hubbub_transport::{Address, Pin};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::clean;
use crate::member::signals;
use crate::room;
use crate::status::{Failure, Status};

/// How often each server's password is asked for: somebody may have mistyped it.
const TRIES: usize = 3;

/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 4096;

/// The terminal of the user.
pub(crate) struct Terminal(File);

impl Terminal {
    /// The terminal, if somebody sits there. Where stderr goes elsewhere, nobody would see the question.
    pub(crate) fn open() -> Option<Self> {
        let is_seen = io::stderr().is_terminal();
        let file = is_seen.then(|| File::options().read(true).write(true).open("/dev/tty"));
        file?.ok().map(Self)
    }

    /// Asks, and waits for a line, which is not shown if it is hidden. What was typed before the question is no answer.
    pub(crate) fn ask(&self, question: &str, is_hidden: bool) -> Result<String, Failure> {
        let unusable = |error: io::Error| {
            Failure::new(Status::CutOff, format!("cannot use the terminal: {error}"))
        };
        let stop = signals().map_err(unusable)?;
        let _modes = Modes::set(&self.0, is_hidden).map_err(unusable)?;
        let mut terminal = &self.0;
        terminal.write_all(question.as_bytes()).map_err(unusable)?;
        let (send, answer) = flume::bounded(1);
        let lines = self.0.try_clone().map_err(unusable)?;
        let thread = thread::Builder::new().name("answer".to_owned());
        let read = move || {
            let mut line = String::new();
            let read = BufReader::new(lines).take(MAX_ANSWER).read_line(&mut line);
            let _ = send.send(read.map(|_| line));
        };
        thread.spawn(read).map_err(unusable)?;
        let answered = flume::Selector::new()
            .recv(&answer, |answer| answer.ok())
            .recv(&stop, |_| None)
            .wait();
        if is_hidden || answered.is_none() {
            let _ = terminal.write_all(b"\n");
        }
        let line = answered.ok_or_else(|| Failure::new(Status::Interrupted, "interrupted"))?;
        let line = line.map_err(unusable)?;
        Ok(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}

/// What the terminal does with what is typed. It is as before when this is dropped.
struct Modes<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Modes<'t> {
    fn set(terminal: &'t File, is_hidden: bool) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut asking = before.clone();
        asking.local_modes.set(LocalModes::ECHO, !is_hidden);
        tcsetattr(terminal, OptionalActions::Flush, &asking)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Modes<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// What is asked on the way into a room.
pub(crate) struct Asking {
    terminal: Option<Terminal>,
    /// The servers whose passwords were asked for, each as often as it was.
    tried: Vec<Address>,
}

impl Asking {
    pub(crate) fn new() -> Self {
        Self {
            terminal: Terminal::open(),
            tried: Vec::new(),
        }
    }

    /// The answer to an event that asks something. `None`: it asks nothing, nobody is there, or the answer is no.
    pub(crate) fn answer(&mut self, event: &Event) -> Result<Option<Intent>, Failure> {
        let Some(terminal) = &self.terminal else {
            return Ok(None);
        };
        match event {
            Event::AsksTrust { address, pin, why } => {
                let answer = terminal.ask(&whether_trusted(address, *pin, why), false)?;
                let is_yes = ["y", "yes"].contains(&&*answer.trim().to_lowercase());
                Ok(is_yes.then_some(Intent::Trust { pin: *pin }))
            }
            Event::AsksPassword { address, refused } => {
                let tries = self.tried.iter().filter(|it| *it == address).count();
                if tries == TRIES {
                    return Ok(None);
                }
                self.tried.push(address.clone());
                let before = if *refused {
                    "the room did not take it. "
                } else {
                    ""
                };
                let question = format!("{before}password of {address}: ");
                let password = room::fits(terminal.ask(&question, true)?.into_bytes());
                let address = address.clone();
                let intent = |password| Intent::Password { address, password };
                Ok(password.ok().map(intent))
            }
            _ => Ok(None),
        }
    }
}

/// The question whether this is the server's key.
fn whether_trusted(address: &Address, pin: Pin, why: &str) -> String {
    format!(
        "The key of {address} is not known, and nobody vouches for it: {}.\n\
         Its fingerprint is\n    {}\n\
         Ask whoever runs the room whether that is so. Go in, and remember this key? (yes/no) [no] ",
        clean::line(why),
        pin.fingerprint()
    )
}
