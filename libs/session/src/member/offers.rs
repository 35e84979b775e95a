//! Offers: whether the next JOIN has an offer after it, and what stands in it. A program of somebody else that closes
//! because of an offer is joined without one.

use std::time::Duration;

use hubbub_wire::{EXTENSION, Hex64, Hex128, Id, MAX_EARLIER, Offer, Token};

use super::Profile;

/// A server that closes so soon after a JOIN may have been put off by the offer. Whoever reads in blocks closes with the
/// first one; three seconds are enough for a server in another part of the world that is busy.
const PUT_OFF_WITHIN: Duration = Duration::from_secs(3);
/// A server that granted in an earlier run, and has to be put off so often in a row before an attempt goes without an
/// offer. It may have been restarted once; and another program may listen at its address now.
const KNOWN_PUT_OFF: u32 = 2;

/// How the client offers the extension at its address.
#[derive(Debug)]
pub(super) struct Offers {
    session: Hex64,
    secret: Hex128,
    attempt: u64,
    knows: Knows,
    /// How many connections in a row were closed early after an offer.
    put_off: u32,
}

/// What is known about the server at the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knows {
    Nothing,
    /// It granted in an earlier run of this program.
    GrantedOnce,
    /// It has granted in this run.
    Grants,
    /// It does not take offers, or none is wanted.
    Plain,
}

impl Offers {
    pub(super) fn new(profile: &Profile) -> Self {
        let knows = match &profile.seen {
            _ if profile.plain => Knows::Plain,
            Some(_) => Knows::GrantedOnce,
            None => Knows::Nothing,
        };
        Self {
            session: profile.session,
            secret: profile.secret,
            attempt: 0,
            knows,
            put_off: 0,
        }
    }

    /// The offer for the connection that begins.
    pub(super) fn next(
        &mut self,
        nonce: Hex64,
        since: Option<(Hex128, Token<'static>)>,
        recent: u32,
    ) -> Option<Offer<'static>> {
        self.attempt += 1;
        let goes_without = match self.knows {
            Knows::Nothing => self.put_off > 0,
            Knows::GrantedOnce => self.put_off >= KNOWN_PUT_OFF,
            Knows::Grants => false,
            Knows::Plain => true,
        };
        if goes_without {
            return None;
        }
        Some(Offer {
            version: EXTENSION,
            nonce,
            session: self.session,
            attempt: self.attempt,
            secret: self.secret,
            since,
            recent: recent.min(MAX_EARLIER),
        })
    }

    /// The name of a text of this session.
    pub(super) fn id(&self, count: u64) -> Id {
        let session = self.session;
        Id { session, count }
    }

    pub(super) fn is_ours(&self, id: Id) -> bool {
        id.session == self.session
    }

    /// Whether a grant is to be expected, so that texts wait for it.
    pub(super) fn expects_grant(&self) -> bool {
        matches!(self.knows, Knows::GrantedOnce | Knows::Grants)
    }

    /// Whether the server has granted in this run.
    pub(super) fn has_granted(&self) -> bool {
        self.knows == Knows::Grants
    }

    pub(super) fn granted(&mut self) {
        self.knows = Knows::Grants;
        self.put_off = 0;
    }

    /// A connection with this offer or none has ended without a grant, and without a refusal, after it stood for a time.
    pub(super) fn ended(&mut self, had_offer: bool, stood: Duration) {
        let is_early = stood < PUT_OFF_WITHIN;
        match (had_offer, is_early) {
            (true, true) => self.put_off += 1,
            (false, false) if self.knows == Knows::Nothing => self.knows = Knows::Plain,
            _ => self.put_off = 0,
        }
    }
}
