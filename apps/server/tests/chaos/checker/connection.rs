//! Connection: what a plain member said and heard on one connection.

use super::places::Place;
use super::unkept::ON_ITS_WAY;
use super::{Case, Kind, Numbered, Verdict, lives};
use crate::journal::{Entry, What};
use crate::words::TextId;

impl Case<'_> {
    /// It heard everything from the first to the last text, and what it said is in the log up to the last of it that
    /// got there.
    pub(super) fn check_connection(&self, connection: &[Numbered<'_>], verdict: &mut Verdict) {
        self.check_heard(connection, verdict);
        let Some((_, last)) = connection.last() else {
            return;
        };
        let said = connection
            .iter()
            .filter_map(|(at, entry)| match entry.what {
                What::Says(number) => Some((number, *at)),
                _ => None,
            });
        let mut missing = Vec::new();
        for (number, at) in said {
            let text = TextId {
                who: last.who.clone(),
                run: last.run,
                number,
            };
            if self.places.is_in_the_log(&text) {
                for (text, at) in missing.drain(..) {
                    self.blame_for(text, at, verdict);
                }
            } else {
                missing.push((text, at));
            }
        }
        if lives(connection) {
            for (text, at) in missing {
                self.blame_for(text, at, verdict);
            }
        }
    }

    fn blame_for(&self, text: TextId, at: usize, verdict: &mut Verdict) {
        let said_at = self.journal[at].at;
        if self.unkept.is_forgotten(said_at, std::time::Duration::MAX) {
            verdict.forgiven += 1;
        } else {
            verdict.blame(
                Kind::Lost,
                &text.who,
                at,
                format!("{text} was shown to no member"),
            );
        }
    }

    fn check_heard(&self, connection: &[Numbered<'_>], verdict: &mut Verdict) {
        let Some((end, last_entry)) = connection.last() else {
            return;
        };
        let who = last_entry.who.as_str();
        let mut heard = std::collections::HashSet::new();
        let mut way: Vec<(Place, usize)> = Vec::new();
        for (at, entry) in connection {
            let What::Heard { text, .. } = &entry.what else {
                continue;
            };
            verdict.deliveries += 1;
            if text.who == who || !heard.insert(text) {
                verdict.blame(
                    Kind::Doubled,
                    who,
                    *at,
                    format!("{text} was heard twice, or by its sender"),
                );
                continue;
            }
            if !self.places.is_in_the_log(text) {
                self.blame_for(text.clone(), *at, verdict);
            }
            // A text that was forgotten and said again has two places, and this is one of them.
            let Some(place) = self.places.of_text(text) else {
                continue;
            };
            if self.is_of_a_later_start(place, entry, connection) {
                verdict.forgiven += 1;
                continue;
            }
            match way.last() {
                Some((last, _)) if *last >= place => {
                    verdict.blame(
                        Kind::OutOfOrder,
                        who,
                        *at,
                        format!("{text} was heard after {last:?}"),
                    );
                }
                _ => way.push((place, *at)),
            }
        }
        let Some((first, _)) = way.first() else {
            return;
        };
        let lives = lives(connection);
        let last = if lives {
            (usize::MAX, u64::MAX)
        } else {
            way.last().map_or(*first, |(last, _)| *last)
        };
        for (place, text) in self.places.between(*first, last) {
            if text.who != who && !heard.contains(text) {
                let next = way.partition_point(|(known, _)| *known < place);
                let at = way.get(next).map_or(*end, |(_, at)| *at);
                verdict.blame(
                    Kind::Lost,
                    who,
                    at,
                    format!("{text} at {place:?} was not heard"),
                );
            }
        }
    }

    /// Whether a text that was heard here got its place from a later start of the server only: it was heard while
    /// nothing was kept, the server ended after that, and no member knew of the start with this place until then. Where
    /// the text stood when it was heard, nobody knows any more.
    fn is_of_a_later_start(
        &self,
        place: Place,
        heard: &Entry,
        connection: &[Numbered<'_>],
    ) -> bool {
        let [(_, first), .., (_, last)] = connection else {
            return false;
        };
        // This connection is none of a start that ended before it began.
        let from = first.at.max(last.at.saturating_sub(ON_ITS_WAY));
        self.unkept.was_unkept(heard.at) && self.unkept.has_ended(from, self.places.begun_at(place))
    }
}
