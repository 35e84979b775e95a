//! What people do.

use super::super::node::{Here, Want};
use super::super::person::Line;
use super::{NAMES, World};
use crate::cluster::Incarnation;

impl World {
    pub(super) fn says(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        let person = &mut self.people[number];
        let Some(who) = person.open() else {
            return;
        };
        let (first, count) = (person.said + 1, self.rng.u64(1..4));
        person.said += count;
        person.waiting.extend(first..first + count);
        if let Some(node) = self.node(who.node) {
            node.queue
                .push_back(Want::Say(who.connection, first, count));
        }
    }

    pub(super) fn connects(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        self.connects_person(number);
    }

    /// A person comes to a node, from wherever it was.
    pub(super) fn connects_person(&mut self, number: usize) {
        let Some(at) = self.random_node().filter(|&at| self.nodes[at].is_ready()) else {
            return;
        };
        self.leaves_line(number);
        let (person, node) = (&mut self.people[number], &mut self.nodes[at]);
        person.attempt += 1;
        node.connections += 1;
        let connection = node.connections;
        let who = Incarnation {
            node: node.id,
            connection,
        };
        person.line = Some(Line {
            who,
            is_open: false,
        });
        node.here.insert(
            connection,
            Here {
                person: number,
                name: person.name,
                ticket: person.ticket(),
                prefix: person.prefix(),
                is_member: false,
            },
        );
        node.queue.push_back(Want::Join(connection));
    }

    /// A person's connection is closed. The node may say so later, or never.
    pub(super) fn leaves_line(&mut self, number: usize) {
        let person = &mut self.people[number];
        let Some(Line { who, .. }) = person.line else {
            return;
        };
        person.closes();
        let says_so = person.is_plain || self.rng.bool();
        if let Some(node) = self.node(who.node)
            && says_so
        {
            node.queue.push_back(Want::Leave(who.connection));
        }
    }

    pub(super) fn hangs_up(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        self.leaves_line(number);
    }

    pub(super) fn renames(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        self.people[number].name = NAMES[self.rng.usize(0..NAMES.len())];
    }
}
