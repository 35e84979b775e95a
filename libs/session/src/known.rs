//! Known rooms: the file in which window and command line remember which keys the servers have, why they believed them,
//! and the rooms' passwords. Only its owner may read it, from its first byte on.
//!
//! It is replaced as a whole, so that a reader needs no lock and never sees half of it; who writes locks a file beside
//! it and reads anew. A file that is broken, or that a later version wrote, is told and never written over: what stands
//! in it is what keeps an impostor away.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hubbub_transport::{Address, Addresses, Password, Pin};
use tempfile::NamedTempFile;

use crate::{Reason, runtime};
use written::Written;

mod written;

/// How long another program may hold the file. It writes a few hundred bytes.
const LOCK_WITHIN: Duration = Duration::from_secs(1);
/// How often it is looked whether it is done.
const LOCK_CHECK: Duration = Duration::from_millis(10);

/// What is known of the server at an address, or of all servers of a room that has several addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRoom {
    /// The keys that are believed: the one that the server had last, and one that it or an invitation has announced.
    pub pins: Vec<Pin>,
    /// Why the first of them was believed.
    pub reason: Reason,
    /// When it was first believed.
    pub since: SystemTime,
    /// The room's password.
    pub password: Option<KeptPassword>,
}

/// A password that goes to nobody but the server it was meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPassword {
    /// The password.
    pub password: Password,
    /// The key that the server had when it took the password.
    pub key: Pin,
}

/// The file of known rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRooms(PathBuf);

/// Why the file was not read or not written, in words for a person.
#[derive(Debug)]
pub enum KnownError {
    /// The system does not let us read it.
    Unreadable(PathBuf, io::Error),
    /// It is not what this program writes.
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong in it.
        why: String,
    },
    /// A later version of this program wrote it.
    FromTheFuture(PathBuf),
    /// The system does not let us write it.
    Unwritable(PathBuf, io::Error),
    /// There is none.
    NoFile,
}

impl KnownRooms {
    /// The path of the user's own file: `hubbub/known_rooms.toml` under XDG_STATE_HOME, or under `.local/state` in the
    /// home directory. `None` if there is no home.
    #[must_use]
    pub fn path_of_user() -> Option<PathBuf> {
        // Not every system has a directory for state.
        let directory = dirs::state_dir().or_else(dirs::data_local_dir);
        Some(directory?.join("hubbub/known_rooms.toml"))
    }

    /// The file at this path, which need not be there.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is known of the server at this address, or of the room that has these addresses, in this order.
    ///
    /// # Errors
    ///
    /// The file is there, and cannot be read.
    pub fn get(&self, addresses: &Addresses) -> Result<Option<KnownRoom>, KnownError> {
        Ok(self.read()?.take(&place(addresses)))
    }

    /// Changes what is known of the server at this address, or of the room that has these addresses, whatever another program has written meanwhile. `change`
    /// gets what the file says now, and returns what it shall say.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written. It is then as it was.
    pub fn change(
        &self,
        addresses: &Addresses,
        change: impl FnOnce(Option<KnownRoom>) -> Option<KnownRoom>,
    ) -> Result<(), KnownError> {
        let unwritable = |error| KnownError::Unwritable(self.0.clone(), error);
        let _lock = self.lock().map_err(unwritable)?;
        let mut written = self.read()?;
        let place = place(addresses);
        let before = written.take(&place);
        let after = change(before.clone());
        if after == before {
            return Ok(());
        }
        if let Some(room) = after {
            written.put(place, room);
        }
        let text = written.text().map_err(unwritable)?;
        self.write(&text).map_err(unwritable)
    }

    /// Forgets the servers at these addresses and all rooms to which one of them leads, their passwords included. Returns
    /// whether anything was known.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written. It is then as it was.
    pub fn forget(&self, addresses: &Addresses) -> Result<bool, KnownError> {
        let unwritable = |error| KnownError::Unwritable(self.0.clone(), error);
        let _lock = self.lock().map_err(unwritable)?;
        let mut written = self.read()?;
        let places: Vec<_> = addresses.iter().map(place_of).collect();
        let was_known = written.remove(|place| places.iter().any(|it| it == place));
        if was_known {
            let text = written.text().map_err(unwritable)?;
            self.write(&text).map_err(unwritable)?;
        }
        Ok(was_known)
    }

    fn read(&self) -> Result<Written, KnownError> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Written::read(&text, &self.0),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Written::default()),
            Err(error) => Err(KnownError::Unreadable(self.0.clone(), error)),
        }
    }

    /// Waits for other programs, which hold it for as long as they write, but not for one that was stopped meanwhile:
    /// the network thread does nothing else here.
    fn lock(&self) -> io::Result<File> {
        if let Some(directory) = self.0.parent() {
            make_private(directory)?;
        }
        let mut path = self.0.clone().into_os_string();
        path.push(".lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(path)?;
        let mut waited = Duration::ZERO;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if waited >= LOCK_WITHIN => {
                    let why = "another program has locked them for more than a second";
                    return Err(io::Error::new(ErrorKind::WouldBlock, why));
                }
                Err(TryLockError::WouldBlock) => {
                    runtime::rest(LOCK_CHECK);
                    waited += LOCK_CHECK;
                }
            }
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let directory = self.0.parent().unwrap_or(Path::new("."));
        // It is made for its owner alone.
        let mut file = NamedTempFile::new_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.0)?;
        Ok(())
    }
}

/// Makes a directory and those above it. What is new is for its owner alone.
fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// One text for all ways to write the same addresses.
pub(crate) fn place(addresses: &Addresses) -> String {
    let places: Vec<_> = addresses.iter().map(place_of).collect();
    places.join(",")
}

fn place_of(address: &Address) -> String {
    let Address { host, port } = address;
    let host = host_name(host);
    Address { host, port: *port }.to_string()
}

/// The host as it is known, and as TLS names it: in lower case, without a final dot, and an IP address in one of its
/// spellings. It is looked up as it was given. An IPv6 address is known without the name of an interface, which has
/// several spellings, too.
pub(crate) fn host_name(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host).to_lowercase();
    let (address, _) = host.split_once('%').unwrap_or((&host, ""));
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => host,
    }
}

impl fmt::Display for KnownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => {
                write!(
                    f,
                    "cannot read the known rooms in {}: {error}",
                    path.display()
                )
            }
            Self::Broken { path, why } => write!(
                f,
                "the known rooms in {} are broken ({why}); mend the file, or move it away to know no room any more",
                path.display()
            ),
            Self::FromTheFuture(path) => write!(
                f,
                "a later version of this program wrote the known rooms in {}; use that one",
                path.display()
            ),
            Self::Unwritable(path, error) => {
                write!(
                    f,
                    "cannot write the known rooms to {}: {error}",
                    path.display()
                )
            }
            Self::NoFile => f.write_str(
                "there is no home directory to keep the known rooms in; what is learnt holds until this program ends",
            ),
        }
    }
}

impl std::error::Error for KnownError {}

#[cfg(test)]
mod tests;
