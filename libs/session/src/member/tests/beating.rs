//! The heartbeat, where somebody wants one, and the question after a hint that the connection may be dead.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_secs(20);

impl Side {
    /// Somebody with a heartbeat, after some silence.
    fn silent_for(time: Duration) -> Self {
        let mut side = Self::new();
        side.member.set_heartbeat(Some(EVERY));
        side.comes_back(0, "a-0");
        side.passes(time);
        assert_eq!(side.due(), None);
        side
    }
}

fn gives_up() -> Option<Ending> {
    let why = "the server does not answer";
    let cause = crate::Cause::CutOff;
    Some(Ending::GiveUp { why, cause })
}

#[test]
fn a_server_is_asked_after_a_silence_and_not_sooner() {
    let mut side = Side::silent_for(EVERY - INSTANT);
    assert_eq!(side.sends(), [""; 0]);
    side.passes(INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(side.sends(), ["PING beat-1"]);
}

#[test]
fn without_a_heartbeat_nobody_asks() {
    let mut side = Side::granted("a-0");
    side.passes(1_000 * EVERY);
    assert_eq!(side.due(), None);
    assert_eq!(side.sends(), [""; 0]);
}

#[test]
fn one_that_says_nothing_for_ten_seconds_more_is_given_up() {
    let mut side = Side::silent_for(EVERY);
    side.sends();
    side.passes(10 * SECOND - INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(
        side.member.deadline(side.now),
        Some(side.now.awake + INSTANT)
    );
    side.passes(INSTANT);
    assert_eq!(side.due(), gives_up());
}

#[test]
fn whatever_it_says_is_a_sign_of_life() {
    let mut side = Side::silent_for(EVERY);
    side.sends();
    side.passes(10 * SECOND - INSTANT);
    side.hears(&live("a-1"));
    side.passes(EVERY - INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(side.sends(), [""; 0]);
    side.passes(INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(side.sends(), ["PING beat-2"]);
}

#[test]
fn one_that_does_not_even_grant_is_given_up() {
    let mut side = Side::new();
    side.member.set_heartbeat(Some(EVERY));
    side.joins();
    side.passes(EVERY - INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(
        side.member.deadline(side.now),
        Some(side.now.awake + INSTANT)
    );
    side.passes(INSTANT);
    assert_eq!(side.due(), gives_up());
}

#[test]
fn after_a_hint_only_an_answer_within_three_seconds_keeps_the_connection() {
    for (answer, ending) in [
        (
            Frame::Pong {
                username: name("alice"),
                id: token("wake-1"),
            },
            None,
        ),
        (live("a-1"), Some(Ending::Asleep)),
    ] {
        let mut side = Side::granted("a-0");
        side.member.doubt_connection(side.now);
        assert_eq!(side.sends(), ["PING wake-1"]);
        side.hears(&answer);
        side.passes(3 * SECOND);
        assert_eq!(side.due(), ending);
    }
}
