//! A person: a program that connects, moves, says texts and sends again what was not acknowledged.

use hubbub_wire::{Hex64, Hex128};

use crate::cluster::record::Ticket;
use crate::cluster::{Incarnation, NodeId};

/// Where a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) who: Incarnation,
    /// Texts can be sent.
    pub(super) is_open: bool,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) number: usize,
    pub(super) name: &'static str,
    /// A plain program has no secret, and sends nothing again.
    pub(super) is_plain: bool,
    pub(super) attempt: u64,
    /// Which run of its program.
    run: u64,
    /// The count of the text that was said last.
    pub(super) said: u64,
    /// The counts of those that were not acknowledged.
    pub(super) waiting: Vec<u64>,
    /// Nobody can know whether those up to here arrived: the room began anew meanwhile.
    pub(super) unsure: u64,
    pub(super) line: Option<Line>,
}

impl Person {
    pub(super) fn new(number: usize, name: &'static str, is_plain: bool) -> Self {
        Self {
            number,
            name,
            is_plain,
            attempt: 0,
            run: 0,
            said: 0,
            waiting: Vec::new(),
            unsure: 0,
            line: None,
        }
    }

    pub(super) fn session(&self) -> Hex64 {
        Hex64(self.run << 8 | self.number as u64)
    }

    pub(super) fn ticket(&self) -> Option<Ticket> {
        let ticket = Ticket {
            mark: Hex128(self.number as u128 + 1),
            session: self.session(),
            attempt: self.attempt,
        };
        (!self.is_plain).then_some(ticket)
    }

    /// What its texts begin with. Their count follows.
    pub(super) fn prefix(&self) -> String {
        format!("{}.{}-", self.number, self.run)
    }

    /// The node on which it is a member.
    pub(super) fn open(&self) -> Option<Incarnation> {
        self.line.filter(|line| line.is_open).map(|line| line.who)
    }

    pub(super) fn is_on(&self, node: NodeId) -> bool {
        self.line.is_some_and(|line| line.who.node == node)
    }

    /// Whether this is its connection now.
    pub(super) fn has(&self, who: Incarnation) -> bool {
        self.line.is_some_and(|line| line.who == who)
    }

    /// Its connection is a member, and its texts up to this one have arrived. Returns what it sends again.
    pub(super) fn opens(&mut self, arrived: u64) -> Vec<u64> {
        if let Some(line) = &mut self.line {
            line.is_open = true;
        }
        if !self.is_plain {
            self.waiting.retain(|&count| count > arrived);
        }
        self.waiting.clone()
    }

    /// Its connection ends. A plain program gives up what it had sent.
    pub(super) fn closes(&mut self) {
        self.line = None;
        if self.is_plain {
            self.gives_up();
        }
    }

    /// Its program starts anew.
    pub(super) fn restarts(&mut self) {
        self.closes();
        self.run += 1;
        (self.said, self.unsure) = (0, 0);
        self.waiting.clear();
    }

    /// Whatever was not acknowledged may have arrived or not.
    pub(super) fn gives_up(&mut self) {
        self.unsure = self.said;
        self.waiting.clear();
    }
}
