//! What one run of a program has shown, and what the log says that it must have shown.

use std::collections::{HashMap, HashSet};

use hubbub_session::{Event, Mark, MessageId, Seen};
use hubbub_wire::Hex128;

/// The truth: everything that stands in a room's log, in order.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) texts: Vec<String>,
    /// For each place, how many texts there are up to it.
    places: HashMap<String, usize>,
}

impl Truth {
    /// A start of the server begins, of this generation.
    pub(super) fn begin(&mut self, generation: &str) {
        self.places
            .insert(format!("{generation}-0"), self.texts.len());
    }

    /// The next text.
    pub(super) fn push(&mut self, seq: String, text: String) {
        self.texts.push(text);
        self.places.insert(seq, self.texts.len());
    }

    fn up_to(&self, seq: &str) -> Option<usize> {
        self.places.get(seq).copied()
    }
}

/// What became of a message of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Waiting,
    Written,
    Arrived,
    Unsure,
}

/// What was shown of the room, in order.
#[derive(Debug)]
enum Shown {
    Room {
        room: Hex128,
        resumed: bool,
    },
    Said {
        mark: Mark,
        text: String,
    },
    /// A text without a place: the program is a plain member, because a first connection ended before the grant.
    Plain(String),
    Gap,
    CaughtUp(String),
}

/// What a program keeps for its next run.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) seen: Seen,
    /// What this person was shown up to there, in all runs.
    texts: HashSet<String>,
}

/// What one run has shown.
#[derive(Debug)]
pub(super) struct Screen {
    began_with: Option<Kept>,
    shown: Vec<Shown>,
    own: Vec<(MessageId, String, Own)>,
    /// Messages that went out before the server had granted anything.
    plain: HashSet<MessageId>,
    room: Option<Hex128>,
    last: Option<String>,
    /// Whether the place that comes with the arrival of a message counts as seen, as in the window. Other programs keep
    /// only the places of what they have shown.
    counts_arrivals: bool,
    /// What was kept when the program was told last that it knows all.
    kept: Option<Kept>,
    pub(super) is_live: bool,
    /// Whether no server has granted anything to the program.
    pub(super) is_plain: bool,
    pub(super) gaps: usize,
    /// How often the program came back with a place that it had seen.
    pub(super) resumed: usize,
    /// How many messages of others came in a replay after that.
    pub(super) missed: usize,
}

impl Screen {
    pub(super) fn new(kept: Option<Kept>, counts_arrivals: bool) -> Self {
        let seen = kept.as_ref().map(|kept| &kept.seen);
        Self {
            room: seen.map(|seen| seen.room),
            last: seen.map(|seen| seen.seq.clone()),
            counts_arrivals,
            kept: kept.clone(),
            began_with: kept,
            shown: Vec::new(),
            own: Vec::new(),
            plain: HashSet::new(),
            is_live: false,
            is_plain: true,
            gaps: 0,
            resumed: 0,
            missed: 0,
        }
    }

    /// A message goes out without a name that a log could know.
    pub(super) fn goes_plain(&mut self, id: MessageId) {
        self.plain.insert(id);
    }

    pub(super) fn says(&mut self, id: MessageId, text: &str) {
        self.own.push((id, text.to_owned(), Own::Waiting));
    }

    /// What the program keeps for its next run, if it writes that down now.
    pub(super) fn kept(&self) -> Option<Kept> {
        let seen = Seen {
            room: self.room?,
            seq: self.last.clone()?,
        };
        let shown = self.shown.iter().filter_map(|shown| match shown {
            Shown::Said { text, .. } | Shown::Plain(text) => Some(text.clone()),
            _ => None,
        });
        let before = self.began_with.iter().flat_map(|kept| kept.texts.clone());
        let texts = before.chain(shown).collect();
        Some(Kept { seen, texts })
    }

    /// The same if it has written down nothing since it was told last that it knows all.
    pub(super) fn kept_early(&self) -> Option<Kept> {
        self.kept.clone()
    }

    pub(super) fn show(&mut self, event: Event) {
        match event {
            Event::Lost { .. } | Event::Connecting | Event::Connected => self.is_live = false,
            Event::Granted { room, resumed, .. } => {
                self.resumed += usize::from(resumed);
                (self.is_live, self.is_plain) = (false, false);
                if self.room.replace(room) != Some(room) {
                    self.last = None;
                }
                self.shown.push(Shown::Room { room, resumed });
            }
            Event::Said {
                text,
                mark: Some(mark),
                ..
            } => {
                self.missed += usize::from(mark.past && mark.own.is_none() && self.resumed > 0);
                self.last = Some(mark.seq.clone());
                self.shown.push(Shown::Said { mark, text });
            }
            Event::Said {
                name,
                text,
                mark: None,
                ..
            } if name != "server" => {
                self.last = None;
                self.shown.push(Shown::Plain(text));
            }
            Event::Gap => {
                self.gaps += 1;
                self.shown.push(Shown::Gap);
            }
            Event::CaughtUp { last, .. } => {
                self.is_live = true;
                self.last = Some(last.clone());
                self.shown.push(Shown::CaughtUp(last));
                self.kept = self.kept();
            }
            Event::Written { id } => self.becomes(id, Own::Written),
            Event::Arrived { id, seq } => {
                self.becomes(id, Own::Arrived);
                assert!(!seq.is_empty(), "a message arrived at no place");
                if self.counts_arrivals {
                    self.last = Some(seq);
                }
            }
            Event::Unsure { id } => self.becomes(id, Own::Unsure),
            _ => {}
        }
    }

    fn becomes(&mut self, id: MessageId, now: Own) {
        let (_, text, own) = self.own.iter_mut().find(|(own, ..)| *own == id).unwrap();
        let may = matches!(
            (*own, now),
            (Own::Waiting, _) | (Own::Written, Own::Arrived | Own::Unsure)
        );
        assert!(may, "{text}: {own:?}, and then {now:?}");
        *own = now;
    }

    /// The messages of one's own: what became of each, and whether the server could know its name.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, Own, bool)> {
        let own = self.own.iter();
        own.map(|(id, text, own)| (text.as_str(), *own, !self.plain.contains(id)))
    }

    /// Holds what was shown against the logs. `is_up_to_date`: the program is connected, and nothing is on its way.
    pub(super) fn check(&self, name: &str, truths: &HashMap<Hex128, Truth>, is_up_to_date: bool) {
        let seen = self.began_with.as_ref().map(|kept| &kept.seen);
        let nothing = Truth::default();
        let mut room = seen.map(|seen| seen.room);
        let mut truth = room.and_then(|room| truths.get(&room)).unwrap_or(&nothing);
        // How many texts of the log are known. `None` as long as nothing was seen.
        let mut known = seen.and_then(|seen| truth.up_to(&seen.seq));
        let mut may_skip = false;
        let own = self.own.iter().map(|(_, text, _)| text.as_str());
        let plain = self.shown.iter().filter_map(|shown| match shown {
            Shown::Plain(text) => Some(text.as_str()),
            _ => None,
        });
        let elsewhere: HashSet<&str> = own.chain(plain).collect();
        // What lies between must be one's own, which stands where it was said, or have come before an offer was
        // answered.
        let lost = |truth: &Truth, from: usize, to: usize| {
            let between = truth.texts[from.min(to)..to].iter();
            between
                .map(String::as_str)
                .find(|text| !elsewhere.contains(text))
                .map(str::to_owned)
        };
        let before = self.began_with.iter().flat_map(|kept| &kept.texts);
        let mut all: HashSet<&String> = before.collect();
        for shown in &self.shown {
            match shown {
                Shown::Plain(text) => {
                    assert!(all.insert(text), "{name} saw {text} twice");
                }
                Shown::Room { room: now, resumed } => {
                    if room.replace(*now) != Some(*now) {
                        truth = truths.get(now).unwrap_or(&nothing);
                    }
                    known = known.filter(|_| *resumed);
                }
                Shown::Gap => may_skip = true,
                Shown::Said { mark, text } => {
                    let at = truth.up_to(&mark.seq);
                    let at =
                        at.unwrap_or_else(|| panic!("{name} saw {text}, which is not in the log"));
                    assert_eq!(truth.texts[at - 1], *text, "{name} saw another text");
                    assert!(all.insert(text), "{name} saw {text} twice");
                    assert!(
                        known.is_none_or(|known| known < at),
                        "{name} saw {text} too late"
                    );
                    if let Some(known) = known.filter(|_| !may_skip) {
                        let lost = lost(truth, known, at - 1);
                        assert_eq!(lost, None, "{name} never saw this, and then saw {text}");
                    }
                    (known, may_skip) = (Some(at), false);
                }
                Shown::CaughtUp(last) => {
                    let at = truth.up_to(last);
                    let at =
                        at.unwrap_or_else(|| panic!("{name} is told of {last}, which is no place"));
                    if let Some(known) = known.filter(|_| !may_skip) {
                        let lost = lost(truth, known, at);
                        assert_eq!(lost, None, "{name} was told that it has seen all");
                    }
                    // A gap after which nothing came still stands before what comes next.
                    known = known.max(Some(at));
                }
            }
        }
        if is_up_to_date {
            let lost = lost(truth, known.unwrap_or(0), truth.texts.len());
            assert_eq!(lost, None, "{name} never saw this, which was said last");
        }
    }
}
