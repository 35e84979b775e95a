//! What a member said at once, with its place in the log. Draft, backlog and disk share it. Plain values.

use std::fmt;

use hubbub_wire::{Hex64, Hex128, Id, Payload, Time, Token};

use crate::id::Name;
use crate::texts::Texts;

/// A place in the log: the start of the server that gave it, and how many texts that start had taken with this one,
/// from
/// 1. 0 is the place before the first.
///
/// Clients get it as a `Seq` and compare it for equality only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seq {
    /// Drawn at each start, so that no place is ever given twice.
    pub generation: u64,
    /// Which text.
    pub count: u64,
}

impl Seq {
    /// `None` unless it is a place that a server of ours wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (generation, count) = text.split_once('-')?;
        let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self {
            generation: Hex64::parse(generation)?.0,
            count: is_number.then(|| count.parse().ok())??,
        })
    }

    /// The place so many texts later.
    #[must_use]
    pub const fn after(self, texts: u64) -> Self {
        Self {
            generation: self.generation,
            count: self.count + texts,
        }
    }

    /// As a header bears it.
    #[must_use]
    pub fn token(self) -> Option<Token<'static>> {
        Token::new(self.to_string())
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.generation, self.count)
    }
}

/// How a member with a grant names a text, and under which key the log counts its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The sender's own name for the text, which everybody may see.
    pub id: Id,
    /// What its texts are counted under. Everybody can see a session, and only its member knows the secret: with a key
    /// of both, nobody can use up the counts of somebody else.
    pub key: Hex64,
}

impl Own {
    /// The key of a session whose member has this secret.
    #[must_use]
    pub const fn key(session: Hex64, secret: Hex128) -> Hex64 {
        let high = (secret.0 >> 64) as u64;
        let low = secret.0 as u64;
        Hex64(stirred(stirred(stirred(session.0) ^ high) ^ low))
    }
}

/// A number of which each bit depends on all bits of this one, and which no other gives: the end of SplitMix64. So two
/// programs have different keys also if they make their secrets out of their sessions.
pub(crate) const fn stirred(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// Texts of one member that came together and stand together in the log.
#[derive(Debug)]
pub struct Said {
    /// Who said them.
    pub name: Name,
    /// The place of the first. The others follow without a gap.
    pub first: Seq,
    /// When they got their places.
    pub time: Time,
    /// The sender's own name for the first, if the sender has a grant. The others follow without a gap.
    pub own: Option<Id>,
    /// What they say.
    pub texts: Texts,
}

impl Said {
    /// How many texts they are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.texts.count() as u64
    }

    /// The place of the last.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.first.after(self.count().saturating_sub(1))
    }

    /// The sender's own name for the last.
    #[must_use]
    pub fn last_own(&self) -> Option<Id> {
        let Id { session, count } = self.own?;
        let count = count + self.count().saturating_sub(1);
        Some(Id { session, count })
    }

    /// All of them in order: place, the sender's own name, payload.
    pub fn iter(&self) -> impl Iterator<Item = (Seq, Option<Id>, Payload<'_>)> {
        let texts = (0..).zip(self.texts.iter());
        texts.map(|(number, payload)| {
            let own = self.own.map(|Id { session, count }| Id {
                session,
                count: count + number,
            });
            (self.first.after(number), own, payload)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hubbub_wire::Username;

    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is() {
        let seq = Seq {
            generation: 0xab,
            count: u64::MAX,
        };
        assert_eq!(seq.to_string(), "00000000000000ab-18446744073709551615");
        assert_eq!(Seq::parse(&seq.to_string()), Some(seq));
        for other in [
            "",
            "-1",
            "ab-1",
            "00000000000000ab-",
            "00000000000000ab-+1",
            "00000000000000ab-18446744073709551616",
            "00000000000000ab",
        ] {
            assert_eq!(Seq::parse(other), None, "{other}");
        }
    }

    #[test]
    fn who_knows_a_session_and_not_its_secret_counts_under_another_key() {
        let session = Hex64(7);
        let key = |secret| Own::key(session, Hex128(secret));
        let secret = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
        for other in [0, secret + 1, secret + (1 << 64), secret ^ (1 << 127)] {
            assert_ne!(key(secret), key(other));
        }
        assert_ne!(key(secret), Own::key(Hex64(8), Hex128(secret)));
        // Neither do programs share a key whose secrets follow from their sessions.
        let derived = |session| Own::key(Hex64(session), Hex128(u128::from(session) << 64 | 9));
        assert_ne!(derived(1), derived(2));
    }

    #[test]
    fn texts_that_came_together_have_places_and_names_without_a_gap() {
        let mut texts = Texts::default();
        for text in ["a", "b"] {
            texts.push(Payload::new(text.as_bytes()).unwrap());
        }
        let own = |count| Id {
            session: Hex64(7),
            count,
        };
        let at = |count| Seq {
            generation: 1,
            count,
        };
        let said = Said {
            name: Arc::new(Username::new("ada", 3).unwrap()),
            first: at(4),
            time: Time::from_unix_ms(0),
            own: Some(own(9)),
            texts,
        };
        assert_eq!(
            (said.count(), said.last(), said.last_own()),
            (2, at(5), Some(own(10)))
        );
        let all: Vec<_> = said
            .iter()
            .map(|(seq, own, payload)| (seq, own, payload.as_bytes()))
            .collect();
        assert_eq!(
            all,
            [
                (at(4), Some(own(9)), &b"a"[..]),
                (at(5), Some(own(10)), b"b")
            ]
        );
    }
}
