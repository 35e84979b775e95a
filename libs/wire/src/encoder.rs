//! Frames to bytes, in the one exact form: that order, that spelling, one blank behind the colon, no other header.
//! Clients in the wild read by position, so every byte is fixed.

use alloc::vec::Vec;
use core::fmt;

use crate::{Frame, Method};

/// Appends `frame` to `out`. It allocates at most once, and nothing when `out` has room.
///
/// # Errors
///
/// Frames that no reader would take; `out` is then unchanged.
pub fn encode(frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match (frame.method, frame.payload.len()) {
        (Method::Text, 0) => return Err(EncodeError::EmptyText),
        (Method::Join | Method::Leave, len @ 1..) => {
            return Err(EncodeError::UnexpectedPayload { len });
        }
        _ => {}
    }
    let name = frame.username.as_str().as_bytes();
    out.reserve(HEAD_WITHOUT_NAME + name.len() + frame.payload.len());
    out.extend_from_slice(b"CHAT/1.0 ");
    out.extend_from_slice(frame.method.as_str().as_bytes());
    out.extend_from_slice(b"\r\nUsername: ");
    out.extend_from_slice(name);
    if frame.method == Method::Text {
        out.extend_from_slice(b"\r\nMsg-len: ");
        push_decimal(frame.payload.len(), out);
    }
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(frame.payload);
    Ok(())
}

/// Upper bound of a head's bytes beside the name: `CHAT/1.0 LEAVE`, the two header names, 20 digits, line ends.
const HEAD_WITHOUT_NAME: usize = 72;

fn push_decimal(mut number: usize, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Why a frame of ours cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// A TEXT without payload. The assignment has every reader ignore it.
    EmptyText,
    /// A JOIN or LEAVE with a payload, which no reader takes.
    UnexpectedPayload {
        /// Its length, in bytes.
        len: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyText => {
                f.write_str("a TEXT of 0 bytes cannot be sent; give it at least one byte")
            }
            Self::UnexpectedPayload { len } => write!(
                f,
                "a JOIN or LEAVE with a payload of {len} bytes cannot be sent; send that as a TEXT"
            ),
        }
    }
}

impl core::error::Error for EncodeError {}
