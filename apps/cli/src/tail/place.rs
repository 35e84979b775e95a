//! Place: how far the conversation is printed, and how a restarted program finds that out.
//!
//! Printing is one thing and noting it another, and a program can be killed between them. Where stdout is a file, what
//! is about to be printed is noted before, with the end that the file will have: so the next run sees whether it was
//! printed, and takes off what was printed in part. Nobody can see that of a pipe. There the last lines may come twice.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hubbub_session::{Event, Seen};
use hubbub_wire::Hex128;

use super::state::{Output, State, Writing};
use crate::member::Profile;
use crate::room::Room;
use crate::status::Failure;

/// How far the conversation is printed.
pub(super) struct Place {
    /// Where that is kept.
    path: Option<PathBuf>,
    state: State,
    secret: Hex128,
    /// The log in which the next message stands.
    room: Option<Hex128>,
    /// The message that the next print reaches.
    next: Option<Seen>,
    /// Stdout, if it is a file.
    file: Option<File>,
}

impl Place {
    /// The place up to which an earlier run has printed, if there was one.
    pub(super) fn kept_in(path: &Path, room: &Room) -> Result<Self, Failure> {
        let mut state = State::read(path, room)?;
        let file = stdout_file();
        if let (Some(writing), Some(file)) = (state.writing.take(), &file)
            && let Some(now) = output(file)
            && now.is_same(&writing.output)
        {
            let begin = writing.output.length;
            if now.length >= writing.end {
                state.seen = Some(writing.seen);
            } else if now.length > begin {
                file.set_len(begin)
                    .map_err(|error| Failure::output(&error))?;
            }
        }
        state.write(path)?;
        Ok(Self {
            path: Some(path.to_owned()),
            file,
            ..Self::at(state)
        })
    }

    /// A place that ends with the program.
    pub(super) fn not_kept(room: &Room) -> Result<Self, Failure> {
        State::new(room).map(Self::at)
    }

    fn at(state: State) -> Self {
        Self {
            path: None,
            secret: state.secret,
            room: None,
            next: None,
            file: None,
            state,
        }
    }

    /// As whom to connect.
    pub(super) fn profile(&self, recent: u32) -> Profile {
        Profile {
            seen: self.state.seen.clone(),
            recent,
            secret: Some(self.secret),
            ..Profile::default()
        }
    }

    /// Whether there is a place from which the server can go on.
    pub(super) fn is_known(&self) -> bool {
        self.state.seen.is_some() || self.next.is_some()
    }

    /// The next print goes up to this event.
    pub(super) fn pass(&mut self, event: &Event) {
        let seq = match event {
            Event::Granted { room, .. } => {
                self.room = Some(*room);
                return;
            }
            Event::Said {
                mark: Some(mark), ..
            } => &mark.seq,
            Event::CaughtUp { last, .. } => last,
            _ => return,
        };
        self.next = self.room.map(|room| Seen {
            room,
            seq: seq.clone(),
        });
    }

    /// Prints, and keeps up to where.
    pub(super) fn print(&mut self, lines: &str) -> Result<(), Failure> {
        let next = self.next.take();
        if let (Some(seen), Some(path), Some(file), false) =
            (&next, &self.path, &self.file, lines.is_empty())
            && let Some(output) = output(file)
        {
            let end = output.length + lines.len() as u64;
            self.state.writing = Some(Writing {
                output,
                end,
                seen: seen.clone(),
            });
            self.state.write(path)?;
        }
        let mut stdout = io::stdout().lock();
        let printed = stdout
            .write_all(lines.as_bytes())
            .and_then(|()| stdout.flush());
        printed.map_err(|error| Failure::output(&error))?;
        if let Some(seen) = next {
            self.state.seen = Some(seen);
            self.state.writing = None;
            if let Some(path) = &self.path {
                self.state.write(path)?;
            }
        }
        Ok(())
    }
}

/// Stdout, if it is a file.
fn stdout_file() -> Option<File> {
    let file = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
    let is_file = file.metadata().ok()?.is_file();
    is_file.then_some(file)
}

/// Which file it is, and how long it is now.
fn output(file: &File) -> Option<Output> {
    let found = file.metadata().ok()?;
    Some(Output {
        device: found.dev(),
        inode: found.ino(),
        length: found.len(),
    })
}
