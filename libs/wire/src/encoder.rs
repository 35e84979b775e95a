//! Frames to bytes, in the one exact form: that order, that spelling, one blank after the colon, no other header.
//! Clients in the wild read by position, so every byte is fixed.

use alloc::vec::Vec;

use crate::Frame;
use crate::head::{MSG_LEN, USERNAME};
use crate::start::EXACT_START;

/// Appends `frame` to `out`. It allocates at most once, and not at all when `out` has room.
pub fn encode(frame: &Frame<'_>, out: &mut Vec<u8>) {
    let name = frame.username().as_str().as_bytes();
    let payload = match frame {
        Frame::Text { payload, .. } => payload.as_bytes(),
        Frame::Join { .. } | Frame::Leave { .. } => &[],
    };
    out.reserve(HEAD_WITHOUT_NAME + name.len() + payload.len());
    out.extend_from_slice(EXACT_START);
    out.extend_from_slice(frame.method().as_str().as_bytes());
    out.extend_from_slice(USERNAME);
    out.extend_from_slice(name);
    if !payload.is_empty() {
        out.extend_from_slice(MSG_LEN);
        push_decimal(payload.len(), out);
    }
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(payload);
}

/// Upper bound of a head's bytes without the name: `CHAT/1.0 LEAVE`, the two header names, 20 digits, line ends.
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
