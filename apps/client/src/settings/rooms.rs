//! Rooms: the name that was used in each room, so that it can be offered again, the last message that was seen there,
//! so that the next window can tell what was missed, who is muted there, and whether it was private, so that forgetting
//! its key leads nobody there in plain. They are in a file of their own in the user's state directory, which nobody
//! edits. A room on several servers is one room here: it is known by all of its addresses as they were given, which says
//! before any connection which one it is.

use std::collections::BTreeSet;
use std::fmt;
#[cfg(not(target_arch = "wasm32"))]
use std::path::PathBuf;

use hubbub_transport::{Addresses, Invitation};
use hubbub_wire::{Hex128, Limits, PORT, Token, Username};

use super::SettingsError;
use super::lines::{Line, Value};
use super::shelf::{Kept, Shelf, Store};

/// The most rooms that are remembered. If there are more, the one that was not seen for the longest time is forgotten:
/// coming back there is like coming for the first time.
pub const KEPT_ROOMS: usize = 100;

/// A room that was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedRoom {
    /// Where it is.
    pub addresses: Addresses,
    /// The name that the user had there.
    pub username: Username<'static>,
    /// Whether it was private.
    pub is_private: bool,
}

impl UsedRoom {
    /// The way back there, as private as it was.
    #[must_use]
    pub fn invitation(&self) -> Invitation {
        Invitation {
            addresses: self.addresses.clone(),
            is_private: self.is_private,
            pins: Vec::new(),
            password: None,
        }
    }

    /// The same as people write it into a field: a plain room needs no scheme.
    #[must_use]
    pub fn written(&self) -> String {
        let scheme = if self.is_private { "chats://" } else { "" };
        format!("{scheme}{}", self.addresses)
    }
}

/// What was seen last in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSeen {
    /// Which log the room had.
    pub log: Hex128,
    /// The place of the message in it.
    pub place: String,
}

/// What the file has of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What was seen last.
    pub seen: Option<LastSeen>,
    /// Who is muted, in the order of the names.
    pub muted: Vec<String>,
}

/// A person is muted (`true`) or no longer muted (`false`).
pub type Mute = (String, bool);

/// What is kept of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// The name that the user had there. `None` before they were in the room.
    pub username: Option<String>,
    /// What was seen last. `None` if the server does not tell its place, or nothing was said yet.
    pub seen: Option<LastSeen>,
    /// Whether the room is private.
    pub is_private: bool,
}

/// Where the rooms are kept.
#[derive(Clone, Debug)]
pub struct RoomsFile(Option<Shelf>);

/// Why the rooms were not read or will not be kept, in words for the window.
#[derive(Debug)]
pub struct RoomsError(SettingsError);

#[derive(Default)]
struct Rooms {
    /// The one that was seen last comes first.
    room: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    address: String,
    visit: Visit,
    muted: BTreeSet<String>,
    /// What a newer version knows of it.
    more: Vec<(String, Value)>,
}

/// An entry as the file has it.
#[derive(Default)]
struct Written {
    address: String,
    username: Option<String>,
    private: bool,
    log: Option<String>,
    seen: Option<String>,
    muted: BTreeSet<String>,
    more: Vec<(String, Value)>,
}

impl Kept for Rooms {
    fn from_lines(lines: Vec<Line>) -> Result<Self, String> {
        let mut written: Vec<Written> = Vec::new();
        for line in lines {
            match (line, written.last_mut()) {
                (Line::Another(_), _) => written.push(Written::default()),
                (Line::Field(name, value), Some(room)) => room.set(&name, value),
                (Line::Field(name, _), None) => return Err(format!("{name} is of no room")),
            }
        }
        if written.iter().any(|room| room.address.is_empty()) {
            return Err("a room has no address".to_owned());
        }
        let room = written.into_iter().map(Entry::try_from);
        let room = room.collect::<Result<_, _>>()?;
        Ok(Self { room })
    }

    fn lines(&self) -> Vec<Line> {
        let entries = self.room.iter().cloned().map(Written::from);
        entries.flat_map(Written::lines).collect()
    }
}

impl Written {
    /// Sets a field. A newer version may have more of them, or other values: they count for nothing, and stay.
    fn set(&mut self, name: &str, value: Value) {
        match (name, value) {
            ("address", Value::Text(address)) => self.address = address,
            ("username", Value::Text(username)) => self.username = Some(username),
            ("private", Value::Is(private)) => self.private = private,
            ("log", Value::Text(log)) => self.log = Some(log),
            ("seen", Value::Text(seen)) => self.seen = Some(seen),
            ("muted", Value::Texts(muted)) => self.muted = muted.into_iter().collect(),
            // Whatever it is, nobody is to be led there in plain.
            ("private", _) => self.private = true,
            (name, value) => self.more.push((name.to_owned(), value)),
        }
    }

    fn lines(self) -> Vec<Line> {
        let mut lines = vec![Line::Another("room".to_owned())];
        let mut add = |name: &str, value: Option<Value>| {
            lines.extend(value.map(|value| Line::field(name, value)));
        };
        add("address", Some(Value::Text(self.address)));
        add("username", self.username.map(Value::Text));
        add("private", self.private.then_some(Value::Is(true)));
        add("log", self.log.map(Value::Text));
        add("seen", self.seen.map(Value::Text));
        let muted = Vec::from_iter(self.muted);
        add("muted", (!muted.is_empty()).then_some(Value::Texts(muted)));
        for (name, value) in self.more {
            let is_written = |line: &Line| matches!(line, Line::Field(other, _) if *other == name);
            if !lines.iter().any(is_written) {
                lines.push(Line::Field(name, value));
            }
        }
        lines
    }
}

impl TryFrom<Written> for Entry {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let mut more = written.more;
        let mut is_newer = |name: &str, other: &str, text: &str| {
            let is_newer = more.iter().any(|(known, _)| known == name);
            if is_newer {
                more.push((other.to_owned(), Value::Text(text.to_owned())));
            }
            is_newer
        };
        let seen = match (written.log, written.seen) {
            (Some(log), Some(seen)) => Some(LastSeen::read(&log, seen)?),
            (None, None) => None,
            (Some(log), None) if is_newer("seen", "log", &log) => None,
            (None, Some(seen)) if is_newer("log", "seen", &seen) => None,
            _ => return Err("log and seen do not stand together"),
        };
        Ok(Self {
            address: written.address,
            visit: Visit {
                username: written.username,
                seen,
                is_private: written.private,
            },
            muted: written.muted,
            more,
        })
    }
}

impl From<Entry> for Written {
    fn from(entry: Entry) -> Self {
        let Entry {
            address,
            visit,
            muted,
            more,
        } = entry;
        let (log, seen) = visit
            .seen
            .map(|seen| (seen.log.to_string(), seen.place))
            .unzip();
        Self {
            address,
            username: visit.username,
            private: visit.is_private,
            log,
            seen,
            muted,
            more,
        }
    }
}

impl LastSeen {
    fn read(log: &str, seen: String) -> Result<Self, &'static str> {
        let log = Hex128::parse(log).ok_or("log is not 32 hex digits")?;
        let seen = Token::new(seen).ok_or("seen is not 1 to 64 visible ASCII characters")?;
        let place = seen.as_str().to_owned();
        Ok(Self { log, place })
    }
}

impl Entry {
    /// The room, if it can be offered: the user was there, and address and name still follow the rules.
    fn used(&self) -> Option<UsedRoom> {
        let username = self.visit.username.as_deref()?;
        let username = Username::new(username, Limits::DEFAULT.max_name).ok()?;
        let addresses = Addresses::from_link(&format!("chat://{}", self.address), PORT).ok()?;
        Some(UsedRoom {
            addresses,
            username: username.into_owned(),
            is_private: self.visit.is_private,
        })
    }
}

impl RoomsFile {
    /// The entry `rooms.toml` in the storage of a browser.
    #[must_use]
    pub fn stored(store: Store) -> Self {
        Self(Some(Shelf::Entry(store, "rooms.toml")))
    }

    /// The file of the user: `hubbub/rooms.toml` under XDG_STATE_HOME, or under `.local/state` in the home directory.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn of_user() -> Self {
        // Not every system has a directory for state.
        let directory = dirs::state_dir().or_else(dirs::data_local_dir);
        Self(directory.map(|directory| Shelf::File(directory.join("hubbub/rooms.toml"))))
    }

    /// The file at this path.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(Some(Shelf::File(path)))
    }

    /// What the file has of the room at this address. If the file cannot be read, returns nothing and the reason. A
    /// broken file is set aside.
    #[must_use]
    pub fn load(&self, address: &str) -> (Known, Option<RoomsError>) {
        match self.0.as_ref().map_or(Ok(None), Shelf::read::<Rooms>) {
            Ok(rooms) => {
                let mut entries = rooms.unwrap_or_default().room.into_iter();
                let entry = entries.find(|entry| entry.address == address);
                let known = entry.map(|entry| Known {
                    seen: entry.visit.seen,
                    muted: entry.muted.into_iter().collect(),
                });
                (known.unwrap_or_default(), None)
            }
            Err(trouble) => (Known::default(), Some(RoomsError(trouble))),
        }
    }

    /// The rooms that the user was in, the latest first. If the file cannot be read, returns none of them and the
    /// reason. A broken file is set aside.
    #[must_use]
    pub fn used(&self) -> (Vec<UsedRoom>, Option<RoomsError>) {
        match self.0.as_ref().map_or(Ok(None), Shelf::read::<Rooms>) {
            Ok(rooms) => {
                let entries = rooms.unwrap_or_default().room;
                (entries.iter().filter_map(Entry::used).collect(), None)
            }
            Err(trouble) => (Vec::new(), Some(RoomsError(trouble))),
        }
    }

    /// Keeps what is known of the room at this address, which is now the latest. What is not known stays as the file
    /// has it, and so do other rooms, also those that another window has kept meanwhile, and people who are muted there
    /// and not in `mutes`. Another file is locked meanwhile, so that windows take turns.
    ///
    /// # Errors
    ///
    /// The file could not be written, or there is nowhere to write it. A broken one is replaced, and that is no error
    /// here.
    pub fn keep(&self, address: &str, visit: &Visit, mutes: &[Mute]) -> Result<(), RoomsError> {
        let shelf = self.0.as_ref();
        let shelf = shelf.ok_or(RoomsError(SettingsError::Homeless))?;
        let unwritable = |error| RoomsError(SettingsError::Unwritable(shelf.path(), error));
        let _turn = shelf.lock().map_err(unwritable)?;
        let mut rooms = match shelf.read::<Rooms>() {
            Ok(rooms) => rooms.unwrap_or_default(),
            Err(SettingsError::Broken { .. }) => Rooms::default(),
            Err(trouble) => return Err(RoomsError(trouble)),
        };
        let known = rooms.room.iter().position(|entry| entry.address == address);
        let known = known.map(|at| rooms.room.remove(at));
        let known = known.map(|it| (it.visit, it.muted, it.more));
        let (known, mut muted, more) = known.unwrap_or_default();
        for (name, is_muted) in mutes {
            if *is_muted {
                muted.insert(name.clone());
            } else {
                muted.remove(name);
            }
        }
        // Who was not in the room knows no better than the file.
        let has_entered = visit.username.is_some();
        let visit = Visit {
            username: visit.username.clone().or(known.username),
            seen: visit.seen.clone().or(known.seen),
            is_private: visit.is_private || (known.is_private && !has_entered),
        };
        let address = address.to_owned();
        let entry = Entry {
            address,
            visit,
            muted,
            more,
        };
        rooms.room.insert(0, entry);
        rooms.room.truncate(KEPT_ROOMS);
        shelf.write(&rooms).map_err(unwritable)
    }
}

impl fmt::Display for RoomsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNMARKED: &str =
            "the next window cannot mark what you missed, nor knows whom you mute now";
        match &self.0 {
            SettingsError::Broken { path, why, aside } => {
                write!(
                    f,
                    "the list of rooms in {} is broken ({why})",
                    path.display()
                )?;
                match aside {
                    Some(aside) => write!(f, "; it is now in {}", aside.display())?,
                    None => write!(f, "; delete the file")?,
                }
                write!(
                    f,
                    ". What you missed is not marked this time, and who was muted in any room is not known: mute them again"
                )
            }
            SettingsError::Unreadable(path, error) => {
                write!(
                    f,
                    "what you missed is not marked, and nobody is muted: cannot read {}: {error}",
                    path.display()
                )
            }
            SettingsError::Unwritable(path, error) => {
                write!(f, "{UNMARKED}: cannot write {}: {error}", path.display())
            }
            SettingsError::Homeless => write!(
                f,
                "{UNMARKED}: neither XDG_STATE_HOME nor HOME says where to keep it"
            ),
        }
    }
}

impl std::error::Error for RoomsError {}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::super::disk::lock;
    use super::*;

    fn seen(log: u128, place: &str) -> LastSeen {
        let (log, place) = (Hex128(log), place.to_owned());
        LastSeen { log, place }
    }

    fn visit(log: u128, place: &str) -> Visit {
        Visit {
            seen: Some(seen(log, place)),
            ..Visit::default()
        }
    }

    fn visit_as(username: &str) -> Visit {
        Visit {
            username: Some(username.to_owned()),
            ..Visit::default()
        }
    }

    fn offered(file: &RoomsFile) -> Vec<String> {
        let (used, trouble) = file.used();
        assert!(trouble.is_none(), "{trouble:?}");
        let words = |room: &UsedRoom| format!("{} as {}", room.addresses, room.username);
        used.iter().map(words).collect()
    }

    fn file() -> (tempfile::TempDir, RoomsFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = RoomsFile::at(directory.path().join("state/rooms.toml"));
        (directory, file)
    }

    fn known(file: &RoomsFile, address: &str) -> Option<LastSeen> {
        let (known, trouble) = file.load(address);
        assert!(trouble.is_none(), "{trouble:?}");
        known.seen
    }

    #[test]
    fn each_room_has_its_own_last_message_and_the_latest_one_counts() {
        let (_directory, file) = file();
        assert_eq!(known(&file, "one:1"), None);
        file.keep("one:1", &visit(u128::MAX, "00ff-7"), &[])
            .unwrap();
        file.keep("[::1]:2", &visit(1, "x"), &[]).unwrap();
        file.keep("one:1", &visit(2, "00ff-8"), &[]).unwrap();
        assert_eq!(known(&file, "one:1"), Some(seen(2, "00ff-8")));
        assert_eq!(known(&file, "[::1]:2"), Some(seen(1, "x")));
        assert_eq!(known(&file, "one:2"), None);
    }

    #[test]
    fn the_room_that_was_not_seen_for_the_longest_time_is_forgotten_at_the_limit() {
        let (_directory, file) = file();
        let address = |number| format!("room:{number}");
        for number in 0..KEPT_ROOMS {
            file.keep(&address(number), &visit(1, "x"), &[]).unwrap();
        }
        assert!(known(&file, &address(0)).is_some());
        file.keep(&address(0), &visit(1, "y"), &[]).unwrap();
        file.keep("one more", &visit(1, "x"), &[]).unwrap();
        assert_eq!(known(&file, &address(0)), Some(seen(1, "y")));
        assert_eq!(known(&file, &address(1)), None);
        assert!(known(&file, &address(2)).is_some());
    }

    #[test]
    fn rooms_are_offered_with_the_name_used_there_and_the_latest_comes_first() {
        let (_directory, file) = file();
        assert!(offered(&file).is_empty());
        file.keep("one:1", &visit_as("alice"), &[]).unwrap();
        file.keep("[::1]:2", &visit_as("bob smith"), &[]).unwrap();
        // Never entered, or no longer after the rules: not offered.
        file.keep("three:3", &visit(1, "x"), &[]).unwrap();
        file.keep("four:4", &visit_as(&"x".repeat(65)), &[])
            .unwrap();
        file.keep("not an address", &visit_as("alice"), &[])
            .unwrap();
        assert_eq!(offered(&file), ["[::1]:2 as bob smith", "one:1 as alice"]);
        file.keep("one:1", &visit_as("alicia"), &[]).unwrap();
        assert_eq!(offered(&file), ["one:1 as alicia", "[::1]:2 as bob smith"]);
    }

    #[test]
    fn the_name_and_the_last_message_are_kept_one_without_the_other() {
        let (_directory, file) = file();
        file.keep("one:1", &visit_as("alice"), &[]).unwrap();
        assert_eq!(known(&file, "one:1"), None);
        file.keep("one:1", &visit(1, "x"), &[]).unwrap();
        assert_eq!(offered(&file), ["one:1 as alice"]);
        file.keep("one:1", &visit_as("bob"), &[]).unwrap();
        assert_eq!(known(&file, "one:1"), Some(seen(1, "x")));
        assert_eq!(offered(&file), ["one:1 as bob"]);
    }

    #[test]
    fn a_room_that_was_private_is_offered_as_private_until_somebody_enters_it_in_plain() {
        let (_directory, file) = file();
        let offered = || {
            let used = &file.used().0[0];
            (used.invitation().to_link(), used.written())
        };
        let private = Visit {
            is_private: true,
            ..visit_as("alice")
        };
        let words = |room: &str, field: &str| (room.to_owned(), field.to_owned());
        file.keep("[::1]:2", &private, &[]).unwrap();
        assert_eq!(offered(), words("chats://[::1]:2", "chats://[::1]:2"));
        // Whoever only tried it in plain has not been there.
        file.keep("[::1]:2", &visit(1, "x"), &[]).unwrap();
        assert_eq!(offered(), words("chats://[::1]:2", "chats://[::1]:2"));
        file.keep("[::1]:2", &visit_as("alice"), &[]).unwrap();
        assert_eq!(offered(), words("chat://[::1]:2", "[::1]:2"));
    }

    #[test]
    fn a_file_of_a_window_that_kept_no_names_is_read() {
        let (directory, file) = file();
        let path = directory.path().join("state/rooms.toml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let entry = "address = \"a:1\"\nlog = \"00000000000000000000000000000001\"\nseen = \"x\"";
        fs::write(&path, format!("[[room]]\n{entry}")).unwrap();
        assert_eq!(known(&file, "a:1"), Some(seen(1, "x")));
        assert!(offered(&file).is_empty());
    }

    #[test]
    fn a_broken_file_is_set_aside_and_told_and_the_next_one_is_whole() {
        for broken in [
            "room = 3",
            "[[room]]\naddress = \"a\"\nlog = \"12\"\nseen = \"x\"",
            "[[room]]\naddress = \"a\"\nseen = \"x\"",
            "[[room]]\naddress = \"a\"\nlog = \"00000000000000000000000000000001\"\nseen = \"x y\"",
        ] {
            let (directory, file) = file();
            let path = directory.path().join("state/rooms.toml");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, broken).unwrap();
            let (nothing, trouble) = file.load("a");
            let words = trouble.unwrap().to_string();
            assert!(
                nothing == Known::default() && words.contains("is broken"),
                "{words}"
            );
            assert!(words.contains("rooms.toml.broken"), "{words}");
            assert!(words.contains("mute them again"), "{words}");
            file.keep("a", &visit(1, "x"), &[]).unwrap();
            assert_eq!(known(&file, "a"), Some(seen(1, "x")));
            fs::write(&path, broken).unwrap();
            file.keep("a", &visit(1, "y"), &[]).unwrap();
            assert_eq!(known(&file, "a"), Some(seen(1, "y")));
        }
    }

    #[test]
    fn windows_that_keep_at_once_undo_nothing_of_each_other() {
        let (_directory, file) = file();
        thread::scope(|windows| {
            for window in 0..4 {
                let file = &file;
                windows.spawn(move || {
                    for person in 0..25 {
                        let mutes = [(format!("{window}.{person}"), true)];
                        // On a busy machine the others have the file for longer than a window waits for it.
                        let keep = |_| file.keep("a:1", &Visit::default(), &mutes);
                        assert!((0..100).map(keep).any(|kept| kept.is_ok()));
                    }
                });
            }
        });
        assert_eq!(file.load("a:1").0.muted.len(), 100);
    }

    #[test]
    fn a_file_that_another_window_holds_for_too_long_is_told_and_kept_when_it_is_free() {
        let (directory, file) = file();
        let path = directory.path().join("state/rooms.toml");
        let held = lock(&path).unwrap();
        let why = file.keep("a", &visit(1, "x"), &[]).unwrap_err().to_string();
        assert!(why.contains("has held it for a second"), "{why}");
        drop(held);
        file.keep("a", &visit(1, "x"), &[]).unwrap();
        assert_eq!(known(&file, "a"), Some(seen(1, "x")));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = RoomsFile::at(directory.path().to_owned());
        for words in [
            file.keep("a", &visit(1, "x"), &[]).unwrap_err().to_string(),
            RoomsFile(None)
                .keep("a", &visit(1, "x"), &[])
                .unwrap_err()
                .to_string(),
        ] {
            assert!(words.contains("missed"), "{words}");
        }
    }
}
