//! Trust: what the session knows of the server at its address, in this run and in the file of known rooms, and what it
//! learns of it. What follows from that is decided in `belief`.

use std::time::SystemTime;

use hubbub_transport::tls::Seen;
use hubbub_transport::{Address, Password, Pin};

use crate::belief::{Grounds, Verdict};
use crate::known::{KeptPassword, KnownError, KnownRoom, KnownRooms};
use crate::member::Line;
use crate::{Options, Reason};

/// What is known of one server.
pub(crate) struct Trust {
    address: Address,
    rooms: Option<KnownRooms>,
    /// What was learnt in this run and is not in the file.
    held: Option<KnownRoom>,
    invited: Vec<Pin>,
    /// The key to which a person said yes in this run.
    asked: Option<Pin>,
    /// The password of the invitation, or what the user has typed since.
    password: Option<Password>,
    /// The last password that was refused.
    refused: Option<Password>,
    /// The password that the connection of now has sent.
    sent: Option<Password>,
}

impl Trust {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            address: options.address.clone(),
            rooms: options.known.clone().map(KnownRooms::at),
            held: None,
            invited: options.pins.clone(),
            asked: None,
            password: options.password.clone(),
            refused: None,
            sent: None,
        }
    }

    /// A person says that this is the server's key.
    pub(crate) fn say_yes(&mut self, pin: Pin) {
        self.asked = Some(pin);
    }

    /// The user has typed a password. It may be one that was refused: an operator may have changed it meanwhile.
    pub(crate) fn take_password(&mut self, password: Password) {
        self.refused = None;
        self.password = Some(password);
    }

    /// What is known now, whoever has written it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, so that nobody knows.
    pub(crate) fn look(&self) -> Result<Option<KnownRoom>, KnownError> {
        let stored = self.rooms.as_ref().map(|rooms| rooms.get(&self.address));
        Ok(stored.transpose()?.flatten().or_else(|| self.held.clone()))
    }

    /// Whether a server is the one that is meant, with this key and by what is known.
    pub(crate) fn judge(&self, known: Option<&KnownRoom>, offered: &Seen) -> Verdict {
        let (invited, asked) = (&*self.invited, self.asked);
        let grounds = Grounds {
            known,
            invited,
            asked,
        };
        grounds.judge(offered)
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
        let candidates = [self.password.clone(), kept].into_iter().flatten();
        self.sent = candidates
            .into_iter()
            .find(|it| Some(it) != self.refused.as_ref());
        let bytes = self
            .sent
            .as_ref()
            .map(|password| password.as_bytes().to_vec());
        Line {
            pin,
            reason,
            since,
            password: bytes.and_then(hubbub_wire::Password::new),
            is_bound: self.sent.is_some() || reason == Reason::Pin,
        }
    }

    /// The server has let us in. Stores what was learnt.
    ///
    /// # Errors
    ///
    /// It is not stored, and holds for this run.
    pub(crate) fn learn(&mut self, line: &Line, is_granted: bool) -> Result<(), KnownError> {
        let password = self.sent.clone().filter(|_| is_granted);
        let password = password.map(|password| KeptPassword {
            password,
            key: line.pin,
        });
        let invited = self.invited.clone();
        self.change(|known| Some(KnownRoom::learnt(known, line, &invited, password.clone())))
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

    /// The server wants a password, or another one than it got, which is never sent again by itself, in this run or another.
    /// Returns whether it got one, and whether the file has forgotten it.
    pub(crate) fn password_refused(&mut self) -> (bool, Result<(), KnownError>) {
        let Some(refused) = self.sent.take() else {
            return (false, Ok(()));
        };
        self.password.take_if(|password| *password == refused);
        self.refused = Some(refused.clone());
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
        let stored = match &self.rooms {
            Some(rooms) => rooms.change(&self.address, &change),
            None => {
                self.held = change(self.held.take());
                return Ok(());
            }
        };
        match stored {
            Ok(()) => self.held = None,
            Err(_) => self.held = change(self.look().ok().flatten()),
        }
        stored
    }
}

impl KnownRoom {
    /// The password, for a server with this key. A key that the one before it has announced stands for the same server.
    fn password_for(&self, key: Pin) -> Option<Password> {
        let kept = self.password.as_ref()?;
        let is_announced = self.pins.contains(&kept.key) && self.pins.contains(&key);
        (kept.key == key || is_announced).then(|| kept.password.clone())
    }

    /// What is known after a server has let us in.
    fn learnt(
        known: Option<Self>,
        line: &Line,
        invited: &[Pin],
        password: Option<KeptPassword>,
    ) -> Self {
        let Line {
            pin, reason, since, ..
        } = *line;
        let Some(known) = known else {
            let others = invited.iter().filter(|other| **other != pin);
            return Self {
                pins: [pin].iter().chain(others).copied().collect(),
                reason,
                since,
                password,
            };
        };
        let pins = match known.pins.iter().position(|known| *known == pin) {
            // What comes after it was announced by it, and what stands before it was replaced by it.
            Some(at) => known.pins[at..].to_vec(),
            None if known.reason == Reason::Authority => vec![pin],
            // Another program has learnt otherwise meanwhile.
            None => return known,
        };
        Self {
            pins,
            reason,
            since,
            password: password.or(known.password),
        }
    }
}

#[cfg(test)]
mod tests;
