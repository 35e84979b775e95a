//! The entrance of a server that speaks TLS: what a connection is by its first byte, the handshake, and then the peer.
//!
//! The first byte is read and never peeked at. Whoever has to go before the handshake gets none: it would cost us more
//! than the other side. How many are in here and in the lobby is bounded by `guests`. It knows no frames, and ends with
//! the door; the peers that went through go on.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_lock::{Semaphore, SemaphoreGuardArc};
use futures::future::{Either, select};
use hubbub_transport::Transport;
use hubbub_transport::tls::{Acceptor, HANDSHAKE_BYTES};

use crate::address::thinned;
use crate::door::TurningAway;
use crate::event::{Departure, Event};
use crate::guests::{Guest, Guests};
use crate::memory::Shares;
use crate::peer::{self, House, LINGER, Newcomer};
use crate::runtime::{self, timeout};
use crate::tls::{Identity, Tls};
use crate::words;

/// The first byte of TLS: the type of a handshake record (RFC 8446, 5.1).
const TLS: u8 = 0x16;

/// What whoever begins with TLS gets in place of a handshake when there is no place: an alert record, fatal,
/// access_denied.
const NO_PLACE: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// How many have a turn for a handshake at a time. A flood of them takes turns with the members' tasks, and cannot take
/// all of the processor.
const HANDSHAKES: usize = 8;

/// How long a turn lasts. What costs us is done when our first answer is; the rest is waiting for the other side, which
/// is not let keep others from their turn.
const TURN: Duration = Duration::from_millis(100);

/// Where connections wait that have not joined.
pub(crate) struct Entrance {
    manners: Manners,
    guests: Guests,
}

/// What proves the server to those who come from now on.
#[derive(Clone)]
pub(crate) struct Proof(Arc<Mutex<Acceptor>>);

impl Proof {
    fn new(identity: &Identity) -> Self {
        Self(Arc::new(Mutex::new(Acceptor::new(identity))))
    }

    /// Takes another one. Whoever has begun a handshake by then notices nothing.
    pub(crate) fn renew(&self, identity: &Identity) {
        let renewed = Acceptor::new(identity);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    fn acceptor(&self) -> Acceptor {
        let acceptor = self.0.lock();
        acceptor.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How connections are met.
#[derive(Clone)]
struct Manners {
    proof: Proof,
    also_plain: bool,
    turns: Arc<Semaphore>,
    turning_away: TurningAway,
}

/// A connection that is met.
struct Arrival {
    newcomer: Newcomer,
    since: Instant,
    house: Arc<House>,
    manners: Manners,
}

/// What came of it.
enum Opened {
    /// A connection, and what was read of it if it is a plain one.
    In(Transport, Option<u8>),
    /// A plain one where there is none but TLS.
    Plain(Transport),
}

/// Why it did not come in.
struct Failed {
    /// `None` when the server stops.
    why: Option<Departure>,
    /// What more there is to say.
    error: Option<String>,
}

impl From<Departure> for Failed {
    fn from(why: Departure) -> Self {
        let why = Some(why);
        Self { why, error: None }
    }
}

impl Entrance {
    /// For `memory_limit` bytes of texts and handshakes.
    pub(crate) fn new(tls: &Tls, memory_limit: usize, turning_away: TurningAway) -> Self {
        // With very little memory, handshakes take turns before they take a member's share.
        let fit = Shares::of(memory_limit).unfinished / (4 * HANDSHAKE_BYTES);
        Self {
            manners: Manners {
                proof: Proof::new(&tls.identity),
                also_plain: tls.also_plain,
                turns: Arc::new(Semaphore::new(fit.clamp(1, HANDSHAKES))),
                turning_away,
            },
            guests: Guests::default(),
        }
    }

    /// What proves the server, to be renewed.
    pub(crate) fn proof(&self) -> Proof {
        self.manners.proof.clone()
    }

    /// Takes a connection in, and meets it in a task of its own.
    pub(crate) async fn let_in(
        &mut self,
        transport: Transport,
        mut newcomer: Newcomer,
        house: &Arc<House>,
    ) {
        let since = runtime::now();
        let network = newcomer.from.address().network();
        let taken_in = self.guests.take_in(newcomer.peer, network, since);
        let (guest, crowded_out) = taken_in.map_or((None, None), |(guest, out)| (Some(guest), out));
        let has_place = guest.is_some();
        newcomer.guest = guest.unwrap_or_default();
        let arrival = Arrival {
            newcomer,
            since,
            house: Arc::clone(house),
            manners: self.manners.clone(),
        };
        if !has_place {
            runtime::spawn(arrival.turn_away(transport));
            return;
        }
        if let Some(peer) = crowded_out {
            let _ = house
                .inbox
                .send_async(vec![Event::CrowdedOut { peer }])
                .await;
        }
        runtime::spawn(arrival.meet(transport));
    }
}

impl Arrival {
    /// Lets the connection become a peer, or lets go of it.
    async fn meet(self, transport: Transport) {
        match self.wait_for(transport).await {
            Ok(Opened::In(transport, first)) => {
                self.newcomer.guest.enters_lobby();
                self.newcomer.enter(transport, first, &self.house).await;
            }
            Ok(Opened::Plain(transport)) => {
                let one = self.manners.turning_away.one_more();
                self.goes(Departure::Plain.into());
                if let Some(_one) = one {
                    peer::turn_away(transport, words::WANTS_TLS.to_owned()).await;
                }
            }
            Err(failed) => self.goes(failed),
        }
    }

    /// Lets go of the connection at once: there is no place for it.
    async fn turn_away(self, transport: Transport) {
        let one = self.manners.turning_away.one_more();
        self.goes(Departure::CrowdedOut.into());
        if let Some(_one) = one {
            turn_away(transport, words::CROWDED.to_owned()).await;
        }
    }

    /// Meets the connection, unless it takes too long or has to go.
    async fn wait_for(&self, transport: Transport) -> Result<Opened, Failed> {
        let until = self.since + self.house.settings.join_timeout;
        let left = until.saturating_duration_since(runtime::now());
        let opened = pin!(self.open(transport));
        let guest = &self.newcomer.guest;
        let dismissed = poll_fn(|context| guest.poll_dismissed(context));
        match timeout(left, select(opened, dismissed)).await {
            Ok(Either::Left((opened, _))) => opened,
            Ok(Either::Right((is_crowded_out, _))) => Err(Failed {
                why: is_crowded_out.then_some(Departure::CrowdedOut),
                error: None,
            }),
            Err(_) => Err(Departure::NeverJoined.into()),
        }
    }

    /// Finds out what it is.
    async fn open(&self, transport: Transport) -> Result<Opened, Failed> {
        let mut first = [0];
        let read = poll_fn(|context| transport.poll_read(context, &mut first));
        match read.await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return Err(Departure::SaidNothing.into()),
        }
        self.guest().is_heard();
        self.house.metrics.received_bytes.add(1);
        match first {
            [TLS] => {
                let transport = self.shake_hands(transport, &first).await?;
                Ok(Opened::In(transport, None))
            }
            [first] if self.manners.also_plain => Ok(Opened::In(transport, Some(first))),
            _ => Ok(Opened::Plain(transport)),
        }
    }

    async fn shake_hands(&self, transport: Transport, first: &[u8]) -> Result<Transport, Failed> {
        self.guest().waits();
        let turn = self.manners.turns.acquire_arc().await;
        let Some(_held) = self.house.unfinished.try_hold(HANDSHAKE_BYTES) else {
            return Err(Departure::OutOfMemory.into());
        };
        self.guest().is_heard();
        let acceptor = self.manners.proof.acceptor();
        let shaken = transport.accept_tls(&acceptor, first);
        let shaken = in_turn(turn, shaken).await;
        let metrics = &self.house.metrics;
        metrics.handshakes.add(1);
        match shaken {
            Ok(transport) => {
                self.guest().is_heard();
                Ok(transport)
            }
            Err(error) => {
                metrics.failed_handshakes.add(1);
                Err(Failed {
                    why: Some(Departure::NoTls),
                    error: Some(error.to_string()),
                })
            }
        }
    }

    fn guest(&self) -> &Guest {
        &self.newcomer.guest
    }

    /// Notes that it has not come in.
    fn goes(self, Failed { why, error }: Failed) {
        let metrics = &self.house.metrics;
        metrics.ended.add(1);
        let Some(why) = why else {
            return;
        };
        metrics.departed(why);
        let Newcomer { peer, from, .. } = &self.newcomer;
        let line = match why {
            Departure::SaidNothing => None,
            _ => from.line(runtime::now()),
        };
        thinned!(info, line, peer = peer.0, %why, error, address = %from, "gone without a join");
    }
}

/// Does something that takes a turn, and goes on without when the turn is over.
async fn in_turn<T>(turn: SemaphoreGuardArc, something: impl Future<Output = T>) -> T {
    let mut something = pin!(something);
    match timeout(TURN, something.as_mut()).await {
        Ok(done) => done,
        Err(_) => {
            drop(turn);
            something.await
        }
    }
}

/// Tells a connection why it is not served: in plain words, or by an alert if it begins with TLS. A handshake for
/// somebody who cannot come in would let a crowd outside cost more than one inside.
pub(crate) async fn turn_away(transport: Transport, why: String) {
    let mut first = [0];
    let read = poll_fn(|context| transport.poll_read(context, &mut first));
    let read = timeout(LINGER, read).await;
    if matches!(read, Ok(Ok(1))) && first == [TLS] {
        peer::end_with(&transport, &NO_PLACE).await;
    } else {
        peer::turn_away(transport, why).await;
    }
}
