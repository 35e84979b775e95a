//! Belief: whether the server that answers is the one that is meant. Pure: what is known, what the invitation says, which
//! key the server has shown that it holds, and what the system's authorities say of it, are given.
//!
//! A key that is named before it is seen replaces chain, name and dates. A different one is never believed for less: only
//! where an authority was the reason, an authority is one again.

use std::time::SystemTime;

use hubbub_transport::Pin;
use hubbub_transport::tls::Seen;

use crate::Reason;
use crate::known::KnownRoom;

/// What there is to decide by, besides the server's key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grounds<'a> {
    /// What is known of the address.
    pub(crate) known: Option<&'a KnownRoom>,
    /// The keys that the invitation names.
    pub(crate) invited: &'a [Pin],
    /// The key to which a person said yes in this run.
    pub(crate) asked: Option<Pin>,
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the server that is meant.
    Believe {
        reason: Reason,
        /// Since when its key is known. `None`: since now.
        since: Option<SystemTime>,
    },
    /// A person has to say it.
    Ask {
        /// Why the system does not.
        why: String,
    },
    /// It is not, or not any more.
    Stop {
        /// The keys that would be right.
        known: Vec<Pin>,
        reason: Reason,
        /// Since when they are known. `None`: they are not stored.
        since: Option<SystemTime>,
    },
}

impl Grounds<'_> {
    /// Whether this is the server that is meant.
    pub(crate) fn judge(&self, offered: &Seen) -> Verdict {
        match self.known {
            Some(known) => self.judge_known(known, offered),
            None => self.judge_new(offered),
        }
    }

    /// What an invitation says beyond what is known counts only together with an authority: whoever wrote it may have copied
    /// the known key into it, and put one of his own beside it.
    fn judge_known(&self, known: &KnownRoom, offered: &Seen) -> Verdict {
        let is_known = known.pins.contains(&offered.pin);
        let is_renewed = known.reason == Reason::Authority && offered.authority.is_ok();
        if !is_known && !is_renewed {
            return Verdict::Stop {
                known: known.pins.clone(),
                reason: known.reason,
                since: Some(known.since),
            };
        }
        if !self.invited.is_empty() && !self.invited.contains(&offered.pin) {
            return self.not_invited();
        }
        let is_invited = !self.invited.is_empty();
        Verdict::Believe {
            reason: if is_invited {
                Reason::Pin
            } else {
                known.reason
            },
            since: is_known.then_some(known.since),
        }
    }

    fn judge_new(&self, offered: &Seen) -> Verdict {
        let believed = |reason| Verdict::Believe {
            reason,
            since: None,
        };
        if !self.invited.is_empty() {
            return if self.invited.contains(&offered.pin) {
                believed(Reason::Pin)
            } else {
                self.not_invited()
            };
        }
        match (self.asked, &offered.authority) {
            (Some(asked), _) if asked == offered.pin => believed(Reason::Asked),
            (Some(asked), _) => Verdict::Stop {
                known: vec![asked],
                reason: Reason::Asked,
                since: None,
            },
            (None, Ok(())) => believed(Reason::Authority),
            (None, Err(why)) => Verdict::Ask { why: why.clone() },
        }
    }

    fn not_invited(&self) -> Verdict {
        Verdict::Stop {
            known: self.invited.to_vec(),
            reason: Reason::Pin,
            since: None,
        }
    }
}
