//! What members are told of the past, where memory does not have it any more.

use hubbub_wire::{OWN_JOIN, Token};

use super::*;
use crate::cluster::Answer;
use crate::log::{OPEN, READING, TRIES};

/// More texts than memory keeps.
const FLOOD: usize = 1100;

impl Nodes {
    /// Bob says so many texts.
    fn bob_says(&mut self, texts: impl Iterator<Item = usize>) {
        for number in texts {
            self.says(0, BOB, "bob", &format!("text {number}."));
        }
    }

    /// Ada comes back, who has seen everything up to the text of this count.
    fn ada_comes_back(&mut self, seen: u64) -> Pending {
        let hub = &mut self.hubs[0];
        let generation = hub.log.generation();
        let count = seen;
        let seq = Seq { generation, count };
        let mut offered = offered(1, 2);
        if let Offered::Yes(candidate) = &mut offered {
            candidate.offer.since = Some((hub.log.room(), seq.token().unwrap()));
        }
        let (outbox, pending) = outbox(EVE, ROOMY, None);
        let (from, guest) = (somewhere(), Guest::default());
        hub.take(Event::Connected {
            peer: EVE,
            outbox,
            from,
            guest,
        });
        hub.take(Event::Join {
            peer: EVE,
            name: username("ada"),
            offered,
        });
        pending
    }
}

/// All that somebody is told, what comes later too.
fn told(nodes: &mut Nodes, pending: &mut Pending) -> String {
    let mut told = taken(pending);
    while pending.is_unsettled() {
        nodes.settle();
        assert_eq!(pending.settle().now_or_never(), Some(true));
        told += &taken(pending);
    }
    told
}

#[test]
fn what_was_missed_is_told_also_where_memory_has_gone_on_since_the_join() {
    for (missed, replayed) in [(0, 0), (1, 1), (200, 200), (201, 200)] {
        let mut nodes = Nodes::new(1);
        let _bob = nodes.plain(0, BOB, "bob");
        let _ada = nodes.ours(0, ADA, "ada", 1);
        nodes.bob_says(1..=5);
        nodes.settle();
        // All of this is one batch.
        nodes.bob_says(6..=5 + missed);
        let mut ada = nodes.ada_comes_back(5);
        let live = 5 + missed..5 + missed + FLOOD;
        nodes.bob_says(live.clone().map(|number| number + 1));
        nodes.settle();
        let told = told(&mut nodes, &mut ada);
        let (past, live_text) = told.split_once("CHAT/1.0 REPLAYED").unwrap();
        let count = past.matches("Past: yes").count();
        assert_eq!(count, replayed, "{missed} missed");
        for number in 6 + missed - replayed..6 + missed {
            let text = format!("\r\n\r\ntext {number}.");
            assert!(past.contains(&text), "{number} of {missed}");
        }
        assert_eq!(live_text.contains("More: yes"), missed > replayed);
        assert!(!live_text.contains("Lost: yes"), "{missed} missed");
        assert_eq!(live_text.matches("CHAT/1.0 TEXT").count(), FLOOD);
    }
}

#[test]
fn who_makes_an_offer_long_after_its_join_is_told_what_memory_does_not_have() {
    let mut nodes = Nodes::new(1);
    let _bob = nodes.plain(0, BOB, "bob");
    let mut eve = nodes.plain(0, EVE, "eve");
    let generation = nodes.hubs[0].log.generation();
    nodes.bob_says(1..=FLOOD);
    nodes.settle();
    taken(&mut eve);
    let mut offered = offered(1, 1);
    if let Offered::Yes(candidate) = &mut offered {
        let count = 0;
        let seq = Seq { generation, count };
        candidate.offer.since = Some((nodes.hubs[0].log.room(), seq.token().unwrap()));
    }
    nodes.hubs[0].take(Event::Offered {
        peer: EVE,
        name: Some(username("eve")),
        offered,
    });
    nodes.settle();
    let told = taken(&mut eve);
    // It came before all of it, and misses nothing.
    assert!(told.contains("\r\nGrant: "), "{told}");
    assert!(!told.contains("More: yes") && !told.contains("Lost: yes"));
}

/// Ada, and more texts than memory has.
fn after_a_flood() -> (Nodes, Pending) {
    let mut nodes = Nodes::new(1);
    let _bob = nodes.plain(0, BOB, "bob");
    let ada = nodes.ours(0, ADA, "ada", 1);
    nodes.bob_says(1..=FLOOD);
    nodes.settle();
    (nodes, ada)
}

/// Ada asks for what stands before a text.
fn asks(nodes: &mut Nodes, count: u64) {
    peer_asks(nodes, ADA, count);
}

fn peer_asks(nodes: &mut Nodes, peer: PeerId, count: u64) {
    let hub = &mut nodes.hubs[0];
    let generation = hub.log.generation();
    let before = Seq { generation, count }.token().unwrap();
    let count = 200;
    hub.take(Event::Earlier {
        peer,
        before,
        count,
    });
}

/// The texts of an answer to the question for what stands before the text of this count.
fn assert_answers(told: &str, before: u64) {
    let end = format!("-{before}\r\n");
    let first = before.saturating_sub(200).max(1);
    assert_eq!(told.matches("Past: yes").count() as u64, before - first);
    for number in first..before {
        let text = format!("\r\n\r\ntext {number}.");
        assert!(told.contains(&text), "{number}");
    }
    assert!(!told.contains("Lost: yes"), "{told}");
    assert!(told.contains("Before: ") && told.contains(&end), "{told}");
}

#[test]
fn who_asks_in_a_pause_is_answered_after_it_and_hears_meanwhile_what_there_is() {
    let (mut nodes, mut ada) = after_a_flood();
    taken(&mut ada);
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    // The first question is on its way when the pause begins.
    asks(&mut nodes, 51);
    nodes.passes_alone(AWAY);
    assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
    for _ in 0..10 {
        nodes.passes_alone(READING);
        nodes.taps[0].loses_all();
    }
    assert_eq!(taken(&mut ada), "");
    nodes.turn_engine();
    nodes.passes(PATIENCE);
    let told = taken(&mut ada);
    assert!(told.starts_with(&notice("ada", "resumed", words::RESUMED)));
    assert_answers(&told, 51);
    // So is who asks when it has long begun.
    nodes.turn_engine();
    nodes.passes_alone(Duration::ZERO);
    nodes.passes_alone(AWAY);
    asks(&mut nodes, 41);
    nodes.passes_alone(READING);
    assert_eq!(taken(&mut ada), notice("ada", "paused", words::PAUSED));
    nodes.turn_engine();
    nodes.passes(PATIENCE);
    assert_answers(&taken(&mut ada), 41);
}

#[test]
fn a_page_that_is_not_read_in_time_is_asked_for_again_and_lost_after_three_times() {
    for unanswered in [TRIES - 1, TRIES] {
        let (mut nodes, mut ada) = after_a_flood();
        taken(&mut ada);
        nodes.taps[0].unanswered = unanswered;
        asks(&mut nodes, 51);
        nodes.passes(unanswered * READING - SECOND);
        assert_eq!(taken(&mut ada), "");
        nodes.passes(SECOND);
        let told = taken(&mut ada);
        if unanswered < TRIES {
            assert_answers(&told, 51);
        } else {
            assert!(told.contains("Lost: yes"), "{told}");
            assert!(!told.contains("Past: yes"), "{told}");
        }
    }
}

#[test]
fn what_was_said_before_ones_own_join_is_read_of_the_stream_too() {
    let mut nodes = Nodes::new(1);
    let _bob = nodes.plain(0, BOB, "bob");
    nodes.bob_says(1..=30);
    nodes.settle();
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    nodes.bob_says(31..=30 + FLOOD);
    nodes.settle();
    taken(&mut ada);
    nodes.hubs[0].take(Event::Earlier {
        peer: ADA,
        before: Token::new(OWN_JOIN).unwrap(),
        count: 200,
    });
    nodes.settle();
    let told = taken(&mut ada);
    assert_eq!(told.matches("Past: yes").count(), 30);
    assert!(told.contains("Before: join\r\n"), "{told}");
    assert!(!told.contains("Lost: yes") && !told.contains("More: yes"));
}

#[test]
fn of_many_pages_eight_are_asked_for_at_a_time_and_none_is_lost() {
    let mut nodes = Nodes::new(1);
    let _bob = nodes.plain(0, BOB, "bob");
    nodes.bob_says(1..=FLOOD);
    let mut readers = Vec::new();
    for number in 0..3 * OPEN as u64 {
        let name: &'static str = format!("reader{number}").leak();
        let peer = PeerId(1000 + number);
        readers.push((
            peer,
            51 + number,
            nodes.ours(0, peer, name, u128::from(number) + 1),
        ));
    }
    for (peer, before, reader) in &mut readers {
        taken(reader);
        peer_asks(&mut nodes, *peer, *before);
    }
    nodes.turn(0);
    assert_eq!(nodes.taps[0].waiting(), OPEN);
    // So it is when all have to be asked for again at once.
    nodes.taps[0].loses_all();
    nodes.turn_engine();
    nodes.turn_engine();
    nodes.turn(0);
    assert_eq!(nodes.taps[0].waiting(), OPEN);
    nodes.settle();
    for (_, before, reader) in &mut readers {
        assert_answers(&taken(reader), *before);
    }
}

#[test]
fn an_answer_from_before_the_node_began_anew_is_none_to_what_is_asked_since() {
    let (mut nodes, _ada) = after_a_flood();
    asks(&mut nodes, 51);
    nodes.turn(0);
    nodes.taps[0].loses_all();
    nodes.taps[0].begins_anew(&nodes.engine);
    nodes.settle();
    let mut ada = nodes.ours_again(0, ADA, "ada", 1, 2);
    asks(&mut nodes, 51);
    nodes.turn(0);
    for number in 0..2 {
        let late = Answer::Past {
            number,
            records: Vec::new(),
            first: 1,
        };
        let now = nodes.start + nodes.now;
        nodes.hubs[0].log.take_of_stream(late, now);
        nodes.turn(0);
        assert_eq!(taken(&mut ada), "");
    }
    nodes.settle();
    assert_answers(&taken(&mut ada), 51);
}
