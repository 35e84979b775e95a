//! A line between a program and the server: bytes on their way in both directions. A cut is seen by each end in its own
//! time, and what is on its way then is lost or not.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Bytes on their way in one direction.
#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    /// Nothing more goes in. Who reads sees the end after what is left.
    is_closed: bool,
}

/// One end of a line.
pub(super) struct Line {
    out: Rc<RefCell<Way>>,
    into: Rc<RefCell<Way>>,
}

impl Line {
    /// A new line, with both its ends.
    pub(super) fn new() -> (Self, Self) {
        let (up, down) = (Rc::default(), Rc::default());
        let near = Self {
            out: Rc::clone(&up),
            into: Rc::clone(&down),
        };
        let far = Self {
            out: down,
            into: up,
        };
        (near, far)
    }

    /// Sends. What is sent into a line that is cut is lost.
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut out = self.out.borrow_mut();
        if !out.is_closed {
            out.bytes.extend(bytes);
        }
    }

    /// Takes up to so many bytes that have come. `None`: nothing will come any more.
    pub(super) fn take(&self, most: usize) -> Option<Vec<u8>> {
        let mut into = self.into.borrow_mut();
        let count = most.min(into.bytes.len());
        if count == 0 && into.is_closed && into.bytes.is_empty() {
            return None;
        }
        Some(into.bytes.drain(..count).collect())
    }

    /// The network breaks. In each direction the last so many bytes are lost.
    pub(super) fn cut(&self, lost_out: usize, lost_into: usize) {
        for (way, lost) in [(&self.out, lost_out), (&self.into, lost_into)] {
            let mut way = way.borrow_mut();
            let kept = way.bytes.len().saturating_sub(lost);
            way.bytes.truncate(kept);
            way.is_closed = true;
        }
    }

    /// This end closes: the other sees the end after everything that was sent, and gets nothing through any more.
    pub(super) fn close(&self) {
        self.out.borrow_mut().is_closed = true;
        self.into.borrow_mut().is_closed = true;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.close();
    }
}
