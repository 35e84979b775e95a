//! A storm: many members at once, and a check that all saw the same order.

use crate::{Peer, Room, is_from, join, leave, shown, text};

/// Guests that join, speak and leave.
pub struct Visits {
    names: Vec<String>,
    observers: [Peer; 2],
}

/// How many texts a guest sends.
const TEXTS: usize = 40;

impl Visits {
    /// Two dozen guests, which two members will observe.
    pub fn to(room: &Room) -> Self {
        Self {
            names: (0..24).map(|number| format!("guest {number}")).collect(),
            observers: room.members(["eve", "fay"]),
        }
    }

    /// The names of the guests.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Checks that both observers saw the same order, and that each guest saw what happened between its JOIN and its
    /// LEAVE.
    pub fn check(self, seen_by_guests: Vec<Vec<u8>>) {
        let [mut eve, mut fay] = self.observers;
        let seen_by_eve = frames(&mut eve, self.names.len() * (TEXTS + 2));
        assert_same(&frames(&mut fay, seen_by_eve.len()), &seen_by_eve);
        for (name, seen) in self.names.iter().zip(seen_by_guests) {
            assert_same(&only(&seen_by_eve, name), &visit(name));
            let at = |wanted: Vec<u8>| seen_by_eve.iter().position(|frame| *frame == wanted);
            let (came, left) = (at(join(name)).unwrap(), at(leave(name)).unwrap());
            let others = without(&seen_by_eve[came..left], name).concat();
            assert_eq!(shown(&seen), shown(&others), "seen by {name}");
            assert!(seen == others, "seen by {name}: the middle differs");
        }
    }
}

/// Members that do nothing. Sending to them takes time, in which frames of several senders meet in the server.
pub fn crowd(room: &Room) -> Vec<Peer> {
    let names = (0..60).map(|number| format!("one of many {number}"));
    names.map(|name| room.member(&name)).collect()
}

/// Everything that a guest sends.
pub fn visit(name: &str) -> Vec<Vec<u8>> {
    let mut frames = vec![join(name)];
    frames.extend((0..TEXTS).map(|number| text(name, number.to_string())));
    frames.push(leave(name));
    frames
}

/// The next `count` frames that this peer gets.
pub fn frames(peer: &mut Peer, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| peer.frame()).collect()
}

/// The frames of `name`.
pub fn only(frames: &[Vec<u8>], name: &str) -> Vec<Vec<u8>> {
    let own = frames.iter().filter(|frame| is_from(frame, name));
    own.cloned().collect()
}

/// The frames of all others.
pub fn without(frames: &[Vec<u8>], name: &str) -> Vec<Vec<u8>> {
    let others = frames.iter().filter(|frame| !is_from(frame, name));
    others.cloned().collect()
}

/// Fails at the first frame that differs.
#[track_caller]
pub fn assert_same(seen: &[Vec<u8>], wanted: &[Vec<u8>]) {
    for (at, (seen, wanted)) in seen.iter().zip(wanted).enumerate() {
        assert_eq!(shown(seen), shown(wanted), "frame {at}");
    }
    assert_eq!(seen.len(), wanted.len(), "as many frames");
}
