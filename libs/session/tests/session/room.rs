//! The real server with one member in it.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use hubbub_server::{Settings, serve};
use hubbub_session::Event;

use crate::harness::{Time, Window, options_of, said};

/// A server that runs until the test process ends, its port, and bob, who is certainly in.
pub(crate) fn room_with_bob(address: Ipv4Addr, settings: Settings) -> (u16, Window) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        async_std::task::block_on(serve(listener, settings, std::future::pending()))
    });
    let mut bob = Window::open_at(options_of("bob", port), Time::that_paces_itself());
    bob.expect(Event::Connecting);
    bob.expect(Event::Connected);
    // What the server says after the first seconds is no answer to the JOIN. It says this to members only.
    bob.time.advance(Duration::from_secs(6));
    let limit = settings.limits.max_payload;
    let len = limit + 1;
    bob.say(0, &"x".repeat(len));
    let notice = format!("your text of {len} bytes was not sent: {limit} bytes is the most");
    bob.expect_both(Event::Written { id: 0 }, said("server", &notice));
    (port, bob)
}
