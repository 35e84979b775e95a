//! Handshakes: whose turn it is, what proves the server, and what is spoken when one is done.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_lock::{Semaphore, SemaphoreGuardArc};
use hubbub_transport::Transport;
#[cfg(feature = "web")]
use hubbub_transport::tls::Agreed;
use hubbub_transport::tls::{Acceptor, HANDSHAKE_BYTES};

#[cfg(feature = "web")]
use super::first::Kind;
use super::{Arrival, Failed, Opened};
use crate::event::Departure;
use crate::memory::{Memory, Shares};
use crate::metrics::Metrics;
use crate::peer::{Early, House};
use crate::runtime::timeout;
use crate::tls::Identity;

/// How many have a turn for a handshake at a time. A flood of them takes turns with the members' tasks, and cannot take
/// all of the processor.
const HANDSHAKES: usize = 8;

/// How long a turn lasts. What costs us is done when our first answer is; the rest is waiting for the other side, which
/// is not let keep others from their turn.
pub(super) const TURN: Duration = Duration::from_millis(100);

/// How many are told at a time within TLS that there is no place for them. Each keeps its turn for [`TURN`] at least, so
/// that a crowd outside has 40 handshakes a second at most, which is a few hundredths of a processor.
#[cfg(feature = "web")]
const OUTSIDE: usize = 4;

/// What proves the server to those who come from now on.
#[derive(Clone)]
pub(crate) struct Proof {
    acceptor: Arc<Mutex<Acceptor>>,
    /// Whether browsers come too.
    has_page: bool,
}

impl Proof {
    fn new(identity: &Identity, has_page: bool) -> Self {
        let acceptor = acceptor(identity, has_page);
        Self {
            acceptor: Arc::new(Mutex::new(acceptor)),
            has_page,
        }
    }

    /// Takes another one. Whoever has begun a handshake by then notices nothing.
    pub(crate) fn renew(&self, identity: &Identity) {
        let renewed = acceptor(identity, self.has_page);
        *self.acceptor.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    fn acceptor(&self) -> Acceptor {
        let acceptor = self.acceptor.lock();
        acceptor.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn acceptor(identity: &Identity, has_page: bool) -> Acceptor {
    #[cfg(feature = "web")]
    if has_page {
        return Acceptor::for_browsers(identity);
    }
    let _ = has_page;
    Acceptor::new(identity)
}

/// What it takes to speak TLS.
#[derive(Clone)]
pub(super) struct Handshakes {
    proof: Proof,
    pub(super) also_plain: bool,
    turns: Arc<Semaphore>,
    /// Whose turn it is of those for whom there is no place.
    #[cfg(feature = "web")]
    outside: Arc<Semaphore>,
    /// What handshakes hold is a part of this.
    unfinished: Arc<Memory>,
    metrics: Arc<Metrics>,
}

impl Handshakes {
    /// `None` where TLS is not spoken.
    pub(super) fn new(house: &House) -> Option<Self> {
        let settings = &house.settings;
        let tls = settings.tls.as_ref()?;
        #[cfg(feature = "web")]
        let has_page = settings.web.is_some();
        #[cfg(not(feature = "web"))]
        let has_page = false;
        // With very little memory, handshakes take turns before they take a member's share.
        let fit = Shares::of(settings.memory_limit).unfinished / (4 * HANDSHAKE_BYTES);
        Some(Self {
            proof: Proof::new(&tls.identity, has_page),
            also_plain: tls.also_plain,
            turns: Arc::new(Semaphore::new(fit.clamp(1, HANDSHAKES))),
            #[cfg(feature = "web")]
            outside: Arc::new(Semaphore::new(fit.clamp(1, OUTSIDE))),
            unfinished: Arc::clone(&house.unfinished),
            metrics: Arc::clone(&house.metrics),
        })
    }

    /// A turn for somebody for whom there is no place.
    #[cfg(feature = "web")]
    pub(super) async fn turn_outside(&self) -> SemaphoreGuardArc {
        self.outside.acquire_arc().await
    }

    /// Shakes hands with somebody who has a turn.
    pub(super) async fn shake(
        &self,
        transport: Transport,
        first: &[u8],
    ) -> Result<Transport, Failed> {
        let Some(_held) = self.unfinished.try_hold(HANDSHAKE_BYTES) else {
            return Err(Departure::OutOfMemory.into());
        };
        let shaken = transport.accept_tls(&self.proof.acceptor(), first).await;
        self.metrics.handshakes.add(1);
        shaken.map_err(|error| {
            self.metrics.failed_handshakes.add(1);
            Failed {
                why: Some(Departure::NoTls),
                error: Some(error.to_string()),
            }
        })
    }

    /// What proves the server, to be renewed.
    pub(super) fn proof(&self) -> Proof {
        self.proof.clone()
    }
}

impl Arrival {
    pub(super) async fn shake_hands(
        &self,
        transport: Transport,
        first: &[u8],
    ) -> Result<Transport, Failed> {
        let Some(handshakes) = &self.manners.handshakes else {
            return Err(Departure::NoTls.into());
        };
        self.guest().waits();
        let turn = handshakes.turns.acquire_arc().await;
        self.guest().is_heard();
        let shaken = in_turn(turn, handshakes.shake(transport, first)).await;
        if shaken.is_ok() {
            self.guest().is_heard();
        }
        shaken
    }

    /// Finds out what is spoken within TLS.
    pub(super) async fn open_within_tls(&self, transport: Transport) -> Result<Opened, Failed> {
        #[cfg(feature = "web")]
        if self.manners.has_page() {
            return match transport.agreed() {
                Some(Agreed::Chat) => Ok(Opened::In(transport, Early::default())),
                Some(Agreed::Http) => self.ask(transport, Early::default()).await,
                // As in plain, but that there is no TLS within TLS.
                None => match self.first_bytes(&transport, false).await? {
                    (Kind::Http, early) => self.ask(transport, early).await,
                    (_, early) => Ok(Opened::In(transport, early)),
                },
            };
        }
        Ok(Opened::In(transport, Early::default()))
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
