//! Mail in the making: frames to events, as one read brings them. It knows which offer counts: the first one, if it is
//! the very next thing after the peer's first JOIN.

use std::mem;
use std::sync::Arc;

use hubbub_wire::{EXTENSION, Frame, Id, Label, Offer, Payload, Username};

use super::Connection;
use crate::event::{Candidate, Event, Mail, Offered};
use crate::id::PeerId;
use crate::texts::Texts;

/// How far a peer has come with its JOIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// It has not sent a JOIN.
    #[default]
    Before,
    /// Its first JOIN came last. An offer may come next.
    Open,
    /// What comes after its JOIN has come.
    Over,
}

/// What one read brought so far.
pub(crate) struct Collected<'a> {
    peer: PeerId,
    connection: &'a Connection,
    greeting: Greeting,
    mail: Mail,
    /// The TEXTs that came last, all under one name.
    texts: Option<Run>,
}

/// TEXTs in a row under one name. If they have names of the sender's own, these follow each other without a gap.
struct Run {
    name: Username<'static>,
    own: Option<Id>,
    texts: Texts,
}

impl Run {
    /// Whether a TEXT that comes next belongs to them.
    fn goes_on_with(&self, name: &Username<'_>, own: Option<Id>) -> bool {
        let next = self.own.map(|Id { session, count }| Id {
            session,
            count: count.saturating_add(self.texts.count() as u64),
        });
        self.name == *name && next == own
    }
}

impl<'a> Collected<'a> {
    /// Nothing yet.
    pub(crate) fn new(connection: &'a Connection, greeting: Greeting) -> Self {
        Self {
            peer: connection.peer,
            connection,
            greeting,
            mail: Mail::new(),
            texts: None,
        }
    }

    /// Takes a frame of CHAT/1.0 or an offer. Returns why it is ignored, if it is for what stands before it.
    pub(crate) fn take(&mut self, frame: Frame<'_>) -> Option<&'static str> {
        let peer = self.peer;
        if let Frame::Offer { username, offer } = frame {
            return self.take_offer(username, offer);
        }
        self.take_other();
        match frame {
            Frame::Join { username, .. } => {
                if self.greeting == Greeting::Before {
                    self.greeting = Greeting::Open;
                }
                self.push(Event::Join {
                    peer,
                    name: username.into_owned(),
                    offered: match self.greeting {
                        Greeting::Open => Offered::NotYet,
                        Greeting::Before | Greeting::Over => Offered::No,
                    },
                });
            }
            Frame::Leave { username, .. } => self.push(Event::Leave {
                peer,
                name: username.into_owned(),
            }),
            Frame::Text {
                username,
                payload,
                label,
            } => {
                let own = match label {
                    Label::Own(id) => Some(id),
                    Label::Plain | Label::Stamped(_) => None,
                };
                self.take_text(username, own, payload);
            }
            _ => return Some("a frame of the extension, without a grant"),
        }
        None
    }

    /// Something else than an offer came. No offer after it counts.
    pub(crate) fn take_other(&mut self) {
        if self.greeting == Greeting::Open {
            self.stands_behind(None, Offered::No);
        }
    }

    fn take_offer(&mut self, name: Username<'_>, offer: Offer<'_>) -> Option<&'static str> {
        if self.greeting != Greeting::Open {
            return Some("an offer that does not stand directly behind the first JOIN");
        }
        if offer.version != EXTENSION {
            self.stands_behind(None, Offered::OtherVersion);
            return Some("an offer of another version");
        }
        let why = if matches!(self.mail.last(), Some(Event::Join { name: joined, .. }) if *joined != name)
        {
            Some("an offer under another name than the JOIN")
        } else {
            None
        };
        match why {
            Some(_) => self.stands_behind(None, Offered::No),
            None => {
                let candidate = Box::new(Candidate {
                    offer: offer.into_owned(),
                    address: Arc::clone(self.connection.place.address()),
                });
                self.stands_behind(Some(name.into_owned()), Offered::Yes(candidate));
            }
        }
        why
    }

    /// Adds to the JOIN what comes after it. If the JOIN came in an earlier read, that is an event of its own.
    fn stands_behind(&mut self, name: Option<Username<'static>>, now: Offered) {
        self.greeting = Greeting::Over;
        if let Some(Event::Join { offered, .. }) = self.mail.last_mut() {
            *offered = now;
        } else {
            let peer = self.peer;
            self.push(Event::Offered {
                peer,
                name,
                offered: now,
            });
        }
    }

    /// TEXTs in a row under one name become one event.
    fn take_text(&mut self, username: Username<'_>, own: Option<Id>, payload: Payload<'_>) {
        if let Some(run) = &mut self.texts
            && run.goes_on_with(&username, own)
        {
            return run.texts.push(payload);
        }
        self.close_texts();
        let mut texts = Texts::default();
        texts.push(payload);
        let name = username.into_owned();
        self.texts = Some(Run { name, own, texts });
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.close_texts();
        self.mail.push(event);
    }

    fn close_texts(&mut self) {
        if let Some(Run { name, own, texts }) = self.texts.take() {
            let mut held = self.connection.intake.hold(texts.size());
            held.measure(self.connection.house.metrics.sample());
            self.mail.push(Event::Said {
                peer: self.peer,
                name,
                own,
                texts,
                held,
            });
        }
    }

    /// The mail, and how far the peer has come with its JOIN.
    pub(crate) fn finish(mut self) -> (Mail, Greeting) {
        self.close_texts();
        (mem::take(&mut self.mail), self.greeting)
    }
}
