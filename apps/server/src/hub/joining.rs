//! How members come: a JOIN is proposed, waits or is refused. A JOIN with the secret of a member takes its place.

use std::time::Duration;

use hubbub_wire::{Time, Username};
use tracing::{debug, warn};

use super::Hub;
use crate::address::thinned;
use crate::batch::{Batch, Form};
use crate::event::{Candidate, Departure, Offered};
use crate::id::PeerId;
use crate::lobby::Claim;
use crate::log::Proposal;
use crate::outbox::{Delivery, Outbox};
use crate::post::Notes;
use crate::room::{Refusal, Ticket};
use crate::words;

/// How long a member whose connection was replaced keeps its place at least: longer than any log takes to order the
/// JOIN that replaces it. Else, with a grace of 0, everybody would hear of it.
pub(super) const TAKEOVER: Duration = Duration::from_secs(10);

impl Hub {
    /// A JOIN has come.
    pub(super) fn claims(&mut self, peer: PeerId, name: Username<'static>, offered: Offered) {
        let until = self.now + self.settings.join_timeout;
        if !self.lobby.claim(peer, name, offered, until) {
            debug!(peer = peer.0, "second join ignored");
            return;
        }
        #[cfg(feature = "tls")]
        if self.settings.password.is_some() {
            return self.asks_password(peer);
        }
        self.may_have_name(peer);
    }

    /// A JOIN that waits may have its name now, if that is free: the room has no password, or the right one was shown.
    pub(super) fn may_have_name(&mut self, peer: PeerId) {
        if self.is_newest(peer) {
            self.lobby.register(peer);
            self.propose_join(peer);
        } else {
            self.refuse(peer, Refusal::NameTaken);
        }
    }

    /// Whether no other JOIN that waits has the same secret and is of a later attempt. One of an earlier attempt goes.
    fn is_newest(&mut self, peer: PeerId) -> bool {
        let offer = self.lobby.claimed(peer).and_then(|c| c.offered.offer());
        let Some(ticket) = offer.map(Ticket::of) else {
            return true;
        };
        let other = self.lobby.with_secret(ticket.secret);
        let Some(other) = other.filter(|&other| other != peer) else {
            return true;
        };
        let other_offer = self.lobby.claimed(other).and_then(|c| c.offered.offer());
        if other_offer.is_some_and(|offer| ticket.is_older_than(&Ticket::of(offer))) {
            return false;
        }
        self.depart(other, Departure::Replaced);
        true
    }

    /// It is known what comes after a JOIN.
    pub(super) fn stands_behind_join(
        &mut self,
        peer: PeerId,
        name: Option<Username<'static>>,
        offered: Offered,
    ) {
        let Some(claim) = self.lobby.claimed(peer) else {
            if let (Some(name), Offered::Yes(candidate)) = (name, offered) {
                self.offers_late(peer, &name, *candidate);
            }
            return;
        };
        let fits = name.is_none_or(|name| name == claim.name);
        if !fits {
            warn!(
                peer = peer.0,
                name = claim.name.as_str(),
                "an offer under another name: ignored"
            );
        }
        let offered = if fits { offered } else { Offered::No };
        #[cfg(feature = "tls")]
        if self.settings.password.is_some() {
            return self.offers_password(peer, offered);
        }
        let has_waited = self.lobby.offered(peer, offered);
        if !self.is_newest(peer) {
            return self.refuse(peer, Refusal::NameTaken);
        }
        self.lobby.register(peer);
        if has_waited {
            self.propose_join(peer);
        }
        #[cfg(feature = "cluster")]
        self.waits_with_offer(peer);
    }

    /// An offer of a member, whose JOIN came in an earlier read.
    fn offers_late(&mut self, peer: PeerId, name: &Username<'static>, candidate: Candidate) {
        if self.room.ticket(peer).is_some() || self.hears(peer, name).is_none() {
            return;
        }
        #[cfg(feature = "cluster")]
        if self.log.is_stream() {
            return self.offers_in_cluster(peer, candidate);
        }
        let ticket = Ticket::of(&candidate.offer);
        if let Some(old) = self.room.with_secret(ticket.secret) {
            if self.is_outdated(ticket, old) {
                debug!(peer = peer.0, "an offer of an earlier attempt: ignored");
                return;
            }
            self.supersede(old, ticket);
            self.does_not_come_back(old);
        }
        self.grant_late(peer, candidate);
        if let Some(waiting) = self.lobby.with_secret(ticket.secret) {
            self.propose_join(waiting);
        }
    }

    /// Grants the extension to somebody who is a member already.
    pub(super) fn grant_late(&mut self, peer: PeerId, candidate: Candidate) {
        let Some(place) = self.room.place(peer) else {
            return;
        };
        self.post.stamp(peer);
        // What was sent since the JOIN came plain, and must not come again.
        let last = if self.newcomers.contains(&peer) {
            place
        } else {
            self.sent
        };
        self.room.move_to(peer, last);
        self.grant(peer, candidate, place, last);
        self.was_greeted(peer);
    }

    /// Whether a ticket is of an earlier attempt than that of this member.
    fn is_outdated(&self, ticket: Ticket, member: PeerId) -> bool {
        let newest = self.room.ticket(member);
        newest.is_some_and(|newest| ticket.is_older_than(newest))
    }

    /// Proposes a JOIN that waits in the lobby, unless it is already clear that its name is not free.
    pub(super) fn propose_join(&mut self, peer: PeerId) {
        #[cfg(feature = "admin")]
        if let Some(refusal) = self.keeps_out(peer) {
            return self.refuse(peer, refusal);
        }
        #[cfg(feature = "cluster")]
        if self.comes_too_early(peer) {
            return;
        }
        let Some(claim) = self.lobby.claimed(peer) else {
            return;
        };
        let ticket = claim.offered.offer().map(Ticket::of);
        let old = ticket.and_then(|ticket| Some((self.room.with_secret(ticket.secret)?, ticket)));
        if old.is_some_and(|(old, ticket)| self.is_outdated(ticket, old)) {
            return self.refuse(peer, Refusal::NameTaken);
        }
        let bearer = self.room.bearer(&claim.name);
        let takes_place = bearer.is_some() && bearer == old.map(|(old, _)| old);
        if !takes_place && let Err(refusal) = self.room.admits(&claim.name) {
            let hangs_on_offer = bearer.is_some_and(|bearer| self.room.can_come_back(bearer));
            return if hangs_on_offer && matches!(claim.offered, Offered::NotYet) {
                self.lobby.wait_for_offer(peer, self.now);
            } else {
                self.not_admitted(peer, refusal);
            };
        }
        if let Some((old, ticket)) = old {
            self.supersede(old, ticket);
        }
        #[cfg(feature = "cluster")]
        if self.log.is_stream() {
            return self.joins_in_cluster(peer);
        }
        self.log.propose(Proposal::Join { peer }, self.time);
    }

    /// Refuses a JOIN. If the name is taken, its bearer is first asked whether it is still here.
    fn not_admitted(&mut self, peer: PeerId, refusal: Refusal) {
        let bearer = |claim: &Claim| self.room.bearer(&claim.name);
        let bearer = self.lobby.claimed(peer).and_then(bearer);
        // Nobody can ask a bearer that is absent, and its place is kept for somebody else.
        let Some(bearer) = bearer.filter(|&bearer| !self.absent.has(bearer)) else {
            return self.refuse(peer, refusal);
        };
        // Nor one on another node.
        #[cfg(feature = "cluster")]
        if bearer.is_elsewhere() {
            return self.refuse(peer, refusal);
        }
        // A bearer whose LEAVE is on its way is not asked, since it will free the name anyway.
        let asked = self.post.outbox(bearer).map(Outbox::ask);
        self.lobby.wait_for(bearer, peer, asked);
    }

    /// The bearer of a name was asked and is still here, so the waiting JOINs are refused.
    pub(super) fn keeps_its_name(&mut self, bearer: PeerId) {
        if self.post.outbox(bearer).is_some() {
            for peer in self.lobby.answered(bearer) {
                self.refuse(peer, Refusal::NameTaken);
            }
        }
    }

    pub(super) fn refuse(&mut self, peer: PeerId, refusal: Refusal) {
        #[cfg(feature = "cluster")]
        self.waits_no_longer(peer);
        let Some(Claim {
            name,
            stranger,
            offered,
            ..
        }) = self.lobby.take_claim(peer)
        else {
            return;
        };
        stranger.outbox.refuse();
        self.tell_refused(&stranger.outbox, &name, &offered, refusal);
        let why = Departure::Refused(refusal);
        self.tell_why(&stranger.outbox, why);
        self.metrics.departed(why);
        let line = stranger.from.line(self.now);
        thinned!(warn, line, peer = peer.0, name = name.as_str(), %why, address = %stranger.from, "refused");
    }

    /// Says to a peer why its JOIN was refused. A program of ours learns it in a form that tells it whether to come
    /// again.
    pub(super) fn tell_refused(
        &self,
        outbox: &Outbox,
        name: &Username<'_>,
        offered: &Offered,
        why: Refusal,
    ) {
        let text = words::refused(why);
        if offered.is_offer() {
            let notice = words::notice(name, words::Code::of(why), &text);
            let _ = outbox.push(Delivery::all(Batch::alone(notice, &self.queued)));
        } else {
            self.post.tell(outbox, &text);
        }
    }

    /// Closes the connection of a member, since a newer one of the same member is about to join. What the older one
    /// says from now on is void.
    pub(super) fn supersede(&mut self, old: PeerId, ticket: Ticket) {
        let Some(from) = self.addresses.get(&old) else {
            return;
        };
        self.room.grant(old, ticket);
        let until = self.now + self.settings.grace.max(TAKEOVER);
        self.absent.add(old, Departure::Replaced, from, until);
        if let Some(outbox) = self.post.outbox(old) {
            let why = Departure::Replaced;
            self.tell_why(outbox, why);
            self.notify(old, words::Code::Replaced, words::REPLACED);
            self.metrics.departed(why);
            self.loses_connection(old, why);
        }
    }

    /// The turn of a JOIN in the log has come.
    pub(super) fn joined(&mut self, peer: PeerId, time: Time) {
        // An operator may have put it out while it waited.
        #[cfg(feature = "admin")]
        if let Some(refusal) = self.keeps_out(peer) {
            return self.refuse(peer, refusal);
        }
        let Some(claim) = self.lobby.claimed(peer) else {
            // The peer went while its JOIN waited.
            return;
        };
        let ticket = claim.offered.offer().map(Ticket::of);
        let old = ticket.and_then(|ticket| Some((self.room.with_secret(ticket.secret)?, ticket)));
        if let Some((old, ticket)) = old {
            if self.room.bearer(&claim.name) == Some(old) {
                return self.takes_place(peer, old, ticket);
            }
            if self.room.admits(&claim.name).is_ok() {
                // The same member under another name.
                self.supersede(old, ticket);
                self.does_not_come_back(old);
            }
        }
        let Some(claim) = self.lobby.claimed(peer) else {
            return;
        };
        let place = self.log.last();
        match self.room.join(peer, claim.name.clone(), place) {
            Ok(name) => {
                self.metrics.joins.add(1);
                self.draft.joined(peer, &name, time);
                self.newcomers.push(peer);
                self.enters(peer);
            }
            Err(_) => self.propose_join(peer),
        }
    }

    /// A peer is a member now, and goes on from the lobby.
    pub(super) fn enters(&mut self, peer: PeerId) {
        let (Some(claim), Some(name)) = (self.lobby.take_claim(peer), self.room.name(peer)) else {
            return;
        };
        let Claim {
            stranger,
            offered,
            mail,
            ..
        } = claim;
        let line = stranger.from.line(self.now);
        let notes = Notes {
            warned: false,
            unlogged: line.is_none(),
            #[cfg(feature = "admin")]
            since_s: u32::try_from(self.time.unix_ms() / 1000).unwrap_or(u32::MAX),
        };
        let form = match offered {
            Offered::Yes(_) => Form::Stamped,
            Offered::NotYet | Offered::No | Offered::OtherVersion => Form::Plain,
        };
        let members = self.room.len();
        thinned!(info, line, peer = peer.0, name = name.as_str(), members, address = %stranger.from, "joined");
        self.post
            .admit(peer, stranger.outbox, self.draft.len(), notes, form);
        if let Offered::Yes(candidate) = offered {
            let place = self.log.last();
            self.grant(peer, *candidate, place, place);
        } else {
            self.greet(peer);
        }
        mail.into_iter().for_each(|event| self.take(event));
    }

    /// A newer connection takes the place of a member. Nobody hears of it.
    pub(super) fn takes_place(&mut self, peer: PeerId, old: PeerId, ticket: Ticket) {
        self.supersede(old, ticket);
        let Some(Claim {
            stranger,
            offered: Offered::Yes(candidate),
            mail,
            ..
        }) = self.lobby.take_claim(peer)
        else {
            return;
        };
        self.absent.take(old);
        self.addresses.remove(&old);
        let place = self.log.last();
        self.room.replace(old, peer, place);
        let since = self.draft.len();
        self.post
            .replace(old, peer, stranger.outbox, since, Form::Stamped);
        let name = self.room.name(peer).map(|name| name.as_str());
        let line = stranger.from.line(self.now);
        thinned!(info, line, peer = peer.0, replaces = old.0, name, address = %stranger.from, "came back");
        self.grant(peer, *candidate, place, place);
        mail.into_iter().for_each(|event| self.take(event));
    }
}
