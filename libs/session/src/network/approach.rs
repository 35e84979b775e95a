//! Approach: the way to the server that is meant. Whether it is that one is decided before anything of the user is
//! written. `approach/browser.rs` stands in for it in a browser.

use std::io::{self, ErrorKind};

use futures::FutureExt;
use hubbub_transport::Transport;
use hubbub_transport::tls::Seen;

use super::Network;
use crate::belief::Verdict;
use crate::connect;
use crate::connection::{End, Lost};
use crate::known::KnownRoom;
use crate::member::Line;
use crate::why::why;
use crate::{Cause, Event, TURNED_AWAY};

/// Why an address is not spoken to in plain.
const KNOWN_WITH_TLS: &str = "this room is known as a private one, so it is not spoken to in plain; \
    use its chats:// link, or forget the room first";

pub use hubbub_transport::tls::Connector;

/// Whether every server grants the extension.
pub(crate) const IS_GRANTED: bool = false;

/// What the end of a connection tells by itself: nothing. What a server has to say stands in frames.
pub(crate) fn told(_: &Transport) -> Option<Lost> {
    None
}

impl Network {
    /// Connects to the server that is meant.
    pub(super) async fn approach(&mut self) -> Result<(Transport, Option<Line>), End> {
        self.known().map_err(End::Lost)?;
        let (transport, seen) = self.connect().await?;
        // Connecting takes a while, in which another program may have learnt something.
        let known = match self.known() {
            Ok(known) => known,
            Err(lost) => {
                let _ = transport.finish();
                return Err(End::Lost(lost));
            }
        };
        match seen.map(|seen| self.judge(known.as_ref(), seen)) {
            None => Ok((transport, None)),
            Some(Ok(line)) => Ok((transport, Some(line))),
            Some(Err(end)) => {
                // Nothing was written. If the end does not get there, the server sees a connection that broke.
                let _ = transport.finish();
                Err(end)
            }
        }
    }

    /// What is known of the server, which is never spoken to in plain if it is known.
    fn known(&self) -> Result<Option<KnownRoom>, Lost> {
        let known = self.trust.look();
        let known = known.map_err(|error| Lost::because(Cause::BadFile, error.to_string()))?;
        if known.is_some() && !self.options.is_private {
            return Err(Lost::because(Cause::Plain, KNOWN_WITH_TLS));
        }
        Ok(known)
    }

    /// Connects, and serves the screen meanwhile. Nothing of the user is written.
    async fn connect(&mut self) -> Result<(Transport, Option<Seen>), End> {
        let (address, is_private) = (self.options.address.clone(), self.options.is_private);
        let (clock, connector) = (self.clock.clone(), self.connector.clone());
        let connecting = async move {
            let connected = connect::connect(&address, &clock).await;
            let unreachable = |why| Lost::because(Cause::Unreachable, why);
            let transport = connected.map_err(unreachable)?;
            if !is_private {
                return Ok((transport, None));
            }
            let host = &address.host;
            let secured = connect::secure(transport, &connector, host, &clock).await;
            let (transport, seen) = secured.map_err(|error| in_handshake(&error))?;
            Ok((transport, Some(seen)))
        };
        self.connected(connecting.boxed_local()).await
    }

    /// Decides whether the server is the one that is meant, and tells a person if it is not known to be.
    fn judge(&mut self, known: Option<&KnownRoom>, seen: Seen) -> Result<Line, End> {
        let told = match self.trust.judge(known, seen.pin, || seen.authority()) {
            Verdict::Believe { reason, since } => {
                let since = since.unwrap_or_else(|| self.clock.wall());
                return Ok(self.trust.line(known, seen.pin, reason, since));
            }
            Verdict::Ask { why } => Event::AsksTrust { pin: seen.pin, why },
            Verdict::Stop {
                known,
                reason,
                since,
            } => Event::KeyChanged {
                known,
                offered: seen.pin,
                reason,
                since,
            },
        };
        self.report(told);
        Err(End::Out)
    }
}

/// The server does not do what TLS wants. It is not followed into plain.
fn in_handshake(error: &io::Error) -> Lost {
    if error.kind() == ErrorKind::PermissionDenied {
        let code = Some(TURNED_AWAY.to_owned());
        return Lost::because(Cause::Refused { code }, Lost::TURNS_AWAY);
    }
    let is_broken = matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::TimedOut
    );
    let cause = if is_broken {
        Cause::CutOff
    } else {
        Cause::NotChat
    };
    Lost::because(
        cause,
        format!("there is no TLS with this server: {}", why(error)),
    )
}
