//! Hearing: bytes of the server to events for the screen. What may be a refusal is kept back, and what is our own is
//! left out.

use std::time::Duration;

use hubbub_wire::{DecodeError, Item};

use super::{Connection, End, Lost};
use crate::words::{cut_off, to_event};
use crate::{Event, Stamped};

/// A frame that began and did not go on for this long is given up when another one begins. No network delays the rest
/// of a frame by as much, and to a person who waits for the texts of others it is a moment.
const SILENCE: Duration = Duration::from_secs(2);

impl Connection<'_> {
    /// Takes what was read. After the user's wish to leave, nothing is heard any more.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<End> {
        if self.leave_by.is_some() {
            return None;
        }
        let end = self.hear_or_end(bytes);
        self.silent_at = self.decoder.is_mid_frame().then(|| self.now() + SILENCE);
        end
    }

    /// Decides what was in doubt: nothing came for a long time, or nothing more will come.
    pub(super) fn silence(&mut self) -> Option<End> {
        self.silent_at = None;
        self.decoder.silence();
        self.hear_or_end(&[])
    }

    fn hear_or_end(&mut self, bytes: &[u8]) -> Option<End> {
        let error = self.hear_all(bytes).err()?;
        self.admit();
        self.part_at_once();
        let why = format!("the server sent something that is not CHAT/1.0 ({error})");
        Some(End::Lost(Lost::because(why)))
    }

    fn hear_all(&mut self, mut bytes: &[u8]) -> Result<(), DecodeError> {
        while let Some(item) = self.decoder.next(&mut bytes)? {
            let event = match item {
                Item::Frame(frame) => match to_event(&frame) {
                    Some(event) => event,
                    None => continue,
                },
                Item::CutOff {
                    username,
                    payload,
                    len,
                } => cut_off(&username, payload, len),
                Item::Ignored(_) => continue,
            };
            self.hear(event);
        }
        Ok(())
    }

    fn hear(&mut self, event: Event) {
        let now = self.now();
        let at = self.network.clock.wall();
        let suspect = self.trial.suspects(&event, now);
        let stamped = Stamped { at, event };
        if suspect {
            self.trial.hold(stamped, now);
            return;
        }
        self.admit();
        if !self.is_own(&stamped.event, now) {
            self.network.outlet.push(stamped);
        }
    }

    /// Concludes that we are in the room, and shows what was kept back.
    fn admit(&mut self) {
        if let Some(words) = self.trial.admit() {
            self.network.outlet.push(words);
        }
    }

    /// Whether an event is about ourselves and says nothing new. A JOIN or LEAVE under our name is an echo, or the
    /// server has only now noticed the end of our previous connection.
    fn is_own(&mut self, event: &Event, now: Duration) -> bool {
        let own = self.network.options.username.as_str();
        match event {
            Event::Joined { name } | Event::Left { name } => name == own,
            Event::Said { name, text, .. } => name == own && self.network.echoes.take(text, now),
            Event::CutOff { name, .. } => name == own,
            _ => false,
        }
    }
}
