//! The room: who is in it under which name. Plain data, no async, no clock, no sockets.
//!
//! A name is bound to one connection and a connection to one name. Every method returns at once, and says why if it
//! refuses.

use std::collections::HashMap;
use std::sync::Arc;

use hubbub_wire::Username;

use crate::id::{Name, PeerId};

/// Why a JOIN was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A member has this name, byte for byte.
    NameTaken,
    /// The name is the server's own.
    NameReserved,
}

/// Why a TEXT or LEAVE is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeard {
    /// The connection has not joined.
    NotJoined,
    /// It has a name that is not the connection's own.
    NotItsName,
}

/// The members and their names.
#[derive(Debug, Default)]
pub struct Room {
    members: HashMap<PeerId, Name>,
    /// The members by name.
    names: HashMap<Name, PeerId>,
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

    /// Makes a connection a member under `name`. It must not have joined before.
    ///
    /// # Errors
    ///
    /// Why the name is not free. Nothing has changed then.
    pub fn join(&mut self, peer: PeerId, name: Username<'static>) -> Result<Name, Refusal> {
        self.admits(&name)?;
        let name = Arc::new(name);
        self.names.insert(Arc::clone(&name), peer);
        self.members.insert(peer, Arc::clone(&name));
        Ok(name)
    }

    /// The name of a member.
    #[must_use]
    pub fn name(&self, peer: PeerId) -> Option<&Name> {
        self.members.get(&peer)
    }

    /// The member that bears the name.
    #[must_use]
    pub fn bearer(&self, name: &Username<'static>) -> Option<PeerId> {
        self.names.get(name).copied()
    }

    /// Whether `peer` may speak under `name`.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn hears(&self, peer: PeerId, name: &Username<'_>) -> Result<(), NotHeard> {
        match self.members.get(&peer) {
            None => Err(NotHeard::NotJoined),
            Some(own) if own.as_str() != name.as_str() => Err(NotHeard::NotItsName),
            Some(_) => Ok(()),
        }
    }

    /// Removes a member and frees its name. Returns `None` if it is not a member (any more).
    pub fn leave(&mut self, peer: PeerId) -> Option<Name> {
        let name = self.members.remove(&peer)?;
        self.names.remove(&name);
        Some(name)
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

    fn name(text: &'static str) -> Username<'static> {
        Username::new(text, 64).unwrap()
    }

    #[test]
    fn a_name_is_free_again_when_its_member_has_left() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada")).unwrap();
        assert_eq!(room.join(PeerId(1), name("ada")), Err(Refusal::NameTaken));
        assert_eq!(room.bearer(&name("ada")), Some(PeerId(0)));
        assert_eq!(room.leave(PeerId(0)), Some(Arc::new(name("ada"))));
        assert_eq!(room.bearer(&name("ada")), None);
        assert!(room.join(PeerId(1), name("ada")).is_ok());
        assert_eq!(room.bearer(&name("ada")), Some(PeerId(1)));
    }

    #[test]
    fn names_are_compared_by_their_bytes() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada")).unwrap();
        assert!(room.join(PeerId(1), name("Ada")).is_ok());
        assert_eq!(room.len(), 2);
    }

    #[test]
    fn nobody_joins_under_the_name_of_the_server() {
        let mut room = Room::default();
        assert_eq!(
            room.join(PeerId(0), Username::SERVER),
            Err(Refusal::NameReserved)
        );
        assert!(room.is_empty());
    }

    #[test]
    fn a_member_is_heard_under_its_own_name_only() {
        let mut room = Room::default();
        room.join(PeerId(0), name("ada")).unwrap();
        assert_eq!(room.hears(PeerId(0), &name("ada")), Ok(()));
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
        room.join(PeerId(0), name("ada")).unwrap();
        assert!(room.leave(PeerId(0)).is_some());
        assert_eq!(room.leave(PeerId(0)), None);
    }
}
