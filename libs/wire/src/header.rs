//! The headers of the extension: their names, and their values in the lines of a head. It knows nothing of what the
//! values mean. Those of CHAT/1.0 are read by `head.rs`.

use crate::scan::{find_line_end, trim_blanks, without_line_end};
use crate::work;

/// A header of the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Offer,
    Session,
    Resume,
    Since,
    Recent,
    Password,
    Grant,
    Room,
    Kept,
    Arrived,
    MaxPayload,
    Private,
    Id,
    Seq,
    Time,
    Past,
    Last,
    Before,
    After,
    More,
    Lost,
    Count,
    Code,
}

/// All of them with their names in the exact form, in the order of [`Header`].
const NAMES: [(Header, &str); 23] = [
    (Header::Offer, "Offer"),
    (Header::Session, "Session"),
    (Header::Resume, "Resume"),
    (Header::Since, "Since"),
    (Header::Recent, "Recent"),
    (Header::Password, "Password"),
    (Header::Grant, "Grant"),
    (Header::Room, "Room"),
    (Header::Kept, "Kept"),
    (Header::Arrived, "Arrived"),
    (Header::MaxPayload, "Max-payload"),
    (Header::Private, "Private"),
    (Header::Id, "Id"),
    (Header::Seq, "Seq"),
    (Header::Time, "Time"),
    (Header::Past, "Past"),
    (Header::Last, "Last"),
    (Header::Before, "Before"),
    (Header::After, "After"),
    (Header::More, "More"),
    (Header::Lost, "Lost"),
    (Header::Count, "Count"),
    (Header::Code, "Code"),
];

impl Header {
    /// Its name in the exact form.
    pub(crate) const fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The header with this name, in any letter case.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let first = name.first()?.to_ascii_uppercase();
        let is_it = |known: &[u8]| known[0] == first && known.eq_ignore_ascii_case(name);
        let found = NAMES.iter().find(|(_, known)| is_it(known.as_bytes()))?;
        Some(found.0)
    }
}

/// What a head says about one header.
#[derive(Clone, Copy)]
enum Value<'a> {
    Missing,
    Text(&'a str),
    /// It is not UTF-8, or it comes twice with values that differ.
    Unreadable,
}

/// The headers of the extension in a head. Some are secret, so there is no `Debug`.
pub(crate) struct Headers<'a>([Value<'a>; NAMES.len()]);

impl<'a> Headers<'a> {
    /// Reads a whole head whose method is known, so that its start line has no colon and passes for no header.
    pub(crate) fn read(mut head: &'a [u8]) -> Self {
        work::count(head.len());
        let mut values = [Value::Missing; NAMES.len()];
        while let Some(length) = find_line_end(head) {
            let (line, rest) = head.split_at(length);
            head = rest;
            let line = without_line_end(line);
            let Some(colon) = line.iter().position(|&byte| byte == b':') else {
                continue;
            };
            if let Some(header) = Header::named(trim_blanks(&line[..colon])) {
                let value = &mut values[header as usize];
                *value = value.and(trim_blanks(&line[colon + 1..]));
            }
        }
        Self(values)
    }

    /// The value of a header that must be there. `None` if it is not, or cannot be read.
    pub(crate) fn required<T>(
        &self,
        header: Header,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Option<T> {
        self.optional(header, parse)?
    }

    /// The value of a header that may be missing: `Some(None)` if it is. `None` if it cannot be read.
    pub(crate) fn optional<T>(
        &self,
        header: Header,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.0[header as usize] {
            Value::Missing => Some(None),
            Value::Text(text) => parse(text).map(Some),
            Value::Unreadable => None,
        }
    }

    /// Whether a header says yes. A missing one says no. `None` if it says something else.
    pub(crate) fn flag(&self, header: Header) -> Option<bool> {
        let is_yes = self.optional(header, |text| match text {
            _ if text.eq_ignore_ascii_case("yes") => Some(true),
            _ if text.eq_ignore_ascii_case("no") => Some(false),
            _ => None,
        })?;
        Some(is_yes.unwrap_or(false))
    }

    /// Whether the head has this header, readable or not.
    pub(crate) fn has(&self, header: Header) -> bool {
        !matches!(self.0[header as usize], Value::Missing)
    }
}

impl<'a> Value<'a> {
    /// What a head says after one more line.
    fn and(self, bytes: &'a [u8]) -> Self {
        match (self, core::str::from_utf8(bytes)) {
            (Self::Missing, Ok(text)) => Self::Text(text),
            (Self::Text(first), Ok(text)) if first == text => self,
            _ => Self::Unreadable,
        }
    }
}
