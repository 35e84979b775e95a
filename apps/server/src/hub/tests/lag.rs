//! For whom the hub waits in a flood.

use super::*;

/// The limit of an outbox that lags by a single text of `TEXT` bytes.
const LAG: usize = 4 * TEXT;

#[test]
fn a_quarter_of_the_outbox_is_no_lag_and_a_byte_more_is() {
    let mut hub = hub();
    let _ada = hub.member(ADA, "ada", ROOMY);
    let (outbox, mut bob) = outbox(BOB, ROOMY, None);
    hub.happens(Event::Connected {
        peer: BOB,
        outbox,
        from: somewhere(),
        guest: Guest::default(),
    });
    hub.joins(BOB, "bob");
    hub.flush();
    taken(&mut bob);
    hub.says(ADA, "ada", "x");
    hub.flush();
    let cost = outbox_of(&hub, BOB).waiting();
    for (limit, lags) in [(4 * cost, false), (4 * cost - 1, true)] {
        let mut hub = self::hub();
        let _ada = hub.member(ADA, "ada", ROOMY);
        let _bob = hub.member(BOB, "bob", limit);
        hub.says(ADA, "ada", "x");
        hub.flush();
        assert_eq!(outbox_of(&hub, BOB).is_lagging(), lags);
    }
}

/// A room whose first member speaks, and whose last `lagging` members have not read.
fn room_that_lags(others: usize, lagging: usize) -> (Hub, Vec<Pending>) {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let mut hub = hub();
    let mut pending = vec![hub.member(ADA, "ada", LAG)];
    for (number, name) in (1..).zip(&NAMES[..others]) {
        pending.push(hub.member(PeerId(number), name, LAG));
    }
    pending.iter_mut().for_each(|pending| drop(taken(pending)));
    hub.says(ADA, "ada", &"x".repeat(TEXT));
    hub.flush();
    let reading = pending.len() - lagging;
    pending[..reading]
        .iter_mut()
        .for_each(|pending| drop(taken(pending)));
    (hub, pending)
}

impl Hub {
    /// Whether the hub waits for a member after this much time.
    fn waits_after(&mut self, time: Duration) -> bool {
        self.post.is_to_wait(self.now + time)
    }

    /// Whether it still waits at the end of such a time, at each step of which it looks.
    fn waits_from_to(&mut self, from: Duration, to: Duration) -> bool {
        let mut time = from;
        while time < to {
            time += CATCH_UP_STEP;
            if !self.waits_after(time) {
                return false;
            }
        }
        true
    }
}

#[test]
fn the_hub_waits_for_those_who_lag_and_for_nobody_else() {
    for (others, lagging) in [(0, 0), (1, 0), (3, 0), (1, 1), (2, 1), (3, 1), (4, 4)] {
        let (mut hub, _pending) = room_that_lags(others, lagging);
        let waits = hub.waits_after(Duration::ZERO);
        assert_eq!(waits, lagging > 0, "{lagging} of {others} and a speaker");
    }
}

#[test]
fn the_hub_goes_on_as_soon_as_the_room_has_caught_up() {
    let (mut hub, mut pending) = room_that_lags(2, 2);
    assert!(hub.waits_after(Duration::ZERO));
    taken(&mut pending[1]);
    assert!(hub.waits_after(CATCH_UP_STEP));
    taken(&mut pending[2]);
    assert!(!hub.waits_after(CATCH_UP_STEP));
}

#[test]
fn the_hub_waits_once_for_those_who_stall_and_again_after_they_have_read() {
    let (mut hub, mut pending) = room_that_lags(2, 2);
    assert!(hub.waits_after(Duration::ZERO));
    assert!(hub.waits_from_to(Duration::ZERO, STALLED - CATCH_UP_STEP));
    assert!(!hub.waits_after(STALLED));
    let waits_for_one_more = |hub: &mut Hub| {
        hub.says(ADA, "ada", &"x".repeat(TEXT));
        hub.flush();
        hub.waits_after(STALLED)
    };
    assert!(!waits_for_one_more(&mut hub));
    pending.iter_mut().for_each(|pending| drop(taken(pending)));
    assert!(!hub.waits_after(STALLED));
    assert!(waits_for_one_more(&mut hub));
}

#[test]
fn the_hub_waits_longer_for_one_that_reads_but_not_for_ever() {
    let mut hub = hub();
    let _ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", 4 * LAG);
    taken(&mut bob);
    for _ in 0..8 {
        hub.says(ADA, "ada", &"x".repeat(TEXT));
        hub.flush();
    }
    assert_eq!(bob.fill().now_or_never(), Some(true));
    assert!(hub.waits_after(Duration::ZERO));
    // It takes one text each time, before it would count as stalled and before the wait is over.
    let mut from = Duration::ZERO;
    for to in [STALLED, CATCH_UP - 2 * CATCH_UP_STEP, CATCH_UP].map(|time| time - CATCH_UP_STEP) {
        bob.advance(text("ada", &"x".repeat(TEXT)).len());
        assert!(hub.waits_from_to(from, to), "{to:?}");
        from = to;
    }
    bob.advance(text("ada", &"x".repeat(TEXT)).len());
    assert!(!hub.waits_after(CATCH_UP));
}

#[test]
fn the_time_in_which_the_server_had_no_turn_does_not_count() {
    let (mut hub, _pending) = room_that_lags(2, 2);
    assert!(hub.waits_after(Duration::ZERO));
    let turn = 10 * CATCH_UP;
    assert!(hub.waits_after(turn));
    let stalled = turn + STALLED - LONGEST_LOOK;
    assert!(hub.waits_from_to(turn, stalled - CATCH_UP_STEP));
    assert!(!hub.waits_after(stalled));
}
