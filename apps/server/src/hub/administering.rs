//! What administrators want: to know who is here, to put somebody out, to ban an address, to tell everybody something.
//!
//! Each order is done within the turn in which it comes, and answered at once. What outlives the server is kept by
//! whoever asked.

use std::sync::Arc;

use hubbub_wire::{Time, Username};

use super::Hub;
use super::motd::Posters;
use super::outlaws::{Comer, OUT_SECONDS};
use crate::address::Network;
use crate::bans::left;
use crate::event::Departure;
use crate::id::PeerId;
use crate::log::Proposal;
#[cfg(feature = "tls")]
use crate::orders::Credentials;
use crate::orders::{Answer, Order, Row, Standing, Stats};
use crate::room::{Refusal, Ticket};
use crate::words;

impl Hub {
    /// Does what an administrator wants.
    pub(super) fn administer(&mut self, order: Order, reply: &flume::Sender<Answer>) {
        let answer = match order {
            Order::Who => Answer::Who(self.rows()),
            Order::Kick(name) => self.kick(&name),
            Order::Ban(network, time) => {
                let until = time.map(|time| {
                    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                    Time::from_unix_ms(self.wall.unix_ms().saturating_add(ms))
                });
                self.ban(network, until)
            }
            Order::Unban(network) => {
                let now = self.wall;
                if self.outlaws.change(|bans| bans.unban(network, now)) {
                    Answer::Unbanned(Arc::clone(&self.outlaws.bans))
                } else {
                    Answer::NotBanned
                }
            }
            Order::Bans => Answer::Bans(Arc::clone(&self.outlaws.bans)),
            Order::Say(text) => Answer::Said(self.tell_everybody(&text)),
            Order::Stats => Answer::Stats(self.stats()),
            #[cfg(feature = "tls")]
            Order::Invitation => Answer::Invitation(self.credentials().map(Box::new)),
            #[cfg(feature = "tls")]
            Order::Password(password, _turn) => {
                self.set_password(password);
                Answer::Password
            }
        };
        // Whoever asked may be gone. What was wanted is done all the same.
        let _ = reply.try_send(answer);
    }

    #[cfg(feature = "tls")]
    fn credentials(&self) -> Option<Credentials> {
        let tls = self.settings.tls.as_ref()?;
        Some(Credentials {
            pins: tls.pins(),
            is_own: tls.is_own,
            also_plain: tls.also_plain,
            password: self.settings.password.clone(),
        })
    }

    /// Why the JOIN of a peer that waits is refused by an operator's will, if it is.
    pub(super) fn keeps_out(&mut self, peer: PeerId) -> Option<Refusal> {
        let claim = self.lobby.claimed(peer)?;
        let ticket = claim.offered.offer().map(Ticket::of);
        let old = ticket.and_then(|ticket| self.room.with_secret(ticket.secret));
        let comer = Comer {
            name: &claim.name,
            network: claim.stranger.from.address().network(),
            is_member: old.is_some(),
        };
        self.outlaws.refusal(comer, self.now, self.wall)
    }

    /// Puts out whoever has this name, and those who are about to get it.
    fn kick(&mut self, name: &Username<'static>) -> Answer {
        let bearer = self.room.bearer(name);
        // Who is on another node is put out there.
        #[cfg(feature = "cluster")]
        let bearer = bearer.filter(|bearer| !bearer.is_elsewhere());
        let claimants = self.lobby.named(name);
        let networks: Vec<Option<Network>> = match bearer {
            Some(peer) => vec![self.network_of(peer)],
            None => claimants
                .iter()
                .map(|&(_, network)| Some(network))
                .collect(),
        };
        if networks.is_empty() {
            return Answer::NotHere;
        }
        for network in networks {
            self.outlaws.kick(name.clone(), network, self.now);
        }
        let seconds = OUT_SECONDS;
        if let Some(peer) = bearer {
            self.puts_out(peer, Departure::Kicked, &words::kicked(seconds));
        }
        for (peer, _) in claimants {
            self.refuse(peer, Refusal::Kicked { seconds });
        }
        Answer::Kicked
    }

    fn ban(&mut self, network: Network, until: Option<Time>) -> Answer {
        let now = self.wall;
        if self
            .outlaws
            .change(|bans| bans.ban(network, until, now))
            .is_err()
        {
            return Answer::TooManyBans;
        }
        let seconds = left(until, now);
        let is_there = |peer: &PeerId| self.network_of(*peer) == Some(network);
        let mut members: Vec<PeerId> = self.room.peers().filter(is_there).collect();
        members.sort_unstable();
        for &peer in &members {
            self.puts_out(peer, Departure::Banned, &words::banned(seconds));
        }
        let strangers = self.lobby.of(network);
        for &peer in &strangers {
            if self.lobby.claimed(peer).is_some() {
                self.refuse(peer, Refusal::Banned { seconds });
                continue;
            }
            if let Some(outbox) = self.lobby.outbox(peer) {
                outbox.refuse();
                self.post.tell(outbox, &words::banned(seconds));
            }
            self.depart(peer, Departure::Banned);
        }
        Answer::Banned {
            bans: Arc::clone(&self.outlaws.bans),
            out: members.len() + strangers.len(),
        }
    }

    /// Tells a member why it must go, and lets it go for good. It loses its secret at once, so that it cannot take its
    /// place back.
    fn puts_out(&mut self, peer: PeerId, why: Departure, text: &str) {
        if self.absent.take(peer).is_some() {
            self.room.void_secret(peer);
            self.post.leaves(peer);
            return self.log.propose(Proposal::Leave { peer, why }, self.time);
        }
        // Who has a grant that is on its way gets it before this notice.
        self.welcome_all();
        if self.room.ticket(peer).is_some() {
            if let Some(name) = self.room.name(peer) {
                let notice = words::notice(name, words::Code::Kicked, text);
                let notice = self.alone(notice);
                self.post.welcome(peer, vec![notice]);
            }
        } else if let Some(outbox) = self.post.outbox(peer) {
            self.post.tell(outbox, text);
        }
        self.depart(peer, why);
    }

    /// What counts as the address of a member, as far as it is known.
    fn network_of(&self, peer: PeerId) -> Option<Network> {
        let granted = self.addresses.get(&peer).map(|address| address.network());
        granted.or_else(|| Some(self.post.outbox(peer)?.host()?.network()))
    }

    /// Everybody who is here, in the order of their names. Who is about to leave is not here.
    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .room
            .peers()
            .filter_map(|peer| self.row(peer))
            .collect();
        rows.sort_unstable_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        rows
    }

    fn row(&self, peer: PeerId) -> Option<Row> {
        let outbox = self.post.outbox(peer);
        let standing = match self.room.ticket(peer) {
            _ if self.absent.has(peer) => Standing::Absent,
            Some(_) => Standing::Granted,
            None => Standing::Plain,
        };
        if outbox.is_none() && standing != Standing::Absent {
            return None;
        }
        let host = outbox.and_then(|outbox| outbox.host());
        let host = host.map(|host| host.to_string());
        let since_s = self.post.since(peer);
        Some(Row {
            name: Arc::clone(self.room.name(peer)?),
            address: host.or_else(|| Some(self.network_of(peer)?.to_string())),
            since: Time::from_unix_ms(u64::from(since_s) * 1000),
            standing,
        })
    }

    /// Tells all members something. Returns how many they are. Who is absent does not hear it: it has no place in the
    /// log, since no member said it.
    fn tell_everybody(&mut self, text: &str) -> usize {
        self.welcome_all();
        let posters = Posters::new(words::Code::Said, text, true, &self.queued);
        let members: Vec<PeerId> = self.room.peers().collect();
        let mut told = 0;
        for peer in members {
            let Some(name) = self
                .room
                .name(peer)
                .filter(|_| self.post.outbox(peer).is_some())
            else {
                continue;
            };
            let deliveries = match self.room.ticket(peer) {
                Some(_) => posters.for_granted(name, &self.queued),
                None => posters.for_plain(),
            };
            self.post.welcome(peer, deliveries);
            told += 1;
        }
        told
    }

    fn stats(&self) -> Stats {
        Stats {
            members: self.room.len(),
            absent: self.absent.len(),
            strangers: self.lobby.outboxes().count(),
            messages: self.log.last().count,
            texts: self.queued.used() + self.unfinished.used(),
            bans: self.outlaws.bans.iter(self.wall).count(),
        }
    }
}
