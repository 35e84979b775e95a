//! Belief: whether the server that answers is the one that is meant. Pure: what is known, what the invitation says,
//! which key the server has shown that it holds, and what the system's authorities say of it, are given.
//!
//! A key that is named before it is seen replaces chain, name and dates. A different one is never believed for less:
//! only where an authority was the reason, an authority is one again.

use std::time::SystemTime;

use hubbub_transport::Pin;

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
    /// Whether the server that has this key is the one that is meant. What the authorities say is asked only where it
    /// decides, since their list has to be read for it.
    pub(crate) fn judge(&self, pin: Pin, authority: impl Fn() -> Result<(), String>) -> Verdict {
        match self.known {
            Some(known) => self.judge_known(known, pin, authority),
            None => self.judge_new(pin, authority),
        }
    }

    /// What an invitation says beyond what is known counts only together with an authority: whoever wrote it may have
    /// copied the known key into it, and put one of his own beside it.
    fn judge_known(
        &self,
        known: &KnownRoom,
        pin: Pin,
        authority: impl Fn() -> Result<(), String>,
    ) -> Verdict {
        let is_known = known.pins.contains(&pin);
        let is_renewed = || known.reason == Reason::Authority && authority().is_ok();
        if !is_known && !is_renewed() {
            return Verdict::Stop {
                known: known.pins.clone(),
                reason: known.reason,
                since: Some(known.since),
            };
        }
        if !self.invited.is_empty() && !self.invited.contains(&pin) {
            return self.not_invited();
        }
        // An authority's clients change their keys. A pin of today does not make the next renewal a full stop.
        let is_pinned = !self.invited.is_empty() && known.reason != Reason::Authority;
        let reason = if is_pinned { Reason::Pin } else { known.reason };
        Verdict::Believe {
            reason,
            since: is_known.then_some(known.since),
        }
    }

    fn judge_new(&self, pin: Pin, authority: impl Fn() -> Result<(), String>) -> Verdict {
        let believed = |reason| Verdict::Believe {
            reason,
            since: None,
        };
        if !self.invited.is_empty() {
            return if self.invited.contains(&pin) {
                believed(Reason::Pin)
            } else {
                self.not_invited()
            };
        }
        match self.asked {
            Some(asked) if asked == pin => believed(Reason::Asked),
            Some(asked) => Verdict::Stop {
                known: vec![asked],
                reason: Reason::Asked,
                since: None,
            },
            None => match authority() {
                Ok(()) => believed(Reason::Authority),
                Err(why) => Verdict::Ask { why },
            },
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    const A: &[u8] = b"a";
    const B: &[u8] = b"b";
    const C: &[u8] = b"c";

    fn pins(keys: &[&[u8]]) -> Vec<Pin> {
        keys.iter().map(|key| Pin::of_key(key)).collect()
    }

    fn long_ago() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1)
    }

    /// What is known of a server: nothing, or that one of these keys is right, for a reason.
    type Known = Option<(&'static [&'static [u8]], Reason)>;

    /// What is decided where an authority vouches for the key, and where none does. They are asked only if that makes a
    /// difference.
    fn judge(known: Known, invited: &[&[u8]], asked: Option<&[u8]>, key: &[u8]) -> [Verdict; 2] {
        let known = known.map(|(keys, reason)| KnownRoom {
            pins: pins(keys),
            reason,
            since: long_ago(),
            password: None,
        });
        let invited = pins(invited);
        let grounds = Grounds {
            known: known.as_ref(),
            invited: &invited,
            asked: asked.map(Pin::of_key),
        };
        let asks = Cell::new(false);
        let verdicts = [Ok(()), Err("expired".to_owned())].map(|authority| {
            grounds.judge(Pin::of_key(key), || {
                asks.set(true);
                authority.clone()
            })
        });
        assert_eq!(asks.get(), verdicts[0] != verdicts[1], "{grounds:?}");
        verdicts
    }

    fn new(reason: Reason) -> Verdict {
        let since = None;
        Verdict::Believe { reason, since }
    }

    fn old(reason: Reason) -> Verdict {
        let since = Some(long_ago());
        Verdict::Believe { reason, since }
    }

    /// The server has another key than these, which are stored.
    fn changed(keys: &[&[u8]], reason: Reason) -> Verdict {
        Verdict::Stop {
            known: pins(keys),
            reason,
            since: Some(long_ago()),
        }
    }

    /// The server has another key than these, which are not stored.
    fn other(keys: &[&[u8]], reason: Reason) -> Verdict {
        Verdict::Stop {
            known: pins(keys),
            reason,
            since: None,
        }
    }

    fn ask() -> Verdict {
        let why = "expired".to_owned();
        Verdict::Ask { why }
    }

    #[test]
    fn a_server_of_which_nothing_is_known_is_believed_by_pin_or_authority_or_a_person_is_asked() {
        use Reason::{Asked, Authority, Pin};
        for (invited, asked, key, vouched, unvouched) in [
            (&[][..], None, A, new(Authority), ask()),
            (&[A], None, A, new(Pin), new(Pin)),
            (&[B, A], None, A, new(Pin), new(Pin)),
            (&[B], None, A, other(&[B], Pin), other(&[B], Pin)),
            (&[B, C], None, A, other(&[B, C], Pin), other(&[B, C], Pin)),
            (&[], Some(A), A, new(Asked), new(Asked)),
            (&[], Some(B), A, other(&[B], Asked), other(&[B], Asked)),
            // A person is not asked where a pin says no, and nothing that was said before changes that.
            (&[B], Some(A), A, other(&[B], Pin), other(&[B], Pin)),
        ] {
            let row = (invited, asked, key);
            assert_eq!(
                judge(None, invited, asked, key),
                [vouched, unvouched],
                "{row:?}"
            );
        }
    }

    #[test]
    fn a_known_server_has_its_key_or_an_announced_one_and_only_authorities_clients_change_it_silently()
     {
        use Reason::{Asked, Authority, Pin};
        for reason in [Pin, Asked] {
            for asked in [None, Some(B)] {
                let known = Some((&[A][..], reason));
                let stop = changed(&[A], reason);
                assert_eq!(judge(known, &[], asked, A), [old(reason), old(reason)]);
                assert_eq!(judge(known, &[], asked, B), [stop.clone(), stop]);
                let known = Some((&[A, B][..], reason));
                let stop = changed(&[A, B], reason);
                assert_eq!(judge(known, &[], asked, B), [old(reason), old(reason)]);
                assert_eq!(judge(known, &[], asked, C), [stop.clone(), stop]);
            }
        }
        let known = Some((&[A][..], Authority));
        assert_eq!(judge(known, &[], None, A), [old(Authority), old(Authority)]);
        for asked in [None, Some(B)] {
            let stop = changed(&[A], Authority);
            assert_eq!(judge(known, &[], asked, B), [new(Authority), stop]);
        }
    }

    #[test]
    fn an_invitation_to_a_known_server_adds_no_key_and_keeps_an_authority_and_what_it_does_not_name_is_not_right()
     {
        use Reason::{Asked, Authority, Pin};
        for reason in [Pin, Asked] {
            let known = Some((&[A][..], reason));
            let stop = changed(&[A], reason);
            assert_eq!(judge(known, &[A], None, A), [old(Pin), old(Pin)]);
            // The known key in it makes the one beside it no better.
            for invited in [&[B][..], &[A, B]] {
                assert_eq!(judge(known, invited, None, B), [stop.clone(), stop.clone()]);
            }
            let stop = other(&[B], Pin);
            assert_eq!(judge(known, &[B], None, A), [stop.clone(), stop]);
        }
        let known = Some((&[A][..], Authority));
        let stop = changed(&[A], Authority);
        assert_eq!(
            judge(known, &[A], None, A),
            [old(Authority), old(Authority)]
        );
        assert_eq!(judge(known, &[B], None, B), [new(Authority), stop.clone()]);
        assert_eq!(judge(known, &[A], None, B), [other(&[A], Pin), stop]);
    }
}
