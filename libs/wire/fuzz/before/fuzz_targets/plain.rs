//! Any bytes, cut in any way, mean to a decoder of CHAT/1.0 what they meant to the last one that did not know the
//! extension: the same JOINs, LEAVEs and TEXTs, the same noise and the same end. Only what was ignored may have got a
//! meaning.
//!
//! An input is made like those of `decode`.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// One thing that both decoders must see.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Frame(&'static str, String, Vec<u8>),
    CutOff(String, Vec<u8>, usize),
    Passed(String),
    Broken(String),
}

/// A function that decodes a stream in pieces with one of the two libraries.
macro_rules! decoder {
    ($name:ident, $library:ident, $new:ident) => {
        fn $name(small: bool, pieces: &[&[u8]], silence: Option<usize>) -> Vec<Seen> {
            use $library::{Decoder, Frame, Ignored, Item, Limits};
            let mut limits = Limits::DEFAULT;
            if small {
                limits = Limits {
                    max_payload: 40,
                    max_head: 120,
                    max_headers: 6,
                    max_name: 8,
                    max_noise: 60,
                };
            }
            let mut decoder = Decoder::$new(limits);
            let mut seen = Vec::new();
            for (at, mut piece) in pieces.iter().copied().enumerate() {
                loop {
                    let item = match decoder.next(&mut piece) {
                        Ok(Some(item)) => item,
                        Ok(None) => break,
                        Err(error) => {
                            seen.push(Seen::Broken(format!("{error:?}")));
                            return seen;
                        }
                    };
                    match item {
                        Item::Frame(frame) => {
                            let name = frame.username().as_str().into();
                            match frame {
                                Frame::Join { .. } => {
                                    seen.push(Seen::Frame("JOIN", name, Vec::new()));
                                }
                                Frame::Leave { .. } => {
                                    seen.push(Seen::Frame("LEAVE", name, Vec::new()));
                                }
                                Frame::Text { payload, .. } => {
                                    let payload = payload.as_bytes().to_vec();
                                    seen.push(Seen::Frame("TEXT", name, payload));
                                }
                                #[allow(unreachable_patterns, reason = "one library has no more")]
                                _ => {}
                            }
                        }
                        Item::CutOff {
                            username,
                            payload,
                            len,
                        } => seen.push(Seen::CutOff(username.to_string(), payload.into(), len)),
                        Item::Ignored(
                            why @ (Ignored::Noise { .. }
                            | Ignored::NotAHeader
                            | Ignored::CutOff
                            | Ignored::PayloadTooLong { .. }
                            | Ignored::CountedCharacters { .. }),
                        ) => seen.push(Seen::Passed(format!("{why:?}"))),
                        Item::Ignored(_) => {}
                    }
                }
                if silence == Some(at) {
                    decoder.silence();
                }
            }
            seen
        }
    };
}

decoder!(before, last, new);
decoder!(of_client, hubbub_wire, new);
decoder!(of_server, hubbub_wire, for_server);

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let Some((lengths, mut stream)) = rest.split_at_checked(usize::from(first & 0x0f)) else {
        return;
    };
    // A text with a name of the extension is believed after a silence.
    let may_be_labelled = stream
        .to_ascii_lowercase()
        .windows(2)
        .any(|two| two == b"id");
    let mut pieces = Vec::new();
    if lengths.iter().any(|&length| length > 0) {
        for &length in lengths.iter().cycle() {
            let Some((piece, rest)) = stream.split_at_checked(usize::from(length)) else {
                break;
            };
            pieces.push(piece);
            stream = rest;
        }
    }
    pieces.push(stream);
    let small = first & 0x80 == 0;
    let same = before(small, &pieces, None);
    assert_eq!(of_client(small, &pieces, None), same);
    assert_eq!(of_server(small, &pieces, None), same);
    // One silence only: the decoder of before did not read on between two of them.
    let silence = Some(usize::from(first >> 4 & 7));
    if !may_be_labelled {
        assert_eq!(
            of_server(small, &pieces, silence),
            before(small, &pieces, silence)
        );
    }
});
