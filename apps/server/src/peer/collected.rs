//! Mail in the making: frames to events, as one read brings them.

use hubbub_wire::{Frame, Payload, Username};

use crate::event::{Event, Mail};
use crate::id::PeerId;
use crate::outbox::Intake;
use crate::texts::Texts;

/// What one read brought so far.
pub(super) struct Collected<'a> {
    peer: PeerId,
    intake: &'a Intake,
    mail: Mail,
    /// The TEXTs that came last, all under one name.
    texts: Option<(Username<'static>, Texts)>,
}

impl<'a> Collected<'a> {
    /// Nothing yet. Texts count as held by `intake`.
    pub(super) fn new(peer: PeerId, intake: &'a Intake) -> Self {
        Self {
            peer,
            intake,
            mail: Mail::new(),
            texts: None,
        }
    }

    pub(super) fn take(&mut self, frame: Frame<'_>) {
        let peer = self.peer;
        match frame {
            Frame::Join { username, .. } => self.push(Event::Join {
                peer,
                name: username.into_owned(),
            }),
            Frame::Leave { username, .. } => self.push(Event::Leave {
                peer,
                name: username.into_owned(),
            }),
            Frame::Text {
                username, payload, ..
            } => self.take_text(username, payload),
            _ => {}
        }
    }

    /// TEXTs in a row under one name become one event.
    fn take_text(&mut self, username: Username<'_>, payload: Payload<'_>) {
        if let Some((name, texts)) = &mut self.texts
            && *name == username
        {
            return texts.push(payload);
        }
        self.close_texts();
        let mut texts = Texts::default();
        texts.push(payload);
        self.texts = Some((username.into_owned(), texts));
    }

    pub(super) fn push(&mut self, event: Event) {
        self.close_texts();
        self.mail.push(event);
    }

    fn close_texts(&mut self) {
        if let Some((name, texts)) = self.texts.take() {
            let held = self.intake.hold(texts.size());
            self.mail.push(Event::Said {
                peer: self.peer,
                name,
                texts,
                held,
            });
        }
    }

    pub(super) fn finish(mut self) -> Mail {
        self.close_texts();
        self.mail
    }
}
