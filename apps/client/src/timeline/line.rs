//! Line: what one line of the window can be, and what is known about a message.

use std::rc::Rc;
use std::time::Duration;

use hubbub_session::MessageId;

use super::Notice;
use crate::moment::{Day, Moment};

/// Messages of one sender form a group if no more time than this lies between two of them.
const GROUP_WITHIN: Duration = Duration::from_secs(5 * 60);

/// One line of the conversation. Cheap to clone: the view holds the same storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// From here on it is this day.
    Day(Day),
    /// Somebody said something.
    Message(Rc<Message>),
    /// Something happened apart from the conversation.
    Notice(Rc<Notice>),
    /// The window itself says something: it answers a command, or tells of a problem. Nobody else sees it.
    Answer(Rc<str>),
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub name: Rc<str>,
    /// What. Line ends are LF.
    pub text: String,
    /// How many bytes of the text are missing, if it was cut off on its way.
    pub missing: usize,
    /// When, in the user's zone.
    pub at: Moment,
    /// What is known about it if it is the user's own.
    pub own: Option<Own>,
    /// Whether somebody else mentions the user.
    pub mention: bool,
}

/// What is known about a message of the user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// What the session calls it.
    pub id: MessageId,
    /// How far it got.
    pub progress: Progress,
}

/// How far a message of the user's own got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not written yet.
    Waiting,
    /// Written to the socket.
    Sent,
    /// In the log of a server that tells.
    Arrived,
    /// It may not have arrived: the connection broke while it was written, or the server refused the user after it was.
    Unsure,
    /// The network thread could not take it.
    Failed,
}

/// What stands in the window, one below the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// From here on it came while the user looked elsewhere.
    New {
        /// Number of the line below it.
        above: i64,
    },
    /// A line.
    Line {
        /// Its number, never used for another.
        number: i64,
        /// Whether it is a message that begins a group, and so shows who speaks.
        opens_group: bool,
        /// The line.
        line: Line,
    },
}

#[cfg(test)]
impl Message {
    /// What somebody else said, for tests to which it does not matter when.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            missing: 0,
            at: Moment::new(std::time::UNIX_EPOCH, |_| 0),
            own: None,
            mention: false,
        }
    }
}

impl Line {
    /// Bytes of text that the line holds.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Message(message) => message.name.len() + message.text.len(),
            Self::Answer(words) => words.len(),
            Self::Notice(notice) => notice.bytes(),
            Self::Day(_) => 0,
        }
    }

    /// The day that it tells, or on which it was said.
    pub(super) fn day(&self) -> Option<Day> {
        match self {
            Self::Day(day) => Some(*day),
            Self::Message(message) => Some(message.at.day()),
            Self::Notice(_) | Self::Answer(_) => None,
        }
    }

    pub(super) fn is_from_others(&self) -> bool {
        matches!(self, Self::Message(message) if message.own.is_none())
    }
}

/// Whether the line is a message that shows who speaks, because it does not go on with what was said before.
pub(super) fn opens_group(before: Option<&Line>, line: &Line) -> bool {
    let Line::Message(message) = line else {
        return false;
    };
    let Some(Line::Message(before)) = before else {
        return true;
    };
    before.name != message.name
        || before.own.is_some() != message.own.is_some()
        || message.at.since(before.at) > GROUP_WITHIN
}
