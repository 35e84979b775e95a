//! The rules, one by one. What all of them together lead to is shown by the simulation.

use hubbub_wire::{Id, Payload, Username};

use super::*;
use crate::said::Own;
use crate::texts::Texts;

mod epochs;
mod gone;
mod hostile;
mod joining;
mod reading;
mod saying;
mod snapshots;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);

/// How long a node may be silent, in seconds.
const TIMEOUT: u32 = 45;

/// A stream, and the room that follows from it. Entries stand a second apart.
#[derive(Debug)]
struct Stream {
    replica: Replica,
    time: u64,
    counts: [u64; 3],
    /// What stands in it, from place 1 on.
    entries: Vec<(Time, Vec<u8>)>,
}

impl Stream {
    /// A stream to which two nodes have come.
    fn new() -> Self {
        let mut stream = Self {
            replica: Replica::new("HUBBUB_room", 7),
            time: 1_000_000,
            counts: [0; 3],
            entries: Vec::new(),
        };
        stream.says(A, vec![start()]);
        stream.says(B, vec![start()]);
        stream
    }

    /// A node puts the next record into the stream.
    fn says(&mut self, node: NodeId, items: Vec<Item>) -> Vec<Effect> {
        let at = usize::try_from(node.0).unwrap();
        self.counts[at] += 1;
        let count = self.counts[at];
        let generation = self.replica.last.generation;
        self.put(&Record {
            node,
            count,
            generation,
            items,
        })
    }

    /// A record stands in the stream. Its effects, without that it was read.
    fn put(&mut self, record: &Record) -> Vec<Effect> {
        self.entry(record.to_bytes(1))
    }

    fn entry(&mut self, bytes: Vec<u8>) -> Vec<Effect> {
        self.time += 1000;
        let time = Time::from_unix_ms(self.time);
        self.entries.push((time, bytes.clone()));
        let place = self.replica.place() + 1;
        let mut effects = self
            .replica
            .apply(place, time, Entry::Record(bytes))
            .unwrap();
        effects.retain(|effect| !matches!(effect, Effect::Read { .. }));
        effects
    }

    fn names(&self) -> Vec<String> {
        let members = self.replica.members();
        members.map(|(_, name, _)| name.to_string()).collect()
    }
}

fn start() -> Item {
    Item::Start {
        newest_format: 1,
        timeout_s: TIMEOUT,
    }
}

fn name(text: &'static str) -> Name {
    Arc::new(Username::new(text, 64).unwrap())
}

fn join(connection: u64, text: &'static str, ticket: Option<Ticket>) -> Item {
    Item::Join {
        connection,
        name: name(text),
        ticket,
        again: false,
    }
}

fn again(connection: u64, text: &'static str, ticket: Option<Ticket>) -> Item {
    Item::Join {
        connection,
        name: name(text),
        ticket,
        again: true,
    }
}

/// The ticket of a program, at this attempt.
fn ticket(mark: u128, attempt: u64) -> Option<Ticket> {
    Some(Ticket {
        mark: Hex128(mark),
        session: Hex64(5),
        attempt,
    })
}

fn say(connection: u64, text: &'static str, own: Option<u64>, said: &[&str]) -> Item {
    let mut texts = Texts::default();
    for text in said {
        texts.push(Payload::new(text.as_bytes()).unwrap());
    }
    let session = Hex64(5);
    Item::Say {
        connection,
        name: name(text),
        own: own.map(|count| Id { session, count }),
        texts,
    }
}

const fn of(node: NodeId, connection: u64) -> Incarnation {
    Incarnation { node, connection }
}

/// What happened, in a line each.
pub(super) fn told(effects: &[Effect]) -> Vec<String> {
    let who = |who: &Incarnation| format!("{}.{}", who.node.0, who.connection);
    let told = effects.iter().map(|effect| match effect {
        Effect::Read { node, count } => format!("{} read {count}", node.0),
        Effect::Joined {
            who: new,
            name,
            replaces,
            arrived,
            ..
        } => {
            let replaces = replaces.map_or_else(String::new, |old| format!(" for {}", who(&old)));
            format!("{} is {name}{replaces} at {arrived}", who(new))
        }
        Effect::Refused { who: new } => format!("{} is refused", who(new)),
        Effect::Known {
            who: old, arrived, ..
        } => format!("{} is known at {arrived}", who(old)),
        Effect::Said { who: by, said } => {
            let texts = said.iter().map(|(seq, own, payload)| {
                let own = own.map_or_else(String::new, |own| format!("/{}", own.count));
                let text = String::from_utf8_lossy(payload.as_bytes()).into_owned();
                format!(" {}{own}={text}", seq.count)
            });
            format!("{}:{}", who(by), texts.collect::<String>())
        }
        Effect::Arrived { who: by, id, seq } => {
            format!("{} has {} at {}", who(by), id.count, seq.count)
        }
        Effect::Broken { who: by } => format!("{} is broken", who(by)),
        Effect::Void { who: by } => format!("{} is void", who(by)),
        Effect::Left { who: by, why, .. } => format!("{} left: {why:?}", who(by)),
        Effect::Gone { node } => format!("{} is gone", node.0),
        Effect::Epoch => "epoch".to_owned(),
    });
    told.collect()
}
