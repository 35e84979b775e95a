//! Attempt: from the wish for a connection to its end.

use super::{Network, STOOD, Wish};
use crate::Event;
use crate::connection::{Connection, End, Lost};

impl Network {
    /// One connection, from the attempt to its end.
    pub(super) async fn attempt(&mut self) -> End {
        self.report(Event::Connecting);
        self.is_in = false;
        let (transport, line) = match self.approach().await {
            Ok(connected) => connected,
            Err(end) => return end,
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
            self.tour.begin();
        }
        end
    }

    /// Waits for a connection, and serves the screen meanwhile.
    pub(super) async fn connected<T>(
        &mut self,
        mut connecting: impl Future<Output = Result<T, Lost>> + Unpin,
    ) -> Result<T, End> {
        loop {
            match self.meanwhile(&mut connecting).await {
                Ok(connected) => return connected.map_err(End::Lost),
                Err(Wish::Retry | Wish::Wake) => {}
                Err(Wish::Leave) => return Err(End::Left),
            }
        }
    }

    pub(super) fn ask_password(&mut self) {
        let (refused, kept) = self.trust.password_refused();
        let address = self.trust.server();
        self.report(Event::AsksPassword { address, refused });
        self.note(kept);
    }
}
