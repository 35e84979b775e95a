//! Link: what a member knows about the connection that it has now, and forgets with it.

use std::time::Duration;

use hubbub_wire::{Hex64, Hex128, Offer, Token};

use super::replay::Replay;
use super::wake::Wake;
use super::{Ending, Kind, Line, Now};
use crate::backlog::{BACKLOG_BYTES, BACKLOG_EVENTS, weight};
use crate::trial::Trial;
use crate::{Cause, MessageId, Stamped};

/// A grant that comes later than this after the connection began does not count. What others say until then waits for
/// it where one is expected.
pub(super) const GRANT_WITHIN: Duration = Duration::from_secs(5);
/// How long that waits where nothing is known about the server. It takes as long as the round trips of a JOIN that is
/// cut in two, and nobody misses it.
pub(super) const OPEN_FOR: Duration = Duration::from_millis(500);
/// How long texts wait for the grant of a server that granted in an earlier run. After that another program may listen
/// at the address, and nobody shall wait for ever.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a PONG may take. Without one the connection did not survive the computer's sleep.
pub(super) const PONG_WITHIN: Duration = Duration::from_secs(3);
/// How long a server may say nothing after it was asked because of its silence. Nobody waits for it, so that a slow
/// line has more time.
const SIGN_WITHIN: Duration = Duration::from_secs(10);

/// How a connection ends to a server of which nothing is heard.
pub(super) const SILENT: Ending = Ending::GiveUp {
    why: "the server does not answer",
    cause: Cause::CutOff,
};

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) began: Duration,
    /// What keeps others from reading along, if it is not a plain connection.
    pub(super) line: Option<Line>,
    /// Whether [`Event::Secured`](crate::Event::Secured) was told.
    pub(super) is_secured: bool,
    pub(super) offer: Option<Offer<'static>>,
    /// Whether the JOIN is written.
    pub(super) has_joined: bool,
    /// The frame of which the socket has taken a part.
    pub(super) writing: Option<Kind>,
    pub(super) trial: Trial,
    /// Texts that were written while the server could still refuse us. If it does, nobody got them.
    pub(super) early: Vec<MessageId>,
    /// Whether no grant is expected any more: others were heard first, or nothing was for a long time.
    pub(super) is_plain: bool,
    /// What others say before this time waits for a grant.
    pub(super) open_until: Duration,
    /// What waits. A server that reads the JOIN before the offer passes on in plain form what comes between them, and
    /// does not replay it.
    pub(super) held: Vec<Stamped>,
    /// How many bytes that has.
    pub(super) held_bytes: usize,
    pub(super) member: Option<Granted>,
}

/// What a grant brings.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) room: Hex128,
    pub(super) max_payload: u64,
    pub(super) replay: Replay,
    /// The names that came in PRESENT frames, until another frame comes.
    pub(super) present: Option<Vec<String>>,
    wake: Wake,
    /// When something was heard last.
    heard: Duration,
    pub(super) ping: Option<Ping>,
    pings: u64,
}

/// A PING that is not answered.
#[derive(Debug)]
pub(super) struct Ping {
    pub(super) id: Token<'static>,
    pub(super) is_sent: bool,
    by: Duration,
    sign: Sign,
}

/// What shows that a connection is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// An answer: what else comes may have been on its way before.
    Pong,
    /// Anything.
    Anything,
}

impl Link {
    pub(super) fn new(offer: Option<Offer<'static>>, expects_grant: bool, now: Now) -> Self {
        let open_for = if expects_grant {
            GRANT_WITHIN
        } else {
            OPEN_FOR
        };
        Self {
            open_until: now.awake + open_for,
            held: Vec::new(),
            held_bytes: 0,
            began: now.awake,
            line: None,
            is_secured: false,
            is_plain: offer.is_none(),
            offer,
            has_joined: false,
            writing: None,
            trial: Trial::Silent(now.awake),
            early: Vec::new(),
            member: None,
        }
    }

    /// Whether what others say waits for a grant.
    pub(super) fn is_open(&self, now: Duration) -> bool {
        self.member.is_none() && !self.is_plain && now < self.open_until
    }

    /// When a server that does not grant counts as one that has let us in: it has said something in CHAT/1.0, which was
    /// no refusal. One that is known to grant never does.
    pub(super) fn secured_at(&self) -> Option<Duration> {
        let may_be_plain = self.line.as_ref().is_some_and(|line| !line.is_bound);
        let is_heard = self.has_joined && matches!(self.trial, Trial::Over);
        (may_be_plain && is_heard && !self.is_secured).then_some(self.began + GRANT_WITHIN)
    }

    /// Lets what others say wait. Returns whether it is not too much.
    pub(super) fn hold(&mut self, stamped: Stamped) -> bool {
        self.held_bytes += weight(&stamped.event).unwrap_or_default();
        self.held.push(stamped);
        self.held.len() <= BACKLOG_EVENTS && self.held_bytes <= BACKLOG_BYTES
    }

    /// Whether a grant repeats our offer.
    pub(super) fn has_offered(&self, version: u32, nonce: Hex64) -> bool {
        let offer = self.offer.as_ref();
        offer.is_some_and(|offer| (offer.version, offer.nonce) == (version, nonce))
    }
}

impl Granted {
    pub(super) fn new(room: Hex128, max_payload: u64, replay: Replay, now: Now) -> Self {
        Self {
            room,
            max_payload,
            replay,
            present: None,
            wake: Wake::new(now),
            heard: now.awake,
            ping: None,
            pings: 0,
        }
    }

    /// Something was heard.
    pub(super) fn hear_anything(&mut self, now: Now) {
        self.heard = now.awake;
        self.ping.take_if(|ping| ping.sign == Sign::Anything);
    }

    /// Asks whether the server is still there. A question that is open is not asked again.
    pub(super) fn ask(&mut self, sign: Sign, now: Now) {
        if self.ping.is_some() {
            return;
        }
        let (name, within) = match sign {
            Sign::Pong => ("wake", PONG_WITHIN),
            Sign::Anything => ("beat", SIGN_WITHIN),
        };
        self.pings += 1;
        self.ping = Token::new(format!("{name}-{}", self.pings)).map(|id| Ping {
            id,
            is_sent: false,
            by: now.awake + within,
            sign,
        });
    }

    /// Time has passed.
    pub(super) fn due(&mut self, heartbeat: Option<Duration>, now: Now) -> Option<Ending> {
        if let Some(ping) = self.ping.as_ref().filter(|ping| ping.by <= now.awake) {
            return Some(match ping.sign {
                Sign::Pong => Ending::Asleep,
                Sign::Anything => SILENT,
            });
        }
        if self.wake.look_at() <= now.awake && self.wake.has_slept(now) {
            self.ask(Sign::Pong, now);
        }
        if heartbeat.is_some_and(|every| self.heard + every <= now.awake) {
            self.ask(Sign::Anything, now);
        }
        None
    }

    /// When to look at the clocks, to ask the server, or to give up the connection.
    pub(super) fn deadline(&self, heartbeat: Option<Duration>) -> Duration {
        let next = match &self.ping {
            Some(ping) => Some(ping.by),
            None => heartbeat.map(|every| self.heard + every),
        };
        next.map_or(self.wake.look_at(), |at| at.min(self.wake.look_at()))
    }
}
