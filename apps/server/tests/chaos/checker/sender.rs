//! Sender: what one run of a member said, and what it knows about it.

use std::collections::HashMap;
use std::time::Duration;

use super::places::Place;
use super::{Case, Kind, Numbered, Verdict, lives};
use crate::journal::What;
use crate::words::TextId;

impl Case<'_> {
    /// Everything that was said arrived, in the order in which it was said, and its sender knows. A program that ends
    /// may take with it what had not arrived, but nothing that it said before that.
    pub(super) fn check_sender(&self, run: &[Numbered<'_>], verdict: &mut Verdict) {
        let Some((end, last)) = run.last() else {
            return;
        };
        let who = last.who.as_str();
        let lives = lives(run);
        let text = |number| TextId {
            who: who.to_owned(),
            run: last.run,
            number,
        };
        let mut arrived: HashMap<u64, Duration> = HashMap::new();
        let mut said = Vec::new();
        let mut leaves = false;
        for (at, entry) in run {
            match entry.what {
                What::Says(number) => said.push((number, *at)),
                What::Arrived(number, _) => {
                    let known = arrived.insert(number, entry.at);
                    if known.is_some() {
                        verdict.blame(
                            Kind::Wrong,
                            who,
                            *at,
                            format!("{} arrived twice", text(number)),
                        );
                    }
                }
                What::Leaves => leaves = true,
                What::Unsure(number) if !leaves => {
                    verdict.blame(
                        Kind::Unconfirmed,
                        who,
                        *at,
                        format!("{} may not have arrived", text(number)),
                    );
                }
                _ => {}
            }
        }
        let logged = said
            .iter()
            .rposition(|(number, _)| self.places.is_in_the_log(&text(*number)));
        let mut before: Option<Place> = None;
        for (index, (number, at)) in said.iter().enumerate() {
            let text = text(*number);
            let arrived = arrived.get(number);
            if lives && arrived.is_none() {
                verdict.blame(
                    Kind::Unconfirmed,
                    who,
                    *end,
                    format!("{text} is not known to have arrived"),
                );
            }
            let must_be_there = arrived.is_some() || logged.is_some_and(|logged| index < logged);
            if must_be_there && !self.places.is_in_the_log(&text) {
                let known_at = arrived.copied().unwrap_or(self.journal[*at].at);
                if self.unkept.is_forgotten(known_at, Duration::MAX) {
                    verdict.forgiven += 1;
                } else {
                    verdict.blame(Kind::Lost, who, *at, format!("{text} was shown to nobody"));
                }
            }
            let place = self.places.of_text(&text);
            if place.is_some() && place <= before {
                verdict.blame(
                    Kind::OutOfOrder,
                    who,
                    *at,
                    format!("{text} overtook another one of its sender"),
                );
            }
            before = place.max(before);
        }
    }
}
