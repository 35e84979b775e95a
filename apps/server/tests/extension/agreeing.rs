//! Who gets a grant, and what comes with it.

use hubbub_testing::{Offer, Ours, Peer, Room, join, leave, text};

#[test]
fn a_grant_repeats_version_and_nonce_and_says_what_the_log_has() {
    let room = Room::open();
    let offer = Offer::new("bob");
    let bob = room.offering(&offer);
    assert_eq!(
        bob.grant.names(),
        [
            "Username",
            "Msg-len",
            "Grant",
            "Room",
            "Kept",
            "Arrived",
            "Max-payload"
        ]
    );
    let nonce = format!("1 {:016x}", offer.nonce);
    assert_eq!(bob.grant.need("Username"), "bob");
    assert_eq!(bob.grant.need("Msg-len"), "0");
    assert_eq!(bob.grant.need("Grant"), nonce);
    assert_eq!(bob.grant.need("Kept"), "memory");
    assert_eq!(bob.grant.need("Arrived"), "0");
    assert_eq!(bob.grant.need("Max-payload"), "1048576");
    assert_eq!(bob.present, ["bob", "watcher"]);
    assert!(bob.past.is_empty());
    room.hears(join("bob"));
}

#[test]
fn all_of_a_server_name_the_same_room_and_another_server_another() {
    let (room, other) = (Room::open(), Room::open());
    let [ada, bob] = ["ada", "bob"].map(|name| room.ours(name));
    assert_eq!(ada.grant.need("Room"), bob.grant.need("Room"));
    let carol = other.ours("carol");
    assert_ne!(ada.grant.need("Room"), carol.grant.need("Room"));
    assert_eq!(ada.grant.need("Room").len(), 32);
}

#[test]
fn a_grant_comes_before_anything_that_follows_the_join_and_the_past_before_what_is_live() {
    let room = Room::open();
    let mut ada = room.member("ada");
    ada.send([text("ada", "one"), text("ada", "two")].concat());
    room.hears(text("ada", "two"));
    let mut bob = room.ours("bob");
    ada.expect(join("bob"));
    ada.send(text("ada", "three"));
    let past: Vec<&str> = bob.past.iter().map(|text| &*text.payload).collect();
    assert_eq!(past, ["one", "two"]);
    assert!(bob.past.iter().all(|text| text.need("Past") == "yes"));
    assert_eq!(bob.replayed.need("Last"), bob.past[1].need("Seq"));
    assert_eq!(
        bob.replayed.names(),
        ["Username", "Last"],
        "there is nothing older, and nothing is lost"
    );
    bob.expect_text("ada", "three");
}

/// Fails if a peer was told anything else than who comes, goes and speaks.
fn hears_plainly(peer: &mut Peer, room: &Room) {
    let mut ada = room.member("ada");
    ada.send([text("ada", "hello"), leave("ada")].concat());
    peer.expect([join("ada"), text("ada", "hello"), leave("ada")].concat());
}

#[test]
fn who_offers_nothing_gets_what_it_always_got() {
    let room = Room::open();
    let mut eve = room.ours("eve");
    eve.says(1, "before");
    room.hears(text("eve", "before"));
    let mut bob = room.member("bob");
    hears_plainly(&mut bob, &room);
    eve.says(2, "after");
    bob.expect(text("eve", "after"));
    eve.peer.send(leave("eve"));
    bob.expect(leave("eve"));
}

#[test]
fn an_offer_that_does_not_stand_directly_behind_the_first_join_is_ignored() {
    let offer = Offer::new("bob");
    let unknown = b"CHAT/1.0 WAVE\r\nUsername: bob\r\n\r\n".to_vec();
    let other_version = Offer {
        version: 2,
        ..offer.clone()
    };
    let other_name = Offer {
        name: "rob".to_owned(),
        ..offer.clone()
    };
    let with_join = |behind: &[Vec<u8>]| [vec![join("bob")], behind.to_vec()].concat();
    let cases = [
        vec![offer.bytes(), join("bob")],
        with_join(&[text("bob", "x"), offer.bytes()]),
        with_join(&[unknown, offer.bytes()]),
        with_join(&[join("bob"), offer.bytes()]),
        with_join(&[other_version.bytes()]),
        with_join(&[other_version.bytes(), offer.bytes()]),
        with_join(&[other_name.bytes()]),
        with_join(&[other_name.bytes(), offer.bytes()]),
    ];
    for (number, frames) in cases.iter().enumerate() {
        for whole in [true, false] {
            let room = Room::open();
            let mut bob = room.connect();
            if whole {
                bob.send(frames.concat());
            } else {
                for frame in frames {
                    bob.send(frame);
                    room.wait_until_read();
                }
            }
            room.hears(join("bob"));
            println!("case {number}, in one piece: {whole}");
            hears_plainly(&mut bob, &room);
        }
    }
}

#[test]
fn a_second_offer_is_ignored() {
    let room = Room::open();
    let offer = Offer::new("bob");
    let mut bob = room.connect();
    bob.send([offer.with_join(), offer.again().bytes()].concat());
    let mut bob = Ours::welcomed(bob, offer.clone());
    bob.peer.send(offer.again().bytes());
    bob.expect_silence();
}

/// Everything that a member got on its way in, without what differs from time to time.
fn story(bob: &Ours) -> String {
    let frames = [&bob.grant].into_iter().chain(&bob.past);
    let frames = frames.chain([&bob.replayed]).map(|frame| {
        let headers = frame.headers.iter().filter(|(name, _)| name != "Time");
        format!("{:?} {:?}", headers.collect::<Vec<_>>(), frame.payload)
    });
    frames.collect::<Vec<_>>().join("\n")
}

#[test]
fn any_cut_of_the_bytes_of_join_and_offer_gives_the_same() {
    let offer = Offer::new("bob");
    let bytes = offer.with_join();
    let room = Room::open();
    let mut ada = room.member("ada");
    ada.send(text("ada", "before"));
    room.hears(text("ada", "before"));
    let mut first = None;
    for cut in 1..=bytes.len() {
        let mut bob = room.connect();
        bob.send(&bytes[..cut]);
        room.wait_until_read();
        bob.send(&bytes[cut..]);
        let mut bob = Ours::welcomed(bob, offer.clone());
        assert_eq!(bob.present, ["ada", "bob", "watcher"]);
        let told = story(&bob);
        assert_eq!(*first.get_or_insert_with(|| told.clone()), told, "at {cut}");
        ada.expect(join("bob"));
        bob.expect_silence();
        bob.peer.send(leave("bob"));
        ada.expect(leave("bob"));
    }
}

#[test]
fn what_lay_between_a_join_and_its_offer_came_plain_and_does_not_come_again() {
    let room = Room::open();
    let mut ada = room.member("ada");
    ada.send(text("ada", "before"));
    room.hears(text("ada", "before"));
    let offer = Offer::new("bob");
    let mut bob = room.connect();
    bob.send(join("bob"));
    room.hears(join("bob"));
    ada.expect(join("bob"));
    ada.send(text("ada", "between"));
    bob.expect(text("ada", "between"));
    bob.send(offer.bytes());
    let mut bob = Ours::welcomed(bob, offer);
    assert_eq!(bob.past.len(), 1);
    assert_eq!(bob.past[0].payload, "before");
    // The place of the offer is that of what came between.
    let before = bob.past[0].need("Seq").strip_suffix("-1").unwrap();
    assert_eq!(bob.replayed.need("Last"), format!("{before}-2"));
    ada.send(text("ada", "after"));
    bob.expect_text("ada", "after");
}

#[test]
fn frames_of_the_extension_from_a_peer_without_a_grant_are_ignored() {
    let room = Room::open();
    let mut bob = room.member("bob");
    for frame in [
        "CHAT/1.0 PING\r\nUsername: bob\r\nId: 1\r\n\r\n",
        "CHAT/1.0 EARLIER\r\nUsername: bob\r\nBefore: 1\r\nCount: 1\r\n\r\n",
        "CHAT/1.0 PRESENT\r\nUsername: bob\r\nMsg-len: 3\r\n\r\nbob",
        "CHAT/1.0 REPLAYED\r\nUsername: bob\r\nLast: 1\r\n\r\n",
        "CHAT/1.0 ACK\r\nUsername: bob\r\nId: 0000000000000001-1\r\nSeq: 1\r\n\r\n",
        "CHAT/1.0 NOTICE\r\nUsername: bob\r\nCode: motd\r\nMsg-len: 2\r\n\r\nhi",
        "CHAT/1.0 PONG\r\nUsername: bob\r\nId: 1\r\n\r\n",
    ] {
        bob.send(frame);
    }
    room.wait_until_read();
    hears_plainly(&mut bob, &room);
}

#[test]
fn who_is_here_stands_in_as_many_frames_as_the_longest_text_asks_for() {
    let settings = hubbub_server::Settings {
        limits: hubbub_wire::Limits {
            max_payload: 64,
            ..hubbub_wire::Limits::DEFAULT
        },
        ..hubbub_server::Settings::default()
    };
    let room = Room::with(settings);
    let long = "n".repeat(64);
    let names = ["a".repeat(31), "b".repeat(32), "c".repeat(33), long.clone()];
    let _members: Vec<Peer> = names.iter().map(|name| room.member(name)).collect();
    let offer = Offer::new("bob");
    let mut bob = room.connect();
    bob.send(offer.with_join());
    let grant = bob.any_frame();
    assert_eq!(grant.need("Max-payload"), "64");
    let mut frames = Vec::new();
    loop {
        let frame = bob.any_frame();
        if frame.method != "PRESENT" {
            break;
        }
        assert_eq!(frame.names(), ["Username", "Msg-len"]);
        frames.push(frame.payload);
    }
    // 31 and 32 with the line end between them are exactly the limit.
    let [a, b, c, _] = &names;
    let wanted = [
        format!("{a}\n{b}"),
        format!("bob\n{c}"),
        long,
        "watcher".to_owned(),
    ];
    assert_eq!(frames, wanted);
}
