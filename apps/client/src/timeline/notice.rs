//! Notice: comings and goings that follow each other, folded into one line.

use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use super::past::gap_words;
use crate::moment::Moment;

/// The most changes that a notice lists when it is opened: the newest. Nobody reads more, and ten thousand joins at
/// once must not fill the window.
pub(super) const LISTED_CHANGES: usize = 100;

/// The most names in one part of a summary. The others are counted.
const NAMED_IN_SUMMARY: usize = 4;

/// One thing that happened apart from the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When, in the user's zone.
    pub at: Moment,
    /// What.
    pub what: What,
}

/// What a notice can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody came.
    Joined(Rc<str>),
    /// Somebody went.
    Left(Rc<str>),
    /// The connection stands again after this time without one. What was said meanwhile is not known here.
    Back(Duration),
    /// The connection stands again after this time without one, and the room remembers nothing of before.
    Anew(Duration),
    /// Some messages between these times are missing: they are no longer kept, or too many were missed.
    Gap {
        /// When the one before was said, if there is one.
        after: Option<Moment>,
        /// When the one after was said, if there is one.
        before: Option<Moment>,
    },
    /// The server tells this.
    Told(Rc<str>),
    /// The window was too slow for this many events.
    Missed(usize),
}

impl What {
    /// Whether it is not about people, and stands alone.
    fn stands_alone(&self) -> bool {
        match self {
            Self::Back(_) | Self::Anew(_) | Self::Gap { .. } | Self::Told(_) => true,
            Self::Joined(_) | Self::Left(_) | Self::Missed(_) => false,
        }
    }
}

impl Change {
    /// The change in words, names apart.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let words = |text: String| vec![Span::Words(text)];
        match &self.what {
            What::Joined(name) => vec![Span::Name(name.clone()), Span::Words(" joined".into())],
            What::Left(name) => vec![Span::Name(name.clone()), Span::Words(" left".into())],
            What::Back(away) => words(format!(
                "you were away for {}; what was said then is not here",
                in_words(*away)
            )),
            What::Anew(away) => words(format!(
                "you were away for {}, and the room's memory began anew; what was said before may be missing",
                in_words(*away)
            )),
            What::Gap { after, before } => words(gap_words(*after, *before)),
            What::Told(told) => words(told.to_string()),
            What::Missed(1) => words("1 event was skipped because too much came at once".into()),
            What::Missed(events) => words(format!(
                "{events} events were skipped because too much came at once"
            )),
        }
    }
}

/// A piece of a sentence. Names are apart, so that a right-to-left one cannot turn the words around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Somebody's name.
    Name(Rc<str>),
    /// Everything else.
    Words(String),
}

/// Changes in a row, shown as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    changes: Vec<Change>,
    unlisted: usize,
}

impl Notice {
    /// A notice of one change.
    #[must_use]
    pub fn new(first: Change) -> Self {
        Self {
            changes: vec![first],
            unlisted: 0,
        }
    }

    /// Whether this may be told in the same line. What is not about people stands alone, apart from outages in a row.
    #[must_use]
    pub fn takes(&self, next: &What) -> bool {
        let is_outage = |what: &What| matches!(what, What::Back(_));
        self.changes.iter().all(|change| {
            let stands_alone = change.what.stands_alone() || next.stands_alone();
            !stands_alone || (is_outage(&change.what) && is_outage(next))
        })
    }

    /// Bytes of text that the notice holds, besides names.
    pub(super) fn bytes(&self) -> usize {
        let told = self.changes.iter().map(|change| match &change.what {
            What::Told(told) => told.len(),
            _ => 0,
        });
        told.sum()
    }

    /// Adds what happened next. Beyond `LISTED_CHANGES` the oldest are only counted, so that everybody who is named
    /// ended up as the notice says. Outages with nothing between them become one, so that a server that closes each new
    /// connection at once makes no list of them.
    pub fn fold(&mut self, next: Change) {
        if let What::Back(more) = next.what
            && let Some(Change {
                at,
                what: What::Back(away),
            }) = self.changes.last_mut()
        {
            *away += more;
            *at = next.at;
            return;
        }
        self.changes.push(next);
        if self.changes.len() > LISTED_CHANGES {
            // What the window missed is told nowhere else.
            let is_told = |change: &Change| matches!(change.what, What::Missed(_));
            let oldest = self.changes.iter().position(|change| !is_told(change));
            self.changes.remove(oldest.unwrap_or_default());
            self.unlisted += 1;
        }
    }

    /// The changes, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many there were before those that [`Self::changes`] lists.
    #[must_use]
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// The notice in one sentence: "bob and carol joined, dave left".
    #[must_use]
    pub fn summary(&self) -> Vec<Span> {
        let mut parts = Tally::default();
        for change in &self.changes {
            parts.count(change);
        }
        let mut spans = Vec::new();
        if self.unlisted > 0 {
            let words = earlier_changes(self.unlisted);
            spans.push(Span::Words(format!("after {words}")));
        }
        for (names, verb) in [
            (&parts.joined, " joined"),
            (&parts.left, " left"),
            (&parts.came_and_went, " came and went"),
            (&parts.went_and_came, " left and came back"),
        ] {
            if !names.is_empty() {
                separate(&mut spans);
                list(&mut spans, names);
                spans.push(Span::Words(verb.into()));
            }
        }
        for change in parts.others {
            separate(&mut spans);
            spans.extend(change.spans());
        }
        spans
    }
}

/// Says that this many changes are not told one by one.
#[must_use]
pub fn earlier_changes(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} earlier change{plural}")
}

/// Where everybody named in a notice ended up, in the order of first mention.
#[derive(Default)]
struct Tally<'a> {
    joined: Vec<&'a Rc<str>>,
    left: Vec<&'a Rc<str>>,
    came_and_went: Vec<&'a Rc<str>>,
    went_and_came: Vec<&'a Rc<str>>,
    others: Vec<&'a Change>,
}

impl<'a> Tally<'a> {
    fn count(&mut self, change: &'a Change) {
        match &change.what {
            What::Joined(name) => {
                take(&mut self.came_and_went, name);
                let part = if take(&mut self.left, name) {
                    &mut self.went_and_came
                } else {
                    &mut self.joined
                };
                add(part, name);
            }
            What::Left(name) => {
                take(&mut self.went_and_came, name);
                let part = if take(&mut self.joined, name) {
                    &mut self.came_and_went
                } else {
                    &mut self.left
                };
                add(part, name);
            }
            What::Back(_) | What::Anew(_) | What::Gap { .. } | What::Told(_) | What::Missed(_) => {
                self.others.push(change)
            }
        }
    }
}

fn add<'a>(part: &mut Vec<&'a Rc<str>>, name: &'a Rc<str>) {
    if !part.contains(&name) {
        part.push(name);
    }
}

fn take(part: &mut Vec<&Rc<str>>, name: &Rc<str>) -> bool {
    let found = part.iter().position(|other| *other == name);
    found.is_some_and(|at| {
        part.remove(at);
        true
    })
}

fn separate(spans: &mut Vec<Span>) {
    if !spans.is_empty() {
        spans.push(Span::Words(", ".into()));
    }
}

fn list(spans: &mut Vec<Span>, names: &[&Rc<str>]) {
    let named = if names.len() > NAMED_IN_SUMMARY {
        NAMED_IN_SUMMARY - 1
    } else {
        names.len()
    };
    for (i, name) in names[..named].iter().enumerate() {
        if i > 0 {
            let last = i + 1 == names.len();
            spans.push(Span::Words(if last { " and " } else { ", " }.into()));
        }
        spans.push(Span::Name((*name).clone()));
    }
    if named < names.len() {
        spans.push(Span::Words(format!(" and {} others", names.len() - named)));
    }
}

/// A time span as a person says it: the two largest units.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match (hours, minutes) {
        (0, 0) => write!(text, "{rest} s"),
        (0, _) => write!(text, "{minutes} min {rest} s"),
        _ => write!(text, "{hours} h {minutes} min"),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(what: What) -> Change {
        Change {
            at: Moment::new(std::time::UNIX_EPOCH, |_| 0),
            what,
        }
    }

    fn joined(name: &str) -> Change {
        change(What::Joined(name.into()))
    }

    fn left(name: &str) -> Change {
        change(What::Left(name.into()))
    }

    fn summary(changes: Vec<Change>) -> String {
        let mut changes = changes.into_iter();
        let mut notice = Notice::new(changes.next().unwrap());
        changes.for_each(|change| notice.fold(change));
        text(&notice.summary())
    }

    fn text(spans: &[Span]) -> String {
        spans
            .iter()
            .map(|span| match span {
                Span::Name(name) => &**name,
                Span::Words(words) => words,
            })
            .collect()
    }

    #[test]
    fn one_change_is_a_plain_sentence() {
        assert_eq!(summary(vec![joined("bob")]), "bob joined");
        assert_eq!(summary(vec![left("bob")]), "bob left");
    }

    #[test]
    fn changes_in_a_row_become_one_sentence() {
        let changes = vec![joined("bob"), joined("carol"), left("dave")];
        assert_eq!(summary(changes), "bob and carol joined, dave left");
    }

    #[test]
    fn who_comes_and_goes_is_told_once() {
        assert_eq!(
            summary(vec![joined("bob"), left("bob")]),
            "bob came and went"
        );
        assert_eq!(
            summary(vec![left("bob"), joined("bob")]),
            "bob left and came back"
        );
        assert_eq!(
            summary(vec![joined("bob"), left("bob"), joined("bob"), left("bob")]),
            "bob came and went"
        );
    }

    #[test]
    fn four_names_are_listed_and_more_are_counted() {
        let four = ["a", "b", "c", "d"].map(joined).to_vec();
        assert_eq!(summary(four), "a, b, c and d joined");
        let five = ["a", "b", "c", "d", "e"].map(joined).to_vec();
        assert_eq!(summary(five), "a, b, c and 2 others joined");
    }

    #[test]
    fn who_comes_and_goes_several_times_is_told_as_who_is_here_in_the_end() {
        let (comes, goes) = (joined("bob"), left("bob"));
        assert_eq!(
            summary(vec![comes.clone(), goes.clone(), comes.clone()]),
            "bob joined"
        );
        assert_eq!(summary(vec![goes.clone(), comes, goes]), "bob left");
    }

    #[test]
    fn of_a_storm_the_newest_are_listed_up_to_the_limit_and_the_others_counted() {
        let mut notice = Notice::new(joined("p0"));
        for i in 1..LISTED_CHANGES {
            notice.fold(joined(&format!("p{i}")));
        }
        assert_eq!(
            (notice.changes().len(), notice.unlisted()),
            (LISTED_CHANGES, 0)
        );
        notice.fold(joined("one more"));
        assert_eq!(
            (notice.changes().len(), notice.unlisted()),
            (LISTED_CHANGES, 1)
        );
        assert_eq!(notice.changes()[0], joined("p1"));
        assert_eq!(notice.changes().last(), Some(&joined("one more")));
        let words = text(&notice.summary());
        assert_eq!(
            words,
            "after 1 earlier change, p1, p2, p3 and 97 others joined"
        );
    }

    #[test]
    fn after_a_storm_everybody_named_is_where_it_is_told() {
        let mut changes: Vec<_> = (0..LISTED_CHANGES)
            .map(|i| joined(&format!("p{i}")))
            .collect();
        changes.extend((0..LISTED_CHANGES - 1).map(|i| left(&format!("p{i}"))));
        changes.push(joined("p0"));
        assert_eq!(
            summary(changes),
            "after 100 earlier changes, p1, p2, p3 and 95 others left, p0 left and came back"
        );
    }

    #[test]
    fn what_the_window_missed_is_told_however_much_comes_after_it() {
        let mut changes = vec![joined("bob"), change(What::Missed(412))];
        changes.extend((0..LISTED_CHANGES).map(|i| joined(&format!("p{i}"))));
        let words = summary(changes);
        assert!(
            words.starts_with("after 2 earlier changes, p1, "),
            "{words}"
        );
        assert!(words.contains("412 events were skipped"), "{words}");
    }

    #[test]
    fn an_outage_is_told_in_the_two_largest_units() {
        let away = |seconds| text(&change(What::Back(Duration::from_secs(seconds))).spans());
        assert!(away(59).contains("for 59 s;"));
        assert!(away(61).contains("for 1 min 1 s;"));
        assert!(away(3660).contains("for 1 h 1 min;"));
    }
}
