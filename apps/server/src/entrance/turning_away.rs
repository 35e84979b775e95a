//! Those for whom there is no place, and how each of them is told: a peer, TLS, a browser, a page that wants to enter.

use std::future::poll_fn;
#[cfg(all(feature = "tls", feature = "web"))]
use std::time::Duration;

#[cfg(all(feature = "tls", feature = "web"))]
use futures::future::join;
#[cfg(feature = "web")]
use hubbub_transport::Goodbye;
use hubbub_transport::Transport;
#[cfg(feature = "web")]
use hubbub_wire::{DecodeError, Decoder, Limits};

#[cfg(feature = "web")]
use super::asking::{around, read_head};
#[cfg(feature = "web")]
use super::first::REQUESTS;
#[cfg(feature = "tls")]
use super::first::TLS;
#[cfg(feature = "tls")]
use super::handshake::Handshakes;
#[cfg(all(feature = "tls", feature = "web"))]
use super::handshake::TURN;
use crate::door::TurnedAway;
use crate::metrics::Metrics;
use crate::peer::{self, Early, LINGER};
#[cfg(all(feature = "tls", feature = "web"))]
use crate::runtime;
use crate::runtime::timeout;
#[cfg(feature = "web")]
use crate::web::head::Reader;
#[cfg(feature = "web")]
use crate::web::{Outcome, Reply, Status, Web, answer};
use crate::words;

/// What whoever begins with TLS gets in place of a handshake when there is no place: an alert record, fatal,
/// access_denied.
#[cfg(feature = "tls")]
const NO_PLACE: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// Enough to tell what a connection is.
const FIRST_BYTES: usize = 8;

/// How long such a handshake may take: two round trips to the other side of the world, with losses.
#[cfg(all(feature = "tls", feature = "web"))]
const SHAKING: Duration = Duration::from_secs(2);

/// The longest line that may be that of a request, in bytes.
#[cfg(feature = "web")]
const FIRST_LINE: usize = 2048;

/// Why there is no place.
pub(crate) struct Why {
    words: String,
    /// As a page is told it.
    #[cfg(feature = "web")]
    goodbye: Goodbye,
    /// As a browser is told it that asks for anything else.
    #[cfg(feature = "web")]
    status: Status,
}

impl From<TurnedAway> for Why {
    fn from(why: TurnedAway) -> Self {
        Self {
            words: why.to_string(),
            #[cfg(feature = "web")]
            goodbye: why.goodbye(),
            #[cfg(feature = "web")]
            status: why.status(),
        }
    }
}

impl Why {
    /// Too many of one address wait to come in.
    pub(super) fn crowded() -> Self {
        Self {
            words: words::CROWDED.to_owned(),
            #[cfg(feature = "web")]
            goodbye: Goodbye::Full,
            #[cfg(feature = "web")]
            status: Status::Unavailable,
        }
    }
}

/// What may be spoken here.
#[derive(Clone)]
pub(crate) struct Tongues {
    /// What it takes to speak TLS, if it is spoken.
    #[cfg(feature = "tls")]
    pub(super) handshakes: Option<Handshakes>,
    #[cfg(feature = "web")]
    pub(super) wants_tls: bool,
    /// The page, if there is one.
    #[cfg(feature = "web")]
    pub(super) web: Option<Web>,
}

impl Tongues {
    /// Tells a connection why it is not served: in plain words, by an alert if it begins with TLS, or as an answer if it
    /// asks for a page. Where there is a page, TLS is spoken first, as far as there are turns for that: a browser shows
    /// nothing of an alert.
    pub(crate) async fn turn_away(self, transport: Transport, why: Why) {
        let room = if self.has_page() { FIRST_BYTES } else { 1 };
        let (first, len) = first_bytes(&transport, room).await;
        let first = &first[..len];
        #[cfg(feature = "tls")]
        if let Some(handshakes) = &self.handshakes
            && first.first() == Some(&TLS)
        {
            #[cfg(feature = "web")]
            if self.has_page() {
                return self
                    .turn_away_within_tls(handshakes, transport, first, why)
                    .await;
            }
            let _ = handshakes;
            peer::end_with(&transport, &NO_PLACE).await;
            return;
        }
        self.tell(transport, first, why).await;
    }

    /// Tells a connection that has said this, in plain words or as an answer.
    async fn tell(&self, transport: Transport, first: &[u8], why: Why) {
        #[cfg(feature = "web")]
        if let Some(web) = &self.web
            && REQUESTS.iter().any(|request| first.starts_with(request))
        {
            return self.answer(web, transport, first, why).await;
        }
        let _ = first;
        peer::turn_away(transport, why.words).await;
    }

    /// Shakes hands and then tells. Who gets no turn for that in time gets an alert.
    #[cfg(all(feature = "tls", feature = "web"))]
    async fn turn_away_within_tls(
        &self,
        handshakes: &Handshakes,
        transport: Transport,
        first: &[u8],
        why: Why,
    ) {
        let Ok(_turn) = timeout(LINGER, handshakes.turn_outside()).await else {
            return peer::end_with(&transport, &NO_PLACE).await;
        };
        let told = async {
            let shaken = timeout(SHAKING, handshakes.shake(transport, first)).await;
            if let Ok(Ok(transport)) = shaken {
                let (first, len) = first_bytes(&transport, FIRST_BYTES).await;
                self.tell(transport, &first[..len], why).await;
            }
        };
        join(told, runtime::sleep(TURN)).await;
    }

    /// Tells a connection without TLS that the room wants it. `early` was read of it.
    pub(super) async fn send_to_tls(self, transport: Transport, early: Early, metrics: &Metrics) {
        #[cfg(feature = "web")]
        if self.has_page() && asks_by_http(&transport, early).await {
            let reply = Reply::of(Status::NotAllowed);
            metrics.answered.count(reply.status.number());
            return peer::end_with(&transport, &reply.bytes()).await;
        }
        let _ = (early, metrics);
        peer::turn_away(transport, words::WANTS_TLS.to_owned()).await;
    }

    fn has_page(&self) -> bool {
        #[cfg(feature = "web")]
        return self.web.is_some();
        #[cfg(not(feature = "web"))]
        false
    }

    /// Tells a browser. A page of this room that wants to enter gets its web socket, since it learns nothing of any other
    /// answer, and the reason as the end of that.
    #[cfg(feature = "web")]
    async fn answer(&self, web: &Web, transport: Transport, first: &[u8], why: Why) {
        let mut bytes = first.to_vec();
        let read = read_head(&transport, &mut bytes, |_| ());
        let read = timeout(LINGER, read).await;
        if let Ok(Ok(Ok((request, len)))) = read
            && let Ok(around) = around(&transport, self.wants_tls)
            && let Outcome::Socket(head) = answer(&request, web, around)
        {
            // One short write into an empty socket does not wait.
            let written = poll_fn(|context| transport.poll_write(context, &head)).await;
            if written.is_ok_and(|len| len == head.len()) {
                let page = transport.into_web(bytes.split_off(len));
                page.goodbye(why.goodbye);
                peer::turn_away(page, why.words).await;
            }
            return;
        }
        let reply = Reply::saying(why.status, &why.words).to(Reader::of(&bytes));
        peer::end_with(&transport, &reply.bytes()).await;
    }
}

/// What a connection says first, and how much that is: nothing, if it says nothing in time.
async fn first_bytes(transport: &Transport, room: usize) -> ([u8; FIRST_BYTES], usize) {
    let mut first = [0; FIRST_BYTES];
    let read = poll_fn(|context| transport.poll_read(context, &mut first[..room]));
    let len = match timeout(LINGER, read).await {
        Ok(Ok(len)) => len,
        _ => 0,
    };
    (first, len)
}

/// Whether a connection that has begun like this is one of a browser or another program of the web. It has a second to
/// show that.
#[cfg(feature = "web")]
async fn asks_by_http(transport: &Transport, early: Early) -> bool {
    let mut decoder = Decoder::for_server(Limits::DEFAULT);
    let mut asks = |mut bytes: &[u8]| match decoder.next(&mut bytes) {
        Ok(None) => None,
        Err(DecodeError::Http) => Some(true),
        _ => Some(false),
    };
    let found = async {
        let mut found = asks(early.bytes());
        let mut left = FIRST_LINE;
        while found.is_none() && left > 0 {
            let mut byte = [0];
            let read = poll_fn(|context| transport.poll_read(context, &mut byte)).await;
            found = match read {
                Ok(1..) => asks(&byte),
                _ => Some(false),
            };
            left -= 1;
        }
        found
    };
    matches!(timeout(LINGER, found).await, Ok(Some(true)))
}
