//! Those for whom there is no place.

use std::future::poll_fn;

use hubbub_transport::Transport;

use super::first::{REQUESTS, TLS};
use crate::peer::{self, LINGER};
use crate::runtime::timeout;
#[cfg(feature = "web")]
use crate::web::{Reply, Status};

/// What whoever begins with TLS gets in place of a handshake when there is no place: an alert record, fatal,
/// access_denied.
const NO_PLACE: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// Enough to tell what a connection is.
const FIRST_BYTES: usize = 8;

/// Tells a connection why it is not served: in plain words, by an alert if it begins with TLS, or as an answer if it
/// asks for a page. A handshake for somebody who cannot come in would let a crowd outside cost more than one inside.
pub(crate) async fn turn_away(transport: Transport, why: String, speaks_tls: bool, has_page: bool) {
    let mut first = [0; FIRST_BYTES];
    let room = if has_page { FIRST_BYTES } else { 1 };
    let read = poll_fn(|context| transport.poll_read(context, &mut first[..room]));
    let len = match timeout(LINGER, read).await {
        Ok(Ok(len)) => len,
        _ => 0,
    };
    let first = &first[..len];
    if speaks_tls && first.first() == Some(&TLS) {
        peer::end_with(&transport, &NO_PLACE).await;
        return;
    }
    if has_page && REQUESTS.iter().any(|request| first.starts_with(request)) {
        #[cfg(feature = "web")]
        peer::end_with(
            &transport,
            &Reply::saying(Status::Unavailable, &why).bytes(),
        )
        .await;
        return;
    }
    peer::turn_away(transport, why).await;
}
