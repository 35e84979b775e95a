//! Written: the known rooms as their file has them. Pure.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hubbub_transport::{Password, Pin};
use hubbub_wire::Time;
use serde::{Deserialize, Serialize};

use super::{KeptPassword, KnownError, KnownRoom};
use crate::Reason;

/// The version of the file. Another one says that this program does not know what stands in it.
const VERSION: u32 = 1;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    version: u32,
    #[serde(default)]
    room: Vec<Entry>,
}

/// The version alone, whatever else is there.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Line", into = "Line")]
struct Entry {
    place: String,
    room: KnownRoom,
}

/// An entry as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    address: String,
    pins: Vec<String>,
    reason: Why,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_key: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Why {
    Pin,
    Asked,
    Authority,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            version: VERSION,
            room: Vec::new(),
        }
    }
}

impl Written {
    /// Reads what the file at `path` says.
    pub(super) fn read(text: &str, path: &Path) -> Result<Self, KnownError> {
        let broken = |error: basic_toml::Error| KnownError::Broken {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let Version { version } = basic_toml::from_str(text).map_err(broken)?;
        if version > VERSION {
            return Err(KnownError::FromTheFuture(path.to_owned()));
        }
        basic_toml::from_str(text).map_err(broken)
    }

    pub(super) fn text(&self) -> io::Result<String> {
        basic_toml::to_string(self).map_err(io::Error::other)
    }

    /// Takes out what is known of a place.
    pub(super) fn take(&mut self, place: &str) -> Option<KnownRoom> {
        let at = self.room.iter().position(|entry| entry.place == place)?;
        Some(self.room.remove(at).room)
    }

    /// Takes out all that stands at a place with an address that is one of those. Returns whether there was any.
    pub(super) fn remove(&mut self, is_one: impl Fn(&str) -> bool) -> bool {
        let before = self.room.len();
        self.room
            .retain(|entry| !entry.place.split(',').any(&is_one));
        self.room.len() < before
    }

    /// Adds what is known of a place that was taken out.
    pub(super) fn put(&mut self, place: String, room: KnownRoom) {
        self.room.push(Entry { place, room });
    }
}

impl TryFrom<Line> for Entry {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, Self::Error> {
        const PIN: &str = "a pin is not sha256- and 43 characters of base64url";
        let pin = |text: &String| text.parse::<Pin>().map_err(|_| PIN);
        let pins = line.pins.iter().map(pin).collect::<Result<Vec<_>, _>>()?;
        if pins.is_empty() {
            return Err("a room has no pin");
        }
        let since = Time::parse(&line.since).ok_or("since is not a time as in RFC 3339")?;
        let password = match (line.password, line.password_key) {
            (Some(password), Some(key)) => Some(KeptPassword {
                password: Password::new(
                    STANDARD
                        .decode(password)
                        .map_err(|_| "a password is not base64")?,
                ),
                key: pin(&key)?,
            }),
            (None, None) => None,
            _ => return Err("password and password_key do not stand together"),
        };
        Ok(Self {
            place: line.address,
            room: KnownRoom {
                pins,
                reason: line.reason.into(),
                since: SystemTime::UNIX_EPOCH + Duration::from_millis(since.unix_ms()),
                password,
            },
        })
    }
}

impl From<Entry> for Line {
    fn from(Entry { place, room }: Entry) -> Self {
        let since = room.since.duration_since(SystemTime::UNIX_EPOCH);
        let since = since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        });
        let (password, password_key) = room
            .password
            .map(|kept| {
                (
                    STANDARD.encode(kept.password.as_bytes()),
                    kept.key.to_string(),
                )
            })
            .unzip();
        Self {
            address: place,
            pins: room.pins.iter().map(Pin::to_string).collect(),
            reason: room.reason.into(),
            since: Time::from_unix_ms(since).to_string(),
            password,
            password_key,
        }
    }
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        match why {
            Why::Pin => Self::Pin,
            Why::Asked => Self::Asked,
            Why::Authority => Self::Authority,
        }
    }
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Pin => Self::Pin,
            Reason::Asked => Self::Asked,
            // A browser believes authorities, too. It has no such file.
            Reason::Authority | Reason::Browser => Self::Authority,
        }
    }
}
