//! Attempt: from the wish for a connection to its end. Whether the server is the one that is meant is decided before
//! anything of the user is written.

use futures::FutureExt;
use hubbub_transport::Transport;
use hubbub_transport::tls::Seen;

use super::{Network, STOOD, Wish};
use crate::belief::Verdict;
use crate::connect;
use crate::connection::{Connection, End, Lost};
use crate::known::KnownRoom;
use crate::member::Line;
use crate::{Cause, Event};

/// Why an address is not spoken to in plain.
const KNOWN_WITH_TLS: &str = "this room is known as a private one, so it is not spoken to in plain; \
    use its chats:// link, or forget the room first";

impl Network {
    /// One connection, from the attempt to its end.
    pub(super) async fn attempt(&mut self) -> End {
        self.report(Event::Connecting);
        if let Err(lost) = self.known() {
            return End::Lost(lost);
        }
        let (transport, seen) = match self.connect().await {
            Ok(connected) => connected,
            Err(end) => return end,
        };
        // Connecting takes a while, in which another program may have learnt something.
        let known = match self.known() {
            Ok(known) => known,
            Err(lost) => {
                let _ = transport.finish();
                return End::Lost(lost);
            }
        };
        let line = match seen.map(|seen| self.judge(known.as_ref(), seen)) {
            Some(Ok(line)) => Some(line),
            Some(Err(end)) => {
                // Nothing was written. If the end does not get there, the server sees a connection that broke.
                let _ = transport.finish();
                return end;
            }
            None => None,
        };
        self.is_contested = false;
        let began = self.clock.awake();
        let end = Connection::new(self, transport, line).run().await;
        let now = self.now();
        // After a close, this has been told already.
        self.member.ended(now);
        self.publish();
        if self.clock.awake() >= began + STOOD {
            self.backoff.reset();
        }
        end
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
        let mut connecting = async move {
            let connected = connect::connect(&address, &clock).await;
            let unreachable = |why| Lost::because(Cause::Unreachable, why);
            let transport = connected.map_err(unreachable)?;
            if !is_private {
                return Ok((transport, None));
            }
            let host = &address.host;
            let secured = connect::secure(transport, &connector, host, &clock).await;
            let (transport, seen) = secured.map_err(|error| Lost::in_handshake(&error))?;
            Ok((transport, Some(seen)))
        }
        .boxed_local();
        loop {
            match self.meanwhile(&mut connecting).await {
                Ok(connected) => return connected.map_err(End::Lost),
                Err(Wish::Retry) => {}
                Err(Wish::Leave) => return Err(End::Left),
            }
        }
    }

    /// Decides whether the server is the one that is meant, and tells a person if it is not known to be.
    fn judge(&mut self, known: Option<&KnownRoom>, seen: Seen) -> Result<Line, End> {
        let told = match self.trust.judge(known, &seen) {
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

    pub(super) fn ask_password(&mut self) {
        let (refused, kept) = self.trust.password_refused();
        self.report(Event::AsksPassword { refused });
        self.note(kept);
    }
}
