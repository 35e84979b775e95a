//! The room said a second time, in the plainest way: who is in, what the batch under way holds, and what each peer is
//! still to get. Every byte that a peer gets is compared with it as it comes.
//!
//! It knows nothing of how the hub stores anything. Where the hub is free to choose (does one go for whom much waits,
//! does a last word still fit), the model knows two bounds: below the one nobody goes, above the other one everybody.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::super::tests::{join, leave};
use super::super::{PeerId, SERVER_NAME};

/// Most that the tables around one event's frames cost a queue, in bytes.
const TABLES: usize = 256;

/// The shortest frame, in bytes.
const SHORTEST: usize = "CHAT/1.0 JOIN\r\nUsername: ada\r\n\r\n".len();

#[derive(Default)]
pub(super) struct Model {
    peers: BTreeMap<PeerId, Peer>,
    /// What was said since the last flush, by whom.
    batch: Vec<(PeerId, Rc<str>)>,
}

struct Peer {
    limit: usize,
    standing: Standing,
    /// What it is still to get, in order.
    due: VecDeque<Due>,
    /// What its queue holds at most, flush by flush, in bytes.
    held: VecDeque<Held>,
    flushes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Stranger,
    /// `since` counts what was in the batch when it came.
    Member {
        name: &'static str,
        since: usize,
    },
    /// It has left or gone; its share of the batch is still to come.
    Leaving {
        since: usize,
        until: usize,
    },
    Out,
}

struct Due {
    text: Rc<str>,
    /// How much of it has come.
    got: usize,
    /// It may be missing: there was perhaps no room for it.
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

    /// Bytes that it has not got, for certain.
    fn unread(&self) -> usize {
        let due = self.due.iter().filter(|due| !due.optional);
        due.map(|due| due.text.len() - due.got).sum()
    }

    /// Surely has room for as much more. An empty queue takes anything.
    fn has_room(&self, more: usize) -> bool {
        self.held.is_empty() || self.held() + more <= self.limit
    }

    /// Surely has no room for as much more.
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

/// What a flush did, as far as the model cannot know it beforehand.
pub(super) struct Flushed {
    /// How many slow consumers it cost their places.
    pub(super) gone: usize,
    /// Most bytes that it can have cost.
    pub(super) most: usize,
}

impl Model {
    /// Most that these frames can cost a queue, in however many batches they left.
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

    /// Is it taken in? Otherwise it is told why not, unless it was no stranger.
    pub(super) fn join(&mut self, peer: PeerId, name: &'static str) -> bool {
        let taken = self.member_named(name).is_some();
        let since = self.batch.len() + 1;
        let Some(stranger) = self.standing(peer, Standing::Stranger) else {
            return false;
        };
        if taken || name == SERVER_NAME {
            stranger.standing = Standing::Out;
            let why = if taken {
                "this name is taken"
            } else {
                "the name server is reserved"
            };
            let text = format!("{why}; join under another one");
            stranger.is_due(&from_server(&text), false);
            return false;
        }
        stranger.standing = Standing::Member { name, since };
        self.batch.push((peer, join(name).into()));
        true
    }

    pub(super) fn text(&mut self, peer: PeerId, name: &'static str, frames: &str) {
        if self.name_of(peer) == Some(name) {
            self.batch.push((peer, frames.into()));
        }
    }

    /// `free` is what the memory limit leaves; the server's words have no place beyond it.
    pub(super) fn too_long(&mut self, peer: PeerId, len: u64, limit: usize, free: usize) {
        if self.name_of(peer).is_none() {
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

    pub(super) fn leave(&mut self, peer: PeerId, name: &'static str) {
        if self.name_of(peer) == Some(name) {
            self.gone(peer, true);
        }
    }

    /// The peer goes. `gets_its_share`: what was said before is still written.
    pub(super) fn gone(&mut self, peer: PeerId, gets_its_share: bool) {
        let until = self.batch.len();
        let Some(going) = self.peers.get_mut(&peer) else {
            return;
        };
        match going.standing {
            Standing::Stranger => going.standing = Standing::Out,
            Standing::Member { name, since } => {
                going.standing = if gets_its_share {
                    Standing::Leaving { since, until }
                } else {
                    Standing::Out
                };
                self.batch.push((peer, leave(name).into()));
            }
            Standing::Leaving { .. } | Standing::Out => {}
        }
    }

    /// The hub has flushed, and this is what one got who hears everything. `tight`: memory can have been short.
    pub(super) fn flush(&mut self, heard: &str, tight: bool) -> Flushed {
        let batch = std::mem::take(&mut self.batch);
        let main = concat(batch.iter().map(|(_, text)| text));
        let Some(mut rest) = heard.strip_prefix(&*main) else {
            panic!("the batch was\n{main}\nand this was heard\n{heard}");
        };
        let mut slow = Vec::new();
        while !rest.is_empty() {
            let name = rest.lines().nth(1).and_then(|line| line.split(' ').nth(1));
            let peer = name.and_then(|name| self.member_named(name));
            let peer = peer.unwrap_or_else(|| panic!("behind the batch was heard\n{rest}"));
            let left = leave(name.unwrap_or_default());
            let Some(behind) = rest.strip_prefix(&*left) else {
                panic!("behind the batch was heard\n{rest}");
            };
            assert!(
                !slow.contains(&(peer, left.as_str().into())),
                "it left twice: {rest}"
            );
            slow.push((peer, Rc::from(left)));
            rest = behind;
        }
        let most = heard.len() + TABLES * (batch.len() + slow.len());
        for (&peer, state) in &mut self.peers {
            let goes = slow.iter().any(|(slow, _)| *slow == peer);
            state.flush(peer, &batch, &slow, most, goes, tight);
        }
        Flushed {
            gone: slow.len(),
            most,
        }
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
                // It is missing, and what a cut made look like its beginning is that of another.
                let beginning = due.text.as_bytes()[..due.got].iter().copied();
                bytes.splice(..0, beginning);
                state.due.pop_front();
            }
        }
        let next = state.due.front().map_or(state.flushes, |due| due.flush);
        state.held.retain(|held| held.flush >= next);
    }

    /// Its queue is empty: then it has all that was due, and is `over` only if it is out.
    pub(super) fn has_all(&mut self, peer: PeerId, over: bool) {
        let Some(state) = self.peers.get_mut(&peer) else {
            panic!("{peer:?} is nobody");
        };
        state.held.clear();
        if let Some(missing) = state.due.iter().find(|due| !due.optional || due.got > 0) {
            panic!("{peer:?} did not get {:?}", missing.text);
        }
        state.due.clear();
        assert_eq!(
            over,
            state.standing == Standing::Out,
            "{peer:?} is {:?}",
            state.standing
        );
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

    fn standing(&mut self, peer: PeerId, wanted: Standing) -> Option<&mut Peer> {
        self.peers
            .get_mut(&peer)
            .filter(|state| state.standing == wanted)
    }
}

impl Peer {
    /// What of a flush is due to the peer, and whether it had to go or to stay.
    fn flush(
        &mut self,
        peer: PeerId,
        batch: &[(PeerId, Rc<str>)],
        slow: &[(PeerId, Rc<str>)],
        most: usize,
        goes: bool,
        tight: bool,
    ) {
        let (share, stays) = match self.standing {
            Standing::Stranger | Standing::Out => return,
            Standing::Member { since, .. } => (&batch[since..], true),
            Standing::Leaving { since, until } => (&batch[since.min(until)..until], false),
        };
        let others = || share.iter().filter(|(sender, _)| *sender != peer);
        let certain: usize = others().map(|(_, text)| text.len()).sum();
        if stays {
            let short = tight && !self.held.is_empty();
            let crowded = !self.has_room(most) || slow.len() > 1;
            assert!(!goes || short || crowded, "{peer:?} had room and had to go");
            let full = certain > 0 && self.has_no_room(certain);
            assert!(goes || !full, "{peer:?} had no room and did not go");
        }
        let optional = goes || !stays && !self.has_room(most);
        others().for_each(|(_, text)| self.is_due(text, optional));
        if stays {
            let leaves = slow.iter().filter(|(slow, _)| *slow != peer);
            leaves.for_each(|(_, text)| self.is_due(text, optional));
        }
        self.holds(most);
        self.standing = match self.standing {
            Standing::Member { name, .. } if !goes => Standing::Member { name, since: 0 },
            _ => Standing::Out,
        };
    }
}

fn concat<'a>(texts: impl Iterator<Item = &'a Rc<str>>) -> String {
    texts.map(|text| &**text).collect()
}

fn from_server(text: &str) -> Rc<str> {
    super::super::tests::text(SERVER_NAME, text).into()
}
