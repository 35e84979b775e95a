//! The real server with one member in it.

use std::net::Ipv4Addr;
use std::time::Duration;

use hubbub_server::Settings;
use hubbub_session::Event;
use hubbub_testing::{Time, serve_for_ever};

use crate::harness::{PACE, Window, options_of, said};

/// A server that runs until the test process ends, its port, and bob, who is certainly in.
pub(crate) fn room_with_bob(address: Ipv4Addr, settings: Settings) -> (u16, Window) {
    let limit = settings.limits.max_payload;
    let port = serve_for_ever(address, settings);
    let mut bob = Window::open_at(options_of("bob", port), Time::that_skips(PACE));
    bob.expect(Event::Connecting);
    bob.expect(Event::Connected);
    // This comes too late to be a refusal of the JOIN, and the server says it only to members.
    bob.time.advance(Duration::from_secs(6));
    let len = limit + 1;
    bob.say(0, &"x".repeat(len));
    let notice = format!("your text of {len} bytes was not sent: {limit} bytes is the most");
    bob.expect_both(Event::Written { id: 0 }, said("server", &notice));
    (port, bob)
}
