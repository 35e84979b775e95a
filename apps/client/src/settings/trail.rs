//! Trail: how far the user has seen the conversation of this window's room, under which name, and who is muted, and how
//! that gets into the file of rooms.
//! It can be noted and kept from any thread, and noting never waits for the disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Known, LastSeen, Mute, RoomsError, RoomsFile, Visit};

/// How far the user has seen the conversation in one room. A root context.
#[derive(Clone)]
pub struct Trail(Arc<Inner>);

struct Inner {
    file: RoomsFile,
    address: String,
    trouble: Option<String>,
    /// Who was muted by earlier windows.
    muted: Vec<String>,
    latest: Mutex<Visit>,
    /// What the file has; its name does not count, so that each new window writes its own. Held while it is written.
    kept: Mutex<Visit>,
    /// Who was muted and unmuted since then.
    mutes: Mutex<Vec<Mute>>,
}

impl Trail {
    /// The trail in the room at this address, which is private or not, going on from what the file has.
    #[must_use]
    pub fn new(file: RoomsFile, address: &str, is_private: bool) -> Self {
        let (Known { seen, muted }, trouble) = file.load(address);
        let known = Visit {
            username: None,
            seen,
            is_private,
        };
        Self(Arc::new(Inner {
            file,
            address: address.to_owned(),
            trouble: trouble.map(|trouble| trouble.to_string()),
            muted,
            latest: Mutex::new(known.clone()),
            kept: Mutex::new(known),
            mutes: Mutex::default(),
        }))
    }

    /// What was seen last: by the last window, until this one has seen more.
    #[must_use]
    pub fn latest(&self) -> Option<LastSeen> {
        lock(&self.0.latest).seen.clone()
    }

    /// Why it is not known how far the last window got, in words for the user.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.0.trouble.as_deref()
    }

    /// Who was muted by earlier windows.
    pub fn muted(&self) -> impl Iterator<Item = &str> {
        self.0.muted.iter().map(|name| &**name)
    }

    /// Notes that a person is muted or no longer muted.
    pub fn mute(&self, name: &str, is_muted: bool) {
        lock(&self.0.mutes).push((name.to_owned(), is_muted));
    }

    /// Notes what was seen last. Returns whether that is something new.
    pub fn note(&self, seen: LastSeen) -> bool {
        let mut latest = lock(&self.0.latest);
        let is_new = latest.seen.as_ref() != Some(&seen);
        latest.seen = Some(seen);
        is_new
    }

    /// Notes that the user is in the room under this name. Returns whether that is something new.
    pub fn enter(&self, username: &str) -> bool {
        let mut latest = lock(&self.0.latest);
        let is_new = latest.username.as_deref() != Some(username);
        if is_new {
            latest.username = Some(username.to_owned());
        }
        is_new
    }

    /// Writes what was noted last, unless the file has it.
    ///
    /// # Errors
    ///
    /// It could not be written.
    pub fn keep(&self) -> Result<(), RoomsError> {
        let mut kept = lock(&self.0.kept);
        let latest = lock(&self.0.latest).clone();
        let mutes = lock(&self.0.mutes).clone();
        if latest != *kept || !mutes.is_empty() {
            self.0.file.keep(&self.0.address, &latest, &mutes)?;
            *kept = latest;
            // What was noted meanwhile comes after these.
            lock(&self.0.mutes).drain(..mutes.len());
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use hubbub_wire::Hex128;

    use super::*;

    fn seen(place: &str) -> LastSeen {
        let (log, place) = (Hex128(1), place.to_owned());
        LastSeen { log, place }
    }

    #[test]
    fn the_next_window_goes_on_from_what_was_noted_last() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rooms.toml");
        let file = RoomsFile::at(path.clone());
        let trail = Trail::new(file.clone(), "one:1", false);
        assert_eq!(trail.latest(), None);
        trail.keep().unwrap();
        assert!(!path.exists(), "there is nothing to write");
        assert!(trail.note(seen("a")) && trail.note(seen("b")));
        assert!(!trail.note(seen("b")));
        trail.keep().unwrap();
        assert_eq!(
            Trail::new(file.clone(), "one:1", false).latest(),
            Some(seen("b"))
        );
        assert_eq!(Trail::new(file.clone(), "two:1", false).latest(), None);
        // What the file has is not written again.
        std::fs::remove_file(&path).unwrap();
        trail.keep().unwrap();
        assert!(!path.exists());
        trail.note(seen("c"));
        trail.keep().unwrap();
        assert_eq!(Trail::new(file, "one:1", false).latest(), Some(seen("c")));
    }

    #[test]
    fn who_is_muted_is_known_to_the_next_window_whatever_another_one_keeps_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let file = RoomsFile::at(directory.path().join("rooms.toml"));
        let muted = |address| {
            let trail = Trail::new(file.clone(), address, false);
            trail.muted().map(str::to_owned).collect::<Vec<_>>()
        };
        let (one, other) = (
            Trail::new(file.clone(), "one:1", false),
            Trail::new(file.clone(), "one:1", false),
        );
        one.mute("bob", true);
        one.mute("eve \"the\n\u{1f}\" \u{5d0}", true);
        one.keep().unwrap();
        other.mute("carol", true);
        other.mute("bob", false);
        other.note(seen("a"));
        other.keep().unwrap();
        one.note(seen("b"));
        one.keep().unwrap();
        assert_eq!(muted("one:1"), ["carol", "eve \"the\n\u{1f}\" \u{5d0}"]);
        assert!(muted("two:1").is_empty());
        assert_eq!(
            Trail::new(file.clone(), "one:1", false).latest(),
            Some(seen("b"))
        );
    }

    #[test]
    fn a_private_room_is_kept_as_one_when_it_is_entered() {
        let directory = tempfile::tempdir().unwrap();
        let file = RoomsFile::at(directory.path().join("rooms.toml"));
        let trail = Trail::new(file.clone(), "one:1", true);
        trail.keep().unwrap();
        assert!(file.used().0.is_empty());
        trail.enter("alice");
        trail.keep().unwrap();
        assert!(file.used().0[0].is_private);
    }

    #[test]
    fn each_window_that_enters_a_room_makes_it_the_latest() {
        let directory = tempfile::tempdir().unwrap();
        let file = RoomsFile::at(directory.path().join("rooms.toml"));
        let enter = |address: &str| {
            let trail = Trail::new(file.clone(), address, false);
            assert!(trail.enter("alice") && !trail.enter("alice"));
            trail.keep().unwrap();
        };
        let latest = || file.used().0[0].addresses.to_string();
        enter("one:1");
        enter("two:1");
        assert_eq!(latest(), "two:1");
        enter("one:1");
        assert_eq!(latest(), "one:1");
        let trail = Trail::new(file.clone(), "one:1", false);
        assert!(trail.enter("alicia"));
        trail.keep().unwrap();
        assert_eq!(file.used().0[0].username.as_str(), "alicia");
    }
}
