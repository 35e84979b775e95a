//! The checker: whether everybody hears everything once, in one order, and each member between its coming and going. It
//! looks at once at each thing that a member is told, so that it keeps no more than what is on its way: a text is
//! dropped when all others have heard it and its sender knows that it has arrived.
//!
//! Nothing is overlooked for that, where there are three members or more. Of each member it knows the last place, and of
//! each pair the last number: what comes again, however late, is not above them.
//!
//! It knows only what was said and what each member was told.

use std::collections::{BTreeMap, BTreeSet};

use crate::member::What;

/// A member, by the number that it got here.
pub(crate) type Number = usize;

/// Which text: whose, and which of its texts.
type Text = (Number, u64);

/// A place in the log: they are only compared within one room.
type Place = (String, u64);

/// How many faults are kept in words. One is enough to fail.
const KEPT: usize = 1000;

/// What all members of one house have said and were told.
#[derive(Default)]
pub(crate) struct Checker {
    members: Vec<Side>,
    numbers: BTreeMap<String, Number>,
    /// Texts that somebody has not heard yet, or whose sender does not know that they have arrived.
    open: BTreeMap<Text, Open>,
    /// Where they stand.
    log: BTreeMap<Place, Text>,
    most_open: usize,
    faults: Vec<(Number, String)>,
}

/// One member.
#[derive(Default)]
struct Side {
    name: String,
    said: u64,
    arrived: u64,
    /// The last text of each other member that it has heard.
    heard: Vec<u64>,
    last: Option<Place>,
    here: Option<BTreeSet<String>>,
}

/// A text that is on its way.
#[derive(Default)]
struct Open {
    place: Option<Place>,
    heard: usize,
    has_arrived: bool,
}

impl Checker {
    /// A member that enters. All of them enter before the first of them says anything.
    pub(crate) fn enter(&mut self, name: &str) -> Number {
        assert!(self.said() == 0, "{name} enters too late to be checked");
        let number = self.members.len();
        self.members.push(Side {
            name: name.to_owned(),
            ..Side::default()
        });
        for member in &mut self.members {
            member.heard.resize(number + 1, 0);
        }
        let before = self.numbers.insert(name.to_owned(), number);
        assert!(before.is_none(), "{name} is there twice");
        number
    }

    /// A member says its next text. Returns which one that is.
    pub(crate) fn says(&mut self, who: Number) -> u64 {
        let member = &mut self.members[who];
        member.said += 1;
        let text = member.said;
        self.open.insert((who, text), Open::default());
        self.most_open = self.most_open.max(self.open.len());
        text
    }

    /// Takes what a member was told.
    pub(crate) fn told(&mut self, member: Number, what: &What) {
        match what {
            What::Heard(who, number, place, past) => {
                self.heard(member, who, *number, place, *past);
            }
            What::Arrived(number) => self.arrived(member, *number),
            What::Here(names) => self.members[member].here = Some(names.iter().cloned().collect()),
            // Whoever enters at the same time may be among those who are here, and be told too.
            What::Came(who) => {
                if let Some(here) = &mut self.members[member].here {
                    here.insert(who.clone());
                }
            }
            What::Went(who) => {
                let here = self.members[member].here.as_mut();
                if here.is_some_and(|here| !here.remove(who)) {
                    self.blame(member, format!("{who} goes and is not here"));
                }
            }
            What::Wrong(words) => self.blame(member, words.clone()),
            What::Gap => self.blame(member, "something is missing".to_owned()),
            What::Lost(_) | What::Granted(_) | What::CaughtUp | What::Notice(_) => {}
        }
    }

    fn heard(&mut self, member: Number, who: &str, number: u64, place: &str, past: bool) {
        let words = format!("{number} of {who}");
        let Some(&sender) = self.numbers.get(who) else {
            return self.blame(member, format!("{words}, which nobody has said"));
        };
        let Some(place) = parse(place) else {
            return self.blame(member, format!("{words} at {place}, which is no place"));
        };
        if number == 0 || number > self.members[sender].said {
            return self.blame(member, format!("{words}, which it has not said"));
        }
        let side = &mut self.members[member];
        let before = side.heard[sender];
        if number <= before {
            return self.blame(member, format!("{words} comes twice, after {before}"));
        }
        let is_own = sender == member;
        side.heard[sender] = number;
        let is_absent = side.here.as_ref().is_some_and(|here| !here.contains(who));
        let last = side.last.replace(place.clone());
        // Of its own texts it hears only those that the past shows.
        if number > before + 1 && !is_own {
            self.blame(member, format!("{words} follows {before}"));
        }
        if let Some(last) = last.filter(|last| *last >= place) {
            self.blame(member, format!("{words} at {place:?} comes after {last:?}"));
        }
        if !past && is_absent {
            self.blame(member, format!("{words}, who is not here"));
        }
        let text = (sender, number);
        // The past shows its own texts also when they are through.
        if is_own && !self.open.contains_key(&text) {
            return;
        }
        if *self.log.entry(place.clone()).or_insert(text) != text {
            self.blame(member, format!("{words} and another text at {place:?}"));
        }
        let open = self.open.entry(text).or_default();
        open.heard += usize::from(!is_own);
        if *open.place.get_or_insert_with(|| place.clone()) != place {
            self.blame(member, format!("{words} has two places"));
        }
        self.close(text);
    }

    fn arrived(&mut self, member: Number, number: u64) {
        let side = &mut self.members[member];
        let before = side.arrived;
        side.arrived = number;
        if number != before + 1 || number > side.said {
            self.blame(member, format!("{number} arrives after {before}"));
        }
        if let Some(open) = self.open.get_mut(&(member, number)) {
            open.has_arrived = true;
            self.close((member, number));
        }
    }

    /// Drops a text that is through.
    fn close(&mut self, text: Text) {
        let others = self.members.len() - 1;
        let is_through = |open: &Open| open.has_arrived && open.heard >= others;
        if self.open.get(&text).is_some_and(is_through) {
            let place = self.open.remove(&text).and_then(|open| open.place);
            if let Some(place) = place {
                self.log.remove(&place);
            }
        }
    }

    fn blame(&mut self, member: Number, words: String) {
        if self.faults.len() < KEPT {
            self.faults.push((member, words));
        }
    }

    /// How many texts were said.
    pub(crate) fn said(&self) -> u64 {
        self.members.iter().map(|member| member.said).sum()
    }

    /// How many texts each member has said, by its number.
    pub(crate) fn said_by_each(&self) -> Vec<u64> {
        self.members.iter().map(|member| member.said).collect()
    }

    /// Who has heard nothing that was said after [`Self::said_by_each`] was this.
    pub(crate) fn deaf_since(&self, said: &[u64]) -> Vec<Number> {
        let is_deaf = |number: &Number| {
            let heard = &self.members[*number].heard;
            heard.iter().zip(said).all(|(heard, said)| heard <= said)
        };
        (0..self.members.len()).filter(is_deaf).collect()
    }

    /// How many texts are on their way: none when all is through.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// How many texts were on their way at most.
    pub(crate) const fn most_open(&self) -> usize {
        self.most_open
    }

    /// What was wrong so far, with the names of those who have noticed it.
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        let faults = self.faults.iter();
        faults
            .map(|(member, words)| (self.members[*member].name.clone(), words.clone()))
            .collect()
    }

    /// Nothing more will come: what is missing is a fault.
    pub(crate) fn end(&mut self) {
        let mut faults = Vec::new();
        for (number, member) in self.members.iter().enumerate() {
            let (arrived, said) = (member.arrived, member.said);
            if arrived != said {
                faults.push((number, format!("{arrived} of {said} have arrived")));
            }
            for (other, heard) in self.members.iter().zip(&member.heard) {
                let (who, said) = (&other.name, other.said);
                if *who != member.name && *heard != said {
                    faults.push((number, format!("heard {heard} of {said} texts of {who}")));
                }
            }
        }
        faults
            .into_iter()
            .for_each(|(member, words)| self.blame(member, words));
    }
}

fn parse(place: &str) -> Option<Place> {
    let (generation, count) = place.rsplit_once('-')?;
    Some((generation.to_owned(), count.parse().ok()?))
}

#[cfg(test)]
mod tests;
