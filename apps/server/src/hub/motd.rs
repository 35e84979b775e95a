//! Who gets the message of the day: members with a grant by a NOTICE, others by a TEXT if the settings say so.

use std::sync::Arc;

use hubbub_wire::{Frame, Notice, Payload, Token, Username, encode_head};
use tracing::info;

use super::Hub;
use crate::batch::Batch;
use crate::id::{Name, PeerId};
use crate::memory::Memory;
use crate::outbox::Delivery;
use crate::words;

/// What the server tells all members, in the two forms in which it goes out, each made once for all who get it.
#[derive(Debug)]
pub(super) struct Posters {
    code: words::Code,
    /// The payload of the NOTICE, whose head has the name of whoever gets it.
    granted: Arc<Batch>,
    text: String,
    plain: Option<Arc<Batch>>,
}

impl Hub {
    /// There is another message of the day, or none any more. All who may get it are told a new one; that there is none
    /// is told to nobody.
    pub(super) fn set_motd(&mut self, text: Option<String>) {
        let bytes = text.as_ref().map_or(0, String::len);
        if self.settings.motd == text {
            info!(bytes, "message of the day unchanged");
            return;
        }
        info!(bytes, "message of the day changed");
        self.settings.motd = text;
        self.welcomes
            .iter_mut()
            .for_each(|welcome| welcome.is_greeted = false);
        let Some(posters) = self.posters() else {
            return;
        };
        let members: Vec<PeerId> = self.room.peers().collect();
        for peer in members {
            // Who is about to get a grant gets the new message with it.
            let is_new = self.welcomes.iter().any(|welcome| welcome.peer == peer);
            let Some(name) = self.room.name(peer).filter(|_| !is_new) else {
                continue;
            };
            let deliveries = match self.room.ticket(peer) {
                Some(_) => posters.for_granted(name, &self.queued),
                None => posters.for_plain(),
            };
            self.post.welcome(peer, deliveries);
        }
    }

    /// The message of the day, if there is one.
    pub(super) fn posters(&self) -> Option<Posters> {
        let text = self.settings.motd.clone()?;
        let plain = self.settings.plain_motd;
        Some(Posters::new(words::Code::Motd, &text, plain, &self.queued))
    }

    /// Tells a new member without a grant, before all else.
    pub(super) fn greet(&mut self, peer: PeerId) {
        if self.settings.plain_motd
            && let Some(posters) = self.posters()
        {
            let plain = posters.for_plain().into_iter().map(Delivery::exempt);
            self.post.welcome(peer, plain.collect());
        }
    }
}

impl Posters {
    /// A text, which is also for members without a grant if it is `plain`.
    pub(super) fn new(code: words::Code, text: &str, plain: bool, memory: &Arc<Memory>) -> Self {
        Self {
            code,
            granted: Batch::alone(text.as_bytes().to_vec(), memory),
            plain: plain.then(|| Batch::notice(text, memory)),
            text: text.to_owned(),
        }
    }

    /// What a member with a grant gets.
    pub(super) fn for_granted(&self, name: &Name, memory: &Arc<Memory>) -> Vec<Delivery> {
        let (code, text) = (self.code.as_str(), self.text.as_bytes());
        let (Some(code), Some(text)) = (Token::new(code), Payload::new(text)) else {
            return Vec::new();
        };
        let notice = Notice {
            code,
            id: None,
            text,
        };
        let username: Username<'_> = name.borrowed();
        let mut head = Vec::new();
        encode_head(&Frame::Notice { username, notice }, &mut head);
        vec![
            Delivery::all(Batch::alone(head, memory)),
            Delivery::all(Arc::clone(&self.granted)),
        ]
    }

    /// What another member gets.
    pub(super) fn for_plain(&self) -> Vec<Delivery> {
        let plain = self.plain.iter();
        plain
            .map(|batch| Delivery::all(Arc::clone(batch)))
            .collect()
    }
}
