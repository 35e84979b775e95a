//! Frames out of what came: the name, the head if it bears headers of the extension, and the payload.
//!
//! A frame of CHAT/1.0 stays one, whatever headers of the extension it bears: what cannot be read in them is as if it
//! were not there. A frame of the extension with something that cannot be read is passed over.

use super::{Ignored, Item};
use crate::extension::{Grant, Hex64, Hex128, Id, Kept, Label, MAX_EARLIER, Notice, Offer};
use crate::extension::{Replayed, Stamp, Token, decimal};
use crate::header::{Header, Headers};
use crate::password::Password;
use crate::{Frame, Method, Payload, Time, Username};

/// Reads a frame.
pub(super) fn read<'a>(
    method: Method,
    username: Username<'a>,
    head: &'a [u8],
    payload: Option<Payload<'a>>,
) -> Item<'a> {
    let headers = &Headers::read(head);
    let frame = match (method, payload) {
        (Method::Join, _) => {
            let time = headers.required(Header::Time, Time::parse);
            Some(Frame::Join { username, time })
        }
        (Method::Leave, _) => {
            let time = headers.required(Header::Time, Time::parse);
            Some(Frame::Leave { username, time })
        }
        (Method::Text, Some(payload)) => Some(Frame::Text {
            username,
            payload,
            label: label(headers),
        }),
        (Method::Text, None) if headers.has(Header::Offer) => {
            offer(headers).map(|offer| Frame::Offer { username, offer })
        }
        (Method::Text, None) if headers.has(Header::Grant) => {
            grant(headers).map(|grant| Frame::Grant { username, grant })
        }
        (Method::Text, None) => return Item::Ignored(Ignored::EmptyText),
        (Method::Ack, _) => ack(username, headers),
        (Method::Present, names) => names.map(|names| Frame::Present { username, names }),
        (Method::Replayed, _) => {
            replayed(headers).map(|replayed| Frame::Replayed { username, replayed })
        }
        (Method::Earlier, _) => earlier(username, headers),
        (Method::Ping, _) => headers
            .required(Header::Id, Token::new)
            .map(|id| Frame::Ping { username, id }),
        (Method::Pong, _) => headers
            .required(Header::Id, Token::new)
            .map(|id| Frame::Pong { username, id }),
        (Method::Notice, text) => text
            .and_then(|text| notice(headers, text))
            .map(|notice| Frame::Notice { username, notice }),
    };
    match frame {
        Some(frame) => Item::Frame(frame),
        None => Item::Ignored(Ignored::Unreadable(method)),
    }
}

/// Whether the extension has a name for a text with this head. Only programs that count right give it one.
pub(super) fn is_labelled(head: &[u8]) -> bool {
    label(&Headers::read(head)) != Label::Plain
}

fn label<'a>(headers: &Headers<'a>) -> Label<'a> {
    if let Some(stamp) = stamp(headers) {
        return Label::Stamped(stamp);
    }
    let own = headers.required(Header::Id, Id::parse);
    own.map_or(Label::Plain, Label::Own)
}

fn stamp<'a>(headers: &Headers<'a>) -> Option<Stamp<'a>> {
    Some(Stamp {
        id: headers.required(Header::Id, Token::new)?,
        seq: headers.required(Header::Seq, Token::new)?,
        time: headers.required(Header::Time, Time::parse)?,
        past: headers.flag(Header::Past)?,
    })
}

fn offer<'a>(headers: &Headers<'a>) -> Option<Offer<'a>> {
    let (version, nonce) = headers.required(Header::Offer, version_and_nonce)?;
    let (session, attempt) = headers.required(Header::Session, |text| {
        let (session, attempt) = two_words(text)?;
        Some((Hex64::parse(session)?, decimal(attempt)?))
    })?;
    let since = headers.optional(Header::Since, |text| {
        let (room, seq) = two_words(text)?;
        Some((Hex128::parse(room)?, Token::new(seq)?))
    })?;
    Some(Offer {
        version,
        nonce,
        session,
        attempt,
        secret: headers.required(Header::Resume, Hex128::parse)?,
        since,
        recent: headers.optional(Header::Recent, count)?.unwrap_or(0),
        password: headers.optional(Header::Password, Password::parse)?,
    })
}

fn grant(headers: &Headers<'_>) -> Option<Grant> {
    let (version, nonce) = headers.required(Header::Grant, version_and_nonce)?;
    Some(Grant {
        version,
        nonce,
        room: headers.required(Header::Room, Hex128::parse)?,
        kept: headers.required(Header::Kept, Kept::parse)?,
        arrived: headers.required(Header::Arrived, decimal)?,
        max_payload: headers.required(Header::MaxPayload, decimal)?,
        private: headers.flag(Header::Private)?,
    })
}

fn ack<'a>(username: Username<'a>, headers: &Headers<'a>) -> Option<Frame<'a>> {
    Some(Frame::Ack {
        username,
        id: headers.required(Header::Id, Id::parse)?,
        seq: headers.required(Header::Seq, Token::new)?,
    })
}

fn replayed<'a>(headers: &Headers<'a>) -> Option<Replayed<'a>> {
    Some(Replayed {
        last: headers.required(Header::Last, Token::new)?,
        before: headers.optional(Header::Before, Token::new)?,
        after: headers.optional(Header::After, Token::new)?,
        more: headers.flag(Header::More)?,
        lost: headers.flag(Header::Lost)?,
    })
}

fn earlier<'a>(username: Username<'a>, headers: &Headers<'a>) -> Option<Frame<'a>> {
    Some(Frame::Earlier {
        username,
        before: headers.required(Header::Before, Token::new)?,
        count: headers
            .required(Header::Count, count)
            .filter(|&count| count > 0)?,
    })
}

fn notice<'a>(headers: &Headers<'a>, text: Payload<'a>) -> Option<Notice<'a>> {
    Some(Notice {
        code: headers.required(Header::Code, Token::new)?,
        id: headers.optional(Header::Id, Token::new)?,
        text,
    })
}

fn version_and_nonce(text: &str) -> Option<(u32, Hex64)> {
    let (version, nonce) = two_words(text)?;
    Some((decimal(version)?.try_into().ok()?, Hex64::parse(nonce)?))
}

/// How many earlier messages are wanted. Who wants more than [`MAX_EARLIER`] wants that many.
fn count(text: &str) -> Option<u32> {
    let count = decimal(text)?.min(u64::from(MAX_EARLIER));
    u32::try_from(count).ok()
}

/// Two words with blanks between them.
fn two_words(text: &str) -> Option<(&str, &str)> {
    let is_blank = |letter| matches!(letter, ' ' | '\t');
    let (first, rest) = text.split_once(is_blank)?;
    Some((first, rest.trim_start_matches(is_blank)))
}
