//! What a connection is by its first bytes.

use std::future::poll_fn;

use hubbub_transport::Transport;

use super::{Arrival, Failed};
use crate::event::Departure;
use crate::peer::Early;

/// The first byte of TLS: the type of a handshake record (RFC 8446, 5.1).
#[cfg(feature = "tls")]
pub(super) const TLS: u8 = 0x16;

/// How the requests of a browser begin. None of them begins like a frame, and no other request is answered: any web
/// page can make the browser of its visitor send one with a body of its choice.
pub(super) const REQUESTS: [&[u8]; 2] = [b"GET ", b"HEAD "];

/// What a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    #[cfg(feature = "tls")]
    Tls,
    #[cfg(feature = "web")]
    Http,
    /// A peer, or what is none of the others.
    Peer,
}

/// What a connection is that begins with these bytes. `None`: the next one tells.
fn kind(first: &[u8], speaks_tls: bool, has_page: bool) -> Option<Kind> {
    #[cfg(feature = "tls")]
    if speaks_tls && first == [TLS] {
        return Some(Kind::Tls);
    }
    #[cfg(feature = "web")]
    if has_page && REQUESTS.contains(&first) {
        return Some(Kind::Http);
    }
    let _ = speaks_tls;
    let may_ask = has_page && REQUESTS.iter().any(|request| request.starts_with(first));
    (!may_ask).then_some(Kind::Peer)
}

impl Arrival {
    /// Reads until it is known what the connection is, and not a byte more.
    pub(super) async fn first_bytes(
        &self,
        transport: &Transport,
        speaks_tls: bool,
    ) -> Result<(Kind, Early), Failed> {
        let has_page = self.manners.has_page();
        let mut early = Early::default();
        loop {
            let mut byte = [0];
            let read = poll_fn(|context| transport.poll_read(context, &mut byte));
            match read.await {
                Ok(1..) => {}
                // It ends in the middle of a word, and the peer's task finds that.
                Ok(0) if !early.bytes().is_empty() => return Ok((Kind::Peer, early)),
                Ok(0) | Err(_) => return Err(Departure::SaidNothing.into()),
            }
            if early.bytes().is_empty() {
                self.guest().is_heard();
            }
            self.house.metrics.received_bytes.add(1);
            early.push(byte[0]);
            if let Some(kind) = kind(early.bytes(), speaks_tls, has_page) {
                return Ok((kind, early));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_page_the_first_byte_tells() {
        for byte in 0..=u8::MAX {
            assert_eq!(kind(&[byte], false, false), Some(Kind::Peer));
        }
        #[cfg(feature = "tls")]
        assert_eq!(kind(&[TLS], true, false), Some(Kind::Tls));
    }

    #[test]
    #[cfg(feature = "web")]
    fn a_request_is_told_by_its_method_and_the_blank_behind_it() {
        for (first, wanted) in [
            ("G", None),
            ("GET", None),
            ("GET ", Some(Kind::Http)),
            ("HEAD", None),
            ("HEAD ", Some(Kind::Http)),
            ("C", Some(Kind::Peer)),
            ("GE", None),
            ("GET\t", Some(Kind::Peer)),
            ("GEN", Some(Kind::Peer)),
            ("g", Some(Kind::Peer)),
            ("HEAR", Some(Kind::Peer)),
            ("P", Some(Kind::Peer)),
            ("\n", Some(Kind::Peer)),
        ] {
            assert_eq!(kind(first.as_bytes(), true, true), wanted, "{first:?}");
        }
    }
}
