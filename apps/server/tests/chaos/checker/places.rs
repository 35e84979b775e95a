//! Places: the order of all texts, put together from what members were shown. A `Seq` is `generation-count`: counts
//! order the texts of a generation, and members show which generation came after which.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::{Case, Kind, Numbered, Verdict};
use crate::journal::{Entry, What};
use crate::words::TextId;

/// Comes before another one if it stands earlier in the log.
pub(super) type Place = (usize, u64);

pub(super) struct Places<'j> {
    ranks: HashMap<&'j str, usize>,
    /// The places of each text, in the order in which they were first seen; more than one is a fault or forgiven.
    of_texts: HashMap<&'j TextId, Vec<(Place, usize)>>,
    /// All texts that stand in the log, by their first place.
    order: BTreeMap<Place, &'j TextId>,
    /// When anybody first knew that a text is in the log.
    known_at: HashMap<&'j TextId, Duration>,
    /// When a member first showed that there is this generation.
    begun_at: HashMap<usize, Duration>,
    /// Two texts that claim one place.
    rivals: Vec<(&'j TextId, &'j TextId, usize)>,
}

fn parts(seq: &str) -> Option<(&str, u64)> {
    let (generation, count) = seq.rsplit_once('-')?;
    Some((generation, count.parse().ok()?))
}

/// The `Seq`s that an entry shows in log order.
fn shown(entry: &Entry) -> Option<&str> {
    match &entry.what {
        What::Heard { place, .. } => place.as_deref(),
        What::CaughtUp(last, _) => Some(last),
        _ => None,
    }
}

impl<'j> Places<'j> {
    pub(super) fn of(journal: &'j [Entry], members: &[Vec<Numbered<'j>>]) -> Self {
        let mut places = Self {
            ranks: ranks(journal, members),
            of_texts: HashMap::new(),
            order: BTreeMap::new(),
            known_at: HashMap::new(),
            begun_at: HashMap::new(),
            rivals: Vec::new(),
        };
        for (at, entry) in journal.iter().enumerate() {
            if let Some((generation, _)) = shown(entry).and_then(|seq| places.place(seq)) {
                places.begun_at.entry(generation).or_insert(entry.at);
            }
            let What::Heard { text, place, .. } = &entry.what else {
                continue;
            };
            places.known_at.entry(text).or_insert(entry.at);
            let Some(place) = place.as_deref().and_then(|seq| places.place(seq)) else {
                continue;
            };
            let known = places.of_texts.entry(text).or_default();
            if known.iter().any(|(known, _)| *known == place) {
                continue;
            }
            known.push((place, at));
            let rival = *places.order.entry(place).or_insert(text);
            if rival != text {
                places.rivals.push((rival, text, at));
            }
        }
        places
    }

    pub(super) fn place(&self, seq: &str) -> Option<Place> {
        let (generation, count) = parts(seq)?;
        Some((*self.ranks.get(generation)?, count))
    }

    /// The place of a text that has just one.
    pub(super) fn of_text(&self, text: &TextId) -> Option<Place> {
        match self.of_texts.get(text)?[..] {
            [(place, _)] => Some(place),
            _ => None,
        }
    }

    pub(super) fn is_in_the_log(&self, text: &TextId) -> bool {
        self.of_texts.contains_key(text)
    }

    pub(super) fn known_at(&self, text: &TextId) -> Option<Duration> {
        self.known_at.get(text).copied()
    }

    /// When a member first showed that there is the generation of this place.
    pub(super) fn begun_at(&self, (generation, _): Place) -> Duration {
        self.begun_at[&generation]
    }

    /// All texts from one place to another, both included.
    pub(super) fn between(
        &self,
        first: Place,
        last: Place,
    ) -> impl Iterator<Item = (Place, &'j TextId)> {
        let texts = (first <= last).then(|| self.order.range(first..=last));
        texts
            .into_iter()
            .flatten()
            .map(|(place, text)| (*place, *text))
    }
}

/// Which generation came first. Members show it; where they do not agree, the time decides, and the rule on order finds
/// who was shown another one.
fn ranks<'j>(journal: &'j [Entry], members: &[Vec<Numbered<'j>>]) -> HashMap<&'j str, usize> {
    let generation = |entry: &'j Entry| Some(parts(shown(entry)?)?.0);
    let mut left: Vec<&str> = Vec::new();
    for generation in journal.iter().filter_map(generation) {
        if !left.contains(&generation) {
            left.push(generation);
        }
    }
    let mut before = BTreeSet::new();
    for member in members {
        // What was asked for comes backwards.
        let forwards = member
            .iter()
            .take_while(|(_, entry)| entry.what != What::Asks);
        let mut seen: Vec<&str> = forwards
            .filter_map(|(_, entry)| generation(entry))
            .collect();
        seen.dedup();
        before.extend(seen.windows(2).map(|two| (two[0], two[1])));
    }
    let mut ranks = HashMap::new();
    while !left.is_empty() {
        let is_first = |next: &&str| {
            !left
                .iter()
                .any(|other| *other != *next && before.contains(&(*other, *next)))
        };
        let next = left.iter().position(is_first).unwrap_or(0);
        ranks.insert(left.remove(next), ranks.len());
    }
    ranks
}

impl Case<'_> {
    /// Each text has one place, and each place one text.
    pub(super) fn check_places(&self, verdict: &mut Verdict) {
        for (one, other, at) in &self.places.rivals {
            let words = format!("{one} and {other} stand at one place");
            verdict.blame(Kind::Wrong, &self.journal[*at].who, *at, words);
        }
        for (text, places) in &self.places.of_texts {
            for (_, at) in &places[1..] {
                if self.may_be_forgotten(text, self.journal[*at].at) {
                    verdict.forgiven += 1;
                } else {
                    let words = format!("{text} stands at two places");
                    verdict.blame(Kind::Doubled, &self.journal[*at].who, *at, words);
                }
            }
        }
    }

    /// Whether the log may have forgotten what stood at this place.
    pub(super) fn is_place_forgotten(&self, place: Place, by: Duration) -> bool {
        let text = self.places.order.get(&place);
        text.is_some_and(|text| self.may_be_forgotten(text, by))
    }

    /// Whether this text may have been in memory only. Then there may be a hole in the log, of which members are told.
    pub(super) fn was_unkept(&self, text: &TextId) -> bool {
        let known_at = self.places.known_at(text);
        known_at.is_some_and(|known_at| self.unkept.was_unkept(known_at))
    }

    /// Whether the log may have forgotten this text before that time, for want of a disk.
    pub(super) fn may_be_forgotten(&self, text: &TextId, by: Duration) -> bool {
        let known_at = self.places.known_at(text);
        known_at.is_some_and(|known_at| self.unkept.is_forgotten(known_at, by))
    }
}
