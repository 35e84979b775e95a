//! What cannot be read: passed over, and the stream goes on.

use hubbub_wire::{Ignored, Method};

use super::frames::{Came, all, decode};

const JOIN: &str = "CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n";

/// The value of a header replaced in a frame. `None` if the frame does not have it.
fn with(frame: &str, header: &str, value: &[u8]) -> Option<Vec<u8>> {
    let begin = frame.find(&format!("\r\n{header}: "))? + header.len() + 4;
    let end = begin + frame[begin..].find("\r\n")?;
    let bytes = frame.as_bytes();
    Some([&bytes[..begin], value, &bytes[end..], JOIN.as_bytes()].concat())
}

/// What a stream of a frame of the extension that cannot be read and a JOIN comes to.
fn unreadable(method: Method) -> Vec<Came> {
    vec![
        Came::Ignored(Ignored::Unreadable(method)),
        Came::Frame(JOIN.into()),
    ]
}

/// The frame with its headers of CHAT/1.0 only.
fn plain(frame: &str) -> Vec<Came> {
    let (head, payload) = frame.split_once("\r\n\r\n").unwrap();
    let lines: Vec<_> = head
        .split("\r\n")
        .filter(|line| ["CHAT", "User", "Msg-"].contains(&&line[..4]))
        .collect();
    vec![
        Came::Frame(format!("{}\r\n\r\n{payload}", lines.join("\r\n"))),
        Came::Frame(JOIN.into()),
    ]
}

/// Puts each value into each frame that has the header. Those of CHAT/1.0 stay as they are without the extension, and
/// all others are passed over.
#[track_caller]
fn cannot_be_read(header: &str, values: &[&[u8]]) {
    let mut found = false;
    for (bytes, frame) in all() {
        for value in values {
            let Some(stream) = with(bytes, header, value) else {
                continue;
            };
            found = true;
            let method = frame.method();
            let is_text = method == Method::Text && !bytes.contains("Msg-len: 0\r\n");
            let is_plain = is_text || matches!(method, Method::Join | Method::Leave);
            let came = decode(&stream);
            let stream = stream.escape_ascii();
            if let Some(begin) = bytes.find("\r\nId: ").filter(|_| is_text && header != "Id") {
                // A text whose stamp cannot be read still has the name that its sender gave it.
                let id = bytes[begin..].split("\r\n").nth(1).unwrap();
                let text =
                    format!("CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\n{id}\r\n\r\nhi");
                assert_eq!(
                    came,
                    [Came::Frame(text), Came::Frame(JOIN.into())],
                    "{stream}"
                );
            } else if is_plain {
                assert_eq!(came, plain(bytes), "{stream}");
            } else {
                assert_eq!(came, unreadable(method), "{stream}");
            }
        }
    }
    assert!(found, "no frame has the header {header}");
}

const NO_TOKENS: [&[u8]; 6] = [b"", b"a b", b"a\0", b"\xff", "é".as_bytes(), &[b'x'; 65]];

#[test]
fn tokens_are_1_to_64_visible_characters_of_ascii() {
    for header in ["Id", "Seq", "Last", "Before", "Code"] {
        cannot_be_read(header, &NO_TOKENS);
        cannot_be_read(header, &[&[b'x'; 3000]]);
    }
}

#[test]
fn numbers_in_hex_have_all_their_digits() {
    let short: &[&[u8]] = &[
        b"",
        b"0",
        b"1 7f3a9c01d2e4b76",
        b"1 7f3a9c01d2e4b7680",
        b"1 +f3a9c01d2e4b768",
    ];
    cannot_be_read("Offer", short);
    cannot_be_read("Grant", short);
    let secrets: &[&[u8]] = &[
        b"",
        b"4be15ac290d73e680f1b2c3d4e5f607",
        b"4be15ac290d73e680f1b2c3d4e5f60711",
        b"4be15ac290d73e680f1b2c3d4e5f607g",
        b"+be15ac290d73e680f1b2c3d4e5f6071",
        b"4be15ac290d73e680f1b2c3d4e5f6071 1",
        b"\xffbe15ac290d73e680f1b2c3d4e5f6071",
    ];
    cannot_be_read("Resume", secrets);
    cannot_be_read("Room", secrets);
}

#[test]
fn decimal_numbers_have_only_digits_and_fit() {
    let numbers: &[&[u8]] = &[
        b"",
        b"-1",
        b"+1",
        b"1.0",
        b"0x1",
        b"1 2",
        b"18446744073709551616",
    ];
    for header in ["Recent", "Arrived", "Max-payload", "Count"] {
        cannot_be_read(header, numbers);
    }
    cannot_be_read("Count", &[b"0"]);
    cannot_be_read(
        "Offer",
        &[b"4294967296 7f3a9c01d2e4b768", b"-1 7f3a9c01d2e4b768"],
    );
    cannot_be_read(
        "Session",
        &[
            b"0f3a9c01d2e4b768",
            b"0f3a9c01d2e4b768 ",
            b"0f3a9c01d2e4b768 -1",
            b"0f3a9c01d2e4b768 18446744073709551616",
            b"0f3a9c01d2e4b768 1 2",
        ],
    );
}

#[test]
fn a_since_has_a_room_and_a_place() {
    let room = "3f9c5a010000000000000000000000ff";
    let long = format!("{room} {}", "x".repeat(65));
    let values = [
        room.to_string(),
        format!("{room} "),
        format!("{room} a b"),
        format!("x{room} a"),
        long,
    ];
    for value in values {
        cannot_be_read("Since", &[value.as_bytes()]);
    }
}

#[test]
fn times_are_of_the_calendar() {
    cannot_be_read(
        "Time",
        &[
            b"",
            b"2026-13-45T00:00:00.000Z",
            b"2026-02-29T00:00:00Z",
            b"2026-11-26T24:00:00Z",
            b"2026-11-26T00:08:42.007",
            b"2026-11-26T00:08:42.007+01:00",
            b"1969-12-31T23:59:59Z",
            b"99999-01-01T00:00:00Z",
            b"2026-11-26T00:08:4\xc3\xa9Z",
            "２０２６-11-26T00:08:42Z".as_bytes(),
            b"\0",
        ],
    );
}

#[test]
fn a_time_to_keep_is_a_number_and_a_unit() {
    cannot_be_read(
        "Kept",
        &[
            b"",
            b"30",
            b"d",
            b"30y",
            b"-1d",
            b"30 d",
            b"Memory!",
            b"18446744073709551615d",
        ],
    );
}

#[test]
fn a_flag_says_yes_or_no() {
    for header in ["Past", "More", "Lost", "Private"] {
        cannot_be_read(header, &[b"", b"1", b"yes!", b"\xff"]);
    }
}

#[test]
fn nothing_that_a_frame_needs_may_be_missing() {
    for (bytes, frame) in all() {
        for header in [
            "Session",
            "Resume",
            "Room",
            "Kept",
            "Arrived",
            "Max-payload",
            "Seq",
            "Last",
            "Count",
            "Code",
        ] {
            let Some(begin) = bytes.find(&format!("\r\n{header}: ")) else {
                continue;
            };
            let end = begin + 2 + bytes[begin + 2..].find("\r\n").unwrap();
            let stream = [&bytes[..begin], &bytes[end..], JOIN].concat();
            let came = decode(&stream);
            if frame.method() == Method::Text && !bytes.contains("Msg-len: 0\r\n") {
                assert!(!format!("{came:?}").contains("Seq"), "{came:?}");
                assert!(matches!(came[0], Came::Frame(_)), "{came:?}");
            } else {
                assert_eq!(came, unreadable(frame.method()), "{stream}");
            }
        }
    }
}

#[test]
fn a_presence_or_notice_needs_a_payload() {
    for (method, stream) in [
        (Method::Present, "CHAT/1.0 PRESENT\r\nUsername: bob\r\n\r\n"),
        (
            Method::Present,
            "CHAT/1.0 PRESENT\r\nUsername: bob\r\nMsg-len: 0\r\n\r\n",
        ),
        (
            Method::Notice,
            "CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: motd\r\n\r\n",
        ),
        (
            Method::Notice,
            "CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: motd\r\nMsg-len: 0\r\n\r\n",
        ),
    ] {
        assert_eq!(decode([stream, JOIN].concat()), unreadable(method));
    }
}

#[test]
fn a_presence_or_notice_may_be_as_long_as_a_text_and_no_longer() {
    for method in [Method::Present, Method::Notice] {
        for (len, is_read) in [(1_048_576, true), (1_048_577, false)] {
            let mut stream = format!(
                "CHAT/1.0 {}\r\nUsername: bob\r\nCode: x\r\nMsg-len: {len}\r\n\r\n",
                method.as_str()
            );
            stream.extend(std::iter::repeat_n('x', len));
            stream.push_str(JOIN);
            let decoder = hubbub_wire::Decoder::new(hubbub_wire::Limits::DEFAULT);
            let came =
                super::frames::decode_pieces(decoder, stream.as_bytes().chunks(10_000), false);
            match is_read {
                true => assert!(matches!(came[..], [Came::Frame(_), Came::Frame(_)])),
                false => assert_eq!(came, unreadable(method)),
            }
        }
    }
}

#[test]
fn a_header_with_two_values_cannot_be_read() {
    for (bytes, frame) in all() {
        let method = frame.method();
        for line in bytes
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .split("\r\n")
            .skip(1)
        {
            let (header, _) = line.split_once(": ").unwrap();
            if ["Username", "Msg-len"].contains(&header) {
                continue;
            }
            let stream = [
                &bytes.replacen("\r\n\r\n", &format!("\r\n{header}: x-1\r\n\r\n"), 1),
                JOIN,
            ]
            .concat();
            let came = decode(&stream);
            match method {
                Method::Join | Method::Leave => assert_eq!(came, plain(bytes)),
                Method::Text if !bytes.contains("Msg-len: 0") => {
                    assert!(!format!("{came:?}").contains("Seq"))
                }
                _ => assert_eq!(came, unreadable(method), "{stream}"),
            }
        }
    }
}

/// So nothing changes for a peer of CHAT/1.0 that has headers of its own.
#[test]
fn a_plain_frame_with_such_a_header_stays_what_it_was() {
    for header in [
        "Id: 5",
        "Time: noon",
        "Seq: 1\r\nSeq: 2",
        "Grant: \0",
        "Past: yes",
        "Offer: 1 7f3a9c01d2e4b768",
    ] {
        for frame in [
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 2\r\n\r\nhi",
            "CHAT/1.0 LEAVE\r\nUsername: bob\r\n\r\n",
        ] {
            let stream = frame.replacen("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"), 1);
            assert_eq!(decode([&stream, JOIN].concat()), plain(frame), "{stream}");
        }
    }
    assert_eq!(
        decode(
            [
                "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nId: 5\r\n\r\n",
                JOIN
            ]
            .concat()
        ),
        [Came::Ignored(Ignored::EmptyText), Came::Frame(JOIN.into())]
    );
}
