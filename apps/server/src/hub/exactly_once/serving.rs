//! The server: the real hub, and in place of the tasks of its peers what those do: bytes to mail, and batches to bytes.

use std::collections::{BTreeMap, VecDeque};
use std::io::IoSlice;

use fastrand::Rng;
use futures::FutureExt;
use hubbub_wire::{Decoder, Frame, Ignored, Item, Limits};

use super::super::tests::{is_asked, is_evicted, somewhere};
use super::super::*;
use super::line::Line;
use crate::guests::Guest;
use crate::outbox::{Pending, outbox};
use crate::peer::collected::{Collected, Greeting};
use crate::peer::{Connection, House};

/// The server as it runs now.
pub(super) struct Server {
    pub(super) hub: Hub,
    pub(super) peers: BTreeMap<PeerId, Serving>,
    house: Arc<House>,
    cuts_offers: bool,
    next: u64,
}

/// One peer's task.
pub(super) struct Serving {
    line: Line,
    decoder: Decoder,
    greeting: Greeting,
    pending: Pending,
    connection: Connection,
    /// Whether a JOIN may come without the offer that was written with it.
    cuts_offers: bool,
    /// EARLIERs whose turn has not come.
    earlier: VecDeque<Event>,
    /// It reads no more.
    is_over: bool,
}

impl Server {
    pub(super) fn new(hub: Hub, memory: Arc<Memory>, cuts_offers: bool) -> Self {
        let (inbox, _) = flume::unbounded();
        let house = Arc::new(House {
            settings: hub.settings.clone(),
            inbox,
            queued: Arc::clone(&memory),
            unfinished: memory,
            metrics: Arc::default(),
            #[cfg(feature = "admin")]
            bans: flume::bounded(0).1,
            #[cfg(feature = "cluster")]
            gate: Arc::default(),
        });
        Self {
            hub,
            peers: BTreeMap::new(),
            house,
            cuts_offers,
            next: 0,
        }
    }

    /// Accepts a connection.
    pub(super) fn accept(&mut self, line: Line, limit: usize) {
        let peer = PeerId(self.next);
        self.next += 1;
        let (outbox, pending) = outbox(peer, limit, None);
        let serving = Serving {
            line,
            decoder: Decoder::new(Limits::DEFAULT),
            greeting: Greeting::default(),
            connection: Connection {
                peer,
                house: Arc::clone(&self.house),
                intake: pending.intake(&self.house.unfinished),
                place: somewhere().place(),
            },
            pending,
            cuts_offers: self.cuts_offers,
            earlier: VecDeque::new(),
            is_over: false,
        };
        self.peers.insert(peer, serving);
        let from = somewhere();
        self.tell(vec![Event::Connected {
            peer,
            outbox,
            from,
            guest: Guest::default(),
        }]);
    }

    pub(super) fn tell(&mut self, mail: Mail) {
        // As the hub does before it takes mail.
        #[cfg(feature = "cluster")]
        if self.hub.log.is_stream() {
            self.hub.listen_to_log();
            self.hub.flush();
            return self.hub.take_all(mail);
        }
        let _ = self.hub.log.deadline(|| self.hub.now);
        self.hub.log.listen(self.hub.now);
        self.hub.take_all(mail);
    }

    /// The hub lets go of everybody, and what is queued is written.
    pub(super) fn stop(&mut self) {
        let memory = Arc::clone(&self.house.unfinished);
        let none = Log::new(self.hub.log.room(), 0, Arc::clone(&memory));
        let mut log = mem::replace(&mut self.hub.log, none);
        log.end();
        let hub = Hub::new(
            log,
            Arc::clone(&memory),
            memory,
            self.hub.settings.clone(),
            self.hub.now,
            Arc::default(),
        );
        mem::replace(&mut self.hub, hub).close();
        self.write_all();
    }

    /// All tasks write all that they have.
    pub(super) fn write_all(&mut self) {
        self.hub.flush();
        let peers: Vec<_> = self.peers.keys().copied().collect();
        for peer in peers {
            self.write(peer, usize::MAX);
        }
    }

    /// Reads what those have sent who come. A JOIN and its offer are one short write: if it is cut in two at all, the
    /// second part is not seconds late.
    pub(super) fn hear_who_comes(&mut self) {
        let peers: Vec<_> = self.peers.keys().copied().collect();
        for peer in peers {
            let greeting = self.peers.get(&peer).map(|serving| serving.greeting);
            if greeting != Some(Greeting::Over) {
                self.read(peer, usize::MAX);
            }
        }
    }

    /// Some peer's task, as chance has it.
    pub(super) fn some(&self, random: &mut Rng) -> Option<PeerId> {
        let at = random.usize(..self.peers.len().max(1));
        self.peers.keys().nth(at).copied()
    }

    /// A peer's task reads up to so many bytes.
    pub(super) fn read(&mut self, peer: PeerId, most: usize) {
        let Some(serving) = self.peers.get_mut(&peer) else {
            return;
        };
        if serving.is_over {
            return;
        }
        let mail = serving.read(peer, most);
        if !mail.is_empty() {
            self.tell(mail);
        }
    }

    /// A peer's task writes up to so many bytes.
    pub(super) fn write(&mut self, peer: PeerId, mut most: usize) {
        while most > 0
            && let Some(serving) = self.peers.get_mut(&peer)
        {
            if is_evicted(&serving.pending) {
                self.peers.remove(&peer);
                return;
            }
            if serving.pending.is_written() {
                match serving.pending.fill().now_or_never() {
                    Some(true) => {}
                    Some(false) => {
                        // The hub has let go, and everything is written.
                        self.peers.remove(&peer);
                        return;
                    }
                    None => return,
                }
            }
            if serving.pending.is_unsettled() {
                match serving.pending.settle().now_or_never() {
                    Some(true) => {}
                    Some(false) => {
                        self.goes(peer, Departure::TooSlow);
                        return;
                    }
                    None => return,
                }
            }
            let mut slices = [IoSlice::new(&[]); 8];
            let used = serving.pending.slices(&mut slices);
            let mut bytes: Vec<u8> = slices[..used]
                .iter()
                .flat_map(|slice| slice.to_vec())
                .collect();
            bytes.truncate(most);
            serving.line.push(&bytes);
            most -= bytes.len();
            let count = bytes.len();
            serving.pending.advance(count);
            if count == 0 && used > 0 {
                return;
            }
        }
    }

    /// A peer's task looks whether its connection stands, if the hub has asked.
    pub(super) fn looks(&mut self, peer: PeerId) {
        let Some(serving) = self.peers.get_mut(&peer) else {
            return;
        };
        if serving.is_over || !is_asked(&serving.connection.intake) {
            return;
        }
        let mut mail = serving.read(peer, usize::MAX);
        if !serving.is_over {
            mail.push(Event::StillHere { peer });
        }
        self.tell(mail);
    }

    /// A peer's task ends, by itself or because the connection failed.
    pub(super) fn goes(&mut self, peer: PeerId, why: Departure) {
        if let Some(serving) = self.peers.remove(&peer)
            && !serving.is_over
        {
            self.tell(vec![Event::Gone { peer, why }]);
        }
    }
}

impl Serving {
    fn read(&mut self, peer: PeerId, most: usize) -> Mail {
        let is_first = self.greeting == Greeting::Before;
        let most = if is_first && !self.cuts_offers {
            usize::MAX
        } else {
            most
        };
        let bytes = self.line.take(most);
        let mut collected = Collected::new(&self.connection, self.greeting);
        let mut input = bytes.as_deref().unwrap_or_default();
        while let Some(item) = self.decoder.next(&mut input).unwrap() {
            match item {
                Item::Frame(Frame::Earlier { before, count, .. }) => {
                    let before = before.into_owned();
                    self.earlier.push_back(Event::Earlier {
                        peer,
                        before,
                        count,
                    });
                }
                Item::Frame(frame) => {
                    collected.take(frame);
                }
                Item::Ignored(Ignored::PayloadTooLong { len, limit }) => {
                    collected.push(Event::TooLong { peer, len, limit });
                }
                Item::CutOff { .. } | Item::Ignored(_) => {}
            }
        }
        if !self.earlier.is_empty()
            && self.connection.intake.begin_answer()
            && let Some(earlier) = self.earlier.pop_front()
        {
            collected.push(earlier);
        }
        if bytes.is_none() {
            self.is_over = true;
            let why = Departure::Closed;
            collected.push(Event::Gone { peer, why });
        }
        let (mail, greeting) = collected.finish();
        self.greeting = greeting;
        mail
    }
}
