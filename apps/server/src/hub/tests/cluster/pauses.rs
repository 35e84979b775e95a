//! The engine is away: members wait and are told so, and no deadline runs against them.

use super::*;
use crate::hub::arriving::WORD;

impl Nodes {
    /// No node sees the engine, or all do again.
    pub(super) fn turn_engine(&mut self) {
        for tap in &mut self.taps {
            tap.turns();
        }
    }

    /// So much time passes, and nothing reaches the stream or comes from it.
    pub(super) fn passes_alone(&mut self, time: Duration) {
        self.now += time;
        for node in 0..self.hubs.len() {
            self.turn(node);
        }
    }
}

#[test]
fn members_with_a_grant_are_told_when_the_engine_is_away_for_a_second_and_when_it_is_back() {
    let mut nodes = Nodes::new(1);
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let mut bob = nodes.plain(0, BOB, "bob");
    taken(&mut ada);
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    nodes.passes_alone(AWAY - Duration::from_millis(1));
    assert_eq!(taken(&mut ada), "");
    nodes.passes_alone(Duration::from_millis(1));
    assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
    nodes.passes_alone(100 * SECOND);
    assert_eq!(taken(&mut ada), "");
    nodes.turn_engine();
    nodes.passes(PATIENCE);
    assert_eq!(taken(&mut ada), notice("ada", "resumed", words::RESUMED));
    assert_eq!(taken(&mut bob), "");
}

#[test]
fn an_engine_that_says_nothing_and_takes_nothing_is_away_too() {
    let mut nodes = Nodes::new(1);
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    // It is the sign of life that does not come back.
    nodes.passes_alone(LIFE);
    nodes.passes_alone(PATIENCE - Duration::from_millis(1));
    assert_eq!(taken(&mut ada), "");
    nodes.passes_alone(Duration::from_millis(1));
    assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
    nodes.says(0, ADA, "ada", "afterwards");
    nodes.passes(SECOND);
    let told = taken(&mut ada);
    assert!(
        told.starts_with(&notice("ada", "resumed", words::RESUMED)),
        "{told}"
    );
}

#[test]
fn a_grant_in_a_pause_is_followed_by_word_of_it() {
    let mut nodes = Nodes::new(1);
    let _bob = nodes.plain(0, BOB, "bob");
    let mut ada = nodes.hubs[0].offers(ADA, "ada", 1, 1);
    nodes.turn(0);
    nodes.passes_alone(PATIENCE);
    assert!(nodes.hubs[0].log.is_paused());
    // What was published before is read, and the engine is away again.
    let Nodes {
        taps, engine, now, ..
    } = &mut nodes;
    taps[0].publish(engine, *now);
    taps[0].turns();
    taps[0].gives_all(engine);
    nodes.turn(0);
    let told = taken(&mut ada);
    let word = notice("ada", "paused", words::PAUSED);
    assert!(
        told.contains("\r\nGrant: ") && told.contains(&word),
        "{told}"
    );
}

#[test]
fn the_gate_is_closed_before_the_start_and_in_a_pause() {
    let mut nodes = Nodes::none();
    nodes.begin();
    let gate = nodes.hubs[0].log.gate();
    nodes.turn(0);
    assert!(gate.is_closed());
    nodes.settle();
    assert!(!gate.is_closed());
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    assert!(!gate.is_closed());
    nodes.passes_alone(AWAY);
    assert!(gate.is_closed());
    nodes.turn_engine();
    nodes.passes(PATIENCE);
    assert!(!gate.is_closed());
}

#[test]
fn the_gate_closes_when_a_mebibyte_waits_and_opens_when_half_of_it_does() {
    let mut nodes = Nodes::new(1);
    let _ada = nodes.plain(0, ADA, "ada");
    let gate = nodes.hubs[0].log.gate();
    let text = "x".repeat(128 * 1024 - 100);
    // The first is in flight.
    for _ in 0..8 {
        nodes.says(0, ADA, "ada", &text);
        nodes.turn(0);
    }
    assert!(!gate.is_closed());
    nodes.says(0, ADA, "ada", &text);
    nodes.turn(0);
    assert!(gate.is_closed());
    // It is not more than a mebibyte any longer, and not less than half of one.
    let Nodes {
        taps, engine, now, ..
    } = &mut nodes;
    taps[0].publish(engine, *now);
    taps[0].gives_all(engine);
    nodes.turn(0);
    assert!(gate.is_closed());
    nodes.settle();
    assert!(!gate.is_closed());
    assert_eq!(nodes.engine.said().len(), 9);
}

#[test]
fn neither_grace_nor_the_time_for_a_join_runs_while_the_engine_is_away() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.ours(0, ADA, "ada", 1);
    assert_eq!(taken(&mut bob), join("ada"));
    nodes.hubs[0].is_gone(ADA, Departure::Closed);
    let mut stranger = nodes.hubs[0].connect(FAY, ROOMY);
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    nodes.passes_alone(AWAY);
    let mut eve = nodes.hubs[0].member(EVE, "eve", ROOMY);
    for _ in 0..20 {
        nodes.passes_alone(10 * SECOND);
    }
    assert!(!is_over(&mut eve) && !is_over(&mut stranger));
    nodes.turn_engine();
    nodes.settle();
    assert_eq!(taken(&mut bob), join("eve"));
    // What was left of the grace is left.
    nodes.passes(nodes.hubs[0].settings.grace - 5 * SECOND);
    assert_eq!(taken(&mut bob), "");
    nodes.passes(5 * SECOND);
    assert_eq!(taken(&mut bob), leave("ada"));
    nodes.passes(nodes.hubs[0].settings.join_timeout);
    assert!(is_over(&mut stranger));
}

#[test]
fn who_comes_in_a_pause_has_no_more_time_after_it_than_anybody_else() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.ours(0, ADA, "ada", 1);
    assert_eq!(taken(&mut bob), join("ada"));
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    nodes.passes_alone(AWAY);
    for _ in 0..20 {
        nodes.passes_alone(10 * SECOND);
    }
    nodes.hubs[0].is_gone(ADA, Departure::Closed);
    let mut stranger = nodes.hubs[0].connect(FAY, ROOMY);
    nodes.turn_engine();
    nodes.settle();
    let settings = nodes.hubs[0].settings.clone();
    nodes.passes(settings.grace);
    assert_eq!(taken(&mut bob), leave("ada"));
    assert!(!is_over(&mut stranger));
    nodes.passes(settings.join_timeout - settings.grace);
    assert!(is_over(&mut stranger));
}

#[test]
fn who_comes_before_the_node_has_its_place_is_judged_by_what_the_room_is_then() {
    let mut nodes = Nodes::new(1);
    let _ada = nodes.plain(0, ADA, "ada");
    let _fay = nodes.plain(0, FAY, "fay");
    // The next snapshot is due, and both are in it.
    nodes.passes(310 * SECOND);
    nodes.hubs[0].leaves(ADA, "ada");
    nodes.settle();
    nodes.begin();
    let mut bob = nodes.hubs[1].member(BOB, "bob", ROOMY);
    let mut eve = nodes.hubs[1].member(EVE, "fay", ROOMY);
    let mut new = nodes.hubs[1].member(ADA, "ada", ROOMY);
    nodes.settle();
    assert_eq!(taken(&mut new), "");
    taken(&mut bob);
    assert!(!is_over(&mut bob) && !is_over(&mut new));
    assert!(is_over_after_words(&mut eve));
    assert_eq!(nodes.engine.names(), ["ada", "bob", "fay"]);
}

#[test]
fn what_may_be_lost_is_published_again_as_soon_as_the_engine_is_back() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.plain(0, ADA, "ada");
    taken(&mut bob);
    nodes.says(0, ADA, "ada", "once");
    nodes.turn(0);
    nodes.taps[0].loses_all();
    nodes.settle();
    assert_eq!(taken(&mut bob), "");
    nodes.turn_engine();
    nodes.settle();
    nodes.turn_engine();
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "once"));
}

/// A node that has been in a pause for no time.
fn paused() -> Nodes {
    let mut nodes = Nodes::new(1);
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    nodes.passes_alone(AWAY);
    assert!(nodes.hubs[0].log.is_paused());
    nodes
}

#[test]
fn a_program_of_ours_that_comes_in_a_pause_is_told_after_three_seconds_and_goes_and_a_plain_one_waits()
 {
    let mut nodes = paused();
    let mut eve = nodes.plain(0, EVE, "eve");
    let mut ada = nodes.hubs[0].offers(ADA, "ada", 1, 1);
    nodes.turn(0);
    assert!(nodes.hubs[0].word_at().is_some());
    nodes.passes_alone(WORD - Duration::from_millis(1));
    assert_eq!(taken(&mut ada), "");
    assert!(!is_over(&mut ada));
    nodes.passes_alone(Duration::from_millis(1));
    assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
    assert!(is_over(&mut ada));
    // Nobody is told twice, and nothing more is due.
    assert_eq!(nodes.hubs[0].word_at(), None);
    nodes.passes_alone(100 * SECOND);
    assert!(!is_over(&mut eve));
    // It comes again, and is let in.
    let mut again = nodes.hubs[0].offers(FAY, "ada", 1, 2);
    nodes.turn_engine();
    nodes.passes(PATIENCE);
    assert!(taken(&mut again).contains("\r\nGrant: "));
    assert!(!is_over(&mut eve));
    assert_eq!(nodes.engine.names(), ["ada", "eve"]);
}

#[test]
fn a_join_that_was_on_its_way_when_the_pause_began_is_told_too_and_its_place_is_kept() {
    let mut nodes = Nodes::new(1);
    let mut bob = nodes.plain(0, BOB, "bob");
    let mut ada = nodes.hubs[0].offers(ADA, "ada", 1, 1);
    nodes.turn(0);
    let Nodes {
        taps, engine, now, ..
    } = &mut nodes;
    taps[0].publish(engine, *now);
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    nodes.passes_alone(AWAY);
    nodes.passes_alone(WORD);
    assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
    assert!(is_over(&mut ada));
    let _again = nodes.hubs[0].offers(FAY, "ada", 1, 2);
    nodes.turn_engine();
    nodes.passes(30 * SECOND);
    assert_eq!(taken(&mut bob), join("ada"));
}

#[test]
fn a_program_of_ours_whose_offer_comes_after_its_join_is_told_of_the_pause_too() {
    for is_on_its_way in [false, true] {
        let mut nodes = if is_on_its_way {
            Nodes::new(1)
        } else {
            paused()
        };
        let mut ada = nodes.hubs[0].connect(ADA, ROOMY);
        nodes.hubs[0].joins(ADA, "ada");
        nodes.turn(0);
        if is_on_its_way {
            nodes.turn_engine();
            nodes.passes_alone(Duration::ZERO);
        }
        nodes.hubs[0].take(Event::Offered {
            peer: ADA,
            name: Some(username("ada")),
            offered: offered(1, 1),
        });
        nodes.passes_alone(WORD - Duration::from_millis(1));
        assert_eq!(taken(&mut ada), "");
        nodes.passes_alone(Duration::from_millis(1));
        assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
        assert!(is_over(&mut ada));
    }
}

#[test]
fn who_comes_and_goes_in_a_pause_leaves_nothing() {
    let mut nodes = paused();
    let waiting = nodes.hubs[0].log.waiting();
    let mut says = nodes.plain(0, EVE, "eve");
    nodes.says(0, EVE, "eve", "before I go");
    nodes.hubs[0].is_gone(EVE, Departure::Closed);
    for number in 10..1000 {
        let peer = PeerId(number);
        let _pending = if number % 2 == 0 {
            nodes.hubs[0].offers(peer, "ada", u128::from(number), 1)
        } else {
            nodes.hubs[0].member(peer, "ada", ROOMY)
        };
        nodes.hubs[0].is_gone(peer, Departure::Closed);
    }
    nodes.turn(0);
    assert_eq!(nodes.hubs[0].log.waiting(), waiting);
    // Only who has said something without being counted is let in, and heard.
    assert_eq!(nodes.hubs[0].lobby.len(), 1);
    assert_eq!(nodes.hubs[0].word_at(), None);
    nodes.turn_engine();
    nodes.settle();
    assert_eq!(nodes.hubs[0].lobby.len(), 0);
    assert_eq!(taken(&mut says), "");
    assert!(is_over(&mut says));
    let said = nodes.engine.said().into_iter();
    let texts: Vec<_> = said.map(|(_, text)| text).collect();
    assert_eq!(texts, ["before I go"]);
}
