//! One of each frame, with all of its bytes, and what comes out of a stream of them.

use hubbub_wire::{
    Decoder, EXTENSION, Frame, Grant, Hex64, Hex128, Id, Ignored, Item, Kept, Label, Limits,
    Notice, Offer, Password, Payload, Replayed, Stamp, Time, Token, Username, encode,
};

pub(super) const NONCE: Hex64 = Hex64(0x7f3a_9c01_d2e4_b768);
pub(super) const SESSION: Hex64 = Hex64(0x0f3a_9c01_d2e4_b768);
pub(super) const SECRET: Hex128 = Hex128(0x4be1_5ac2_90d7_3e68_0f1b_2c3d_4e5f_6071);
pub(super) const ROOM: Hex128 = Hex128(0x3f9c_5a01_0000_0000_0000_0000_0000_00ff);
/// 2026-11-26T00:08:42.007Z
pub(super) const TIME: u64 = 1_795_651_722_007;

pub(super) fn name(text: &str) -> Username<'_> {
    Username::new(text, Limits::DEFAULT.max_name).unwrap()
}

pub(super) fn token(text: &str) -> Token<'_> {
    Token::new(text).unwrap()
}

pub(super) fn payload(text: &str) -> Payload<'_> {
    Payload::new(text.as_bytes()).unwrap()
}

fn bob() -> Username<'static> {
    name("bob")
}

/// The offer of a client that has seen messages, or of one that has not.
fn offer(since: bool) -> Frame<'static> {
    let offer = Offer {
        version: EXTENSION,
        nonce: NONCE,
        session: SESSION,
        attempt: 3,
        secret: SECRET,
        since: since.then(|| (ROOM, token("00000000000000a1-41"))),
        recent: if since { 0 } else { 200 },
        password: None,
    };
    let username = bob();
    Frame::Offer { username, offer }
}

/// The offer of a client that knows the password of the room.
fn offer_with(password: &'static [u8]) -> Frame<'static> {
    let Frame::Offer { username, offer } = offer(true) else {
        unreachable!("it is an offer");
    };
    let password = Password::new(password);
    let offer = Offer { password, ..offer };
    Frame::Offer { username, offer }
}

fn grant(kept: Kept, private: bool) -> Frame<'static> {
    let grant = Grant {
        version: EXTENSION,
        nonce: NONCE,
        room: ROOM,
        kept,
        arrived: 16,
        max_payload: 1_048_576,
        private,
    };
    let username = bob();
    Frame::Grant { username, grant }
}

pub(super) fn stamped(id: &'static str, past: bool) -> Frame<'static> {
    Frame::Text {
        username: name("alice"),
        payload: payload("hi"),
        label: Label::Stamped(Stamp {
            id: token(id),
            seq: token("00000000000000a1-42"),
            time: Time::from_unix_ms(TIME),
            past,
        }),
    }
}

fn replayed(before: Option<&'static str>, more: bool, lost: bool) -> Frame<'static> {
    let replayed = Replayed {
        last: token("00000000000000a1-42"),
        before: before.map(token),
        after: more.then(|| token("00000000000000a1-12")),
        more,
        lost,
    };
    let username = bob();
    Frame::Replayed { username, replayed }
}

fn notice(code: &'static str, id: Option<&'static str>, text: &'static str) -> Frame<'static> {
    let notice = Notice {
        code: token(code),
        id: id.map(token),
        text: payload(text),
    };
    let username = bob();
    Frame::Notice { username, notice }
}

/// The frames that clients send.
pub(super) fn of_clients() -> Vec<(&'static str, Frame<'static>)> {
    let (username, id) = (bob(), token("wake-7"));
    vec![
        (
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nOffer: 1 7f3a9c01d2e4b768\r\n\
             Session: 0f3a9c01d2e4b768 3\r\nResume: 4be15ac290d73e680f1b2c3d4e5f6071\r\n\
             Recent: 200\r\n\r\n",
            offer(false),
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nOffer: 1 7f3a9c01d2e4b768\r\n\
             Session: 0f3a9c01d2e4b768 3\r\nResume: 4be15ac290d73e680f1b2c3d4e5f6071\r\n\
             Since: 3f9c5a010000000000000000000000ff 00000000000000a1-41\r\nRecent: 0\r\n\r\n",
            offer(true),
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nOffer: 1 7f3a9c01d2e4b768\r\n\
             Session: 0f3a9c01d2e4b768 3\r\nResume: 4be15ac290d73e680f1b2c3d4e5f6071\r\n\
             Since: 3f9c5a010000000000000000000000ff 00000000000000a1-41\r\nRecent: 0\r\n\
             Password: b3BlbiBzZXNhbWU=\r\n\r\n",
            offer_with(b"open sesame"),
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 2\r\nId: 0f3a9c01d2e4b768-17\r\n\r\nhi",
            Frame::Text {
                username: bob(),
                payload: payload("hi"),
                label: Label::Own(Id {
                    session: SESSION,
                    count: 17,
                }),
            },
        ),
        (
            "CHAT/1.0 EARLIER\r\nUsername: bob\r\nBefore: 00000000000000a1-42\r\nCount: 200\r\n\r\n",
            Frame::Earlier {
                username: bob(),
                before: token("00000000000000a1-42"),
                count: 200,
            },
        ),
        (
            "CHAT/1.0 PING\r\nUsername: bob\r\nId: wake-7\r\n\r\n",
            Frame::Ping { username, id },
        ),
    ]
}

/// The frames that servers send.
pub(super) fn of_servers() -> Vec<(&'static str, Frame<'static>)> {
    let time = Some(Time::from_unix_ms(TIME));
    let (username, id) = (bob(), token("wake-7"));
    vec![
        (
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nGrant: 1 7f3a9c01d2e4b768\r\n\
             Room: 3f9c5a010000000000000000000000ff\r\nKept: 30d\r\nArrived: 16\r\n\
             Max-payload: 1048576\r\n\r\n",
            grant(Kept::Seconds(30 * 86_400), false),
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 0\r\nGrant: 1 7f3a9c01d2e4b768\r\n\
             Room: 3f9c5a010000000000000000000000ff\r\nKept: memory\r\nArrived: 16\r\n\
             Max-payload: 1048576\r\nPrivate: yes\r\n\r\n",
            grant(Kept::Memory, true),
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\nId: 0f3a9c01d2e4b768-17\r\n\
             Seq: 00000000000000a1-42\r\nTime: 2026-11-26T00:08:42.007Z\r\n\r\nhi",
            stamped("0f3a9c01d2e4b768-17", false),
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\nId: 00000000000000a1-42\r\n\
             Seq: 00000000000000a1-42\r\nTime: 2026-11-26T00:08:42.007Z\r\nPast: yes\r\n\r\nhi",
            stamped("00000000000000a1-42", true),
        ),
        (
            "CHAT/1.0 JOIN\r\nUsername: alice\r\nTime: 2026-11-26T00:08:42.007Z\r\n\r\n",
            Frame::Join {
                username: name("alice"),
                time,
            },
        ),
        (
            "CHAT/1.0 LEAVE\r\nUsername: alice\r\nTime: 2026-11-26T00:08:42.007Z\r\n\r\n",
            Frame::Leave {
                username: name("alice"),
                time,
            },
        ),
        (
            "CHAT/1.0 ACK\r\nUsername: bob\r\nId: 0f3a9c01d2e4b768-17\r\n\
             Seq: 00000000000000a1-42\r\n\r\n",
            Frame::Ack {
                username: bob(),
                id: Id {
                    session: SESSION,
                    count: 17,
                },
                seq: token("00000000000000a1-42"),
            },
        ),
        (
            "CHAT/1.0 PRESENT\r\nUsername: bob\r\nMsg-len: 9\r\n\r\nalice\nbob",
            Frame::Present {
                username: bob(),
                names: payload("alice\nbob"),
            },
        ),
        (
            "CHAT/1.0 REPLAYED\r\nUsername: bob\r\nLast: 00000000000000a1-42\r\n\r\n",
            replayed(None, false, false),
        ),
        (
            "CHAT/1.0 REPLAYED\r\nUsername: bob\r\nLast: 00000000000000a1-42\r\n\
             Before: 00000000000000a1-7\r\nAfter: 00000000000000a1-12\r\nMore: yes\r\nLost: yes\r\n\r\n",
            replayed(Some("00000000000000a1-7"), true, true),
        ),
        (
            "CHAT/1.0 PONG\r\nUsername: bob\r\nId: wake-7\r\n\r\n",
            Frame::Pong { username, id },
        ),
        (
            "CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: motd\r\nMsg-len: 15\r\n\r\ngrüß dich\r\nÄ",
            notice("motd", None, "grüß dich\r\nÄ"),
        ),
        (
            "CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: too-long\r\nId: 0f3a9c01d2e4b768-17\r\n\
             Msg-len: 3\r\n\r\nno!",
            notice("too-long", Some("0f3a9c01d2e4b768-17"), "no!"),
        ),
    ]
}

pub(super) fn all() -> Vec<(&'static str, Frame<'static>)> {
    [of_clients(), of_servers()].concat()
}

/// One thing that came out of a stream. A frame is its bytes in the exact form, which say all that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Frame(String),
    CutOff(String),
    Ignored(Ignored),
}

pub(super) fn frames(of: &[(&str, Frame<'_>)]) -> Vec<Came> {
    of.iter()
        .map(|(bytes, _)| Came::Frame((*bytes).into()))
        .collect()
}

/// What comes out of these pieces. `silences` says whether the decoder is told of one after each.
pub(super) fn decode_pieces<'a>(
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    silences: bool,
) -> Vec<Came> {
    let mut came = Vec::new();
    for mut piece in pieces {
        while let Some(item) = decoder.next(&mut piece).unwrap() {
            came.push(match item {
                Item::Frame(frame) => {
                    let mut bytes = Vec::new();
                    encode(&frame, &mut bytes);
                    Came::Frame(String::from_utf8(bytes).unwrap())
                }
                Item::CutOff { payload, .. } => {
                    Came::CutOff(String::from_utf8_lossy(payload).into())
                }
                Item::Ignored(why) => Came::Ignored(why),
            });
        }
        if silences {
            decoder.silence();
        }
    }
    came
}

/// What comes out of `stream`, cut into equal pieces of every size, which must be the same.
#[track_caller]
pub(super) fn decode(stream: impl AsRef<[u8]>) -> Vec<Came> {
    let stream = stream.as_ref();
    let decoder = || Decoder::new(Limits::DEFAULT);
    let whole = decode_pieces(decoder(), [stream], false);
    for size in [1, 2, 3, 5, 16, 40, stream.len() / 2 + 1] {
        let pieces = decode_pieces(decoder(), stream.chunks(size), false);
        assert_eq!(pieces, whole, "pieces of {size} bytes");
    }
    whole
}
