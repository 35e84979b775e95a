//! Catching up: what the end of a replay shows, and how far the log is known.

use hubbub_wire::{OWN_JOIN, Token};

use super::replay::{self, Done, Held, Missed};
use super::{Ending, Member, Now};
use crate::{Cause, Event, Stamped};

impl Member {
    /// All of our texts up to this count are in the log, and we have heard everything up to this place.
    pub(super) fn arrived(&mut self, count: u64, seq: &Token<'_>, now: Now) {
        let arrived = self.texts.arrived(count);
        let granted = self.link.as_mut().and_then(|link| link.member.as_mut());
        let place = &mut self.place;
        match granted {
            Some(granted) if !granted.replay.is_live() => {
                granted.replay.hold_place(seq.clone().into_owned());
            }
            _ => place.reach(seq.clone().into_owned()),
        }
        let seq = place.last().unwrap_or(seq).to_string();
        for id in arrived {
            let seq = seq.clone();
            self.tell(Event::Arrived { id, seq }, now);
        }
    }

    /// Gives up a replay that is more than this program holds.
    pub(super) fn bound_replay(&mut self, now: Now) -> Option<Ending> {
        let granted = self.link.as_mut()?.member.as_mut()?;
        if granted.replay.is_live() || !granted.replay.is_too_much() {
            return None;
        }
        let done = granted.replay.cut_short();
        if done.is_none() {
            return Some(Ending::GiveUp {
                why: "the server sent more than was asked for",
                cause: Cause::NotChat,
            });
        }
        self.replay_done(done, now)
    }

    pub(super) fn replay_done(&mut self, done: Option<Done>, now: Now) -> Option<Ending> {
        match done {
            None => {}
            Some(Done::Missed(missed)) => self.catch_up(missed, now),
            Some(Done::Anew) => {
                self.place.is_begun_anew = true;
                return Some(Ending::GiveUp {
                    why: "the server lost some of what it was telling",
                    cause: Cause::CutOff,
                });
            }
            Some(Done::Earlier {
                mut messages,
                is_apart,
                more,
                lost,
            }) => {
                let place = &mut self.place;
                if let Some(seq) = messages.first().and_then(replay::place) {
                    place.oldest = Some(seq);
                }
                place.more = more;
                let gap = || Stamped {
                    at: now.wall,
                    event: Event::Gap,
                };
                // Both sides of a gap may tell of it.
                if is_apart && !place.is_gap_told {
                    messages.push(gap());
                }
                place.is_gap_told = lost && more;
                if place.is_gap_told {
                    messages.insert(0, gap());
                }
                let event = Event::Earlier {
                    messages,
                    more,
                    lost,
                };
                self.tell(event, now);
            }
        }
        None
    }

    /// Shows what was missed, and then what has happened meanwhile.
    fn catch_up(&mut self, missed: Missed, now: Now) {
        let place = &mut self.place;
        place.is_begun_anew = false;
        if place.oldest.is_none() {
            let first = missed.past.iter().flatten().next().and_then(replay::place);
            place.oldest = first.or_else(|| Token::new(OWN_JOIN));
            place.more = missed.more;
            place.is_gap_told = missed.past.first() == Some(&None);
        }
        let more = place.more;
        for past in missed.past {
            match past {
                Some(stamped) => self.show(stamped, false),
                None => self.tell(Event::Gap, now),
            }
        }
        // The place of a message is a better one than that of a JOIN: it is found again in a replay.
        if missed.is_ahead || self.place.last().is_none() {
            self.place.reach(missed.last);
        }
        if let Some(last) = self.place.last().map(Token::to_string) {
            self.tell(Event::CaughtUp { last, more }, now);
        }
        for held in missed.held {
            match held {
                Held::Event(stamped) => self.show(stamped, false),
                Held::Place(place) => self.place.reach(place),
            }
        }
    }
}
