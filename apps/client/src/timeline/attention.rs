//! Attention: what came while the user looked elsewhere, and where to read on.

use std::time::{Duration, SystemTime};

/// A user who looks at the window for less than this has read nothing: the focus passed by on its way to another
/// window, or the window manager gave and took it while the window appeared.
const GLANCE: Duration = Duration::from_secs(1);

/// Which messages of others the user has not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    focused: bool,
    focused_at: SystemTime,
    unread: usize,
    /// Where the line "New" stands: the first message that came after the focus was lost.
    first_unread: Option<i64>,
}

impl Default for Attention {
    fn default() -> Self {
        Self {
            focused: true,
            focused_at: SystemTime::UNIX_EPOCH,
            unread: 0,
            first_unread: None,
        }
    }
}

impl Attention {
    /// Notes that a message of somebody else came, in this line.
    pub fn arrived(&mut self, number: i64) {
        if !self.focused {
            self.unread += 1;
            self.first_unread.get_or_insert(number);
        }
    }

    /// Notes that a message of somebody else that was missed is told now, in this line; it may be the `first` of
    /// several. It is new to a user who looks, too, and where "New" stands then was read, unless they are
    /// `reading_back`.
    pub fn missed(&mut self, number: i64, first: bool, reading_back: bool) {
        if !self.focused {
            self.arrived(number);
        } else if first && !reading_back {
            self.first_unread = Some(number);
        } else if first {
            self.first_unread.get_or_insert(number);
        }
    }

    /// Notes that the window has got or lost the focus. A user who looks away has read everything, unless they were
    /// `reading_back`: then the line "New" still leads to what they did not reach.
    pub fn focus(&mut self, at: SystemTime, focused: bool, reading_back: bool) {
        if self.focused == focused {
            return;
        }
        self.focused = focused;
        if focused {
            self.focused_at = at;
        } else if at.duration_since(self.focused_at).unwrap_or_default() >= GLANCE {
            self.unread = 0;
            if !reading_back {
                self.first_unread = None;
            }
        }
    }

    /// Notes that the user has read everything: they answered, or cleared the window.
    pub fn read_all(&mut self) {
        self.unread = 0;
        self.first_unread = None;
    }

    /// Whether the window has the focus.
    #[must_use]
    pub fn is_focused(&self) -> bool {
        self.focused
    }

    /// How many messages of others came since the focus was lost. None while the window has it.
    #[must_use]
    pub fn unread(&self) -> usize {
        if self.focused { 0 } else { self.unread }
    }

    /// The number of the line above which "New" stands.
    #[must_use]
    pub fn first_unread(&self) -> Option<i64> {
        self.first_unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many milliseconds after the window opened.
    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(10_000 + millis)
    }

    fn away() -> Attention {
        let mut attention = Attention::default();
        attention.focus(at(0), false, false);
        attention
    }

    fn state(attention: &Attention) -> (usize, Option<i64>) {
        (attention.unread(), attention.first_unread())
    }

    #[test]
    fn what_comes_while_the_window_has_the_focus_is_read() {
        let mut attention = Attention::default();
        attention.arrived(1);
        assert_eq!(state(&attention), (0, None));
    }

    #[test]
    fn what_comes_without_the_focus_counts_until_it_is_back_and_the_line_stays() {
        let mut attention = away();
        attention.arrived(7);
        attention.arrived(9);
        assert_eq!(state(&attention), (2, Some(7)));
        attention.focus(at(1), true, false);
        attention.arrived(10);
        assert_eq!(state(&attention), (0, Some(7)));
    }

    #[test]
    fn the_line_goes_with_an_answer_or_when_the_user_looks_away_again() {
        let mut attention = away();
        attention.arrived(7);
        attention.focus(at(0), true, false);
        let mut other = attention.clone();
        attention.read_all();
        assert_eq!(state(&attention), (0, None));
        other.focus(at(5000), false, false);
        assert_eq!(state(&other), (0, None));
        other.arrived(11);
        assert_eq!(state(&other), (1, Some(11)));
    }

    #[test]
    fn a_glance_reads_nothing() {
        for (millis, read) in [(999, false), (1000, true)] {
            let mut attention = away();
            attention.arrived(7);
            attention.focus(at(0), true, false);
            attention.focus(at(millis), false, false);
            let expected = if read { (0, None) } else { (1, Some(7)) };
            assert_eq!(state(&attention), expected, "{millis} ms");
        }
    }

    #[test]
    fn who_looks_away_before_reaching_the_end_finds_the_line_where_it_was() {
        let mut attention = away();
        attention.arrived(7);
        attention.focus(at(0), true, true);
        attention.focus(at(5000), false, true);
        attention.arrived(8);
        assert_eq!(state(&attention), (1, Some(7)));
    }

    #[test]
    fn a_window_that_is_told_twice_that_it_has_no_focus_forgets_nothing() {
        let mut attention = away();
        attention.arrived(7);
        attention.focus(at(5000), false, false);
        assert_eq!(state(&attention), (1, Some(7)));
    }
}
