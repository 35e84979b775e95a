//! A node dies: how soon a node that is started after that takes members.

use std::io;
use std::time::{Duration, Instant};

use hubbub_testing::{Offer, Ours, Peer};

use crate::house::{self, House};

/// How long it takes from the start of the program until a member is in the room and has what was said last.
pub(crate) fn measure(mut house: House) -> io::Result<Duration> {
    // This kills it. With a single server, the room is gone.
    drop(house.nodes.pop());
    let began = Instant::now();
    let mut node = house::start(house.engines.as_ref());
    let mut peer = Peer::connect(node.address());
    let offer = Offer::new("late");
    peer.send(offer.with_join());
    Ours::welcomed(peer, offer);
    Ok(began.elapsed())
}
