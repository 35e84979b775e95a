//! The room of a cluster: what the stream says of members, of this node and of others, becomes true here in the same
//! order. Members of other nodes have a row in the room and no outbox.
//!
//! Whether a JOIN counts is decided by the stream alone, and the room follows. A JOIN that counts whose peer has gone
//! meanwhile is followed by a LEAVE, or by the grace that a member with a grant has.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use hubbub_wire::Time;
use tracing::{debug, error, info};

use super::Hub;
use super::absent::Absent;
use super::recalling::Recalls;
use crate::address::Address;
use crate::batch::Draft;
use crate::cluster::{self, record};
use crate::event::{Candidate, Departure, Event, Offered};
use crate::id::{ByPeer, Name, PeerId};
use crate::log::Happened;
use crate::post::Post;
use crate::room::{Refusal, Room, Ticket};
use crate::words;

/// What the hub remembers besides in a cluster.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The JOINs that are on their way, and where those came from that have gone meanwhile.
    pub(super) joining: ByPeer<Option<Arc<Address>>>,
    /// Offers of members that are on their way.
    offers: ByPeer<Candidate>,
    /// Members that wait for what is read of the stream.
    pub(super) recalls: Recalls,
    /// JOINs that wait until the room takes some, and in which order they came.
    pub(super) early: ByPeer<u64>,
    /// How many have waited so far.
    pub(super) arrivals: u64,
    /// When those came, and those on their way, who read a notice.
    pub(super) waiting: BTreeMap<PeerId, Instant>,
    /// Whether the node has its place in the room.
    pub(super) has_started: bool,
    /// How far the session of the member that gets its grant had counted.
    pub(super) arrived: Option<u64>,
    /// Since when no deadline runs.
    pub(super) stands_since: Option<Instant>,
    /// Whether the stream is of no use any more.
    pub(super) is_lost: bool,
}

/// How a member is known here, of what the stream knows of it.
const fn ticket_of(ticket: record::Ticket) -> Ticket {
    let record::Ticket {
        mark,
        session,
        attempt,
    } = ticket;
    Ticket {
        secret: mark,
        session,
        attempt,
        seen: None,
    }
}

/// How the stream gets to know a member.
pub(super) const fn ticket_for(ticket: &Ticket) -> record::Ticket {
    record::Ticket {
        mark: ticket.secret,
        session: ticket.session,
        attempt: ticket.attempt,
    }
}

impl Hub {
    /// In a cluster, everybody who can read the stream can read how members are known. So a secret becomes its digest
    /// before anything is done with it.
    pub(super) fn without_secret(&self, mut event: Event) -> Event {
        if let Event::Join { offered, .. } | Event::Offered { offered, .. } = &mut event
            && let Offered::Yes(candidate) = offered
            && self.log.is_stream()
        {
            candidate.offer.secret = cluster::mark(candidate.offer.secret);
        }
        event
    }

    /// A member makes an offer. It has its grant when the stream has heard that.
    pub(super) fn offers_in_cluster(&mut self, peer: PeerId, candidate: Candidate) {
        let ticket = Ticket::of(&candidate.offer);
        self.cluster.offers.insert(peer, candidate);
        self.log.propose_offer(peer, ticket_for(&ticket));
    }

    /// How a member will be known whose offer is on its way.
    pub(super) fn offered(&self, peer: PeerId) -> Option<Ticket> {
        let candidate = self.cluster.offers.get(&peer)?;
        Some(Ticket::of(&candidate.offer))
    }

    /// Something has its turn that happens only in a cluster.
    pub(super) fn happened(&mut self, happened: Happened) {
        match happened {
            Happened::Here { peer, name, ticket } => {
                self.is_here(peer, &name, ticket, None);
            }
            Happened::Admitted {
                peer,
                name,
                ticket,
                arrived,
                replaces,
                time,
            } => {
                self.cluster.arrived = Some(arrived);
                self.admitted(peer, &name, ticket.map(ticket_of), replaces, time);
                self.cluster.arrived = None;
            }
            Happened::Refused { peer } if self.room.is_suspended(peer) => self.has_lost_name(peer),
            Happened::Refused { peer } => {
                self.cluster.joining.remove(&peer);
                self.waits_no_longer(peer);
                self.propose_join(peer);
            }
            Happened::Known {
                peer,
                ticket,
                arrived,
            } => {
                self.room.grant(peer, ticket_of(ticket));
                if let Some(candidate) = self.cluster.offers.remove(&peer) {
                    self.cluster.arrived = Some(arrived);
                    self.grant_late(peer, candidate);
                    self.cluster.arrived = None;
                }
            }
            Happened::Started => {
                self.cluster.has_started = true;
                self.let_in();
            }
            Happened::Suspended { peer, time } => self.is_suspended(peer, time),
            Happened::Page {
                before,
                most,
                replay,
            } => self.has_page(before, most, &replay),
            Happened::Anew => self.begin_anew(),
        }
    }

    /// A member has a row in the room from now on, and no outbox.
    fn is_here(
        &mut self,
        peer: PeerId,
        name: &Name,
        ticket: Option<record::Ticket>,
        replaces: Option<PeerId>,
    ) {
        let place = self.log.last();
        match replaces {
            Some(old) => {
                debug_assert!(self.room.name(old).is_some(), "{old:?} is not here");
                self.room.replace(old, peer, place);
            }
            None => {
                if self.room.join(peer, name.as_ref().clone(), place).is_err() {
                    debug_assert!(false, "{name:?} is taken");
                    error!(
                        name = name.as_str(),
                        "two members have one name; restart this node, and report this"
                    );
                }
            }
        }
        if let Some(ticket) = ticket {
            self.room.grant(peer, ticket_of(ticket));
        }
    }

    /// A JOIN counts.
    fn admitted(
        &mut self,
        peer: PeerId,
        name: &Name,
        ticket: Option<Ticket>,
        replaces: Option<PeerId>,
        time: Time,
    ) {
        if self.room.is_suspended(peer) {
            if let Some(name) = self.room.resume(peer) {
                self.draft.joined(peer, &name, time);
            }
            return;
        }
        let from = self.cluster.joining.remove(&peer);
        self.waits_no_longer(peer);
        // An operator may have put it out while it waited.
        #[cfg(feature = "admin")]
        if let Some(refusal) = self.keeps_out(peer) {
            self.refuse(peer, refusal);
        }
        let is_waiting = self.lobby.claimed(peer).is_some();
        if let (true, Some(old), Some(ticket)) = (is_waiting, replaces, ticket) {
            return self.takes_place(peer, old, ticket);
        }
        if let (Some(old), Some(ticket)) = (replaces, ticket) {
            self.gives_place(old, ticket);
        }
        self.is_here(peer, name, ticket.as_ref().map(ticket_for), replaces);
        if replaces.is_none() {
            self.metrics.joins.add(1);
            self.draft.joined(peer, name, time);
        }
        if is_waiting {
            self.newcomers.push(peer);
            if ticket.is_none()
                && let Some(candidate) = self.lobby.take_offer(peer)
            {
                // It came after the JOIN was proposed.
                self.offers_in_cluster(peer, candidate);
            }
            self.enters(peer);
        } else if peer.is_elsewhere() {
            debug!(
                peer = peer.0,
                name = name.as_str(),
                "joined on another node"
            );
        } else {
            self.has_gone_already(peer, from.flatten());
        }
    }

    /// A connection that is not here takes the place of a member.
    fn gives_place(&mut self, old: PeerId, ticket: Ticket) {
        self.supersede(old, ticket);
        self.absent.take(old);
        self.addresses.remove(&old);
        self.post.forget(old);
        self.cluster.offers.remove(&old);
    }

    /// This node was taken for gone, and everybody hears the LEAVE of a member. It joins again, and meanwhile hears
    /// and says what it likes.
    fn is_suspended(&mut self, peer: PeerId, time: Time) {
        let Some(name) = self.room.suspend(peer) else {
            return;
        };
        self.draft.left(peer, &name, time);
        for waiting in self.lobby.freed(peer) {
            self.propose_join(waiting);
        }
    }

    /// A member was to join again, and somebody else has its name.
    fn has_lost_name(&mut self, peer: PeerId) {
        let why = Departure::Refused(Refusal::NameTaken);
        if let (Some(outbox), Some(name)) = (self.post.outbox(peer), self.room.name(peer)) {
            let text = words::refused(Refusal::NameTaken);
            let is_granted = self.room.ticket(peer).is_some();
            let told = if is_granted {
                words::notice(name, words::Code::Name, &text)
            } else {
                words::frame(&text)
            };
            info!(peer = peer.0, name = name.as_str(), %why, "left");
            let _ = outbox.push(self.alone(told));
            self.tell_why(outbox, why);
            self.metrics.departed(why);
        }
        self.post.dismiss(peer, self.draft.len());
        self.absent.take(peer);
        self.addresses.remove(&peer);
        self.cluster.offers.remove(&peer);
        self.room.forget(peer);
    }

    /// A member is about to leave the room. If nobody has told it, a newer connection of it has another name.
    pub(super) fn is_left(&mut self, peer: PeerId, why: Departure) {
        self.cluster.offers.remove(&peer);
        if why == Departure::Replaced
            && let Some(outbox) = self.post.outbox(peer)
        {
            self.tell_why(outbox, why);
            self.notify(peer, words::Code::Replaced, words::REPLACED);
            self.metrics.departed(why);
        }
    }

    /// The room is another one. Everybody is told to come again, and it begins without them. Where nobody has been let
    /// in yet, those who wait for that go on waiting.
    fn begin_anew(&mut self) {
        if !self.cluster.has_started {
            self.draft = Draft::default();
            self.room = Room::default();
            self.sent = self.log.last();
            return;
        }
        self.welcome_all();
        self.say_that_it_stops();
        let why = Departure::Unanswered;
        for peer in self.room.peers() {
            if self.post.outbox(peer).is_some() {
                self.metrics.departed(why);
            }
        }
        for _ in self.lobby.outboxes() {
            self.metrics.departed(why);
        }
        // What is queued is still written. Nobody is left who would have to be dropped for it.
        let _ = mem::replace(&mut self.post, Post::new(Arc::clone(&self.queued))).close();
        let _ = mem::take(&mut self.lobby).close();
        self.draft = Draft::default();
        self.newcomers.clear();
        self.addresses.clear();
        self.absent = Absent::default();
        self.room = Room::default();
        self.cluster = State {
            stands_since: self.cluster.stands_since,
            ..State::default()
        };
        self.sent = self.log.last();
    }
}
