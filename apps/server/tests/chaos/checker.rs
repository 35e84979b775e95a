//! The checker: whether a journal keeps the promise. Between members with a grant each text is shown exactly once to
//! everybody, to all but its sender in one order, and its sender knows that it arrived. A plain member hears everything
//! from the first to the last text of each of its connections.
//!
//! Something may be missing, or come twice, only where the log could not be kept because of the disk, and the server
//! ended then or memory was too small for what was said meanwhile, of which members are told. What was forgiven for
//! that reason is counted.
//!
//! It knows journals only, so a test can hand it one that is wrong.

mod chain;
mod connection;
mod places;
mod roster;
mod sender;
mod tests;
mod unkept;

use std::collections::BTreeMap;
use std::fmt;

use crate::journal::{Entry, What};

use places::Places;
use unkept::Unkept;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Somebody was not shown a text.
    Lost,
    /// Somebody was shown a text twice.
    Doubled,
    /// Somebody was shown texts in another order.
    OutOfOrder,
    /// A sender does not know that its text arrived.
    Unconfirmed,
    /// Anything else that must not be.
    Wrong,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// Whom it befell.
    pub(crate) who: String,
    /// Where in the journal it shows.
    pub(crate) at: usize,
    pub(crate) words: String,
}

/// What the checker found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Texts of members with a grant.
    pub(crate) said: u64,
    /// Texts of plain members.
    pub(crate) said_plainly: u64,
    /// Texts that their senders know to have arrived.
    pub(crate) arrived: u64,
    /// How many times somebody was shown somebody else's text, each of which was checked.
    pub(crate) deliveries: u64,
    /// How many times something was missing or doubled because the log could not be kept.
    pub(crate) forgiven: u64,
    pub(crate) faults: Vec<Fault>,
}

impl Verdict {
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.faults
            .iter()
            .filter(|fault| fault.kind == kind)
            .count()
    }

    fn blame(&mut self, kind: Kind, who: &str, at: usize, words: impl fmt::Display) {
        self.faults.push(Fault {
            kind,
            who: who.to_owned(),
            at,
            words: words.to_string(),
        });
    }
}

/// What the rules are applied to.
struct Case<'j> {
    journal: &'j [Entry],
    places: Places<'j>,
    unkept: Unkept,
}

/// An entry and its number in the journal.
type Numbered<'j> = (usize, &'j Entry);

/// Whether the last run in these entries of a member goes on.
fn lives(entries: &[Numbered<'_>]) -> bool {
    let runs = entries.last().map(|(_, last)| last.run);
    let mut last = entries.iter().filter(|(_, entry)| Some(entry.run) == runs);
    last.all(|(_, entry)| entry.what != What::Ends)
}

/// Judges a journal.
pub(crate) fn check(journal: &[Entry]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut by_member: BTreeMap<&str, Vec<Numbered<'_>>> = BTreeMap::new();
    for (at, entry) in journal.iter().enumerate() {
        by_member.entry(&entry.who).or_default().push((at, entry));
        match &entry.what {
            What::Arrived(..) => verdict.arrived += 1,
            What::Damaged(words) => verdict.blame(Kind::Wrong, &entry.who, at, words),
            _ => {}
        }
    }
    by_member.retain(|who, _| !matches!(*who, "server" | "disk"));
    let everybody: Vec<_> = by_member.into_values().collect();
    roster::check_rosters(&everybody, &mut verdict);
    let (members, plain): (Vec<_>, Vec<_>) = everybody
        .into_iter()
        .partition(|entries| !entries.iter().any(|(_, entry)| entry.what == What::Plain));
    let count = |groups: &[Vec<Numbered<'_>>]| {
        let says = |(_, entry): &&Numbered<'_>| matches!(entry.what, What::Says(_));
        groups.iter().flatten().filter(says).count() as u64
    };
    verdict.said = count(&members);
    verdict.said_plainly = count(&plain);
    let case = Case {
        journal,
        places: Places::of(journal, &members),
        unkept: Unkept::of(journal),
    };
    case.check_places(&mut verdict);
    for member in &members {
        case.check_chain(member, &mut verdict);
        for run in member.chunk_by(|one, other| one.1.run == other.1.run) {
            case.check_sender(run, &mut verdict);
        }
    }
    for connections in &plain {
        for connection in connections.chunk_by(|one, other| one.1.run == other.1.run) {
            case.check_connection(connection, &mut verdict);
        }
    }
    verdict
}

impl Verdict {
    /// Some faults of each kind and member, with what the journal says around them.
    pub(crate) fn evidence(&self, journal: &[Entry]) -> String {
        /// How many faults of a kind are shown for each member.
        const EACH: usize = 3;
        let mut groups: BTreeMap<(Kind, &str), Vec<&Fault>> = BTreeMap::new();
        for fault in &self.faults {
            groups
                .entry((fault.kind, &fault.who))
                .or_default()
                .push(fault);
        }
        let mut shown = String::new();
        for ((kind, who), faults) in groups {
            shown.push_str(&format!("{kind:?}: {who}: {}\n", faults.len()));
            for fault in faults.into_iter().take(EACH) {
                shown.push_str(&format!("  {}\n{}", fault.words, around(journal, fault)));
            }
        }
        shown
    }
}

/// What happened to the same member and to the server before and after a fault.
fn around(journal: &[Entry], fault: &Fault) -> String {
    /// How many entries are shown on either side.
    const AROUND: usize = 6;
    let concerned =
        |entry: &&Entry| [fault.who.as_str(), "server", "disk"].contains(&entry.who.as_str());
    let (before, after) = journal.split_at(fault.at);
    let before: Vec<_> = before.iter().rev().filter(concerned).take(AROUND).collect();
    let after = after.iter().filter(concerned).take(AROUND + 1);
    let entries = before.into_iter().rev().chain(after);
    entries.map(|entry| format!("    {entry}\n")).collect()
}
