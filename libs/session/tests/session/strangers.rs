//! In the rooms of strangers: small Python servers with the habits of other people's servers. The tests check what they
//! show of us and what we show of them. Our windows offer the extension to all of them.

use std::time::Duration;

use hubbub_session::{Event, Intent};
use hubbub_testing::{Peer, Stranger, Time, join, leave, text};

use crate::harness::{PACE, Window, joined, left, offering, options_of, said};

/// A room of strangers, and how many clients have come.
struct Room {
    server: Stranger,
    port: u16,
    connections: usize,
}

impl Room {
    fn whose_server(habit: &str) -> Self {
        Self::of(Stranger::start("wild_server.py", &[habit]))
    }

    fn of(mut server: Stranger) -> Self {
        let port = server.shows_number("listening");
        let connections = 0;
        Self {
            server,
            port,
            connections,
        }
    }

    /// One of our windows, whose JOIN has reached everybody in the room.
    fn window(&mut self, name: &str) -> Window {
        let options = offering(options_of(name, self.port));
        let mut window = Window::open_at(options, Time::that_skips(PACE));
        self.welcome(&mut window, join(name).len() + offer_len(name));
        window
    }

    /// The server has read a JOIN of so many bytes, with what comes after it.
    fn welcome(&mut self, window: &mut Window, bytes: usize) {
        window.expect(Event::Connecting);
        self.connections += 1;
        self.server_read("JOIN", bytes);
        window.expect(Event::Connected);
        window.time.advance(Duration::from_millis(500));
    }

    /// A member that speaks raw bytes.
    fn peer(&mut self, name: &str) -> Peer {
        let peer = Peer::join(self.port, name);
        self.connections += 1;
        self.server_read("JOIN", join(name).len());
        peer
    }

    /// The server has read one block of the newest connection, and has forwarded it.
    fn server_read(&mut self, method: &str, bytes: usize) {
        let number = self.connections;
        self.server
            .shows_at_last(&format!("{number} sent {bytes} bytes: CHAT/1.0 {method}"));
    }

    /// Alice and bob. Bob came second.
    fn alice_and_bob(&mut self) -> (Window, Window) {
        (self.window("alice"), self.window("bob"))
    }
}

/// The length of the first offer of a run.
fn offer_len(name: &str) -> usize {
    let (number, secret) = ("0".repeat(16), "0".repeat(32));
    let offer = format!(
        "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: 0\r\nOffer: 1 {number}\r\n\
         Session: {number} 1\r\nResume: {secret}\r\nRecent: 0\r\n\r\n"
    );
    offer.len()
}

/// Each says something, and each hears the other once.
fn they_talk(alice: &mut Window, bob: &mut Window) {
    let long = "ten € all. ".repeat(2_000);
    for (id, words) in ["hi", "two\nlines", "héllo €", &long, "bye"]
        .iter()
        .enumerate()
    {
        let id = id as u64;
        alice.say(id, words);
        alice.expect(Event::Written { id });
        bob.expect(said("alice", words));
        bob.say(id, words);
        bob.expect(Event::Written { id });
        alice.expect(said("bob", words));
    }
}

#[test]
fn where_blocks_are_forwarded_as_they_come_everything_is_shown_once() {
    let mut room = Room::whose_server("forwards-blocks");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    they_talk(&mut alice, &mut bob);
    bob.wish(Intent::Leave);
    bob.expect_ended();
    alice.expect(left("bob"));
}

#[test]
fn where_blocks_have_1024_bytes_everything_is_shown_once() {
    let server = Stranger::start("wild_server.py", &["forwards-blocks", "1024"]);
    let mut room = Room::of(server);
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    they_talk(&mut alice, &mut bob);
    bob.wish(Intent::Leave);
    bob.expect_ended();
    alice.expect(left("bob"));
}

#[test]
fn where_a_burst_is_forwarded_in_blocks_nothing_is_lost_and_the_order_is_kept() {
    let mut room = Room::whose_server("forwards-blocks");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    for id in 0..1_000 {
        alice.say(id, &format!("number {id}"));
        alice.expect(Event::Written { id });
    }
    for id in 0..1_000 {
        bob.expect(said("alice", &format!("number {id}")));
    }
}

#[test]
fn where_the_sender_hears_itself_nothing_is_shown_twice() {
    let mut room = Room::whose_server("echoes-to-the-sender");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    they_talk(&mut alice, &mut bob);
    bob.wish(Intent::Leave);
    bob.expect_ended();
    alice.expect(left("bob"));
}

#[test]
fn where_frames_are_split_they_are_shown_whole() {
    let mut room = Room::whose_server("splits");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    they_talk(&mut alice, &mut bob);
    bob.wish(Intent::Leave);
    bob.expect_ended();
    alice.expect(left("bob"));
}

#[test]
fn where_another_frame_lands_in_the_middle_of_a_text_the_leave_behind_it_is_not_lost() {
    let mut room = Room::whose_server("forwards-blocks");
    let (mut alice, bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    let mut carol = room.peer("carol");
    alice.expect(joined("carol"));
    let message = text("carol", "My first chat message!");
    let (first, second) = message.split_at(message.len() - "chat message!".len());
    carol.send(first);
    room.server_read("TEXT", first.len());
    bob.say(1, "hi");
    room.server.shows(&format!(
        "2 sent {} bytes: CHAT/1.0 TEXT",
        text("bob", "hi").len()
    ));
    carol.send([second, &leave("carol")].concat());
    // The first bytes of bob's frame take the place of the rest of carol's text. The rest of his frame is noise, and so
    // is the end of her text.
    alice.expect(said("carol", "My first CHAT/1.0 TEXT"));
    alice.expect(left("carol"));
}

#[test]
fn where_nobody_is_announced_all_are_heard() {
    let mut room = Room::whose_server("never-announces");
    let (mut alice, mut bob) = room.alice_and_bob();
    they_talk(&mut alice, &mut bob);
    bob.wish(Intent::Leave);
    bob.expect_ended();
    room.peer("carol")
        .send(text("carol", "bob is gone, and I am new"));
    alice.expect(said("carol", "bob is gone, and I am new"));
}

#[test]
fn where_a_client_that_vanished_is_not_announced_the_others_are_heard_as_before() {
    let mut room = Room::whose_server("forwards-blocks");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    let carol = room.peer("carol");
    alice.expect(joined("carol"));
    bob.expect(joined("carol"));
    drop(carol);
    room.server.shows("3 ended");
    they_talk(&mut alice, &mut bob);
}

#[test]
fn where_the_last_block_comes_again_after_a_reset_it_is_shown_again() {
    let mut room = Room::whose_server("repeats-the-last-block-after-a-reset");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    let mut carol = room.peer("carol");
    let last_words = text("carol", "oh no");
    carol.send(&last_words);
    room.server_read("TEXT", last_words.len());
    carol.reset();
    room.server.shows("3 ended");
    for window in [&mut alice, &mut bob] {
        window.expect(joined("carol"));
        window.expect(said("carol", "oh no"));
        window.expect(said("carol", "oh no"));
    }
    they_talk(&mut alice, &mut bob);
}

#[test]
fn where_a_leave_is_answered_by_closing_the_thread_ends_with_it() {
    let mut room = Room::whose_server("closes-after-leave");
    let (mut alice, bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    bob.wish(Intent::Leave);
    room.server_read("LEAVE", leave("bob").len());
    room.server.shows("2 ended");
    bob.expect_ended();
    alice.expect(left("bob"));
    let mut bob = room.window("bob");
    alice.expect(joined("bob"));
    they_talk(&mut alice, &mut bob);
}

#[test]
fn where_a_letter_on_the_edge_of_a_block_ends_the_connection_a_new_one_is_made() {
    let mut room = Room::whose_server("closes-on-torn-utf-8");
    let (mut alice, mut bob) = room.alice_and_bob();
    alice.expect(joined("bob"));
    bob.say(1, &"€".repeat(2_000));
    bob.expect(Event::Written { id: 1 });
    // Where the text begins decides which block is torn first.
    room.server.shows_at_last("2 ended");
    let (why, refused, retry_in) = bob.expect_lost();
    assert!(why.starts_with("the server "), "{why}");
    assert!(!refused);
    bob.say(2, "hello again");
    bob.time.advance(retry_in);
    // The server may have closed because of the offer, as far as bob can tell.
    room.welcome(&mut bob, join("bob").len());
    bob.expect(Event::Written { id: 2 });
    loop {
        match alice.next() {
            Event::Said { name, text, .. } if (&*name, &*text) == ("bob", "hello again") => break,
            // A whole block before the torn one was forwarded; nobody knows where its text ends.
            Event::Joined { name } | Event::Said { name, .. } if name == "bob" => {}
            other => panic!("{other:?}"),
        }
    }
}
