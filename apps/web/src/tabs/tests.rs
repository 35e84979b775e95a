use super::*;

const TAB: Hex128 = Hex128(7);

/// Tabs that hear each other at once, as a browser has them.
struct Browser(Vec<Tabs>);

impl Browser {
    fn open(&mut self, page: u128, tab: Hex128, now: u64) -> usize {
        let (tabs, said) = Tabs::open(Hex128(page), tab, now);
        self.0.push(tabs);
        let own = self.0.len() - 1;
        self.say(own, said);
        own
    }

    /// Says it to all others, and what they say to that, and so on. Returns what else they do.
    fn say(&mut self, by: usize, said: Said) -> Vec<(usize, Step)> {
        let mut waiting = vec![(by, said)];
        let mut done = Vec::new();
        while let Some((by, said)) = waiting.pop() {
            assert_eq!(Said::read(&said.write()).as_ref(), Some(&said));
            for other in (0..self.0.len()).filter(|other| *other != by) {
                match self.0[other].hear(&said) {
                    Step::Nothing => {}
                    Step::Say(said) => waiting.push((other, said)),
                    step => done.push((other, step)),
                }
            }
            assert!(done.len() < 10, "they never come to an end: {done:?}");
        }
        done
    }

    fn states(&self) -> Vec<State> {
        self.0.iter().map(|tabs| tabs.state).collect()
    }
}

fn luggage() -> Luggage {
    Luggage {
        name: "alice the first".to_owned(),
        invitation: "key=horse%20".to_owned(),
        carried: "1\n2 3".to_owned(),
        draft: String::new(),
    }
}

fn here(page: u128, tab: u128, since: u64) -> Said {
    Said::Here {
        page: Hex128(page),
        tab: Hex128(tab),
        since,
    }
}

#[test]
fn a_page_that_is_alone_goes_in_and_the_next_one_learns_that_it_is_there() {
    let mut browser = Browser(Vec::new());
    let first = browser.open(5, TAB, 100);
    assert_eq!(browser.0[first].enter(), Some(here(5, 7, 100)));
    assert_eq!(browser.0[first].enter(), None, "it knows");
    browser.open(3, Hex128(8), 200);
    assert_eq!(browser.states(), [State::Inside, State::Elsewhere]);
}

#[test]
fn a_duplicate_is_told_that_it_is_one() {
    for (tab, is_copy) in [(TAB, true), (Hex128(8), false)] {
        let (mut tabs, _) = Tabs::open(Hex128(3), TAB, 200);
        let step = tabs.hear(&here(5, tab.0, 100));
        assert_eq!(step, Step::Elsewhere { is_copy });
        assert_eq!(tabs.enter(), None, "the other is inside");
    }
}

#[test]
fn the_room_is_handed_over_to_who_takes_it_and_to_nobody_else() {
    let mut browser = Browser(Vec::new());
    for page in [5, 3, 4] {
        let own = browser.open(page, Hex128(page), 100);
        browser.0[own].enter();
    }
    let taking = browser.0[1].take(300);
    let page = Hex128(3);
    assert_eq!(browser.say(1, taking), [(0, Step::HandOver { page })]);
    let luggage = luggage();
    let give = Said::Give {
        page,
        luggage: luggage.clone(),
    };
    assert_eq!(browser.say(0, give), [(1, Step::Enter(luggage))]);
    let states = [State::Over, State::Inside, State::Elsewhere];
    assert_eq!(browser.states(), states);
    // The page that gave it away is loaded again.
    browser.open(6, Hex128(5), 400);
    assert_eq!(browser.0[3].state, State::Elsewhere);
}

#[test]
fn who_gets_no_answer_takes_the_room_anyway_and_the_sleeper_gives_way_when_it_wakes() {
    let (mut sleeper, _) = Tabs::open(Hex128(5), Hex128(5), 100);
    sleeper.enter();
    let (mut late, _) = Tabs::open(Hex128(3), Hex128(3), 200);
    late.hear(&here(5, 5, 100));
    late.take(300);
    assert_eq!(late.enter(), Some(here(3, 3, 300)));
    let woken = sleeper.wake().unwrap();
    let Step::Say(answer) = late.hear(&woken) else {
        panic!("it does not say that it is there");
    };
    assert_eq!(sleeper.hear(&answer), Step::GiveWay { is_copy: false });
    assert_eq!(sleeper.wake(), None);
    assert_eq!(sleeper.hear(&answer), Step::Nothing, "once is enough");
}

#[test]
fn of_two_that_went_in_at_the_same_time_one_stays_whoever_speaks_first() {
    for (first, second) in [(5, 3), (3, 5)] {
        let mut browser = Browser(Vec::new());
        for page in [first, second] {
            let (mut tabs, _) = Tabs::open(Hex128(page), TAB, 100);
            tabs.enter();
            browser.0.push(tabs);
        }
        let woken = browser.0[0].wake().unwrap();
        let loser = usize::from(first > second);
        assert_eq!(
            browser.say(0, woken),
            [(loser, Step::GiveWay { is_copy: true })]
        );
    }
}

#[test]
fn of_two_that_open_together_one_goes_in_whoever_has_heard_whom() {
    for (first, second) in [(5, 3), (3, 5)] {
        for both_hear in [true, false] {
            let mut browser = Browser(Vec::new());
            browser.open(first, TAB, 100);
            browser.open(second, TAB, 100);
            if both_hear {
                let page = Hex128(first);
                browser.say(0, Said::Ask { page, tab: TAB });
            }
            for own in 0..2 {
                if let Some(said) = browser.0[own].enter() {
                    browser.say(own, said);
                }
            }
            let mut states = browser.states();
            states.sort_by_key(|state| *state != State::Inside);
            assert_eq!(
                states,
                [State::Inside, State::Elsewhere],
                "{first} {both_hear}"
            );
        }
    }
}

#[test]
fn what_another_version_says_is_passed_over() {
    let id = TAB.to_string();
    for line in [
        "",
        "ask",
        "ask ",
        "ask x y",
        &format!("ask {id}"),
        &format!("ask {id} {id} more"),
        &format!("here {id} {id} soon"),
        &format!("here {id} {id}"),
        &format!("take {id} now"),
        &format!("give {id} a b c"),
        &format!("give {id} a b c %"),
        &format!("give {id} a b c d e"),
        &format!("sing {id}"),
    ] {
        assert_eq!(Said::read(line), None, "{line}");
    }
}
