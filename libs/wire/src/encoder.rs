//! Frames to bytes, in the one exact form: fixed order and spelling of the headers, one blank after the colon, no other
//! header. Every byte is fixed, because some clients read by position.

use alloc::vec::Vec;

use crate::Frame;
use crate::head::{MSG_LEN, USERNAME};
use crate::start::EXACT_START;

/// Appends `frame` to `out`. It allocates at most once, and not at all if `out` has room.
pub fn encode(frame: &Frame<'_>, out: &mut Vec<u8>) {
    let (username, payload): (_, &[u8]) = match frame {
        Frame::Join { username } | Frame::Leave { username } => (username, &[]),
        Frame::Text { username, payload } => (username, payload.as_bytes()),
    };
    let name = username.as_str().as_bytes();
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

/// No head has more bytes than this without the name: start line, two headers, 20 digits and line ends make 61.
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
