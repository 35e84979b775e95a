//! Timeline: what there is to show, as plain data: lines, people, and whether the user is in the room. Knows no Dioxus
//! and no sockets.
//!
//! Everything that happens goes through [`Timeline::apply`] (from the network) or [`Timeline::say`] (from the user).

mod attention;
mod line;
mod lines;
mod mention;
mod notice;
mod people;
mod presence;
mod search;
mod transcript;
mod visible;

use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub use attention::Attention;
pub use line::{Line, Message, Own, Progress, Row};
pub use lines::{KEPT_LINES, Lines, SHOWN_LINES, STRETCH_LINES};
pub use notice::{Change, Notice, Span, What, earlier_changes};
pub use people::People;
pub use presence::{Attempt, Failure, Presence};
pub use search::{Match, Search, Toward};
pub use transcript::Transcript;
pub use visible::{NOTHING_VISIBLE, visible};

use hubbub_session::{Event, MessageId, Stamped};
use hubbub_wire::Username;

/// Everything that the window shows.
#[derive(Clone, Debug)]
pub struct Timeline {
    zone: fn() -> TimeZone,
    own_name: Rc<str>,
    presence: Presence,
    people: People,
    lines: Lines,
    search: Option<Search>,
    attention: Attention,
    day: Option<Date>,
    next_id: MessageId,
    /// The line of each message of the user's own that is not known to be sent.
    unsent: HashMap<MessageId, u64>,
}

impl Timeline {
    /// An empty room before the first connection. The times of lines are in the zone that `zone` returns when they
    /// come.
    #[must_use]
    pub fn new(own_name: &str, zone: fn() -> TimeZone) -> Self {
        Self {
            zone,
            own_name: own_name.into(),
            presence: Presence::default(),
            people: People::default(),
            lines: Lines::default(),
            search: None,
            attention: Attention::default(),
            day: None,
            next_id: 0,
            unsent: HashMap::new(),
        }
    }

    /// Takes in an event. Returns the message if one mentions the user, who looks elsewhere.
    pub fn apply(&mut self, stamped: Stamped) -> Option<Rc<Message>> {
        let at = stamped.at;
        match stamped.event {
            Event::Connecting => self.presence.connecting(at),
            Event::Connected => self.connected(at),
            Event::Lost {
                why,
                refused,
                retry_in,
            } => self.lost(at, Failure { why, refused }, retry_in),
            Event::Joined { name } => self.joined(at, &name),
            Event::Left { name } => {
                let name: Rc<str> = name.into();
                self.people.remove(&name);
                self.notice(at, What::Left(name));
            }
            Event::Said { name, text, .. } => return self.said(at, &name, text, 0),
            Event::CutOff {
                name,
                text,
                missing,
            } => return self.said(at, &name, text, missing),
            Event::Written { id } => self.mark(id, Progress::Sent),
            Event::Unsure { id } => self.mark(id, Progress::Unsure),
            Event::Missed { events } => self.notice(at, What::Missed(events)),
            Event::Granted { .. }
            | Event::Present { .. }
            | Event::Gap
            | Event::CaughtUp { .. }
            | Event::Earlier { .. }
            | Event::Arrived { .. }
            | Event::Replaced
            | Event::Notice { .. } => {}
        }
        None
    }

    /// Notes that what there is so far has been on the page.
    pub fn drawn(&mut self) {
        self.presence.drawn();
    }

    /// Notes that the window has got or lost the focus.
    pub fn focus(&mut self, at: SystemTime, focused: bool) {
        let reading_back = self.lines.is_reading_back();
        self.attention.focus(at, focused, reading_back);
    }

    /// Puts a message of the user's own at the end, waiting, and brings the reader there. Returns its name for the
    /// session.
    pub fn say(&mut self, at: SystemTime, text: &str) -> MessageId {
        let id = self.next_id;
        self.next_id += 1;
        let own = Own {
            id,
            progress: Progress::Waiting,
        };
        self.lines.follow(true);
        self.attention.read_all();
        let message = Message {
            name: self.own_name.clone(),
            text: text.to_owned(),
            missing: 0,
            at: self.day_of(at),
            own: Some(own),
            mention: false,
        };
        let number = self.push(Line::Message(Rc::new(message)));
        self.unsent.insert(id, number);
        id
    }

    /// Makes a message that did not arrive wait again. Returns its text, or `None` when it is sent, on its way, or no
    /// longer kept.
    pub fn say_again(&mut self, id: MessageId) -> Option<String> {
        let message = self.unsent(id)?;
        let own = message.own.as_mut()?;
        if own.progress == Progress::Waiting {
            return None;
        }
        own.progress = Progress::Waiting;
        Some(message.text.clone())
    }

    /// Notes how far a message of the user's own got.
    pub fn mark(&mut self, id: MessageId, progress: Progress) {
        // A refusal concerns messages that were sent, and those are not in `unsent` any more.
        if progress == Progress::Unsure
            && !self.unsent.contains_key(&id)
            && let Some(number) = self.lines.number_of(id)
        {
            self.unsent.insert(id, number);
        }
        if let Some(own) = self.unsent(id).and_then(|message| message.own.as_mut()) {
            own.progress = progress;
        }
        if progress == Progress::Sent {
            self.unsent.remove(&id);
        }
    }

    /// Puts a line of the window itself at the end.
    pub fn answer(&mut self, words: &str) {
        self.push(Line::Answer(words.into()));
    }

    /// Removes every line, apart from messages of the user's own that are not known to be sent.
    pub fn clear(&mut self) {
        let mut numbers: Vec<_> = self.unsent.drain().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        let unsent: Vec<_> = numbers
            .into_iter()
            .filter_map(|number| self.lines.get_mut(number).cloned())
            .collect();
        self.lines.clear();
        self.attention.read_all();
        self.day = None;
        for line in unsent {
            if let Line::Message(message) = &line
                && let Some(own) = message.own
            {
                self.begin_day(message.at.date());
                let number = self.push(line);
                self.unsent.insert(own.id, number);
            }
        }
        if let Some(search) = &mut self.search {
            search.left_before(self.lines.first());
        }
    }

    /// Notes that the network thread has ended. What it told before has been on the page.
    pub fn end(&mut self, at: SystemTime) {
        self.presence.drawn();
        self.presence.end(at);
        self.people.clear();
    }

    /// Whether the user is in the room.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// How many messages of the user's own wait to be written, or failed and wait for the user.
    #[must_use]
    pub fn unsent_texts(&self) -> usize {
        let progress = self.unsent.values().filter_map(|number| {
            let Line::Message(message) = self.lines.get(*number)? else {
                return None;
            };
            Some(message.own?.progress)
        });
        let unsent = |progress: &Progress| matches!(progress, Progress::Waiting | Progress::Failed);
        progress.filter(unsent).count()
    }

    /// Who is here besides the user.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// The store of lines, to see what the reader sees of it.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The store of lines, to move what the reader sees of it.
    pub fn lines_mut(&mut self) -> &mut Lines {
        &mut self.lines
    }

    /// What came while the user looked elsewhere.
    #[must_use]
    pub fn attention(&self) -> &Attention {
        &self.attention
    }

    /// The lines in the window, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let mut before = None;
        self.lines.shown().flat_map(move |(number, line)| {
            let is_new = self.attention.first_unread() == Some(number);
            let new = is_new.then_some(Row::New { above: number });
            let before = before.replace(line).filter(|_| !is_new);
            let row = Row::Line {
                number,
                opens_group: line::opens_group(before, line),
                line: line.clone(),
            };
            new.into_iter().chain([row])
        })
    }

    fn unsent(&mut self, id: MessageId) -> Option<&mut Message> {
        match self.lines.get_mut(*self.unsent.get(&id)?)? {
            Line::Message(message) => Some(Rc::make_mut(message)),
            Line::Day(_) | Line::Notice(_) | Line::Answer(_) => None,
        }
    }

    fn connected(&mut self, at: SystemTime) {
        self.people.clear();
        if let Some(away) = self.presence.connected(at) {
            self.notice(at, What::Back(away));
        }
    }

    fn lost(&mut self, at: SystemTime, failure: Failure, retry_in: Duration) {
        if self.lines.has_messages() {
            // What was said is shown, even when the server hung up right after it.
            self.presence.drawn();
        }
        self.people.clear();
        self.presence.lost(at, failure, retry_in);
    }

    fn joined(&mut self, at: SystemTime, name: &str) {
        let name: Rc<str> = name.into();
        if name != self.own_name {
            self.people.add(&name);
        }
        self.notice(at, What::Joined(name));
    }

    fn said(
        &mut self,
        at: SystemTime,
        name: &str,
        text: String,
        missing: usize,
    ) -> Option<Rc<Message>> {
        let name: Rc<str> = name.into();
        // That the server speaks does not make it a person who is here.
        if name != self.own_name && *name != *Username::SERVER.as_str() {
            self.people.add(&name);
        }
        let message = Rc::new(Message {
            name,
            mention: mention::mentions(&text, &self.own_name),
            text,
            missing,
            at: self.day_of(at),
            own: None,
        });
        let number = self.push(Line::Message(message.clone()));
        self.attention.arrived(number);
        (message.mention && !self.attention.is_focused()).then_some(message)
    }

    fn notice(&mut self, at: SystemTime, what: What) {
        let at = self.day_of(at);
        let change = Change { at, what };
        if let Some(Line::Notice(notice)) = self.lines.last_mut()
            && notice.takes(&change.what)
        {
            Rc::make_mut(notice).fold(change);
        } else {
            self.push(Line::Notice(Rc::new(Notice::new(change))));
        }
    }

    /// The time in the user's zone, after a line for the day if it is a new one.
    fn day_of(&mut self, at: SystemTime) -> Zoned {
        // Only a clock beyond the year 9999 is outside; 1970 is then as good as anything.
        let at = Timestamp::try_from(at)
            .unwrap_or_default()
            .to_zoned((self.zone)());
        self.begin_day(at.date());
        at
    }

    fn begin_day(&mut self, day: Date) {
        if self.day.replace(day) != Some(day) {
            self.push(Line::Day(day));
        }
    }

    fn push(&mut self, line: Line) -> u64 {
        let (number, left) = self.lines.push(line.clone());
        if let Some(search) = &mut self.search {
            search.comes(number, &line);
            search.left_before(self.lines.first());
        }
        if !left.is_empty() {
            self.unsent.retain(|_, number| !left.contains(number));
        }
        number
    }
}

#[cfg(test)]
mod tests;
