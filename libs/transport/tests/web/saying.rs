//! What goes to a browser, and what counts as written when the socket takes no more.

use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, Write};
use std::net::TcpStream;
use std::thread;

use futures::FutureExt;
use hubbub_transport::{Goodbye, Transport};

use crate::support::{
    BINARY, CLOSE, LAST, PING, PONG, browser, closing, end, frame, hear, hear_bytes, wait, write,
};

/// Writes until the socket is full. Returns how many bytes count as written.
fn fill(transport: &Transport, text: &[u8]) -> usize {
    let mut written = 0;
    loop {
        match transport.try_write(&text[written..]) {
            Ok(more) => written += more,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return written;
            }
        }
    }
}

fn text() -> Vec<u8> {
    (0..16 << 20).map(|at: u32| (at >> 12) as u8).collect()
}

/// All that the browser hears: bytes of messages, pongs, and how it was closed.
struct Heard {
    bytes: Vec<u8>,
    pongs: usize,
    close: Option<Vec<u8>>,
}

fn heard(mut peer: &TcpStream) -> Heard {
    let (mut bytes, mut pongs, mut close) = (Vec::new(), 0, None);
    while let Some((first, payload)) = hear(&mut peer) {
        assert_eq!(close, None, "something came after the close");
        match first {
            first if first == LAST | BINARY => bytes.extend(payload),
            first if first == LAST | PONG => pongs += 1,
            first if first == LAST | CLOSE => close = Some(payload),
            other => panic!("a frame that begins with {other}"),
        }
    }
    Heard {
        bytes,
        pongs,
        close,
    }
}

#[test]
fn bytes_from_several_places_are_one_message_and_none_at_all_are_none() {
    let (transport, mut peer) = browser();
    let slices = ["one ", "", "two ", "three"].map(|text| IoSlice::new(text.as_bytes()));
    for used in [0, 1, 4] {
        let bytes: usize = slices[..used].iter().map(|slice| slice.len()).sum();
        assert_eq!(
            transport.try_write_vectored(&slices[..used]).unwrap(),
            bytes
        );
    }
    for meant in ["one ", "one two three"] {
        assert_eq!(
            hear(&mut peer),
            Some((LAST | BINARY, meant.as_bytes().to_vec()))
        );
    }
}

#[test]
fn a_message_of_every_length_of_head_is_said_right() {
    let (transport, mut peer) = browser();
    for len in [1, 125, 126, 127, 16_379, 16_380, 16_381, 70_000] {
        let text: Vec<u8> = (0..len).map(|at| at as u8).collect();
        write(&transport, &text);
        assert!(hear_bytes(&mut peer, len) == text, "{len} bytes");
    }
}

#[test]
fn more_places_than_one_write_takes_are_written_in_order() {
    let (transport, mut peer) = browser();
    let texts: Vec<[u8; 3]> = (0..100).map(|number| [number; 3]).collect();
    let slices: Vec<IoSlice<'_>> = texts.iter().map(|text| IoSlice::new(text)).collect();
    let written = transport.try_write_vectored(&slices).unwrap();
    assert!(written > 0 && written % 3 == 0);
    let rest = transport
        .try_write_vectored(&slices[written / 3..])
        .unwrap();
    assert_eq!(written + rest, 300);
    assert_eq!(hear_bytes(&mut peer, 300), texts.concat());
}

#[test]
fn what_counts_as_written_is_on_its_way_and_nothing_else() {
    let (transport, peer) = browser();
    let text = text();
    let written = fill(&transport, &text);
    assert_eq!(transport.held(), 0);
    transport.cut().unwrap();
    let refused = transport.try_write(&text[written..]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    // The last message may be cut off: its head has said that it is longer.
    let mut peer = &peer;
    let mut raw = Vec::new();
    std::io::Read::read_to_end(&mut peer, &mut raw).unwrap();
    let mut came: Vec<u8> = Vec::new();
    let mut rest = &raw[..];
    while rest.len() > 4 {
        assert_eq!(rest[..2], [LAST | BINARY, 126]);
        let len = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        let payload = &rest[4..rest.len().min(4 + len)];
        came.extend(payload);
        rest = &rest[4 + payload.len()..];
    }
    assert_eq!(came.len(), written);
    assert!(came == text[..written]);
}

#[test]
fn a_message_that_waited_goes_on_when_the_same_bytes_are_offered_again_and_stands_there_once() {
    let (transport, peer) = browser();
    let text = text();
    let written = fill(&transport, &text);
    // It may be asked as often as one likes. The system may have moved something on meanwhile.
    let written = written + fill(&transport, &text[written..]);
    let reader = thread::spawn(move || heard(&peer));
    write(&transport, &text[written..]);
    transport.goodbye(Goodbye::Stopping);
    end(&transport);
    let Heard { bytes, close, .. } = reader.join().unwrap();
    assert!(bytes == text);
    assert_eq!(close, Some(closing(1001, "stopping")));
    assert_eq!(transport.held(), 0);
}

/// Pings come while a message is on its way out, and while the socket is full.
#[test]
fn an_answer_never_gets_into_a_message_and_no_flood_of_questions_is_kept() {
    let (transport, peer) = browser();
    let text = text();
    let written = fill(&transport, &text);
    for number in 0..50 {
        (&peer)
            .write_all(&frame(LAST | PING, &[number; 100]))
            .unwrap();
    }
    wait(poll_fn(|cx| transport.poll_readable(cx))).unwrap();
    let nothing = transport.try_read(&mut [0; 16]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    assert!(transport.held() < 1000, "{}", transport.held());
    let reader = thread::spawn(move || heard(&peer));
    write(&transport, &text[written..]);
    end(&transport);
    let Heard {
        bytes,
        pongs,
        close,
    } = reader.join().unwrap();
    assert!(bytes == text);
    assert!(pongs >= 1);
    assert_eq!(close, Some(closing(1000, "left")));
}

#[test]
fn a_writer_is_woken_when_the_other_side_reads() {
    let (transport, mut peer) = browser();
    let text = text();
    let written = fill(&transport, &text);
    let writable = || poll_fn(|cx| transport.poll_writable(cx));
    assert!(writable().now_or_never().is_none());
    std::io::Read::read_exact(&mut peer, &mut vec![0; written]).unwrap();
    wait(writable()).unwrap();
}

/// What the connection says itself finds no room, and nobody writes. Whoever waits for reading says it.
#[test]
fn reading_wakes_writing() {
    let (transport, mut peer) = browser();
    // Whole messages, until there is no room for the head of the next.
    let block = [1; 999];
    let mut sent = 0;
    let mut tail = 0;
    loop {
        match transport.try_write(&block[tail..]) {
            Ok(len) => {
                sent += len;
                tail = (tail + len) % block.len();
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                break;
            }
        }
    }
    peer.write_all(&frame(LAST | PING, b"?")).unwrap();
    let reader = thread::spawn(move || {
        let mut bytes = 0;
        loop {
            let (first, payload) = hear(&mut peer).unwrap();
            if first == LAST | PONG {
                return (peer, bytes);
            }
            bytes += payload.len();
        }
    });
    // The message that was begun is finished, as a writer must.
    write(&transport, &block[tail..]);
    let silence = poll_fn(|cx| transport.poll_read(cx, &mut [0; 16]));
    let reading = async {
        futures::future::select(
            Box::pin(silence),
            Box::pin(async {
                while !reader.is_finished() {
                    async_io::Timer::after(std::time::Duration::from_millis(1)).await;
                }
            }),
        )
        .await;
    };
    wait(reading);
    let (_peer, bytes) = reader.join().unwrap();
    assert_eq!(bytes, sent + block.len() - tail);
}
