//! Member: all that a member of a room knows and decides, without a socket, a clock or a thread. It outlives its
//! connections: it says which frame goes out next, takes in what comes, and tells what that means.
//!
//! Whoever drives it calls [`Member::connect`] for each connection. Then, until [`Member::ended`]: writes what
//! [`Member::next`] gives and reports it by [`Member::began`] and [`Member::wrote`], passes on what was read to
//! [`Member::hear`], calls [`Member::due`] at [`Member::deadline`], and takes [`Member::events`] after each of them.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, SystemTime};

use hubbub_transport::Pin;
use hubbub_wire::{Hex64, Hex128, Item, Username};

use crate::echo::Echoes;
use crate::trial::Trial;
use crate::words::{cut_off, reason};
use crate::{Cause, Event, MessageId, Seen, Stamped};

use link::{Link, Sign};
use offers::Offers;
use place::Place;
use texts::Texts;

pub use crate::trial::Refusal;
pub use crate::writing::{Kind, Outgoing};
pub use line::Line;

mod carrying;
mod catching_up;
mod hearing;
mod line;
mod link;
mod offers;
mod place;
mod replay;
mod sending;
mod texts;
pub(crate) mod wake;

#[cfg(test)]
mod tests;

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The time since some fixed moment, without the time in which the computer slept.
    pub awake: Duration,
    /// The time of day.
    pub wall: SystemTime,
}

/// Who wants to be a member.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name to join under.
    pub username: Username<'static>,
    /// As in [`Options::seen`](crate::Options::seen).
    pub seen: Option<Seen>,
    /// As in [`Options::recent`](crate::Options::recent).
    pub recent: u32,
    /// As in [`Options::plain`](crate::Options::plain).
    pub plain: bool,
    /// Drawn for this run of the program.
    pub session: Hex64,
    /// Drawn for this run, too, and told to nobody but the server: who has it is this member.
    pub secret: Hex128,
}

/// Why the member gives up its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server does not do what it should.
    GiveUp {
        /// In words for a person.
        why: &'static str,
        /// For a program.
        cause: Cause,
    },
    /// The computer slept, and the connection did not survive it: connect anew at once.
    Asleep,
    /// The same member has connected elsewhere. [`Event::Replaced`] is told; do not connect before the user wants it.
    Replaced,
    /// An operator does not want us in the room. [`Event::Kicked`] is told; do not connect before the user wants it.
    Kicked,
}

/// A member of a room.
#[derive(Debug)]
pub struct Member {
    username: Username<'static>,
    /// The name of the next connection, if it is another one.
    renamed: Option<Username<'static>>,
    recent: u32,
    offers: Offers,
    place: Place,
    texts: Texts,
    echoes: Echoes,
    /// The message of the day as it was told last.
    motd: String,
    /// What the user wants to ask the server as soon as it grants.
    pings: VecDeque<u64>,
    /// The key that the server says it will have.
    announced: Option<Pin>,
    /// After so long a silence the server is asked whether it is there.
    heartbeat: Option<Duration>,
    link: Option<Link>,
    events: Vec<Stamped>,
}

impl Member {
    /// A member that has no connection yet.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let offers = Offers::new(&profile);
        Self {
            username: profile.username,
            renamed: None,
            recent: profile.recent,
            offers,
            place: Place::new(profile.seen),
            texts: Texts::new(profile.session),
            echoes: Echoes::default(),
            motd: String::new(),
            pings: VecDeque::new(),
            announced: None,
            heartbeat: None,
            link: None,
            events: Vec::new(),
        }
    }

    /// A connection begins, in plain or on a line. Its `nonce` is drawn for it.
    pub fn connect(&mut self, nonce: Hex64, line: Option<Line>, now: Now) {
        if let Some(username) = self.renamed.take() {
            self.username = username;
        }
        let since = self.place.room.zip(self.place.last().cloned());
        self.offers.bind(line.as_ref());
        let password = line.as_ref().and_then(|line| line.password.clone());
        let offer = self.offers.next(nonce, since, self.recent, password);
        let link = Link::new(offer, self.offers.expects_grant(), now);
        self.link = Some(Link { line, ..link });
        self.texts.begin_connection();
    }

    /// The user says something, which is not empty.
    pub fn say(&mut self, id: MessageId, text: String) {
        self.texts.say(id, text);
    }

    /// The user wants to know whether the server is there.
    pub fn ask_whether_there(&mut self, id: u64) {
        self.pings.push_back(id);
    }

    /// The connection may be dead: asks the server whether it is there, and gives it up unless it answers soon.
    pub fn doubt_connection(&mut self, now: Now) {
        if let Some(granted) = self.link.as_mut().and_then(|link| link.member.as_mut()) {
            granted.ask(Sign::Pong, now);
        }
    }

    /// After so long a silence the server is asked whether it is there, and given up unless it says anything soon.
    pub fn set_heartbeat(&mut self, heartbeat: Option<Duration>) {
        self.heartbeat = heartbeat;
    }

    /// The user wants older messages.
    pub fn ask_earlier(&mut self) {
        let Some(granted) = self.link.as_mut().and_then(|link| link.member.as_mut()) else {
            return;
        };
        if let Some(oldest) = &self.place.oldest {
            granted.replay.ask(oldest.clone());
        }
    }

    /// The next connection is under another name, unless this one gets into the room.
    pub fn rename(&mut self, username: Username<'static>) {
        self.renamed = Some(username);
    }

    /// Whether the next connection is under another name.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        self.renamed.is_some()
    }

    /// Takes what was read.
    pub fn hear(&mut self, item: &Item<'_>, now: Now) -> Option<Ending> {
        if let Some(granted) = self.link.as_mut().and_then(|link| link.member.as_mut()) {
            granted.hear_anything(now);
        }
        match item {
            Item::Frame(frame) => self.hear_frame(frame, now),
            Item::CutOff {
                username,
                payload,
                len,
            } => self.hear_other(cut_off(username, payload, *len), None, now),
            Item::Ignored(_) => None,
        }
    }

    /// When [`due`](Self::due) is to be called, or a text may go out, unless something happens before.
    #[must_use]
    pub fn deadline(&self, now: Now) -> Option<Duration> {
        let link = self.link.as_ref()?;
        let texts_wait = self.texts.wait();
        let trial = link.trial.deadline(now.awake, texts_wait);
        let granted = link.member.as_ref();
        let granted = granted.map(|granted| granted.deadline(self.heartbeat));
        let silent = self.silent_at();
        let patience = (texts_wait && self.is_patient()).then_some(link.began + link::PATIENCE);
        let is_open = link.is_open(now.awake) && texts_wait || !link.held.is_empty();
        let open = is_open.then_some(link.open_until);
        let secured = self.secured_at();
        [trial, granted, silent, patience, open, secured]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether texts wait for a grant that may never come.
    fn is_patient(&self) -> bool {
        let is_open = |link: &Link| link.member.is_none() && !link.is_plain;
        let expects = self.offers.expects_grant() && !self.offers.has_granted();
        expects && self.link.as_ref().is_some_and(is_open)
    }

    /// When a server that has not granted anything is given up, if one that grants is to be noticed when it is gone.
    fn silent_at(&self) -> Option<Duration> {
        let link = self.link.as_ref().filter(|link| link.member.is_none())?;
        Some(link.began + self.heartbeat?)
    }

    /// Time has passed.
    pub fn due(&mut self, now: Now) -> Option<Ending> {
        let is_patient = self.is_patient();
        let link = self.link.as_mut()?;
        if let Some(words) = link.trial.due(now.awake) {
            self.events.push(words);
        }
        if self.secured_at().is_some_and(|at| at <= now.awake) {
            self.tell_secured(false, now);
        }
        let link = self.link.as_mut()?;
        link.is_plain |= is_patient && link.began + link::PATIENCE <= now.awake;
        if !link.held.is_empty() && link.open_until <= now.awake {
            self.goes_plain(now);
        }
        if self.silent_at().is_some_and(|at| at <= now.awake) {
            return Some(link::SILENT);
        }
        let heartbeat = self.heartbeat;
        self.link.as_mut()?.member.as_mut()?.due(heartbeat, now)
    }

    /// We are in the room, whatever comes: what was kept back as a possible refusal is shown.
    pub(crate) fn admit(&mut self) {
        let Some(link) = &mut self.link else {
            return;
        };
        self.renamed = None;
        self.events.extend(link.trial.admit());
    }

    /// Whether it is not known yet that we are in the room.
    #[must_use]
    pub fn may_be_refused(&self) -> bool {
        self.link
            .as_ref()
            .is_some_and(|link| !matches!(link.trial, Trial::Over))
    }

    /// Whether we are in the room for certain.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.link.is_some() && !self.may_be_refused()
    }

    /// Whether the server refuses us since an operator does not want us in the room, if it closes now.
    #[must_use]
    pub fn is_kicked(&self) -> bool {
        self.link
            .as_ref()
            .is_some_and(|link| link.trial.is_kicked())
    }

    /// The connection has ended, and the user does not leave. Returns how the server refused us, if it did. If
    /// [`is_kicked`](Self::is_kicked), this is told, and there is no connection before the user wants one.
    pub fn ended(&mut self, now: Now) -> Option<Refusal> {
        // What a server that grants has said will be replayed.
        if !self.offers.expects_grant() && self.link.as_ref()?.member.is_none() {
            self.goes_plain(now);
        }
        let link = self.link.as_mut()?;
        let is_kicked = link.trial.is_kicked();
        let refusal = link.trial.refusal();
        let early = mem::take(&mut link.early);
        if refusal.is_some() {
            for id in early {
                self.tell(Event::Unsure { id }, now);
            }
        }
        let link = self.link.take()?;
        if let Some(Kind::Text { id, count: None }) = link.writing {
            self.tell(Event::Unsure { id }, now);
        }
        if link.member.is_none() && refusal.is_none() && link.has_joined {
            let stood = now.awake.saturating_sub(link.began);
            self.offers.ended(link.offer.is_some(), stood);
        }
        if refusal.is_some() {
            self.offers.refused(link.offer.is_some());
        }
        if let Some(refusal) = refusal.as_ref().filter(|_| is_kicked) {
            let why = reason(&refusal.words);
            self.tell(Event::Kicked { why }, now);
        }
        refusal
    }

    /// Whether the last connection ended as if the offer had put the server off, so that the next one goes without it.
    #[must_use]
    pub fn is_put_off(&self) -> bool {
        self.offers.was_put_off()
    }

    /// Whether nothing waits: every text has been sent, and has arrived if the server tells that.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.texts.are_done()
    }

    /// Whether the server tells what has arrived.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        let member = self.link.as_ref().map(|link| link.member.is_some());
        member.unwrap_or(false)
    }

    /// Whether texts wait to be sent.
    #[must_use]
    pub fn has_texts(&self) -> bool {
        self.texts.wait()
    }

    /// The program ends: whatever waits may not have arrived.
    pub fn abandon(&mut self, now: Now) {
        self.ended(now);
        for id in self.texts.abandon() {
            self.tell(Event::Unsure { id }, now);
        }
    }

    /// Takes what has happened, in order.
    pub fn events(&mut self) -> Vec<Stamped> {
        mem::take(&mut self.events)
    }

    fn tell(&mut self, event: Event, now: Now) {
        let at = now.wall;
        self.events.push(Stamped { at, event });
    }
}
