//! What members with a grant get besides the room: the grant, who is here, the past, and notices.

use std::sync::Arc;

use hubbub_wire::{
    EXTENSION, Frame, Grant, MAX_EARLIER, OWN_JOIN, Payload, Replayed, Token, Username, encode,
    encode_head,
};

use super::Hub;
use crate::batch::Batch;
use crate::event::Candidate;
use crate::id::{Name, PeerId};
use crate::log::{Ask, Past, Replay};
use crate::memory::Memory;
use crate::outbox::Delivery;
use crate::room::Ticket;
use crate::said::{Own, Seq};
use crate::words;

/// A grant that is on its way to a member.
#[derive(Debug)]
pub(super) struct Welcome {
    pub(super) peer: PeerId,
    name: Name,
    grant: Grant,
    /// What was said before.
    past: Past,
    /// The place after which everything is live.
    last: Seq,
    /// Whether it has got the message of the day before its grant.
    pub(super) is_greeted: bool,
}

/// The names of all members in as many pieces as it takes, each shared by all who need it.
type Names = Vec<(Arc<Batch>, String)>;

impl Hub {
    /// Grants the extension to a member. What it gets goes with the next batch, before its share of it: the past up to
    /// one place, and what follows the other one is live.
    pub(super) fn grant(&mut self, peer: PeerId, candidate: Candidate, until: Seq, last: Seq) {
        let Some(name) = self.room.name(peer).map(Arc::clone) else {
            return;
        };
        let Candidate { offer, address } = candidate;
        let ticket = Ticket::of(&offer);
        self.room.grant(peer, ticket);
        self.addresses.insert(peer, address);
        let grant = Grant {
            version: EXTENSION,
            nonce: offer.nonce,
            room: self.log.room(),
            kept: self.log.kept(),
            arrived: self.arrived(&ticket),
            max_payload: self.settings.limits.max_payload as u64,
            private: self.is_private(),
        };
        let ask = match offer.since {
            Some((room, place)) => Ask::Since(room, place),
            None => Ask::Recent(offer.recent.min(MAX_EARLIER)),
        };
        // Not later: what comes in the same batch may be more than memory keeps.
        let past = self.log.replay(&ask, until, ticket.seen);
        self.welcomes.push(Welcome {
            peer,
            name,
            grant,
            past,
            last,
            is_greeted: false,
        });
    }

    /// How far the session of a member had counted when it came.
    fn arrived(&self, ticket: &Ticket) -> u64 {
        #[cfg(feature = "cluster")]
        if let Some(arrived) = self.cluster.arrived {
            return arrived;
        }
        self.log.arrived(Own::key(ticket.session, ticket.secret))
    }

    /// Whether every member's connection is inside TLS.
    fn is_private(&self) -> bool {
        #[cfg(feature = "tls")]
        return self
            .settings
            .tls
            .as_ref()
            .is_some_and(|tls| !tls.also_plain);
        #[cfg(not(feature = "tls"))]
        false
    }

    /// A member that is about to get a grant had its message of the day as others get it.
    pub(super) fn was_greeted(&mut self, peer: PeerId) {
        let plain_motd = self.settings.plain_motd;
        let new = self.welcomes.iter_mut();
        for welcome in new.filter(|welcome| welcome.peer == peer) {
            welcome.is_greeted = plain_motd;
        }
    }

    /// Tells all new members with a grant that they have it, who is here now, and what was said before.
    pub(super) fn welcome_all(&mut self) {
        if self.welcomes.is_empty() {
            return;
        }
        let (names, posters) = (self.names(), self.posters());
        for welcome in std::mem::take(&mut self.welcomes) {
            let Welcome {
                peer,
                name,
                grant,
                past,
                last,
                is_greeted,
            } = welcome;
            let mut deliveries = Vec::new();
            let mut frames = Vec::new();
            let username = || name.borrowed();
            encode(
                &Frame::Grant {
                    username: username(),
                    grant,
                },
                &mut frames,
            );
            for (batch, names) in &names {
                if let Some(names) = Payload::new(names.as_bytes()) {
                    let username = username();
                    encode_head(&Frame::Present { username, names }, &mut frames);
                }
                let head = std::mem::take(&mut frames);
                deliveries.push(self.alone(head));
                deliveries.push(Delivery::all(Arc::clone(batch)).exempt());
            }
            let motd = posters.as_ref().filter(|_| !is_greeted);
            let motd = motd.map(|posters| posters.for_granted(&name, &self.queued));
            let of_keeping = self.word_of_keeping(&name);
            #[cfg(feature = "cluster")]
            let of_keeping = self.word_of_pause(&name).or(of_keeping);
            let of_next_key = self.word_of_next_key(peer, &name);
            let answer = Answer {
                name,
                last: self.log.message_at(last),
                before: None,
                memory: Arc::clone(&self.queued),
            };
            deliveries.extend(answer.of(past));
            deliveries.extend(motd.into_iter().flatten().map(Delivery::exempt));
            deliveries.extend(of_keeping);
            deliveries.extend(of_next_key);
            self.post.welcome(peer, deliveries);
        }
    }

    /// Tells a member of the key to come. On a plain line, anybody in between could tell it of another one.
    #[cfg(feature = "tls")]
    fn word_of_next_key(&self, peer: PeerId, name: &Name) -> Option<Delivery> {
        let next = self.settings.tls.as_ref()?.next?;
        let is_encrypted = self.post.outbox(peer)?.is_encrypted();
        let told = || words::notice(name, words::Code::NextKey, &next.to_string());
        is_encrypted.then(|| self.alone(told()))
    }

    #[cfg(not(feature = "tls"))]
    fn word_of_next_key(&self, _: PeerId, _: &Name) -> Option<Delivery> {
        None
    }

    /// The names of all who are here, in pieces that are no longer than a text.
    fn names(&self) -> Names {
        let limits = self.settings.limits;
        let most = limits.max_payload.max(limits.max_name);
        let mut pieces: Vec<String> = Vec::new();
        for name in self.room.names() {
            match pieces.last_mut() {
                Some(piece) if piece.len() + 1 + name.len() <= most => {
                    piece.push('\n');
                    piece.push_str(name);
                }
                _ => pieces.push(name.to_owned()),
            }
        }
        let share = |piece: String| {
            let bytes = piece.clone().into_bytes();
            (Batch::alone(bytes, &self.queued), piece)
        };
        pieces.into_iter().map(share).collect()
    }

    /// A delivery to one member, which does not count against the limit of its outbox.
    pub(super) fn alone(&self, frames: Vec<u8>) -> Delivery {
        Delivery::all(Batch::alone(frames, &self.queued)).exempt()
    }

    /// A member wants older messages.
    pub(super) fn earlier(&mut self, peer: PeerId, before: Token<'static>, count: u32) {
        let count = count.clamp(1, MAX_EARLIER);
        #[cfg(feature = "cluster")]
        if self.log.is_stream() {
            return self.earlier_in_cluster(peer, before, count);
        }
        let Some(last) = self.room.place(peer) else {
            return;
        };
        let asked = before.clone();
        let ask = if before.as_str() == OWN_JOIN {
            Ask::Recent(count)
        } else {
            Ask::Before(before, count)
        };
        let seen = self.room.ticket(peer).and_then(|ticket| ticket.seen);
        let past = self.log.replay(&ask, last, seen);
        self.answer_earlier(peer, asked, past);
    }

    /// A member gets what it has asked for.
    pub(super) fn answer_earlier(&mut self, peer: PeerId, before: Token<'static>, past: Past) {
        let (Some(name), Some(last)) = (self.room.name(peer), self.room.place(peer)) else {
            return;
        };
        let answer = Answer {
            name: Arc::clone(name),
            last: self.log.message_at(last),
            before: Some(before),
            memory: Arc::clone(&self.queued),
        };
        // An answer is exempt, so that it always fits.
        let _ = self.post.give(peer, answer.of(past));
    }

    /// Tells a member something by a NOTICE, right before its connection ends; then it does not matter if this does not
    /// fit. Returns `false` if it has no grant, or has not been told that it has one.
    pub(super) fn notify(&mut self, peer: PeerId, code: words::Code, text: &str) -> bool {
        let is_new = self.welcomes.iter().any(|welcome| welcome.peer == peer);
        let Some(name) = self.room.name(peer) else {
            return false;
        };
        if is_new || self.room.ticket(peer).is_none() {
            return false;
        }
        let frame = words::notice(name, code, text);
        let notice = Delivery::all(Batch::alone(frame, &self.queued));
        let _ = self.post.give(peer, vec![notice]);
        true
    }

    /// Tells all members with a grant that the server stops.
    pub(super) fn say_that_it_stops(&mut self) {
        let granted: Vec<PeerId> = self.room.granted().collect();
        for peer in granted {
            self.notify(peer, words::Code::Stopping, words::STOPPING);
        }
    }
}

/// What a replay becomes for one member.
struct Answer {
    name: Name,
    last: Seq,
    before: Option<Token<'static>>,
    memory: Arc<Memory>,
}

impl Answer {
    fn of(self, past: Past) -> Vec<Delivery> {
        match past {
            Past::Here(replay) => self.frames(replay),
            Past::Later(replay) => vec![Delivery::later(async move {
                let replay = replay.recv_async().await.ok()?;
                Some(self.frames(replay))
            })],
        }
    }

    fn frames(self, replay: Replay) -> Vec<Delivery> {
        let Replay {
            texts,
            after,
            more,
            lost,
        } = replay;
        let texts = texts.map(|texts| Delivery::all(texts).exempt());
        let mut deliveries: Vec<Delivery> = texts.into_iter().collect();
        let Some(last) = self.last.token() else {
            return deliveries;
        };
        let is_answer = self.before.is_some();
        let replayed = Replayed {
            last,
            before: self.before,
            after: after.and_then(Seq::token),
            more,
            lost,
        };
        let mut frame = Vec::new();
        let username: Username<'_> = self.name.borrowed();
        encode(&Frame::Replayed { username, replayed }, &mut frame);
        let end = Delivery::all(Batch::alone(frame, &self.memory)).exempt();
        deliveries.push(if is_answer { end.ends_answer() } else { end });
        deliveries
    }
}
