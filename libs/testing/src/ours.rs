//! What a program of ours says and hears beyond CHAT/1.0, written by hand like the other frames.

use std::fmt::Write as _;

use crate::{Peer, join};

/// What a JOIN and an offer in one write say.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Under which name.
    pub name: String,
    /// The version, which is 1.
    pub version: u32,
    /// The nonce of the connection.
    pub nonce: u64,
    /// The session.
    pub session: u64,
    /// The number of the attempt.
    pub attempt: u64,
    /// The secret.
    pub secret: u128,
    /// The room and the last message seen, as the header bears them.
    pub since: Option<String>,
    /// How many earlier messages are wanted.
    pub recent: u32,
    /// The password of the room, in base64 as the header bears it.
    pub password: Option<String>,
}

impl Offer {
    /// The offer of a new program. Its numbers follow from the name.
    pub fn new(name: &str) -> Self {
        let number = name.bytes().fold(7, |number: u64, byte| {
            number
                .wrapping_mul(0x0100_0000_01b3)
                .wrapping_add(byte.into())
        });
        Self {
            name: name.to_owned(),
            version: 1,
            nonce: number ^ 0xaaaa,
            session: number,
            attempt: 1,
            secret: u128::from(number) << 64 | 0xbbbb,
            since: None,
            recent: 200,
            password: None,
        }
    }

    /// The same program, connecting once more.
    #[must_use]
    pub fn again(&self) -> Self {
        let mut again = self.clone();
        again.attempt += 1;
        again.nonce += 1;
        again
    }

    /// The same, for what came after this message.
    #[must_use]
    pub fn since(&self, room: &str, seq: &str) -> Self {
        let since = Some(format!("{room} {seq}"));
        Self {
            since,
            ..self.clone()
        }
    }

    /// The same, for this many earlier messages.
    #[must_use]
    pub fn recent(&self, recent: u32) -> Self {
        Self {
            recent,
            ..self.clone()
        }
    }

    /// The same, with this password of the room.
    #[must_use]
    pub fn showing(&self, password: &str) -> Self {
        let password = Some(base64(password.as_bytes()));
        Self {
            password,
            ..self.clone()
        }
    }

    /// The bytes of the offer alone.
    pub fn bytes(&self) -> Vec<u8> {
        let Self {
            name,
            version,
            nonce,
            session,
            attempt,
            secret,
            since,
            recent,
            password,
        } = self;
        let mut head = format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: 0\r\nOffer: {version} {nonce:016x}\r\n\
             Session: {session:016x} {attempt}\r\nResume: {secret:032x}\r\n"
        );
        if let Some(since) = since {
            let _ = write!(head, "Since: {since}\r\n");
        }
        let _ = write!(head, "Recent: {recent}\r\n");
        if let Some(password) = password {
            let _ = write!(head, "Password: {password}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The bytes of the JOIN and of the offer behind it.
    pub fn with_join(&self) -> Vec<u8> {
        [join(&self.name), self.bytes()].concat()
    }

    /// The bytes of a text with the count.
    pub fn text(&self, count: u64, text: &str) -> Vec<u8> {
        let (name, session, len) = (&self.name, self.session, text.len());
        format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\nId: {session:016x}-{count}\r\n\r\n{text}"
        )
        .into_bytes()
    }
}

/// Bytes in base64, as the header of a password bears them.
pub fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three
            .iter()
            .fold(0, |bits, &byte| bits << 8 | usize::from(byte));
        let bits = bits << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = char::from(digits[bits >> (18 - 6 * at) & 63]);
            text.push(if at <= three.len() { digit } else { '=' });
        }
    }
    text
}

/// Any frame that a server may send, with its headers in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyFrame {
    /// The word on the start line.
    pub method: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// As much as `Msg-len` says.
    pub payload: String,
}

impl AnyFrame {
    /// The frame at the front, and its length, if all of it is there.
    pub(crate) fn first(bytes: &[u8]) -> Option<(Self, usize)> {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let mut lines = text.split("\r\n");
        let start = lines.next().unwrap();
        let method = start.strip_prefix("CHAT/1.0 ");
        let method = method.unwrap_or_else(|| panic!("no start line: {text:?}"));
        let headers: Vec<(String, String)> = lines
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect();
        let mut frame = Self {
            method: method.to_owned(),
            headers,
            payload: String::new(),
        };
        let len = frame
            .header("Msg-len")
            .map_or(0, |len| len.parse().unwrap());
        let (from, to) = (head + 4, head + 4 + len);
        frame.payload = String::from_utf8(bytes.get(from..to)?.to_vec()).unwrap();
        Some((frame, to))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other == name)?;
        Some(&found.1)
    }

    /// The value of a header that must be there.
    #[track_caller]
    pub fn need(&self, name: &str) -> &str {
        self.header(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The names of the headers, in order.
    pub fn names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| &**name).collect()
    }
}

/// A member with a grant.
pub struct Ours {
    /// Its connection.
    pub peer: Peer,
    /// What it offered.
    pub offer: Offer,
    /// The grant.
    pub grant: AnyFrame,
    /// Who was here.
    pub present: Vec<String>,
    /// What was replayed.
    pub past: Vec<AnyFrame>,
    /// The end of the replay.
    pub replayed: AnyFrame,
}

impl Ours {
    /// Takes the grant and all that belongs to it, after JOIN and offer were sent.
    #[track_caller]
    pub fn welcomed(mut peer: Peer, offer: Offer) -> Self {
        let grant = peer.any_frame();
        assert!(grant.header("Grant").is_some(), "no grant: {grant:?}");
        let (mut present, mut past) = (Vec::new(), Vec::new());
        loop {
            let frame = peer.any_frame();
            match &*frame.method {
                "PRESENT" => present.extend(frame.payload.lines().map(str::to_owned)),
                "TEXT" => past.push(frame),
                "REPLAYED" => {
                    return Self {
                        peer,
                        offer,
                        grant,
                        present,
                        past,
                        replayed: frame,
                    };
                }
                _ => panic!("in the middle of a replay came {frame:?}"),
            }
        }
    }

    /// Says something with the count.
    #[track_caller]
    pub fn says(&mut self, count: u64, text: &str) {
        let frame = self.offer.text(count, text);
        self.peer.send(frame);
    }

    /// Takes an ACK, and returns its `Seq`.
    #[track_caller]
    pub fn expect_ack(&mut self, count: u64) -> String {
        let ack = self.peer.any_frame();
        let id = format!("{:016x}-{count}", self.offer.session);
        assert_eq!((&*ack.method, ack.header("Id")), ("ACK", Some(&*id)));
        ack.need("Seq").to_owned()
    }

    /// Takes ACKs until this one has come.
    #[track_caller]
    pub fn expect_acks_up_to(&mut self, count: u64) {
        let id = format!("{:016x}-{count}", self.offer.session);
        loop {
            let ack = self.peer.any_frame();
            assert_eq!(ack.method, "ACK", "{ack:?}");
            if ack.header("Id") == Some(&id) {
                return;
            }
        }
    }

    /// Takes a live text.
    #[track_caller]
    pub fn expect_text(&mut self, name: &str, text: &str) -> AnyFrame {
        let frame = self.peer.any_frame();
        assert_eq!(
            (&*frame.method, frame.header("Username"), &*frame.payload),
            ("TEXT", Some(name), text),
        );
        assert_eq!(frame.header("Past"), None);
        frame
    }

    /// Takes a JOIN or LEAVE.
    #[track_caller]
    pub fn expect_coming_or_going(&mut self, method: &str, name: &str) {
        let frame = self.peer.any_frame();
        assert_eq!(
            (&*frame.method, frame.header("Username")),
            (method, Some(name))
        );
    }

    /// Takes a NOTICE, and returns its words.
    #[track_caller]
    pub fn expect_notice(&mut self, code: &str) -> String {
        let frame = self.peer.any_frame();
        assert_eq!(
            (&*frame.method, frame.header("Code")),
            ("NOTICE", Some(code))
        );
        assert_eq!(frame.header("Username"), Some(&*self.offer.name));
        frame.payload
    }

    /// Asks whether anybody is there, and takes the answer as the very next frame: nothing else had been sent before.
    #[track_caller]
    pub fn expect_silence(&mut self) {
        let name = self.offer.name.clone();
        self.peer.send(format!(
            "CHAT/1.0 PING\r\nUsername: {name}\r\nId: still-there\r\n\r\n"
        ));
        self.peer.expect(format!(
            "CHAT/1.0 PONG\r\nUsername: {name}\r\nId: still-there\r\n\r\n"
        ));
    }
}
