//! What goes out: messages of the writer, and between them what the connection says itself. It knows when the
//! connection below takes something; waiting is not its matter.
//!
//! Of the writer's bytes, nothing is kept. A frame says first how long it is, so the writer must finish the one that it
//! has begun; nothing else goes out before that.

use std::io::{self, ErrorKind, IoSlice};

use tungstenite::Bytes;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};

use crate::{Goodbye, Transport};

/// The most that one message takes, in bytes: with its head, one record of TLS. A browser shows a message when all of
/// it is there.
const MOST_MESSAGE: usize = 16 * 1024 - 4;

/// The most slices of one write. The rest waits for the next one.
const MOST_SLICES: usize = 64;

/// The longest head of a frame that is not masked, in bytes (RFC 6455, 5.2).
const MOST_HEAD: usize = 10;

/// What is kept between two tries.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    head: Head,
    /// How many bytes of the message that was begun are not sent.
    left: usize,
    /// What is not sent of a frame of the connection's own.
    own: Vec<u8>,
    /// The answer to the last ping. Earlier ones need none (RFC 6455, 5.5.3).
    pong: Option<Bytes>,
    /// We want a sign of life.
    ping: bool,
    close: Close,
    /// What a close is to say, if nothing else has to be said.
    goodbye: Option<Goodbye>,
    finish: Finish,
}

/// What is not sent of the head of a message.
#[derive(Debug, Default)]
struct Head {
    bytes: [u8; MOST_HEAD],
    sent: u8,
    len: u8,
}

/// How far the close has come. Nothing follows it.
#[derive(Debug, Default)]
enum Close {
    #[default]
    Not,
    Wanted(Option<CloseFrame>),
    /// It is in `own`, or sent.
    Said,
}

/// How far our own end has come.
#[derive(Debug, Default, PartialEq, Eq)]
enum Finish {
    #[default]
    Not,
    Wanted,
    /// Our half of the connection below is ended.
    Done,
}

impl Head {
    /// That of a binary message of this length.
    fn of(len: usize) -> Self {
        let mut head = Self::default();
        let mut room = &mut head.bytes[..];
        let header = FrameHeader {
            opcode: OpCode::Data(Data::Binary),
            ..FrameHeader::default()
        };
        // There is room for every head.
        let _ = header.format(len as u64, &mut room);
        head.len = (MOST_HEAD - room.len()) as u8;
        head
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent.into()..self.len.into()]
    }
}

impl Outgoing {
    /// Sends as much of one message as the connection below takes. Returns how many of the writer's bytes that were.
    pub(super) fn write(&mut self, below: &Transport, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.left == 0 {
            self.flush(below)?;
            if self.is_ending() {
                return Err(ErrorKind::BrokenPipe.into());
            }
            let offered: usize = slices.iter().map(|slice| slice.len()).sum();
            if offered == 0 {
                return Ok(0);
            }
            self.left = offered.min(MOST_MESSAGE);
            self.head = Head::of(self.left);
        }
        let sent = self.write_message(below, slices)?;
        let of_head = sent.min(self.head.rest().len());
        self.head.sent += of_head as u8;
        let written = sent - of_head;
        self.left -= written;
        if written == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        if self.left == 0 {
            // The next message may be long in coming. An error comes again with the next try.
            let _ = self.flush(below);
        }
        Ok(written)
    }

    /// Writes once: what is left of the message that was begun.
    fn write_message(&self, below: &Transport, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut parts = [IoSlice::new(&[]); 1 + MOST_SLICES];
        let mut used = 0;
        let mut left = self.left;
        let head = self.head.rest();
        let payload = slices.iter().map(|slice| &**slice);
        let all = [head].into_iter().filter(|head| !head.is_empty());
        let payload = payload.map_while(|slice| {
            let now = slice.len().min(left);
            left -= now;
            (now > 0 || slice.is_empty()).then(|| &slice[..now])
        });
        for (part, bytes) in parts.iter_mut().zip(all.chain(payload)) {
            *part = IoSlice::new(bytes);
            used += 1;
        }
        below.try_write_vectored(&parts[..used])
    }

    /// Whether nothing more is written after what has been begun.
    fn is_ending(&self) -> bool {
        self.finish != Finish::Not || !matches!(self.close, Close::Not)
    }

    /// Sends what the connection says itself, unless a message has been begun.
    ///
    /// # Errors
    ///
    /// Not all of it is sent.
    pub(super) fn flush(&mut self, below: &Transport) -> io::Result<()> {
        if self.left > 0 {
            return Ok(());
        }
        loop {
            while !self.own.is_empty() {
                let sent = below.try_write(&self.own)?;
                self.own.drain(..sent);
            }
            let Some(frame) = self.next_own() else { break };
            // Into memory, so that it does not fail.
            let _ = frame.format(&mut self.own);
        }
        self.own = Vec::new();
        if self.finish == Finish::Wanted {
            self.finish = Finish::Done;
            below.finish()?;
        }
        Ok(())
    }

    fn next_own(&mut self) -> Option<Frame> {
        if matches!(self.close, Close::Said) {
            return None;
        }
        if let Some(bytes) = self.pong.take() {
            return Some(Frame::pong(bytes));
        }
        if std::mem::take(&mut self.ping) {
            return Some(Frame::ping(Bytes::new()));
        }
        match std::mem::take(&mut self.close) {
            Close::Wanted(why) => {
                self.close = Close::Said;
                Some(Frame::close(why))
            }
            close => {
                self.close = close;
                None
            }
        }
    }

    /// Answers a ping when there is room.
    pub(super) fn pong(&mut self, bytes: &[u8]) {
        // The bytes are a part of all that came.
        self.pong = Some(Bytes::copy_from_slice(bytes));
    }

    /// Asks for a sign of life when there is room.
    pub(super) const fn ping(&mut self) {
        self.ping = true;
    }

    /// Says why the connection ends when it ends.
    pub(super) fn goodbye(&mut self, why: Goodbye) {
        self.goodbye.get_or_insert(why);
    }

    /// Ends the connection as soon as what has been begun is sent. Nothing more can be written.
    pub(super) fn close(&mut self, why: Option<CloseFrame>) {
        if matches!(self.close, Close::Not) {
            self.close = Close::Wanted(why);
        }
    }

    /// Ends our half of the connection as soon as all is sent. If a message was begun and not finished, no close can be
    /// said.
    pub(super) fn finish(&mut self, below: &Transport) -> io::Result<()> {
        if self.left > 0 {
            self.finish = Finish::Done;
            return below.finish();
        }
        let why = self.goodbye.unwrap_or(Goodbye::Left);
        self.close(Some(close_frame(why)));
        if self.finish == Finish::Not {
            self.finish = Finish::Wanted;
        }
        self.flush(below)
    }

    /// Whether our half is to end.
    pub(super) fn is_finishing(&self) -> bool {
        self.finish != Finish::Not
    }

    /// How many bytes are kept.
    pub(super) fn held(&self) -> usize {
        self.own.capacity() + self.pong.as_ref().map_or(0, Bytes::len)
    }
}

/// What a close frame says.
pub(super) fn close_frame(why: Goodbye) -> CloseFrame {
    CloseFrame {
        code: why.code().into(),
        reason: why.reason().into(),
    }
}
