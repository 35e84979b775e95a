//! Who goes when memory is short.

use super::*;

/// A member that stopped reading first, one that stopped later, and one that reads.
struct Readers {
    hub: Hub,
    first: Pending,
    later: Pending,
    reads: Pending,
    speaks: Pending,
}

impl Readers {
    /// Ten texts wait for `first` and five for `later`, in a memory for twelve.
    fn new() -> Self {
        let mut hub = with_memory(12 * TEXT);
        let mut readers = Self {
            speaks: hub.member(ADA, "ada", ROOMY),
            first: hub.member(BOB, "first", ROOMY),
            later: hub.member(EVE, "later", ROOMY),
            reads: hub.member(FAY, "reads", ROOMY),
            hub,
        };
        taken(&mut readers.first);
        (0..5).for_each(|_| readers.hear());
        taken(&mut readers.later);
        (0..5).for_each(|_| readers.hear());
        assert_eq!(readers.gone(), [false; 3]);
        readers
    }

    fn hear(&mut self) {
        taken(&mut self.reads);
        taken(&mut self.speaks);
        self.hub.says(ADA, "ada", &"x".repeat(TEXT - 200));
        self.hub.flush();
    }

    fn gone(&self) -> [bool; 3] {
        [&self.first, &self.later, &self.reads].map(is_evicted)
    }
}

#[test]
fn at_the_memory_limit_the_one_goes_for_whom_most_waits() {
    let mut readers = Readers::new();
    let mut heard = 10;
    while readers.gone() == [false; 3] {
        assert!(heard < 15, "nobody goes, though {heard} texts wait");
        readers.hear();
        heard += 1;
    }
    assert_eq!(readers.gone(), [true, false, false], "after {heard} texts");
    assert!(heard >= 11, "after only {heard} texts");
}

#[test]
fn when_the_slowest_is_gone_its_memory_is_there_for_the_others() {
    let mut readers = Readers::new();
    while readers.gone() == [false; 3] {
        readers.hear();
    }
    let (_outbox, over) = outbox(BOB, ROOMY, None);
    drop(std::mem::replace(&mut readers.first, over));
    let mut more = 0;
    while !is_evicted(&readers.later) {
        assert!(more < 15, "later stays, though {more} more texts wait");
        readers.hear();
        more += 1;
    }
    assert!(more >= 4, "after only {more} more texts");
    assert!(!is_evicted(&readers.reads));
}

/// A peer that was told to go takes some time to end. Until then its memory is still counted.
#[test]
fn while_the_slowest_is_going_nobody_else_goes_in_its_place() {
    let mut readers = Readers::new();
    while readers.gone() == [false; 3] {
        readers.hear();
    }
    readers.hear();
    assert_eq!(readers.gone(), [true, false, false]);
}

#[test]
fn at_the_memory_limit_those_who_have_left_go_before_those_who_are_here() {
    let mut readers = Readers::new();
    readers.hub.leaves(BOB, "first");
    let mut heard = 10;
    while !is_evicted(&readers.first) {
        assert!(heard < 15, "first stays, though {heard} texts wait");
        readers.hear();
        heard += 1;
    }
    assert_eq!(readers.gone(), [true, false, false], "after {heard} texts");
    let (_outbox, over) = outbox(BOB, ROOMY, None);
    drop(std::mem::replace(&mut readers.first, over));
    readers.hear();
    assert!(!is_evicted(&readers.later), "there is memory again");
}

/// The LEAVE of a slow consumer is a batch of its own, right after the one that it could not take.
#[test]
fn a_leave_behind_a_batch_costs_nobody_a_place_who_had_no_time_to_take_the_batch() {
    let mut hub = with_memory(10);
    let _ada = hub.member(ADA, "ada", ROOMY);
    let slow = hub.member(EVE, "eve", 1);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    taken(&mut bob);
    hub.says(ADA, "ada", &"x".repeat(TEXT));
    hub.flush();
    assert!(is_evicted(&slow));
    assert!(!is_evicted(&bob));
}

#[test]
fn a_batch_beyond_the_memory_limit_costs_nobody_a_place_who_is_up_to_date() {
    let mut hub = with_memory(10);
    let _ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    for number in 0..10 {
        hub.says(ADA, "ada", &number.to_string());
        hub.flush();
        assert_eq!(taken(&mut bob), text("ada", &number.to_string()));
    }
    assert!(!is_evicted(&bob));
}

#[test]
fn the_servers_own_words_stay_within_the_memory_limit_and_cost_nobody_a_place() {
    let mut hub = with_memory(12 * TEXT);
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    let stalled = hub.member(EVE, "stalled", ROOMY);
    taken(&mut ada);
    taken(&mut bob);
    for _ in 0..1000 {
        let (peer, len, limit) = (EVE, 4711, 4710);
        hub.happens(Event::TooLong { peer, len, limit });
    }
    let waiting = outbox_of(&hub, EVE).waiting();
    assert!(
        waiting > 12 * TEXT,
        "{waiting} bytes: the limit was not met"
    );
    // One of them may pass the limit, and none comes after that one.
    assert!(waiting < 12 * TEXT + 250, "{waiting} bytes wait");
    hub.flush();
    assert!(!is_evicted(&stalled));
    // They count: texts of others do not fit next to them, and the member for which most waits goes.
    for _ in 0..2 {
        hub.says(ADA, "ada", &"x".repeat(TEXT));
        hub.flush();
        taken(&mut bob);
    }
    assert!(is_evicted(&stalled));
    assert!(!is_evicted(&bob));
}

/// Members that hold these many bytes of unfinished texts, in a memory for ten.
fn who_hold<const N: usize>(held: [usize; N]) -> (Hub, Arc<Memory>, [(Pending, Intake); N]) {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let unfinished = Memory::new(10);
    let mut hub = Hub::with(Memory::new(ROOMY), Arc::clone(&unfinished));
    let mut number = 0;
    let peers = held.map(|held| {
        let pending = hub.member(PeerId(number), NAMES[number as usize], ROOMY);
        number += 1;
        let intake = pending.intake(&unfinished);
        intake.set_unfinished(held);
        (pending, intake)
    });
    (hub, unfinished, peers)
}

fn is_told_and_let_go((pending, _): &mut (Pending, Intake)) -> bool {
    taken(pending).contains("no room") && is_over(pending)
}

#[test]
fn when_unfinished_texts_pass_the_memory_limit_who_holds_most_goes_and_is_told_why() {
    for (held, go) in [
        ([5, 3, 2], [false; 3]),
        ([5, 4, 2], [true, false, false]),
        ([2, 3, 6], [false, false, true]),
        ([9, 8, 2], [true, false, false]),
        ([9, 9, 9], [false, true, true]),
        ([1, 1, 20], [false, false, true]),
    ] {
        let (mut hub, _, mut peers) = who_hold(held);
        let peer = PeerId(0);
        hub.happens(Event::NoRoom { peer });
        hub.flush();
        let gone = peers.each_mut().map(is_told_and_let_go);
        assert_eq!(gone, go, "{held:?}");
    }
}

#[test]
fn who_has_not_joined_or_waits_for_a_name_goes_too_when_it_holds_most() {
    for name in [None, Some("a")] {
        let (mut hub, unfinished, mut peers) = who_hold([5]);
        let pending = hub.connect(FAY, ROOMY);
        let intake = pending.intake(&unfinished);
        if let Some(name) = name {
            hub.joins(FAY, name);
        }
        intake.set_unfinished(6);
        hub.happens(Event::NoRoom { peer: ADA });
        hub.flush();
        assert!(is_told_and_let_go(&mut (pending, intake)), "{name:?}");
        assert!(!is_told_and_let_go(&mut peers[0]));
    }
}

/// A peer that was told to go takes some time to free its text.
#[test]
fn while_who_holds_most_is_going_nobody_else_goes_in_its_place() {
    let (mut hub, _, mut peers) = who_hold([5, 6]);
    for _ in 0..3 {
        hub.happens(Event::NoRoom { peer: ADA });
        hub.flush();
    }
    let [first, second] = &mut peers;
    assert!(!is_told_and_let_go(first) && is_told_and_let_go(second));
    second.1.set_unfinished(0);
    first.1.set_unfinished(11);
    hub.happens(Event::NoRoom { peer: ADA });
    hub.flush();
    assert!(is_told_and_let_go(first));
}
