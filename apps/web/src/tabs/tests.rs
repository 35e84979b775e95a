use super::*;

const TAB: Hex128 = Hex128(7);

/// Tabs that hear each other at once, as a browser has them, and what time it is.
struct Browser(Vec<Tabs>, u64);

impl Browser {
    fn open(&mut self, page: u128, tab: Hex128) -> usize {
        let (tabs, said) = Tabs::open(Hex128(page), tab, self.1);
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
                match self.0[other].hear(&said, self.1) {
                    Step::Nothing => {}
                    Step::Say(said) => waiting.push((other, said)),
                    step => done.push((other, step)),
                }
            }
            assert!(done.len() < 10, "they never come to an end: {done:?}");
        }
        done
    }

    /// A page that hears nobody opens, and goes in after all.
    fn open_deaf(&mut self, page: u128, tab: Hex128) {
        let (mut tabs, _) = Tabs::open(Hex128(page), tab, self.1);
        tabs.enter(self.1);
        self.0.push(tabs);
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

fn here(page: u128, tab: u128, since: u64, is_sure: bool) -> Said {
    Said::Here {
        page: Hex128(page),
        tab: Hex128(tab),
        since,
        is_sure,
    }
}

#[test]
fn a_page_that_is_alone_goes_in_and_the_next_one_learns_that_it_is_there() {
    let mut browser = Browser(Vec::new(), 100);
    let first = browser.open(5, TAB);
    let said = here(5, 7, 100, false);
    assert_eq!(browser.0[first].enter(100), Some(said));
    assert_eq!(browser.0[first].enter(100), None, "it knows");
    browser.open(3, Hex128(8));
    assert_eq!(browser.states(), [State::Inside, State::Elsewhere]);
}

#[test]
fn a_duplicate_is_told_that_it_is_one() {
    for (tab, is_copy) in [(TAB, true), (Hex128(8), false)] {
        let (mut tabs, _) = Tabs::open(Hex128(3), TAB, 200);
        let step = tabs.hear(&here(5, tab.0, 100, false), 200);
        assert_eq!(step, Step::Elsewhere { is_copy });
        assert_eq!(tabs.enter(200), None, "the other is inside");
    }
}

#[test]
fn the_room_is_handed_over_to_who_takes_it_and_to_nobody_else() {
    let mut browser = Browser(Vec::new(), 100);
    for page in [5, 3, 4] {
        let own = browser.open(page, Hex128(page));
        browser.0[own].enter(100);
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
    browser.open(6, Hex128(5));
    assert_eq!(browser.0[3].state, State::Elsewhere);
}

#[test]
fn who_gets_no_answer_takes_the_room_anyway_and_the_sleeper_gives_way_when_it_wakes() {
    for woken_at in [301, 300 + SURE_AFTER] {
        let mut browser = Browser(Vec::new(), 100);
        browser.open_deaf(5, Hex128(5));
        let (mut late, _) = Tabs::open(Hex128(3), Hex128(3), 200);
        late.hear(&here(5, 5, 100, false), 200);
        late.take(300);
        assert_eq!(late.enter(300), Some(here(3, 3, 300, true)));
        browser.0.push(late);
        browser.1 = woken_at;
        let woken = browser.0[0].wake(woken_at).unwrap();
        let steps = browser.say(0, woken);
        assert_eq!(steps, [(0, Step::GiveWay { is_copy: false })]);
        assert_eq!(browser.0[0].wake(woken_at), None);
    }
}

#[test]
fn a_late_answer_sends_the_newcomer_away_but_one_that_slept_finds_its_place_taken() {
    for (late, loser) in [(SURE_AFTER - 1, 1), (SURE_AFTER, 0)] {
        for speaker in [0, 1] {
            let mut browser = Browser(Vec::new(), 100);
            browser.open_deaf(5, TAB);
            browser.1 += 7 * SURE_AFTER;
            browser.open_deaf(3, TAB);
            browser.1 += late;
            let said = browser.0[speaker].wake(browser.1).unwrap();
            let steps = browser.say(speaker, said);
            assert_eq!(
                steps,
                [(loser, Step::GiveWay { is_copy: true })],
                "{late} {speaker}"
            );
        }
    }
}

#[test]
fn of_two_that_have_just_come_the_first_stays() {
    for speaker in [0, 1] {
        let mut browser = Browser(Vec::new(), 100);
        browser.open_deaf(5, TAB);
        browser.1 += 50;
        browser.open_deaf(3, Hex128(8));
        let said = browser.0[speaker].wake(200).unwrap();
        let steps = browser.say(speaker, said);
        assert_eq!(steps, [(1, Step::GiveWay { is_copy: false })]);
    }
}

#[test]
fn who_is_taking_over_answers_and_takes_nothing_that_is_for_another_page() {
    let mut browser = Browser(Vec::new(), 100);
    for page in [5, 3, 4] {
        let own = browser.open(page, Hex128(page));
        browser.0[own].enter(100);
    }
    for own in [1, 2] {
        browser.0[own].take(300);
    }
    let give = Said::Give {
        page: Hex128(3),
        luggage: luggage(),
    };
    assert_eq!(browser.say(0, give), [(1, Step::Enter(luggage()))]);
    assert_eq!(browser.0[2].state, State::Taking);
    let ask = Said::Ask {
        page: Hex128(6),
        tab: Hex128(6),
    };
    let here = here(4, 4, 300, true);
    assert_eq!(browser.0[2].hear(&ask, 400), Step::Say(here));
}

#[test]
fn a_page_at_the_door_holds_nobody_up_and_asks_again_before_it_goes_in() {
    let mut browser = Browser(Vec::new(), 100);
    let first = browser.open(3, Hex128(3));
    browser.0[first].wait_outside();
    assert_eq!(browser.0[first].enter(100), None);
    let second = browser.open(5, Hex128(5));
    browser.0[second].enter(100);
    assert_eq!(browser.states(), [State::Outside, State::Inside]);
    let ask = browser.0[first].ask_again(200);
    browser.say(first, ask);
    assert_eq!(browser.states(), [State::Elsewhere, State::Inside]);
}

#[test]
fn what_is_handed_over_late_is_taken_all_the_same() {
    let mut browser = Browser(Vec::new(), 100);
    browser.open_deaf(5, Hex128(5));
    browser.open(3, Hex128(3));
    browser.0[1].take(300);
    browser.0[1].enter(1300);
    let give = Said::Give {
        page: Hex128(3),
        luggage: luggage(),
    };
    assert_eq!(browser.say(0, give), [(1, Step::Enter(luggage()))]);
}

#[test]
fn of_two_that_went_in_at_the_same_time_one_stays_whoever_speaks_first() {
    for (first, second) in [(5, 3), (3, 5)] {
        for now in [100, 100 + SURE_AFTER] {
            let mut browser = Browser(Vec::new(), 100);
            for page in [first, second] {
                browser.open_deaf(page, TAB);
            }
            browser.1 = now;
            let woken = browser.0[0].wake(now).unwrap();
            assert_eq!(browser.say(0, woken).len(), 1);
            let mut states = browser.states();
            states.sort_by_key(|state| *state != State::Inside);
            assert_eq!(states, [State::Inside, State::Over], "{first} {now}");
        }
    }
}

#[test]
fn of_two_that_open_together_one_goes_in_whoever_has_heard_whom() {
    for (first, second) in [(5, 3), (3, 5)] {
        for both_hear in [true, false] {
            let mut browser = Browser(Vec::new(), 100);
            browser.open(first, TAB);
            browser.open(second, TAB);
            // The first has heard the second, and says so if it comes before it.
            let answered = browser.0[1].state == State::Elsewhere;
            assert_eq!(answered, first < second);
            if both_hear {
                let page = Hex128(first);
                browser.say(0, Said::Ask { page, tab: TAB });
            }
            for own in 0..2 {
                if let Some(said) = browser.0[own].enter(100) {
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
        &format!("here {id} {id} soon true"),
        &format!("here {id} {id} 1"),
        &format!("here {id} {id} 1 1"),
        &format!("take {id} now"),
        &format!("give {id} a b c"),
        &format!("give {id} a b c %"),
        &format!("give {id} a b c d e"),
        &format!("sing {id}"),
    ] {
        assert_eq!(Said::read(line), None, "{line}");
    }
}
