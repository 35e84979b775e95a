//! Frames to bytes, in the one exact form: fixed order and spelling of the headers, one blank after the colon, no other
//! header. Every byte is fixed, because some clients read by position.

use alloc::vec::Vec;
use core::fmt::{self, Display, Write};

use crate::Frame;
use crate::extension::{Grant, Label, Offer};
use crate::head::{MSG_LEN, USERNAME};
use crate::header::Header;
use crate::password::Password;
use crate::start::EXACT_START;

/// Appends `frame` to `out`. A frame of CHAT/1.0 allocates at most once, and not at all if `out` has room.
pub fn encode(frame: &Frame<'_>, out: &mut Vec<u8>) {
    let payload = payload_of(frame);
    let name = frame.username().as_str();
    out.reserve(HEAD_WITHOUT_NAME + name.len() + payload.len());
    encode_head(frame, out);
    out.extend_from_slice(payload);
}

/// Appends the head of `frame` to `out`, for those who write its payload from elsewhere.
pub fn encode_head(frame: &Frame<'_>, out: &mut Vec<u8>) {
    let name = frame.username().as_str().as_bytes();
    out.reserve(HEAD_WITHOUT_NAME + name.len());
    out.extend_from_slice(EXACT_START);
    out.extend_from_slice(frame.method().as_str().as_bytes());
    out.extend_from_slice(USERNAME);
    out.extend_from_slice(name);
    push_headers(frame, out);
    out.extend_from_slice(b"\r\n\r\n");
}

fn payload_of<'a>(frame: &Frame<'a>) -> &'a [u8] {
    match frame {
        Frame::Text { payload, .. } => payload.as_bytes(),
        Frame::Present { names, .. } => names.as_bytes(),
        Frame::Notice { notice, .. } => notice.text.as_bytes(),
        _ => &[],
    }
}

/// The headers after `Username`, in the order of the extension's page.
fn push_headers(frame: &Frame<'_>, out: &mut Vec<u8>) {
    match frame {
        Frame::Join { time, .. } | Frame::Leave { time, .. } => {
            push_some(Header::Time, time.as_ref(), out);
        }
        Frame::Text { payload, label, .. } => {
            push_msg_len(payload.as_bytes().len(), out);
            push_label(label, out);
        }
        Frame::Offer { offer, .. } => push_offer(offer, out),
        Frame::Grant { grant, .. } => push_grant(grant, out),
        Frame::Ack { id, seq, .. } => {
            push(Header::Id, id, out);
            push(Header::Seq, seq, out);
        }
        Frame::Present { names, .. } => push_msg_len(names.as_bytes().len(), out),
        Frame::Replayed { replayed, .. } => {
            push(Header::Last, &replayed.last, out);
            push_some(Header::Before, replayed.before.as_ref(), out);
            push_some(Header::After, replayed.after.as_ref(), out);
            push_flag(Header::More, replayed.more, out);
            push_flag(Header::Lost, replayed.lost, out);
        }
        Frame::Earlier { before, count, .. } => {
            push(Header::Before, before, out);
            push(Header::Count, count, out);
        }
        Frame::Ping { id, .. } | Frame::Pong { id, .. } => push(Header::Id, id, out),
        Frame::Notice { notice, .. } => {
            push(Header::Code, &notice.code, out);
            push_some(Header::Id, notice.id.as_ref(), out);
            push_msg_len(notice.text.as_bytes().len(), out);
        }
    }
}

fn push_label(label: &Label<'_>, out: &mut Vec<u8>) {
    match label {
        Label::Plain => {}
        Label::Own(id) => push(Header::Id, id, out),
        Label::Stamped(stamp) => {
            push(Header::Id, &stamp.id, out);
            push(Header::Seq, &stamp.seq, out);
            push(Header::Time, &stamp.time, out);
            push_flag(Header::Past, stamp.past, out);
        }
    }
}

fn push_offer(offer: &Offer<'_>, out: &mut Vec<u8>) {
    push_msg_len(0, out);
    push(
        Header::Offer,
        &format_args!("{} {}", offer.version, offer.nonce),
        out,
    );
    push(
        Header::Session,
        &format_args!("{} {}", offer.session, offer.attempt),
        out,
    );
    push(Header::Resume, &offer.secret, out);
    if let Some((room, seq)) = &offer.since {
        push(Header::Since, &format_args!("{room} {seq}"), out);
    }
    push(Header::Recent, &offer.recent, out);
    let password = offer.password.as_ref().map(Password::encoded);
    push_some(Header::Password, password.as_ref(), out);
}

fn push_grant(grant: &Grant, out: &mut Vec<u8>) {
    push_msg_len(0, out);
    push(
        Header::Grant,
        &format_args!("{} {}", grant.version, grant.nonce),
        out,
    );
    push(Header::Room, &grant.room, out);
    push(Header::Kept, &grant.kept, out);
    push(Header::Arrived, &grant.arrived, out);
    push(Header::MaxPayload, &grant.max_payload, out);
    push_flag(Header::Private, grant.private, out);
}

/// Ends the line before and appends a header.
fn push(header: Header, value: &dyn Display, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(header.name().as_bytes());
    out.extend_from_slice(b": ");
    // Writing to a `Vec` cannot fail.
    let _ = write!(Text(out), "{value}");
}

fn push_some<T: Display>(header: Header, value: Option<&T>, out: &mut Vec<u8>) {
    if let Some(value) = value {
        push(header, value, out);
    }
}

/// A header whose only value is yes.
fn push_flag(header: Header, is_set: bool, out: &mut Vec<u8>) {
    push_some(header, is_set.then_some(&"yes"), out);
}

fn push_msg_len(len: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(MSG_LEN);
    push_decimal(len, out);
}

/// Bytes that text is written to.
struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// No head of CHAT/1.0 has more bytes than this without the name: start line, two headers, 20 digits and line ends make
/// 61.
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
