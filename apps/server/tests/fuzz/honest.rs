//! Two members that keep to the protocol and check that everybody else does: they hear only whole frames in the
//! server's exact form, only from people who are in and under their own names, and both hear the same.

use std::collections::HashSet;
use std::time::Instant;

use fastrand::Rng;
use hubbub_testing::{DEADLINE, Peer, Room, is_from, join, leave, shown, text};

use super::Heard;

/// One of the two honest members.
struct Member {
    name: &'static str,
    peer: Peer,
    /// What others than these two have said.
    others: Vec<Vec<u8>>,
    /// The others that are in, by the line of the head with their name.
    present: HashSet<Vec<u8>>,
}

/// Both honest members.
pub(crate) struct Honest {
    members: [Member; 2],
    words: usize,
}

impl Honest {
    /// Both enter an empty room.
    #[track_caller]
    pub(crate) fn pair(room: &Room, max_payload: usize) -> Self {
        let mut alice = room.knock("alice", max_payload).unwrap();
        let mut bob = room.connect();
        bob.send(join("bob"));
        alice.expect(join("bob"));
        bob.send(text("bob", "here"));
        alice.expect(text("bob", "here"));
        let members = [("alice", alice), ("bob", bob)].map(|(name, peer)| Member {
            name,
            peer,
            others: Vec::new(),
            present: HashSet::new(),
        });
        Self { members, words: 0 }
    }

    /// One of them says something, and the other one hears it.
    #[track_caller]
    pub(crate) fn speak(&mut self, random: &mut Rng) {
        if random.bool() {
            self.members.reverse();
        }
        let [speaker, listener] = &mut self.members;
        self.words += 1;
        let word = text(speaker.name, format!("word {}", self.words));
        speaker.peer.send(&word);
        while listener.next().is_some_and(|frame| frame != word) {}
    }

    /// Waits until nobody else is in.
    #[track_caller]
    pub(crate) fn wait_until_alone(&mut self) {
        for member in &mut self.members {
            while !member.present.is_empty() {
                let frame = member.next();
                assert!(
                    frame.is_some(),
                    "closed, and these are in: {:?}",
                    member.present
                );
            }
        }
    }

    /// To be called after the room has stopped. Hears what is left, and checks that both have heard the same from
    /// others.
    #[track_caller]
    pub(crate) fn compare(mut self) -> Heard {
        for member in &mut self.members {
            while member.next().is_some() {}
        }
        let [one, other] = &self.members;
        for (one, other) in one.others.iter().zip(&other.others) {
            assert_eq!(shown(one), shown(other));
        }
        assert_eq!(one.others.len(), other.others.len());
        Heard {
            words: self.words,
            frames: one.others.len(),
        }
    }
}

impl Member {
    /// Takes the next frame and checks it. `None` at the end.
    #[track_caller]
    fn next(&mut self) -> Option<Vec<u8>> {
        let frame = match self.peer.next_frame(Instant::now() + DEADLINE) {
            Ok(frame) => frame?,
            Err(error) => panic!("{} heard nothing: {error}", self.name),
        };
        assert!(!is_from(&frame, self.name), "its own: {}", shown(&frame));
        assert!(!is_from(&frame, "server"), "not to it: {}", shown(&frame));
        let is_honest = ["alice", "bob"].iter().any(|name| is_from(&frame, name));
        if is_honest {
            let is_word = frame.windows(9).any(|part| part == b"\r\n\r\nword ");
            assert!(is_word, "nobody said that: {}", shown(&frame));
        } else {
            self.check(&frame);
            self.others.push(frame.clone());
        }
        Some(frame)
    }

    /// Whether the frame is from somebody who may say it now.
    #[track_caller]
    fn check(&mut self, frame: &[u8]) {
        let name = frame.split(|&byte| byte == b'\n').nth(1).unwrap().to_vec();
        let in_turn = if frame.starts_with(&join("")[..13]) {
            self.present.insert(name)
        } else if frame.starts_with(&leave("")[..14]) {
            self.present.remove(&name)
        } else {
            self.present.contains(&name)
        };
        assert!(in_turn, "out of turn: {}", shown(frame));
    }
}
