//! The room: who is in it under which name. Plain data, no async, no clock, no sockets.
//!
//! A name is bound to one connection and a connection to one name. A member with a grant may change its connection:
//! whoever has its secret is that member. Every method returns at once, and says why if it refuses.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hubbub_wire::{Hex64, Hex128, Offer, Username};

use crate::id::{ByPeer, Name, PeerId};
use crate::said::Seq;

/// Why a JOIN was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A member has this name, byte for byte.
    NameTaken,
    /// The name is the server's own.
    NameReserved,
    /// The room has a password, and none was shown.
    NoPassword,
    /// The room has another password than the one that was shown.
    WrongPassword,
    /// The room has a password, and the offer is of a version that cannot show it.
    OtherVersion,
    /// An operator has put somebody with this name or from this address out.
    Kicked {
        /// How long it still lasts.
        seconds: u32,
    },
    /// An operator has banned this address.
    Banned {
        /// How long it still lasts. `None` for good.
        seconds: Option<u32>,
    },
}

/// Why a TEXT or LEAVE is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeard {
    /// The connection has not joined.
    NotJoined,
    /// It has a name that is not the connection's own.
    NotItsName,
}

/// How a member with a grant is known when it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Who has it is this member.
    pub secret: Hex128,
    /// The run of its program, under which its texts are counted.
    pub session: Hex64,
    /// The number of its attempt to connect.
    pub attempt: u64,
    /// The place of what it had seen last before it came, if it had seen anything.
    pub seen: Option<Seq>,
}

impl Ticket {
    /// That of an offer.
    #[must_use]
    pub fn of(offer: &Offer<'_>) -> Self {
        let since = offer.since.as_ref();
        Self {
            secret: offer.secret,
            session: offer.session,
            attempt: offer.attempt,
            seen: since.and_then(|(_, place)| Seq::parse(place.as_str())),
        }
    }

    /// Whether it is from an earlier attempt of the same program than the other one.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.session == other.session && self.attempt < other.attempt
    }
}

/// A member's row. Every idle member has one.
#[derive(Debug)]
struct Member {
    name: Name,
    /// Its place in the log: that of the last text before its JOIN, or before its grant if that came later.
    place: Seq,
    /// Boxed, since a plain member has none.
    ticket: Option<Box<Ticket>>,
}

/// The members and their names.
#[derive(Debug, Default)]
pub struct Room {
    members: ByPeer<Member>,
    /// The members by name, in the order of their bytes.
    names: BTreeMap<Name, PeerId>,
    /// The members with a grant by secret, apart from those whose secret is void.
    secrets: HashMap<Hex128, PeerId>,
}

impl Room {
    /// Whether a connection could join under `name` now.
    ///
    /// # Errors
    ///
    /// Why the name is not free.
    pub fn admits(&self, name: &Username<'static>) -> Result<(), Refusal> {
        if *name == Username::SERVER {
            return Err(Refusal::NameReserved);
        }
        if self.names.contains_key(name) {
            return Err(Refusal::NameTaken);
        }
        Ok(())
    }

    /// Makes a connection a member under `name`, at this place in the log. It must not have joined before.
    ///
    /// # Errors
    ///
    /// Why the name is not free. Nothing has changed then.
    pub fn join(
        &mut self,
        peer: PeerId,
        name: Username<'static>,
        place: Seq,
    ) -> Result<Name, Refusal> {
        self.admits(&name)?;
        let name = Arc::new(name);
        self.names.insert(Arc::clone(&name), peer);
        let member = Member {
            name: Arc::clone(&name),
            place,
            ticket: None,
        };
        self.members.insert(peer, member);
        Ok(name)
    }

    /// Notes that a member has a grant from now on, or again. No other member may have the same secret.
    pub fn grant(&mut self, peer: PeerId, ticket: Ticket) {
        if let Some(member) = self.members.get_mut(&peer) {
            if let Some(before) = member.ticket.replace(Box::new(ticket)) {
                self.secrets.remove(&before.secret);
            }
            self.secrets.insert(ticket.secret, peer);
        }
    }

    /// How a member is known, if it has a grant.
    #[must_use]
    pub fn ticket(&self, peer: PeerId) -> Option<&Ticket> {
        self.members.get(&peer)?.ticket.as_deref()
    }

    /// Whether somebody with the secret of this member would be it.
    #[must_use]
    pub fn can_come_back(&self, peer: PeerId) -> bool {
        let secret = self.ticket(peer).map(|ticket| ticket.secret);
        secret.and_then(|secret| self.with_secret(secret)) == Some(peer)
    }

    /// The member with this secret.
    #[must_use]
    pub fn with_secret(&self, secret: Hex128) -> Option<PeerId> {
        self.secrets.get(&secret).copied()
    }

    /// Makes the secret of a member void, since it is about to leave.
    pub fn void_secret(&mut self, peer: PeerId) {
        if self.can_come_back(peer)
            && let Some(&Ticket { secret, .. }) = self.ticket(peer)
        {
            self.secrets.remove(&secret);
        }
    }

    /// Puts another connection into the row of a member, at this place in the log.
    pub fn replace(&mut self, old: PeerId, new: PeerId, place: Seq) {
        let Some(mut member) = self.members.remove(&old) else {
            return;
        };
        member.place = place;
        self.names.insert(Arc::clone(&member.name), new);
        if let Some(ticket) = &member.ticket {
            self.secrets.insert(ticket.secret, new);
        }
        self.members.insert(new, member);
    }

    /// The name of a member.
    #[must_use]
    pub fn name(&self, peer: PeerId) -> Option<&Name> {
        Some(&self.members.get(&peer)?.name)
    }

    /// Moves the place of a member.
    pub fn move_to(&mut self, peer: PeerId, place: Seq) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.place = place;
        }
    }

    /// The place of a member in the log: that of the last text before what came of it is live.
    #[must_use]
    pub fn place(&self, peer: PeerId) -> Option<Seq> {
        Some(self.members.get(&peer)?.place)
    }

    /// The member that bears the name.
    #[must_use]
    pub fn bearer(&self, name: &Username<'static>) -> Option<PeerId> {
        self.names.get(name).copied()
    }

    /// The names of all members, in the order of their bytes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| name.as_str())
    }

    /// All members.
    pub fn peers(&self) -> impl Iterator<Item = PeerId> {
        self.members.keys().copied()
    }

    /// All members with a grant.
    pub fn granted(&self) -> impl Iterator<Item = PeerId> {
        let members = self.members.iter();
        members.filter_map(|(&peer, member)| member.ticket.as_ref().map(|_| peer))
    }

    /// How many members have a grant, without those that are about to leave.
    #[must_use]
    pub fn grants(&self) -> usize {
        self.secrets.len()
    }

    /// Whether `peer` may speak under `name`, which is then its own.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn hears(&self, peer: PeerId, name: &Username<'_>) -> Result<&Name, NotHeard> {
        match self.name(peer) {
            None => Err(NotHeard::NotJoined),
            Some(own) if own.as_str() != name.as_str() => Err(NotHeard::NotItsName),
            Some(own) => Ok(own),
        }
    }

    /// Removes a member and frees its name. Returns `None` if it is not a member (any more).
    pub fn leave(&mut self, peer: PeerId) -> Option<Name> {
        self.void_secret(peer);
        let name = self.members.remove(&peer)?.name;
        self.names.remove(&name);
        Some(name)
    }

    /// Takes the name from a member whose LEAVE everybody hears, and that is about to come back. It may still speak.
    #[cfg(feature = "cluster")]
    pub(crate) fn suspend(&mut self, peer: PeerId) -> Option<Name> {
        self.void_secret(peer);
        let name = &self.members.get(&peer)?.name;
        self.names.remove(name);
        Some(Arc::clone(name))
    }

    /// Whether a member has lost its name and is about to come back.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub(crate) fn is_suspended(&self, peer: PeerId) -> bool {
        self.name(peer)
            .is_some_and(|name| self.names.get(name) != Some(&peer))
    }

    /// Gives a member its name back.
    #[cfg(feature = "cluster")]
    pub(crate) fn resume(&mut self, peer: PeerId) -> Option<Name> {
        let member = self.members.get(&peer)?;
        self.names.insert(Arc::clone(&member.name), peer);
        if let Some(ticket) = &member.ticket {
            self.secrets.insert(ticket.secret, peer);
        }
        Some(Arc::clone(&member.name))
    }

    /// Removes a member that does not get its name back.
    #[cfg(feature = "cluster")]
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.void_secret(peer);
        self.members.remove(&peer);
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the room is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Seq = Seq {
        generation: 0,
        count: 0,
    };

    fn name(text: &'static str) -> Username<'static> {
        Username::new(text, 64).unwrap()
    }

    #[test]
    fn a_name_is_free_again_when_its_member_has_left() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada"), START).unwrap();
        assert_eq!(
            room.join(PeerId(1), name("ada"), START),
            Err(Refusal::NameTaken)
        );
        assert_eq!(room.bearer(&name("ada")), Some(PeerId(0)));
        assert_eq!(room.leave(PeerId(0)), Some(Arc::new(name("ada"))));
        assert_eq!(room.bearer(&name("ada")), None);
        assert!(room.join(PeerId(1), name("ada"), START).is_ok());
        assert_eq!(room.bearer(&name("ada")), Some(PeerId(1)));
    }

    #[test]
    fn names_are_compared_by_their_bytes() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada"), START).unwrap();
        assert!(room.join(PeerId(1), name("Ada"), START).is_ok());
        assert_eq!(room.len(), 2);
    }

    #[test]
    fn nobody_joins_under_the_name_of_the_server() {
        let mut room = Room::default();
        assert_eq!(
            room.join(PeerId(0), Username::SERVER, START),
            Err(Refusal::NameReserved)
        );
        assert!(room.is_empty());
    }

    #[test]
    fn a_member_is_heard_under_its_own_name_only() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada"), START).unwrap();
        let own = Arc::new(name("ada"));
        assert_eq!(room.hears(PeerId(0), &name("ada")), Ok(&own));
        assert_eq!(
            room.hears(PeerId(0), &name("bob")),
            Err(NotHeard::NotItsName)
        );
        assert_eq!(
            room.hears(PeerId(1), &name("bob")),
            Err(NotHeard::NotJoined)
        );
    }

    #[test]
    fn a_member_leaves_once() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada"), START).unwrap();
        assert!(room.leave(PeerId(0)).is_some());
        assert_eq!(room.leave(PeerId(0)), None);
    }

    fn ticket(secret: u128, attempt: u64) -> Ticket {
        Ticket {
            secret: Hex128(secret),
            session: Hex64(7),
            attempt,
            seen: None,
        }
    }

    #[test]
    fn who_takes_a_place_has_the_name_and_the_secret_of_it_and_the_other_has_nothing() {
        let (mut room, old, new) = (Room::default(), PeerId(0), PeerId(1));
        room.join(old, name("ada"), START).unwrap();
        room.grant(old, ticket(1, 1));
        room.replace(old, new, START);
        assert_eq!(room.bearer(&name("ada")), Some(new));
        assert_eq!(room.with_secret(Hex128(1)), Some(new));
        assert!(room.hears(new, &name("ada")).is_ok());
        assert_eq!(room.hears(old, &name("ada")), Err(NotHeard::NotJoined));
        assert_eq!((room.leave(old), room.len()), (None, 1));
    }

    #[test]
    fn a_secret_is_worth_nothing_once_its_member_is_about_to_leave() {
        let mut room = Room::default();
        for (peer, text) in [(PeerId(0), "ada"), (PeerId(1), "bob")] {
            room.join(peer, name(text), START).unwrap();
            room.grant(peer, ticket(peer.0.into(), 1));
        }
        room.void_secret(PeerId(0));
        room.leave(PeerId(1));
        assert_eq!(room.with_secret(Hex128(0)), None);
        assert_eq!(room.with_secret(Hex128(1)), None);
        assert_eq!(room.bearer(&name("ada")), Some(PeerId(0)));
    }

    #[test]
    fn an_attempt_is_older_only_than_a_later_one_of_the_same_program() {
        assert!(ticket(1, 1).is_older_than(&ticket(1, 2)));
        assert!(!ticket(1, 2).is_older_than(&ticket(1, 2)));
        assert!(!ticket(1, 3).is_older_than(&ticket(1, 2)));
        let other = Ticket {
            session: Hex64(8),
            ..ticket(1, 2)
        };
        assert!(!ticket(1, 1).is_older_than(&other));
    }
}
