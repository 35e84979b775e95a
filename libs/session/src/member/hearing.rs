//! Hearing: what the server's frames mean. What may be a refusal is kept back, what is our own is left out, and what is
//! live waits for what was missed.

use std::mem;
use std::time::{Duration, SystemTime};

use hubbub_wire::{Frame, Grant, Hex128, Id, Label, Notice, Payload, Stamp, Time, Token, Username};

use super::link::{GRANT_WITHIN, Granted};
use super::place::Place;
use super::replay::{self, Replay};
use super::sending::ASKED;
use super::{Ending, Member, Now};
use crate::trial::KICKED;
use crate::words::{reason, said, text, to_event};
use crate::{Cause, Event, Mark, Ours, Stamped};

/// The code of a NOTICE whose payload is the pin of the key that the server will have.
const NEXT_KEY: &str = "next-key";
/// No session says so much. A log that tells of more is not ours.
const MOST_TEXTS: u64 = u64::MAX / 2;

impl Member {
    pub(super) fn hear_frame(&mut self, frame: &Frame<'_>, now: Now) -> Option<Ending> {
        if !matches!(frame, Frame::Present { .. }) {
            self.tell_present(now);
        }
        match frame {
            Frame::Grant { username, grant } => self.take_grant(username, grant, now),
            Frame::Text {
                username,
                payload,
                label: Label::Stamped(stamp),
            } => self.hear_stamped(username, *payload, stamp, now),
            Frame::Join { time, .. } | Frame::Leave { time, .. } => {
                self.hear_other(to_event(frame)?, *time, now)
            }
            Frame::Text { .. } => self.hear_other(to_event(frame)?, None, now),
            Frame::Notice { notice, .. } => self.hear_notice(notice, now),
            _ => self.hear_answer(frame, now),
        }
    }

    /// Takes what only a server says that has granted.
    fn hear_answer(&mut self, frame: &Frame<'_>, now: Now) -> Option<Ending> {
        let granted = self.link.as_mut()?.member.as_mut()?;
        match frame {
            Frame::Present { names, .. } => {
                let names = text(names.as_bytes());
                let names = names.lines().filter(|name| !name.is_empty());
                let present = granted.present.get_or_insert_default();
                present.extend(names.map(str::to_owned));
            }
            Frame::Replayed { replayed, .. } => {
                let done = granted.replay.replayed(replayed);
                return self.replay_done(done, now);
            }
            Frame::Ack { id, seq, .. } if self.offers.is_ours(*id) => {
                self.arrived(id.count, seq, now)
            }
            Frame::Pong { id, .. } => {
                granted.ping.take_if(|ping| ping.id == *id);
                let asked = id.as_str().strip_prefix(ASKED);
                if let Some(id) = asked.and_then(|id| id.parse().ok()) {
                    self.tell(Event::Pong { id }, now);
                }
            }
            _ => {}
        }
        None
    }

    fn take_grant(&mut self, username: &Username<'_>, grant: &Grant, now: Now) -> Option<Ending> {
        let link = self.link.as_ref()?;
        let is_answer = link.has_offered(grant.version, grant.nonce) && *username == self.username;
        if !is_answer || link.member.is_some() || grant.arrived > MOST_TEXTS {
            return None;
        }
        if now.awake > link.began + GRANT_WITHIN {
            return Some(Ending::GiveUp {
                why: "the server answered too late",
                cause: Cause::CutOff,
            });
        }
        self.admit();
        self.offers.granted();
        let is_same = self.place.room == Some(grant.room);
        if self.texts.room() != Some(grant.room) {
            self.doubt(now);
        }
        if !is_same {
            self.place = Place::in_room(grant.room);
        }
        let resumed = self.place.last().is_some();
        let (room, kept) = (grant.room, grant.kept);
        let event = Event::Granted {
            room,
            kept,
            resumed,
        };
        self.tell(event, now);
        self.tell_secured(grant.private, now);
        for id in self.texts.resume(room, grant.arrived) {
            let seq = self.place.last().map(Token::to_string);
            let seq = seq.unwrap_or_default();
            self.tell(Event::Arrived { id, seq }, now);
        }
        let most = grant.max_payload;
        for (id, text) in self.texts.take_sent_too_long(room, most) {
            self.refuse_too_long(id, &text, most, now);
        }
        let replay = Replay::new(self.place.seen(), self.place.is_begun_anew);
        let mut granted = Granted::new(room, most, replay, now);
        let link = self.link.as_mut()?;
        if link.is_plain {
            granted.replay.comes_late();
        }
        for stamped in link.held.drain(..) {
            granted.replay.hold_plain(stamped);
        }
        link.member = Some(granted);
        None
    }

    /// Nobody can tell any more whether what was sent and not acknowledged has arrived.
    fn doubt(&mut self, now: Now) {
        for id in self.texts.doubt() {
            self.tell(Event::Unsure { id }, now);
        }
    }

    fn tell_present(&mut self, now: Now) {
        let granted = self.link.as_mut().and_then(|link| link.member.as_mut());
        if let Some(names) = granted.and_then(|granted| granted.present.take()) {
            self.tell(Event::Present { names }, now);
        }
    }

    /// Takes a text with its place in the log.
    fn hear_stamped(
        &mut self,
        username: &Username<'_>,
        payload: Payload<'_>,
        stamp: &Stamp<'_>,
        now: Now,
    ) -> Option<Ending> {
        let granted = self.link.as_ref()?.member.as_ref();
        let Some(room) = granted.map(|granted| granted.room) else {
            // The answer to an offer that is not answered yet, or not in time, is not what people say now.
            let event = said(username.to_string(), payload.as_bytes(), None);
            return (!stamp.past).then(|| self.hear_other(event, Some(stamp.time), now))?;
        };
        let mark = Mark {
            seq: stamp.seq.to_string(),
            id: stamp.id.to_string(),
            past: stamp.past,
            own: self.ours(room, username, stamp.id.as_str()),
        };
        let is_ours = mark.own.is_some();
        let event = said(username.to_string(), payload.as_bytes(), Some(mark));
        // What we said before the grant has no name that we know.
        let is_echo = !is_ours && self.is_own(&event, now.awake);
        let stamped = Stamped {
            at: at(Some(stamp.time), now),
            event,
        };
        let granted = self.link.as_mut()?.member.as_mut()?;
        if stamp.past {
            granted.replay.take(stamped, is_echo);
            return self.bound_replay(now);
        }
        self.live(stamped, is_echo, now)
    }

    /// Whether a text of the log is one of this session.
    fn ours(&self, room: Hex128, username: &Username<'_>, id: &str) -> Option<Ours> {
        if let Some(id) = self.texts.own(room, id) {
            return Some(Ours::Here(id));
        }
        // Everybody can read the session in it, and could begin one of that number. Nobody else has the name.
        let is_ours = Id::parse(id).is_some_and(|id| self.offers.is_ours(id));
        (is_ours && *username == self.username).then_some(Ours::Before)
    }

    /// Takes what does not stand in the log.
    pub(super) fn hear_other(
        &mut self,
        event: Event,
        time: Option<Time>,
        now: Now,
    ) -> Option<Ending> {
        let at = at(time, now);
        let link = self.link.as_mut()?;
        let stamped = Stamped { at, event };
        if link.trial.suspects(&stamped.event, now.awake) {
            link.trial.hold(stamped, now.awake);
            return None;
        }
        self.admit();
        let is_own = self.is_own(&stamped.event, now.awake);
        let link = self.link.as_mut()?;
        if link.member.is_some() || is_from_server(&stamped.event) {
            return self.live(stamped, is_own, now);
        }
        let is_too_much = !is_own && !link.hold(stamped);
        if is_too_much || !link.is_open(now.awake) {
            self.goes_plain(now);
        }
        None
    }

    /// Others were heard before a grant: nobody grants here.
    pub(super) fn goes_plain(&mut self, now: Now) {
        let Some(link) = &mut self.link else {
            return;
        };
        link.is_plain = true;
        let held = mem::take(&mut link.held);
        self.doubt(now);
        let is_said =
            |stamped: &Stamped| matches!(stamped.event, Event::Said { .. } | Event::CutOff { .. });
        if held.iter().any(is_said) {
            // The screen has now messages whose place nobody knows. Those of a replay would be shown besides.
            self.place = Place::default();
            self.recent = 0;
        }
        self.events.extend(held);
    }

    /// Shows what is live, or lets it wait for what was missed.
    fn live(&mut self, stamped: Stamped, is_known: bool, now: Now) -> Option<Ending> {
        let Some(granted) = self.link.as_mut()?.member.as_mut() else {
            self.events.extend((!is_known).then_some(stamped));
            return None;
        };
        if !granted.replay.is_live() {
            if !is_known {
                granted.replay.hold(stamped);
            }
            return self.bound_replay(now);
        }
        self.show(stamped, is_known);
        None
    }

    /// Shows an event, and knows the log up to there.
    pub(super) fn show(&mut self, stamped: Stamped, is_known: bool) {
        if let Some(place) = replay::place(&stamped) {
            self.place.show(place);
        }
        self.events.extend((!is_known).then_some(stamped));
    }

    fn hear_notice(&mut self, notice: &Notice<'_>, now: Now) -> Option<Ending> {
        let code = notice.code.to_string();
        let text = text(notice.text.as_bytes());
        let link = self.link.as_mut()?;
        if link.member.is_some() {
            if code == "replaced" {
                self.tell(Event::Replaced, now);
                return Some(Ending::Replaced);
            }
            if code == KICKED {
                let why = reason(&text);
                self.tell(Event::Kicked { why }, now);
                return Some(Ending::Kicked);
            }
            if code == NEXT_KEY {
                // Only who has the key that is believed can say which one comes after it.
                self.announced = link.line.as_ref().and_then(|_| text.parse().ok());
                return None;
            }
            // It comes with each grant, and nobody wants to read it again after each outage.
            if code != "motd" || self.motd != text {
                if code == "motd" {
                    self.motd.clone_from(&text);
                }
                self.tell(Event::Notice { code, text }, now);
            }
        } else {
            // Words that refuse us, and no others, come before a grant.
            let stamped = Stamped {
                at: now.wall,
                event: Event::Notice { code, text },
            };
            if link.trial.suspects(&stamped.event, now.awake) {
                link.trial.hold(stamped, now.awake);
            }
        }
        None
    }

    /// Whether an event is about ourselves and says nothing new. A JOIN or LEAVE under our name is an echo, or the
    /// server has only now noticed the end of our previous connection.
    fn is_own(&mut self, event: &Event, now: Duration) -> bool {
        let own = self.username.as_str();
        match event {
            Event::Joined { name } | Event::Left { name } => name == own,
            Event::Said { name, text, .. } => name == own && self.echoes.take(text, now),
            Event::CutOff { name, .. } => name == own,
            _ => false,
        }
    }
}

fn is_from_server(event: &Event) -> bool {
    matches!(event, Event::Said { name, .. } if name == Username::SERVER.as_str())
}

/// The time that the server tells, or else that of our clock.
fn at(time: Option<Time>, now: Now) -> SystemTime {
    time.map_or(now.wall, |time| {
        SystemTime::UNIX_EPOCH + Duration::from_millis(time.unix_ms())
    })
}
