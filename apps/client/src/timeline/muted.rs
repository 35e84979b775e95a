//! Muted: people whose messages this window does not show. Nobody else is told. Their messages stay in the store, so
//! that they are back when the person is no longer muted.

use std::collections::BTreeSet;
use std::rc::Rc;

use hubbub_wire::{Limits, Username};

use super::{Line, Timeline};

/// The most people who can be muted in a room: more than disturb anybody, and few enough to be listed.
pub const MUTED_PEOPLE: usize = 200;

/// The longest name that anybody can have in a room, in bytes.
const MAX_NAME: usize = Limits::DEFAULT.max_name;

/// Who is muted. Names are compared letter by letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Muted(BTreeSet<Rc<str>>);

impl Muted {
    /// Whether this person is muted.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether this line is what a muted person said. The user's own messages never are.
    pub(super) fn hides(&self, line: &Line) -> bool {
        matches!(line, Line::Message(message) if message.own.is_none() && self.contains(&message.name))
    }

    /// Everybody who is muted, in the order of the names.
    pub fn names(&self) -> impl Iterator<Item = &Rc<str>> {
        self.0.iter()
    }
}

impl Timeline {
    /// Who is muted.
    #[must_use]
    pub fn muted(&self) -> &Muted {
        &self.muted
    }

    /// Mutes these people, as an earlier window did.
    pub fn mute_again<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let names = names.into_iter().take(MUTED_PEOPLE);
        self.muted = Muted(names.map(Rc::from).collect());
    }

    /// The name of the person who is meant: a mention begins with `@`, and hardly any name does.
    #[must_use]
    pub fn meant<'a>(&self, name: &'a str) -> &'a str {
        let is_known = self.muted.contains(name) || self.people.contains(name);
        let mentioned = name.strip_prefix('@').filter(|_| !is_known);
        mentioned.unwrap_or(name)
    }

    /// Mutes this person. Says so in a line of the window. Returns whether that is something new.
    pub fn mute(&mut self, name: &str) -> bool {
        let refusal = if name == &*self.own_name {
            Some("you cannot mute yourself".to_owned())
        } else if name == Username::SERVER.as_str() {
            Some("the server cannot be muted: it tells what you have to know".to_owned())
        } else if self.muted.contains(name) {
            Some(format!(
                "{name} is muted already; /unmute {name} shows what they say"
            ))
        } else if name.len() > MAX_NAME {
            Some(format!(
                "this name has {} bytes, and no name has more than {MAX_NAME}: nobody is muted",
                name.len()
            ))
        } else if self.muted.0.len() >= MUTED_PEOPLE {
            Some(format!(
                "{MUTED_PEOPLE} people are muted in this room, which is the most; /unmute somebody first"
            ))
        } else {
            None
        };
        if let Some(words) = &refusal {
            self.answer(words);
            return false;
        }
        self.muted.0.insert(name.into());
        self.look_again();
        let unseen = if self.people.contains(name) {
            ""
        } else {
            "\nNobody of this name is known to be here now."
        };
        self.answer(&format!(
            "{name} is muted: what they say is not shown in this window, and nobody is told. /unmute {name} shows it \
             again.{unseen}"
        ));
        true
    }

    /// Shows again what this person says, and what they said meanwhile. Says so. Returns whether that is something new.
    pub fn unmute(&mut self, name: &str) -> bool {
        let was_muted = self.muted.0.remove(name);
        if was_muted {
            self.look_again();
            self.answer(&format!("{name} is not muted any more"));
        } else {
            let names: Vec<_> = self.muted.names().map(|name| &**name).collect();
            let words = match &names[..] {
                [] => format!("{name} is not muted; nobody is"),
                _ => format!("{name} is not muted; these are: {}", names.join(", ")),
            };
            self.answer(&words);
        }
        was_muted
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use hubbub_session::{Event, Mark, Stamped};

    use super::super::{Row, Toward};
    use super::*;

    fn timeline() -> Timeline {
        let mut timeline = Timeline::new("alice", |_| 0);
        happen(&mut timeline, Event::Connected);
        timeline
    }

    fn happen(timeline: &mut Timeline, event: Event) -> bool {
        let at = SystemTime::UNIX_EPOCH;
        timeline.apply(Stamped { at, event }).is_some()
    }

    fn said(name: &str, text: &str) -> Event {
        Event::Said {
            name: name.into(),
            text: text.into(),
            bytes: None,
            mark: None,
        }
    }

    /// The texts in the window, with `New` where it stands and `+` before those that open a group.
    fn texts(timeline: &Timeline) -> Vec<String> {
        let text = |row| match row {
            Row::New { .. } => Some("New".to_owned()),
            Row::Line {
                line: Line::Message(message),
                opens_group,
                ..
            } => Some(format!(
                "{}{}",
                if opens_group { "+" } else { "" },
                message.text
            )),
            Row::Line { .. } => None,
        };
        timeline.rows().filter_map(text).collect()
    }

    fn last_answer(timeline: &Timeline) -> String {
        let mut lines = timeline.lines().kept().rev();
        let answer = lines.find_map(|line| match line {
            Line::Answer(words) => Some(words.to_string()),
            _ => None,
        });
        answer.unwrap_or_default()
    }

    #[test]
    fn what_a_muted_person_says_is_hidden_until_they_are_no_longer_muted() {
        let mut timeline = timeline();
        for (name, text) in [("bob", "one"), ("eve", "spam"), ("bob", "two")] {
            happen(&mut timeline, said(name, text));
        }
        assert!(timeline.mute("eve"));
        assert_eq!(texts(&timeline), ["+one", "two"]);
        happen(&mut timeline, said("eve", "more spam"));
        happen(
            &mut timeline,
            Event::CutOff {
                name: "eve".into(),
                text: "spa".into(),
                missing: 1,
            },
        );
        assert_eq!(texts(&timeline), ["+one", "two"]);
        assert!(!timeline.transcript().text.contains("spa"));
        assert!(timeline.unmute("eve"));
        let all = ["+one", "+spam", "+two", "+more spam", "spa"];
        assert_eq!(texts(&timeline), all);
        assert!(timeline.transcript().text.contains("more spam"));
    }

    #[test]
    fn a_muted_person_calls_for_no_attention() {
        let mut timeline = timeline();
        timeline.mute("eve");
        timeline.focus(SystemTime::UNIX_EPOCH, false);
        timeline.lines_mut().follow(false);
        assert!(!happen(&mut timeline, said("eve", "@alice look at me")));
        assert_eq!(timeline.attention().unread(), 0);
        assert_eq!(timeline.attention().first_unread(), None);
        assert_eq!(timeline.lines().new_below(), 0);
        assert!(happen(&mut timeline, said("bob", "@alice hello")));
        assert_eq!(timeline.attention().unread(), 1);
        assert_eq!(timeline.lines().new_below(), 1);
    }

    #[test]
    fn new_stands_above_the_first_line_that_is_shown() {
        let mut timeline = timeline();
        happen(&mut timeline, said("bob", "old"));
        timeline.focus(SystemTime::UNIX_EPOCH, false);
        happen(&mut timeline, said("eve", "spam"));
        happen(&mut timeline, said("bob", "news"));
        timeline.mute("eve");
        assert_eq!(texts(&timeline), ["+old", "New", "+news"]);
    }

    #[test]
    fn what_was_missed_of_a_muted_person_is_not_what_is_new() {
        let mut timeline = timeline();
        timeline.mute("eve");
        happen(
            &mut timeline,
            Event::Granted {
                room: hubbub_wire::Hex128(1),
                kept: hubbub_wire::Kept::Memory,
                resumed: true,
            },
        );
        for (seq, name) in [("1", "eve"), ("2", "bob"), ("3", "eve")] {
            let mark = Mark {
                seq: seq.into(),
                id: seq.into(),
                past: true,
                own: None,
            };
            let (name, text) = (name.into(), seq.into());
            let (bytes, mark) = (None, Some(mark));
            happen(
                &mut timeline,
                Event::Said {
                    name,
                    text,
                    bytes,
                    mark,
                },
            );
        }
        assert_eq!(texts(&timeline), ["New", "+2"]);
    }

    #[test]
    fn a_search_does_not_find_what_is_hidden() {
        let mut timeline = timeline();
        for name in ["bob", "eve", "bob"] {
            happen(&mut timeline, said(name, "word"));
        }
        timeline.search("word");
        let count = |timeline: &Timeline| timeline.searched().map(|search| search.count());
        assert_eq!(count(&timeline), Some(3));
        timeline.search_on(Toward::Older);
        timeline.mute("eve");
        assert_eq!(count(&timeline), Some(2));
        happen(&mut timeline, said("eve", "word"));
        assert_eq!(count(&timeline), Some(2));
        timeline.unmute("eve");
        assert_eq!(count(&timeline), Some(4));
    }

    #[test]
    fn oneself_and_the_server_are_never_muted() {
        let mut timeline = timeline();
        timeline.say(SystemTime::UNIX_EPOCH, "mine");
        assert!(!timeline.mute("alice"));
        assert!(last_answer(&timeline).contains("yourself"));
        assert!(!timeline.mute("server"));
        assert!(last_answer(&timeline).contains("cannot be muted"));
        timeline.mute("eve");
        timeline.rename("eve");
        timeline.say(SystemTime::UNIX_EPOCH, "mine, too");
        assert_eq!(texts(&timeline), ["+mine", "+mine, too"]);
    }

    #[test]
    fn who_is_meant_is_understood_and_what_was_in_vain_is_explained() {
        let mut timeline = timeline();
        happen(&mut timeline, Event::Joined { name: "bob".into() });
        happen(
            &mut timeline,
            Event::Joined {
                name: "@home".into(),
            },
        );
        for (typed, meant) in [("bob", "bob"), ("@bob", "bob"), ("@home", "@home")] {
            assert_eq!(timeline.meant(typed), meant);
        }
        assert!(!timeline.unmute("eve"));
        assert!(last_answer(&timeline).ends_with("nobody is"));
        assert!(timeline.mute("bob"));
        assert!(!last_answer(&timeline).contains("Nobody of this name"));
        assert!(!timeline.mute("bob"));
        assert!(last_answer(&timeline).contains("already"));
        assert!(timeline.mute("eve"));
        assert!(last_answer(&timeline).contains("Nobody of this name"));
        assert!(!timeline.unmute("carol"));
        assert!(last_answer(&timeline).ends_with("these are: bob, eve"));
    }

    #[test]
    fn a_name_that_nobody_can_have_is_not_muted() {
        let mut timeline = timeline();
        let longest = "x".repeat(MAX_NAME);
        assert!(!timeline.mute(&format!("{longest}x")));
        assert!(last_answer(&timeline).contains("65 bytes, and no name has more than 64"));
        assert!(timeline.mute(&longest));
    }

    #[test]
    fn so_many_people_are_muted_and_no_more() {
        let mut timeline = timeline();
        let names: Vec<_> = (0..MUTED_PEOPLE).map(|i| format!("p{i}")).collect();
        timeline.mute_again(names[1..].iter().map(|name| &**name));
        assert!(timeline.mute("p0"));
        assert!(!timeline.mute("one more"));
        assert!(last_answer(&timeline).contains("200 people"));
        let mut again = self::timeline();
        again.mute_again(names.iter().map(|name| &**name).chain(["one more"]));
        assert_eq!(again.muted().names().count(), MUTED_PEOPLE);
    }
}
