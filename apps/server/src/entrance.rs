//! The entrance of a server with TLS or with a page for browsers: what a connection is by its first bytes, and then its
//! handshake, its request, or the peer.
//!
//! The first bytes are read and never peeked at. Whoever has to go before the handshake gets none: it would cost us
//! more than the other side. How many are in here and in the lobby is bounded by `guests`. It knows no frames, and ends
//! with the door; the peers that went through go on.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures::future::{Either, select};
use hubbub_transport::Transport;

use crate::address::{Origin, thinned};
use crate::door::{OneTurnedAway, Register, TurnedAway, TurningAway, Who};
use crate::event::{Departure, Event};
use crate::guests::{Guest, Guests};
use crate::peer::{self, Early, House, Newcomer};
use crate::runtime::{self, timeout};

#[cfg(feature = "web")]
use self::asking::{Asked, Desk};
use self::first::Kind;
#[cfg(feature = "tls")]
use self::handshake::Handshakes;
#[cfg(feature = "tls")]
pub(crate) use self::handshake::Proof;
pub(crate) use self::turning_away::{Tongues, Why};

mod first;

#[cfg(feature = "tls")]
mod handshake;

#[cfg(feature = "web")]
mod asking;

mod turning_away;

/// Where connections wait that have not joined.
pub(crate) struct Entrance(Manners);

/// How connections are met.
#[derive(Clone)]
struct Manners {
    /// What it takes to speak TLS, if it is spoken.
    #[cfg(feature = "tls")]
    handshakes: Option<Handshakes>,
    /// Where browsers are answered, if there is a page for them.
    #[cfg(feature = "web")]
    desk: Option<Desk>,
    register: Register,
    guests: Arc<Mutex<Guests>>,
    turning_away: TurningAway,
}

/// A connection that is met.
struct Arrival {
    newcomer: Newcomer,
    /// Whether it came through a proxy, which said for whom.
    #[cfg(feature = "web")]
    is_through: bool,
    since: Instant,
    house: Arc<House>,
    manners: Manners,
}

/// What came of it.
enum Opened {
    /// A connection, and what was read of it if it is a plain one.
    In(Transport, Early),
    /// A plain one where there is none but TLS, and what was read of it.
    Plain(Transport, Early),
    /// A browser, and what it asks for.
    #[cfg(feature = "web")]
    Asks(Transport, Box<Asked>),
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
    /// The entrance that the settings of the house ask for. `None`: they ask for none.
    pub(crate) fn new(
        house: &House,
        register: &Register,
        turning_away: &TurningAway,
    ) -> Option<Self> {
        let manners = Manners {
            #[cfg(feature = "tls")]
            handshakes: Handshakes::new(house),
            #[cfg(feature = "web")]
            desk: house.settings.web.clone().map(Desk::new),
            register: register.clone(),
            guests: Arc::default(),
            turning_away: turning_away.clone(),
        };
        manners.is_needed().then_some(Self(manners))
    }

    /// What proves the server, to be renewed.
    #[cfg(feature = "tls")]
    pub(crate) fn proof(&self) -> Option<Proof> {
        self.0.handshakes.as_ref().map(Handshakes::proof)
    }

    /// What may be spoken here.
    pub(crate) fn tongues(&self) -> Tongues {
        self.0.tongues()
    }

    /// Who somebody from there is, as far as that is known before a word is said.
    pub(crate) fn who(&self, from: &Origin) -> Who {
        self.0.who(from)
    }

    /// Takes a connection in, and meets it in a task of its own.
    pub(crate) async fn let_in(
        &mut self,
        transport: Transport,
        mut newcomer: Newcomer,
        house: &Arc<House>,
    ) {
        let since = runtime::now();
        let is_proxy = self.who(&newcomer.from).is_proxy();
        let network = (!is_proxy).then(|| newcomer.from.address().network());
        let taken_in = self.0.guests().take_in(newcomer.peer, network, since);
        let (guest, crowded_out) = taken_in.map_or((None, None), |(guest, out)| (Some(guest), out));
        let has_place = guest.is_some();
        newcomer.guest = guest.unwrap_or_default();
        let arrival = Arrival {
            newcomer,
            #[cfg(feature = "web")]
            is_through: false,
            since,
            house: Arc::clone(house),
            manners: self.0.clone(),
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

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.guests().close();
        #[cfg(feature = "web")]
        if let Some(desk) = &self.0.desk {
            desk.close();
        }
    }
}

impl Manners {
    fn is_needed(&self) -> bool {
        self.speaks_tls() || self.has_page()
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn who(&self, from: &Origin) -> Who {
        #[cfg(feature = "web")]
        if let Some(desk) = &self.desk {
            return desk.who(from);
        }
        let _ = from;
        Who::Peer
    }

    fn speaks_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.handshakes.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    fn has_page(&self) -> bool {
        #[cfg(feature = "web")]
        return self.desk.is_some();
        #[cfg(not(feature = "web"))]
        false
    }

    fn tongues(&self) -> Tongues {
        Tongues {
            #[cfg(feature = "tls")]
            handshakes: self.handshakes.clone(),
            #[cfg(feature = "web")]
            wants_tls: self.wants_tls(),
            #[cfg(feature = "web")]
            web: self.desk.as_ref().map(Desk::web),
        }
    }

    /// Whether nobody comes in without TLS.
    fn wants_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self
            .handshakes
            .as_ref()
            .is_some_and(|handshakes| !handshakes.also_plain);
        #[cfg(not(feature = "tls"))]
        false
    }
}

impl Arrival {
    /// Lets the connection become a peer, or lets go of it.
    async fn meet(self, transport: Transport) {
        let house = Arc::clone(&self.house);
        match self.wait_for(transport).await {
            Ok(Opened::In(transport, early)) => match self.admitted() {
                Ok(newcomer) => {
                    newcomer.guest.enters_lobby();
                    newcomer.enter(transport, early, &house).await;
                }
                Err((Some(_one), why)) => peer::turn_away(transport, why.to_string()).await,
                Err((None, _)) => {}
            },
            Ok(Opened::Plain(transport, early)) => {
                let one = self.manners.turning_away.one_more();
                let tongues = self.manners.tongues();
                self.goes(Departure::Plain.into());
                if let Some(_one) = one {
                    tongues.send_to_tls(transport, early, &house.metrics).await;
                }
            }
            #[cfg(feature = "web")]
            Ok(Opened::Asks(transport, asked)) => self.answer(transport, *asked).await,
            Err(failed) => self.goes(failed),
        }
    }

    /// Who is a peer now, with a place as one.
    ///
    /// # Errors
    ///
    /// There is none, for the reason that is to be told, if there is a turn for that.
    fn admitted(self) -> Result<Newcomer, (Option<OneTurnedAway>, TurnedAway)> {
        if !self.manners.has_page() {
            return Ok(self.newcomer);
        }
        let Self {
            newcomer,
            house,
            manners,
            ..
        } = self;
        // The place that it has is not one of its address's peers.
        drop(newcomer.place);
        match manners.register.admit(&newcomer.from, Who::Peer, &house) {
            Ok(place) => Ok(Newcomer { place, ..newcomer }),
            Err(why) => {
                note_turned_away(&house, &newcomer.from, why);
                house.metrics.ended.add(1);
                Err((manners.turning_away.one_more(), why))
            }
        }
    }

    /// Lets go of the connection at once: there is no place for it.
    async fn turn_away(self, transport: Transport) {
        let one = self.manners.turning_away.one_more();
        let tongues = self.manners.tongues();
        self.goes(Departure::CrowdedOut.into());
        if let Some(_one) = one {
            tongues.turn_away(transport, Why::crowded()).await;
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
        let (kind, early) = self
            .first_bytes(&transport, self.manners.speaks_tls())
            .await?;
        match kind {
            #[cfg(feature = "tls")]
            Kind::Tls => {
                let transport = self.shake_hands(transport, early.bytes()).await?;
                self.open_within_tls(transport).await
            }
            #[cfg(feature = "web")]
            Kind::Http => self.ask(transport, early).await,
            Kind::Peer if self.manners.wants_tls() => Ok(Opened::Plain(transport, early)),
            Kind::Peer => Ok(Opened::In(transport, early)),
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
            Departure::SaidNothing | Departure::Answered => None,
            _ => from.line(runtime::now()),
        };
        thinned!(info, line, peer = peer.0, %why, error, address = %from, "gone without a join");
    }
}

/// Counts somebody for whom there was a place at the door, and is none now.
fn note_turned_away(house: &House, from: &Origin, why: TurnedAway) {
    house.metrics.turned_away.count(why.cause());
    let line = from.line(runtime::now());
    thinned!(warn, line, address = %from, %why, "turned away");
}
