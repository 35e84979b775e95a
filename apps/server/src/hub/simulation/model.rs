//! The room once more, written in the plainest way: who is in, what the current batch holds, and what each peer is
//! still to get. Every byte that a peer gets is compared with it as it comes.
//!
//! It does not know how the hub stores anything. Where the hub is free to choose (whether a peer for which much waits
//! goes, whether a last message still fits), the model has two bounds: below one nobody goes, and above the other
//! everybody goes.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use hubbub_wire::Username;

use super::super::tests::{join, leave};
use super::super::{Event, PeerId};
use super::Tally;
use crate::lobby::CLAIM_BYTES;

/// The most that the tables of one event's frames cost a queue, in bytes.
const TABLES: usize = 256;

/// The shortest frame, in bytes.
const SHORTEST: usize = "CHAT/1.0 JOIN\r\nUsername: ada\r\n\r\n".len();

/// What somebody hears who is put out.
#[cfg(feature = "admin")]
const PUT_OUT: &str = "an operator has put you out of the room; you may come back in 1m";

/// What somebody hears who comes back too early.
const STILL_OUT: &str = "an operator has put this name or address out of the room; come back in 1m";

#[derive(Default)]
pub(super) struct Model {
    peers: BTreeMap<PeerId, Peer>,
    /// What the log has not ordered yet.
    log: VecDeque<(PeerId, Proposed)>,
    /// What the log has ordered since the last flush, with the senders.
    batch: Vec<(PeerId, Rc<str>)>,
    /// JOINs that wait for their place in the log or for the bearer of a name, in the order in which they began to
    /// wait.
    claims: Vec<Claim>,
    tally: Tally,
    /// The names that an operator has put out.
    out: Vec<&'static str>,
    /// Whether the address is out from which all come.
    all_are_out: bool,
}

/// What a peer says.
#[derive(Clone)]
pub(super) enum Said {
    Join(&'static str),
    /// The frames of texts that arrived together, and the size of their event in bytes.
    Texts {
        name: &'static str,
        frames: Vec<Rc<str>>,
        size: usize,
    },
    TooLong(u64, usize),
    Leave(&'static str),
    /// It goes. What was said before is still written, or not. It may be told why.
    Gone {
        gets_its_share: bool,
        told: Option<&'static str>,
    },
}

enum Proposed {
    Join,
    Texts(Vec<Rc<str>>),
    Leave,
}

struct Claim {
    peer: PeerId,
    name: &'static str,
    /// The bearer for whose answer it waits. `None` if it waits for its place in the log.
    bearer: Option<PeerId>,
    /// Whether the bearer has looked since. Its answer is then on its way.
    looked: bool,
    /// Whether the bearer was asked. It is not asked if it is about to leave.
    is_asked: bool,
    mail: Vec<Said>,
    bytes: usize,
}

struct Peer {
    limit: usize,
    standing: Standing,
    /// What it is still to get, in order.
    due: VecDeque<Due>,
    /// The most that its queue can hold, flush by flush, in bytes.
    held: VecDeque<Held>,
    flushes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Stranger,
    /// Its JOIN waits.
    Waiting,
    /// `since` counts what was in the batch when it came.
    Member {
        name: &'static str,
        since: usize,
        going: Going,
    },
    /// It has left or is gone, and its share of the batch is still to come.
    Leaving {
        since: usize,
        until: usize,
    },
    /// It went as a slow consumer in this flush.
    Slow {
        since: usize,
        until: usize,
    },
    Out,
}

/// Whether the LEAVE of a member waits for its place in the log.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Going {
    No,
    Leaving,
    /// It waits, and the member gets nothing more.
    Evicted,
}

struct Due {
    text: Rc<str>,
    /// How many of its bytes have come.
    got: usize,
    /// Whether it may be missing, because there was perhaps no room for it.
    optional: bool,
    flush: u64,
}

struct Held {
    flush: u64,
    most: usize,
}

impl Peer {
    fn held(&self) -> usize {
        self.held.iter().map(|held| held.most).sum()
    }

    /// How many bytes it certainly has not got yet.
    fn unread(&self) -> usize {
        let due = self.due.iter().filter(|due| !due.optional);
        due.map(|due| due.text.len() - due.got).sum()
    }

    /// Whether it certainly has room for this much more. An empty queue takes anything.
    fn has_room(&self, more: usize) -> bool {
        self.held.is_empty() || self.held() + more <= self.limit
    }

    /// Whether it certainly has no room for this much more.
    fn has_no_room(&self, more: usize) -> bool {
        self.unread() > 0 && self.unread() + more > self.limit
    }

    fn is_due(&mut self, text: &Rc<str>, optional: bool) {
        self.due.push_back(Due {
            text: Rc::clone(text),
            got: 0,
            optional,
            flush: self.flushes,
        });
    }

    fn holds(&mut self, most: usize) {
        let flush = self.flushes;
        self.held.push_back(Held { flush, most });
        self.flushes += 1;
    }
}

/// What a flush did that the model cannot know beforehand.
pub(super) struct Flushed {
    /// How many slow consumers were dropped.
    pub(super) gone: usize,
    /// The most that it can have cost, in bytes.
    pub(super) most: usize,
}

impl Model {
    /// The most that these frames can cost a queue, in any number of batches.
    pub(super) fn most_cost(frames: &str) -> usize {
        frames.len() + TABLES * (frames.len() / SHORTEST)
    }

    pub(super) fn connect(&mut self, peer: PeerId, limit: usize) {
        let stranger = Peer {
            limit,
            standing: Standing::Stranger,
            due: VecDeque::new(),
            held: VecDeque::new(),
            flushes: 0,
        };
        self.peers.insert(peer, stranger);
    }

    /// The part of the tally that the model knows.
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// A peer says something. `free` is what the memory limit leaves. Messages of the server beyond that are not sent.
    pub(super) fn says(&mut self, peer: PeerId, said: Said, free: usize) {
        let Some(at) = self.claims.iter().position(|claim| claim.peer == peer) else {
            return self.hears(peer, said, free);
        };
        let claim = &mut self.claims[at];
        if claim.is_asked && claim.bytes > CLAIM_BYTES {
            self.claims.remove(at);
            return self.refuse(peer, "this name is taken; join under another one");
        }
        claim.bytes += match said {
            Said::Texts { size, .. } => size,
            _ => size_of::<Event>(),
        };
        claim.mail.push(said);
    }

    fn hears(&mut self, peer: PeerId, said: Said, free: usize) {
        match said {
            Said::Join(name) if self.standing(peer) == Some(Standing::Stranger) => {
                self.stands(peer, Standing::Waiting);
                self.claims.push(Claim {
                    peer,
                    name,
                    bearer: None,
                    looked: false,
                    is_asked: false,
                    mail: Vec::new(),
                    bytes: 0,
                });
                self.propose_join(peer);
            }
            Said::Texts { name, frames, .. } if self.is_here_as(peer, name) => {
                self.log.push_back((peer, Proposed::Texts(frames)));
            }
            Said::TooLong(len, limit) => self.too_long(peer, len, limit, free),
            Said::Leave(name) if self.is_here_as(peer, name) => self.gone(peer, true),
            Said::Gone {
                gets_its_share,
                told,
            } => {
                if let Some(told) = told {
                    self.tell(peer, told);
                }
                self.gone(peer, gets_its_share);
            }
            Said::Join(_) | Said::Texts { .. } | Said::Leave(_) => {}
        }
    }

    fn propose_join(&mut self, peer: PeerId) {
        let Some(at) = self.claims.iter().position(|claim| claim.peer == peer) else {
            return;
        };
        if self.is_kept_out(at) {
            return;
        }
        if self.claims[at].name == Username::SERVER.as_str() {
            self.claims.remove(at);
            return self.refuse(peer, "the name server is reserved; join under another one");
        }
        if !self.waits_for_bearer(at) {
            self.log.push_back((peer, Proposed::Join));
        }
    }

    /// Makes a claim wait for the bearer of its name, if there is one.
    fn waits_for_bearer(&mut self, at: usize) -> bool {
        let Some(bearer) = self.member_named(self.claims[at].name) else {
            return false;
        };
        let is_asked = self.is_here(bearer);
        let mut claim = self.claims.remove(at);
        claim.bearer = Some(bearer);
        claim.looked = false;
        claim.is_asked = is_asked;
        self.claims.push(claim);
        true
    }

    /// The log orders this many proposals.
    pub(super) fn order(&mut self, count: usize) {
        for _ in 0..count {
            match self.log.pop_front() {
                None => return,
                Some((peer, Proposed::Join)) => self.joined(peer),
                Some((peer, Proposed::Texts(frames))) => {
                    let frames = frames.into_iter().map(|frame| (peer, frame));
                    self.batch.extend(frames);
                }
                Some((peer, Proposed::Leave)) => self.left(peer),
            }
        }
    }

    fn joined(&mut self, peer: PeerId) {
        let Some(at) = self.claims.iter().position(|claim| claim.peer == peer) else {
            return;
        };
        if self.is_kept_out(at) || self.waits_for_bearer(at) {
            return;
        }
        let Claim { name, mail, .. } = self.claims.remove(at);
        self.tally.joined += 1;
        self.batch.push((peer, join(name).into()));
        let (since, going) = (self.batch.len(), Going::No);
        self.stands(peer, Standing::Member { name, since, going });
        mail.into_iter().for_each(|said| self.says(peer, said, 0));
    }

    /// Whether an operator has put out whoever claims this; then it is refused.
    fn is_kept_out(&mut self, at: usize) -> bool {
        let is_out = self.all_are_out || self.out.contains(&self.claims[at].name);
        if is_out {
            let claim = self.claims.remove(at);
            self.refuse(claim.peer, STILL_OUT);
        }
        is_out
    }

    /// An operator puts out whoever has this name, and who claims it. Returns whether there is somebody.
    #[cfg(feature = "admin")]
    pub(super) fn kick(&mut self, name: &'static str) -> bool {
        let bearer = self.member_named(name);
        let claimed = |claim: &mut Claim| claim.name == name;
        let claimed: Vec<Claim> = self.claims.extract_if(.., claimed).collect();
        if bearer.is_none() && claimed.is_empty() {
            return false;
        }
        self.out.push(name);
        // Here, an address is known only of those who have not joined.
        self.all_are_out |= bearer.is_none();
        if let Some(bearer) = bearer.filter(|&bearer| self.is_here(bearer)) {
            self.tell(bearer, PUT_OUT);
            self.gone(bearer, true);
        }
        for claim in claimed {
            self.refuse(claim.peer, STILL_OUT);
        }
        true
    }

    /// A minute has passed since the last kick.
    #[cfg(feature = "admin")]
    pub(super) fn may_all_come_back(&mut self) {
        self.out.clear();
        self.all_are_out = false;
    }

    fn refuse(&mut self, peer: PeerId, why: &str) {
        self.tally.refused += 1;
        self.stands(peer, Standing::Out);
        let text = from_server(why);
        if let Some(refused) = self.peers.get_mut(&peer) {
            refused.is_due(&text, false);
        }
    }

    /// A peer's task checks whether its connection still stands.
    pub(super) fn looks(&mut self, bearer: PeerId) {
        let asking = |claim: &&mut Claim| claim.bearer == Some(bearer);
        let asking = self.claims.iter_mut().filter(asking);
        asking.for_each(|claim| claim.looked = true);
    }

    /// The answer of a peer's task has come: its connection stood.
    pub(super) fn still_here(&mut self, bearer: PeerId) {
        if !self.is_here(bearer) {
            return;
        }
        let refused = |claim: &mut Claim| claim.bearer == Some(bearer) && claim.looked;
        let refused: Vec<Claim> = self.claims.extract_if(.., refused).collect();
        for claim in refused {
            self.refuse(claim.peer, "this name is taken; join under another one");
        }
    }

    fn too_long(&mut self, peer: PeerId, len: u64, limit: usize, free: usize) {
        if !self.is_here(peer) {
            return;
        }
        let text = format!("your text of {len} bytes was not sent: {limit} bytes is the most");
        let notice = from_server(&text);
        let most = notice.len() + TABLES;
        if let Some(member) = self.peers.get_mut(&peer) {
            let optional = !member.has_room(most) || most > free;
            member.is_due(&notice, optional);
            member.holds(most);
        }
    }

    /// The server says something to a peer that it closes.
    fn tell(&mut self, peer: PeerId, text: &str) {
        let is_here = self.is_here(peer);
        let notice = from_server(text);
        let most = notice.len() + TABLES;
        if let Some(state) = self.peers.get_mut(&peer)
            && (is_here || state.standing == Standing::Stranger)
        {
            state.is_due(&notice, !state.has_room(most));
            state.holds(most);
        }
    }

    /// The peer goes.
    fn gone(&mut self, peer: PeerId, gets_its_share: bool) {
        match self.standing(peer) {
            Some(Standing::Stranger) => self.stands(peer, Standing::Out),
            Some(Standing::Member { name, since, going }) if going != Going::Evicted => {
                if going == Going::No {
                    self.log.push_back((peer, Proposed::Leave));
                }
                let going = if gets_its_share {
                    Going::Leaving
                } else {
                    Going::Evicted
                };
                self.stands(peer, Standing::Member { name, since, going });
            }
            _ => {}
        }
    }

    /// The LEAVE of a peer is ordered.
    fn left(&mut self, peer: PeerId) {
        let Some(Standing::Member { name, since, going }) = self.standing(peer) else {
            return;
        };
        let until = self.batch.len();
        let standing = match going {
            Going::Evicted => Standing::Out,
            Going::No | Going::Leaving => Standing::Leaving { since, until },
        };
        self.leaves(peer, name, standing);
    }

    /// The LEAVE of a peer takes effect, and peers that wait for its name may join.
    fn leaves(&mut self, peer: PeerId, name: &str, standing: Standing) {
        self.stands(peer, standing);
        self.batch.push((peer, leave(name).into()));
        let freed = self.claims.iter_mut();
        let freed = freed.filter(|claim| claim.bearer == Some(peer));
        let freed: Vec<PeerId> = freed
            .map(|claim| {
                claim.bearer = None;
                claim.is_asked = false;
                claim.peer
            })
            .collect();
        for peer in freed {
            self.tally.waited += 1;
            self.propose_join(peer);
        }
    }

    /// The hub has sent one batch. A peer that hears everything got `heard`, and the `slow` peers had to go; the log
    /// has not ordered their LEAVEs yet. `tight`: memory can have been short.
    pub(super) fn send(&mut self, heard: &str, slow: &[PeerId], tight: bool) -> Flushed {
        let rest = self.heard_next(heard, 0);
        assert_eq!(rest, "", "after the batch this was heard");
        let batch = std::mem::take(&mut self.batch);
        let most = heard.len() + TABLES * batch.len();
        for (&peer, state) in &mut self.peers {
            let goes = slow.contains(&peer);
            state.flush(peer, &batch, batch.len(), goes, slow.len(), most, tight);
        }
        for &peer in slow {
            self.gone(peer, false);
        }
        let gone = slow.len();
        Flushed { gone, most }
    }

    /// The hub has flushed. A peer that hears everything got `heard`. `tight`: memory can have been short.
    pub(super) fn flush(&mut self, heard: &str, tight: bool) -> Flushed {
        let main = self.batch.len();
        let mut rest = self.heard_next(heard, 0);
        let mut slow = 0;
        while !rest.is_empty() {
            let name = rest.lines().nth(1).and_then(|line| line.split(' ').nth(1));
            let peer = name.and_then(|name| self.member_named(name));
            let peer = peer.unwrap_or_else(|| panic!("after the batch was heard\n{rest}"));
            let Some(Standing::Member { name, since, .. }) = self.standing(peer) else {
                panic!("{peer:?} is no member, and this was heard\n{rest}");
            };
            let until = self.batch.len();
            self.leaves(peer, name, Standing::Slow { since, until });
            self.order(usize::MAX);
            rest = self.heard_next(rest, until);
            slow += 1;
        }
        let batch = std::mem::take(&mut self.batch);
        let most = heard.len() + TABLES * batch.len();
        for (&peer, state) in &mut self.peers {
            state.flush(peer, &batch, main, false, slow, most, tight);
        }
        Flushed { gone: slow, most }
    }

    /// Checks that the entries of the batch from `at` on were heard. Returns what was heard after them.
    fn heard_next<'a>(&self, heard: &'a str, at: usize) -> &'a str {
        let wanted = concat(self.batch[at..].iter().map(|(_, text)| text));
        heard
            .strip_prefix(&*wanted)
            .unwrap_or_else(|| panic!("this was to come\n{wanted}\nand this was heard\n{heard}"))
    }

    /// These bytes came to the peer.
    pub(super) fn gets(&mut self, peer: PeerId, bytes: &[u8]) {
        let Some(state) = self.peers.get_mut(&peer) else {
            panic!("{peer:?} is nobody");
        };
        let mut bytes = bytes.to_vec();
        while !bytes.is_empty() {
            let Some(due) = state.due.front_mut() else {
                panic!(
                    "{peer:?} got {:?} and nothing is due",
                    String::from_utf8_lossy(&bytes)
                );
            };
            let wanted = &due.text.as_bytes()[due.got..];
            let len = wanted.len().min(bytes.len());
            if wanted.starts_with(&bytes[..len]) {
                due.got += len;
                bytes.drain(..len);
                if due.got == due.text.len() {
                    state.due.pop_front();
                }
            } else {
                let got = String::from_utf8_lossy(&bytes[..len]);
                assert!(
                    due.optional,
                    "{peer:?} got {got:?} instead of {:?}",
                    due.text
                );
                // It is missing. What looked like its beginning, because of a cut, was that of another frame.
                let beginning = due.text.as_bytes()[..due.got].iter().copied();
                bytes.splice(..0, beginning);
                state.due.pop_front();
            }
        }
        let next = state.due.front().map_or(state.flushes, |due| due.flush);
        state.held.retain(|held| held.flush >= next);
    }

    /// Its queue is empty, so it must have everything that was due. Its queue is `over` only if it has left.
    pub(super) fn has_all(&mut self, peer: PeerId, over: bool) {
        let Some(state) = self.peers.get_mut(&peer) else {
            panic!("{peer:?} is nobody");
        };
        state.held.clear();
        if let Some(missing) = state.due.iter().find(|due| !due.optional || due.got > 0) {
            panic!("{peer:?} did not get {:?}", missing.text);
        }
        state.due.clear();
        assert_eq!(over, state.is_over(), "{peer:?} is {:?}", state.standing);
    }

    /// Whether a peer is a member that is not about to go.
    pub(super) fn is_here(&self, peer: PeerId) -> bool {
        let here = |standing| {
            matches!(
                standing,
                Standing::Member {
                    going: Going::No,
                    ..
                }
            )
        };
        self.standing(peer).is_some_and(here)
    }

    fn is_here_as(&self, peer: PeerId, name: &str) -> bool {
        self.is_here(peer) && self.name_of(peer) == Some(name)
    }

    pub(super) fn name_of(&self, peer: PeerId) -> Option<&'static str> {
        match self.peers.get(&peer)?.standing {
            Standing::Member { name, .. } => Some(name),
            _ => None,
        }
    }

    pub(super) fn members(&self) -> usize {
        self.peers
            .keys()
            .filter(|&&peer| self.name_of(peer).is_some())
            .count()
    }

    fn member_named(&self, wanted: &str) -> Option<PeerId> {
        let mut members = self.peers.keys().copied();
        members.find(|&peer| self.name_of(peer) == Some(wanted))
    }

    fn standing(&self, peer: PeerId) -> Option<Standing> {
        Some(self.peers.get(&peer)?.standing)
    }

    fn stands(&mut self, peer: PeerId, standing: Standing) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.standing = standing;
        }
    }
}

impl Peer {
    /// Whether its queue ends when everything is written.
    fn is_over(&self) -> bool {
        let evicted = matches!(
            self.standing,
            Standing::Member {
                going: Going::Evicted,
                ..
            }
        );
        evicted || self.standing == Standing::Out
    }

    /// Adds what a flush owes the peer, and checks that it went if it had to, and stayed if it had to. `main` is how
    /// much was said before the flush began; the rest are LEAVEs of peers that had to go. `slow` counts those peers,
    /// and `goes` tells whether this peer is one of them.
    #[expect(clippy::too_many_arguments, reason = "a flush is what it is")]
    fn flush(
        &mut self,
        peer: PeerId,
        batch: &[(PeerId, Rc<str>)],
        main: usize,
        goes: bool,
        slow: usize,
        most: usize,
        tight: bool,
    ) {
        let (share, stays, goes) = match self.standing {
            _ if self.is_over() => return,
            Standing::Stranger | Standing::Waiting | Standing::Out => return,
            Standing::Member { since, .. } => (since..batch.len(), true, goes),
            Standing::Slow { since, until } => (since.min(until)..until, true, true),
            Standing::Leaving { since, until } => (since.min(until)..until, false, false),
        };
        let others = |part: Range<usize>| {
            let part = batch[part].iter();
            part.filter(|(sender, _)| *sender != peer)
        };
        if stays {
            let certain: usize = others(share.start.min(main)..main)
                .map(|(_, text)| text.len())
                .sum();
            let short = tight && !self.held.is_empty();
            let crowded = !self.has_room(most) || slow > 1;
            assert!(!goes || short || crowded, "{peer:?} had room and had to go");
            let full = certain > 0 && self.has_no_room(certain);
            assert!(goes || !full, "{peer:?} had no room and did not go");
        }
        let optional = goes || !stays && !self.has_room(most);
        others(share).for_each(|(_, text)| self.is_due(text, optional));
        self.holds(most);
        self.standing = match self.standing {
            Standing::Member { name, going, .. } => Standing::Member {
                name,
                since: 0,
                going,
            },
            _ => Standing::Out,
        };
    }
}

fn concat<'a>(texts: impl Iterator<Item = &'a Rc<str>>) -> String {
    texts.map(|text| &**text).collect()
}

fn from_server(text: &str) -> Rc<str> {
    super::super::tests::text(Username::SERVER.as_str(), text).into()
}
