//! Timeline: what there is to show, as plain data: lines, people, and whether the user is in the room. Knows no Dioxus
//! and no sockets.
//!
//! Everything that happens goes through [`Timeline::apply`] (from the network) or [`Timeline::say`] (from the user).

mod attention;
mod heard;
mod line;
mod lines;
mod mention;
mod muted;
mod notice;
mod own;
mod past;
mod people;
mod presence;
mod search;
mod told;
mod transcript;
mod trust;
mod visible;

use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

pub use attention::Attention;
pub use line::{Line, Message, Own, Progress, Row};
pub use lines::{KEPT_LINES, Lines, SHOWN_LINES, STRETCH_LINES};
pub use muted::{MUTED_PEOPLE, Muted};
pub use notice::{Change, Notice, Span, What, earlier_changes};
pub use past::Past;
pub use people::People;
pub use presence::{Attempt, Failure, Presence};
pub use search::{Match, Search, Toward};
pub use transcript::Transcript;
pub use trust::{KeyChange, Reason, Secured};
pub use visible::{NOTHING_VISIBLE, visible};

use hubbub_session::{Event, MessageId, Stamped};
use hubbub_transport::Address;

use crate::moment::{Ahead, Day, Moment};

/// Everything that the window shows.
#[derive(Clone, Debug)]
pub struct Timeline {
    ahead: Ahead,
    own_name: Rc<str>,
    presence: Presence,
    /// Of several that a page knows, once it has gone on to another one.
    server: Option<Address>,
    people: People,
    muted: Muted,
    lines: Lines,
    search: Option<Search>,
    attention: Attention,
    past: Past,
    secured: Option<Secured>,
    /// Something about the server's key or the room's password was not settled when the room was last looked for.
    is_veiled: bool,
    /// For how long the user was away, until it is known whether the server remembers what was said then.
    back: Option<Duration>,
    day: Option<Day>,
    next_id: MessageId,
    /// The line of each message of the user's own that is not known to be sent or, where the server tells, to have
    /// arrived.
    unsent: HashMap<MessageId, i64>,
    /// What an earlier run of the program left and has no line yet, in order.
    left: Vec<own::Left>,
}

impl Timeline {
    /// An empty room before the first connection. The times of lines are those of clocks that are so far `ahead` when
    /// they come.
    #[must_use]
    pub fn new(own_name: &str, ahead: Ahead) -> Self {
        Self {
            ahead,
            own_name: own_name.into(),
            presence: Presence::default(),
            server: None,
            people: People::default(),
            muted: Muted::default(),
            lines: Lines::default(),
            search: None,
            attention: Attention::default(),
            past: Past::default(),
            secured: None,
            is_veiled: false,
            back: None,
            day: None,
            next_id: 0,
            unsent: HashMap::new(),
            left: Vec::new(),
        }
    }

    /// Takes in an event. Returns the message if one mentions the user, who looks elsewhere.
    pub fn apply(&mut self, stamped: Stamped) -> Option<Rc<Message>> {
        let Stamped { at, event } = stamped;
        match event {
            Event::Connecting => {
                self.past.interrupt();
                self.presence.connecting(at);
            }
            Event::Server { address } => self.server = Some(address),
            Event::Connected => self.connected(at),
            Event::Lost {
                why,
                cause,
                retry_in,
            } => {
                self.lost(at, Failure::new(why, cause), retry_in);
            }
            event @ (Event::AsksTrust { .. }
            | Event::KeyChanged { .. }
            | Event::AsksPassword { .. }
            | Event::Secured { .. }) => self.trust(at, event),
            Event::Replaced => self.put_out(at, Attempt::Replaced),
            Event::Kicked { why } => self.put_out(at, Attempt::Kicked { why }),
            Event::Joined { name } => self.joined(at, &name),
            Event::Left { name } => self.left(at, name.into()),
            Event::Said {
                name, text, mark, ..
            } => return self.said(at, name.into(), text, mark),
            Event::CutOff {
                name,
                text,
                missing,
            } => {
                let name: Rc<str> = name.into();
                return self.heard(at, name, text, missing, false);
            }
            Event::Parted | Event::Pong { .. } => {}
            Event::Written { id } => self.mark(id, Progress::Sent),
            Event::Unsure { id } => self.mark(id, Progress::Unsure),
            Event::Arrived { id, seq } => {
                self.mark(id, Progress::Arrived);
                self.past.reached(seq);
            }
            Event::Granted {
                room,
                kept,
                resumed,
            } => self.granted(at, room, kept, resumed),
            Event::Present { names } => self.present(names),
            Event::Gap => self.gap(),
            Event::CaughtUp { last, more } => self.caught_up(last, more),
            Event::Earlier { messages, more, .. } => self.earlier(messages, more),
            Event::Notice { code, text } => self.server_tells(at, &code, &text),
            Event::Missed { events } => self.notice(at, What::Missed(events)),
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

    /// Puts a line of the window itself at the end.
    pub fn answer(&mut self, words: &str) {
        self.push(Line::Answer(words.into()));
    }

    /// Removes every line, apart from messages of the user's own that are not known to be sent or to have arrived.
    pub fn clear(&mut self) {
        let mut numbers: Vec<_> = self.unsent.drain().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        let unsent: Vec<_> = numbers
            .into_iter()
            .filter_map(|number| self.lines.get_mut(number).cloned())
            .collect();
        self.lines.clear();
        self.past.part();
        self.attention.read_all();
        self.day = None;
        for line in unsent {
            if let Line::Message(message) = &line
                && let Some(own) = message.own
            {
                self.begin_day(message.at.day());
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
        self.past.interrupt();
        self.people.clear();
    }

    /// Whether the user is in the room.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// The server of the room at which the user is, or tries to get in. `None`: it is still the one that led here.
    #[must_use]
    pub fn server(&self) -> Option<&Address> {
        self.server.as_ref()
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

    /// The user's own name.
    #[must_use]
    pub fn own_name(&self) -> &Rc<str> {
        &self.own_name
    }

    /// The user goes by another name from now on. What waits is said under it.
    pub fn rename(&mut self, name: &str) {
        self.own_name = name.into();
        self.rename_unsent();
    }

    /// The lines in the window, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        // As if all lines were in the window: what is shown stays as it is when more of them come in.
        let is_seen = |line: &Line| !self.muted.hides(line);
        let mut before = self.lines.above_shown().find(|line| is_seen(line));
        let mut day = self.lines.above_shown().find_map(Line::day);
        // Above a hidden line, "New" stands above the next one.
        let new_above = self.attention.first_unread();
        let mut new_above = new_above.filter(|new| *new >= self.lines.first_shown());
        let seen = self.lines.shown().filter(move |(_, line)| is_seen(line));
        seen.flat_map(move |(number, line)| {
            let is_known = matches!(line, Line::Day(_)) && line.day() == day;
            day = line.day().or(day);
            let is_new = new_above.take_if(|new| *new <= number).is_some();
            let new = is_new.then_some(Row::New { above: number });
            let before = before.replace(line).filter(|_| !is_new);
            let row = Row::Line {
                number,
                opens_group: line::opens_group(before, line),
                line: line.clone(),
            };
            new.into_iter().chain((!is_known).then_some(row))
        })
    }

    fn connected(&mut self, at: SystemTime) {
        self.people.clear();
        self.secured = None;
        self.is_veiled = false;
        self.past.connected();
        if let Some(away) = self.presence.connected(at) {
            self.back(at, away);
        }
    }

    fn lost(&mut self, at: SystemTime, failure: Failure, retry_in: Duration) {
        self.leave();
        if retry_in == Duration::MAX {
            self.presence.put_out(at, Attempt::Stopped { failure });
        } else {
            self.presence.lost(at, failure, retry_in);
        }
    }

    fn put_out(&mut self, at: SystemTime, attempt: Attempt) {
        self.leave();
        self.presence.put_out(at, attempt);
    }

    fn leave(&mut self) {
        self.put_left();
        if self.lines.has_messages() {
            // What was said is shown, even when the server hung up right after it.
            self.presence.drawn();
        }
        self.people.clear();
        self.secured = None;
        self.past.interrupt();
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
    fn day_of(&mut self, at: SystemTime) -> Moment {
        let at = self.moment(at);
        self.begin_day(at.day());
        at
    }

    fn moment(&self, at: SystemTime) -> Moment {
        Moment::new(at, self.ahead)
    }

    fn begin_day(&mut self, day: Day) {
        if self.day.replace(day) != Some(day) {
            self.push(Line::Day(day));
        }
    }

    fn push(&mut self, line: Line) -> i64 {
        let is_hidden = self.muted.hides(&line);
        let (number, left) = if is_hidden {
            self.lines.push_hidden(line.clone())
        } else {
            self.lines.push(line.clone())
        };
        if let Some(search) = &mut self.search {
            if !is_hidden {
                search.comes(number, &line);
            }
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
