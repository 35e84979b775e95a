//! What comes of each item of a record.

use std::sync::Arc;

use hubbub_wire::{Id, Time};

use super::members::Admission;
use super::past::Void;
use super::{Effect, Replica, Why};
use crate::cluster::record::{Item, Ticket};
use crate::cluster::{Incarnation, NodeId};
use crate::id::Name;
use crate::log::sessions::Counted;
use crate::said::{Own, Said};
use crate::texts::Texts;

impl Replica {
    /// Applies the items of a record that is not void. Returns which texts are not in the log.
    pub(super) fn apply_items(
        &mut self,
        (node, count): (NodeId, u64),
        items: Vec<Item>,
        effects: &mut Vec<Effect>,
    ) -> Vec<Void> {
        let mut voids = Vec::new();
        if !items.is_empty() {
            self.taking.has_news(self.place);
        }
        for (number, item) in items.into_iter().enumerate() {
            match item {
                Item::Start {
                    newest_format,
                    timeout_s,
                } if self.lost.is_none() => {
                    // What it had said before it started, if anything, is void with it.
                    self.goes(node, Why::NodeGone, effects);
                    self.nodes
                        .start(node, count, newest_format, timeout_s, self.age);
                }
                Item::Say {
                    connection,
                    name,
                    own,
                    texts,
                } => {
                    let who = Incarnation { node, connection };
                    let texts_before = texts.count();
                    let effect = self
                        .nodes
                        .has(node)
                        .then(|| self.says(who, &name, own, texts));
                    let taken = match &effect {
                        Some(Effect::Said { said, .. }) => said.texts.count(),
                        _ => 0,
                    };
                    voids.extend(Void::of(self.place, number, texts_before, taken));
                    effects.extend(effect);
                }
                item if self.nodes.has(node) => self.apply_item(node, item, effects),
                _ => {}
            }
        }
        voids
    }

    fn apply_item(&mut self, node: NodeId, item: Item, effects: &mut Vec<Effect>) {
        match item {
            Item::Join {
                connection,
                name,
                ticket,
                again,
            } => {
                let who = Incarnation { node, connection };
                self.joins(who, name, ticket, again, effects);
            }
            Item::Offer { connection, ticket } => {
                let who = Incarnation { node, connection };
                self.offers(who, ticket, effects);
            }
            Item::Leave { connection } => {
                let who = Incarnation { node, connection };
                effects.push(match self.members.leave(who) {
                    true => self.left(who, Why::Left),
                    false => Effect::Void { who },
                });
            }
            Item::Stop => {
                self.goes(node, Why::NodeStopped, effects);
                effects.push(Effect::Gone { node });
            }
            Item::Start { .. } | Item::Say { .. } | Item::Epoch { .. } => {}
        }
    }

    /// Everything that was is void. What is from now on follows from this record alone.
    pub(super) fn begins_anew(
        &mut self,
        (node, count): (NodeId, u64),
        stamp: Time,
        effects: &mut Vec<Effect>,
    ) {
        let (why, time) = (Why::Epoch, stamp);
        let all = self.members.iter().map(|(who, ..)| who);
        effects.extend(all.map(|who| Effect::Left { who, why, time }));
        effects.push(Effect::Epoch);
        let rolled_back = self.rolled_back.filter(|&since| since >= self.place);
        let stream = std::mem::take(&mut self.stream);
        *self = Self {
            rolled_back,
            begun: self.begun,
            ..Self::at(stream, self.place, (node, count))
        };
        (self.stamp, self.time) = (Some(stamp), stamp);
        self.taking.has_news(self.place);
    }

    fn left(&self, who: Incarnation, why: Why) -> Effect {
        let time = self.time;
        Effect::Left { who, why, time }
    }

    fn joins(
        &mut self,
        who: Incarnation,
        name: Name,
        ticket: Option<Ticket>,
        again: bool,
        effects: &mut Vec<Effect>,
    ) {
        let replaces = match self.members.admits(who, &name, ticket.as_ref(), again) {
            Admission::Free => None,
            Admission::Replaces(old) => {
                self.members.leave(old);
                Some(old)
            }
            Admission::Renames(old) => {
                self.members.leave(old);
                effects.push(self.left(old, Why::Renamed));
                None
            }
            Admission::Refused => return effects.push(Effect::Refused { who }),
            Admission::IsHere => return effects.push(Effect::Void { who }),
        };
        self.members.join(who, Arc::clone(&name), ticket);
        effects.push(Effect::Joined {
            who,
            name,
            ticket,
            replaces,
            arrived: self.arrived_with(ticket),
            time: self.time,
        });
    }

    /// The highest count of the session of a ticket.
    fn arrived_with(&self, ticket: Option<Ticket>) -> u64 {
        ticket.map_or(0, |ticket| {
            self.arrived(Own::key(ticket.session, ticket.mark))
        })
    }

    fn offers(&mut self, who: Incarnation, ticket: Ticket, effects: &mut Vec<Effect>) {
        let is_plain = self
            .members
            .get(who)
            .is_some_and(|member| member.ticket.is_none());
        let old = self.members.with_mark(ticket.mark);
        let is_older = old.is_some_and(|(_, newest)| ticket.is_older_than(&newest));
        if !is_plain || is_older {
            return effects.push(Effect::Void { who });
        }
        if let Some((old, _)) = old {
            self.members.leave(old);
            effects.push(self.left(old, Why::Renamed));
        }
        self.members.knows(who, ticket);
        let arrived = self.arrived_with(Some(ticket));
        effects.push(Effect::Known {
            who,
            ticket,
            arrived,
        });
    }

    fn says(&mut self, who: Incarnation, name: &Name, own: Option<Id>, mut texts: Texts) -> Effect {
        let Some(member) = self.members.get(who) else {
            return Effect::Void { who };
        };
        if member.name != *name {
            return Effect::Broken { who };
        }
        let (name, ticket) = (Arc::clone(&member.name), member.ticket);
        let mut own = match (own, ticket) {
            (None, _) => None,
            (Some(id), Some(ticket)) if id.session == ticket.session => Some(Own {
                id,
                key: Own::key(ticket.session, ticket.mark),
            }),
            // Its node does not know what it is known by.
            _ => return Effect::Broken { who },
        };
        if let Some(own) = &mut own {
            match self.sessions.count(*own, texts.count() as u64, self.now()) {
                Counted::New { known } => {
                    own.id.count += known;
                    texts.skip(usize::try_from(known).unwrap_or(usize::MAX));
                }
                Counted::Known(id, seq) => return Effect::Arrived { who, id, seq },
                Counted::Gap => return Effect::Broken { who },
            }
        }
        let said = Arc::new(Said {
            name,
            first: self.last.after(1),
            time: self.time,
            own: own.map(|own| own.id),
            texts,
        });
        self.last = said.last();
        if let (Some(own), Some(last)) = (own, said.last_own()) {
            self.sessions
                .proposed(own.key, last.count, self.last, self.now());
            self.sessions.arrived(own.key, last.count);
        }
        self.said.push(Arc::clone(&said));
        Effect::Said { who, said }
    }
}
