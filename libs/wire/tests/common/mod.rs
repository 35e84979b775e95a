//! What the decoder's tests share: they decode a stream that arrives in pieces, and keep what comes out.

#![allow(dead_code, reason = "each test file uses a part of this")]

use hubbub_wire::{DecodeError, Decoder, Frame, Ignored, Item, Label, Limits, Method, encode};

/// One thing that came out of a stream, in memory of its own, so that runs can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Frame(Method, String, Vec<u8>),
    /// A frame with something of the extension in it: its bytes in the exact form, which say all that it holds.
    Extended(Vec<u8>),
    CutOff(String, Vec<u8>, usize),
    Ignored(Ignored),
    Broken(DecodeError),
}

impl Seen {
    pub(crate) fn frame(frame: &Frame<'_>) -> Self {
        let payload = match frame {
            Frame::Join { time: None, .. } | Frame::Leave { time: None, .. } => &[],
            Frame::Text {
                payload,
                label: Label::Plain,
                ..
            } => payload.as_bytes(),
            _ => {
                let mut bytes = Vec::new();
                encode(frame, &mut bytes);
                return Self::Extended(bytes);
            }
        };
        Self::Frame(
            frame.method(),
            frame.username().as_str().into(),
            payload.into(),
        )
    }

    fn new(item: &Item<'_>) -> Self {
        match item {
            Item::Frame(frame) => Self::frame(frame),
            Item::CutOff {
                username,
                payload,
                len,
            } => Self::CutOff(username.as_str().into(), payload.to_vec(), *len),
            Item::Ignored(ignored) => Self::Ignored(*ignored),
        }
    }
}

pub(crate) fn join(name: &str) -> Seen {
    Seen::Frame(Method::Join, name.into(), Vec::new())
}

pub(crate) fn leave(name: &str) -> Seen {
    Seen::Frame(Method::Leave, name.into(), Vec::new())
}

pub(crate) fn text(name: &str, payload: &[u8]) -> Seen {
    Seen::Frame(Method::Text, name.into(), payload.into())
}

pub(crate) fn cut_off(name: &str, payload: &[u8], len: usize) -> Seen {
    Seen::CutOff(name.into(), payload.into(), len)
}

pub(crate) fn counted(characters: usize, bytes: usize) -> Seen {
    Seen::Ignored(Ignored::CountedCharacters { characters, bytes })
}

pub(crate) fn noise(bytes: usize) -> Seen {
    Seen::Ignored(Ignored::Noise { bytes })
}

/// Everything that comes out of `piece`, up to a fatal error.
///
/// `after_each` looks at the decoder after each item and once more when it waits for bytes.
pub(crate) fn feed(
    decoder: &mut Decoder,
    piece: &[u8],
    seen: &mut Vec<Seen>,
    mut after_each: impl FnMut(&Decoder),
) {
    let mut input = piece;
    loop {
        let before = input.len();
        match decoder.next(&mut input) {
            Ok(Some(item)) => seen.push(Seen::new(&item)),
            Ok(None) => {
                assert!(input.is_empty(), "{} bytes were left", input.len());
                after_each(decoder);
                return;
            }
            Err(error) => {
                seen.push(Seen::Broken(error));
                return;
            }
        }
        assert!(input.len() <= before, "the input grew");
        after_each(decoder);
    }
}

/// What comes out of a stream that arrives in these pieces and ends. A fatal error is the last thing seen.
pub(crate) fn decode_pieces<'a>(
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Seen> {
    let mut decoder = Decoder::new(limits);
    let mut seen = Vec::new();
    for piece in pieces {
        feed(&mut decoder, piece, &mut seen, |_| ());
        if matches!(seen.last(), Some(Seen::Broken(_))) {
            return seen;
        }
    }
    decoder.silence();
    feed(&mut decoder, &[], &mut seen, |_| ());
    seen
}

/// What comes out of a stream that is silent after each of these pieces.
pub(crate) fn decode_with_silences<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    for piece in pieces {
        feed(&mut decoder, piece, &mut seen, |_| ());
        decoder.silence();
    }
    feed(&mut decoder, &[], &mut seen, |_| ());
    seen
}

/// What comes out of `stream`, whole and one byte at a time, which must be the same.
#[track_caller]
pub(crate) fn decode_with(limits: Limits, stream: &[u8]) -> Vec<Seen> {
    let whole = decode_pieces(limits, [stream]);
    let by_bytes = decode_pieces(limits, stream.chunks(1));
    assert_eq!(by_bytes, whole, "one byte at a time, and whole");
    whole
}

/// [`decode_with`] under the default limits.
#[track_caller]
pub(crate) fn decode(stream: &[u8]) -> Vec<Seen> {
    decode_with(Limits::DEFAULT, stream)
}
