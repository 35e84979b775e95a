//! Any bytes, cut in any way, decode the same, within the memory that the limits allow, and every frame that comes
//! out, those of the extension too, can be sent and read again. The exception are texts counted in characters, which a
//! cut may leave as they are. With silences between the pieces all bounds hold too.
//!
//! An input is: one byte that chooses the limits (its highest bit) and counts the cuts (the low four bits), then that
//! many bytes, the lengths of the pieces, used again and again, then the stream.

#![no_main]

use hubbub_wire::{DecodeError, Decoder, Ignored, Item, Limits, WORK, encode};
use libfuzzer_sys::fuzz_target;

/// Small enough that an input of a few hundred bytes reaches every limit.
const SMALL: Limits = Limits {
    max_payload: 40,
    max_head: 120,
    max_headers: 6,
    max_name: 8,
    max_noise: 60,
};

/// What a decoder may hold beyond its limits: the end of a line that may be a start line after noise.
const SLACK: usize = 64;

/// Most work for one byte that came.
const WORK_FOR_A_BYTE: u64 = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// A frame: its bytes in the exact form, which say all that it holds.
    Frame(Vec<u8>),
    Ignored(Ignored),
    Broken(DecodeError),
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let limits = if first & 0x80 == 0 {
        SMALL
    } else {
        Limits::DEFAULT
    };
    let Some((lengths, stream)) = rest.split_at_checked(usize::from(first & 0x0f)) else {
        return;
    };
    let whole = decode(limits, [stream], false);
    for other in [
        decode(limits, stream.chunks(1), false),
        decode(limits, cut(stream, lengths), false),
    ] {
        if !counts_characters(&whole) && !counts_characters(&other) {
            assert_eq!(other, whole);
        }
    }
    decode(limits, cut(stream, lengths), true);
    for item in &whole {
        if let Seen::Frame(bytes) = item {
            comes_back(limits, bytes);
        }
    }
});

/// `stream` in pieces of these lengths, used again and again. A length of 0 is an empty piece.
fn cut<'a>(mut stream: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    if lengths.iter().any(|&length| length > 0) {
        for &length in lengths.iter().cycle() {
            if stream.len() <= usize::from(length) {
                break;
            }
            let (piece, rest) = stream.split_at(usize::from(length));
            pieces.push(piece);
            stream = rest;
        }
    }
    pieces.push(stream);
    pieces
}

fn counts_characters(seen: &[Seen]) -> bool {
    seen.iter()
        .any(|seen| matches!(seen, Seen::Ignored(Ignored::CountedCharacters { .. })))
}

fn decode<'a>(
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    silences: bool,
) -> Vec<Seen> {
    let mut most = limits.max_head.max(limits.max_noise + SLACK) + limits.max_payload;
    if silences {
        most += limits.max_head;
    }
    WORK.set(0);
    let mut decoder = Decoder::new(limits);
    let mut seen = Vec::new();
    let mut bytes = 0;
    let end: &[u8] = &[];
    let pieces = pieces.into_iter().map(|piece| (piece, silences));
    'stream: for (mut piece, silence) in pieces.chain([(end, true), (end, false)]) {
        bytes += piece.len() as u64;
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(Item::Frame(frame))) => {
                    let mut exact = Vec::new();
                    encode(&frame, &mut exact);
                    seen.push(Seen::Frame(exact));
                }
                Ok(Some(Item::CutOff { payload, len, .. })) => assert!(payload.len() < len),
                Ok(Some(Item::Ignored(why))) => seen.push(Seen::Ignored(why)),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.next(&mut piece), Err(error), "an error is final");
                    assert_eq!(decoder.buffered(), 0, "a stream given up holds nothing");
                    seen.push(Seen::Broken(error));
                    break 'stream;
                }
            }
            assert!(decoder.buffered() <= most, "{}", decoder.buffered());
        }
        assert!(piece.is_empty(), "bytes were left");
        assert!(decoder.buffered() <= most, "{}", decoder.buffered());
        if silence {
            decoder.silence();
        }
    }
    let work = WORK.get();
    assert!(
        work <= WORK_FOR_A_BYTE * bytes,
        "{work} of work for {bytes} bytes"
    );
    seen
}

/// Decodes a frame in the exact form, and encodes it again.
fn comes_back(limits: Limits, bytes: &[u8]) {
    // The frame that came may have had a shorter head, by blanks and CR left out.
    let mut decoder = Decoder::new(Limits {
        max_head: limits.max_head + 80,
        ..limits
    });
    let mut input = bytes;
    let Ok(Some(Item::Frame(frame))) = decoder.next(&mut input) else {
        panic!("{} is not read", bytes.escape_ascii());
    };
    let mut again = Vec::new();
    encode(&frame, &mut again);
    assert_eq!(again, bytes);
    assert_eq!(decoder.next(&mut input), Ok(None));
    assert_eq!(decoder.buffered(), 0);
}
