//! Shelf: where one text is kept, a file on a desktop or an entry in the storage of a browser. The only file of the
//! settings that reads and writes, and the place where two windows take turns.

use std::io;
use std::path::PathBuf;

#[cfg(not(target_arch = "wasm32"))]
use super::disk;
use super::lines::Line;
use super::{SettingsError, lines};

/// What is added to the name of a broken text.
pub(super) const BROKEN: &str = ".broken";

/// The storage of a browser, which keeps texts under names. A failure is told in words for the user.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// Returns the text of this name, if there is one.
    pub read: fn(&str) -> Result<Option<String>, String>,
    /// Puts a text under this name, in the place of another.
    pub write: fn(&str, &str) -> Result<(), String>,
}

/// What is kept: as lines of TOML, the same in a file and in the storage of a browser.
pub(super) trait Kept: Sized {
    /// What these lines say, or what is wrong with them.
    fn from_lines(lines: Vec<Line>) -> Result<Self, String>;

    /// The lines that say it.
    fn lines(&self) -> Vec<Line>;

    /// What this file says, which people may have edited, or what is wrong with it.
    #[cfg(not(target_arch = "wasm32"))]
    fn from_file(text: &str) -> Result<Self, String> {
        Self::from_lines(lines::read(text)?)
    }
}

/// Where one text is kept.
#[derive(Clone, Debug)]
pub(super) enum Shelf {
    /// A file of this path.
    #[cfg(not(target_arch = "wasm32"))]
    File(PathBuf),
    /// An entry of this name.
    Entry(Store, &'static str),
}

/// Held for as long as other windows have to wait.
pub(super) enum Turn {
    #[cfg(not(target_arch = "wasm32"))]
    File { _lock: std::fs::File },
    /// A page reads and writes without a pause in which another one could.
    Entry,
}

impl Shelf {
    /// Its name for people.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::File(path) => path.clone(),
            Self::Entry(_, name) => PathBuf::from(name),
        }
    }

    /// Waits for other windows that write here.
    pub(super) fn lock(&self) -> io::Result<Turn> {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::File(path) => disk::lock(path).map(|_lock| Turn::File { _lock }),
            Self::Entry(..) => Ok(Turn::Entry),
        }
    }

    /// What stands here, if anything does. What is broken is set aside.
    pub(super) fn read<T: Kept>(&self) -> Result<Option<T>, SettingsError> {
        let text = match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::File(path) => disk::read(path),
            Self::Entry(store, name) => (store.read)(name).map_err(io::Error::other),
        };
        let text = text.map_err(|error| SettingsError::Unreadable(self.path(), error))?;
        let read = text.map(|text| self.parse(&text).map_err(|why| (text, why)));
        read.transpose()
            .map_err(|(text, why)| SettingsError::Broken {
                path: self.path(),
                why,
                aside: self.set_aside(&text),
            })
    }

    fn parse<T: Kept>(&self, text: &str) -> Result<T, String> {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::File(_) => T::from_file(text),
            Self::Entry(..) => T::from_lines(lines::read(text)?),
        }
    }

    /// Where the broken text is now, unless it could not be moved.
    fn set_aside(&self, text: &str) -> Option<PathBuf> {
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::File(path) => disk::set_aside(path),
            Self::Entry(store, name) => {
                let aside = format!("{name}{BROKEN}");
                (store.write)(&aside, text).ok()?;
                Some(aside.into())
            }
        }
    }

    /// Puts this here.
    pub(super) fn write(&self, what: &impl Kept) -> io::Result<()> {
        let text = lines::write(&what.lines());
        match self {
            #[cfg(not(target_arch = "wasm32"))]
            Self::File(path) => disk::write(path, &text),
            Self::Entry(store, name) => (store.write)(name, &text).map_err(io::Error::other),
        }
    }
}

#[cfg(test)]
mod tests;
