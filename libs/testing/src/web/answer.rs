//! What a server answers over HTTP, read strictly.

use crate::frames::head_len;
use crate::shown;

/// An answer, of which every byte was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The three digits.
    pub status: u16,
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// What follows the head.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer in whole. Panics at anything that is not in the exact form, at a name that stands twice, and
    /// where the length is not that of the body.
    #[track_caller]
    pub fn of(bytes: &[u8]) -> Self {
        let (answer, length) = Self::with_length(bytes);
        let is_whole = answer.body.len() == length;
        assert!(is_whole, "not of {length} bytes: {}", shown(bytes));
        answer
    }

    /// The same for an answer to HEAD, which has no body, whatever the length is.
    #[track_caller]
    pub fn of_head(bytes: &[u8]) -> Self {
        let (answer, _) = Self::with_length(bytes);
        assert!(answer.body.is_empty(), "a body: {}", shown(bytes));
        answer
    }

    #[track_caller]
    fn with_length(bytes: &[u8]) -> (Self, usize) {
        let answer = Self::begun(bytes).unwrap_or_else(|| panic!("no head: {}", shown(bytes)));
        let length = answer.need("Content-Length").parse().unwrap();
        (answer, length)
    }

    /// Reads as much as there is, if the head is whole.
    #[track_caller]
    pub(crate) fn begun(bytes: &[u8]) -> Option<Self> {
        let head_len = head_len(bytes)?;
        let (head, body) = bytes.split_at(head_len);
        assert!(head.is_ascii(), "not ASCII: {}", shown(head));
        let head = String::from_utf8(head.to_vec()).unwrap();
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let first = lines.next().unwrap();
        let status = first
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..4));
        let status = status.and_then(|digits| digits.strip_suffix(' ')?.parse().ok());
        let headers = lines.map(|line| header(line).unwrap_or_else(|| panic!("{line:?}: {head}")));
        let answer = Self {
            status: status.unwrap_or_else(|| panic!("no status: {head}")),
            headers: headers.collect(),
            body: body.to_vec(),
        };
        for (at, (name, _)) in answer.headers.iter().enumerate() {
            let again = &answer.headers[at + 1..];
            let stands_once = again
                .iter()
                .all(|(other, _)| !other.eq_ignore_ascii_case(name));
            assert!(stands_once, "{name} stands twice: {head}");
        }
        Some(answer)
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let is_it = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        let found = self.headers.iter().find(is_it)?;
        Some(&found.1)
    }

    /// The value of a header that must be there.
    #[track_caller]
    pub fn need(&self, name: &str) -> &str {
        self.header(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The body as a text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// The name and value of one line.
fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(": ")?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_right = !name.is_empty()
        && name.bytes().all(is_token)
        && value == value.trim()
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_right.then(|| (name.to_owned(), value.to_owned()))
}
