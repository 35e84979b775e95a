//! Trust: whether the line to the server is private and why its key was believed, or what a person has to know before
//! it is. Plain data, as the session tells it.

use std::rc::Rc;
use std::time::SystemTime;

use hubbub_session::Event;
use hubbub_transport::{Address, Pin};

pub use hubbub_session::Reason;

use super::{Attempt, Timeline};
use crate::moment::Moment;

/// What is known of a private line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// Why the server's key was believed.
    pub reason: Reason,
    /// Since when it is known.
    pub since: Moment,
    /// The key. `None`: a browser shows none.
    pub pin: Option<Pin>,
    /// Whether the server says that everybody's line is private.
    pub all_private: bool,
}

/// The server has another key than the one that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Which server: one of the addresses of the room.
    pub address: Address,
    /// The keys that would be right.
    pub known: Vec<Pin>,
    /// The key that the server has.
    pub offered: Pin,
    /// Why the known ones were believed.
    pub reason: Reason,
    /// Since when they are known. `None`: they are not stored, and only the invitation or the user's own answer names
    /// them.
    pub since: Option<Moment>,
}

impl Timeline {
    /// What is known of the line, if it is private.
    #[must_use]
    pub fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }

    /// Whether the room is shown. Not while something about its key or its password is to be settled, and not while it
    /// is tried whether that is so.
    #[must_use]
    pub fn shows_room(&self) -> bool {
        self.presence.has_room() && !self.is_veiled
    }

    /// Takes in what the session tells of the server's key or the room's password.
    pub(super) fn trust(&mut self, at: SystemTime, event: Event) {
        self.is_veiled |= !matches!(event, Event::Secured { .. });
        match event {
            Event::AsksTrust { address, pin, why } => {
                self.put_out(at, Attempt::AsksTrust { address, pin, why });
            }
            Event::AsksPassword { address, refused } => {
                self.put_out(at, Attempt::AsksPassword { address, refused });
            }
            Event::KeyChanged {
                address,
                known,
                offered,
                reason,
                since,
            } => {
                let since = since.map(|since| self.moment(since));
                let change = KeyChange {
                    address,
                    known,
                    offered,
                    reason,
                    since,
                };
                self.put_out(at, Attempt::KeyChanged(Rc::new(change)));
            }
            Event::Secured {
                reason,
                since,
                pin,
                all_private,
            } => {
                let since = self.moment(since);
                self.secured = Some(Secured {
                    reason,
                    since,
                    pin,
                    all_private,
                });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hubbub_session::{Cause, Stamped};

    use super::*;

    const PIN: &str = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    fn pin() -> Pin {
        PIN.parse().unwrap()
    }

    fn timeline(events: impl IntoIterator<Item = Event>) -> Timeline {
        let mut timeline = Timeline::new("alice", |_| 0);
        for event in events {
            let at = SystemTime::UNIX_EPOCH;
            timeline.apply(Stamped { at, event });
        }
        timeline
    }

    fn secured() -> Event {
        Event::Secured {
            reason: Reason::Asked,
            since: SystemTime::UNIX_EPOCH,
            pin: Some(pin()),
            all_private: true,
        }
    }

    fn lost(cause: Cause, retry_in: Duration) -> Event {
        let why = "gone".to_owned();
        Event::Lost {
            why,
            cause,
            retry_in,
        }
    }

    #[test]
    fn a_line_is_private_from_when_it_is_said_until_it_is_lost() {
        let line = timeline([Event::Connected]);
        assert_eq!(line.secured(), None);
        let line = timeline([Event::Connected, secured()]);
        assert_eq!(line.secured().and_then(|it| it.pin), Some(pin()));
        let line = timeline([
            Event::Connected,
            secured(),
            lost(Cause::CutOff, Duration::ZERO),
        ]);
        assert_eq!(line.secured(), None);
        let line = timeline([Event::Connected, secured(), Event::Connected]);
        assert_eq!(line.secured(), None);
    }

    #[test]
    fn each_question_waits_for_the_user_and_stands_before_the_room() {
        let address = Address::from_link("chat://a", 1).unwrap();
        let trust = Event::AsksTrust {
            address: address.clone(),
            pin: pin(),
            why: "nobody vouches".into(),
        };
        let changed = Event::KeyChanged {
            address: address.clone(),
            known: vec![pin()],
            offered: pin(),
            reason: Reason::Pin,
            since: None,
        };
        let password = Event::AsksPassword {
            address: address.clone(),
            refused: true,
        };
        for question in [trust, changed, password] {
            for was_inside in [false, true] {
                let before = [Event::Connected, question.clone()];
                let mut line = timeline(before.into_iter().skip(usize::from(!was_inside)));
                line.drawn();
                assert!(line.presence().waits_for_user());
                assert!(line.presence().asks(), "{question:?}");
                for (next, is_shown) in [(Event::Connecting, false), (Event::Connected, true)] {
                    let at = SystemTime::UNIX_EPOCH;
                    line.apply(Stamped { at, event: next });
                    assert_eq!(line.shows_room(), is_shown);
                }
            }
        }
    }

    #[test]
    fn where_no_attempt_follows_the_window_says_why_and_waits() {
        for cause in [Cause::Plain, Cause::BadFile] {
            let line = timeline([lost(cause, Duration::MAX)]);
            let is_stopped = matches!(
                line.presence().attempt(),
                Some(Attempt::Stopped { failure }) if failure.why == "gone"
            );
            assert!(is_stopped, "{:?}", line.presence());
            assert!(line.presence().waits_for_user() && !line.presence().asks());
        }
    }
}
