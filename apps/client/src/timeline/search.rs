//! Search: which messages hold what the reader looks for, and at which of them the reader is.
//!
//! A new query looks at every kept line once. After that only new lines are looked at, so that a search costs the same
//! in a full store as in an empty one.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Line, Lines, Muted, Timeline};
use crate::tables::composed;

/// A search that is going on. Lines are known by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Search {
    query: String,
    /// Oldest first.
    found: VecDeque<i64>,
    current: Option<i64>,
    steps: u64,
}

/// Which way to go from one match to the next. It goes round at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// Up, to what was said before.
    Older,
    /// Down, to what was said later.
    Newer,
}

/// Where the reader is among the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Number of the line.
    pub line: i64,
    /// Which match it is. The newest is the first.
    pub nth: usize,
    /// Grows whenever the line has to be brought into view, even if it is the same one.
    pub steps: u64,
}

impl Search {
    /// How many lines match.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing is looked for yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.query.is_empty()
    }

    /// Where the reader is; nowhere when nothing matches, or when that line has left.
    #[must_use]
    pub fn current(&self) -> Option<Match> {
        let line = self.current?;
        let at = self.found.binary_search(&line).ok()?;
        Some(Match {
            line,
            nth: self.found.len() - at,
            steps: self.steps,
        })
    }

    /// The range of the first part of `text` that holds a match and is at most `most` bytes long, or of all of `text`
    /// if that is no longer. Parts begin half of `most` apart, so a query longer than that half is not found
    /// everywhere; the range is then that of the beginning.
    #[must_use]
    pub fn excerpt(&self, text: &str, most: usize) -> Range<usize> {
        let boundary = |at: usize| {
            let mut before = (0..=at.min(text.len())).rev();
            before
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or_default()
        };
        let part = |at: usize| boundary(at)..boundary(at + most);
        let mut parts = (0..text.len()).step_by((most / 2).max(1)).map(part);
        let holds = |part: &Range<usize>| folded(&text[part.clone()]).contains(&self.query);
        parts.find(holds).unwrap_or_else(|| part(0))
    }

    /// Looks for another text. Stays at the line at which the reader is if that still matches, else goes to the newest.
    pub(super) fn look_for(&mut self, query: &str, lines: &Lines, muted: &Muted) {
        self.query = folded(query);
        self.look_again(lines, muted);
    }

    /// Looks for the same text, since other people are muted now.
    fn look_again(&mut self, lines: &Lines, muted: &Muted) {
        self.found = lines
            .numbered()
            .filter(|(_, line)| self.matches(line) && !muted.hides(line))
            .map(|(number, _)| number)
            .collect();
        if self.current().is_none() {
            self.go(self.found.back().copied());
        }
    }

    /// Goes to the next match this way.
    pub(super) fn step(&mut self, toward: Toward) {
        let after = |line| self.found.partition_point(|found| *found <= line);
        let before = |line| self.found.partition_point(|found| *found < line);
        let next = match (toward, self.current) {
            (Toward::Newer, Some(line)) => self.found.get(after(line)),
            (Toward::Older, Some(line)) => {
                let at = before(line).checked_sub(1);
                at.and_then(|at| self.found.get(at))
            }
            (_, None) => None,
        };
        let round = match toward {
            Toward::Newer => self.found.front(),
            Toward::Older => self.found.back(),
        };
        self.go(next.or(round).copied());
    }

    /// Takes in a line that has come at the end.
    pub(super) fn comes(&mut self, number: i64, line: &Line) {
        if self.matches(line) {
            self.found.push_back(number);
        }
    }

    /// Takes in lines that have come before the line of this number, the oldest first.
    pub(super) fn comes_before(&mut self, number: i64, lines: &[Line], muted: &Muted) {
        for (number, line) in (i64::MIN..number).rev().zip(lines.iter().rev()) {
            if self.matches(line) && !muted.hides(line) {
                self.found.push_front(number);
            }
        }
    }

    /// Forgets all lines before this number, which have left.
    pub(super) fn left_before(&mut self, number: i64) {
        while self.found.front().is_some_and(|found| *found < number) {
            self.found.pop_front();
        }
    }

    fn go(&mut self, line: Option<i64>) {
        self.current = line;
        self.steps += 1;
    }

    fn matches(&self, line: &Line) -> bool {
        match line {
            Line::Message(message) => {
                !self.query.is_empty() && folded(&message.text).contains(&self.query)
            }
            Line::Day(_) | Line::Notice(_) | Line::Answer(_) => false,
        }
    }
}

impl Timeline {
    /// Looks for a text in what was said. The first call opens the search.
    pub fn search(&mut self, query: &str) {
        let search = self.search.get_or_insert_default();
        search.look_for(query, &self.lines, &self.muted);
        self.show_found();
    }

    /// Looks again, since other people are muted now.
    pub(super) fn look_again(&mut self) {
        if let Some(search) = &mut self.search {
            search.look_again(&self.lines, &self.muted);
            self.show_found();
        }
    }

    /// Goes to the next match this way.
    pub fn search_on(&mut self, toward: Toward) {
        if let Some(search) = &mut self.search {
            search.step(toward);
            self.show_found();
        }
    }

    /// Ends the search. The reader stays where it is.
    pub fn end_search(&mut self) {
        self.search = None;
    }

    /// The search, while there is one.
    #[must_use]
    pub fn searched(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    fn show_found(&mut self) {
        if let Some(found) = self.search.as_ref().and_then(Search::current) {
            self.lines.show(found.line);
        }
    }
}

/// The text in a form in which letter case makes no difference, nor does it whether an accent is part of its letter or
/// follows it. It is upper case, because that depends on no neighbour and folds more than lower case does: sharp s is
/// SS, and both forms of sigma are one. The page does the same to find what to mark.
pub(super) fn folded(text: &str) -> String {
    composed(text.to_uppercase())
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::Message;
    use super::*;

    fn message(text: &str) -> Line {
        Line::Message(Rc::new(Message::of("bob", text)))
    }

    fn filled(texts: &[&str]) -> Lines {
        let mut lines = Lines::default();
        for text in texts {
            lines.push(message(text));
        }
        lines
    }

    fn searched(query: &str, lines: &Lines) -> Search {
        let mut search = Search::default();
        search.look_for(query, lines, &Muted::default());
        search
    }

    fn at(search: &Search) -> Option<(i64, usize)> {
        search.current().map(|found| (found.line, found.nth))
    }

    #[test]
    fn the_excerpt_of_a_long_text_holds_the_first_match_and_is_cut_between_characters() {
        let search = Search {
            query: folded("straße"),
            ..Search::default()
        };
        let text = format!("{}STRASSE{0}straße", "ä€".repeat(500));
        for most in [40, 41, 42, 43, 5000] {
            let part = search.excerpt(&text, most);
            assert!(part.len() <= most);
            assert!(text[part].contains("STRASSE"), "{most}");
        }
        assert_eq!(search.excerpt(&text, text.len()), 0..text.len());
        // Too long for a part to hold it for certain: the beginning.
        assert_eq!(search.excerpt(&text, 5), 0..5);
        assert_eq!(search.excerpt("", 40), 0..0);
    }

    #[test]
    fn a_search_begins_at_the_newest_match_and_goes_round_both_ways() {
        let lines = filled(&["a fox", "no", "Fox two", "no", "FOXES"]);
        let mut search = searched("fox", &lines);
        assert_eq!(search.count(), 3);
        let mut visited = vec![at(&search)];
        for toward in [Toward::Older; 3].into_iter().chain([Toward::Newer; 3]) {
            search.step(toward);
            visited.push(at(&search));
        }
        let expected = [(4, 1), (2, 2), (0, 3), (4, 1), (0, 3), (2, 2), (4, 1)];
        assert_eq!(visited, expected.map(Some));
    }

    #[test]
    fn letter_case_makes_no_difference_in_any_script() {
        for (text, query) in [
            ("STRASSE", "straße"),
            ("Straße", "STRASS"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("οδυσσευς", "ευσ"),
            ("Привет", "ПРИВЕТ"),
            ("ÉCOLE", "école"),
        ] {
            let search = searched(query, &filled(&[text]));
            assert_eq!(search.count(), 1, "{query} in {text}");
        }
        assert_eq!(searched("e", &filled(&["é", "x"])).count(), 0);
    }

    #[test]
    fn letters_with_their_accent_and_letters_before_it_are_the_same() {
        for (text, query) in [
            ("cafe\u{301}", "CAF\u{c9}"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{1100}\u{1161}\u{11a8}", "\u{ac01}"),
            ("\u{212b}ngstr\u{f6}m", "a\u{30a}ngstro\u{308}m"),
            ("\u{390}", "\u{3b9}\u{308}\u{301}"),
        ] {
            let search = searched(query, &filled(&[text]));
            assert_eq!(search.count(), 1, "{query} in {text}");
        }
        assert_eq!(searched("e", &filled(&["cafe\u{301}"])).count(), 0);
    }

    #[test]
    fn nothing_is_found_by_an_empty_query_or_a_text_that_nobody_said() {
        let lines = filled(&["one", "two"]);
        for query in ["", "three"] {
            let mut search = searched(query, &lines);
            search.step(Toward::Older);
            assert_eq!((search.count(), search.current()), (0, None));
        }
    }

    #[test]
    fn a_longer_query_stays_at_the_line_if_that_still_matches() {
        let lines = filled(&["fox", "fog", "fo"]);
        let mut search = searched("fo", &lines);
        search.step(Toward::Older);
        let before = search.current().unwrap();
        search.look_for("fog", &lines, &Muted::default());
        assert_eq!(at(&search), Some((1, 1)));
        assert_eq!(search.current().unwrap().steps, before.steps);
        search.look_for("fox", &lines, &Muted::default());
        assert_eq!(at(&search), Some((0, 1)));
        assert_ne!(search.current().unwrap().steps, before.steps);
    }

    #[test]
    fn a_step_to_the_only_match_is_one_all_the_same() {
        let mut search = searched("one", &filled(&["one"]));
        let before = search.current().unwrap();
        search.step(Toward::Newer);
        let after = search.current().unwrap();
        assert_eq!((after.line, after.nth), (before.line, before.nth));
        assert_ne!(after.steps, before.steps);
    }

    #[test]
    fn what_comes_and_leaves_is_counted_without_moving_the_reader() {
        let lines = filled(&["one a", "one b"]);
        let mut search = searched("one", &lines);
        search.comes(2, &message("no"));
        search.comes(3, &message("one c"));
        assert_eq!((search.count(), at(&search)), (3, Some((1, 2))));
        search.left_before(2);
        assert_eq!((search.count(), search.current()), (1, None));
        search.step(Toward::Older);
        assert_eq!(at(&search), Some((3, 1)));
    }

    #[test]
    fn a_line_that_has_left_is_stepped_from_as_if_it_still_stood_there() {
        let lines = filled(&["one", "one", "one"]);
        let mut search = searched("one", &lines);
        search.step(Toward::Older);
        search.left_before(2);
        search.step(Toward::Newer);
        assert_eq!(at(&search), Some((2, 1)));
    }
}
