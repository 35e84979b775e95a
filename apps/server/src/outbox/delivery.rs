//! A delivery: what one peer gets at a time. It is a part of a batch, or keeps the place of something that is not known
//! yet.

use std::fmt;
use std::future::Future;
use std::mem;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::ANSWERING;
use crate::batch::{Batch, Form};
use crate::id::PeerId;

/// What waits in a peer's queue.
#[derive(Debug)]
pub enum Delivery {
    /// A part of a batch.
    Part(Part),
    /// Something that is not known yet.
    Later(Later),
}

/// What the place of something that is not known yet costs, in bytes.
const LATER: usize = 128;

impl Delivery {
    /// Delivers all of a batch that has one form: see [`Batch::alone`].
    #[must_use]
    pub fn all(batch: Arc<Batch>) -> Self {
        Self::Part(Part::all(batch))
    }

    /// Keeps a place in the queue until `what` is ready. Nothing behind it is written before. `None` ends the peer.
    ///
    /// What comes is exempt, since it was not there when the queue was asked whether it has room.
    #[must_use]
    pub fn later(what: impl Future<Output = Option<Vec<Self>>> + Send + 'static) -> Self {
        Self::Later(Later(Box::pin(what)))
    }

    /// Does not count against the limit of the outbox, and is no lag: the peer gets it because it came, or asked, not
    /// because it is slow.
    #[must_use]
    pub fn exempt(mut self) -> Self {
        if let Self::Part(part) = &mut self {
            part.is_exempt = true;
        }
        self
    }

    /// Ends the answer to an EARLIER. When it is written, the peer may ask again.
    #[must_use]
    pub fn ends_answer(self) -> Self {
        self.clears(ANSWERING)
    }

    /// Clears this flag of the outbox when it is written.
    pub(super) fn clears(mut self, flag: u8) -> Self {
        if let Self::Part(part) = &mut self {
            part.clears |= flag;
        }
        self
    }

    /// What it costs its reader while it waits, in bytes.
    #[must_use]
    pub fn cost(&self) -> usize {
        match self {
            Self::Part(part) => part.cost(),
            Self::Later(_) => LATER,
        }
    }

    pub(super) fn price(&self) -> Price {
        let cost = self.cost();
        match self {
            Self::Part(part) if !part.is_exempt => Price::Counted(cost),
            _ => Price::Exempt(cost),
        }
    }
}

/// What a delivery costs its reader, in bytes, and how that is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Price {
    /// Against the limit of the outbox.
    Counted(usize),
    /// Not against it.
    Exempt(usize),
}

impl From<Part> for Delivery {
    fn from(part: Part) -> Self {
        Self::Part(part)
    }
}

/// The part of a batch that one peer gets.
#[derive(Clone, Debug)]
pub struct Part {
    /// The batch, which all readers share.
    batch: Arc<Batch>,
    /// The entries that are not yet written. At first they reach from the peer's JOIN to its LEAVE.
    range: Range<u32>,
    /// How many bytes of the first of them are written. It stands here so that idle peers need no room for it.
    written: u32,
    form: Form,
    is_exempt: bool,
    /// Whether the connection was offered it when nothing else waited: nothing may go before it any more.
    pub(super) goes_first: bool,
    /// The flags of the outbox that are cleared when all of it is written.
    pub(super) clears: u8,
}

impl Part {
    /// Delivers these entries of a batch in a form that was made.
    #[must_use]
    pub const fn new(batch: Arc<Batch>, range: Range<u32>, form: Form) -> Self {
        Self {
            batch,
            range,
            written: 0,
            form,
            is_exempt: false,
            goes_first: false,
            clears: 0,
        }
    }

    /// Delivers all of a batch that has one form: see [`Batch::alone`].
    #[must_use]
    pub fn all(batch: Arc<Batch>) -> Self {
        let range = 0..batch.len();
        Self::new(batch, range, Form::Plain)
    }

    /// What it costs its reader while it waits, in bytes.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.batch.cost_of(self.form)
    }

    /// What is still to be written to `reader`, in as few parts as possible. A reader gets nothing that it sent itself.
    pub fn parts(&self, reader: PeerId) -> impl Iterator<Item = &[u8]> {
        let mut written = self.written as usize;
        let others = self.batch.others(self.range.clone(), reader);
        others.map(move |part| &self.batch.bytes(self.form, part)[mem::take(&mut written)..])
    }

    /// Notes that more bytes were written to `reader`, and subtracts them from `written`. Returns whether all of it is
    /// written now.
    pub fn advance(&mut self, reader: PeerId, written: &mut usize) -> bool {
        *written += mem::take(&mut self.written) as usize;
        for part in self.batch.others(self.range.clone(), reader) {
            let len = self.batch.bytes(self.form, part.clone()).len();
            if *written < len {
                let at = self.batch.locate(self.form, part.start, *written);
                (self.range.start, self.written) = at;
                return false;
            }
            *written -= len;
        }
        true
    }
}

/// Something that is not known yet.
pub struct Later(Pin<Box<dyn Future<Output = Option<Vec<Delivery>>> + Send>>);

impl Later {
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Vec<Delivery>>> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Later(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_takes_24_bytes_in_a_queue() {
        assert_eq!(size_of::<Delivery>(), 24);
    }
}
