//! Any frames, encoded and cut in any way: this decoder reads all that was written, and the first decoder that there
//! was, which stands for every plain program, reads the JOINs, LEAVEs and TEXTs of the same names with the same
//! payloads, and ignores all others.
//!
//! An input is: one byte that is the length of all pieces, then what the frames are made of.

#![no_main]

use hubbub_wire::{
    Decoder, Frame, Grant, Hex64, Hex128, Id, Item, Kept, Label, Limits, MAX_EARLIER, MAX_PASSWORD,
    Notice, Offer, Password, Payload, Replayed, Stamp, Time, Token, Username, encode,
};
use libfuzzer_sys::fuzz_target;

/// What is left of an input.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        front
    }

    fn number(&mut self, bytes: usize) -> u128 {
        let bytes = self.bytes(bytes).iter();
        bytes.fold(0, |number, &byte| number << 8 | u128::from(byte))
    }

    fn byte(&mut self) -> u8 {
        self.number(1) as u8
    }

    fn long(&mut self) -> u64 {
        self.number(8) as u64
    }

    fn some<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() & 1 == 1).then(|| value(self))
    }

    fn name(&mut self) -> Username<'a> {
        let len = usize::from(self.byte() % 8 + 1);
        let text = std::str::from_utf8(self.bytes(len)).unwrap_or("bob");
        let other = || Username::new("al", 64).expect("a name");
        Username::new(text, Limits::DEFAULT.max_name).unwrap_or_else(|_| other())
    }

    fn payload(&mut self) -> Payload<'a> {
        let len = usize::from(self.byte());
        Payload::new(self.bytes(len)).unwrap_or(Payload::new(b"hi").expect("two bytes"))
    }

    fn token(&mut self) -> Token<'a> {
        let len = usize::from(self.byte() % 64 + 1);
        let text = std::str::from_utf8(self.bytes(len)).unwrap_or("a1-42");
        Token::new(text).unwrap_or_else(|| Token::new("b2-7").expect("a token"))
    }

    fn time(&mut self) -> Time {
        Time::from_unix_ms(self.number(6) as u64)
    }

    fn id(&mut self) -> Id {
        Id {
            session: Hex64(self.long()),
            count: self.long().max(1),
        }
    }

    fn label(&mut self) -> Label<'a> {
        match self.byte() % 3 {
            0 => Label::Plain,
            1 => Label::Own(self.id()),
            _ => Label::Stamped(Stamp {
                id: self.token(),
                seq: self.token(),
                time: self.time(),
                past: self.byte() & 1 == 1,
            }),
        }
    }

    fn password(&mut self) -> Password<'a> {
        let len = usize::from(self.byte()) % MAX_PASSWORD + 1;
        let password = Password::new(self.bytes(len));
        password.unwrap_or_else(|| Password::new(&b"open sesame"[..]).expect("a password"))
    }

    fn offer(&mut self) -> Offer<'a> {
        Offer {
            version: self.number(4) as u32,
            nonce: Hex64(self.long()),
            session: Hex64(self.long()),
            attempt: self.long(),
            secret: Hex128(self.number(16)),
            since: self.some(|source| (Hex128(source.number(16)), source.token())),
            recent: u32::from(self.byte()).min(MAX_EARLIER),
            password: self.some(Self::password),
        }
    }

    fn grant(&mut self) -> Grant {
        Grant {
            version: self.number(4) as u32,
            nonce: Hex64(self.long()),
            room: Hex128(self.number(16)),
            kept: self
                .some(|source| Kept::Seconds(source.long()))
                .unwrap_or(Kept::Memory),
            arrived: self.long(),
            max_payload: self.long(),
            private: self.byte() & 1 == 1,
        }
    }

    fn frame(&mut self) -> Frame<'a> {
        let kind = self.byte() % 14;
        let username = self.name();
        match kind {
            0 => Frame::Join {
                username,
                time: self.some(Self::time),
            },
            1 => Frame::Leave {
                username,
                time: self.some(Self::time),
            },
            2..=4 => Frame::Text {
                username,
                payload: self.payload(),
                label: self.label(),
            },
            5 => Frame::Offer {
                username,
                offer: self.offer(),
            },
            6 => Frame::Grant {
                username,
                grant: self.grant(),
            },
            7 => Frame::Ack {
                username,
                id: self.id(),
                seq: self.token(),
            },
            8 => Frame::Present {
                username,
                names: self.payload(),
            },
            9 => Frame::Replayed {
                username,
                replayed: Replayed {
                    last: self.token(),
                    before: self.some(Self::token),
                    after: self.some(Self::token),
                    more: self.byte() & 1 == 1,
                    lost: self.byte() & 1 == 1,
                },
            },
            10 => Frame::Earlier {
                username,
                before: self.token(),
                count: u32::from(self.byte()).clamp(1, MAX_EARLIER),
            },
            11 => Frame::Ping {
                username,
                id: self.token(),
            },
            12 => Frame::Pong {
                username,
                id: self.token(),
            },
            _ => Frame::Notice {
                username,
                notice: Notice {
                    code: self.token(),
                    id: self.some(Self::token),
                    text: self.payload(),
                },
            },
        }
    }
}

/// What a plain program makes of a frame.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Frame(first::Method, String, Vec<u8>),
    Ignored(first::Ignored),
}

impl Plain {
    fn of(frame: &Frame<'_>) -> Self {
        let name = frame.username().to_string();
        match frame {
            Frame::Join { .. } => Self::Frame(first::Method::Join, name, Vec::new()),
            Frame::Leave { .. } => Self::Frame(first::Method::Leave, name, Vec::new()),
            Frame::Text { payload, .. } => {
                Self::Frame(first::Method::Text, name, payload.as_bytes().into())
            }
            Frame::Offer { .. } | Frame::Grant { .. } => Self::Ignored(first::Ignored::EmptyText),
            _ => Self::Ignored(first::Ignored::UnknownMethod),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut source = Source(data);
    let size = usize::from(source.byte()).max(1);
    let mut frames = Vec::new();
    while !source.0.is_empty() {
        frames.push(source.frame());
    }
    let mut stream = Vec::new();
    for frame in &frames {
        encode(frame, &mut stream);
    }
    for size in [size, stream.len().max(1)] {
        let mut expected = frames.iter();
        let mut decoder = Decoder::new(Limits::DEFAULT);
        for mut piece in stream.chunks(size) {
            while let Some(item) = decoder.next(&mut piece).expect("a stream in order") {
                assert_eq!(Some(item), expected.next().cloned().map(Item::Frame));
            }
        }
        assert_eq!(expected.next(), None);
        assert_eq!(decoder.buffered(), 0);

        let mut expected = frames.iter().map(Plain::of);
        let mut decoder = first::Decoder::new(first::Limits::DEFAULT);
        for mut piece in stream.chunks(size) {
            while let Some(item) = decoder.next(&mut piece).expect("a stream in order") {
                let plain = match item {
                    first::Item::Frame(frame) => Plain::Frame(
                        frame.method,
                        frame.username.as_str().into(),
                        frame.payload.into(),
                    ),
                    first::Item::Ignored(why) => Plain::Ignored(why),
                };
                assert_eq!(Some(plain), expected.next());
            }
        }
        assert_eq!(expected.next(), None);
    }
});
