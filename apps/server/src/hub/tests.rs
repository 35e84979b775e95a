//! The hub without sockets: events go in, and what each peer's queue then holds is compared. Nothing else runs, so each
//! test decides what is in one batch.

use futures::FutureExt;
use std::future::poll_fn;
use std::io::IoSlice;

use super::*;
use crate::address::Origin;
use crate::event::Candidate;
use crate::guests::Guest;
use crate::lobby::{CLAIM_BYTES, OFFER_WAIT};
use crate::outbox::{Call, Intake, Outbox, Pending, outbox};
use crate::post::{CATCH_UP, LONGEST_LOOK, STALLED};
use crate::texts::Texts;
use hubbub_wire::{Hex64, Hex128, Offer, Payload};

#[cfg(feature = "admin")]
mod administering;
mod batches;
mod claims;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "web")]
mod goodbyes;
mod keeping;
mod lag;
mod late;
mod memory;
mod motd;
#[cfg(feature = "tls")]
mod password;
#[cfg(feature = "cluster")]
pub(super) mod stream;
mod taking_over;

const ADA: PeerId = PeerId(0);
const BOB: PeerId = PeerId(1);
const EVE: PeerId = PeerId(2);
const FAY: PeerId = PeerId(3);

/// Enough room for everything that a test says.
const ROOMY: usize = 1024 * 1024;

fn hub() -> Hub {
    with_memory(ROOMY)
}

fn with_memory(limit: usize) -> Hub {
    Hub::with(Memory::new(limit), Memory::new(ROOMY))
}

pub(super) fn username(name: &'static str) -> Username<'static> {
    Username::new(name, 64).unwrap()
}

/// The queue of a member.
fn outbox_of(hub: &Hub, peer: PeerId) -> &Outbox {
    hub.post.outbox(peer).unwrap()
}

/// The bytes that a peer sends and that the others get.
pub(super) fn join(name: &str) -> String {
    format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n")
}

pub(super) fn leave(name: &str) -> String {
    format!("CHAT/1.0 LEAVE\r\nUsername: {name}\r\n\r\n")
}

pub(super) fn text(name: &str, payload: &str) -> String {
    let len = payload.len();
    format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n{payload}")
}

pub(super) fn somewhere() -> Origin {
    Origin::alone("192.0.2.1:1".parse().unwrap())
}

impl Hub {
    pub(super) fn with(queued: Arc<Memory>, unfinished: Arc<Memory>) -> Self {
        // The clock stands still unless a test moves it.
        let log = Log::new(draw_id(), draw(), Arc::clone(&queued));
        Self::new(
            log,
            queued,
            unfinished,
            Settings::default(),
            Instant::now(),
            Arc::default(),
        )
    }

    /// An event comes, and the log orders it at once.
    pub(super) fn happens(&mut self, event: Event) {
        self.take(event);
        self.apply_some();
    }

    pub(super) fn connect(&mut self, peer: PeerId, limit: usize) -> Pending {
        let (outbox, pending) = outbox(peer, limit, None);
        let from = somewhere();
        self.happens(Event::Connected {
            peer,
            outbox,
            from,
            guest: Guest::default(),
        });
        pending
    }

    pub(super) fn joins(&mut self, peer: PeerId, name: &'static str) {
        let name = username(name);
        let offered = Offered::NotYet;
        self.happens(Event::Join {
            peer,
            name,
            offered,
        });
    }

    pub(super) fn says(&mut self, peer: PeerId, name: &'static str, payload: &str) {
        let event = self.speech(peer, name, payload);
        self.happens(event);
    }

    fn speech(&self, peer: PeerId, name: &'static str, payload: &str) -> Event {
        let mut texts = Texts::default();
        texts.push(Payload::new(payload.as_bytes()).unwrap());
        Event::Said {
            peer,
            name: username(name),
            own: None,
            texts,
            held: self.unfinished.hold(0),
        }
    }

    pub(super) fn leaves(&mut self, peer: PeerId, name: &'static str) {
        let name = username(name);
        self.happens(Event::Leave { peer, name });
    }

    pub(super) fn is_gone(&mut self, peer: PeerId, why: Departure) {
        self.happens(Event::Gone { peer, why });
    }

    /// A member, whose JOIN is a batch of its own.
    pub(super) fn member(&mut self, peer: PeerId, name: &'static str, limit: usize) -> Pending {
        let pending = self.connect(peer, limit);
        self.joins(peer, name);
        self.flush();
        pending
    }
}

/// An offer of this attempt. All have the same session.
fn offered(secret: u128, attempt: u64) -> Offered {
    let offer = Offer {
        version: 1,
        nonce: Hex64(1),
        session: Hex64(2),
        attempt,
        secret: Hex128(secret),
        since: None,
        recent: 200,
        password: None,
    };
    let address = Arc::clone(somewhere().address());
    Offered::Yes(Box::new(Candidate { offer, address }))
}

impl Hub {
    /// A JOIN comes, with an offer after it. The log has not ordered it yet.
    fn offers(&mut self, peer: PeerId, name: &'static str, secret: u128, attempt: u64) -> Pending {
        let (outbox, pending) = outbox(peer, ROOMY, None);
        let from = somewhere();
        self.take(Event::Connected {
            peer,
            outbox,
            from,
            guest: Guest::default(),
        });
        self.take(Event::Join {
            peer,
            name: username(name),
            offered: offered(secret, attempt),
        });
        pending
    }

    /// A member with a grant, which has taken its welcome.
    fn ours(&mut self, peer: PeerId, name: &'static str, secret: u128, attempt: u64) -> Pending {
        let mut pending = self.offers(peer, name, secret, attempt);
        self.flush();
        assert!(is_welcome(&taken(&mut pending)));
        pending
    }

    /// This much time passes.
    fn passes(&mut self, time: Duration) {
        self.now += time;
        self.pass_time();
        self.flush();
    }
}

/// Whether these are a grant and what belongs to it, and nothing more.
fn is_welcome(taken: &str) -> bool {
    let starts: Vec<&str> = taken.matches("CHAT/1.0 ").collect();
    taken.contains("\r\nGrant: 1 0000000000000001\r\n")
        && taken.contains("CHAT/1.0 PRESENT\r\n")
        && taken.contains("CHAT/1.0 REPLAYED\r\n")
        && starts.len() == 3
}

/// Takes everything that waits, as a peer's write half does.
pub(super) fn taken(pending: &mut Pending) -> String {
    let mut got = Vec::new();
    while pending.fill().now_or_never() == Some(true) {
        while !pending.is_written() {
            let mut slices = [IoSlice::new(&[]); 16];
            let used = pending.slices(&mut slices);
            let before = got.len();
            slices[..used]
                .iter()
                .for_each(|slice| got.extend_from_slice(slice));
            pending.advance(got.len() - before);
        }
    }
    String::from_utf8(got).unwrap()
}

/// Whether the hub has let go of the queue and nothing is left in it.
fn is_over(pending: &mut Pending) -> bool {
    pending.fill().now_or_never() == Some(false)
}

pub(super) fn is_evicted(pending: &Pending) -> bool {
    pending.evicted().now_or_never().is_some()
}

/// Whether the peer's task is asked whether its connection stands. This takes the question.
pub(super) fn is_asked(intake: &Intake) -> bool {
    poll_fn(|context| intake.poll_call(context)).now_or_never() == Some(Call::Ask)
}

/// Whether the queue holds a message of the server and then ends.
fn is_over_after_words(pending: &mut Pending) -> bool {
    taken(pending).contains("Username: server") && is_over(pending)
}

/// The bytes of a NOTICE.
fn notice(name: &str, code: &str, words: &str) -> String {
    let len = words.len();
    format!("CHAT/1.0 NOTICE\r\nUsername: {name}\r\nCode: {code}\r\nMsg-len: {len}\r\n\r\n{words}")
}

/// The length of each text in the tests of the memory limit, in bytes.
const TEXT: usize = 1000;
