//! Mail in the making: frames to events, as one read brings them.

use hubbub_wire::{Frame, Id, Label, Payload, Username};

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
            _ => {}
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

    pub(super) fn push(&mut self, event: Event) {
        self.close_texts();
        self.mail.push(event);
    }

    fn close_texts(&mut self) {
        if let Some(Run { name, own, texts }) = self.texts.take() {
            let held = self.intake.hold(texts.size());
            self.mail.push(Event::Said {
                peer: self.peer,
                name,
                own,
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
