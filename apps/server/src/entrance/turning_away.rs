//! Those for whom there is no place, and how each of them is told: a peer, TLS, a browser, a page that wants to enter.

use std::future::poll_fn;

#[cfg(feature = "web")]
use hubbub_transport::Goodbye;
use hubbub_transport::Transport;

#[cfg(feature = "web")]
use super::first::REQUESTS;
use super::first::TLS;
use crate::door::TurnedAway;
use crate::peer::{self, LINGER};
use crate::runtime::timeout;
#[cfg(feature = "web")]
use crate::web::{Around, Outcome, Reply, Status, Web, answer};
use crate::words;

/// What whoever begins with TLS gets in place of a handshake when there is no place: an alert record, fatal,
/// access_denied.
const NO_PLACE: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// Enough to tell what a connection is.
const FIRST_BYTES: usize = 8;

/// Why there is no place.
pub(crate) struct Why {
    words: String,
    /// As a page is told it.
    #[cfg(feature = "web")]
    goodbye: Goodbye,
}

impl From<TurnedAway> for Why {
    fn from(why: TurnedAway) -> Self {
        Self {
            words: why.to_string(),
            #[cfg(feature = "web")]
            goodbye: why.goodbye(),
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
        }
    }
}

/// What may be spoken here.
#[derive(Clone)]
pub(crate) struct Tongues {
    pub(super) speaks_tls: bool,
    #[cfg(feature = "web")]
    pub(super) wants_tls: bool,
    /// The page, if there is one.
    #[cfg(feature = "web")]
    pub(super) web: Option<Web>,
}

impl Tongues {
    /// Tells a connection why it is not served: in plain words, by an alert if it begins with TLS, or as an answer if it
    /// asks for a page. A handshake of TLS for somebody who cannot come in would let a crowd outside cost more than one
    /// inside.
    pub(crate) async fn turn_away(self, transport: Transport, why: Why) {
        let mut first = [0; FIRST_BYTES];
        let room = if self.has_page() { FIRST_BYTES } else { 1 };
        let read = poll_fn(|context| transport.poll_read(context, &mut first[..room]));
        let len = match timeout(LINGER, read).await {
            Ok(Ok(len)) => len,
            _ => 0,
        };
        let first = &first[..len];
        if self.speaks_tls && first.first() == Some(&TLS) {
            peer::end_with(&transport, &NO_PLACE).await;
            return;
        }
        #[cfg(feature = "web")]
        if let Some(web) = &self.web
            && REQUESTS.iter().any(|request| first.starts_with(request))
        {
            return self.answer(web, transport, first, why).await;
        }
        peer::turn_away(transport, why.words).await;
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
        let read = super::asking::read_head(&transport, &mut bytes, |_| ());
        let read = timeout(LINGER, read).await;
        if let Ok(Ok(Ok((request, len)))) = read
            && let Ok(local) = transport.local_addr()
        {
            let around = Around {
                local,
                is_encrypted: false,
                wants_tls: self.wants_tls,
            };
            if let Outcome::Socket(head) = answer(&request, web, around) {
                // One short write into an empty socket does not wait.
                let written = poll_fn(|context| transport.poll_write(context, &head)).await;
                if written.is_ok_and(|len| len == head.len()) {
                    let page = transport.into_web(bytes.split_off(len));
                    page.goodbye(why.goodbye);
                    peer::turn_away(page, why.words).await;
                }
                return;
            }
        }
        let reply = Reply::saying(Status::Unavailable, &why.words);
        peer::end_with(&transport, &reply.bytes()).await;
    }
}
