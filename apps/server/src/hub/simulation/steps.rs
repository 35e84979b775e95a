//! One run: its peers, its hub and what happens to them, step by step, as the seed says.
//!
//! Each event goes into both the hub and the model. What a peer's write half takes is shown to the model at once.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::sync::Arc;

use fastrand::Rng;
use futures::FutureExt;
use hubbub_wire::Payload;

use super::super::tests::{is_asked, is_evicted, join, somewhere, taken, text, username};
use super::super::*;
use super::Tally;
use super::model::{Model, Said};
use crate::guests::Guest;
#[cfg(feature = "admin")]
use crate::hub::outlaws::OUT_FOR;
#[cfg(feature = "admin")]
use crate::orders::{Answer, Order};
use crate::outbox::{Intake, Pending, outbox};
use crate::texts::Texts;

/// The most peers at a time.
const PEERS: usize = 24;

/// Few names, so that they are often taken. All have the same length: the hub chooses which of several slow consumers
/// goes first, and the choice must not change how many bytes there are to read.
const NAMES: [&str; 10] = [
    "ada", "bob", "dan", "eve", "fay", "gus", "ida", "joe", "kim", "server",
];

/// Hears everything, says nothing, always reads.
const RECORDER: PeerId = PeerId(u64::MAX - 1);

/// The limits of outboxes, in bytes. Some hold a few texts, and some hold all of a run.
const OUTBOX: [usize; 4] = [1, 2_000, 10_000, 1_000_000];

/// The limits of the memory for all batches, in bytes. Some are reached often, and one never is.
const MEMORY: [usize; 3] = [4_000, 20_000, 100_000_000];

/// The longest texts, in bytes. Some runs have texts beyond the memory limit, and some have only short ones.
const TEXT: [usize; 3] = [100, 1_000, 5_000];

pub(super) struct Simulation {
    random: Rng,
    /// Whether the log orders later, and not at once.
    late: bool,
    hub: Hub,
    memory: Arc<Memory>,
    memory_limit: usize,
    model: Model,
    readers: BTreeMap<PeerId, Reader>,
    recorder: Pending,
    /// Peers whose tasks have ended, which the hub does not know yet.
    dead: Vec<PeerId>,
    /// Peers whose tasks have seen that their connection stands, which the hub does not know yet.
    looked: Vec<PeerId>,
    next: u64,
    longest_text: usize,
    longest_batch: usize,
    tally: Tally,
}

/// What the model hears of a peer that has closed its connection.
const CLOSED: Said = Said::Gone {
    gets_its_share: true,
    told: None,
};

/// A peer's task.
struct Reader {
    pending: Pending,
    intake: Intake,
    stalled: bool,
}

impl Simulation {
    pub(super) fn new(seed: u64, late: bool) -> Self {
        let mut random = Rng::with_seed(seed);
        let memory_limit = MEMORY[random.usize(..MEMORY.len())];
        let longest_text = TEXT[random.usize(..TEXT.len())];
        let memory = Memory::new(memory_limit);
        let mut hub = Hub::with(Arc::clone(&memory), Arc::clone(&memory));
        let recorder = hub.member(RECORDER, "rec", usize::MAX);
        let mut model = Model::default();
        model.connect(RECORDER, usize::MAX);
        model.says(RECORDER, Said::Join("rec"), 0);
        model.order(usize::MAX);
        let mut simulation = Self {
            late,
            random,
            hub,
            memory,
            memory_limit,
            model,
            readers: BTreeMap::new(),
            recorder,
            dead: Vec::new(),
            looked: Vec::new(),
            next: 0,
            longest_text,
            longest_batch: 0,
            tally: Tally::default(),
        };
        simulation.model.flush(&join("rec"), false);
        simulation
    }

    pub(super) fn step(&mut self) {
        match self.random.u8(0..100) {
            0..8 => self.connect(),
            8..20 => self.join(),
            20..50 => self.text(),
            50..54 => self.too_long(),
            54..58 => self.leave(),
            58..62 => self.goes(),
            62..64 => self.dies(),
            64..68 => self.stalls_or_reads_again(),
            68..76 => self.looks(),
            76..80 => self.answers(),
            80..92 => self.write_some(),
            _ => self.flush(),
        }
        self.order_some();
    }

    /// The log orders what it has, or some of it if it is late.
    fn order_some(&mut self) {
        if self.late {
            let count = self.random.usize(..2);
            self.order(count);
        } else {
            self.order(usize::MAX);
        }
    }

    /// Now and then, an operator puts out whoever has a name or is about to get it; a minute later they may come back.
    #[cfg(feature = "admin")]
    pub(super) fn kicks_perhaps(&mut self) {
        match self.random.u8(..100) {
            0..4 => {
                let name = self.some_name();
                let kicked = self.hub.ordered(Order::Kick(username(name)));
                let is_there = self.model.kick(name);
                assert_eq!(matches!(kicked, Answer::Kicked), is_there, "{name}");
                self.tally.kicked += usize::from(is_there);
            }
            4..12 => {
                self.hub.now += OUT_FOR;
                self.model.may_all_come_back();
            }
            _ => {}
        }
        self.order_some();
    }

    #[cfg(not(feature = "admin"))]
    pub(super) fn kicks_perhaps(&mut self) {}

    /// The log orders some proposals.
    fn order(&mut self, count: usize) {
        for _ in 0..count {
            if !self.hub.apply_next() {
                break;
            }
        }
        self.model.order(count);
    }

    fn connect(&mut self) {
        if self.readers.len() < PEERS {
            let peer = PeerId(self.next);
            self.next += 1;
            let limit = OUTBOX[self.random.usize(..OUTBOX.len())];
            let (outbox, pending) = outbox(peer, limit, None);
            let from = somewhere();
            self.hub.take(Event::Connected {
                peer,
                outbox,
                from,
                guest: Guest::default(),
            });
            self.model.connect(peer, limit);
            let reader = Reader {
                intake: pending.intake(&self.memory),
                pending,
                stalled: false,
            };
            self.readers.insert(peer, reader);
        }
    }

    fn join(&mut self) {
        let (peer, name) = (self.somebody(), self.some_name());
        self.hub.take(Event::Join {
            peer,
            name: username(name),
            offered: Offered::NotYet,
        });
        self.model.says(peer, Said::Join(name), 0);
    }

    /// One to three texts that arrived together, some of them long.
    fn text(&mut self) {
        let (peer, name) = self.speaker();
        let mut texts = Texts::default();
        let mut frames = Vec::new();
        for _ in 0..self.random.usize(1..=3) {
            let longest = if self.random.u8(..) < 10 {
                self.longest_text
            } else {
                100
            };
            let padding = ".".repeat(self.random.usize(..longest));
            self.tally.heard += 1;
            let payload = format!("{} {padding}", self.tally.heard);
            texts.push(Payload::new(payload.as_bytes()).unwrap());
            frames.push(text(name, &payload).into());
        }
        let event = Event::Said {
            peer,
            name: username(name),
            own: None,
            texts,
            held: self.memory.hold(0),
        };
        let size = event.size();
        let said = Said::Texts { name, frames, size };
        self.hub.take(event);
        self.model.says(peer, said, 0);
    }

    fn too_long(&mut self) {
        let (peer, limit) = (self.somebody(), 1000);
        let len = 1001 + self.random.u64(..1000);
        let free = self.memory_limit.saturating_sub(self.used());
        self.hub.take(Event::TooLong { peer, len, limit });
        self.model.says(peer, Said::TooLong(len, limit), free);
        self.tally.told += 1;
    }

    fn leave(&mut self) {
        let (peer, name) = self.speaker();
        self.hub.take(Event::Leave {
            peer,
            name: username(name),
        });
        self.model.says(peer, Said::Leave(name), 0);
    }

    /// The hub hears that a peer's task ends.
    fn goes(&mut self) {
        let peer = self.dead.pop().unwrap_or_else(|| self.somebody());
        let why = match self.random.u8(..4) {
            0 => Departure::Closed,
            1 => Departure::Failed(std::io::ErrorKind::ConnectionReset),
            2 => Departure::TextStalled,
            _ => Departure::TooSlow,
        };
        self.hub.take(Event::Gone { peer, why });
        let told = "your text was not sent: nothing of it came for 30s; send it again";
        let said = Said::Gone {
            gets_its_share: why != Departure::TooSlow,
            told: (why == Departure::TextStalled).then_some(told),
        };
        self.model.says(peer, said, 0);
    }

    /// A peer's task ends, with what was queued for it; the hub is told later.
    fn dies(&mut self) {
        let peer = self.somebody();
        if self.readers.remove(&peer).is_some() {
            self.dead.push(peer);
        }
    }

    /// Each task that was asked checks whether its connection stands. The hub has then taken its earlier answer.
    fn looks(&mut self) {
        let peers: Vec<PeerId> = self.readers.keys().copied().collect();
        for peer in peers {
            let is_asked = self
                .readers
                .get(&peer)
                .is_some_and(|reader| !self.looked.contains(&peer) && is_asked(&reader.intake));
            if !is_asked {
                continue;
            }
            if self.random.bool() {
                self.model.looks(peer);
                self.looked.push(peer);
            } else {
                self.closes(peer);
            }
        }
    }

    /// The hub gets the answer of a task that looked.
    fn answers(&mut self) {
        if !self.looked.is_empty() {
            let peer = self.looked.remove(self.random.usize(..self.looked.len()));
            self.hub.take(Event::StillHere { peer });
            self.model.still_here(peer);
        }
    }

    fn closes(&mut self, peer: PeerId) {
        let why = Departure::Closed;
        self.hub.take(Event::Gone { peer, why });
        self.model.says(peer, CLOSED, 0);
    }

    fn stalls_or_reads_again(&mut self) {
        let stalled = self.random.u8(..4) > 0;
        let peer = self.somebody();
        if let Some(reader) = self.readers.get_mut(&peer) {
            reader.stalled = stalled;
        }
    }

    fn write_some(&mut self) {
        for _ in 0..4 {
            let peer = self.somebody();
            let all = self.random.bool();
            if self
                .readers
                .get(&peer)
                .is_some_and(|reader| !reader.stalled)
            {
                self.write(peer, all);
            }
        }
    }

    /// Writes as a write half does: everything that waits, or as much of it as a socket happens to take.
    fn write(&mut self, peer: PeerId, all: bool) {
        while let Some(reader) = self.readers.get_mut(&peer) {
            let pending = &mut reader.pending;
            if pending.is_written() {
                let filled = pending.fill().now_or_never();
                if filled != Some(true) {
                    self.model.has_all(peer, filled.is_some());
                    if filled.is_some() {
                        self.readers.remove(&peer);
                        self.dead.push(peer);
                    }
                    return;
                }
            }
            let mut slices = [IoSlice::new(&[]); 8];
            let room = self.random.usize(1..=slices.len());
            let used = pending.slices(&mut slices[..room]);
            let mut bytes: Vec<u8> = slices[..used]
                .iter()
                .flat_map(|slice| slice.to_vec())
                .collect();
            if !all {
                bytes.truncate(self.random.usize(..=bytes.len()));
            }
            pending.advance(bytes.len());
            self.model.gets(peer, &bytes);
            self.tally.read += bytes.len();
            if !all {
                return;
            }
        }
    }

    fn flush(&mut self) {
        let before = self.used();
        let slow = if self.late {
            self.send()
        } else {
            self.hub.flush();
            Vec::new()
        };
        let heard = taken(&mut self.recorder);
        let tight = before + Model::most_cost(&heard) > self.memory_limit;
        let flushed = if self.late {
            self.model.send(&heard, &slow, tight)
        } else {
            self.model.flush(&heard, tight)
        };
        if tight {
            self.tally.went_for_memory += flushed.gone;
        } else {
            self.tally.went_for_space += flushed.gone;
        }
        for (&peer, reader) in &self.readers {
            assert!(
                !self.model.is_here(peer) || !is_evicted(&reader.pending),
                "{peer:?} was dropped unheard"
            );
        }
        assert_eq!(self.hub.post.members(), self.model.members());
        self.longest_batch = self.longest_batch.max(flushed.most);
        self.keeps_the_memory_limit();
    }

    /// Sends one batch. Its slow consumers leave when the log says so.
    fn send(&mut self) -> Vec<PeerId> {
        if self.hub.draft.is_empty() {
            return Vec::new();
        }
        let slow = self.hub.send();
        self.hub.post.flushed();
        for &peer in &slow {
            self.hub.depart(peer, Departure::TooSlow);
        }
        slow
    }

    /// What is held, except by peers that were told to go, stays within the limit and a few batches. A batch that two
    /// peers hold counts for both when room is made, although it takes memory once, so one round may not make enough
    /// room.
    fn keeps_the_memory_limit(&self) {
        let going = self.hub.post.evicted();
        let held = self.used().saturating_sub(going);
        let most = self.memory_limit + 4 * self.longest_batch;
        assert!(held <= most, "{held} bytes are held, {most} at most may be");
    }

    fn used(&self) -> usize {
        let _all_of_it = self.memory.hold(self.memory_limit);
        self.memory.excess()
    }

    /// The log orders everything, and all of it is sent.
    fn settle(&mut self) {
        self.order(usize::MAX);
        while !self.hub.draft.is_empty() {
            self.flush();
            self.order(usize::MAX);
        }
    }

    /// Everybody reads what is left and goes. Nothing may be left after that.
    pub(super) fn end(mut self) -> Tally {
        self.settle();
        let peers: Vec<PeerId> = self.readers.keys().copied().collect();
        for &peer in &peers {
            self.write(peer, true);
            self.closes(peer);
        }
        for peer in std::mem::take(&mut self.dead) {
            self.closes(peer);
        }
        self.settle();
        peers.iter().for_each(|&peer| self.write(peer, true));
        assert!(self.readers.is_empty(), "some were not let go");
        self.hub.is_gone(RECORDER, Departure::Closed);
        self.hub.flush();
        assert_eq!(taken(&mut self.recorder), "");
        assert_eq!(self.hub.post.members(), 0);
        assert!(self.hub.room.is_empty());
        assert_eq!(self.hub.lobby.outboxes().count(), 0);
        assert_eq!(self.used(), 0, "bytes are counted that nobody holds");
        let Tally {
            joined,
            refused,
            waited,
            ..
        } = self.model.tally();
        Tally {
            joined,
            refused,
            waited,
            ..self.tally
        }
    }

    /// A peer, and now and then one that is gone.
    fn somebody(&mut self) -> PeerId {
        let here = self.readers.len();
        if here == 0 || self.random.u8(..) < 10 {
            return PeerId(self.random.u64(..=self.next));
        }
        let chosen = self.random.usize(..here);
        let peer = self.readers.keys().nth(chosen);
        peer.copied().unwrap_or(PeerId(self.next))
    }

    fn some_name(&mut self) -> &'static str {
        NAMES[self.random.usize(..NAMES.len())]
    }

    /// A peer and, most of the time, its own name.
    fn speaker(&mut self) -> (PeerId, &'static str) {
        let peer = self.somebody();
        let own = self.model.name_of(peer);
        match own.filter(|_| self.random.u8(..) > 20) {
            Some(name) => (peer, name),
            None => (peer, self.some_name()),
        }
    }
}
