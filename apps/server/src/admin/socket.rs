//! The socket of the administrators. From its first moment, only its owner can connect to it. It is removed at the end.
//! One that an earlier server left is replaced.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};

use crate::runtime::{Async, draw};

/// The longest path of a socket, in bytes. The system has room for no more.
const MAX_PATH: usize = 107;

/// What the path of the directory leaves for the private one in it, in which the socket begins.
const PRIVATE: usize = "/.0123abcd/s".len();

/// How long another server may take for the same with a socket in the same directory.
const TURN: Duration = Duration::from_secs(2);

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) listener: Async<UnixListener>,
    path: PathBuf,
    id: (u64, u64),
}

impl Socket {
    /// Listens at a path.
    ///
    /// # Errors
    ///
    /// In words for the operator: what is wrong with the path.
    pub(super) fn bind(path: &Path) -> Result<Self, String> {
        bind(path).map_err(|why| format!("cannot make the socket {}: {why}", path.display()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Somebody else may have put another one there.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| id(&found) == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn id(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn bind(path: &Path) -> Result<Socket, String> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let (len, of_dir) = (path.as_os_str().len(), dir.as_os_str().len());
    if len > MAX_PATH || of_dir + PRIVATE > MAX_PATH {
        return Err(format!(
            "its path is too long for a socket: it has {len} bytes and its directory {of_dir}; \
             {MAX_PATH} and {} are the most",
            MAX_PATH - PRIVATE
        ));
    }
    let _turn = turn(dir).map_err(|error| error.to_string())?;
    is_free(path)?;
    let said = |error: io::Error| error.to_string();
    let private = dir.join(format!(".{:08x}", draw() as u32));
    DirBuilder::new()
        .mode(0o700)
        .create(&private)
        .map_err(said)?;
    let bound = bind_in(&private, path);
    // It is empty again, unless something failed.
    let _ = fs::remove_file(private.join("s"));
    let _ = fs::remove_dir(&private);
    let (listener, id) = bound.map_err(said)?;
    let listener = Async::new(listener).map_err(said)?;
    let path = path.to_owned();
    Ok(Socket { listener, path, id })
}

/// Makes the socket where nobody else can reach it, and moves it to its place.
fn bind_in(private: &Path, path: &Path) -> io::Result<(UnixListener, (u64, u64))> {
    let first = private.join("s");
    let listener = UnixListener::bind(&first)?;
    fs::set_permissions(&first, fs::Permissions::from_mode(0o600))?;
    let id = id(&fs::symlink_metadata(&first)?);
    fs::rename(&first, path)?;
    Ok((listener, id))
}

/// Waits until no other server looks whether a socket in this directory is left over. Else, two that begin at once
/// would replace each other's. This holds up its thread, in which nothing else runs yet: there is no hub and no peer
/// before it.
fn turn(dir: &Path) -> io::Result<File> {
    let lock = File::open(dir)?;
    let until = Instant::now() + TURN;
    while lock.try_lock().is_err() {
        if Instant::now() > until {
            let why = format!("somebody else has locked {}", dir.display());
            return Err(io::Error::other(why));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(lock)
}

/// Whether nothing is at this path, or a socket at which nobody listens.
fn is_free(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(
                "another kind of file is there; move it away, or choose another path".to_owned(),
            );
        }
        Ok(_) => {}
    }
    let tried = try_to_connect(path);
    match tried {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Ok(()) => Err("another program listens there; stop it, or choose another path".to_owned()),
        // So many wait for whoever listens that there is no room for one more.
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            Err("another program listens there; stop it, or choose another path".to_owned())
        }
        Err(error) => Err(format!(
            "cannot find out whether another program listens there: {error}"
        )),
    }
}

/// Connects, unless that would have to wait.
fn try_to_connect(path: &Path) -> io::Result<()> {
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    Ok(connect(&socket, &SocketAddrUnix::new(path)?)?)
}
