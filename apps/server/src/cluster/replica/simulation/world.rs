//! The stream, the nodes and the people, and what happens to them.

use std::collections::VecDeque;

use fastrand::Rng;
use hubbub_wire::Time;

use super::super::tests::told;
use super::super::{Effect, Halt, Replica, Snapshot, Why, hash};
use super::node::{Here, Node, Want};
use super::person::{Line, Person};
use super::truth::{self, Truth};
use super::{Faults, Tally};
use crate::cluster::{Entry, Incarnation, NodeId, Start};

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
    Snapshot { place: u64, bytes: Vec<u8> },
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

    // People.

    fn says(&mut self) {
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

    fn connects(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        self.connects_person(number);
    }

    /// A person comes to a node, from wherever it was.
    fn connects_person(&mut self, number: usize) {
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
    fn leaves_line(&mut self, number: usize) {
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

    fn hangs_up(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        self.leaves_line(number);
    }

    fn renames(&mut self) {
        let number = self.rng.usize(0..self.people.len());
        self.people[number].name = NAMES[self.rng.usize(0..NAMES.len())];
    }

    // The stream.

    fn publishes(&mut self) {
        if let Some(at) = self.random_node().filter(|&at| !self.nodes[at].is_asleep) {
            self.publishes_at(at);
        }
    }

    fn publishes_at(&mut self, at: usize) {
        if let Some(bytes) = self.nodes[at].publishes(self.now, &mut self.rng) {
            self.flying.push_back(Flying::Record(bytes));
        }
    }

    fn lands(&mut self) {
        let is_in_order = self.rng.u32(0..4) > 0;
        let flying = if is_in_order {
            self.flying.pop_front()
        } else {
            self.random_flying()
        };
        if let Some(flying) = flying {
            self.put(flying);
        }
    }

    /// A record comes a second time, long after the first perhaps.
    fn doubles(&mut self) {
        let at = self.rng.usize(0..self.stream.len().max(1));
        if let Some((_, Stands::Record(bytes))) = self.stream.get(at) {
            self.tally.doubled += 1;
            self.flying.push_back(Flying::Record(bytes.clone()));
        }
    }

    fn put(&mut self, flying: Flying) {
        match flying {
            Flying::Record(bytes) => self.append(Stands::Record(bytes)),
            Flying::Snapshot { place, bytes } => {
                for _ in 0..self.rng.usize(0..3) {
                    self.append(Stands::Other);
                }
                self.append(Stands::Snapshot { place, bytes });
            }
        }
    }

    fn append(&mut self, stands: Stands) {
        let time = Time::from_unix_ms(self.now + self.ahead);
        self.stream.push((time, stands));
        let entry = self.entry(self.stream.len());
        if self.truth.read(time, entry) {
            self.people.iter_mut().for_each(Person::gives_up);
        }
    }

    /// What stands at a place, in a format that this version can read.
    fn entry(&self, place: usize) -> Entry {
        match &self.stream[place - 1].1 {
            Stands::Record(bytes) => {
                let mut bytes = bytes.clone();
                bytes[4] = 1;
                Entry::Record(bytes)
            }
            Stands::Snapshot { place, bytes } => Entry::Snapshot {
                place: *place,
                hash: hash(bytes),
            },
            Stands::Other => Entry::Other,
        }
    }

    fn is_trimmed(&mut self) {
        let newest = self
            .stream
            .iter()
            .rev()
            .find_map(|(_, stands)| match stands {
                Stands::Snapshot { place, .. } => Some(place + 1),
                _ => None,
            });
        let is_deep = self.faults == Faults::Lossy && self.rng.u32(0..4) == 0;
        let most = if is_deep {
            self.stream.len() as u64 + 1
        } else {
            newest.unwrap_or(1)
        };
        self.first = self.first.max(self.rng.u64(1..=most));
    }

    fn loses_its_end(&mut self) {
        if self.faults == Faults::Whole || (self.stream.len() as u64) < self.first + 20 {
            return;
        }
        let end = self.stream.len() - self.rng.usize(1..20);
        let is_known = self
            .nodes
            .iter()
            .any(|node| node.replica.place() > end as u64);
        if !is_known {
            return;
        }
        self.stream.truncate(end);
        // Whoever took a snapshot of what is lost begins anew, and its engine lets go of it.
        self.flying.retain(
            |flying| !matches!(flying, Flying::Snapshot { place, .. } if *place > end as u64),
        );
        let mut truth = Truth::new(Replica::new(STREAM, CREATED));
        for place in 1..=end {
            truth.may_break = true;
            truth.read(self.stream[place - 1].0, self.entry(place));
        }
        truth.may_break = true;
        truth.tally = self.truth.tally;
        self.truth = truth;
        self.people.iter_mut().for_each(Person::gives_up);
        for at in 0..self.nodes.len() {
            if self.nodes[at].replica.place() > end as u64 {
                self.is_anew(at, true);
            }
        }
    }

    // Nodes.

    fn begin(&mut self, is_rolled_back: bool) -> Node {
        let first = self.first;
        let kept = usize::try_from(first - 1).unwrap();
        let kept = self.stream.get(kept..).unwrap_or_default();
        let mut snapshots = kept.iter().rev().filter_map(|(_, stands)| match stands {
            Stands::Snapshot { place, bytes } => Some((*place, bytes.clone())),
            _ => None,
        });
        let mut snapshot = snapshots.next();
        if let Some((_, bytes)) = &mut snapshot
            && self.faults == Faults::Lossy
            && self.rng.u32(0..10) == 0
        {
            bytes.pop();
        }
        self.tally.restored += usize::from(snapshot.is_some());
        let start = Start {
            stream: STREAM.to_owned(),
            created: CREATED,
            snapshot,
            first,
            last: self.stream.len() as u64,
            is_rolled_back,
        };
        Node::new(NodeId(self.rng.u64(..)), self.version, &start)
    }

    fn starts(&mut self) {
        if self.nodes.len() < NODES {
            let node = self.begin(false);
            self.nodes.push(node);
        }
    }

    /// A node begins anew under another name.
    fn is_anew(&mut self, at: usize, is_rolled_back: bool) {
        self.close_all(self.nodes[at].id);
        self.nodes[at] = self.begin(is_rolled_back);
    }

    fn close_all(&mut self, id: NodeId) {
        for person in self.people.iter_mut().filter(|person| person.is_on(id)) {
            person.closes();
        }
    }

    fn is_killed(&mut self) {
        if let Some(at) = self.random_node() {
            self.ends(at);
        }
    }

    fn ends(&mut self, at: usize) {
        let node = self.nodes.swap_remove(at);
        self.close_all(node.id);
    }

    fn stops(&mut self) {
        if let Some(at) = self.random_node()
            && !self.nodes[at].is_stopping
        {
            self.nodes[at].is_stopping = true;
            self.nodes[at].queue.push_back(Want::Stop);
        }
    }

    fn sleeps(&mut self) {
        if let Some(at) = self.random_node() {
            self.nodes[at].is_asleep = true;
        }
    }

    fn wakes(&mut self) {
        if let Some(at) = self.random_node() {
            self.nodes[at].is_asleep = false;
        }
    }

    /// A node goes on with what a snapshot has of its room, at whatever place.
    fn is_restored(&mut self) {
        if let Some(at) = self.random_node()
            && self.nodes[at].replica.lost.is_none()
        {
            let replica = &mut self.nodes[at].replica;
            let rolled_back = replica.rolled_back;
            *replica = Replica::restore(&replica.snapshot()).unwrap();
            replica.rolled_back = rolled_back;
        }
    }

    fn reads(&mut self) {
        for _ in 0..self.rng.usize(1..12) {
            match self.random_node() {
                Some(at) if !self.nodes[at].is_asleep => self.reads_at(at),
                _ => return,
            };
        }
    }

    /// A node reads what stands next. Returns `false` if there is nothing.
    fn reads_at(&mut self, at: usize) -> bool {
        let node = &mut self.nodes[at];
        let place = node.replica.place() + 1;
        if place > self.stream.len() as u64 {
            return false;
        }
        if place < self.first {
            self.is_anew(at, false);
            return true;
        }
        let index = usize::try_from(place).unwrap() - 1;
        let (time, stands) = &self.stream[index];
        let is_newer =
            matches!(stands, Stands::Record(bytes) if u16::from(bytes[4]) > node.version);
        if is_newer {
            self.tally.outdated += 1;
            self.ends(at);
            return true;
        }
        let (time, entry) = (*time, self.entry(index + 1));
        let node = &mut self.nodes[at];
        let id = node.id;
        let effects = match node.replica.apply(place, time, entry) {
            Ok(effects) => effects,
            Err(Halt::Differs(_)) if self.faults == Faults::Lossy => {
                self.is_anew(at, false);
                return true;
            }
            Err(halt) => panic!("{halt}"),
        };
        let snapshot = node.replica.take_snapshot();
        if node.replica.lost.is_none() {
            let (told_truly, digest) = &self.truth.places[index];
            let is_epoch = effects.iter().any(|effect| matches!(effect, Effect::Epoch));
            assert!(
                is_epoch || told(&effects) == *told_truly,
                "{:?} at {place}",
                told(&effects)
            );
            assert_eq!(hash(&node.replica.snapshot()), *digest, "at place {place}");
        }
        if let Some(Snapshot {
            node, place, bytes, ..
        }) = snapshot
            && node == id
        {
            self.tally.snapshots += 1;
            self.flying.push_back(Flying::Snapshot { place, bytes });
        }
        for effect in effects {
            if !self.happens(id, effect) {
                break;
            }
        }
        true
    }

    /// A node learns something. Returns `false` if it ends by it.
    fn happens(&mut self, id: NodeId, effect: Effect) -> bool {
        match effect {
            Effect::Read { node, count } if node == id => {
                self.node(id)
                    .into_iter()
                    .for_each(|node| node.was_read(count));
            }
            Effect::Joined {
                who,
                replaces,
                arrived,
                ..
            } => {
                if let Some(old) = replaces.filter(|old| old.node == id) {
                    self.is_closed(old);
                }
                if who.node == id {
                    self.is_member(who, arrived);
                }
            }
            Effect::Refused { who } if who.node == id => self.is_closed(who),
            Effect::Said { who, said } if who.node == id => {
                let texts = said.iter().map(|(.., payload)| payload.as_bytes().to_vec());
                let counts = texts.map(|text| {
                    let text = String::from_utf8(text).unwrap();
                    text.split_once('-').unwrap().1.parse().unwrap()
                });
                let last = counts.max().unwrap_or(0);
                self.arrives(who, last);
            }
            Effect::Arrived { who, id: last, .. } if who.node == id => {
                self.arrives(who, last.count)
            }
            Effect::Broken { who } if who.node == id => {
                if let Some(person) = self.people.iter_mut().find(|person| person.has(who)) {
                    person.restarts();
                }
            }
            Effect::Left { who, why, .. } if who.node == id && why != Why::NodeGone => {
                self.is_closed(who)
            }
            Effect::Gone { node } if node == id => {
                let at = self.nodes.iter().position(|node| node.id == id).unwrap();
                let has_stopped = !self.nodes[at]
                    .queue
                    .iter()
                    .any(|want| matches!(want, Want::Stop));
                self.nodes[at].is_gone();
                if self.nodes[at].is_stopping && has_stopped {
                    self.ends(at);
                    return false;
                }
                self.tally.awoke_gone += 1;
            }
            Effect::Epoch => {
                self.close_all(id);
                self.node(id).into_iter().for_each(Node::begins_anew);
            }
            _ => {}
        }
        true
    }

    fn is_closed(&mut self, who: Incarnation) {
        if let Some(node) = self.node(who.node) {
            node.here.remove(&who.connection);
        }
        if let Some(person) = self.people.iter_mut().find(|person| person.has(who)) {
            person.closes();
        }
    }

    fn is_member(&mut self, who: Incarnation, arrived: u64) {
        let node = self
            .nodes
            .iter_mut()
            .find(|node| node.id == who.node)
            .unwrap();
        let Some(here) = node.here.get_mut(&who.connection) else {
            // It had gone when the room began anew, and its record came late.
            node.queue.push_back(Want::Leave(who.connection));
            return;
        };
        let person = &mut self.people[here.person];
        if std::mem::replace(&mut here.is_member, true) {
            // It never knew that it was gone.
            self.tally.rejoined += 1;
        } else if person.has(who) {
            let waiting = person.opens(arrived);
            if let (Some(&first), Some(last)) = (waiting.first(), waiting.last()) {
                assert_eq!(
                    last - first + 1,
                    waiting.len() as u64,
                    "no text is left out"
                );
                // It may not know yet what has arrived.
                let known = self.rng.u64(0..3).min(arrived);
                if known > 0 && self.rng.bool() {
                    let say = Want::Say(who.connection, first - known, known);
                    node.queue.push_back(say);
                }
                let say = Want::Say(who.connection, first - known, last - first + 1 + known);
                node.queue.push_back(say);
            }
        } else {
            // It went meanwhile.
            node.queue.push_back(Want::Leave(who.connection));
        }
    }

    fn arrives(&mut self, who: Incarnation, last: u64) {
        if let Some(person) = self.people.iter_mut().find(|person| person.has(who)) {
            person.waiting.retain(|&count| count > last);
        }
    }

    /// Somebody reads a page of the past.
    fn looks_back(&mut self) {
        let Some(at) = self.random_node() else {
            return;
        };
        let replica = &self.nodes[at].replica;
        let last = replica.last().count;
        if last == 0
            || replica.lost.is_some()
            || replica.room_id() != self.truth.replica().room_id()
        {
            return;
        }
        let (before, most) = (self.rng.u64(1..=last + 1), self.rng.u32(1..200));
        let Some(reading) = replica.reading(before, most) else {
            return;
        };
        let places = reading
            .ranges()
            .into_iter()
            .flat_map(|(first, last)| first..=last);
        let places = places.filter(|place| *place >= self.first);
        let records = places.filter_map(|place| {
            let index = usize::try_from(place).unwrap();
            match self.entry(index) {
                Entry::Record(bytes) => Some((place, self.stream[index - 1].0, bytes)),
                _ => None,
            }
        });
        let records: Vec<_> = records.collect();
        let said = replica.past(&reading, &records);
        self.tally.pages += 1;
        let Some(first) = said.first().map(|said| said.first.count) else {
            assert!(reading.ranges()[0].0 < self.first || before <= replica.first().unwrap_or(0));
            return;
        };
        let lines = said.iter().flat_map(|said| {
            let (name, time) = (said.name.to_string(), said.time);
            said.iter().map(move |(seq, own, payload)| {
                let text = String::from_utf8_lossy(payload.as_bytes()).into_owned();
                let (name, own) = (name.clone(), own.map(|own| own.count));
                (
                    seq.count,
                    truth::Line {
                        name,
                        own,
                        text,
                        time,
                    },
                )
            })
        });
        let lines: Vec<_> = lines.collect();
        let is_whole = records
            .first()
            .is_none_or(|(place, ..)| *place == reading.ranges()[0].0);
        let wanted = before
            .saturating_sub(u64::from(most))
            .max(replica.first().unwrap_or(1));
        assert!(
            !is_whole || first <= wanted || lines.len() >= most as usize,
            "from {first} for {wanted}"
        );
        assert!(first + lines.len() as u64 >= before, "up to {before}");
        for ((count, mut line), expected) in lines.into_iter().zip(first..) {
            assert_eq!(count, expected);
            let truly = &self.truth.log[usize::try_from(count).unwrap() - 1];
            if !is_whole {
                // The latest time before is not known any more.
                line.time = truly.time;
            }
            assert_eq!(line, *truly);
            self.tally.of_the_past += 1;
        }
    }
}
