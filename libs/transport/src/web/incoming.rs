//! What comes in: from the bytes of the other side to what its messages bring. It knows no socket and never waits.
//!
//! The rules of WebSocket are tungstenite's. It gets whole frames only, and exists only while it has something to do:
//! its buffers would otherwise stay with an idle connection, and those of its longest message with them.

use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::mem;

use tungstenite::error::{Error, ProtocolError};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, FrameHeader};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Bytes, Message};

use crate::Goodbye;

/// The longest message, and the longest frame, in bytes. Nobody needs more: a message may end anywhere in what is said.
pub(super) const MOST_MESSAGE: usize = 64 * 1024;

/// The longest control frame, in bytes (RFC 6455, 5.5).
const MOST_CONTROL: u64 = 125;

/// What tungstenite reads at a time, in bytes.
const READ_BUFFER: usize = 4 * 1024;

/// The most that tungstenite keeps of what it answers, in bytes. Its answers are thrown away, so that it keeps none.
const WRITE_BUFFER: usize = 128 * 1024;

/// What one frame brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The bytes of a message.
    Bytes(Bytes),
    /// A ping, which wants these bytes back.
    Ping(Bytes),
    /// The other side ends the connection, and wants this back.
    Close(Option<CloseFrame>),
}

/// Why nothing more is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) goodbye: Goodbye,
    pub(super) why: String,
}

/// What is kept of what came in.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The beginning of a frame.
    begun: Vec<u8>,
    /// Stands while a message has begun and not ended.
    context: Option<Box<WebSocketContext>>,
    /// How many bytes of that message have come.
    message: usize,
    /// How many frames have brought nothing.
    empty: usize,
}

impl Incoming {
    /// Takes what has come, and tells `hear` what it brings, in order. Nothing counts after a close.
    pub(super) fn take(&mut self, bytes: &[u8], mut hear: impl FnMut(Heard)) -> Result<(), Broken> {
        let mut begun = mem::take(&mut self.begun);
        let all = if begun.is_empty() {
            bytes
        } else {
            begun.extend_from_slice(bytes);
            &begun
        };
        let mut at = 0;
        while let Some((len, heard)) = self.next(&all[at..])? {
            at += len;
            let is_close = matches!(heard, Some(Heard::Close(_)));
            heard.into_iter().for_each(&mut hear);
            if is_close {
                at = all.len();
            }
        }
        // An idle connection holds no buffer.
        self.begun = if at == 0 && !begun.is_empty() {
            begun
        } else {
            all[at..].to_vec()
        };
        if self.message == 0 {
            self.context = None;
        }
        Ok(())
    }

    /// Takes the first frame of `bytes`, if all of it is there. Returns its length, and what it brought.
    fn next(&mut self, bytes: &[u8]) -> Result<Option<(usize, Option<Heard>)>, Broken> {
        let mut cursor = Cursor::new(bytes);
        let Some((header, len)) = FrameHeader::parse(&mut cursor)? else {
            return Ok(None);
        };
        self.check(&header, len)?;
        // Both are small by now.
        let whole = cursor.position() as usize + len as usize;
        let Some(frame) = bytes.get(..whole) else {
            return Ok(None);
        };
        let heard = self.hear(frame)?;
        match header.opcode {
            OpCode::Data(_) if header.is_final => self.message = 0,
            // So that it is never 0 before the message ends.
            OpCode::Data(_) => self.message += (len as usize).max(1),
            OpCode::Control(_) => {}
        }
        if len == 0 || matches!(header.opcode, OpCode::Control(_)) {
            self.empty += 1;
        }
        Ok(Some((whole, heard)))
    }

    /// Refuses by its head what need not be waited for.
    fn check(&self, header: &FrameHeader, len: u64) -> Result<(), Broken> {
        if header.opcode == OpCode::Data(Data::Text) {
            let why = "the browser sent a text message, and only binary ones are read".to_owned();
            let goodbye = Goodbye::Text;
            return Err(Broken { goodbye, why });
        }
        if len > MOST_MESSAGE as u64 {
            let why = format!("a frame of {len} bytes, where {MOST_MESSAGE} are the most");
            let goodbye = Goodbye::TooBig;
            return Err(Broken { goodbye, why });
        }
        if header.mask.is_none() {
            return Err(Error::Protocol(ProtocolError::UnmaskedFrameFromClient).into());
        }
        if matches!(header.opcode, OpCode::Control(_)) && len > MOST_CONTROL {
            return Err(Error::Protocol(ProtocolError::ControlFrameTooBig).into());
        }
        Ok(())
    }

    /// Lets tungstenite read one whole frame.
    fn hear(&mut self, frame: &[u8]) -> Result<Option<Heard>, Broken> {
        let context = self.context.get_or_insert_with(|| {
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .write_buffer_size(0)
                .max_write_buffer_size(WRITE_BUFFER)
                .max_message_size(Some(MOST_MESSAGE))
                .max_frame_size(Some(MOST_MESSAGE));
            Box::new(WebSocketContext::new(Role::Server, Some(config)))
        });
        match context.read(&mut Whole(frame)) {
            Ok(Message::Binary(bytes)) => Ok(Some(Heard::Bytes(bytes))),
            Ok(Message::Ping(bytes)) => Ok(Some(Heard::Ping(bytes))),
            Ok(Message::Close(close)) => Ok(Some(Heard::Close(close))),
            Ok(Message::Pong(_) | Message::Text(_) | Message::Frame(_)) => Ok(None),
            // A part of a message.
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// How many bytes are kept at most.
    pub(super) fn held(&self) -> usize {
        let message = match self.context {
            // Its parts, with room for more, and what it has room for because of the longest.
            Some(_) => READ_BUFFER + 3 * self.message,
            None => 0,
        };
        self.begun.capacity() + message
    }

    /// How many frames brought nothing since this was asked last.
    pub(super) fn take_empty(&mut self) -> usize {
        mem::take(&mut self.empty)
    }

    /// How many frames brought nothing.
    pub(super) const fn empty(&self) -> usize {
        self.empty
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        let goodbye = match error {
            Error::Capacity(_) => Goodbye::TooBig,
            Error::Utf8(_) => Goodbye::NotUtf8,
            _ => Goodbye::Protocol,
        };
        let why = error.to_string();
        Self { goodbye, why }
    }
}

/// One frame, as tungstenite reads it. What it answers by itself is thrown away: it would answer every ping of a flood,
/// and the connection sends other things in between.
struct Whole<'a>(&'a [u8]);

impl Read for Whole<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.0.read(bytes)
    }
}

impl Write for Whole<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
