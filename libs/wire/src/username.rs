//! Username: what may be a name.
//!
//! A name that this type holds can be written into a head and read back unchanged: it has no control characters, so
//! no line break, and no outer blanks, which a reader strips.

use alloc::borrow::Cow;
use alloc::string::String;
use core::borrow::Borrow;
use core::fmt;

/// A name that can stand behind `Username:`.
///
/// Borrowed while it comes out of a decoder, owned after [`into_owned`](Self::into_owned). Two names are the same when
/// their bytes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username<'a>(Cow<'a, str>);

impl Username<'static> {
    /// The name under which the server itself speaks. No member can have it.
    pub const SERVER: Self = Self(Cow::Borrowed("server"));
}

impl<'a> Username<'a> {
    /// Checks a name against the rules of the protocol and a length of at most `max_bytes` bytes of UTF-8
    /// (see [`Limits::max_name`](crate::Limits::max_name)).
    ///
    /// # Errors
    ///
    /// Says which rule the name breaks.
    pub fn new(name: impl Into<Cow<'a, str>>, max_bytes: usize) -> Result<Self, UsernameError> {
        let name = name.into();
        if name.is_empty() {
            return Err(UsernameError::Empty);
        }
        if name.len() > max_bytes {
            return Err(UsernameError::TooLong {
                len: name.len(),
                limit: max_bytes,
            });
        }
        let ascii_control = name.bytes().any(|byte| byte.is_ascii_control());
        if ascii_control || !name.is_ascii() && name.chars().any(char::is_control) {
            return Err(UsernameError::Control);
        }
        if name.starts_with([' ', '\t']) || name.ends_with([' ', '\t']) {
            return Err(UsernameError::OuterBlank);
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name with its own storage, to keep for longer than the bytes it came from.
    #[must_use]
    pub fn into_owned(self) -> Username<'static> {
        Username(Cow::Owned(self.0.into_owned()))
    }

    /// The same name, borrowed.
    #[must_use]
    pub fn borrowed(&self) -> Username<'_> {
        Username(Cow::Borrowed(&self.0))
    }
}

impl fmt::Display for Username<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So that a set of names answers for a `&str`.
impl Borrow<str> for Username<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<Username<'_>> for String {
    fn from(name: Username<'_>) -> Self {
        name.0.into_owned()
    }
}

/// Why something is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsernameError {
    /// No byte, or only blanks.
    Empty,
    /// More bytes than the limit.
    TooLong {
        /// Length of the name, in bytes.
        len: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A control character: a line break, a tab, an escape.
    Control,
    /// A blank in front or behind, which a reader would strip.
    OuterBlank,
    /// Bytes that are not UTF-8.
    NotText,
}

impl fmt::Display for UsernameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty; it needs at least one character"),
            Self::TooLong { len, limit } => write!(
                f,
                "the name has {len} bytes, and {limit} is the most; choose a shorter one"
            ),
            Self::Control => f.write_str(
                "the name holds a control character, such as a line break; leave it out",
            ),
            Self::OuterBlank => f.write_str("the name begins or ends with a blank; leave that out"),
            Self::NotText => f.write_str("the name is not UTF-8 text"),
        }
    }
}

impl core::error::Error for UsernameError {}
