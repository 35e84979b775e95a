//! A visitor that vanishes without a word: it answers no ping of the server.

use std::time::{Duration, Instant};

use hubbub_testing::{join, leave, text};

use crate::house::House;

/// How often the server asks, and when a visitor has gone that never answers: a minute after it was asked first.
const PING: Duration = Duration::from_secs(20);
const GONE: Duration = Duration::from_secs(80);

/// How much earlier something may be, by the clocks, and how much later on a busy machine.
const EARLIER: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(15);

#[test]
#[ignore = "takes 100 s and only waits: run it by `just vanishing`; `just test` does"]
fn a_visitor_that_answers_no_ping_has_gone_after_a_minute_and_one_that_does_stays() {
    let house = House::open(&[]);
    let began = Instant::now();
    let mut there = house.room.visiting_member("there");
    let mut plain = house.room.member("plain");
    there.expect(join("plain"));
    let mut gone = house.room.visiting_member("gone");
    gone.is_mute();
    there.expect_ping();
    let took = began.elapsed();
    assert!(took > PING - EARLIER && took < PING + LATER, "{took:?}");
    while Instant::now() < began + GONE - 2 * EARLIER {
        there.expect_ping();
    }
    // What it is told may not arrive any more, but it has left.
    loop {
        let heard = there.frame();
        if heard == leave("gone") {
            break;
        }
        assert_eq!(heard, join("gone"));
    }
    let took = began.elapsed();
    assert!(took > GONE - EARLIER && took < GONE + LATER, "{took:?}");
    there.expect_ping();
    let silent = gone.expect_closing();
    assert_eq!(gone.pings(), 3, "it was asked so many times");
    assert_eq!(silent, (4012, "silent".to_owned()));
    gone.expect_gone();
    there.send(text("there", "still here"));
    while plain.frame() != text("there", "still here") {}
}
