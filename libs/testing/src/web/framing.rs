//! What a visitor's connection knows of WebSocket: what came of a frame so far, what is said by itself, and what the
//! server has said besides bytes.

use super::Frame;
use super::frame::{CLOSE, PING, PONG};
use crate::shown;

/// What stands for no code at all (RFC 6455, 7.1.5).
const NO_CODE: u16 = 1005;

/// The state of one connection.
#[derive(Default)]
pub(crate) struct Framing {
    /// What has come and is not a whole frame.
    pub(crate) unread: Vec<u8>,
    /// What was in the messages, and is not taken.
    pub(crate) messages: Vec<u8>,
    /// What the server asks, and what it answers.
    pub(crate) pings: Vec<Vec<u8>>,
    pub(crate) pongs: Vec<Vec<u8>>,
    /// The code and the reason of the end.
    pub(crate) closing: Option<(u16, String)>,
    /// How long the longest message was, in bytes.
    pub(crate) longest: usize,
    /// Pings get no answer, nor does the end.
    pub(crate) is_mute: bool,
    pub(crate) has_said_the_end: bool,
}

impl Framing {
    /// After a head, with what came behind it.
    pub(crate) fn after(unread: Vec<u8>) -> Self {
        Self {
            unread,
            ..Self::default()
        }
    }

    /// Takes the whole frames of what has come. Returns what is to be said to them.
    #[track_caller]
    pub(crate) fn take_frames(&mut self) -> Vec<u8> {
        let mut replies = Vec::new();
        while let Some((frame, len)) = Frame::first(&self.unread) {
            if let Some(wrong) = frame.wrong_for_a_server() {
                panic!("{wrong}: {}", shown(&self.unread));
            }
            if let Some(closing) = &self.closing {
                panic!("after the end {closing:?} came {}", shown(&self.unread));
            }
            self.unread.drain(..len);
            if let Some(reply) = self.take(frame)
                && !self.is_mute
            {
                replies.extend(reply.bytes());
            }
        }
        replies
    }

    fn take(&mut self, frame: Frame) -> Option<Frame> {
        let payload = frame.payload;
        match frame.opcode {
            PING => {
                let pong = Frame::pong(&payload);
                self.pings.push(payload);
                Some(pong)
            }
            PONG => {
                self.pongs.push(payload);
                None
            }
            CLOSE => {
                let (code, reason) = match payload.split_first_chunk() {
                    Some((code, reason)) => (u16::from_be_bytes(*code), reason),
                    None if payload.is_empty() => (NO_CODE, &[][..]),
                    None => panic!("half a code: {}", shown(&payload)),
                };
                let reason = String::from_utf8(reason.to_vec()).unwrap();
                self.closing = Some((code, reason));
                let has_said_it = std::mem::replace(&mut self.has_said_the_end, true);
                (!has_said_it).then(|| Frame::of(CLOSE, payload))
            }
            _ => {
                self.longest = self.longest.max(payload.len());
                self.messages.extend(payload);
                None
            }
        }
    }
}
