//! Roster: who is there at the end, as each member with a grant knows it.

use std::collections::BTreeSet;

use super::{Kind, Numbered, Verdict, lives};
use crate::journal::What;

/// Each member that is there at the end knows all others that are.
pub(super) fn check_rosters(everybody: &[Vec<Numbered<'_>>], verdict: &mut Verdict) {
    let there = everybody.iter().filter(|entries| lives(entries));
    let there = there.filter_map(|entries| entries.last());
    let there: BTreeSet<&str> = there.map(|(_, entry)| entry.who.as_str()).collect();
    for entries in everybody {
        let mut known: Option<BTreeSet<&str>> = None;
        for (_, entry) in entries {
            match (&entry.what, &mut known) {
                (What::Here(names), known) => {
                    *known = Some(names.iter().map(String::as_str).collect())
                }
                (What::Came(name), Some(known)) => {
                    known.insert(name);
                }
                (What::Went(name), Some(known)) => {
                    known.remove(name.as_str());
                }
                _ => {}
            }
        }
        let (Some(known), Some((at, entry))) = (known, entries.last()) else {
            continue;
        };
        if there.contains(entry.who.as_str()) && known != there {
            let words = format!("takes {known:?} for those who are there, and not {there:?}");
            verdict.blame(Kind::Wrong, &entry.who, *at, words);
        }
    }
}
