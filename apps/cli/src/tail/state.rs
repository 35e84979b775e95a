//! State: the file of `--state`. It is written as a whole, next to its place, and then put there: whoever reads it sees
//! an old one or a new one. Nobody else may read it, since who has its secret is this member.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process;

use hubbub_session::{Seen, secret};
use hubbub_wire::Hex128;
use serde::{Deserialize, Serialize};

use crate::room::Room;
use crate::status::{Failure, Status};

/// The version of the file that this program writes.
const VERSION: u32 = 1;

/// How far a conversation is printed, and by whom.
#[derive(Debug)]
pub(super) struct State {
    address: String,
    username: String,
    /// With it, a restarted program takes the place of the one before.
    pub(super) secret: Hex128,
    /// The last message that is printed.
    pub(super) seen: Option<Seen>,
    /// What is being printed.
    pub(super) writing: Option<Writing>,
}

/// What is being printed into a file.
#[derive(Debug)]
pub(super) struct Writing {
    /// The file as it was before.
    pub(super) output: Output,
    /// How long it is afterwards.
    pub(super) end: u64,
    /// The last message that is printed then.
    pub(super) seen: Seen,
}

/// A file, and how long it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Output {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) length: u64,
}

impl Output {
    /// Whether it is the same file, however long.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// The state as it stands in the file.
#[derive(Serialize, Deserialize)]
struct InFile {
    version: u32,
    address: String,
    username: String,
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<SeenInFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writing: Option<WritingInFile>,
}

#[derive(Serialize, Deserialize)]
struct SeenInFile {
    room: String,
    seq: String,
}

#[derive(Serialize, Deserialize)]
struct WritingInFile {
    output: Output,
    end: u64,
    seen: SeenInFile,
}

/// The version alone, which later ones have, too.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl State {
    /// A state in which nothing is printed.
    pub(super) fn new(room: &Room) -> Result<Self, Failure> {
        Ok(Self {
            address: room.addresses().to_string(),
            username: room.username.to_string(),
            secret: secret().map_err(|error| Failure::start(&error))?,
            seen: None,
            writing: None,
        })
    }

    /// Reads the file, or begins anew if there is none.
    pub(super) fn read(path: &Path, room: &Room) -> Result<Self, Failure> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::new(room),
            Err(error) => return Err(bad(path, &format!("cannot be read: {error}"))),
        };
        let broken = || {
            bad(
                path,
                "is not one that hubbub has written; move it away to begin anew",
            )
        };
        let Version { version } = serde_json::from_slice(&bytes).map_err(|_| broken())?;
        if version != VERSION {
            let words = format!(
                "is of version {version}, and this program knows {VERSION}; use a newer one"
            );
            return Err(bad(path, &words));
        }
        let file: InFile = serde_json::from_slice(&bytes).map_err(|_| broken())?;
        let mut state = Self::new(room)?;
        if file.address != state.address {
            let words = format!(
                "belongs to {}, not to {}; give another file",
                file.address, state.address
            );
            return Err(bad(path, &words));
        }
        // Under another name it is another member.
        if file.username == state.username {
            state.secret = Hex128::parse(&file.secret).ok_or_else(broken)?;
        }
        let writing = file.writing.map(|writing| {
            let seen = writing.seen.read()?;
            let WritingInFile { output, end, .. } = writing;
            Some(Writing { output, end, seen })
        });
        let seen = file.seen.map(|seen| seen.read());
        state.writing = writing
            .map(|writing| writing.ok_or_else(broken))
            .transpose()?;
        state.seen = seen.map(|seen| seen.ok_or_else(broken)).transpose()?;
        Ok(state)
    }

    /// Puts it into the file.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let file = InFile {
            version: VERSION,
            address: self.address.clone(),
            username: self.username.clone(),
            secret: self.secret.to_string(),
            seen: self.seen.as_ref().map(SeenInFile::of),
            writing: self.writing.as_ref().map(|writing| WritingInFile {
                output: writing.output,
                end: writing.end,
                seen: SeenInFile::of(&writing.seen),
            }),
        };
        let bytes = serde_json::to_vec(&file).unwrap_or_default();
        put(path, &bytes).map_err(|error| bad(path, &format!("cannot be written: {error}")))
    }
}

impl SeenInFile {
    fn of(seen: &Seen) -> Self {
        Self {
            room: seen.room.to_string(),
            seq: seen.seq.clone(),
        }
    }

    fn read(&self) -> Option<Seen> {
        let room = Hex128::parse(&self.room)?;
        let seq = self.seq.clone();
        Some(Seen { room, seq })
    }
}

/// Writes a file so that a power cut, too, leaves the old one or the new one.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut next = path.as_os_str().to_owned();
    // Another program may have the same file, until it notices that it is replaced.
    next.push(format!(".{}", process::id()));
    // What is there was left by a run of this number, or put there by somebody who may write here: another file.
    match fs::remove_file(&next) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&next)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&next, path)
}

fn bad(path: &Path, words: &str) -> Failure {
    Failure::new(
        Status::BadFile,
        format!("the state file {} {words}", path.display()),
    )
}
