//! How many frames and bytes a second are decoded and encoded. To compare with: `httparse` on the heads of HTTP
//! requests with the same headers, which are one byte longer because of their start line. One iteration is one stream,
//! and `item/s` counts its frames or heads.

use std::hint::black_box;
use std::mem::MaybeUninit;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use hubbub_wire::{Decoder, Frame, Item, Limits, Payload, Username, encode};

/// Frames in one stream. With 70 bytes each they stay in the caches, like bytes that were just read from a socket.
const FRAMES: usize = 500;

const JOIN: &[u8] = b"CHAT/1.0 JOIN\r\nUsername: shafer\r\n\r\n";
const TEXT: &[u8] =
    b"CHAT/1.0 TEXT\r\nUsername: shafer\r\nMsg-len: 22\r\n\r\nMy first chat message!";
const STAMPED: &[u8] =
    b"CHAT/1.0 TEXT\r\nUsername: shafer\r\nMsg-len: 22\r\nId: 0f3a9c01d2e4b768-17\r\n\
    Seq: 8d11c02f55e0a9b3-42\r\nTime: 2026-11-26T00:08:42.007Z\r\n\r\nMy first chat message!";
const HTTP_LIKE_JOIN: &[u8] = b"GET / HTTP/1.1\r\nUsername: shafer\r\n\r\n";
const HTTP_LIKE_TEXT: &[u8] =
    b"GET / HTTP/1.1\r\nUsername: shafer\r\nMsg-len: 22\r\n\r\nMy first chat message!";
const PAYLOAD: usize = 22;

fn main() {
    divan::main();
}

fn counted(bencher: Bencher<'_, '_>, items: usize, bytes: usize, run: impl Fn() -> usize + Sync) {
    bencher
        .counter(ItemsCount::new(items))
        .counter(BytesCount::new(bytes))
        .bench(|| assert_eq!(run(), items));
}

fn text<'a>(name: &'a Username<'_>, payload: &'a [u8]) -> Frame<'a> {
    Frame::text(name.borrowed(), Payload::new(payload).expect("a payload"))
}

/// Decodes the pieces and counts the frames.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> usize {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut frames = 0;
    for mut piece in pieces {
        while let Ok(Some(item)) = decoder.next(&mut piece) {
            frames += usize::from(matches!(black_box(item), Item::Frame(_)));
        }
    }
    frames
}

/// Parses request heads, each with a body of this many bytes after it, and counts them.
fn parse_http(mut stream: &[u8], body: usize) -> usize {
    let mut heads = 0;
    while !stream.is_empty() {
        let mut headers = [const { MaybeUninit::uninit() }; 32];
        let mut request = httparse::Request::new(&mut []);
        let Ok(httparse::Status::Complete(head)) =
            request.parse_with_uninit_headers(stream, &mut headers)
        else {
            break;
        };
        black_box(&request);
        stream = &stream[head + body..];
        heads += 1;
    }
    heads
}

mod joins {
    use super::*;

    #[divan::bench]
    fn decoder(bencher: Bencher<'_, '_>) {
        let stream = JOIN.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            decode([black_box(&stream[..])])
        });
    }

    #[divan::bench]
    fn httparse(bencher: Bencher<'_, '_>) {
        let stream = HTTP_LIKE_JOIN.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            parse_http(black_box(&stream), 0)
        });
    }
}

/// Texts that bear the headers of the extension.
mod stamped {
    use super::*;

    #[divan::bench]
    fn decoder(bencher: Bencher<'_, '_>) {
        let stream = STAMPED.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            decode([black_box(&stream[..])])
        });
    }
}

mod texts {
    use super::*;

    #[divan::bench]
    fn decoder(bencher: Bencher<'_, '_>) {
        let stream = TEXT.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            decode([black_box(&stream[..])])
        });
    }

    #[divan::bench]
    fn httparse(bencher: Bencher<'_, '_>) {
        let stream = HTTP_LIKE_TEXT.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            parse_http(black_box(&stream), PAYLOAD)
        });
    }

    /// As a network cuts them: in segments of 1448 bytes.
    #[divan::bench]
    fn decoder_in_segments(bencher: Bencher<'_, '_>) {
        let stream = TEXT.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            decode(black_box(&stream).chunks(1448))
        });
    }

    #[divan::bench]
    fn decoder_byte_by_byte(bencher: Bencher<'_, '_>) {
        let stream = TEXT.repeat(FRAMES);
        counted(bencher, FRAMES, stream.len(), || {
            decode(black_box(&stream).chunks(1))
        });
    }

    #[divan::bench]
    fn encoder(bencher: Bencher<'_, '_>) {
        let name = Username::new("shafer", Limits::DEFAULT.max_name).expect("a name");
        counted(bencher, FRAMES, FRAMES * TEXT.len(), || {
            let mut out = Vec::with_capacity(FRAMES * TEXT.len() + 128);
            let frame = text(&name, b"My first chat message!");
            for _ in 0..FRAMES {
                encode(black_box(&frame), &mut out);
            }
            black_box(&out).len() / TEXT.len()
        });
    }
}

mod payloads_of_64_kib {
    use super::*;

    const COUNT: usize = 16;
    const LEN: usize = 64 * 1024;

    fn stream() -> Vec<u8> {
        let name = Username::new("shafer", Limits::DEFAULT.max_name).expect("a name");
        let mut out = Vec::new();
        for _ in 0..COUNT {
            encode(&text(&name, &[b'x'; LEN]), &mut out);
        }
        out
    }

    #[divan::bench]
    fn decoder_whole(bencher: Bencher<'_, '_>) {
        let stream = stream();
        counted(bencher, COUNT, stream.len(), || {
            decode([black_box(&stream[..])])
        });
    }

    /// As a server reads them: 16 KiB at a time.
    #[divan::bench]
    fn decoder_in_reads(bencher: Bencher<'_, '_>) {
        let stream = stream();
        counted(bencher, COUNT, stream.len(), || {
            decode(black_box(&stream).chunks(16 * 1024))
        });
    }

    #[divan::bench]
    fn encoder(bencher: Bencher<'_, '_>) {
        let name = Username::new("shafer", Limits::DEFAULT.max_name).expect("a name");
        let payload = vec![b'x'; LEN];
        let frame = text(&name, &payload);
        counted(bencher, COUNT, COUNT * (LEN + 51), || {
            let mut out = Vec::with_capacity(COUNT * (LEN + 200));
            for _ in 0..COUNT {
                encode(black_box(&frame), &mut out);
            }
            black_box(&out).len() / LEN
        });
    }
}
