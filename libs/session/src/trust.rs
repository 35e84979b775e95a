//! Trust: what the session knows of the servers of its room, in this run and in the file of known rooms, and what it
//! learns of them. What follows from that is decided in `belief`. `trust/browser.rs` stands in for it in a browser.
//!
//! Each server is known by its own address. A room on several servers is known besides by the list of its addresses, with
//! the keys and the password of its servers: a server that is met for the first time may have one of these keys, and gets
//! this password. Nothing else that was learnt elsewhere goes there, since anybody can write a list.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::SystemTime;

use hubbub_transport::{Address, Addresses, MOST_PINS, Password, Pin};

use crate::belief::{Grounds, Verdict};
use crate::known::{KeptPassword, KnownError, KnownRoom, KnownRooms, place};
use crate::member::Line;
use crate::passwords::Passwords;
use crate::{Options, Reason};

/// Why what was learnt is not kept.
pub(crate) type NotKept = KnownError;

/// What is known of the servers of one room.
pub(crate) struct Trust {
    room: Addresses,
    /// The server of now, one of them.
    server: Addresses,
    rooms: Option<KnownRooms>,
    /// What was learnt in this run and is not in the file, by place.
    held: BTreeMap<String, Held>,
    invited: Vec<Pin>,
    /// The keys to which a person said yes in this run, by place.
    asked: BTreeMap<String, Pin>,
    passwords: Passwords,
    /// Whether it was told that nothing is kept, since there is no file.
    told: bool,
}

/// What holds in place of what the file says, as long as it says the same.
struct Held {
    stored: Option<KnownRoom>,
    room: Option<KnownRoom>,
}

/// What is known of the server of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// From this address.
    pub(crate) server: Option<KnownRoom>,
    /// From all servers of the room, where there are several.
    room: Option<KnownRoom>,
    /// From each of the others.
    others: Vec<KnownRoom>,
}

impl Known {
    /// The same, if the server has this key.
    fn with(&self, key: Pin) -> Option<KnownRoom> {
        let room = self.room.clone();
        let room = room.filter(|room| room.pins.contains(&key));
        let room = room.map(|room| KnownRoom {
            pins: vec![key],
            ..room
        });
        self.server.clone().or(room)
    }

    /// The passwords that a server with this key may get.
    fn passwords(&self, key: Pin) -> impl Iterator<Item = Password> {
        let own = self
            .server
            .as_ref()
            .and_then(|server| server.password_for(key));
        // Who has the same key is the same to us: whoever holds it could have read the password there.
        let others = self.others.iter();
        let others = others.filter_map(move |other| other.password_for(key));
        let is_new = self.server.is_none();
        let room = self.room.as_ref();
        let room = room.filter(|room| is_new || room.pins.contains(&key));
        let rooms = room.and_then(|room| Some(room.password.as_ref()?.password.clone()));
        own.into_iter().chain(others).chain(rooms)
    }
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
            room: options.addresses.clone(),
            server: options.addresses.first().clone().into(),
            rooms: options.known.clone().map(KnownRooms::at),
            held: BTreeMap::new(),
            invited: options.pins.clone(),
            asked: BTreeMap::new(),
            passwords: Passwords::new(options.password.clone()),
            told: false,
        }
    }

    /// The server of now is this one.
    pub(crate) fn turn_to(&mut self, server: &Address) {
        self.server = server.clone().into();
    }

    /// A person says that this is the key of the server of now.
    pub(crate) fn say_yes(&mut self, pin: Pin) {
        self.asked.insert(place(&self.server), pin);
    }

    /// Which server that is.
    pub(crate) fn server(&self) -> Address {
        self.server.first().clone()
    }

    /// The user has typed a password for this server.
    pub(crate) fn take_password(&mut self, server: Address, password: Password) {
        self.passwords.take(place(&server.into()), password);
    }

    /// What is known now, whoever has written it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, so that nobody knows.
    pub(crate) fn look(&self) -> Result<Known, KnownError> {
        let room = self.room.are_several().then(|| self.look_at(&self.room));
        let others = self.room.iter().cloned().map(Addresses::from);
        let others = others.filter(|other| place(other) != place(&self.server));
        let others = others.map(|other| self.look_at(&other));
        Ok(Known {
            server: self.look_at(&self.server)?,
            room: room.transpose()?.flatten(),
            others: others
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether the room or one of its servers is known.
    ///
    /// # Errors
    ///
    /// The file cannot be read, so that nobody knows.
    pub(crate) fn has_met_any(&self) -> Result<bool, KnownError> {
        let servers = self.room.iter().cloned().map(Addresses::from);
        for place in servers.chain([self.room.clone()]) {
            if self.look_at(&place)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn look_at(&self, addresses: &Addresses) -> Result<Option<KnownRoom>, KnownError> {
        let stored = self.rooms.as_ref().map(|rooms| rooms.get(addresses));
        let held = self.held.get(&place(addresses));
        Ok(over(held, stored.transpose()?.flatten()))
    }

    /// Whether a server is the one that is meant, with this key, by what is known and by what the authorities say if
    /// they are asked.
    pub(crate) fn judge(
        &self,
        known: &Known,
        pin: Pin,
        authority: impl Fn() -> Result<(), String>,
    ) -> Verdict {
        let known = known.with(pin);
        let grounds = Grounds {
            known: known.as_ref(),
            invited: &self.invited,
            asked: self.asked.get(&place(&self.server)).copied(),
        };
        grounds.judge(pin, authority)
    }

    /// The connection to a server that is believed.
    pub(crate) fn line(
        &mut self,
        known: &Known,
        pin: Pin,
        reason: Reason,
        since: SystemTime,
    ) -> Line {
        let server = place(&self.server);
        let password = self.passwords.choose(&server, known.passwords(pin));
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
        // Of the keys that an invitation to several servers names, nobody knows which belong to this one.
        let invited = if self.room.are_several() {
            Vec::new()
        } else {
            self.invited.clone()
        };
        let is_other = Cell::new(false);
        let kept = self.change(&self.server.clone(), |known| {
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
        // What was learnt at one address alone goes to no other key.
        let given = password.filter(|_| self.passwords.has_sent_given());
        let kept = kept.and(self.learn_of_room(line, key, given));
        let is_untold = self.rooms.is_none() && !std::mem::replace(&mut self.told, true);
        Learnt::Holds(if is_untold {
            Err(KnownError::NoFile)
        } else {
            kept
        })
    }

    /// Keeps what was learnt for the room as well, if it has several servers.
    fn learn_of_room(
        &mut self,
        line: &Line,
        key: Pin,
        password: Option<KeptPassword>,
    ) -> Result<(), KnownError> {
        if !self.room.are_several() {
            return Ok(());
        }
        let invited = self.invited.clone();
        let most = MOST_PINS * self.room.count();
        self.change(&self.room.clone(), |known| {
            // An invitation to a known room adds no key.
            let before = known.unwrap_or_else(|| KnownRoom::new(line, key, &invited, None));
            let others = before.pins.iter().filter(|other| **other != key);
            Some(KnownRoom {
                pins: [key].iter().chain(others).copied().take(most).collect(),
                password: password.clone().or(before.password),
                ..before
            })
        })
    }

    /// The server that is believed announces the key that it will have. Other servers of the room that have the same key
    /// will have the same one, too.
    ///
    /// # Errors
    ///
    /// It is not stored, and holds for this run.
    pub(crate) fn announced(&mut self, current: Pin, next: Pin) -> Result<(), KnownError> {
        let servers: Vec<_> = self.room.iter().cloned().map(Addresses::from).collect();
        let mut kept = Ok(());
        for server in servers {
            let changed = self.change(&server, |known| {
                known.map(|mut known| {
                    if known.pins.first() == Some(&current) && current != next {
                        known.pins = vec![current, next];
                    }
                    known
                })
            });
            kept = kept.and(changed);
        }
        kept
    }

    /// The server wants a password, or another one than it got, which is never sent again by itself, in this run or
    /// another. Returns whether it got one, and whether the file has forgotten it.
    pub(crate) fn password_refused(&mut self) -> (bool, Result<(), KnownError>) {
        let Some(refused) = self.passwords.refuse(&place(&self.server)) else {
            return (false, Ok(()));
        };
        let (server, room) = (self.server.clone(), self.room.clone());
        let mut forget = |place: &Addresses| {
            self.change(place, |known| {
                known.map(|mut known| {
                    known.password.take_if(|kept| kept.password == refused);
                    known
                })
            })
        };
        let forgotten = forget(&server).and(forget(&room));
        (true, forgotten)
    }

    fn change(
        &mut self,
        addresses: &Addresses,
        change: impl Fn(Option<KnownRoom>) -> Option<KnownRoom>,
    ) -> Result<(), KnownError> {
        let place = place(addresses);
        let held = self.held.get(&place);
        let kept = match &self.rooms {
            Some(rooms) => rooms.change(addresses, |stored| change(over(held, stored))),
            None => Err(KnownError::NoFile),
        };
        if kept.is_ok() {
            self.held.remove(&place);
            return kept;
        }
        let stored = self.rooms.as_ref().map(|rooms| rooms.get(addresses));
        let stored = stored.and_then(Result::ok).flatten();
        let room = change(over(held, stored.clone()));
        self.held.insert(place, Held { stored, room });
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
