//! The password of the room: what it may be, how it is read from a file and written to one, by one at a time, and how
//! one that was shown is compared with it. Knows nothing of who shows one.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_lock::{Mutex, MutexGuardArc};
pub use hubbub_transport::Password;
use hubbub_wire::MAX_PASSWORD;
use subtle::ConstantTimeEq;

/// The shortest password, in characters. Shorter ones could be guessed by somebody who has the addresses of a network,
/// of which each may try ten times a second.
pub const MIN_PASSWORD: usize = 16;

/// The file with the password. Whoever reads or writes it has a turn for that, which lasts until the hub has the
/// password, so that in the end both have the same one, whoever came in between.
#[derive(Clone, Debug)]
pub struct PasswordFile {
    path: PathBuf,
    turns: Arc<Mutex<()>>,
}

/// A turn with the file of the password. Nobody else has one until it is dropped.
pub type Turn = MutexGuardArc<()>;

impl PasswordFile {
    /// The file at this path, which may be missing.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            turns: Arc::default(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for a turn.
    pub async fn turn(&self) -> Turn {
        self.turns.lock_arc().await
    }
}

/// Why something cannot be the password. None of it repeats a part of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum PasswordError {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// It is a directory, a pipe or a device. Reading it could take for ever.
    NotAFile,
    /// It is shorter than [`MIN_PASSWORD`].
    TooShort {
        /// How many characters it has.
        characters: usize,
    },
    /// It is longer than [`MAX_PASSWORD`].
    TooLong,
    /// It is not UTF-8, or has a control character or a second line: nobody could type it.
    NotTyped,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) if error.kind() == ErrorKind::NotFound => f.write_str(
                "there is no such file; write a password into it, or add --make-password, which makes one",
            ),
            Self::Unreadable(error) => error.fmt(f),
            Self::NotAFile => f.write_str("it is not a regular file; give one with the password"),
            Self::TooShort { characters } => write!(
                f,
                "it has {characters} characters, and {MIN_PASSWORD} is the least; choose a longer one, or remove the \
                 file and add --make-password"
            ),
            Self::TooLong => write!(f, "it is longer than {MAX_PASSWORD} bytes; shorten it"),
            Self::NotTyped => f.write_str(
                "it is one line of UTF-8 without control characters; nobody could type another one",
            ),
        }
    }
}

impl Error for PasswordError {}

/// Reads the password from a file.
///
/// # Errors
///
/// The file cannot be read, or what is in it cannot be the password.
pub fn read(file: &Path) -> Result<Password, PasswordError> {
    // A pipe would block already when it is opened.
    let metadata = fs::metadata(file).map_err(PasswordError::Unreadable)?;
    if !metadata.is_file() {
        return Err(PasswordError::NotAFile);
    }
    let mut bytes = Vec::new();
    let file = File::open(file).map_err(PasswordError::Unreadable)?;
    let most = (MAX_PASSWORD + "\r\n".len()) as u64 + 1;
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(PasswordError::Unreadable)?;
    check(&bytes)
}

/// The password in these bytes. One line end after it is not a part of it.
///
/// # Errors
///
/// It is too short or too long, or cannot be typed.
pub fn check(bytes: &[u8]) -> Result<Password, PasswordError> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > MAX_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let text = str::from_utf8(line).map_err(|_| PasswordError::NotTyped)?;
    if text.contains(char::is_control) {
        return Err(PasswordError::NotTyped);
    }
    let characters = text.chars().count();
    if characters < MIN_PASSWORD {
        return Err(PasswordError::TooShort { characters });
    }
    Ok(Password::new(line))
}

/// Writes a new password of 128 random bits into a file, which only its owner may read, in place of what was there. A
/// crash leaves the one or the other. Of a symbolic link, the file behind it is meant.
///
/// # Errors
///
/// In words for the operator, with the file.
pub fn write_new(file: &Path) -> Result<Password, String> {
    let written = draw().and_then(|password| {
        put(file, &password)?;
        Ok(password)
    });
    written.map_err(|error| {
        format!(
            "cannot write a new password into {}: {error}; its directory must be one that the server may write to",
            file.display()
        )
    })
}

fn put(file: &Path, password: &Password) -> io::Result<()> {
    let behind = fs::canonicalize(file);
    let file = behind.as_deref().unwrap_or(file);
    let newer = newer(file);
    // One that a crash has left may be for others to read.
    match fs::remove_file(&newer) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    let mut private = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&newer)?;
    private.write_all(&[password.as_bytes(), b"\n"].concat())?;
    private.sync_all()?;
    fs::rename(&newer, file)?;
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
}

/// Where a new password stands before it takes the place of the file.
fn newer(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".new");
    name.into()
}

/// The digits of a password that is made here: on every keyboard, safe in every link, and none is taken for another.
const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

fn draw() -> io::Result<Password> {
    let mut random = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    let number = u128::from_be_bytes(random);
    // Five bits a digit: 26 digits have them all.
    let digits = (0..26).map(|at| DIGITS[(number >> (5 * at) & 31) as usize]);
    Ok(Password::new(digits.collect::<Vec<u8>>()))
}

/// Whether a password that was shown is that of the room. How long this takes says nothing of either, not even how many
/// bytes they have.
#[must_use]
pub(crate) fn is_right(room: &Password, shown: &hubbub_wire::Password<'_>) -> bool {
    padded(room.as_bytes())
        .ct_eq(&padded(shown.as_bytes()))
        .into()
}

/// A password with its length, in as many bytes as any has.
fn padded(password: &[u8]) -> [u8; 1 + MAX_PASSWORD] {
    let mut padded = [0; 1 + MAX_PASSWORD];
    let len = password.len().min(MAX_PASSWORD);
    padded[0] = len as u8;
    padded[1..=len].copy_from_slice(&password[..len]);
    padded
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A directory of one test, which goes with it.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let name = format!("hubbub-password-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn bytes(password: Result<Password, PasswordError>) -> Vec<u8> {
        password.unwrap().as_bytes().to_vec()
    }

    #[test]
    fn one_line_end_is_not_a_part_of_it() {
        let password = b"open sesame, open";
        for end in ["", "\n", "\r\n"] {
            let line = [password, end.as_bytes()].concat();
            assert_eq!(bytes(check(&line)), password, "{end:?}");
        }
        for end in ["\n\n", "\r\n\r\n", "\n\r\n"] {
            let lines = [password, end.as_bytes()].concat();
            assert!(
                matches!(check(&lines), Err(PasswordError::NotTyped)),
                "{end:?}"
            );
        }
        let blanks = b"  open sesame    ";
        assert_eq!(bytes(check(blanks)), blanks);
    }

    #[test]
    fn sixteen_characters_are_taken_and_fifteen_are_not() {
        assert_eq!(MIN_PASSWORD, 16);
        for letter in ["x", "ü"] {
            assert_eq!(
                bytes(check(letter.repeat(16).as_bytes())),
                letter.repeat(16).as_bytes()
            );
            let short = check(letter.repeat(15).as_bytes()).unwrap_err();
            assert!(matches!(short, PasswordError::TooShort { characters: 15 }));
            let words = short.to_string();
            assert!(
                words.contains("15 characters") && words.contains("16"),
                "{words}"
            );
        }
        // The line end does not help.
        assert!(check(b"xxxxxxxxxxxxxxx\n").is_err());
    }

    #[test]
    fn the_longest_is_taken_and_a_byte_more_is_not_however_the_line_ends() {
        let longest = "x".repeat(MAX_PASSWORD);
        for end in ["", "\n", "\r\n"] {
            assert_eq!(
                bytes(check((longest.clone() + end).as_bytes())),
                longest.as_bytes()
            );
            let longer = longest.clone() + "x" + end;
            assert!(matches!(
                check(longer.as_bytes()),
                Err(PasswordError::TooLong)
            ));
        }
    }

    #[test]
    fn what_nobody_can_type_is_refused_without_being_repeated() {
        for bad in [
            &b"open\nsesame, sesame"[..],
            b"open sesame, \x1b[2J",
            b"open sesame, open\0",
            b"open sesame, caf\xe9",
        ] {
            let words = check(bad).unwrap_err().to_string();
            assert!(
                words.contains("control character") && !words.contains("sesame"),
                "{words}"
            );
        }
    }

    #[test]
    fn a_new_one_is_for_its_owner_alone_and_takes_the_place_of_the_one_before() {
        let dir = Directory::new("new");
        let file = dir.0.join("password");
        let mut seen = Vec::new();
        for _ in 0..20 {
            // What a crash has left, which everybody may read.
            fs::write(newer(&file), "half").unwrap();
            let password = write_new(&file).unwrap();
            assert_eq!(read(&file).unwrap(), password);
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{mode:o}");
            assert_eq!(password.as_bytes().len(), 26);
            assert!(
                password
                    .as_bytes()
                    .iter()
                    .all(|digit| DIGITS.contains(digit))
            );
            assert!(!seen.contains(&password));
            seen.push(password);
        }
        assert!(!newer(&file).exists());
    }

    #[test]
    fn a_new_one_is_written_behind_a_symbolic_link() {
        let dir = Directory::new("link");
        let (file, link) = (dir.0.join("password"), dir.0.join("link"));
        fs::write(&file, "open sesame, open").unwrap();
        std::os::unix::fs::symlink("password", &link).unwrap();
        let password = write_new(&link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read(&file).unwrap(), password);
    }

    #[test]
    fn a_new_one_has_every_digit_in_every_place_but_the_last() {
        let drawn: Vec<_> = (0..2000).map(|_| draw().unwrap()).collect();
        for at in 0..25 {
            let digits: std::collections::BTreeSet<u8> = drawn
                .iter()
                .map(|password| password.as_bytes()[at])
                .collect();
            assert_eq!(digits.len(), DIGITS.len(), "place {at}");
        }
    }

    #[test]
    fn where_nothing_can_be_written_the_file_is_named() {
        let dir = Directory::new("missing");
        let words = write_new(&dir.0.join("missing/password")).unwrap_err();
        assert!(words.contains("missing/password"), "{words}");
    }

    #[test]
    fn only_the_same_bytes_are_right() {
        let room = check(b"open sesame, open").unwrap();
        let is_right =
            |shown: &[u8]| is_right(&room, &hubbub_wire::Password::new(shown.to_vec()).unwrap());
        assert!(is_right(b"open sesame, open"));
        for wrong in [
            &b"open sesame, opem"[..],
            b"Open sesame, open",
            b"open sesame, ope",
            b"open sesame, open ",
            b"open sesame, open\0",
            b"o",
            &[0; 128],
            &[b'x'; 128],
        ] {
            assert!(!is_right(wrong));
        }
        let longest = check(&[b'x'; MAX_PASSWORD]).unwrap();
        let shown = hubbub_wire::Password::new(vec![b'x'; MAX_PASSWORD]).unwrap();
        assert!(super::is_right(&longest, &shown));
    }

    #[test]
    fn a_directory_and_a_device_are_not_read_and_a_missing_file_is_explained() {
        for path in ["/", "/dev/zero", "/dev/null"] {
            let error = read(Path::new(path)).unwrap_err();
            assert!(matches!(error, PasswordError::NotAFile), "{path}: {error}");
        }
        let words = read(Path::new("/nowhere/password"))
            .unwrap_err()
            .to_string();
        assert!(words.contains("--make-password"), "{words}");
    }
}
