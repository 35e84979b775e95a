//! Offers: whether the next JOIN has an offer after it, and what stands in it. A program of somebody else that closes
//! because of an offer is joined without one.

use std::time::Duration;

use hubbub_wire::{EXTENSION, Hex64, Hex128, Id, MAX_EARLIER, Offer, Password, Token};

use super::{Line, Profile};

/// A server that closes so soon after a JOIN may have been put off by the offer. Whoever reads in blocks closes with
/// the first one; three seconds are enough for a server in another part of the world that is busy.
const PUT_OFF_WITHIN: Duration = Duration::from_secs(3);

/// How the client offers the extension at its address.
#[derive(Debug)]
pub(super) struct Offers {
    session: Hex64,
    secret: Hex128,
    attempt: u64,
    knows: Knows,
    /// Whether the last connection was closed early after an offer.
    was_put_off: bool,
    /// Whether the connection of now is private.
    is_private: bool,
    /// Whether no early close makes a JOIN go without one.
    is_bound: bool,
    /// Whether a password goes with it, so that somebody knows that the server reads it.
    has_password: bool,
    /// Whether a private connection went without one after an early close. That is tried once: a room with a password
    /// can ask for it only in the answer to an offer.
    went_without: bool,
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
            was_put_off: false,
            is_private: false,
            is_bound: false,
            has_password: false,
            went_without: false,
        }
    }

    /// Every attempt is later than those of an earlier run of the same session.
    pub(super) fn go_on_from(&mut self, attempt: u64) {
        self.attempt = attempt;
    }

    /// The server is known to grant.
    pub(super) fn expect_grant(&mut self) {
        if self.knows == Knows::Nothing {
            self.knows = Knows::GrantedOnce;
        }
    }

    pub(super) fn session(&self) -> Hex64 {
        self.session
    }

    pub(super) fn secret(&self) -> Hex128 {
        self.secret
    }

    /// How many times the session has connected.
    pub(super) fn attempt(&self) -> u64 {
        self.attempt
    }

    /// The connection that begins is in plain or on this line.
    pub(super) fn bind(&mut self, line: Option<&Line>) {
        self.is_private = line.is_some();
        self.is_bound = line.is_some_and(|line| line.is_bound);
        self.has_password = line.is_some_and(|line| line.password.is_some());
    }

    /// The offer for the connection that begins.
    pub(super) fn next(
        &mut self,
        nonce: Hex64,
        since: Option<(Hex128, Token<'static>)>,
        recent: u32,
        password: Option<Password<'static>>,
    ) -> Option<Offer<'static>> {
        self.attempt += 1;
        let goes_without = match self.knows {
            Knows::Nothing => self.was_put_off(),
            // It closes because it is restarted, or somebody forwards connections to it. Without an offer, what is said
            // on them would have no place in its log.
            Knows::GrantedOnce | Knows::Grants => false,
            Knows::Plain => !self.has_password,
        };
        if goes_without {
            self.went_without |= self.is_private;
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
            password,
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
        match self.knows {
            Knows::GrantedOnce | Knows::Grants => true,
            Knows::Nothing | Knows::Plain => self.has_password,
        }
    }

    /// Whether the server has granted in this run.
    pub(super) fn has_granted(&self) -> bool {
        self.knows == Knows::Grants
    }

    /// Whether the next connection goes without an offer because the last one was closed early.
    pub(super) fn was_put_off(&self) -> bool {
        let is_spent = self.is_bound || self.is_private && self.went_without;
        self.was_put_off && self.knows == Knows::Nothing && !is_spent
    }

    pub(super) fn granted(&mut self) {
        self.knows = Knows::Grants;
    }

    /// A connection with this offer or none has ended without a grant, and without a refusal, after it stood for a
    /// time.
    pub(super) fn ended(&mut self, had_offer: bool, stood: Duration) {
        let is_early = stood < PUT_OFF_WITHIN;
        if !had_offer && !is_early && self.knows == Knows::Nothing {
            self.knows = Knows::Plain;
        }
        self.was_put_off = had_offer && is_early;
    }

    /// The server has refused us. Where we came without an offer, it may be that it wants one.
    pub(super) fn refused(&mut self, had_offer: bool) {
        self.was_put_off &= had_offer;
    }
}
