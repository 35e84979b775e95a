//! What is so: a room that has read all of the stream from its first entry, and what must be true of every room.

use std::collections::{BTreeMap, HashMap, HashSet};

use hubbub_wire::Time;

use super::super::tests::told;
use super::super::{Effect, Replica, hash};
use super::Tally;
use crate::cluster::{Entry, Incarnation};

/// A text in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) own: Option<u64>,
    pub(super) text: String,
    pub(super) time: Time,
}

pub(super) struct Truth {
    replica: Replica,
    /// By place: what came of it, and a digest of the room.
    pub(super) places: Vec<(Vec<String>, [u8; 32])>,
    names: HashMap<String, Incarnation>,
    members: BTreeMap<Incarnation, String>,
    /// The log since the last epoch.
    pub(super) log: Vec<Line>,
    texts: HashSet<String>,
    /// The highest count of each session since the last epoch.
    counts: HashMap<u64, u64>,
    pub(super) tally: Tally,
    /// The stream has lost texts that were acknowledged. Until the room begins anew, others do not follow those before.
    pub(super) may_break: bool,
}

impl Truth {
    pub(super) fn new(replica: Replica) -> Self {
        Self {
            replica,
            places: Vec::new(),
            names: HashMap::new(),
            members: BTreeMap::new(),
            log: Vec::new(),
            texts: HashSet::new(),
            counts: HashMap::new(),
            tally: Tally::default(),
            may_break: false,
        }
    }

    /// Something stands at the next place. Returns `true` if the room began anew by it.
    pub(super) fn read(&mut self, time: Time, entry: Entry) -> bool {
        let place = self.places.len() as u64 + 1;
        let effects = self.replica.apply(place, time, entry).unwrap();
        let epochs = self.tally.epochs;
        for effect in &effects {
            self.happens(effect);
        }
        let digest = hash(&self.replica.snapshot());
        self.places.push((told(&effects), digest));
        self.holds();
        self.tally.epochs > epochs
    }

    fn happens(&mut self, effect: &Effect) {
        match effect {
            Effect::Joined {
                who,
                name,
                replaces,
                ..
            } => {
                let name = name.to_string();
                if let Some(old) = replaces {
                    self.tally.replaced += 1;
                    let before = self.members.remove(old);
                    assert_eq!(
                        before.as_ref(),
                        Some(&name),
                        "a place is taken under the same name"
                    );
                    self.names.remove(&name);
                }
                assert!(!self.names.contains_key(&name), "{name} has two bearers");
                self.names.insert(name.clone(), *who);
                assert!(self.members.insert(*who, name).is_none(), "joined twice");
            }
            Effect::Left { who, why, .. } => {
                let name = self.members.remove(who).unwrap();
                assert_eq!(self.names.remove(&name), Some(*who));
                self.tally.renamed += usize::from(*why == super::super::Why::Renamed);
            }
            Effect::Said { who, said } => {
                let name = self.members.get(who).unwrap();
                assert_eq!(*name, said.name.to_string(), "said under its own name");
                for (seq, own, payload) in said.iter() {
                    assert_eq!(seq.count, self.log.len() as u64 + 1, "places have no gap");
                    let text = String::from_utf8_lossy(payload.as_bytes()).into_owned();
                    assert!(
                        self.texts.insert(text.clone()),
                        "{text} stands in the log twice"
                    );
                    if let Some(own) = own {
                        let before = self.counts.insert(own.session.0, own.count);
                        let follows = before.is_none_or(|before| before + 1 == own.count);
                        assert!(follows, "{own} follows {before:?}");
                    }
                    self.log.push(Line {
                        name: name.clone(),
                        own: own.map(|own| own.count),
                        text,
                        time: said.time,
                    });
                    self.tally.said += 1;
                }
            }
            Effect::Epoch => {
                assert!(self.members.is_empty(), "everybody has left before");
                self.log.clear();
                self.texts.clear();
                self.counts.clear();
                self.tally.epochs += 1;
                self.may_break = false;
            }
            Effect::Refused { .. } => self.tally.refused += 1,
            Effect::Arrived { .. } => self.tally.known += 1,
            Effect::Void { .. } => self.tally.void += 1,
            Effect::Gone { .. } => self.tally.gone += 1,
            Effect::Broken { who } => assert!(self.may_break, "{who:?} has left out a text"),
            Effect::Read { .. } | Effect::Known { .. } => {}
        }
    }

    /// The room is what its effects say.
    fn holds(&self) {
        let members = self.replica.members();
        let members: BTreeMap<_, _> = members
            .map(|(who, name, _)| (who, name.to_string()))
            .collect();
        assert_eq!(members, self.members);
        assert_eq!(self.names.len(), members.len());
        assert!(self.replica.members.are_sound());
        let has_node = |who: &Incarnation| self.replica.has_node(who.node);
        assert!(members.keys().all(has_node), "a member without a node");
        assert_eq!(self.replica.last().count, self.log.len() as u64);
        let kept: u64 = self.replica.backlog().map(|said| said.count()).sum();
        assert_eq!(kept, (self.log.len() as u64).min(kept.max(1)));
    }

    /// Whether a text stands in the log.
    pub(super) fn has(&self, text: &str) -> bool {
        self.texts.contains(text)
    }

    pub(super) fn replica(&self) -> &Replica {
        &self.replica
    }
}
