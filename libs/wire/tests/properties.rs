//! What is true of any frames, any noise, any bytes and any cuts.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod common;
mod properties {
    pub(super) mod any;
}

use common::{Seen, decode_pieces, feed};
use hubbub_wire::{Decoder, Frame, Ignored, Item, Limits, Method, Payload, Username, encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::properties::any::any_extended;

/// Small enough that streams of a few hundred bytes reach every limit.
const SMALL: Limits = Limits {
    max_payload: 40,
    max_head: 120,
    max_headers: 6,
    max_name: 8,
    max_noise: 60,
};

/// What a decoder may hold beyond its limits: the end of a line that may be a start line after noise.
const SLACK: usize = 64;

/// A frame that can be sent, as it looks when it is seen.
fn any_frame() -> impl Strategy<Value = Seen> {
    let extended = any_extended().prop_map(|frame| Seen::frame(&frame));
    prop_oneof![any_plain(), extended]
}

fn any_plain() -> impl Strategy<Value = Seen> {
    let name = "\\PC{1,16}".prop_filter("a name", |name| {
        Username::new(name.as_str(), Limits::DEFAULT.max_name).is_ok()
    });
    let text = vec(any::<u8>(), 1..300);
    prop_oneof![
        name.clone().prop_map(|name| common::join(&name)),
        name.clone().prop_map(|name| common::leave(&name)),
        (name, text).prop_map(|(name, text)| common::text(&name, &text)),
    ]
}

fn encode_into(frame: &Seen, out: &mut Vec<u8>) {
    let (method, name, payload) = match frame {
        Seen::Frame(method, name, payload) => (method, name, payload),
        Seen::Extended(bytes) => return out.extend(bytes),
        _ => panic!("{frame:?} is no frame"),
    };
    let username = Username::new(name.as_str(), Limits::DEFAULT.max_name).unwrap();
    let frame = match (method, Payload::new(payload)) {
        (Method::Join, None) => Frame::join(username),
        (Method::Leave, None) => Frame::leave(username),
        (Method::Text, Some(payload)) => Frame::text(username, payload),
        _ => panic!("{frame:?} cannot be sent"),
    };
    encode(&frame, out);
}

/// Bytes in which no start line can hide, because there is no C, and no TLS can begin.
fn any_noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("no C", |&byte| byte != b'C');
    vec(byte, 0..200).prop_filter("no TLS", |noise| !noise.starts_with(&[0x16, 0x03]))
}

/// Bytes made of the protocol's own words, so that many of them come close to frames.
fn any_soup() -> impl Strategy<Value = Vec<u8>> {
    let word = select(vec![
        &b"CHAT/1."[..],
        b"CHAT/1.0 ",
        b"CHAT/1.0 TEXT\r\n",
        b"CHAT/1.0 JOIN\n",
        b"CHAT/1.0 LEAVE\r\n",
        b"CHAT/1.0 LIST\r\n",
        b"CHAT/1.0 PING\r\n",
        b"CHAT/1.0 ACK\n",
        b"CHAT/1.0 PRESENT\r\n",
        b"CHAT/1.0 NOTICE\r\n",
        b"Id: 0f3a9c01d2e4b768-17\r\n",
        b"id:a1-42\n",
        b"Seq: a1-42\r\n",
        b"Time: 2026-11-26T00:08:42Z\r\n",
        b"Code: motd\r\n",
        b"CHAT/2.0 JOIN\r\n",
        b"TEXT",
        b"Username: al\r\n",
        b"Username:bo\n",
        b"username: too long a name\r\n",
        b"Msg-len: ",
        b"Msg-len: 2\r\n",
        b"msg-len:40\n",
        b"Msg-len: 41\r\n",
        b"Msg-len: 18446744073709551615\r\n",
        b"7",
        b":",
        b" ",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"hi",
        "é€".as_bytes(),
        b"a text of twenty byte",
    ])
    .prop_map(<[u8]>::to_vec);
    let piece = prop_oneof![9 => word, 1 => vec(any::<u8>(), 1..20)];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn any_cuts() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 0..20)
}

/// `stream` in the pieces that the cuts make of it.
fn cut<'a>(stream: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.sort_unstable();
    let ends = at.iter().copied().chain([stream.len()]);
    let begins = [0].into_iter().chain(at.iter().copied());
    begins
        .zip(ends)
        .map(|(begin, end)| &stream[begin..end])
        .collect()
}

proptest! {
    #[test]
    fn frames_come_out_of_any_cuts_as_they_were_encoded(
        frames in vec(any_frame(), 0..8),
        cuts in any_cuts(),
    ) {
        let mut stream = Vec::new();
        for frame in &frames {
            encode_into(frame, &mut stream);
        }
        prop_assert_eq!(decode_pieces(Limits::DEFAULT, cut(&stream, &cuts)), frames);
    }

    #[test]
    fn a_frame_of_the_extension_comes_out_with_all_that_it_holds(frame in any_extended()) {
        let mut bytes = Vec::new();
        encode(&frame, &mut bytes);
        let mut decoder = Decoder::new(Limits::DEFAULT);
        prop_assert_eq!(decoder.next(&mut &bytes[..]), Ok(Some(Item::Frame(frame))));
    }

    #[test]
    fn no_noise_hides_a_frame_and_all_of_it_is_counted(
        noise_and_frames in vec((any_noise(), any_plain()), 1..6),
        cuts in any_cuts(),
    ) {
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (noise, frame) in &noise_and_frames {
            stream.extend_from_slice(noise);
            encode_into(frame, &mut stream);
            let counted = without_empty_lines(noise).len();
            if counted > 0 {
                expected.push(common::noise(counted));
            }
            expected.push(frame.clone());
        }
        prop_assert_eq!(decode_pieces(Limits::DEFAULT, cut(&stream, &cuts)), expected);
    }

    #[test]
    fn any_bytes_decode_the_same_under_any_cuts(
        stream in prop_oneof![any_soup(), vec(any::<u8>(), 0..400)],
        cuts in any_cuts(),
    ) {
        for limits in [SMALL, Limits::DEFAULT] {
            let whole = decode_pieces(limits, [&stream[..]]);
            for other in [
                decode_pieces(limits, cut(&stream, &cuts)),
                decode_pieces(limits, stream.chunks(1)),
            ] {
                // A text counted in characters is mended only if its end comes in one piece with the bytes before it.
                if !counts_characters(&whole) && !counts_characters(&other) {
                    prop_assert_eq!(&other, &whole);
                }
            }
        }
    }

    #[test]
    fn a_silence_anywhere_in_a_stream_in_order_changes_nothing(
        frames in vec(any_frame(), 0..8),
        cuts in any_cuts(),
    ) {
        let mut stream = Vec::new();
        for frame in &frames {
            encode_into(frame, &mut stream);
        }
        prop_assert_eq!(common::decode_with_silences(cut(&stream, &cuts)), frames);
    }

    #[test]
    fn a_text_counted_in_characters_comes_out_whole(text in "\\PC{0,40}", other in any_frame()) {
        let counted = text.chars().count();
        prop_assume!(counted < text.len());
        let surplus = &text.as_bytes()[counted..];
        prop_assume!(!b"C\r\n".contains(&surplus[0]));
        let mut stream = format!("CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: {counted}\r\n\r\n{text}").into_bytes();
        encode_into(&other, &mut stream);
        prop_assert_eq!(
            decode_pieces(Limits::DEFAULT, [&stream[..]]),
            [common::text("u", text.as_bytes()), common::counted(counted, text.len()), other]
        );
    }

    #[test]
    fn any_bytes_hold_no_more_memory_than_the_limits_allow(
        stream in any_soup(),
        cuts in any_cuts(),
    ) {
        let most = SMALL.max_head.max(SMALL.max_noise + SLACK) + SMALL.max_payload;
        // After a silence a frame in doubt is held besides the one that was silent.
        for (silences, most) in [(false, most), (true, most + SMALL.max_head)] {
            let mut decoder = Decoder::new(SMALL);
            let mut seen = Vec::new();
            for piece in cut(&stream, &cuts) {
                let mut held = 0;
                feed(&mut decoder, piece, &mut seen, |decoder| {
                    held = held.max(decoder.buffered());
                });
                prop_assert!(held <= most, "{} bytes", held);
                if silences {
                    decoder.silence();
                }
            }
        }
    }

    #[test]
    fn any_frame_that_comes_out_can_be_encoded_and_comes_out_again(stream in any_soup()) {
        for item in decode_pieces(Limits::DEFAULT, [&stream[..]]) {
            if let Seen::Frame(method, _, payload) = &item {
                prop_assert_eq!(*method == Method::Text, !payload.is_empty());
            }
            if let Seen::Frame(..) | Seen::Extended(_) = &item {
                let mut bytes = Vec::new();
                encode_into(&item, &mut bytes);
                prop_assert_eq!(decode_pieces(Limits::DEFAULT, [&bytes[..]]), [item]);
            }
        }
    }

    #[test]
    fn the_limits_hold_for_whatever_comes_out(stream in any_soup()) {
        for item in decode_pieces(SMALL, [&stream[..]]) {
            match item {
                Seen::Frame(_, name, payload) => {
                    prop_assert!(name.len() <= SMALL.max_name);
                    prop_assert!(payload.len() <= SMALL.max_payload);
                }
                Seen::CutOff(name, payload, len) => {
                    prop_assert!(name.len() <= SMALL.max_name);
                    prop_assert!(payload.len() < len && len <= SMALL.max_payload);
                }
                Seen::Ignored(Ignored::Noise { bytes }) => {
                    prop_assert!((1..=SMALL.max_noise).contains(&bytes));
                }
                _ => {}
            }
        }
    }
}

fn counts_characters(seen: &[Seen]) -> bool {
    seen.iter()
        .any(|seen| matches!(seen, Seen::Ignored(Ignored::CountedCharacters { .. })))
}

/// The empty lines before noise are not part of it.
fn without_empty_lines(mut noise: &[u8]) -> &[u8] {
    while let Some(rest) = noise
        .strip_prefix(b"\n")
        .or_else(|| noise.strip_prefix(b"\r\n"))
    {
        noise = rest;
    }
    noise
}
