//! Those of one address whose passwords wait for their turn: how many there may be, and who goes for others.

use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_server::guests::MOST_GUESTS_OF_ADDRESS;
use hubbub_server::password;
use hubbub_testing::tls::client_hello;
use hubbub_testing::{Offer, Peer, Room};

use super::{private, secure};

const RIGHT: &str = "open sesame, open";
const WRONG: &str = "open barley, open";

fn room() -> Room {
    Room::unwatched_with(Settings {
        password: Some(password::check(RIGHT.as_bytes()).unwrap()),
        ..private()
    })
}

fn guess(room: &Room) -> Peer {
    let mut peer = secure(room);
    peer.try_send(Offer::new("eve").showing(WRONG).with_join());
    peer
}

#[test]
fn no_more_of_an_address_wait_for_a_comparison_than_may_be_there_and_others_go_unanswered() {
    let room = room();
    let began = Instant::now();
    let crowd: Vec<Peer> = (0..4 * MOST_GUESTS_OF_ADDRESS)
        .map(|_| guess(&room))
        .collect();
    // Ten a second, and those that may still wait.
    let tenths = usize::try_from(began.elapsed().as_millis() / 100).unwrap();
    let most = 1 + tenths + MOST_GUESTS_OF_ADDRESS;
    let mut answered = 0;
    for mut peer in crowd {
        let heard = String::from_utf8(peer.expect_gone()).unwrap();
        assert!(
            heard.is_empty() || heard.contains("Code: password\r\n"),
            "{heard}"
        );
        answered += usize::from(!heard.is_empty());
    }
    assert!(
        answered <= most,
        "{answered} answers, and {most} is the most"
    );
    assert!(answered > 0, "nobody was answered");
}

#[test]
fn whose_password_waits_goes_before_somebody_who_came_later_and_is_still_shaking_hands() {
    let room = room();
    let mut guessers: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS).map(|_| guess(&room)).collect();
    let mut late = Peer::connect(room.address());
    late.send(client_hello("localhost"));
    late.take_a_byte();
    guessers.extend((0..MOST_GUESTS_OF_ADDRESS / 2).map(|_| guess(&room)));
    assert!(!late.ends_within(Duration::from_millis(1)));
}
