//! Sending: which frame goes out next, and what it means that a socket has taken it.

use std::time::Duration;

use hubbub_wire::{Frame, Hex128, Token};

use super::{Kind, Member, Now, Outgoing};
use crate::{Event, MessageId};

/// What the name of a PING begins with that the user wants.
pub(super) const ASKED: &str = "asked-";

impl Member {
    /// The frame to send next, if there is one: to be asked when the one before it is written. `is_leaving`: the user
    /// wants to go, so that nothing waits for the end of the server's silence.
    pub fn next(&mut self, is_leaving: bool, now: Now) -> Option<Outgoing> {
        let link = self.link.as_ref()?;
        if !link.has_joined {
            return Some(Outgoing::join(&self.username, link.offer.as_ref()));
        }
        if let Some(question) = self.question() {
            return Some(question);
        }
        if !self.may_say(is_leaving, now.awake) {
            return None;
        }
        let Some((room, most)) = self.granted() else {
            let (id, text) = self.texts.next_plain()?;
            return Outgoing::text(&self.username, id, None, text);
        };
        while let Some((id, text)) = self.texts.take_too_long(most) {
            self.refuse_too_long(id, &text, most, now);
        }
        let next = self.texts.next_counted(room)?;
        Outgoing::text(
            &self.username,
            next.id,
            Some(self.offers.id(next.count)),
            next.text,
        )
    }

    /// The LEAVE of this member.
    #[must_use]
    pub fn leave(&self) -> Outgoing {
        Outgoing::leave(&self.username)
    }

    /// What the extension asks the server.
    fn question(&self) -> Option<Outgoing> {
        let granted = self.link.as_ref()?.member.as_ref()?;
        let username = self.username.borrowed();
        if let Some(ping) = granted.ping.as_ref().filter(|ping| !ping.is_sent) {
            let id = ping.id.borrowed();
            return Some(Outgoing::new(
                Kind::Ping { id: None },
                &Frame::Ping { username, id },
            ));
        }
        if let Some(asked) = self.pings.front().copied() {
            let kind = Kind::Ping { id: Some(asked) };
            let id = Token::new(format!("{ASKED}{asked}"))?;
            return Some(Outgoing::new(kind, &Frame::Ping { username, id }));
        }
        let (before, count) = granted.replay.to_ask()?;
        let frame = Frame::Earlier {
            username,
            before,
            count,
        };
        Some(Outgoing::new(Kind::Earlier, &frame))
    }

    fn may_say(&self, is_leaving: bool, now: Duration) -> bool {
        let Some(link) = &self.link else {
            return false;
        };
        match &link.member {
            Some(granted) => granted.replay.has_begun(),
            None if !link.is_plain && self.offers.expects_grant() => false,
            None => is_leaving || !link.is_open(now) && link.trial.may_say(now),
        }
    }

    /// The log of the server that has granted, and the longest text that it takes.
    fn granted(&self) -> Option<(Hex128, u64)> {
        let granted = self.link.as_ref()?.member.as_ref()?;
        Some((granted.room, granted.max_payload))
    }

    pub(super) fn refuse_too_long(&mut self, id: MessageId, text: &str, most: u64, now: Now) {
        let len = text.len();
        let code = "too-long".to_owned();
        let text = format!("your text of {len} bytes was not sent: {most} bytes is the most");
        self.tell(Event::Notice { code, text }, now);
        self.tell(Event::Unsure { id }, now);
    }

    /// The socket has taken the first byte of a frame.
    pub fn began(&mut self, kind: Kind, now: Now) {
        let Some(link) = &mut self.link else {
            return;
        };
        link.writing = Some(kind);
        match kind {
            Kind::Join | Kind::Leave => {}
            Kind::Ping { id: Some(_) } => drop(self.pings.pop_front()),
            Kind::Ping { id: None } => {
                let ping = link
                    .member
                    .as_mut()
                    .and_then(|granted| granted.ping.as_mut());
                if let Some(ping) = ping {
                    ping.is_sent = true;
                }
            }
            Kind::Earlier => {
                if let Some(granted) = &mut link.member {
                    granted.replay.asked();
                }
            }
            Kind::Text { count: None, .. } => {
                if let Some(text) = self.texts.begin_plain() {
                    self.echoes.remember(&text, now.awake);
                }
            }
            Kind::Text {
                count: Some(count), ..
            } => {
                if let Some(granted) = &link.member {
                    self.texts.begin_counted(count, granted.room);
                }
            }
        }
    }

    /// The socket has taken the whole frame.
    pub fn wrote(&mut self, kind: Kind, now: Now) {
        let Some(link) = &mut self.link else {
            return;
        };
        link.writing = None;
        match kind {
            Kind::Join => {
                link.has_joined = true;
                self.tell(Event::Connected, now);
            }
            Kind::Text { id, count: None } => {
                if link.trial.is_open(now.awake) {
                    link.early.push(id);
                }
                self.tell(Event::Written { id }, now);
            }
            Kind::Text {
                count: Some(count), ..
            } => {
                if let Some(id) = self.texts.written(count) {
                    self.tell(Event::Written { id }, now);
                }
            }
            Kind::Leave | Kind::Ping { .. } | Kind::Earlier => {}
        }
    }
}
