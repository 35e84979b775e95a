//! What a node proposes, until it has been read back: one record is in flight, and what waits becomes the next one.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::time::{Duration, Instant};

use tracing::error;

use super::{LIFE, PATIENCE};
use crate::cluster::record::{Item, NEWEST_FORMAT, Taken, Ticket};
use crate::cluster::replica::Replica;
use crate::cluster::{NodeId, Order};
use crate::event::Departure;
use crate::id::Name;
use crate::memory::Held;

/// What is not in the stream, of something that is proposed.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) connection: Option<u64>,
    /// Why a member goes.
    pub(super) why: Option<Departure>,
    /// Counts the texts.
    pub(super) held: Option<Held>,
}

/// About how long an item without its texts and its name is in a record, in bytes, and more than that.
const ITEM: usize = 64;

/// A record that is not read back yet.
#[derive(Debug)]
struct InFlight {
    count: u64,
    bytes: Vec<u8>,
    items: Vec<(Item, Note)>,
    size: usize,
    /// When it was published first.
    since: Instant,
}

/// The queue of a node.
#[derive(Debug)]
pub(super) struct Queue {
    node: NodeId,
    timeout: Duration,
    count: u64,
    waiting: VecDeque<(Item, Note)>,
    in_flight: Option<InFlight>,
    bytes: usize,
    /// When a record was published last.
    published: Instant,
    /// Whether it may be lost, so that it is published again at once.
    is_lost: bool,
    has_stopped: bool,
}

/// How long an item is in a record, in bytes, or less than that.
fn item_size(item: &Item) -> usize {
    ITEM + match item {
        Item::Join { name, .. } => name.as_str().len(),
        Item::Say { texts, .. } => texts.size(),
        _ => 0,
    }
}

/// Whose item it is.
fn connection(item: &Item) -> Option<u64> {
    match *item {
        Item::Join { connection, .. }
        | Item::Offer { connection, .. }
        | Item::Say { connection, .. }
        | Item::Leave { connection } => Some(connection),
        Item::Start { .. } | Item::Stop | Item::Epoch { .. } => None,
    }
}

impl Queue {
    pub(super) const fn new(node: NodeId, timeout: Duration, now: Instant) -> Self {
        Self {
            node,
            timeout,
            count: 0,
            waiting: VecDeque::new(),
            in_flight: None,
            bytes: 0,
            published: now,
            is_lost: false,
            has_stopped: false,
        }
    }

    /// The same queue for a node of another name, without what waits in it.
    pub(super) const fn renamed(&self, node: NodeId, now: Instant) -> Self {
        Self::new(node, self.timeout, now)
    }

    /// Adds an item.
    pub(super) fn push(&mut self, item: Item, why: Option<Departure>, held: Option<Held>) {
        self.bytes += item_size(&item);
        let note = Note {
            connection: connection(&item),
            why,
            held,
        };
        self.waiting.push_back((item, note));
    }

    /// After how long without a record the node is gone.
    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How much memory it takes, in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the stream has heard that the node stops.
    pub(super) const fn has_stopped(&self) -> bool {
        self.has_stopped
    }

    /// When what is in flight will have taken too long.
    pub(super) fn late_at(&self) -> Option<Instant> {
        Some(self.in_flight.as_ref()?.since + PATIENCE)
    }

    /// For how long something waits for the stream.
    pub(super) fn lag(&self, now: Instant) -> Duration {
        let in_flight = self.in_flight.as_ref();
        in_flight.map_or(Duration::ZERO, |record| {
            now.saturating_duration_since(record.since)
        })
    }

    /// When something has to be published.
    pub(super) fn next_at(&self) -> Instant {
        if self.in_flight.is_some() && !self.is_lost {
            self.published + PATIENCE
        } else if self.waiting.is_empty() && self.in_flight.is_none() && self.count > 0 {
            self.published + LIFE
        } else {
            self.published
        }
    }

    /// What is in flight may be lost.
    pub(super) const fn may_be_lost(&mut self) {
        self.is_lost = true;
    }

    /// What is published now, if anything is.
    pub(super) fn publish(&mut self, now: Instant, replica: &Replica) -> Option<Order> {
        if self.has_stopped || now < self.next_at() {
            return None;
        }
        if self.in_flight.is_none() {
            self.in_flight = Some(self.next(now, replica));
        }
        self.published = now;
        self.is_lost = false;
        let in_flight = self.in_flight.as_ref()?;
        let mut items = in_flight.items.iter();
        Some(Order::Publish {
            node: self.node,
            count: in_flight.count,
            has_texts: items.any(|(item, _)| matches!(item, Item::Say { .. })),
            bytes: in_flight.bytes.clone(),
        })
    }

    /// The next record: as much of what waits as goes into it.
    fn next(&mut self, now: Instant, replica: &Replica) -> InFlight {
        self.count += 1;
        let mut draft = replica.draft(self.node, self.count);
        let (mut items, mut size) = (Vec::new(), 0);
        while let Some((mut item, note)) = self.waiting.pop_front() {
            let whole = item_size(&item);
            match draft.take(&mut item) {
                Taken::Whole => {
                    size += whole;
                    items.push((item, note));
                    continue;
                }
                Taken::Part(first) => {
                    size += item_size(&first);
                    self.bytes += item_size(&first) + item_size(&item) - whole;
                    let of_first = Note {
                        connection: note.connection,
                        why: None,
                        held: None,
                    };
                    items.push((first, of_first));
                }
                Taken::Nothing if items.is_empty() => {
                    error!(
                        bytes = whole,
                        "a text does not fit into a record: it is lost"
                    );
                    self.bytes -= whole;
                    continue;
                }
                Taken::Nothing => {}
            }
            self.waiting.push_front((item, note));
            break;
        }
        InFlight {
            count: self.count,
            bytes: draft.finish(),
            items,
            size,
            since: now,
        }
    }

    /// What the node says last under its name: those of its `members` that cannot come back leave. The others come
    /// again, and nobody hears of it.
    pub(super) fn farewell(
        &self,
        replica: &Replica,
        members: &BTreeMap<u64, (Name, Option<Ticket>)>,
    ) -> Option<Order> {
        let mut plain = members.iter().filter(|(_, (_, ticket))| ticket.is_none());
        let count = self.count + 1;
        let mut draft = replica.draft(self.node, count);
        let mut is_empty = true;
        while let Some((&connection, _)) = plain.next()
            && matches!(draft.take(&mut Item::Leave { connection }), Taken::Whole)
        {
            is_empty = false;
        }
        (!is_empty).then(|| Order::Publish {
            node: self.node,
            count,
            has_texts: false,
            bytes: draft.finish(),
        })
    }

    /// The record of this count was read. If it is the one in flight, returns what is known of its items.
    pub(super) fn read_back(&mut self, count: u64) -> VecDeque<Note> {
        let is_it = |in_flight: &mut InFlight| in_flight.count == count;
        let Some(in_flight) = self.in_flight.take_if(is_it) else {
            return VecDeque::new();
        };
        self.bytes -= in_flight.size;
        let mut items = in_flight.items.iter();
        self.has_stopped |= items.any(|(item, _)| matches!(item, Item::Stop));
        in_flight.items.into_iter().map(|(_, note)| note).collect()
    }

    /// All that is here is void.
    pub(super) fn clear(&mut self) {
        *self = Self {
            count: self.count,
            ..Self::new(self.node, self.timeout, self.published)
        };
    }

    /// The node begins, or the room does.
    pub(super) fn start(&mut self, epoch: Option<Item>) {
        self.clear();
        if let Some(epoch) = epoch {
            self.push(epoch, None, None);
        }
        let start = self.start_item();
        self.push(start, None, None);
    }

    fn start_item(&self) -> Item {
        Item::Start {
            newest_format: NEWEST_FORMAT,
            timeout_s: u32::try_from(self.timeout.as_secs()).unwrap_or(u32::MAX),
        }
    }

    /// The node was taken for gone, so that all that is here is void. It says it again, after its start and the JOINs
    /// of its members.
    pub(super) fn again(&mut self, members: Vec<(u64, Name, Option<Ticket>)>) {
        if self.has_stopped {
            return;
        }
        let in_flight = self.in_flight.take();
        let waiting = mem::take(&mut self.waiting);
        self.bytes = 0;
        let start = self.start_item();
        self.push(start, None, None);
        for (connection, name, ticket) in members {
            let again = true;
            let join = Item::Join {
                connection,
                name,
                ticket,
                again,
            };
            self.push(join, None, None);
        }
        let of_flight = in_flight.into_iter().flat_map(|it| it.items);
        for (item, note) in of_flight.chain(waiting) {
            if !matches!(item, Item::Start { .. }) {
                self.push(item, note.why, note.held);
            }
        }
    }
}
