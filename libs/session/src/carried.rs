//! Carried: what a run of the program leaves to the next one, so that no text is lost and none is sent twice, although
//! the first may end between any two of its steps. A page that is loaded again needs it. Plain data.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use hubbub_wire::{Hex64, Hex128};

use crate::MessageId;

/// The version of the text. Another one says that this program does not know what stands in it.
const VERSION: &str = "1";

/// What the next run of the program goes on with, as [`Options::carried`](crate::Options::carried). A run that ends by
/// [`Intent::Leave`](crate::Intent::Leave) leaves no texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Carried {
    /// The session, in whose name texts are counted.
    pub session: Hex64,
    /// Who has it is this member.
    pub secret: Hex128,
    /// How many times this session has connected.
    pub attempt: u64,
    /// How many texts of this session are known to be in the log.
    pub arrived: u64,
    /// The log into which the texts went that were sent.
    pub room: Option<Hex128>,
    /// The texts that are not known to be in the log, in order. The server may have those that were sent.
    pub texts: Vec<CarriedText>,
}

/// A text of the user that is not known to have arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct CarriedText {
    /// Its name on the way from the screen to the server and back. The next run needs other names for what is new.
    pub id: MessageId,
    /// What was said.
    pub text: String,
    /// Whether some of it may have been sent.
    pub is_sent: bool,
}

/// Takes the [`Carried`] of a session at each change, before the session does what follows from it. It must be as good
/// as stored when the function returns.
#[derive(Clone)]
pub struct Keeper(Arc<dyn Fn(&Carried) + Send + Sync>);

impl Keeper {
    /// One that calls this function, on the thread of the session.
    pub fn new(keep: impl Fn(&Carried) + Send + Sync + 'static) -> Self {
        Self(Arc::new(keep))
    }

    pub(crate) fn keep(&self, carried: &Carried) {
        (self.0)(carried);
    }
}

impl Carried {
    /// Writes it as one text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self {
            session,
            secret,
            attempt,
            arrived,
            ..
        } = self;
        let room = self.room.map_or_else(String::new, |room| room.to_string());
        let mut written = format!("{VERSION} {session} {secret} {attempt} {arrived} {room}\n");
        for CarriedText { id, text, is_sent } in &self.texts {
            let _ = write!(
                written,
                "{id} {} {}\n{text}\n",
                u8::from(*is_sent),
                text.len()
            );
        }
        written
    }

    /// Reads what [`to_text`](Self::to_text) has written. `None`: it is something else.
    #[must_use]
    pub fn from_text(written: &str) -> Option<Self> {
        let (head, mut rest) = written.split_once('\n')?;
        let fields: Vec<_> = head.split(' ').collect();
        let [VERSION, session, secret, attempt, arrived, room] = *fields else {
            return None;
        };
        let room = match room {
            "" => None,
            room => Some(Hex128::parse(room)?),
        };
        let mut texts = Vec::new();
        while !rest.is_empty() {
            let (text, after) = CarriedText::from_text(rest)?;
            texts.push(text);
            rest = after;
        }
        // Those that were sent come first.
        let are_in_order = texts.is_sorted_by_key(|text| !text.is_sent);
        are_in_order.then_some(Self {
            session: Hex64::parse(session)?,
            secret: Hex128::parse(secret)?,
            attempt: attempt.parse().ok()?,
            arrived: arrived.parse().ok()?,
            room,
            texts,
        })
    }
}

impl CarriedText {
    /// Returns what comes after it, too.
    fn from_text(written: &str) -> Option<(Self, &str)> {
        let (head, rest) = written.split_once('\n')?;
        let (id, head) = head.split_once(' ')?;
        let (is_sent, len) = head.split_once(' ')?;
        let (text, rest) = rest.split_at_checked(len.parse().ok()?)?;
        let text = Self {
            id: id.parse().ok()?,
            text: text.to_owned(),
            is_sent: match is_sent {
                "0" => false,
                "1" => true,
                _ => return None,
            },
        };
        Some((text, rest.strip_prefix('\n')?))
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("session", &self.session)
            .field("attempt", &self.attempt)
            .field("arrived", &self.arrived)
            .field("texts", &self.texts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CarriedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, len) = (self.id, self.text.len());
        write!(f, "text {id} of {len} bytes, is_sent: {}", self.is_sent)
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(texts: &[(&str, bool)]) -> Carried {
        let texts = texts
            .iter()
            .zip(7..)
            .map(|((text, is_sent), id)| CarriedText {
                id,
                text: (*text).to_owned(),
                is_sent: *is_sent,
            });
        Carried {
            session: Hex64(1),
            secret: Hex128(2),
            attempt: 3,
            arrived: 4,
            room: None,
            texts: texts.collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_whatever_was_said() {
        for texts in [
            &[][..],
            &[
                ("hi", true),
                ("a\n\nb\n", true),
                ("8 1 2\nno\n", false),
                ("ü ☃", false),
            ],
        ] {
            for room in [None, Some(Hex128(5))] {
                let carried = Carried {
                    room,
                    ..carried(texts)
                };
                assert_eq!(Carried::from_text(&carried.to_text()), Some(carried));
            }
        }
    }

    #[test]
    fn nothing_else_is_read() {
        let written = carried(&[("hi", true), ("ü", false)]).to_text();
        for cut in (0..written.len()).filter(|cut| written.is_char_boundary(*cut)) {
            // A text that is missing as a whole is not noticed.
            let is_whole = written[..cut].ends_with("4 \n") || written[..cut].ends_with("hi\n");
            let read = Carried::from_text(&written[..cut]);
            assert_eq!(read.is_some(), is_whole, "{:?}", &written[..cut]);
        }
        for (right, wrong) in [
            ("1 0", "2 0"),
            ("7 1 2", "7 2 2"),
            ("7 1 2", "7 1 1"),
            ("8 0 2", "8 0 1"),
            ("7 1", "7 0"),
        ] {
            let other = written.replacen(right, wrong, 1);
            assert_ne!(other, written);
            let read = Carried::from_text(&other);
            // Only one that was sent may come before one that was not.
            assert_eq!(
                read.is_some(),
                (right, wrong) == ("7 1", "7 0"),
                "{other:?}"
            );
        }
        assert_eq!(
            Carried::from_text(&carried(&[("hi", false), ("ho", true)]).to_text()),
            None
        );
    }

    #[test]
    fn neither_the_secret_nor_a_text_is_shown() {
        let shown = format!("{:?}", carried(&[("hidden", true)]));
        assert_eq!(
            shown,
            "Carried { session: Hex64(1), attempt: 3, arrived: 4, texts: [text 7 of 6 bytes, is_sent: true], .. }"
        );
    }
}
