//! The stream, the nodes and the people, and what happens to them.

use std::collections::VecDeque;

use fastrand::Rng;
use hubbub_wire::Time;

use super::super::Replica;
use super::node::Node;
use super::person::{Line, Person};
use super::truth::Truth;
use super::{Faults, Tally};
use crate::cluster::NodeId;

mod nodes;
mod past;
mod people;
mod reading;
mod stream;

const STREAM: &str = "HUBBUB_room";
const CREATED: u64 = 7;

/// Names, fewer than people.
const NAMES: [&str; 5] = ["ada", "bo", "cy", "dee", "eve"];

/// One for each person, so that in the end everybody comes in.
const OWN_NAMES: [&str; 7] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6"];

/// The most nodes at a time.
const NODES: usize = 4;

/// What stands in the stream.
#[derive(Clone, Debug)]
enum Stands {
    Record(Vec<u8>),
    Snapshot {
        place: u64,
        bytes: Vec<u8>,
        /// All its pieces are there.
        is_whole: bool,
    },
    Other,
}

/// What is on its way to the stream.
#[derive(Debug)]
enum Flying {
    Record(Vec<u8>),
    Snapshot { place: u64, bytes: Vec<u8> },
}

pub(super) struct World {
    rng: Rng,
    faults: Faults,
    /// How much time has passed, in milliseconds, and what the engines add to it.
    now: u64,
    ahead: u64,
    stream: Vec<(Time, Stands)>,
    /// The first place that the stream still has.
    first: u64,
    flying: VecDeque<Flying>,
    nodes: Vec<Node>,
    people: Vec<Person>,
    version: u16,
    truth: Truth,
    tally: Tally,
}

impl World {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        let person =
            |(number, _)| Person::new(number, NAMES[number % NAMES.len()], number % 3 == 2);
        Self {
            rng: Rng::with_seed(seed),
            faults,
            now: 1_000_000,
            ahead: 0,
            stream: Vec::new(),
            first: 1,
            flying: VecDeque::new(),
            nodes: Vec::new(),
            people: OWN_NAMES.iter().enumerate().map(person).collect(),
            version: 1,
            truth: Truth::new(Replica::new(STREAM, CREATED)),
            tally: Tally::default(),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let mut tally = self.tally;
        tally += self.truth.tally;
        tally
    }

    pub(super) fn step(&mut self) {
        self.now += self.rng.u64(0..400);
        match self.rng.u32(0..1000) {
            0..150 => self.says(),
            150..180 => self.connects(),
            180..190 => self.hangs_up(),
            190..195 => self.renames(),
            195..350 => self.publishes(),
            350..600 => self.lands(),
            600..615 => self.doubles(),
            615..620 => drop(self.random_flying()),
            620..900 => self.reads(),
            900..930 => self.looks_back(),
            930..939 => self.is_restored(),
            939..947 => self.starts(),
            947..949 => self.is_killed(),
            949..951 => self.stops(),
            951..955 => self.sleeps(),
            955..980 => self.wakes(),
            980..983 => self.now += self.rng.u64(0..60_000),
            983..985 => self.ahead = self.rng.u64(0..4_000_000),
            985..988 => self.version = 2,
            988..994 => self.is_trimmed(),
            994..995 => self.loses_its_end(),
            995..998 => self.loses_a_piece(),
            _ => {}
        }
    }

    /// No more faults: everything that waits comes to its end.
    pub(super) fn settle(&mut self) {
        for node in &mut self.nodes {
            node.is_asleep = false;
        }
        for (person, name) in self.people.iter_mut().zip(OWN_NAMES) {
            person.name = name;
        }
        self.first = self.first.max(1);
        for round in 0.. {
            self.now += 3000;
            if self.nodes.is_empty() {
                self.starts();
            }
            for at in 0..self.nodes.len() {
                self.publishes_at(at);
            }
            while let Some(flying) = self.flying.pop_front() {
                self.put(flying);
            }
            let mut at = 0;
            while at < self.nodes.len() {
                let id = self.nodes[at].id;
                while self.nodes.get(at).is_some_and(|node| node.id == id) && self.reads_at(at) {}
                at += usize::from(self.nodes.get(at).is_some_and(|node| node.id == id));
            }
            self.connect_all();
            if self.is_settled() {
                break;
            }
            assert!(round < 500, "{:?} {:?}", self.people, self.nodes);
        }
        for person in &self.people {
            for count in person.unsure + 1..=person.said {
                let text = format!("{}{count}", person.prefix());
                assert!(self.truth.has(&text), "{text} is lost");
            }
        }
        self.looks_back();
    }

    fn connect_all(&mut self) {
        for number in 0..self.people.len() {
            let person = &self.people[number];
            let has_other_name = person.line.is_some_and(|Line { who, .. }| {
                let node = self.nodes.iter().find(|node| node.id == who.node);
                let here = node.and_then(|node| node.here.get(&who.connection));
                here.is_some_and(|here| here.name != person.name)
            });
            if person.line.is_none() || has_other_name {
                self.connects_person(number);
            }
        }
    }

    fn is_settled(&self) -> bool {
        let at_end =
            |node: &Node| node.replica.place() == self.stream.len() as u64 && node.queue.is_empty();
        let has_arrived = |person: &Person| person.open().is_some() && person.waiting.is_empty();
        self.nodes.iter().all(at_end) && self.people.iter().all(has_arrived)
    }

    fn random_node(&mut self) -> Option<usize> {
        (!self.nodes.is_empty()).then(|| self.rng.usize(0..self.nodes.len()))
    }

    fn random_flying(&mut self) -> Option<Flying> {
        let at = (!self.flying.is_empty()).then(|| self.rng.usize(0..self.flying.len()))?;
        self.flying.remove(at)
    }

    fn node(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| node.id == id)
    }
}
