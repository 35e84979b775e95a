//! Where the server's key and certificate come from: it makes a key for itself at its first start, or reads both from
//! files of the operator. Knows nothing of connections.
//!
//! A key of its own is kept together with the certificate around it. Our programs look at nothing in it but the key,
//! and programs of others can know the server by the whole of it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

use hubbub_transport::Pin;
use rcgen::{CertificateParams, DnType, KeyPair};

use crate::tls::Identity;

/// The server's own key, in the state directory.
pub const KEY: &str = "tls.key";

/// The key to come, in the same place.
pub const NEXT_KEY: &str = "tls-next.key";

/// What is held while a key is made.
const LOCK: &str = "tls.lock";

/// The longest file that is read, in bytes. A long chain takes a tenth of it.
const MOST_BYTES: u64 = 256 * 1024;

/// The key of the server's own in the directory `state`, both of which are made if they are missing.
///
/// # Errors
///
/// In words for the operator: the directory or the key cannot be used.
pub fn own(state: &Path) -> Result<Identity, String> {
    made(state, KEY)
}

/// The pin of the key to come, which is made if it is missing.
///
/// # Errors
///
/// The same as for [`own`].
pub fn next(state: &Path) -> Result<Pin, String> {
    let next = made(state, NEXT_KEY)?.pin();
    if own(state)?.pin() == next {
        return Err(format!(
            "{NEXT_KEY} and {KEY} in {} have the same key; to take the next key into use, move the one onto the other",
            state.display()
        ));
    }
    Ok(next)
}

/// Reads a chain of certificates and its key. It waits for the disk.
///
/// # Errors
///
/// In words for the operator: a file cannot be read, or the two cannot be used.
pub fn read(cert: &Path, key: &Path) -> Result<Identity, String> {
    let [cert_pem, key_pem] = [cert, key].map(read_file);
    Identity::from_pem(&cert_pem?, &key_pem?).map_err(|why| {
        format!(
            "the certificate in {} with the key in {} cannot be used: {why}",
            cert.display(),
            key.display()
        )
    })
}

/// How many days are left until a certificate ends, none if it has ended. `None` if that cannot be read from it.
#[must_use]
pub fn days_left(identity: &Identity) -> Option<u64> {
    let left = identity.ends()?.duration_since(SystemTime::now());
    Some(left.map_or(0, |left| left.as_secs() / (24 * 60 * 60)))
}

/// Why nobody believes a certificate today, and what helps: it has ended, or it is not valid yet. `None` if it is
/// valid.
#[must_use]
pub fn untimely(identity: &Identity) -> Option<&'static str> {
    let now = SystemTime::now();
    if identity.ends().is_some_and(|end| end <= now) {
        Some("has ended; renew it, and reload")
    } else if identity.begins().is_some_and(|begin| begin > now) {
        Some("is not valid yet; if it should be, set this machine's clock right")
    } else {
        None
    }
}

fn made(state: &Path, name: &str) -> Result<Identity, String> {
    let path = state.join(name);
    let cannot = |why: &dyn std::fmt::Display| {
        format!(
            "the key of this server in {} cannot be used: {why}",
            path.display()
        )
    };
    make_if_missing(state, &path).map_err(|error| cannot(&error))?;
    let key = read_file(&path)?;
    let certificate = if has_certificate(&key) {
        key.clone()
    } else {
        // Somebody has put a key of their own there.
        let made = certificate(&key).map_err(|error| cannot(&error))?;
        made.into_bytes()
    };
    Identity::from_pem(&certificate, &key).map_err(|why| cannot(&why))
}

/// Makes a key that is nobody else's to read, not even for a moment, and that is there as a whole or not at all.
fn make_if_missing(state: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state)?;
    // Of two servers that start at the same time, one makes the key.
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(state.join(LOCK))?;
    lock.lock()?;
    if fs::exists(path)? {
        return Ok(());
    }
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut pem = key.serialize_pem();
    pem += &certificate(pem.as_bytes()).map_err(io::Error::other)?;
    let newer = path.with_extension("new");
    match fs::remove_file(&newer) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&newer)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    fs::rename(&newer, path)?;
    File::open(state)?.sync_all()
}

/// Whether there is a certificate in PEM.
fn has_certificate(pem: &[u8]) -> bool {
    str::from_utf8(pem).is_ok_and(|pem| pem.contains("-----BEGIN CERTIFICATE-----"))
}

/// A certificate that the key vouches for itself, in PEM.
fn certificate(key: &[u8]) -> Result<String, String> {
    let key = str::from_utf8(key).map_err(|_| "it is not PEM".to_owned())?;
    let signed = || {
        let key = KeyPair::from_pem(key)?;
        // No name: whoever knows the key asks for none, and nobody else believes it.
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "hubbub");
        params.self_signed(&key)
    };
    let certificate = signed().map_err(|error| error.to_string())?;
    Ok(certificate.pem())
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |why: &dyn std::fmt::Display| format!("cannot read {}: {why}", path.display());
    // A pipe would block already when it is opened.
    let metadata = fs::metadata(path).map_err(|error| cannot(&error))?;
    if !metadata.is_file() {
        return Err(cannot(&"it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| cannot(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(cannot(&format_args!(
            "it is longer than {MOST_BYTES} bytes"
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    /// A directory that is not there yet, and is removed in the end.
    struct State(PathBuf);

    impl State {
        fn new() -> Self {
            Self(env::temp_dir().join(format!("hubbub-identity-{:016x}", fastrand::u64(..))))
        }
    }

    impl Drop for State {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_key_is_made_once_and_then_stays() {
        let state = State::new();
        let made = own(&state.0).unwrap().pin();
        let bytes = fs::read(state.0.join(KEY)).unwrap();
        assert_eq!(own(&state.0).unwrap().pin(), made);
        assert_eq!(fs::read(state.0.join(KEY)).unwrap(), bytes);
        let next = next(&state.0).unwrap();
        assert_ne!(next, made);
        assert_eq!(super::next(&state.0).unwrap(), next);
    }

    #[test]
    fn nobody_else_may_read_a_key_or_look_into_its_directory() {
        let state = State::new();
        own(&state.0).unwrap();
        next(&state.0).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state.0), 0o700);
        assert_eq!(mode(&state.0.join(KEY)), 0o600);
        assert_eq!(mode(&state.0.join(NEXT_KEY)), 0o600);
    }

    #[test]
    fn the_next_key_takes_the_place_of_the_key_by_being_moved_there() {
        let state = State::new();
        own(&state.0).unwrap();
        let announced = next(&state.0).unwrap();
        fs::copy(state.0.join(NEXT_KEY), state.0.join(KEY)).unwrap();
        assert!(next(&state.0).unwrap_err().contains("the same key"));
        fs::rename(state.0.join(NEXT_KEY), state.0.join(KEY)).unwrap();
        assert_eq!(own(&state.0).unwrap().pin(), announced);
        assert_ne!(next(&state.0).unwrap(), announced);
    }

    #[test]
    fn a_key_without_a_certificate_gets_one_for_this_start() {
        let state = State::new();
        let made = own(&state.0).unwrap().pin();
        let pem = fs::read_to_string(state.0.join(KEY)).unwrap();
        let (key, _) = pem.split_once("-----BEGIN CERTIFICATE-----").unwrap();
        fs::write(state.0.join(KEY), key).unwrap();
        assert_eq!(own(&state.0).unwrap().pin(), made);
        assert_eq!(fs::read_to_string(state.0.join(KEY)).unwrap(), key);
    }

    #[test]
    fn what_is_there_and_is_no_key_is_left_as_it_is() {
        let state = State::new();
        fs::create_dir(&state.0).unwrap();
        for broken in [
            "",
            "no key at all",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            fs::write(state.0.join(KEY), broken).unwrap();
            let why = own(&state.0).unwrap_err();
            assert!(why.contains("tls.key"), "{why}");
            assert_eq!(fs::read(state.0.join(KEY)).unwrap(), broken.as_bytes());
        }
    }

    #[test]
    fn many_servers_that_start_at_the_same_time_have_one_key() {
        let state = State::new();
        let pins = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| own(&state.0).unwrap().pin()))
                .collect();
            starting
                .into_iter()
                .map(|one| one.join().unwrap())
                .collect::<Vec<_>>()
        });
        assert!(pins.iter().all(|pin| *pin == pins[0]), "{pins:?}");
    }

    #[test]
    fn a_file_of_the_bound_is_read_and_one_that_is_longer_is_not() {
        let state = State::new();
        fs::create_dir(&state.0).unwrap();
        let path = state.0.join("cert");
        let file = File::create(&path).unwrap();
        file.set_len(MOST_BYTES).unwrap();
        assert!(read_file(&path).is_ok());
        file.set_len(MOST_BYTES + 1).unwrap();
        assert!(read_file(&path).unwrap_err().contains("longer"));
        assert!(read_file(&state.0).unwrap_err().contains("regular file"));
        assert!(read_file(Path::new("/dev/zero")).is_err());
    }
}
