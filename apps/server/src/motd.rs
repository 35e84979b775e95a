//! The message of the day: what it may be, and how it is read from a file. Knows nothing of who gets it.

use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The longest message of the day, in bytes: a screenful. Everybody who comes gets it, and programs of ours show no
/// more.
pub const MAX_MOTD: usize = 4096;

/// Why something cannot be the message of the day.
#[derive(Debug)]
#[non_exhaustive]
pub enum MotdError {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// It is a directory, a pipe or a device. Reading it could take for ever.
    NotAFile,
    /// It is longer than [`MAX_MOTD`].
    TooLong,
    /// It is not UTF-8.
    NotUtf8,
    /// It has a control character other than a tab or a line end.
    Control {
        /// Which one.
        character: char,
        /// In which line, counted from 1.
        line: usize,
    },
}

impl fmt::Display for MotdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::NotAFile => f.write_str("it is not a regular file; give one with the text"),
            Self::TooLong => write!(f, "it is longer than {MAX_MOTD} bytes; shorten it"),
            Self::NotUtf8 => f.write_str("it is not UTF-8; save it as UTF-8"),
            Self::Control { character, line } => write!(
                f,
                "line {line} has the control character {character:?}; take it out"
            ),
        }
    }
}

impl Error for MotdError {}

/// Reads the message of the day from a file. `None` if there is nothing in it but blanks.
///
/// # Errors
///
/// The file cannot be read, or it is no message of the day.
pub fn read(file: &Path) -> Result<Option<String>, MotdError> {
    // A pipe would block already when it is opened.
    let metadata = fs::metadata(file).map_err(MotdError::Unreadable)?;
    if !metadata.is_file() {
        return Err(MotdError::NotAFile);
    }
    let mut bytes = Vec::new();
    let file = File::open(file).map_err(MotdError::Unreadable)?;
    let most = MAX_MOTD as u64 + 1;
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(MotdError::Unreadable)?;
    check(&bytes)
}

/// The message of the day in these bytes, with plain line ends and without blanks at its end. `None` if nothing is
/// left.
///
/// # Errors
///
/// It is too long, is not UTF-8, or would do something to a terminal.
pub fn check(bytes: &[u8]) -> Result<Option<String>, MotdError> {
    if bytes.len() > MAX_MOTD {
        return Err(MotdError::TooLong);
    }
    let text = str::from_utf8(bytes).map_err(|_| MotdError::NotUtf8)?;
    let text = text.trim_end().replace("\r\n", "\n");
    for (line, words) in (1..).zip(text.split('\n')) {
        let is_bad = |character: &char| character.is_control() && *character != '\t';
        if let Some(character) = words.chars().find(is_bad) {
            return Err(MotdError::Control { character, line });
        }
    }
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_is_taken_and_a_byte_more_is_not() {
        let longest = "x".repeat(MAX_MOTD);
        assert_eq!(check(longest.as_bytes()).unwrap(), Some(longest.clone()));
        let longer = longest + "x";
        assert!(matches!(check(longer.as_bytes()), Err(MotdError::TooLong)));
    }

    #[test]
    fn line_ends_become_plain_and_blanks_at_the_end_go() {
        let text = check(b"  Welcome.\r\n\r\n\tBe kind.\r\n \n").unwrap();
        assert_eq!(text.as_deref(), Some("  Welcome.\n\n\tBe kind."));
    }

    #[test]
    fn nothing_but_blanks_is_no_message() {
        for blank in ["", "\n", " \r\n\t\n"] {
            assert_eq!(check(blank.as_bytes()).unwrap(), None, "{blank:?}");
        }
    }

    #[test]
    fn what_would_do_something_to_a_terminal_is_refused_with_its_line() {
        for bad in ["one\ntwo \u{1b}[2J", "one\ntwo\rthree", "\n\u{9b}", "a\n\0"] {
            let error = check(bad.as_bytes()).unwrap_err();
            let line = error.to_string();
            assert!(
                line.starts_with("line 2 has the control character"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_not_utf_8_is_refused() {
        assert!(matches!(check(b"caf\xe9"), Err(MotdError::NotUtf8)));
    }

    #[test]
    fn a_directory_and_a_device_are_not_read() {
        for path in ["/", "/dev/zero", "/dev/null"] {
            let error = read(Path::new(path)).unwrap_err();
            assert!(matches!(error, MotdError::NotAFile), "{path}: {error}");
        }
    }
}
