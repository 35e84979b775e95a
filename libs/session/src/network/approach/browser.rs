//! Approach in a browser: a WebSocket to the server that the page is from, or to another one that this server has named. The
//! browser decides whether it is that one.

use std::io::{self, ErrorKind};
use std::time::Duration;

use futures::FutureExt;
use hubbub_transport::{Address, Addresses, Transport};

use super::Network;
use crate::codes;
use crate::connection::{End, Lost};
use crate::in_turn::one_of;
use crate::member::Line;
use crate::tour::Tour;
use crate::why::why;
use crate::{Cause, Clock, Event, draw};

/// How long connecting may take, with the look-up of the host, all of its addresses, the handshake of TLS and that of
/// the WebSocket.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// When a server has not opened the WebSocket for this long, the next one of the room is tried alongside it. From the other
/// side of the world, all that [`OPEN_WITHIN`] names takes half of it.
const NEXT_AFTER: Duration = Duration::from_secs(3);

/// Where the room is on its server.
const PATH: &str = "/room";

/// What connects and encrypts: the browser.
#[derive(Clone, Debug)]
pub struct Connector;

/// Whether every server grants the extension. The page is from one of ours.
pub(crate) const IS_GRANTED: bool = true;

/// The order in which the addresses of a room are tried. The first is where the page is from: it was there just now.
pub(crate) fn tour(addresses: &Addresses) -> Tour {
    let mut tour = Tour::new(addresses, draw::share);
    tour.go_to(addresses.first());
    tour
}

/// What the end of a connection tells by itself.
pub(crate) fn told(transport: &Transport) -> Option<Lost> {
    let (code, _) = transport.closing()?;
    codes::lost(code)
}

impl Connector {
    pub(crate) fn new() -> Self {
        Self
    }

    async fn connect(&self, url: &str, clock: &Clock) -> io::Result<Transport> {
        let opened = clock.within(OPEN_WITHIN, Transport::open(url)).await;
        opened.unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))
    }
}

impl Network {
    /// Connects to a server: of several, the first one that takes the connection. Nothing of the user is written.
    pub(super) async fn approach(&mut self) -> Result<(Transport, Option<Line>), End> {
        let is_private = self.options.is_private;
        let scheme = if is_private { "wss" } else { "ws" };
        let servers = self.tour.round();
        self.turn_to(&servers[0]);
        let (connector, clock) = (self.connector.clone(), self.clock.clone());
        let connecting = async move {
            let (connector, clock) = (&connector, &*clock);
            let attempts = servers.into_iter().map(|server| async move {
                let url = format!("{scheme}://{server}{PATH}");
                let opened = connector.connect(&url, clock).await;
                opened.map(|transport| (server, transport))
            });
            let mut last = String::new();
            let fail = |error| last = why(&error);
            let connected = one_of(attempts, NEXT_AFTER, clock, fail).await;
            connected.ok_or_else(|| Lost::because(Cause::Unreachable, last))
        };
        let (server, transport) = match self.connected(connecting.boxed_local()).await {
            Ok(connected) => connected,
            Err(end) => {
                self.tour.is_exhausted();
                return Err(end);
            }
        };
        self.turn_to(&server);
        let now = self.clock.wall();
        let line = is_private.then(|| self.trust.line(now));
        Ok((transport, line))
    }

    /// The server of now is this one.
    fn turn_to(&mut self, server: &Address) {
        self.tour.go_to(server);
        if self.options.addresses.are_several() && self.trust.turn_to(server) {
            let address = server.clone();
            self.report(Event::Server { address });
        }
    }
}
