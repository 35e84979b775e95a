//! One frame of RFC 6455, section 5.2, and every way to get it wrong.

/// More of a message that has begun.
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// The mask of a frame for which a test has chosen none. It differs in each byte, so that one at a wrong place shows.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is the last one of its message.
    pub is_last: bool,
    /// The three bits after that.
    pub reserved: u8,
    /// What it is.
    pub opcode: u8,
    /// The mask, if it has one.
    pub mask: Option<[u8; 4]>,
    /// What it carries, not masked.
    pub payload: Vec<u8>,
    /// The length that it says, and in which form.
    length: Length,
}

/// How a length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// As it should.
    Shortest,
    /// In the longer forms, whatever the length is.
    In16(u16),
    In64(u64),
}

impl Frame {
    /// A frame of this kind, as a client sends it: whole and masked.
    pub fn of(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self {
            is_last: true,
            reserved: 0,
            opcode,
            mask: Some(MASK),
            payload: payload.as_ref().to_vec(),
            length: Length::Shortest,
        }
    }

    /// A whole message of bytes.
    pub fn binary(payload: impl AsRef<[u8]>) -> Self {
        Self::of(BINARY, payload)
    }

    /// A whole message of text, which need not be one.
    pub fn text(payload: impl AsRef<[u8]>) -> Self {
        Self::of(TEXT, payload)
    }

    /// The last part of a message.
    pub fn continuation(payload: impl AsRef<[u8]>) -> Self {
        Self::of(CONTINUATION, payload)
    }

    /// Asks whether the other end is there.
    pub fn ping(payload: impl AsRef<[u8]>) -> Self {
        Self::of(PING, payload)
    }

    /// Says that this end is there.
    pub fn pong(payload: impl AsRef<[u8]>) -> Self {
        Self::of(PONG, payload)
    }

    /// Ends the connection, with a code and a reason.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::of(CLOSE, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    /// The same as the beginning or the middle of a message.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.is_last = false;
        self
    }

    /// With these of the three reserved bits. The first, 4, says that a message is compressed, where that was agreed
    /// on.
    #[must_use]
    pub fn reserving(mut self, bits: u8) -> Self {
        self.reserved = bits;
        self
    }

    /// Not masked, as only a server's are.
    #[must_use]
    pub fn unmasked(mut self) -> Self {
        self.mask = None;
        self
    }

    /// Masked with this.
    #[must_use]
    pub fn masked_with(mut self, mask: [u8; 4]) -> Self {
        self.mask = Some(mask);
        self
    }

    /// Says this length in 16 bits.
    #[must_use]
    pub fn claiming_16(mut self, length: u16) -> Self {
        self.length = Length::In16(length);
        self
    }

    /// Says this length in 64 bits.
    #[must_use]
    pub fn claiming_64(mut self, length: u64) -> Self {
        self.length = Length::In64(length);
        self
    }

    /// As it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![
            u8::from(self.is_last) << 7 | self.reserved << 4 | self.opcode,
            u8::from(self.mask.is_some()) << 7,
        ];
        let length = match self.length {
            Length::Shortest => match self.payload.len() {
                len @ 0..=125 => {
                    bytes[1] |= u8::try_from(len).unwrap();
                    None
                }
                len => Some(u16::try_from(len).map_or(Length::In64(len as u64), Length::In16)),
            },
            longer => Some(longer),
        };
        match length {
            Some(Length::In16(length)) => {
                bytes[1] |= 126;
                bytes.extend(length.to_be_bytes());
            }
            Some(Length::In64(length)) => {
                bytes[1] |= 127;
                bytes.extend(length.to_be_bytes());
            }
            _ => {}
        }
        bytes.extend(self.mask.into_iter().flatten());
        let mask = self.mask.unwrap_or_default();
        let masked = self.payload.iter().zip(mask.iter().cycle());
        bytes.extend(masked.map(|(byte, mask)| byte ^ mask));
        bytes
    }

    /// The frame at the front, and its length, if all of it is there.
    pub fn first(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&[kind, short], rest) = bytes.split_first_chunk()?;
        let (length, len, rest) = match short & 127 {
            126 => {
                let (&len, rest) = rest.split_first_chunk()?;
                let len = u16::from_be_bytes(len);
                (Length::In16(len), u64::from(len), rest)
            }
            127 => {
                let (&len, rest) = rest.split_first_chunk()?;
                let len = u64::from_be_bytes(len);
                (Length::In64(len), len, rest)
            }
            len => (Length::Shortest, u64::from(len), rest),
        };
        let (mask, rest) = match short >> 7 {
            0 => (None, rest),
            _ => {
                let (&mask, rest) = rest.split_first_chunk()?;
                (Some(mask), rest)
            }
        };
        let (payload, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        let masks = mask.unwrap_or_default();
        let payload = payload.iter().zip(masks.iter().cycle());
        let frame = Self {
            is_last: kind >> 7 == 1,
            reserved: kind >> 4 & 7,
            opcode: kind & 15,
            mask,
            payload: payload.map(|(byte, mask)| byte ^ mask).collect(),
            length,
        };
        let is_shortest = match frame.length {
            Length::Shortest => true,
            Length::In16(len) => len > 125,
            Length::In64(len) => len > u64::from(u16::MAX),
        };
        let length = if is_shortest {
            Length::Shortest
        } else {
            length
        };
        Some((Self { length, ..frame }, bytes.len() - rest.len()))
    }

    /// What is wrong with it as a frame of our server, which sends whole messages of bytes, and control frames.
    pub(super) fn wrong_for_a_server(&self) -> Option<&'static str> {
        let is_control = self.opcode >= CLOSE;
        let known = [BINARY, CLOSE, PING, PONG];
        match () {
            () if self.mask.is_some() => Some("it is masked"),
            () if self.reserved != 0 => Some("it has reserved bits"),
            () if !known.contains(&self.opcode) => Some("nobody knows its kind"),
            () if !self.is_last => Some("it is a fragment"),
            () if self.length != Length::Shortest => Some("its length is not in the shortest form"),
            () if is_control && self.payload.len() > 125 => Some("it is a long control frame"),
            () if self.opcode == BINARY && self.payload.is_empty() => Some("it says nothing"),
            () => None,
        }
    }
}
