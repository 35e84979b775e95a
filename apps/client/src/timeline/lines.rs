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

/// The store. Lines are named by a number that is never used again.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    kept: VecDeque<Line>,
    /// Number of the first line kept: so many left.
    gone: u64,
    /// How many of them left because the user cleared the window.
    cleared: u64,
    bytes: usize,
    /// The first line shown while the reader reads back; `None` while the reader follows.
    reading_from: Option<u64>,
    /// Messages of others that came since the reader reads back.
    new_below: usize,
    /// Whether anybody has said anything since the window opened.
    has_messages: bool,
}

impl Lines {
    /// Adds a line at the end. Returns its number, and the numbers of the lines that had to leave.
    pub fn push(&mut self, line: Line) -> (u64, Range<u64>) {
        if self.reading_from.is_some() && line.is_from_others() {
            self.new_below += 1;
        }
        self.has_messages |= matches!(line, Line::Message(_));
        self.bytes += line.bytes();
        self.kept.push_back(line);
        let before = self.gone;
        while self.kept.len() > KEPT_LINES || (self.bytes > KEPT_BYTES && self.kept.len() > 1) {
            if let Some(oldest) = self.kept.pop_front() {
                self.bytes -= oldest.bytes();
                self.gone += 1;
            }
        }
        (self.end() - 1, before..self.gone)
    }

    /// Removes all lines.
    pub fn clear(&mut self) {
        *self = Self {
            gone: self.end(),
            cleared: self.end(),
            has_messages: self.has_messages,
            ..Self::default()
        };
    }

    /// The newest line, to be folded into.
    pub fn last_mut(&mut self) -> Option<&mut Line> {
        self.kept.back_mut()
    }

    /// The line of that number, if it is still kept.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Line> {
        let index = number.checked_sub(self.gone)?;
        self.kept.get_mut(usize::try_from(index).ok()?)
    }

    /// The line of that number, to look at.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Line> {
        let index = number.checked_sub(self.gone)?;
        self.kept.get(usize::try_from(index).ok()?)
    }

    /// The number of the line with this message of the user's own. Looks at every line, the newest first.
    #[must_use]
    pub fn number_of(&self, id: MessageId) -> Option<u64> {
        let is_it = |line: &Line| matches!(line, Line::Message(message) if message.own.is_some_and(|own| own.id == id));
        let index = self.kept.iter().rposition(is_it)?;
        Some(self.gone + index as u64)
    }

    /// All lines kept, oldest first.
    pub fn kept(&self) -> impl Iterator<Item = &Line> {
        self.kept.iter()
    }

    /// All lines kept with their numbers, oldest first.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &Line)> {
        (self.gone..).zip(&self.kept)
    }

    /// The lines in the window with their numbers, oldest first.
    pub fn shown(&self) -> impl Iterator<Item = (u64, &Line)> {
        let shown = self.shown_range();
        let skip = usize::try_from(shown.start - self.gone).unwrap_or(usize::MAX);
        shown.clone().zip(self.kept.iter().skip(skip))
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
        self.reading_from = Some(start.saturating_sub(STRETCH_LINES as u64).max(self.gone));
    }

    /// Shows another stretch below. Beyond [`SHOWN_LINES`] the first leave the window.
    pub fn show_later(&mut self) {
        let shown = self.shown_range();
        let latest_start = self.end().saturating_sub(SHOWN_LINES as u64).max(self.gone);
        let start = shown
            .start
            .max(latest_start.min(shown.start + STRETCH_LINES as u64));
        self.reading_from = Some(start);
    }

    /// Brings the line of that number into the window and lets it stay there.
    pub fn show(&mut self, number: u64) {
        let shown = self.shown_range();
        self.reading_from = Some(if shown.contains(&number) {
            shown.start
        } else {
            number
                .saturating_sub(STRETCH_LINES as u64 / 2)
                .max(self.gone)
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
        self.shown_range().start > self.gone
    }

    /// Whether anybody has said anything since the window opened.
    #[must_use]
    pub fn has_messages(&self) -> bool {
        self.has_messages
    }

    /// How many lines left because the store was full.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.gone - self.cleared
    }

    /// Number of the first line kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.gone
    }

    /// Number of the last line kept.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.end().saturating_sub(1)
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

    fn end(&self) -> u64 {
        self.gone + self.kept.len() as u64
    }

    fn shown_range(&self) -> Range<u64> {
        let end = self.end();
        match self.reading_from {
            None => end.saturating_sub(STRETCH_LINES as u64).max(self.gone)..end,
            Some(from) => {
                let start = from.max(self.gone);
                start..end.min(start + SHOWN_LINES as u64)
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

    fn shown(lines: &Lines) -> Range<u64> {
        let numbers: Vec<_> = lines.shown().map(|(number, _)| number).collect();
        numbers[0]..numbers[numbers.len() - 1] + 1
    }

    #[test]
    fn old_lines_leave_above_the_limit_and_are_counted() {
        let mut lines = filled(KEPT_LINES);
        assert_eq!(lines.gone(), 0);
        let (number, left) = lines.push(message("one more"));
        assert_eq!((number, left), (KEPT_LINES as u64, 0..1));
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
        assert_eq!(shown(&lines), 100..100 + SHOWN_LINES as u64);
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
        assert_eq!(shown(&lines), 0..SHOWN_LINES as u64);
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
}
