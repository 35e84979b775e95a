//! One who speaks, and how far one who reads has come. The texts of a run have a length of their own only by the digits
//! of their places, so that bytes tell how many came.

use std::io;

use hubbub_testing::{Crowd, Offer, name_of, text};

const PAYLOAD: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// The count of the first text. A session may begin with any, and all of these have as many digits.
pub(crate) const FIRST: u64 = 1_000_000_000;

pub(crate) struct Speaker {
    number: usize,
    offer: Option<Offer>,
    said: u64,
    /// What the socket has not taken yet.
    rest: Vec<u8>,
}

impl Speaker {
    /// With a grant if there is an offer.
    pub(crate) fn new(number: usize, offer: Option<Offer>) -> Self {
        Self {
            number,
            offer,
            said: 0,
            rest: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, texts: u64) {
        for _ in 0..texts {
            let frame = match &self.offer {
                None => text(&name_of(self.number), PAYLOAD),
                Some(offer) => offer.text(FIRST + self.said, PAYLOAD),
            };
            self.rest.extend(frame);
            self.said += 1;
        }
    }

    pub(crate) fn push(&mut self, crowd: &mut Crowd) -> io::Result<()> {
        if !self.rest.is_empty() {
            let sent = crowd.send(self.number, &self.rest)?;
            self.rest.drain(..sent);
        }
        Ok(())
    }
}

/// How many texts a reader has got.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    /// The length of a text without the digits of its place, in bytes.
    len: u64,
    is_stamped: bool,
    texts: u64,
    bytes: u64,
}

impl Progress {
    pub(crate) fn new(is_stamped: bool) -> Self {
        let plain = text(&name_of(0), PAYLOAD).len();
        let session = "0123456789abcdef";
        let stamp = format!(
            "Id: {session}-{FIRST}\r\nSeq: {session}-\r\nTime: 2026-11-25T20:15:22.123Z\r\n"
        );
        let stamp = if is_stamped { stamp.len() } else { 0 };
        Self {
            len: (plain + stamp) as u64,
            is_stamped,
            texts: 0,
            bytes: 0,
        }
    }

    /// How many texts are complete in so many bytes. They never become fewer.
    pub(crate) fn upto(&mut self, bytes: u64) -> u64 {
        while self.end_of_next() <= bytes {
            self.bytes = self.end_of_next();
            self.texts += 1;
        }
        self.texts
    }

    /// How many texts there were until now.
    pub(crate) fn texts(&self) -> u64 {
        self.texts
    }

    /// Their bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn end_of_next(&self) -> u64 {
        let place = self.texts + 1;
        let digits = if self.is_stamped {
            place.ilog10() + 1
        } else {
            0
        };
        self.bytes + self.len + u64::from(digits)
    }
}
