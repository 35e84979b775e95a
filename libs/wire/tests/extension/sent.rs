//! What is sent: every byte is fixed.

use hubbub_wire::{Frame, Hex64, Hex128, MAX_PASSWORD, MAX_TOKEN, Offer, Password, encode};

use super::frames::{all, name, token};

fn encoded(frame: &Frame<'_>) -> String {
    let mut out = Vec::new();
    encode(frame, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_frame_has_exactly_its_bytes() {
    for (bytes, frame) in all() {
        assert_eq!(encoded(&frame), bytes);
    }
}

/// Real relays read 1,024 bytes at a time, and a client sends both in one write.
#[test]
fn the_longest_join_and_offer_have_less_than_900_bytes() {
    let username = name(&"x".repeat(64)).into_owned();
    let join = encoded(&Frame::join(username.borrowed()));
    let seq = "s".repeat(MAX_TOKEN);
    let offer = Offer {
        version: u32::MAX,
        nonce: Hex64(u64::MAX),
        session: Hex64(u64::MAX),
        attempt: u64::MAX,
        secret: Hex128(u128::MAX),
        since: Some((Hex128(u128::MAX), token(&seq))),
        recent: u32::MAX,
        password: Password::new(vec![0xff; MAX_PASSWORD]),
    };
    let offer = encoded(&Frame::Offer { username, offer });
    assert!(offer.contains("\r\nPassword: "));
    assert!(join.len() + offer.len() < 900, "{offer}");
    // What the limit of a head is measured by.
    assert!(offer.len() < 600, "{}", offer.len());
}
