//! Names, and the rules for them.
//!
//! A name that keeps the rules can be written into a head and is read back unchanged: it has no control characters, so
//! no line break, and no blanks at its ends, which a reader would strip.

use alloc::borrow::Cow;
use alloc::string::String;
use core::borrow::Borrow;
use core::fmt;

/// A name that keeps the rules of the protocol.
///
/// A name out of a decoder is borrowed, and owned after [`into_owned`](Self::into_owned). Two names are equal if their
/// bytes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username<'a>(Cow<'a, str>);

impl Username<'static> {
    /// The name under which the server itself speaks. No member can have it.
    pub const SERVER: Self = Self(Cow::Borrowed("server"));
}

impl<'a> Username<'a> {
    /// Checks that a name keeps the rules and has at most `max_bytes` bytes of UTF-8, see
    /// [`Limits::max_name`](crate::Limits::max_name).
    ///
    /// # Errors
    ///
    /// The rule that the name breaks.
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

    /// The same name in memory of its own, which outlives the bytes that it came from.
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

/// So that a set of names can be searched for a `&str`.
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

/// The rule that a name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsernameError {
    /// It has no characters. A reader strips blanks, so a name of blanks ends here too.
    Empty,
    /// It has more bytes than the limit.
    TooLong {
        /// The length of the name, in bytes.
        len: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// It has a control character, such as a line break, a tab or an escape.
    Control,
    /// It begins or ends with a blank, which a reader would strip.
    OuterBlank,
    /// Its bytes are not UTF-8.
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
