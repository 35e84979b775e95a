//! Members with a grant and a history: what they get of the past through restarts, and what is said once.

use hubbub_testing::{AnyFrame, Offer, Ours, Room, text};

use crate::directory::Directory;

/// The payloads of what was replayed.
fn payloads(past: &[AnyFrame]) -> Vec<&str> {
    past.iter().map(|text| &*text.payload).collect()
}

/// Says something for each count, and waits until the log has all of it.
#[track_caller]
fn say(ada: &mut Ours, counts: std::ops::RangeInclusive<u64>) {
    let last = *counts.end();
    for count in counts {
        ada.says(count, &count.to_string());
    }
    let id = format!("{:016x}-{last}", ada.offer.session);
    loop {
        let frame = ada.peer.any_frame();
        if frame.method == "ACK" && frame.need("Id") == id {
            return;
        }
    }
}

/// Asks for what is older. Returns it, with the end of the replay.
#[track_caller]
fn earlier(member: &mut Ours, before: &str, count: u32) -> (Vec<AnyFrame>, AnyFrame) {
    let name = &member.offer.name;
    member.peer.send(format!(
        "CHAT/1.0 EARLIER\r\nUsername: {name}\r\nBefore: {before}\r\nCount: {count}\r\n\r\n"
    ));
    let mut texts = Vec::new();
    loop {
        let frame = member.peer.any_frame();
        match &*frame.method {
            "TEXT" if frame.header("Past").is_some() => texts.push(frame),
            "REPLAYED" => return (texts, frame),
            _ => {}
        }
    }
}

#[test]
fn who_comes_back_after_a_kill_gets_what_it_missed_and_who_sends_again_is_heard_once() {
    let directory = Directory::new();
    let mut program = directory.serve(&[]);
    let room = program.room();
    let mut ada = room.ours("ada");
    let mut bob = room.ours("bob");
    assert_eq!(ada.grant.need("Kept"), "30d");
    say(&mut ada, 1..=1);
    let seen = bob.expect_text("ada", "1").need("Seq").to_owned();
    drop(bob.peer);
    say(&mut ada, 2..=3);
    drop((program, room));
    let mut program = directory.serve(&[]);
    let room = program.room();
    let offer = ada.offer.again();
    let mut again = room.offering(&offer);
    assert_eq!(again.grant.need("Arrived"), "3");
    assert_eq!(again.grant.need("Room"), ada.grant.need("Room"));
    // The ACK of 3 did not arrive, so it says that again.
    again.says(3, "3");
    let acknowledged = again.expect_ack(3);
    again.says(4, "4");
    assert_ne!(again.expect_ack(4), acknowledged);
    let bob_again = room.offering(&bob.offer.again().since(bob.grant.need("Room"), &seen));
    assert_eq!(payloads(&bob_again.past), ["2", "3", "4"]);
    assert_eq!(bob_again.past[1].need("Seq"), acknowledged);
    assert_eq!(bob_again.replayed.header("Lost"), None);
    let times: Vec<_> = bob_again
        .past
        .iter()
        .map(|text| text.need("Time"))
        .collect();
    assert!(times.is_sorted());
    // Nothing was missed since then.
    let last = bob_again.past[2].need("Seq");
    let offer = bob_again.offer.again().since(bob.grant.need("Room"), last);
    let third = room.offering(&offer);
    assert!(third.past.is_empty());
    assert_eq!(third.replayed.names(), ["Username", "Last"]);
}

#[test]
fn what_was_acknowledged_is_kept_when_the_server_is_killed_with_and_without_waiting_for_the_disk() {
    for sync in ["normal", "full"] {
        let directory = Directory::new();
        let mut program = directory.serve(&["--history-sync", sync]);
        let mut ada = program.room().ours("ada");
        for count in 1..=20 {
            say(&mut ada, count..=count);
            // Nothing more is read or written by this server.
            if count % 5 == 0 {
                drop(program);
                let kept = directory.rows();
                let kept = kept.iter().map(|row| String::from_utf8_lossy(&row.text));
                assert!(
                    kept.eq((1..=count).map(|count| count.to_string())),
                    "{sync}"
                );
                program = directory.serve(&["--history-sync", sync]);
                ada = program.room().offering(&ada.offer.again());
            }
        }
    }
}

#[test]
fn older_messages_come_page_by_page_through_memory_and_disk_and_starts() {
    let directory = Directory::new();
    let mut program = directory.serve(&[]);
    let room = program.room();
    let mut ada = room.ours("ada");
    say(&mut ada, 1..=700);
    drop((program, room));
    let mut program = directory.serve(&[]);
    let room = program.room();
    let mut ada = room.offering(&ada.offer.again().recent(0));
    assert!(ada.past.is_empty());
    say(&mut ada, 701..=1900);
    let mut bob = room.ours("bob");
    assert_eq!(bob.past.len(), 200);
    let mut all = bob.past.clone();
    let mut replayed = bob.replayed.clone();
    while replayed.header("More").is_some() {
        let before = all[0].need("Seq").to_owned();
        let (older, end) = earlier(&mut bob, &before, 150);
        assert_eq!(end.header("Before"), Some(&*before));
        assert_eq!(end.header("Lost"), None);
        assert!(older.len() <= 150 && !older.is_empty());
        all.splice(0..0, older);
        replayed = end;
    }
    let numbers = all.iter().map(|text| text.payload.parse::<u64>().unwrap());
    assert!(numbers.eq(1..=1900));
}

#[test]
fn everybody_who_comes_back_at_once_gets_the_same_past() {
    let directory = Directory::new();
    let mut program = directory.serve(&[]);
    let room = program.room();
    let mut ada = room.ours("ada");
    say(&mut ada, 1..=500);
    drop((program, room));
    let mut program = directory.serve(&[]);
    let room = Room::unwatched_at(program.address());
    let names: Vec<String> = (0..30).map(|number| format!("guest {number}")).collect();
    let mut peers = Vec::new();
    for name in &names {
        let offer = Offer::new(name).recent(100);
        let mut peer = room.connect();
        peer.send(offer.with_join());
        peers.push((peer, offer));
    }
    for (peer, offer) in peers {
        let guest = Ours::welcomed(peer, offer);
        let numbers = guest
            .past
            .iter()
            .map(|text| text.payload.parse::<u64>().unwrap());
        assert!(numbers.eq(401..=500));
        assert!(guest.replayed.header("More").is_some());
    }
}

#[test]
fn members_are_told_when_messages_are_not_kept_and_when_they_are_again() {
    let directory = Directory::new();
    let mut program = directory.serve(&[]);
    let room = program.room();
    let mut ada = room.member("ada");
    let mut bob = room.ours("bob");
    let other = directory.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ada.send(text("ada", "one"));
    let notice = bob.peer.any_frame();
    assert_eq!(
        (&*notice.method, notice.header("Code")),
        ("NOTICE", Some("keeping-stopped"))
    );
    bob.expect_text("ada", "one");
    // Who comes now gets what memory has, at once.
    let carol = room.ours("carol");
    assert_eq!(payloads(&carol.past), ["one"]);
    bob.expect_coming_or_going("JOIN", "carol");
    other.execute_batch("COMMIT").unwrap();
    let notice = bob.peer.any_frame();
    assert_eq!(
        (&*notice.method, notice.header("Code")),
        ("NOTICE", Some("keeping-resumed"))
    );
}
