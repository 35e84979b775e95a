//! The words of the extension: what programs that know it say to each other besides CHAT/1.0. Plain values, each with
//! its text as a header bears it. A plain program never sees them.

use alloc::borrow::Cow;
use core::fmt::{self, Write};

use crate::password::{HIDDEN, Password};
use crate::{Payload, Time};

/// The version of the extension that this library speaks.
pub const EXTENSION: u32 = 1;

/// The longest [`Token`], in bytes. Two numbers of 64 bits in hex and a separator take 33, so other servers have room.
pub const MAX_TOKEN: usize = 64;

/// The most earlier messages that may be asked for at a time, in an offer or by EARLIER. It fills a few screens. A
/// decoder reads a higher number as this one, so that a server never sees one.
pub const MAX_EARLIER: u32 = 200;

/// In an EARLIER, the place of the member's own JOIN: for whoever was sent no message yet, and knows no place of one.
pub const OWN_JOIN: &str = "join";

/// A word that is compared and never looked into, such as a `Seq` or an `Id`: 1 to [`MAX_TOKEN`] visible ASCII
/// characters. Two tokens are equal if their bytes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token<'a>(Cow<'a, str>);

impl<'a> Token<'a> {
    /// `None` if the text is not a token.
    #[must_use]
    pub fn new(text: impl Into<Cow<'a, str>>) -> Option<Self> {
        let text = text.into();
        let fits = (1..=MAX_TOKEN).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Self(text))
    }

    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same token in memory of its own.
    #[must_use]
    pub fn into_owned(self) -> Token<'static> {
        Token(Cow::Owned(self.0.into_owned()))
    }

    /// The same token, borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Token<'_> {
        Token(Cow::Borrowed(&self.0))
    }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A number of 64 bits, written as 16 hex digits: a session or a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex64(pub u64);

impl Hex64 {
    /// `None` unless the text is 16 hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(hex(text, 16)?.try_into().ok()?))
    }
}

impl fmt::Display for Hex64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A number of 128 bits, written as 32 hex digits: a secret or the id of a room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex128(pub u128);

impl Hex128 {
    /// `None` unless the text is 32 hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex(text, 32).map(Self)
    }
}

impl fmt::Display for Hex128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Without the digits, since a secret must not get into a log.
impl fmt::Debug for Hex128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(text, 16).ok())?
}

/// The sender's own name for a text: its session and how many texts the session has sent with this one, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// One run of a client program.
    pub session: Hex64,
    /// Which text of the session. Counts rise by one without a gap.
    pub count: u64,
}

impl Id {
    /// `None` unless the text is `<session>-<count>` with a count of 1 or more.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (session, count) = text.split_once('-')?;
        let session = Hex64::parse(session)?;
        let count = decimal(count)?;
        (count > 0).then_some(Self { session, count })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.session, self.count)
    }
}

/// `None` unless the text is a decimal number that fits 64 bits. Unlike `str::parse`, it takes no sign.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// What a TEXT bears besides its payload.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Label<'a> {
    /// Nothing: a TEXT of CHAT/1.0.
    #[default]
    Plain,
    /// From a client that has a grant: its own name for the text.
    Own(Id),
    /// From a server to a client that has a grant: where the text stands in the log.
    Stamped(Stamp<'a>),
}

/// Where a text stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// The sender's own name for it, or the `Seq` where a plain program sent it.
    pub id: Token<'a>,
    /// Its place: opaque, compared for equality only.
    pub seq: Token<'a>,
    /// When it got its place.
    pub time: Time,
    /// Whether it is replayed, and not live.
    pub past: bool,
}

/// What a client asks for, directly after its JOIN: a TEXT without payload, which a plain server ignores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The version of the extension, see [`EXTENSION`].
    pub version: u32,
    /// Drawn for this connection. The grant repeats it.
    pub nonce: Hex64,
    /// Drawn for this run of the program.
    pub session: Hex64,
    /// The number of this attempt to connect. It rises.
    pub attempt: u64,
    /// Drawn for an address and a run: who has it is this member.
    pub secret: Hex128,
    /// The room and the place of the last message that was seen.
    pub since: Option<(Hex128, Token<'a>)>,
    /// How many earlier messages it would like when there is no `since`, at most [`MAX_EARLIER`].
    pub recent: u32,
    /// The password of the room. It belongs only inside TLS whose key the client believes.
    pub password: Option<Password<'a>>,
}

impl Offer<'_> {
    /// The same offer in memory of its own.
    #[must_use]
    pub fn into_owned(self) -> Offer<'static> {
        Offer {
            since: self.since.map(|(room, seq)| (room, seq.into_owned())),
            password: self.password.map(Password::into_owned),
            ..self
        }
    }
}

/// What a server agrees to: a TEXT without payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The version of the offer.
    pub version: u32,
    /// The nonce of the offer.
    pub nonce: Hex64,
    /// Which log this is. Another id means another past.
    pub room: Hex128,
    /// How long messages are kept.
    pub kept: Kept,
    /// The highest count of the client's session that is in the log; 0 for none.
    pub arrived: u64,
    /// The longest text that the server takes, in bytes.
    pub max_payload: u64,
    /// Whether nobody can read along on anybody's way to the server: every member's connection is inside TLS.
    pub private: bool,
}

/// How long a server keeps messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In memory: until the server ends, or they are too many.
    Memory,
    /// For so many seconds.
    Seconds(u64),
}

/// The units of a time to keep, in seconds, the largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl Kept {
    /// Reads `memory`, or a number with `d`, `h`, `m` or `s` after it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "memory" {
            return Some(Self::Memory);
        }
        UNITS.into_iter().find_map(|(unit, seconds)| {
            let number = decimal(text.strip_suffix(unit).filter(|text| !text.is_empty())?)?;
            number.checked_mul(seconds).map(Self::Seconds)
        })
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self::Seconds(time) = self else {
            return f.write_str("memory");
        };
        let whole = UNITS.into_iter().find(|(_, unit)| time % unit == 0);
        let (unit, seconds) = whole.unwrap_or(('s', 1));
        write!(f, "{}", time / seconds)?;
        f.write_char(unit)
    }
}

/// The end of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed<'a> {
    /// The place of the client's JOIN: what comes after it is live.
    pub last: Token<'a>,
    /// In the answer to an EARLIER, its `before`.
    pub before: Option<Token<'a>>,
    /// After a `Since`, if there is more: the newest message that is kept up to there. Whoever has this one in an
    /// answer to an EARLIER has all that was missed. In the answer to an EARLIER, if something directly before its
    /// `before` is no longer kept: the last message that was sent, which came before that.
    pub after: Option<Token<'a>>,
    /// Whether there is something older that was asked for: after the place of a `Since`, or at all.
    pub more: bool,
    /// Whether something that was asked for, directly before the first message that was sent, is no longer kept.
    pub lost: bool,
}

/// Something that a server tells a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice<'a> {
    /// What it is about, such as `replaced`. A reader that does not know the code shows the words.
    pub code: Token<'a>,
    /// The text that it is about.
    pub id: Option<Token<'a>>,
    /// The words.
    pub text: Payload<'a>,
}
