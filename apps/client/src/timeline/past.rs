//! Past: what the server remembers of the room, as far as it has told, and how what it tells gets into the lines.
//!
//! What was missed comes at the end, like everything else. What is older than the first line is fetched, one stretch at
//! a time, when the reader gets there. It is put above only as long as it joins what is there: not after the lines were
//! cleared or the oldest had to leave, and not when the room has another memory than the one that the lines came from.

use std::time::{Duration, SystemTime};

use hubbub_session::{Event, Ours, Seen, Stamped};
use hubbub_wire::{Hex128, Kept};

use super::{Change, Line, Notice, Progress, Timeline, What};
use crate::moment::Moment;

/// What is known of the server's memory. Nothing, if the server is a plain one.
#[derive(Clone, Debug, Default)]
pub struct Past {
    room: Option<Hex128>,
    /// The last place that was seen in the log of that room.
    last: Option<String>,
    /// How long messages are kept; only while the server grants.
    kept: Option<Kept>,
    /// The server said that it keeps nothing at the moment.
    is_suspended: bool,
    /// The server said that the room takes no messages at the moment.
    is_paused: bool,
    older: Older,
    /// How many messages came that were missed; `None` where what comes as past was not missed.
    missed: Option<usize>,
    is_caught_up: bool,
    /// Something between the last line and the next message is missing.
    has_gap: bool,
    /// Older messages were asked for and have not come.
    is_fetching: bool,
    /// The window began with what was missed, and what was said before that has not come.
    wants_context: bool,
}

/// What there is above the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Older {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Messages that can be fetched.
    More,
    /// Nothing: the memory of the room begins with the first line.
    Nothing,
    /// Perhaps something, and it would not join the first line.
    Apart,
}

impl Past {
    /// How long the server keeps messages; `None` if it does not tell, as a plain one.
    #[must_use]
    pub fn kept(&self) -> Option<Kept> {
        self.kept
    }

    /// Whether the server keeps no messages at the moment although it would.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    /// Whether the room takes no messages at the moment.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether older messages are on their way.
    #[must_use]
    pub fn is_fetching(&self) -> bool {
        self.is_fetching
    }

    /// Whether there are messages above the first line that can be fetched sooner or later.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.older == Older::More
    }

    /// Whether the memory of the room begins with the first line.
    #[must_use]
    pub fn begins_here(&self) -> bool {
        self.older == Older::Nothing
    }

    /// The last message that was seen, to go on from at the next start.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let (room, seq) = (self.room?, self.last.clone()?);
        Some(Seen { room, seq })
    }

    /// Whether this server has ever granted that its past is told.
    pub(super) fn was_granted(&self) -> bool {
        self.room.is_some()
    }

    pub(super) fn is_granted(&self) -> bool {
        self.kept.is_some()
    }

    /// Counts a message of the past. Returns how many that were missed came before it, if it was missed.
    pub(super) fn count_missed(&mut self) -> Option<usize> {
        let before = self.missed?;
        self.missed = Some(before + 1);
        Some(before)
    }

    /// Notes that there is no connection, or a new one of which nothing is known.
    pub(super) fn interrupt(&mut self) {
        self.missed = None;
        self.is_caught_up = false;
        self.is_fetching = false;
    }

    /// Notes that a connection stands. It is a plain one until the server grants more.
    pub(super) fn connected(&mut self) {
        self.interrupt();
        self.kept = None;
        self.is_suspended = false;
        self.is_paused = false;
    }

    /// Notes that this message of the log was seen.
    pub(super) fn reached(&mut self, seq: String) {
        self.last = Some(seq);
    }

    /// Notes that what is above the first line, if anything is, does not join it any more.
    pub(super) fn part(&mut self) {
        self.is_fetching = false;
        self.older = Older::Apart;
    }

    pub(super) fn suspend(&mut self, is_suspended: bool) {
        self.is_suspended = is_suspended;
    }

    pub(super) fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }
}

impl Timeline {
    /// What is known of the server's memory.
    #[must_use]
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// Notes that the reader is near the first line in the window. Returns whether older messages are to be fetched;
    /// they are then on their way.
    pub fn reach_top(&mut self) -> bool {
        if self.lines.has_earlier() {
            // A search goes from match to match, and what is near the first line on the way is not read.
            if self.lines.is_reading_back() && self.search.is_none() {
                self.lines.show_earlier();
            }
            return false;
        }
        self.fetch()
    }

    /// Whether the window begins with what was missed, and what was said before that is to be fetched.
    #[must_use]
    pub fn wants_context(&self) -> bool {
        self.past.wants_context && self.can_fetch()
    }

    /// Notes that older messages are asked for, if there are any that can be fetched. Returns whether there are.
    pub fn fetch(&mut self) -> bool {
        let fetches = self.can_fetch();
        self.past.is_fetching |= fetches;
        self.past.wants_context &= !fetches;
        fetches
    }

    /// Notes that older messages could not be asked for.
    pub fn not_fetched(&mut self) {
        self.past.is_fetching = false;
    }

    /// Whether [`Timeline::reach_top`] would bring something.
    #[must_use]
    pub fn has_more_above(&self) -> bool {
        self.lines.has_earlier() || self.can_fetch()
    }

    fn can_fetch(&self) -> bool {
        let past = &self.past;
        past.older == Older::More
            && past.is_caught_up
            && !past.is_fetching
            && self.lines.has_room_above()
    }

    pub(super) fn granted(&mut self, at: SystemTime, room: Hex128, kept: Kept, resumed: bool) {
        let is_another = self.past.room != Some(room);
        if let Some(away) = self.back.take()
            && !resumed
        {
            self.notice(at, What::Anew(away));
        }
        // What only waits to be sent stands in no memory, so that every one joins it.
        let has_others = self.lines.messages() > self.unsent.len();
        let past = &mut self.past;
        past.kept = Some(kept);
        past.missed = resumed.then_some(0);
        if is_another {
            past.wants_context = resumed;
            past.room = Some(room);
            past.last = None;
            if has_others {
                past.part();
            }
        }
    }

    /// Notes that something between the last line and the next one is missing.
    pub(super) fn gap(&mut self) {
        self.past.has_gap = true;
    }

    pub(super) fn caught_up(&mut self, last: String, more: bool) {
        self.tell_gap(None);
        let past = &mut self.past;
        past.reached(last);
        past.missed = None;
        past.is_caught_up = true;
        self.put_left();
        let past = &mut self.past;
        if past.older != Older::Apart {
            past.older = if more { Older::More } else { Older::Nothing };
        }
    }

    /// A line for what is missing, if something is: before the message of this time, or at the end.
    pub(super) fn tell_gap(&mut self, next: Option<SystemTime>) {
        if !std::mem::take(&mut self.past.has_gap) {
            return;
        }
        let before = next.map(|at| self.moment(at));
        // The user's own messages have the time of another clock, which may be ahead.
        let is_earlier = |at: &Moment| before.is_none_or(|before| *at <= before);
        let is_message_before = |line| time_of_message(line).filter(|at| is_earlier(at));
        let after = self.lines.kept().rev().find_map(is_message_before);
        if let Some(line) = gap(after, before) {
            self.push(line);
        }
    }

    /// Puts older messages above the first line.
    pub(super) fn earlier(&mut self, messages: Vec<Stamped>, more: bool) {
        self.past.is_fetching = false;
        if self.past.older == Older::Apart {
            return;
        }
        let goes_on = more && !messages.is_empty();
        self.past.older = if goes_on { Older::More } else { Older::Nothing };
        let mut lines = Vec::new();
        let mut day = None;
        let mut last = None;
        let mut has_gap = false;
        for Stamped { at, event } in messages {
            let Event::Said {
                name, text, mark, ..
            } = event
            else {
                has_gap |= event == Event::Gap;
                continue;
            };
            let own = mark.and_then(|mark| mark.own);
            if let Some(Ours::Here(id)) = own {
                self.mark(id, Progress::Arrived);
                continue;
            }
            let at = self.moment(at);
            if std::mem::take(&mut has_gap) {
                lines.extend(gap(last.take(), Some(at)));
            }
            last = Some(at);
            // The first line is always a day, so that no message that is shown already changes its place in a group.
            if day.replace(at.day()) != Some(at.day()) {
                lines.push(Line::Day(at.day()));
            }
            let message = match own {
                Some(_) => self.own_message(self.next_id, text, Progress::Arrived, at),
                None => self.message(name.into(), text, 0, at),
            };
            lines.push(Line::Message(message.into()));
        }
        if has_gap {
            let next = self.lines.kept().find_map(time_of_message);
            lines.extend(gap(last, next));
        }
        if let Some(search) = &mut self.search {
            search.comes_before(self.lines.first(), &lines, &self.muted);
        }
        self.lines.prepend(lines);
        if let Some(search) = &mut self.search {
            search.left_before(self.lines.first());
        }
    }

    /// Says for how long the user was away, if that waited for what the server remembers. It remembers nothing.
    pub(super) fn tell_away(&mut self, at: SystemTime) {
        if let Some(away) = self.back.take() {
            self.notice(at, What::Back(away));
        }
    }

    /// Notes that the user is back after this time away.
    pub(super) fn back(&mut self, at: SystemTime, away: Duration) {
        if self.past.was_granted() {
            let before = self.back.take().unwrap_or_default();
            self.back = Some(before + away);
        } else {
            self.notice(at, What::Back(away));
        }
    }
}

/// The line for messages that are missing between these times.
fn gap(after: Option<Moment>, before: Option<Moment>) -> Option<Line> {
    let at = after.or(before)?;
    let what = What::Gap { after, before };
    Some(Line::Notice(Notice::new(Change { at, what }).into()))
}

fn time_of_message(line: &Line) -> Option<Moment> {
    match line {
        Line::Message(message) => Some(message.at),
        Line::Day(_) | Line::Notice(_) | Line::Answer(_) => None,
    }
}

/// Between which messages some are missing, in words.
pub(super) fn gap_words(after: Option<Moment>, before: Option<Moment>) -> String {
    let between = match (after, before) {
        (Some(after), Some(before)) => {
            let written = |at: Moment| match (after.day() == before.day(), at.clock()) {
                (true, clock) => clock,
                (false, clock) => format!("{}, {clock}", at.day().of_year()),
            };
            format!("between {} and {}", written(after), written(before))
        }
        (Some(after), None) => format!("since {}", after.clock()),
        (None, Some(before)) => format!("before {}", before.clock()),
        (None, None) => String::new(),
    };
    format!("Some messages {between} are missing")
}
