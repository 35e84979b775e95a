//! The members: who has which name, and who is known by which mark.

use std::collections::{BTreeMap, HashMap};

use hubbub_wire::{Hex128, Username};

use crate::cluster::bytes::{Reader, Write};
use crate::cluster::record::{Ticket, read_option, write_option};
use crate::cluster::{Incarnation, NodeId};
use crate::id::Name;

/// A member.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Name,
    pub(super) ticket: Option<Ticket>,
}

/// What becomes of a JOIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The name is free.
    Free,
    /// It takes the place of this connection.
    Replaces(Incarnation),
    /// The name is free, and the member that it was under another name leaves.
    Renames(Incarnation),
    /// Somebody else has the name, or a newer connection is the member.
    Refused,
    /// The connection is a member.
    IsHere,
}

/// The members.
#[derive(Debug, Default)]
pub(super) struct Members {
    all: BTreeMap<Incarnation, Member>,
    names: HashMap<Name, Incarnation>,
    marks: HashMap<Hex128, Incarnation>,
}

impl Members {
    /// What would become of a JOIN now.
    pub(super) fn admits(
        &self,
        who: Incarnation,
        name: &Name,
        ticket: Option<&Ticket>,
        again: bool,
    ) -> Admission {
        if self.all.contains_key(&who) {
            return Admission::IsHere;
        }
        let bearer = self.names.get(name);
        let old = ticket.and_then(|ticket| Some((self.with_mark(ticket.mark)?, ticket)));
        let Some(((old, newest), ticket)) = old else {
            return if bearer.is_none() && **name != Username::SERVER {
                Admission::Free
            } else {
                Admission::Refused
            };
        };
        if again || ticket.is_older_than(&newest) {
            Admission::Refused
        } else if bearer == Some(&old) {
            Admission::Replaces(old)
        } else if bearer.is_none() && **name != Username::SERVER {
            Admission::Renames(old)
        } else {
            Admission::Refused
        }
    }

    /// Makes a connection a member, whose name and mark nobody has.
    pub(super) fn join(&mut self, who: Incarnation, name: Name, ticket: Option<Ticket>) {
        self.names.insert(Name::clone(&name), who);
        if let Some(ticket) = ticket {
            self.marks.insert(ticket.mark, who);
        }
        self.all.insert(who, Member { name, ticket });
    }

    /// A member is known by this from now on, whose mark nobody has.
    pub(super) fn knows(&mut self, who: Incarnation, ticket: Ticket) {
        if let Some(member) = self.all.get_mut(&who) {
            member.ticket = Some(ticket);
            self.marks.insert(ticket.mark, who);
        }
    }

    /// Removes a member. Returns `false` if it is none.
    pub(super) fn leave(&mut self, who: Incarnation) -> bool {
        let Some(member) = self.all.remove(&who) else {
            return false;
        };
        self.names.remove(&member.name);
        if let Some(ticket) = member.ticket {
            self.marks.remove(&ticket.mark);
        }
        true
    }

    /// Removes all members of a node, and returns them in order.
    pub(super) fn leave_all(&mut self, node: NodeId) -> Vec<Incarnation> {
        let of = |connection| Incarnation { node, connection };
        let all = self.all.range(of(0)..=of(u64::MAX)).map(|(who, _)| *who);
        let all: Vec<_> = all.collect();
        for who in &all {
            self.leave(*who);
        }
        all
    }

    pub(super) fn get(&self, who: Incarnation) -> Option<&Member> {
        self.all.get(&who)
    }

    /// Who is known by this mark, and since which attempt.
    pub(super) fn with_mark(&self, mark: Hex128) -> Option<(Incarnation, Ticket)> {
        let who = *self.marks.get(&mark)?;
        Some((who, self.get(who)?.ticket?))
    }

    /// All of them in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Incarnation, &Name, Option<Ticket>)> {
        let all = self.all.iter();
        all.map(|(who, member)| (*who, &member.name, member.ticket))
    }

    /// Whether there is a name for each member, and a mark for each with a ticket.
    #[cfg(test)]
    pub(super) fn are_sound(&self) -> bool {
        let marks = self.iter().filter(|(.., ticket)| ticket.is_some()).count();
        self.names.len() == self.all.len() && self.marks.len() == marks
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_len(self.all.len());
        for (who, name, ticket) in self.iter() {
            out.put_u64(who.node.0);
            out.put_u64(who.connection);
            out.put_name(name);
            write_option(ticket.as_ref(), out, Ticket::write);
        }
    }

    /// `None` also if two of them have the same name or mark.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut members = Self::default();
        let count = reader.len()?;
        let mut marks = 0;
        for _ in 0..count {
            let who = Incarnation {
                node: NodeId(reader.u64()?),
                connection: reader.u64()?,
            };
            let name = reader.name()?;
            let ticket = read_option(reader, Ticket::read)?;
            marks += usize::from(ticket.is_some());
            members.join(who, name, ticket);
        }
        let is_whole = members.all.len() == count
            && members.names.len() == count
            && members.marks.len() == marks;
        is_whole.then_some(members)
    }
}
