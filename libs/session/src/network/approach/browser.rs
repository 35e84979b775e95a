//! Approach in a browser: a WebSocket to the server that the page is from. The browser decides whether it is that one.

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use hubbub_transport::Transport;

use super::Network;
use crate::codes;
use crate::connection::{End, Lost};
use crate::member::Line;
use crate::why::why;
use crate::{Cause, Clock};

/// How long connecting may take, with the look-up of the host, all of its addresses, the handshake of TLS and that of
/// the WebSocket.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// Where the room is on its server.
const PATH: &str = "/room";

/// What connects and encrypts: the browser.
#[derive(Clone, Debug)]
pub struct Connector;

/// Whether every server grants the extension. The page is from one of ours.
pub(crate) const IS_GRANTED: bool = true;

/// What the end of a connection tells by itself.
pub(crate) fn told(transport: &Transport) -> Option<Lost> {
    let (code, _) = transport.closing()?;
    codes::lost(code)
}

impl Connector {
    pub(crate) fn new() -> Self {
        Self
    }

    async fn connect(self, url: String, clock: Rc<Clock>) -> Result<Transport, Lost> {
        let opened = clock.within(OPEN_WITHIN, Transport::open(&url)).await;
        let opened = opened.unwrap_or_else(|| Err(ErrorKind::TimedOut.into()));
        opened.map_err(|error| Lost::because(Cause::Unreachable, why(&error)))
    }
}

impl Network {
    /// Connects to the server. Nothing of the user is written.
    pub(super) async fn approach(&mut self) -> Result<(Transport, Option<Line>), End> {
        let is_private = self.options.is_private;
        let scheme = if is_private { "wss" } else { "ws" };
        // A page knows the server that it came from, and no other.
        let url = format!("{scheme}://{}{PATH}", self.options.addresses.first());
        let connecting = self.connector.clone().connect(url, self.clock.clone());
        let transport = self.connected(connecting.boxed_local()).await?;
        let now = self.clock.wall();
        let line = is_private.then(|| self.trust.line(now));
        Ok((transport, line))
    }
}
