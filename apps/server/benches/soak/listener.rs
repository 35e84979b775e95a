//! What one member hears, checked as it comes: each sender's texts are numbered from 0, and none may be missing, come
//! twice, come before its sender's JOIN or after its LEAVE, or be the member's own.

use std::collections::HashMap;
use std::io;

use hubbub_testing::name_of;
use hubbub_wire::{Decoder, Frame, Item, Limits};

/// A payload begins with its number, in this many digits.
pub(crate) const DIGITS: usize = 10;

/// What one member has heard.
pub(crate) struct Listener {
    /// Which member.
    pub(crate) number: usize,
    decoder: Decoder,
    heard: Heard,
}

struct Heard {
    /// The others in the room, with the number of the next text of each.
    next: HashMap<String, u32>,
    texts: u64,
    missing: u64,
}

impl Listener {
    /// The member with this number, in a room with all other `members`.
    pub(crate) fn new(number: usize, members: usize) -> Self {
        let others = (0..members).filter(|&other| other != number);
        Self {
            number,
            decoder: Decoder::new(Limits::DEFAULT),
            heard: Heard {
                next: others.map(|other| (name_of(other), 0)).collect(),
                texts: 0,
                missing: 0,
            },
        }
    }

    /// How many texts have come in order.
    pub(crate) fn heard(&self) -> u64 {
        self.heard.texts
    }

    /// How many texts are missing although later ones of the same sender have come.
    pub(crate) fn missing(&self) -> u64 {
        self.heard.missing
    }

    /// Takes what came from the server.
    ///
    /// # Errors
    ///
    /// The member should not have heard it.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some(item) = self.decoder.next(&mut bytes).map_err(io::Error::other)? {
            let surprise = match item {
                Item::Frame(frame) if self.heard.take(&frame) => continue,
                Item::Frame(frame) => format!("a {:?} of {}", frame.method(), frame.username()),
                Item::CutOff { username, .. } => format!("a part of a TEXT of {username}"),
                Item::Ignored(why) => why.to_string(),
            };
            let number = self.number;
            return Err(io::Error::other(format!(
                "member {number} got what was not due: {surprise}"
            )));
        }
        Ok(())
    }
}

impl Heard {
    /// Whether this frame was due, or may at least come after missing ones.
    fn take(&mut self, frame: &Frame<'_>) -> bool {
        let name = frame.username().as_str();
        match frame {
            Frame::Join { .. } => self.next.insert(name.to_owned(), 0).is_none(),
            Frame::Leave { .. } => self.next.remove(name).is_some(),
            Frame::Text { payload, .. } => {
                let (Some(next), Some(number)) =
                    (self.next.get_mut(name), number(payload.as_bytes()))
                else {
                    return false;
                };
                let Some(passed_over) = number.checked_sub(*next) else {
                    return false;
                };
                self.missing += u64::from(passed_over);
                self.texts += 1;
                *next = number + 1;
                true
            }
            _ => false,
        }
    }
}

fn number(payload: &[u8]) -> Option<u32> {
    std::str::from_utf8(payload.get(..DIGITS)?)
        .ok()?
        .parse()
        .ok()
}
