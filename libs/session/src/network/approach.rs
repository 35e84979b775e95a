//! Approach: the way to the server that is meant. Whether it is that one is decided before anything of the user is
//! written. `approach/browser.rs` stands in for it in a browser.

use std::io::{self, ErrorKind};

use futures::FutureExt;
use hubbub_transport::tls::Seen;
use hubbub_transport::{Address, Addresses, Transport};

use super::Network;
use crate::belief::Verdict;
use crate::connect;
use crate::connection::{End, Lost};
use crate::member::Line;
use crate::tour::Tour;
use crate::trust::{Known, NotKept};
use crate::why::why;
use crate::{Cause, Event, TURNED_AWAY, draw};

/// Why an address is not spoken to in plain.
const KNOWN_WITH_TLS: &str = "this room is known as a private one, so it is not spoken to in plain; \
    use its chats:// link, or forget the room first";

pub use hubbub_transport::tls::Connector;

/// Whether every server grants the extension.
pub(crate) const IS_GRANTED: bool = false;

/// The order in which the addresses of a room are tried.
pub(crate) fn tour(addresses: &Addresses) -> Tour {
    Tour::new(addresses, draw::share)
}

/// What the end of a connection tells by itself: nothing. What a server has to say stands in frames.
pub(crate) fn told(_: &Transport) -> Option<Lost> {
    None
}

impl Network {
    /// Connects to a server that is meant: of several, the first one that takes the connection.
    pub(super) async fn approach(&mut self) -> Result<(Transport, Option<Line>), End> {
        let has_met = self.trust.has_met_any().map_err(bad_file)?;
        if has_met && !self.options.is_private {
            return Err(End::Lost(Lost::because(Cause::Plain, KNOWN_WITH_TLS)));
        }
        let mut left = self.tour.round();
        let mut whys = Vec::new();
        loop {
            let (server, transport) = match self.connect(&left).await? {
                Ok((at, transport)) => (left.remove(at), transport),
                Err(failures) => {
                    whys.extend(left.into_iter().zip(failures));
                    self.tour.is_exhausted();
                    let why = in_one(&whys);
                    return Err(End::Lost(Lost::because(Cause::Unreachable, why)));
                }
            };
            self.tour.go_to(&server);
            match self.meet(&server, transport).await {
                Err(End::Lost(lost)) if !left.is_empty() && lost.cause.is_of_one_server() => {
                    whys.push((server, lost.why));
                }
                met => return met,
            }
        }
    }

    /// Connects to one of these servers, and serves the screen meanwhile. Nothing is written.
    async fn connect(
        &mut self,
        servers: &[Address],
    ) -> Result<Result<(usize, Transport), Vec<String>>, End> {
        let (servers, clock) = (servers.to_vec(), self.clock.clone());
        let connecting = async move { Ok(connect::connect_to_one(&servers, &clock).await) };
        self.connected(connecting.boxed_local()).await
    }

    /// Finds out whether this server is one that is meant. Nothing of the user is written.
    async fn meet(
        &mut self,
        server: &Address,
        transport: Transport,
    ) -> Result<(Transport, Option<Line>), End> {
        self.trust.turn_to(server);
        if !self.options.is_private {
            // Connecting takes a while, in which another program may have learnt something.
            return match self.trust.has_met_any() {
                Ok(false) => Ok((transport, None)),
                met => {
                    let _ = transport.finish();
                    met.map_err(bad_file)?;
                    Err(End::Lost(Lost::because(Cause::Plain, KNOWN_WITH_TLS)))
                }
            };
        }
        let (clock, connector) = (self.clock.clone(), self.connector.clone());
        let host = server.host.clone();
        let securing = async move {
            let secured = connect::secure(transport, &connector, &host, &clock).await;
            secured.map_err(|error| in_handshake(&error))
        };
        let (transport, seen) = self.connected(securing.boxed_local()).await?;
        let known = self.trust.look().map_err(bad_file);
        match known.and_then(|known| self.judge(server, &known, seen)) {
            Ok(line) => Ok((transport, Some(line))),
            Err(end) => {
                // Nothing was written. If the end does not get there, the server sees a connection that broke.
                let _ = transport.finish();
                Err(end)
            }
        }
    }

    /// Decides whether the server is the one that is meant, and tells a person if it is not known to be.
    fn judge(&mut self, server: &Address, known: &Known, seen: Seen) -> Result<Line, End> {
        let address = server.clone();
        let told = match self.trust.judge(known, seen.pin, || seen.authority()) {
            Verdict::Believe { reason, since } => {
                let since = since.unwrap_or_else(|| self.clock.wall());
                return Ok(self.trust.line(known, seen.pin, reason, since));
            }
            Verdict::Ask { why } => Event::AsksTrust {
                address,
                pin: seen.pin,
                why,
            },
            Verdict::Stop {
                known,
                reason,
                since,
            } => Event::KeyChanged {
                address,
                known,
                offered: seen.pin,
                reason,
                since,
            },
        };
        if matches!(told, Event::KeyChanged { .. }) {
            self.tour.go_on();
        }
        self.report(told);
        Err(End::Out)
    }
}

fn bad_file(error: NotKept) -> End {
    End::Lost(Lost::because(Cause::BadFile, error.to_string()))
}

/// Why no server takes the connection: for all of them together, or else for each.
fn in_one(whys: &[(Address, String)]) -> String {
    let are_alike = whys.windows(2).all(|pair| pair[0].1 == pair[1].1);
    match whys {
        [(_, why), ..] if are_alike => why.clone(),
        _ => {
            let each = whys.iter().map(|(server, why)| format!("{server}: {why}"));
            each.collect::<Vec<_>>().join("; ")
        }
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
