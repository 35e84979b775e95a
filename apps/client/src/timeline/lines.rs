//! Lines: the bounded store of what was said and noticed, and which part of it is in the window.
//!
//! While the reader follows, the window shows the last stretch of lines. While the reader reads back, the window stays
//! where it is, so that nothing moves under their eyes. New lines are then added below, up to a limit, and counted.

use std::collections::VecDeque;
use std::ops::Range;

use super::Line;
use hubbub_session::MessageId;

/// The most lines kept: those of a busy day. If more come, the oldest leave.
pub const KEPT_LINES: usize = 20_000;

/// The most bytes of text kept in all lines, so that a room of very long texts does not fill the memory.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// Lines in the window while the reader follows, and how many come with "show earlier".
pub const STRETCH_LINES: usize = 200;

/// The most lines in the window while the reader reads back. Three stretches still render within a frame.
pub const SHOWN_LINES: usize = 3 * STRETCH_LINES;

/// The same two as differences of numbers.
const STRETCH: i64 = STRETCH_LINES as i64;
const SHOWN: i64 = SHOWN_LINES as i64;

/// The store. Lines are named by numbers, which rise from one line to the next. The first line that came has the number
/// 0; those that were fetched from the past come before it and have numbers below that.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    kept: VecDeque<Line>,
    /// Number of the first line kept.
    first: i64,
    /// How many left because the store was full.
    gone: usize,
    bytes: usize,
    /// The first line shown while the reader reads back; `None` while the reader follows.
    reading_from: Option<i64>,
    /// Messages of others that came since the reader reads back.
    new_below: usize,
    /// Whether anybody has said anything since the window opened.
    has_messages: bool,
}

impl Lines {
    /// Adds a line at the end. Returns its number, and the numbers of the lines that had to leave.
    pub fn push(&mut self, line: Line) -> (i64, Range<i64>) {
        if self.reading_from.is_some() && line.is_from_others() {
            self.new_below += 1;
        }
        self.push_hidden(line)
    }

    /// Does the same with a line that is not shown.
    pub fn push_hidden(&mut self, line: Line) -> (i64, Range<i64>) {
        self.has_messages |= matches!(line, Line::Message(_));
        self.bytes += line.bytes();
        self.kept.push_back(line);
        let before = self.first;
        self.make_room();
        (self.last(), before..self.first)
    }

    /// Adds lines before all others, the oldest first. If they are too many, the oldest leave at once. A reader who has
    /// scrolled up to the first line finds a stretch of them above it.
    pub fn prepend(&mut self, lines: Vec<Line>) {
        let (shown, top) = (self.shown_range(), self.first);
        for line in lines.into_iter().rev() {
            self.has_messages |= matches!(line, Line::Message(_));
            self.bytes += line.bytes();
            self.kept.push_front(line);
            self.first -= 1;
        }
        self.make_room();
        if self.is_reading_back() && shown.start == top {
            self.reading_from = Some((top - STRETCH).max(self.first));
        }
    }

    /// Whether there is room for lines from the past. Once a line has left, what is fetched would not join the rest.
    #[must_use]
    pub fn has_room_above(&self) -> bool {
        self.gone == 0 && self.kept.len() < KEPT_LINES && self.bytes < KEPT_BYTES
    }

    /// Removes all lines.
    pub fn clear(&mut self) {
        *self = Self {
            first: self.end(),
            has_messages: self.has_messages,
            ..Self::default()
        };
    }

    /// The newest line, to be folded into.
    pub fn last_mut(&mut self) -> Option<&mut Line> {
        self.kept.back_mut()
    }

    /// The line of that number, if it is still kept.
    pub fn get_mut(&mut self, number: i64) -> Option<&mut Line> {
        self.kept
            .get_mut(usize::try_from(number - self.first).ok()?)
    }

    /// The line of that number, to look at.
    #[must_use]
    pub fn get(&self, number: i64) -> Option<&Line> {
        self.kept.get(usize::try_from(number - self.first).ok()?)
    }

    /// The number of the line with this message of the user's own. Looks at every line, the newest first.
    #[must_use]
    pub fn number_of(&self, id: MessageId) -> Option<i64> {
        let is_it = |line: &Line| matches!(line, Line::Message(message) if message.own.is_some_and(|own| own.id == id));
        let index = self.kept.iter().rposition(is_it)?;
        Some(self.first + index as i64)
    }

    /// All lines kept, oldest first.
    pub fn kept(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.kept.iter()
    }

    /// All lines kept with their numbers, oldest first.
    pub fn numbered(&self) -> impl Iterator<Item = (i64, &Line)> {
        (self.first..).zip(&self.kept)
    }

    /// The lines in the window with their numbers, oldest first.
    pub fn shown(&self) -> impl Iterator<Item = (i64, &Line)> {
        let shown = self.shown_range();
        shown.clone().zip(self.kept.iter().skip(self.above()))
    }

    /// The lines above the window, newest first.
    pub fn above_shown(&self) -> impl Iterator<Item = &Line> {
        self.kept.range(..self.above()).rev()
    }

    /// Follows the end, where the reader is (`true`), or stops because they have scrolled up from it (`false`).
    pub fn follow(&mut self, at_end: bool) {
        if at_end {
            self.reading_from = None;
            self.new_below = 0;
        } else if self.reading_from.is_none() {
            self.reading_from = Some(self.shown_range().start);
        }
    }

    /// Shows another stretch above.
    pub fn show_earlier(&mut self) {
        let start = self.shown_range().start;
        self.reading_from = Some((start - STRETCH).max(self.first));
    }

    /// Shows another stretch below. Beyond [`SHOWN_LINES`] the first leave the window.
    pub fn show_later(&mut self) {
        let shown = self.shown_range();
        let latest_start = (self.end() - SHOWN).max(self.first);
        let start = shown.start.max(latest_start.min(shown.start + STRETCH));
        self.reading_from = Some(start);
    }

    /// Brings the line of that number into the window and lets it stay there.
    pub fn show(&mut self, number: i64) {
        let shown = self.shown_range();
        self.reading_from = Some(if shown.contains(&number) {
            shown.start
        } else {
            (number - STRETCH / 2).max(self.first)
        });
    }

    /// Whether there are kept lines below the window.
    #[must_use]
    pub fn has_later(&self) -> bool {
        self.shown_range().end < self.end()
    }

    /// Whether there are kept lines above the window.
    #[must_use]
    pub fn has_earlier(&self) -> bool {
        self.shown_range().start > self.first
    }

    /// Whether anybody has said anything since the window opened.
    #[must_use]
    pub fn has_messages(&self) -> bool {
        self.has_messages
    }

    /// How many messages are kept. Looks at every line.
    #[must_use]
    pub fn messages(&self) -> usize {
        let is_message = |line: &&Line| matches!(line, Line::Message(_));
        self.kept.iter().filter(is_message).count()
    }

    /// How many lines left because the store was full.
    #[must_use]
    pub fn gone(&self) -> usize {
        self.gone
    }

    /// Number of the first line kept.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.first
    }

    /// Number of the first line in the window.
    #[must_use]
    pub fn first_shown(&self) -> i64 {
        self.shown_range().start
    }

    /// Number of the last line kept.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.end() - 1
    }

    /// Whether the reader has scrolled up.
    #[must_use]
    pub fn is_reading_back(&self) -> bool {
        self.reading_from.is_some()
    }

    /// Messages of others that came below since the reader has scrolled up.
    #[must_use]
    pub fn new_below(&self) -> usize {
        self.new_below
    }

    fn end(&self) -> i64 {
        self.first + self.kept.len() as i64
    }

    /// How many kept lines are above the window.
    fn above(&self) -> usize {
        usize::try_from(self.shown_range().start - self.first).unwrap_or_default()
    }

    fn make_room(&mut self) {
        while self.kept.len() > KEPT_LINES || (self.bytes > KEPT_BYTES && self.kept.len() > 1) {
            if let Some(oldest) = self.kept.pop_front() {
                self.bytes -= oldest.bytes();
                self.first += 1;
                self.gone += 1;
            }
        }
    }

    fn shown_range(&self) -> Range<i64> {
        let end = self.end();
        match self.reading_from {
            None => (end - STRETCH).max(self.first)..end,
            Some(from) => {
                let start = from.max(self.first);
                start..end.min(start + SHOWN)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::Message;
    use super::*;

    fn message(text: &str) -> Line {
        Line::Message(Rc::new(Message::of("bob", text)))
    }

    fn filled(count: usize) -> Lines {
        let mut lines = Lines::default();
        for i in 0..count {
            lines.push(message(&i.to_string()));
        }
        lines
    }

    fn shown(lines: &Lines) -> Range<i64> {
        let numbers: Vec<_> = lines.shown().map(|(number, _)| number).collect();
        numbers[0]..numbers[numbers.len() - 1] + 1
    }

    #[test]
    fn old_lines_leave_above_the_limit_and_are_counted() {
        let mut lines = filled(KEPT_LINES);
        assert_eq!(lines.gone(), 0);
        let (number, left) = lines.push(message("one more"));
        assert_eq!((number, left), (KEPT_LINES as i64, 0..1));
        assert_eq!((lines.gone(), lines.kept.len()), (1, KEPT_LINES));
        assert!(lines.get_mut(0).is_none());
        assert_eq!(lines.get_mut(1), Some(&mut message("1")));
    }

    #[test]
    fn long_texts_leave_before_memory_is_full() {
        let mut lines = Lines::default();
        let text = "x".repeat(1024 * 1024);
        for _ in 0..64 {
            lines.push(message(&text));
        }
        assert!(lines.bytes <= KEPT_BYTES && lines.gone() <= 1);
        lines.push(message(&text));
        assert!(lines.bytes <= KEPT_BYTES && lines.gone() >= 1);
    }

    #[test]
    fn who_follows_sees_the_last_stretch() {
        assert_eq!(shown(&filled(STRETCH_LINES)), 0..200);
        let lines = filled(STRETCH_LINES + 50);
        assert_eq!(shown(&lines), 50..250);
        assert!(lines.has_earlier());
    }

    #[test]
    fn who_reads_back_keeps_the_lines_under_the_eyes() {
        let mut lines = filled(300);
        lines.follow(false);
        for _ in 0..5 {
            lines.push(message("new"));
        }
        assert_eq!(shown(&lines), 100..305);
        assert_eq!(lines.new_below(), 5);
        lines.follow(true);
        assert_eq!(shown(&lines), 105..305);
        assert_eq!(lines.new_below(), 0);
    }

    #[test]
    fn the_window_stays_bounded_however_long_somebody_reads_back() {
        let mut lines = filled(300);
        lines.follow(false);
        for _ in 0..SHOWN_LINES {
            lines.push(message("new"));
        }
        assert_eq!(shown(&lines), 100..100 + SHOWN);
        assert_eq!(lines.new_below(), SHOWN_LINES);
    }

    #[test]
    fn earlier_lines_come_by_stretches() {
        let mut lines = filled(500);
        lines.show_earlier();
        assert_eq!(shown(&lines), 100..500);
        lines.show_earlier();
        assert_eq!(shown(&lines), 0..500);
        assert!(!lines.has_earlier());
        lines.show_earlier();
        assert_eq!(shown(&lines), 0..500);
    }

    #[test]
    fn later_lines_come_by_stretches_until_the_end() {
        let mut lines = filled(1000);
        lines.show(100);
        assert_eq!(shown(&lines), 0..SHOWN);
        assert!(lines.has_later());
        lines.show_later();
        assert_eq!(shown(&lines), 200..800);
        lines.show_later();
        assert_eq!(shown(&lines), 400..1000);
        assert!(!lines.has_later());
        lines.show_later();
        assert_eq!(shown(&lines), 400..1000);
    }

    #[test]
    fn a_line_is_brought_into_the_window_and_stays_there() {
        let mut lines = filled(1000);
        lines.show(850);
        assert_eq!(shown(&lines), 800..1000, "it was in the window already");
        for _ in 0..SHOWN_LINES {
            lines.push(message("new"));
        }
        assert_eq!(shown(&lines), 800..1400);
        lines.show(500);
        assert_eq!(shown(&lines), 400..1000);
        lines.show(3);
        assert_eq!(shown(&lines), 0..600);
    }

    #[test]
    fn cleared_lines_are_not_told_as_gone_and_their_numbers_are_not_used_again() {
        let mut lines = filled(300);
        lines.follow(false);
        lines.clear();
        assert_eq!(
            (lines.shown().count(), lines.gone(), lines.bytes),
            (0, 0, 0)
        );
        assert!(!lines.is_reading_back() && !lines.has_earlier());
        assert_eq!(lines.push(message("new")), (300, 300..300));
        for _ in 0..KEPT_LINES {
            lines.push(message("new"));
        }
        assert_eq!(lines.gone(), 1);
    }

    #[test]
    fn what_comes_from_the_past_has_numbers_below_the_first_line() {
        let mut lines = filled(2);
        lines.prepend(vec![message("a"), message("b")]);
        assert_eq!(shown(&lines), -2..2);
        assert_eq!(lines.get(-2), Some(&message("a")));
        assert_eq!(lines.get(1), Some(&message("1")));
        assert_eq!(lines.push(message("2")).0, 2);
        assert_eq!((lines.first(), lines.last(), lines.gone()), (-2, 2, 0));
    }

    #[test]
    fn who_reads_at_the_top_finds_a_stretch_from_the_past_above_it_and_nobody_else_does() {
        let past = || vec![message("old"); STRETCH_LINES + 1];
        let mut lines = filled(300);
        lines.prepend(past());
        assert_eq!(shown(&lines), 100..300, "the reader follows");
        let mut lines = filled(300);
        lines.show(0);
        lines.prepend(past());
        assert_eq!(shown(&lines), -STRETCH..300);
        assert!(lines.has_earlier());
        let mut lines = filled(300);
        lines.follow(false);
        lines.prepend(past());
        assert_eq!(shown(&lines), 100..300, "the reader is elsewhere");
    }

    #[test]
    fn the_past_takes_no_more_room_than_there_is() {
        let mut lines = filled(KEPT_LINES - 1);
        assert!(lines.has_room_above());
        lines.prepend(vec![message("too much"), message("fits")]);
        assert_eq!((lines.kept.len(), lines.gone()), (KEPT_LINES, 1));
        assert_eq!(lines.get(lines.first()), Some(&message("fits")));
        assert!(!lines.has_room_above());
        lines.clear();
        assert!(lines.has_room_above() && !filled(KEPT_LINES).has_room_above());
    }
}
