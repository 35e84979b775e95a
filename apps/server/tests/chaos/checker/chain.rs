//! Chain: what one member with a grant was shown over all its runs, of which each goes on where the last one ended.

use std::collections::HashMap;
use std::time::Duration;

use super::places::Place;
use super::{Case, Kind, Numbered, Verdict, lives};
use crate::journal::What;
use crate::words::TextId;

/// What was found so far.
#[derive(Default)]
struct Shown<'j> {
    /// Others' texts, and its own from earlier runs, each with the place at which it was shown first, and after how
    /// many grants.
    texts: HashMap<&'j TextId, (Place, usize)>,
    /// The first place from which on everything is due.
    first: Option<Place>,
    /// Before which of the places that follow the member was told that something is missing.
    gaps: Vec<usize>,
    /// Whether the member came back with a place that the log has forgotten. It cannot tell then what it was shown.
    is_astray: bool,
    grants: usize,
    /// The last place that was shown since the last grant.
    last: Option<Place>,
    /// All places that were shown, in this order, each with its time and where the journal says so.
    way: Vec<(Place, Duration, usize)>,
}

impl Case<'_> {
    /// A member was shown everything once, in the log's order.
    pub(super) fn check_chain(&self, member: &[Numbered<'_>], verdict: &mut Verdict) {
        let mut shown = Shown::default();
        let asked = member
            .iter()
            .position(|(_, entry)| entry.what == What::Asks);
        let (live, earlier) = member.split_at(asked.unwrap_or(member.len()));
        for entry in live {
            self.take(*entry, &mut shown, verdict);
        }
        self.check_missing(member, &shown, verdict);
        self.check_earlier(earlier, &shown, verdict);
    }

    /// What was asked for when all was over comes backwards from the first place that was shown, and nothing is left
    /// out.
    fn check_earlier(&self, earlier: &[Numbered<'_>], shown: &Shown<'_>, verdict: &mut Verdict) {
        let Some(mut before) = shown.first else {
            return;
        };
        for (at, entry) in earlier {
            let What::Heard {
                text,
                place: Some(seq),
                ..
            } = &entry.what
            else {
                continue;
            };
            let Some(place) = self.places.place(seq).filter(|place| *place < before) else {
                let words = format!("{text} at {seq} is not earlier than {before:?}");
                verdict.blame(Kind::OutOfOrder, &entry.who, *at, words);
                continue;
            };
            verdict.deliveries += 1;
            let skipped = self
                .places
                .between(place, before)
                .filter(|(other, _)| (place.0, place.1 + 1) <= *other && *other < before);
            for (_, skipped) in skipped {
                if self.was_unkept(skipped) {
                    verdict.forgiven += 1;
                } else {
                    verdict.blame(
                        Kind::Lost,
                        &entry.who,
                        *at,
                        format!("{skipped} is not in the log"),
                    );
                }
            }
            before = place;
        }
    }

    fn take<'j>(&self, (at, entry): Numbered<'j>, shown: &mut Shown<'j>, verdict: &mut Verdict) {
        match &entry.what {
            What::Granted(_) => {
                let last = shown.way.last().map(|(last, ..)| *last);
                shown.is_astray = last.is_some_and(|last| self.is_place_forgotten(last, entry.at));
                shown.grants += 1;
                shown.last = None;
            }
            What::Gap => shown.gaps.push(shown.way.len()),
            What::CaughtUp(last, _) => {
                let place = self.places.place(last);
                shown.first = shown
                    .first
                    .or(place.map(|(generation, count)| (generation, count + 1)));
            }
            What::Heard {
                text, place, own, ..
            } => {
                let Some(place) = place.as_deref().and_then(|seq| self.places.place(seq)) else {
                    let words = format!("{text} came without a place in the log");
                    return verdict.blame(Kind::Wrong, &entry.who, at, words);
                };
                let is_own = text.who == entry.who && text.run == entry.run;
                let fits = own.map_or(!is_own, |number| is_own && number == text.number);
                if !fits {
                    let words = format!("{text} was shown to its sender as another's");
                    return verdict.blame(Kind::Doubled, &entry.who, at, words);
                }
                if is_own {
                    // It is shown already where it was said.
                    return;
                }
                shown.first = shown.first.or(Some(place));
                verdict.deliveries += 1;
                let is_ordered = shown.last < Some(place);
                shown.last = shown.last.max(Some(place));
                if let Some((first, grants)) = shown.texts.get(text) {
                    let came_back = shown.is_astray && *grants < shown.grants;
                    let was_said_again = *first != place && self.may_be_forgotten(text, entry.at);
                    if came_back || was_said_again {
                        verdict.forgiven += 1;
                    } else {
                        verdict.blame(
                            Kind::Doubled,
                            &entry.who,
                            at,
                            format!("{text} was shown twice"),
                        );
                    }
                    return;
                }
                shown.texts.insert(text, (place, shown.grants));
                match shown.way.last() {
                    Some((last, ..)) if *last >= place && !(shown.is_astray && is_ordered) => {
                        let words = format!("{text} at {place:?} was shown after {last:?}");
                        verdict.blame(Kind::OutOfOrder, &entry.who, at, words);
                    }
                    Some((last, ..)) if *last >= place => verdict.forgiven += 1,
                    _ => shown.way.push((place, entry.at, at)),
                }
            }
            _ => {}
        }
    }

    /// Nothing that is due is missing.
    fn check_missing(&self, member: &[Numbered<'_>], shown: &Shown<'_>, verdict: &mut Verdict) {
        let Some((end, entry)) = member.last() else {
            return;
        };
        let Some(first) = shown.first else {
            return verdict.blame(Kind::Wrong, &entry.who, *end, "was never shown anything");
        };
        let lives = lives(member);
        let last = if lives {
            (usize::MAX, u64::MAX)
        } else {
            shown.way.last().map_or(first, |(last, ..)| *last)
        };
        let due = self
            .places
            .between(first, last)
            .filter(|(_, text)| text.who != entry.who);
        for (place, text) in due.filter(|(_, text)| !shown.texts.contains_key(text)) {
            let next = shown.way.partition_point(|(shown, ..)| *shown < place);
            let was_told = shown.gaps.contains(&next);
            let next = shown.way.get(next);
            let (by, at) = next.map_or((Duration::MAX, *end), |(_, by, at)| (*by, *at));
            if self.may_be_forgotten(text, by) || was_told && self.was_unkept(text) {
                verdict.forgiven += 1;
            } else {
                let words = format!("{text} at {place:?} was not shown");
                verdict.blame(Kind::Lost, &entry.who, at, words);
            }
        }
    }
}
