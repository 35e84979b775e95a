//! Trust: what the session knows of the server at its address, in this run and in the file of known rooms, and what it
//! learns of it. What follows from that is decided in `belief`. `trust/browser.rs` stands in for it in a browser.

use std::cell::Cell;
use std::time::SystemTime;

use hubbub_transport::{Address, Password, Pin};

use crate::belief::{Grounds, Verdict};
use crate::known::{KeptPassword, KnownError, KnownRoom, KnownRooms};
use crate::member::Line;
use crate::passwords::Passwords;
use crate::{Options, Reason};

/// Why what was learnt is not kept.
pub(crate) type NotKept = KnownError;

/// What is known of one server.
pub(crate) struct Trust {
    address: Address,
    rooms: Option<KnownRooms>,
    /// What was learnt in this run and is not in the file.
    held: Option<Held>,
    invited: Vec<Pin>,
    /// The key to which a person said yes in this run.
    asked: Option<Pin>,
    passwords: Passwords,
    /// Whether it was told that nothing is kept, since there is no file.
    told: bool,
}

/// What holds in place of what the file says, as long as it says the same.
struct Held {
    stored: Option<KnownRoom>,
    room: Option<KnownRoom>,
}

/// What came of what was learnt.
#[derive(Debug)]
pub(crate) enum Learnt {
    /// It is stored, or holds for this run for the reason given.
    Holds(Result<(), KnownError>),
    /// Another program has learnt otherwise since the server was believed.
    Otherwise,
}

impl Trust {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            address: options.address.clone(),
            rooms: options.known.clone().map(KnownRooms::at),
            held: None,
            invited: options.pins.clone(),
            asked: None,
            passwords: Passwords::new(options.password.clone()),
            told: false,
        }
    }

    /// A person says that this is the server's key.
    pub(crate) fn say_yes(&mut self, pin: Pin) {
        self.asked = Some(pin);
    }

    /// The user has typed a password.
    pub(crate) fn take_password(&mut self, password: Password) {
        self.passwords.take(password);
    }

    /// What is known now, whoever has written it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, so that nobody knows.
    pub(crate) fn look(&self) -> Result<Option<KnownRoom>, KnownError> {
        let stored = self.rooms.as_ref().map(|rooms| rooms.get(&self.address));
        Ok(over(self.held.as_ref(), stored.transpose()?.flatten()))
    }

    /// Whether a server is the one that is meant, with this key, by what is known and by what the authorities say if
    /// they are asked.
    pub(crate) fn judge(
        &self,
        known: Option<&KnownRoom>,
        pin: Pin,
        authority: impl Fn() -> Result<(), String>,
    ) -> Verdict {
        let (invited, asked) = (&*self.invited, self.asked);
        let grounds = Grounds {
            known,
            invited,
            asked,
        };
        grounds.judge(pin, authority)
    }

    /// The connection to a server that is believed.
    pub(crate) fn line(
        &mut self,
        known: Option<&KnownRoom>,
        pin: Pin,
        reason: Reason,
        since: SystemTime,
    ) -> Line {
        let kept = known.and_then(|known| known.password_for(pin));
        let password = self.passwords.choose(kept);
        let has_pin = reason == Reason::Pin || !self.invited.is_empty();
        Line {
            pin: Some(pin),
            reason,
            since,
            is_bound: password.is_some() || has_pin,
            password,
        }
    }

    /// The server has let us in. Stores what was learnt.
    pub(crate) fn learn(&mut self, line: &Line, is_granted: bool) -> Learnt {
        let Some(key) = line.pin else {
            return Learnt::Holds(Ok(()));
        };
        let password = self.passwords.sent.clone().filter(|_| is_granted);
        let password = password.map(|password| KeptPassword { password, key });
        let invited = self.invited.clone();
        let is_other = Cell::new(false);
        let kept = self.change(|known| {
            let Some(known) = known else {
                return Some(KnownRoom::new(line, key, &invited, password.clone()));
            };
            let learnt = known.learnt(line, key, password.clone());
            is_other.set(learnt.is_none());
            Some(learnt.unwrap_or(known))
        });
        if is_other.get() {
            return Learnt::Otherwise;
        }
        let is_untold = self.rooms.is_none() && !std::mem::replace(&mut self.told, true);
        Learnt::Holds(if is_untold {
            Err(KnownError::NoFile)
        } else {
            kept
        })
    }

    /// The server that is believed announces the key that it will have.
    ///
    /// # Errors
    ///
    /// It is not stored, and holds for this run.
    pub(crate) fn announced(&mut self, current: Pin, next: Pin) -> Result<(), KnownError> {
        self.change(|known| {
            known.map(|mut known| {
                if known.pins.first() == Some(&current) && current != next {
                    known.pins = vec![current, next];
                }
                known
            })
        })
    }

    /// The server wants a password, or another one than it got, which is never sent again by itself, in this run or
    /// another. Returns whether it got one, and whether the file has forgotten it.
    pub(crate) fn password_refused(&mut self) -> (bool, Result<(), KnownError>) {
        let Some(refused) = self.passwords.refuse() else {
            return (false, Ok(()));
        };
        let forgotten = self.change(|known| {
            known.map(|mut known| {
                known.password.take_if(|kept| kept.password == refused);
                known
            })
        });
        (true, forgotten)
    }

    fn change(
        &mut self,
        change: impl Fn(Option<KnownRoom>) -> Option<KnownRoom>,
    ) -> Result<(), KnownError> {
        let held = self.held.as_ref();
        let kept = match &self.rooms {
            Some(rooms) => rooms.change(&self.address, |stored| change(over(held, stored))),
            None => Err(KnownError::NoFile),
        };
        if kept.is_ok() {
            self.held = None;
            return kept;
        }
        let stored = self.rooms.as_ref().map(|rooms| rooms.get(&self.address));
        let stored = stored.and_then(Result::ok).flatten();
        let room = change(over(held, stored.clone()));
        self.held = Some(Held { stored, room });
        // Without a file there is nothing to go wrong.
        if self.rooms.is_some() { kept } else { Ok(()) }
    }
}

/// What is known where the file says this.
fn over(held: Option<&Held>, stored: Option<KnownRoom>) -> Option<KnownRoom> {
    match held.filter(|held| held.stored == stored) {
        Some(held) => held.room.clone(),
        None => stored,
    }
}

impl KnownRoom {
    /// The password, for a server with this key. A key that the one before it has announced stands for the same server.
    fn password_for(&self, key: Pin) -> Option<Password> {
        let kept = self.password.as_ref()?;
        let is_announced = self.pins.contains(&kept.key) && self.pins.contains(&key);
        (kept.key == key || is_announced).then(|| kept.password.clone())
    }

    /// What is known of a new server after it has let us in.
    fn new(line: &Line, key: Pin, invited: &[Pin], password: Option<KeptPassword>) -> Self {
        let others = invited.iter().filter(|other| **other != key);
        Self {
            pins: [key].iter().chain(others).copied().collect(),
            reason: line.reason,
            since: line.since,
            password,
        }
    }

    /// What is known of this one after it has let us in. `None`: it is not the same.
    fn learnt(&self, line: &Line, key: Pin, password: Option<KeptPassword>) -> Option<Self> {
        let are_authoritys = [self.reason, line.reason] == [Reason::Authority; 2];
        let pins = match self.pins.iter().position(|known| *known == key) {
            // What comes after it was announced by it, and what stands before it was replaced by it.
            Some(at) => self.pins[at..].to_vec(),
            None if are_authoritys => vec![key],
            None => return None,
        };
        let has_authority = [self.reason, line.reason].contains(&Reason::Authority);
        Some(Self {
            pins,
            // What a person or a pin has said is not made less by an authority, and an authority's clients change keys.
            reason: if has_authority {
                self.reason
            } else {
                line.reason
            },
            since: line.since,
            password: password.or_else(|| self.password.clone()),
        })
    }
}

#[cfg(test)]
mod tests;
