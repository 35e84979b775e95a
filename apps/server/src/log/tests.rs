//! The log in memory, with the time given.

use std::sync::Arc;

use hubbub_wire::{Payload, Username};

use super::*;

const ADA: PeerId = PeerId(1);

fn log() -> Log {
    Log::new(Hex128(7), 9, Memory::new(usize::MAX))
}

fn texts(texts: &[&str]) -> Texts {
    let mut all = Texts::default();
    for text in texts {
        all.push(Payload::new(text.as_bytes()).unwrap());
    }
    all
}

fn says(log: &mut Log, own: Option<Own>, said: &[&str]) {
    let held = log.memory.hold(0);
    let proposal = Proposal::Say {
        peer: ADA,
        name: Arc::new(Username::new("ada", 3).unwrap()),
        own,
        texts: texts(said),
        held,
    };
    log.propose(proposal, log.now);
}

#[test]
fn what_is_proposed_comes_out_in_that_order_and_texts_get_places() {
    let mut log = log();
    log.propose(Proposal::Join { peer: ADA }, Time::from_unix_ms(1));
    says(&mut log, None, &["a", "b"]);
    says(&mut log, None, &["c"]);
    assert_eq!(log.last().to_string(), "0000000000000009-0");
    assert!(matches!(log.next(), Some(Ordered::Join { .. })));
    assert!(matches!(log.next(), Some(Ordered::Said { said, .. }) if said.first.count == 1));
    assert_eq!(log.last().count, 2);
    assert!(matches!(log.next(), Some(Ordered::Said { said, .. }) if said.first.count == 3));
    assert!(log.next().is_none());
    assert_eq!((log.last().count, log.size()), (3, 0));
}
