//! How far each session has counted, by its key: what makes a text that is sent twice be logged once.
//!
//! A session is forgotten some days after it was last heard, and when there are too many, those that were heard longest
//! ago. A session that is unknown may begin with any count.

use std::collections::HashMap;

use hubbub_wire::{Hex64, Id, Time};

use super::keeping::Counting;
use crate::said::{Own, Seq};

/// How long a session is known after it was last heard, in milliseconds: 7 days. A client that was cut off for longer
/// than that has long said that its message may not have arrived.
pub(super) const KNOWN_FOR: u64 = 7 * 24 * 60 * 60 * 1000;

/// The most sessions that are known. A session is one run of a program, so this is a thousand people who start theirs
/// nine times a day. It bounds the memory at 6 MiB when somebody makes up a session for every text.
pub(crate) const MAX_SESSIONS: usize = 65_536;

/// The part of the sessions that goes when there are too many. It costs a pass over all of them, so it must not be for
/// one alone.
const PART_THAT_GOES: usize = 16;

/// What the log makes of the count of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// The first of them are in the log, and the others are new.
    New {
        /// How many are in the log.
        known: u64,
    },
    /// All of them are in the log, with all of the session up to here.
    Known(Id, Seq),
    /// Some are missing before them.
    Gap,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    /// The highest count that was proposed.
    proposed: u64,
    /// Its place.
    seq: Seq,
    /// The highest count that came out of the log.
    arrived: u64,
    at: Time,
    /// Whether it was heard by an earlier start only. A power failure may have taken its last texts, after they were
    /// acknowledged. So it may go on with any count.
    is_of_the_past: bool,
}

impl Heard {
    fn is_forgotten(&self, now: Time) -> bool {
        now.unix_ms().saturating_sub(self.at.unix_ms()) > KNOWN_FOR
    }
}

/// How far each session has counted.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    heard: HashMap<Hex64, Heard>,
}

impl Sessions {
    /// Compares texts, the first of which has the name `first`, with what is known of the session.
    pub(crate) fn count(&mut self, first: Own, texts: u64, now: Time) -> Counted {
        let Id { session, count } = first.id;
        let Some(last) = count.checked_add(texts.saturating_sub(1)) else {
            return Counted::Gap;
        };
        let heard = self.heard.get_mut(&first.key);
        let Some(heard) = heard.filter(|heard| !heard.is_forgotten(now)) else {
            return Counted::New { known: 0 };
        };
        if count.saturating_sub(1) > heard.proposed {
            return if heard.is_of_the_past {
                Counted::New { known: 0 }
            } else {
                Counted::Gap
            };
        }
        heard.at = now;
        if last <= heard.proposed {
            let count = heard.proposed;
            return Counted::Known(Id { session, count }, heard.seq);
        }
        Counted::New {
            known: (heard.proposed + 1).saturating_sub(count),
        }
    }

    /// Texts up to this count were proposed, and the last of them got this place.
    pub(crate) fn proposed(&mut self, key: Hex64, count: u64, seq: Seq, now: Time) {
        if self.heard.len() >= MAX_SESSIONS && !self.heard.contains_key(&key) {
            self.forget_some(now);
        }
        let new = Heard {
            proposed: count,
            seq,
            arrived: 0,
            at: now,
            is_of_the_past: false,
        };
        let heard = self.heard.entry(key).or_insert(new);
        let arrived = if heard.is_forgotten(now) {
            0
        } else {
            heard.arrived
        };
        *heard = Heard { arrived, ..new };
    }

    /// Texts up to this count came out of the log.
    pub(crate) fn arrived(&mut self, key: Hex64, count: u64) {
        if let Some(heard) = self.heard.get_mut(&key) {
            heard.arrived = count;
        }
    }

    /// The highest count that came out of the log; 0 for none.
    pub(crate) fn highest(&self, key: Hex64, now: Time) -> u64 {
        let heard = self.heard.get(&key);
        let heard = heard.filter(|heard| !heard.is_forgotten(now));
        heard.map_or(0, |heard| heard.arrived)
    }

    /// What the disk knows of a session of an earlier start.
    pub(super) fn remember(&mut self, counting: &Counting) {
        let heard = Heard {
            proposed: counting.count,
            seq: counting.place,
            arrived: counting.count,
            at: counting.heard,
            is_of_the_past: true,
        };
        self.heard.insert(counting.key, heard);
    }

    /// How far the sessions have counted that were heard at this time or later.
    pub(crate) fn heard_since(&self, time: Time) -> Vec<Counting> {
        let heard = self.heard.iter().filter(|(_, heard)| heard.at >= time);
        let counted = heard.map(|(key, heard)| Counting {
            key: *key,
            count: heard.proposed,
            place: heard.seq,
            heard: heard.at,
        });
        counted.collect()
    }

    /// Makes room: lets go of those whose time has passed, and if that is too little, of those heard longest ago.
    fn forget_some(&mut self, now: Time) {
        self.heard.retain(|_, heard| !heard.is_forgotten(now));
        let most = MAX_SESSIONS - MAX_SESSIONS / PART_THAT_GOES;
        if let Some(too_many) = self.heard.len().checked_sub(most)
            && too_many > 0
        {
            let times = self.heard.iter().map(|(key, heard)| (heard.at, *key));
            let mut times: Vec<_> = times.collect();
            let (oldest, ..) = times.select_nth_unstable(too_many);
            for (_, key) in oldest {
                self.heard.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Hex64 = Hex64(5);

    fn own(key: u64, count: u64) -> Own {
        let (session, key) = (SESSION, Hex64(key));
        let id = Id { session, count };
        Own { id, key }
    }

    fn at(ms: u64) -> Time {
        Time::from_unix_ms(ms)
    }

    fn seq(count: u64) -> Seq {
        let generation = 9;
        Seq { generation, count }
    }

    /// A session of the key 1 that has counted to 10, at the time 0.
    fn counted() -> Sessions {
        let mut sessions = Sessions::default();
        sessions.proposed(Hex64(1), 10, seq(70), at(0));
        sessions.arrived(Hex64(1), 8);
        sessions
    }

    #[test]
    fn a_session_goes_on_where_it_was_and_what_it_says_again_is_known() {
        let mut sessions = counted();
        let id = own(1, 10).id;
        let all_known = Counted::Known(id, seq(70));
        for (first, texts, counted) in [
            (11, 5, Counted::New { known: 0 }),
            (12, 1, Counted::Gap),
            (10, 1, all_known),
            (1, 10, all_known),
            (1, 11, Counted::New { known: 10 }),
            (10, 3, Counted::New { known: 1 }),
            (u64::MAX, 2, Counted::Gap),
        ] {
            let got = sessions.count(own(1, first), texts, at(0));
            assert_eq!(got, counted, "{texts} from {first}");
        }
        assert_eq!(sessions.highest(Hex64(1), at(0)), 8);
    }

    #[test]
    fn an_unknown_session_begins_with_any_count() {
        let mut sessions = counted();
        for count in [1, 2, 77, u64::MAX] {
            let got = sessions.count(own(2, count), 1, at(0));
            assert_eq!(got, Counted::New { known: 0 });
        }
        assert_eq!(sessions.highest(Hex64(2), at(0)), 0);
    }

    #[test]
    fn a_session_is_known_for_seven_days_after_it_was_heard_and_not_longer() {
        let known = Counted::Known(own(1, 10).id, seq(70));
        let mut sessions = counted();
        assert_eq!(sessions.highest(Hex64(1), at(KNOWN_FOR)), 8);
        assert_eq!(sessions.count(own(1, 10), 1, at(KNOWN_FOR)), known);
        // It was heard just now, so this goes on.
        assert_eq!(sessions.count(own(1, 10), 1, at(2 * KNOWN_FOR)), known);
        let late = at(3 * KNOWN_FOR + 1);
        assert_eq!(sessions.highest(Hex64(1), late), 0);
        let new = Counted::New { known: 0 };
        assert_eq!(sessions.count(own(1, 10), 1, late), new);
        sessions.proposed(Hex64(1), 10, seq(90), late);
        assert_eq!(sessions.highest(Hex64(1), late), 0);
    }

    #[test]
    fn when_there_are_too_many_those_heard_longest_ago_are_forgotten() {
        let mut sessions = Sessions::default();
        let last = MAX_SESSIONS as u64;
        for key in 1..=last {
            sessions.proposed(Hex64(key), 1, seq(key), at(key));
        }
        // One that is known does not count twice.
        sessions.proposed(Hex64(1), 2, seq(1), at(last));
        assert_eq!(sessions.heard.len(), MAX_SESSIONS);
        sessions.proposed(Hex64(last + 1), 1, seq(1), at(last));
        let went = (MAX_SESSIONS / PART_THAT_GOES) as u64;
        assert_eq!(sessions.heard.len() as u64, last + 1 - went);
        let is_known = |key| sessions.heard.contains_key(&Hex64(key));
        assert!(is_known(1) && !is_known(2) && !is_known(went + 1) && is_known(went + 2));
    }

    #[test]
    fn those_whose_time_has_passed_make_room_first() {
        let mut sessions = Sessions::default();
        let last = MAX_SESSIONS as u64;
        for key in 1..=last {
            let ms = if key <= last / 2 { 0 } else { 1 };
            sessions.proposed(Hex64(key), 1, seq(key), at(ms));
        }
        sessions.proposed(Hex64(0), 1, seq(1), at(KNOWN_FOR + 1));
        assert_eq!(sessions.heard.len() as u64, last / 2 + 1);
    }
}
