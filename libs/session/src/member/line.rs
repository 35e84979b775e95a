//! Line: what a member knows of a connection on which nobody reads along, and tells of it.

use std::time::{Duration, SystemTime};

use hubbub_transport::Pin;
use hubbub_wire::Password;

use super::{Member, Now};
use crate::{Event, Reason};

/// A connection on which nobody reads along, to a server that is believed.
#[derive(Clone, Debug)]
pub struct Line {
    /// The server's key. `None`: a browser shows none.
    pub pin: Option<Pin>,
    /// Why it was believed.
    pub reason: Reason,
    /// Since when it is known.
    pub since: SystemTime,
    /// The room's password. It goes into the offer.
    pub password: Option<Password<'static>>,
    /// Whether an early close does not make the next JOIN go without an offer. Where a key was named or there is a
    /// password, somebody knows that the server grants.
    pub is_bound: bool,
}

impl Member {
    /// When it is to be told without a grant.
    pub(super) fn secured_at(&self) -> Option<Duration> {
        let link = self
            .link
            .as_ref()
            .filter(|_| !self.offers.expects_grant())?;
        link.secured_at()
    }

    /// Tells once that nobody reads along.
    pub(super) fn tell_secured(&mut self, all_private: bool, now: Now) {
        let Some(link) = &mut self.link else {
            return;
        };
        let untold = link.line.as_ref().filter(|_| !link.is_secured);
        let secured = untold.map(|line| Event::Secured {
            reason: line.reason,
            since: line.since,
            pin: line.pin,
            all_private,
        });
        link.is_secured = true;
        if let Some(secured) = secured {
            self.tell(secured, now);
        }
    }

    /// The line of the connection of now.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        self.link.as_ref()?.line.as_ref()
    }

    /// Takes the key that the server has announced on the line of now.
    pub fn announced(&mut self) -> Option<Pin> {
        self.announced.take()
    }
}
