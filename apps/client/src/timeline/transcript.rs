//! Transcript: the lines as plain text, to be kept in a file.

use std::fmt::Write as _;

use super::notice::earlier_changes;
use super::{Change, Line, Message, Progress, Span, Timeline, visible};
use crate::moment::Moment;

/// What is put before the second and further lines of a text.
const INDENT: &str = "\n    ";

/// The kept lines as plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// One line for each message and each change, `2026-11-23 08:00:00 bob: hi` and `2026-11-23 08:00:00 * bob joined`.
    /// The further lines of a message are indented.
    pub text: String,
    /// How many messages and changes it holds.
    pub entries: usize,
}

impl Timeline {
    /// Everything that was said and happened, as far as it is kept, but for what muted people said. What the window
    /// itself said is not part of it.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let mut transcript = Transcript::default();
        let seen = self.lines.kept().filter(|line| !self.muted.hides(line));
        for line in seen {
            match line {
                Line::Message(message) => transcript.message(message),
                Line::Notice(notice) => {
                    let changes = notice.changes();
                    if let (Some(first), 1..) = (changes.first(), notice.unlisted()) {
                        let words = earlier_changes(notice.unlisted());
                        transcript.entry(first.at, "* ", &words);
                    }
                    changes.iter().for_each(|change| transcript.change(change));
                }
                Line::Day(_) | Line::Answer(_) => {}
            }
        }
        transcript
    }
}

impl Message {
    /// The remark after the name where a message is written as plain text.
    #[must_use]
    pub fn remark(&self) -> &'static str {
        match self.own.map(|own| own.progress) {
            _ if self.missing > 0 => " (cut off)",
            None | Some(Progress::Sent | Progress::Arrived) => "",
            Some(Progress::Waiting) => " (waiting)",
            Some(Progress::Unsure) => " (may not have arrived)",
            Some(Progress::Failed) => " (not sent)",
        }
    }
}

impl Transcript {
    fn message(&mut self, message: &Message) {
        let who = format!("{}{}: ", visible(&message.name), message.remark());
        self.entry(message.at, &who, visible(&message.text));
    }

    fn change(&mut self, change: &Change) {
        let words = change.spans().into_iter().map(|span| match span {
            Span::Name(name) => visible(&name).to_owned(),
            Span::Words(words) => words,
        });
        self.entry(change.at, "* ", &words.collect::<String>());
    }

    fn entry(&mut self, at: Moment, who: &str, text: &str) {
        let (at, text) = (
            format!("{} {}", at.day(), at.clock_with_seconds()),
            printable(text),
        );
        let text = text.replace('\n', INDENT);
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{at} {who}{text}");
        self.entries += 1;
    }
}

/// The text without the characters that a terminal would obey.
fn printable(text: &str) -> String {
    let printable = |letter: char| match letter {
        '\n' | '\t' => letter,
        _ if letter.is_control() => char::REPLACEMENT_CHARACTER,
        _ => letter,
    };
    text.replace("\r\n", "\n").chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::notice::LISTED_CHANGES;
    use super::*;
    use hubbub_session::{Event, Stamped};

    /// 2026-11-23 08:00 UTC.
    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_420_800 + second)
    }

    fn room(events: impl IntoIterator<Item = Event>) -> Timeline {
        let mut timeline = Timeline::new("alice", |_| 0);
        for (event, second) in events.into_iter().zip(0..) {
            let at = at(second);
            timeline.apply(Stamped { at, event });
        }
        timeline
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_into_the_file() {
        let room = room([Event::Said {
            name: "eve".into(),
            text: "a\tb\r\n\u{1b}[31mred\u{7}\u{9b}2J\0".into(),
            bytes: None,
            mark: None,
        }]);
        assert_eq!(
            room.transcript().text,
            "2026-11-23 08:00:00 eve: a\tb\n    \u{fffd}[31mred\u{fffd}\u{fffd}2J\u{fffd}\n"
        );
    }

    #[test]
    fn each_message_and_each_change_is_a_line_with_time_and_name() {
        let mut room = room([
            Event::Connected,
            Event::Joined { name: "bob".into() },
            Event::Left {
                name: "dave".into(),
            },
            Event::Said {
                name: "bob".into(),
                text: "one\ntwo".into(),
                bytes: None,
                mark: None,
            },
            Event::CutOff {
                name: "bob".into(),
                text: "and a h".into(),
                missing: 3,
            },
        ]);
        let sent = room.say(at(5), "three");
        room.say(at(6), "four");
        room.mark(sent, Progress::Sent);
        room.answer("only for alice");
        assert_eq!(
            room.transcript(),
            Transcript {
                text: "2026-11-23 08:00:01 * bob joined\n\
                       2026-11-23 08:00:02 * dave left\n\
                       2026-11-23 08:00:03 bob: one\n    two\n\
                       2026-11-23 08:00:04 bob (cut off): and a h\n\
                       2026-11-23 08:00:05 alice: three\n\
                       2026-11-23 08:00:06 alice (waiting): four\n"
                    .into(),
                entries: 6,
            }
        );
    }

    #[test]
    fn changes_that_are_only_counted_are_told_by_their_number() {
        let name = |i| Event::Joined {
            name: format!("p{i}"),
        };
        let transcript = room((0..LISTED_CHANGES + 2).map(name)).transcript();
        assert!(
            transcript.text.contains(" * 2 earlier changes\n"),
            "{}",
            transcript.text
        );
        assert!(transcript.text.ends_with(" * p101 joined\n"));
        assert_eq!(transcript.entries, LISTED_CHANGES + 1);
    }

    #[test]
    fn lines_outside_of_the_window_are_part_of_it() {
        let said = |i| Event::Said {
            name: "bob".into(),
            text: format!("line {i}"),
            bytes: None,
            mark: None,
        };
        let transcript = room((0..1000).map(said)).transcript();
        assert!(transcript.text.contains("bob: line 0\n"));
        assert_eq!(transcript.entries, 1000);
    }
}
