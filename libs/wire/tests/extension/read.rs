//! What is read: any order and letter case, and unknown headers between.

use hubbub_wire::{Decoder, Frame, Ignored, Item, Limits, Method};

use super::frames::{Came, all, decode, decode_pieces, frames, of_clients, of_servers, stamped};

#[test]
fn every_frame_comes_out_as_it_was_sent() {
    for (bytes, frame) in all() {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut input = bytes.as_bytes();
        assert_eq!(decoder.next(&mut input), Ok(Some(Item::Frame(frame))));
        assert_eq!(decoder.next(&mut input), Ok(None));
    }
}

#[test]
fn every_frame_comes_out_of_any_two_cuts() {
    for (bytes, frame) in all() {
        let bytes = bytes.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut decoder = Decoder::new(Limits::DEFAULT);
                let mut came = 0;
                for mut piece in [
                    &bytes[..first],
                    &bytes[first..second],
                    &bytes[second..],
                    b"CHAT/1.0 ",
                ] {
                    while let Some(item) = decoder.next(&mut piece).unwrap() {
                        assert_eq!(item, Item::Frame(frame.clone()), "{first} {second}");
                        came += 1;
                    }
                }
                assert_eq!(came, 1, "{first} {second}");
            }
        }
    }
}

#[test]
fn frames_one_after_the_other_come_out_of_any_pieces() {
    let stream: String = all().iter().map(|(bytes, _)| *bytes).collect();
    assert_eq!(decode(&stream), frames(&all()));
}

/// The head of `frame` with its headers in another order and form.
fn rewritten(frame: &str, headers: impl Fn(Vec<String>) -> Vec<String>) -> String {
    let (head, payload) = frame.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n").map(String::from);
    let start = lines.next().unwrap();
    let lines = headers(lines.collect()).join("\r\n");
    format!("{start}\r\n{lines}\r\n\r\n{payload}")
}

#[track_caller]
fn is_read_with(headers: impl Fn(Vec<String>) -> Vec<String>) {
    for (bytes, _) in all() {
        let other = rewritten(bytes, &headers);
        assert_eq!(decode(&other), [Came::Frame(bytes.into())], "{other}");
    }
}

#[test]
fn headers_may_come_in_any_order() {
    is_read_with(|mut lines| {
        lines.reverse();
        lines
    });
    for by in 1..6 {
        is_read_with(|mut lines| {
            let by = by % lines.len();
            lines.rotate_left(by);
            lines
        });
    }
}

#[test]
fn names_of_headers_count_in_any_letter_case() {
    let recase = |case: fn(&str) -> String| {
        move |lines: Vec<String>| {
            let recased = |line: &String| {
                let (name, value) = line.split_once(':').unwrap();
                format!("{}:{value}", case(name))
            };
            lines.iter().map(recased).collect()
        }
    };
    is_read_with(recase(str::to_lowercase));
    is_read_with(recase(str::to_uppercase));
}

#[test]
fn unknown_headers_may_stand_between() {
    is_read_with(|lines| {
        let unknown = [
            "X-Seq: 5",
            "Idx: 1",
            "I: 1",
            "Ids : Id: 4",
            ": Id",
            "Msg-lens: 7",
        ];
        let line = |(line, unknown): (&String, &&str)| [(*unknown).into(), line.clone()];
        lines
            .iter()
            .zip(unknown.iter().cycle())
            .flat_map(line)
            .collect()
    });
}

#[test]
fn blanks_around_the_colon_and_after_a_value_do_not_count() {
    is_read_with(|lines| {
        let spaced = |line: &String| format!(" \t{}\t ", line.replacen(": ", "\t :", 1));
        lines.iter().map(spaced).collect()
    });
}

#[test]
fn lines_may_end_in_lf() {
    for (bytes, _) in all() {
        let (head, payload) = bytes.split_once("\r\n\r\n").unwrap();
        let other = format!("{}\n\n{payload}", head.replace("\r\n", "\n"));
        assert_eq!(decode(&other), [Came::Frame(bytes.into())], "{other}");
    }
}

#[test]
fn the_same_header_twice_with_one_value_counts_once() {
    is_read_with(|lines| [lines.clone(), lines].concat());
}

/// Only programs of CHAT/1.0 count characters.
#[test]
fn the_length_of_a_frame_that_the_extension_vouches_for_counts_bytes() {
    for headers in [
        "PRESENT\r\nUsername: bob",
        "NOTICE\r\nUsername: bob\r\nCode: x",
        "TEXT\r\nUsername: bob\r\nId: 0f3a9c01d2e4b768-17",
    ] {
        let stream = format!("CHAT/1.0 {headers}\r\nMsg-len: 1\r\n\r\né");
        for size in [1, 30, stream.len() - 1, stream.len()] {
            let mut decoder = Decoder::new(Limits::DEFAULT);
            let mut came = Vec::new();
            for mut piece in stream.as_bytes().chunks(size) {
                while let Some(item) = decoder.next(&mut piece).unwrap() {
                    came.push(format!("{item:?}"));
                }
            }
            assert_eq!(came.len(), 1, "{came:?} in pieces of {size}");
            assert!(came[0].contains("Payload([195])"), "{}", came[0]);
        }
    }
}

#[test]
fn a_payload_that_no_method_of_the_extension_has_is_dropped() {
    for (bytes, frame) in all() {
        if matches!(
            frame.method(),
            Method::Text | Method::Present | Method::Notice
        ) {
            continue;
        }
        let other = bytes.replacen("\r\n\r\n", "\r\nMsg-len: 2\r\n\r\nhi", 1);
        let twice = other.repeat(2);
        let came = Came::Frame(bytes.into());
        assert_eq!(decode(&twice), [came.clone(), came], "{other}");
    }
}

#[test]
fn a_silence_anywhere_changes_nothing() {
    let stream: String = all().iter().map(|(bytes, _)| *bytes).collect();
    for size in [1, 2, 7, 30, 100] {
        let decoder = Decoder::new(Limits::DEFAULT);
        let pieces = stream.as_bytes().chunks(size);
        assert_eq!(decode_pieces(decoder, pieces, true), frames(&all()));
    }
}

#[test]
fn after_a_silence_a_join_gives_up_half_a_head() {
    let half = "CHAT/1.0 ACK\r\nUsername: bob\r\nId: 0f3a9c01d2e4b768-17\r\n";
    let join = "CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n";
    let decoder = Decoder::new(Limits::DEFAULT);
    let came = decode_pieces(decoder, [half.as_bytes(), join.as_bytes()], true);
    let expected = [Came::Ignored(Ignored::CutOff), Came::Frame(join.into())];
    assert_eq!(came, expected);
}

/// Else a message would be lost where the network pauses.
#[test]
fn after_a_silence_a_frame_that_is_quoted_belongs_to_its_payload_if_the_extension_vouches_for_it() {
    let quote = "CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n";
    for headers in [
        "TEXT\r\nUsername: bob\r\nMsg-len: 31\r\nId: 0f3a9c01d2e4b768-17",
        "TEXT\r\nUsername: bob\r\nMsg-len: 31\r\nId: a\r\nSeq: b\r\nTime: 2026-11-26T00:08:42.007Z",
        "PRESENT\r\nUsername: bob\r\nMsg-len: 31",
        "NOTICE\r\nUsername: bob\r\nCode: motd\r\nMsg-len: 31",
    ] {
        let head = format!("CHAT/1.0 {headers}\r\n\r\n");
        let frame = [&head, quote].concat();
        let halves = [head.as_bytes(), quote.as_bytes()];
        for pieces in [
            &halves[..],
            &[
                &head.as_bytes()[..20],
                &head.as_bytes()[20..],
                quote.as_bytes(),
            ],
        ] {
            let decoder = Decoder::new(Limits::DEFAULT);
            let came = decode_pieces(decoder, pieces.iter().copied(), true);
            assert_eq!(came, [Came::Frame(frame.clone())]);
        }
    }
    // A plain text with a header of the same name is given up, as it always was.
    let head = "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 31\r\nId: 17\r\n\r\n";
    let decoder = Decoder::new(Limits::DEFAULT);
    let came = decode_pieces(decoder, [head.as_bytes(), quote.as_bytes()], true);
    assert_eq!(
        came,
        [Came::CutOff(String::new()), Came::Frame(quote.into())]
    );
}

/// So a payload that quotes such a frame stays whole, as it always did.
#[test]
fn after_a_silence_a_frame_of_the_extension_is_a_part_of_the_payload() {
    let quote = "CHAT/1.0 PING\r\nUsername: bob\r\nId: 1\r\n\r\n";
    let head = format!(
        "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: {}\r\n\r\n",
        quote.len()
    );
    let decoder = Decoder::new(Limits::DEFAULT);
    let pieces = [head.as_bytes(), quote.as_bytes()];
    let came = decode_pieces(decoder, pieces, true);
    assert_eq!(came, [Came::Frame([&head[..], quote].concat())]);
}

/// So a text that quotes such a frame after noise stays noise, as it always did.
#[test]
fn a_frame_of_the_extension_counts_only_at_the_start_of_a_line() {
    let stream =
        "x CHAT/1.0 PING\r\nUsername: bob\r\nId: 1\r\n\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n";
    let came = decode(stream);
    let noise = Came::Ignored(Ignored::Noise { bytes: 41 });
    assert_eq!(came[0], noise);
}

#[test]
fn a_decoder_of_a_server_reads_what_clients_send() {
    for (bytes, _) in of_clients() {
        let decoder = Decoder::for_server(Limits::DEFAULT);
        let came = decode_pieces(decoder, [bytes.as_bytes()], false);
        assert_eq!(came, [Came::Frame(bytes.into())]);
    }
}

#[test]
fn a_decoder_of_a_server_passes_over_what_only_servers_send_without_storing_it() {
    for (bytes, frame) in of_servers() {
        if matches!(frame.method(), Method::Text | Method::Join | Method::Leave) {
            continue;
        }
        let mut decoder = Decoder::for_server(Limits::DEFAULT);
        let (mut front, rest) = bytes.as_bytes().split_at(bytes.len() - 1);
        let mut came = Vec::new();
        for piece in [&mut front, &mut &rest[..]] {
            while let Some(item) = decoder.next(piece).unwrap() {
                came.push(format!("{item:?}"));
            }
            assert!(!decoder.awaits_payload());
        }
        assert_eq!(came, ["Ignored(UnknownMethod)"], "{bytes}");
    }
}

#[test]
fn a_stamped_text_is_held_with_its_head_and_then_let_go() {
    let Frame::Text { .. } = stamped("a", false) else {
        panic!("it is a TEXT");
    };
    let (bytes, frame) = of_servers().swap_remove(2);
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let (mut front, mut last) = bytes.as_bytes().split_at(bytes.len() - 1);
    assert_eq!(decoder.next(&mut front), Ok(None));
    assert!((1..=2 * bytes.len()).contains(&decoder.buffered()));
    assert_eq!(decoder.next(&mut last), Ok(Some(Item::Frame(frame))));
    assert_eq!(decoder.next(&mut last), Ok(None));
    assert_eq!(decoder.buffered(), 0);
}
