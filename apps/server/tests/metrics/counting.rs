//! Each counter moves by exactly what happened, and no other one moves.

use hubbub_testing::{MIB, Offer, Ours, Peer, join, leave, text};

use crate::watched::Watched;

const CONNECTIONS: &str = "hubbub_connections_total";
const JOINS: &str = "hubbub_joins_total";
const MESSAGES: &str = "hubbub_received_messages_total";
const RECEIVED: &str = "hubbub_received_bytes_total";
const SENT: &str = "hubbub_sent_bytes_total";
const DELIVERIES: &str = "hubbub_deliveries_total";

/// The counter of those who went for this cause.
fn departures(cause: &str) -> String {
    format!("hubbub_departures_total{{cause=\"{cause}\"}}")
}

fn turned_away(cause: &str) -> String {
    format!("hubbub_turned_away_total{{cause=\"{cause}\"}}")
}

#[test]
fn a_join_a_text_and_a_leave_are_counted_once_for_each_who_hears_them() {
    let watched = Watched::with(&[]);
    let before = watched.page();
    let names = ["ada", "bob", "cyd", "dan"];
    let mut members = watched.members(names);
    // 0, 1, 2 and 3 hear of each.
    let heard = 1 + 2 + 3;
    let bytes = join("ada").len();
    let page = watched.moves(
        &before,
        &[
            (CONNECTIONS, 4),
            (JOINS, 4),
            (RECEIVED, 4 * bytes),
            (DELIVERIES, heard),
            (SENT, heard * bytes),
        ],
    );
    let words = text("ada", "hello");
    members[0].send(&words);
    for member in &mut members[1..] {
        member.expect(&words);
    }
    let page = watched.moves(
        &page,
        &[
            (MESSAGES, 1),
            (RECEIVED, words.len()),
            (DELIVERIES, 3),
            (SENT, 3 * words.len()),
        ],
    );
    let bye = leave("dan");
    members[3].send(&bye);
    for member in &mut members[..3] {
        member.expect(&bye);
    }
    watched.moves(
        &page,
        &[
            (RECEIVED, bye.len()),
            (DELIVERIES, 3),
            (SENT, 3 * bye.len()),
            (&departures("left"), 1),
        ],
    );
}

#[test]
fn texts_that_come_together_are_counted_one_by_one_and_nobody_gets_its_own() {
    let watched = Watched::with(&[]);
    let [mut ada, mut bob, mut cyd] = watched.members(["ada", "bob", "cyd"]);
    let before = watched.page();
    let [ours, theirs] = [text("ada", "a").repeat(50), text("bob", "b").repeat(70)];
    ada.send(&ours);
    bob.send(&theirs);
    bob.expect(&ours);
    ada.expect(&theirs);
    let both = ours.len() + theirs.len();
    let mut came = 0;
    while came < both {
        came += cyd.frame().len();
    }
    watched.moves(
        &before,
        &[
            (MESSAGES, 120),
            (RECEIVED, both),
            (DELIVERIES, 2 * 120),
            (SENT, 2 * both),
        ],
    );
}

#[test]
fn a_long_text_is_counted_once_though_it_takes_many_reads_and_writes() {
    let watched = Watched::with(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    let before = watched.page();
    let long = text("ada", vec![b'x'; MIB]);
    ada.send(&long);
    bob.expect(&long);
    watched.moves(
        &before,
        &[
            (MESSAGES, 1),
            (RECEIVED, long.len()),
            (DELIVERIES, 1),
            (SENT, long.len()),
        ],
    );
}

#[test]
fn what_is_not_passed_on_is_read_and_no_message() {
    let watched = Watched::with(&["--max-payload", "10"]);
    let [mut ada, bob] = watched.members(["ada", "bob"]);
    let before = watched.page();
    let ignored = [text("bob", "not mine"), text("ada", "12345678901")].concat();
    ada.send(&ignored);
    let told = ada.expect_notice();
    let notice = text("server", told);
    watched.moves(&before, &[(RECEIVED, ignored.len()), (SENT, notice.len())]);
    bob.expect_nothing_yet();
}

/// Somebody goes, and this is how. The others are told or not.
#[track_caller]
fn goes_for(cause: &str, options: &[&str], go: impl FnOnce(&Watched)) {
    let watched = Watched::with(options);
    let [_ada] = watched.members(["ada"]);
    let before = watched.page();
    go(&watched);
    let page = watched.until(cause, |page| page.value(&departures(cause)) > 0.0);
    let page = page.moves_since(&before);
    let departures: Vec<_> = page
        .iter()
        .filter(|(name, _)| name.starts_with("hubbub_departures"))
        .collect();
    assert_eq!(departures, [(&self::departures(cause), &1.0)]);
    watched.until("its place is free", |page| {
        page.value("hubbub_connections") == 1.0
    });
}

#[track_caller]
fn expect_end(mut peer: Peer) {
    peer.expect_gone();
}

#[test]
fn members_that_go_by_themselves_are_counted_by_how() {
    goes_for("closed", &[], |watched| {
        let mut peer = watched.room.connect();
        peer.send(join("bob"));
    });
    goes_for("failed", &[], |watched| {
        let mut peer = watched.room.connect();
        peer.send(join("bob"));
        watched.until("bob is in", |page| page.value("hubbub_members") == 2.0);
        peer.reset();
    });
    goes_for("said_nothing", &[], |watched| {
        drop(watched.room.connect());
    });
}

#[test]
fn who_breaks_the_protocol_or_takes_too_long_is_counted_by_that() {
    goes_for("broke_protocol", &[], |watched| {
        let mut peer = watched.room.connect();
        peer.try_send([b'x'; 5000]);
        expect_end(peer);
    });
    goes_for("never_joined", &["--join-timeout", "3s"], |watched| {
        expect_end(watched.room.connect());
    });
    goes_for("text_stalled", &["--text-timeout", "50ms"], |watched| {
        let mut peer = watched.room.connect();
        peer.send([&join("bob")[..], &text("bob", "half a text")[..50]].concat());
        expect_end(peer);
    });
}

#[test]
fn who_is_refused_is_counted_by_why() {
    for (name, cause) in [("ada", "name_taken"), ("server", "name_reserved")] {
        goes_for(cause, &[], |watched| {
            let mut peer = watched.room.connect();
            peer.send(join(name));
            peer.expect_notice();
            expect_end(peer);
        });
    }
}

#[test]
fn members_with_a_grant_that_must_go_are_counted_by_why() {
    goes_for("beyond_limit", &["--max-payload", "10"], |watched| {
        let mut ours = watched.room.ours("bob");
        ours.says(1, "12345678901");
        expect_end(ours.peer);
    });
    goes_for("left_out_text", &[], |watched| {
        let mut ours = watched.room.ours("bob");
        ours.says(1, "one");
        ours.says(3, "three");
        expect_end(ours.peer);
    });
}

#[test]
fn a_connection_whose_place_is_taken_is_counted_and_nobody_joins() {
    let watched = Watched::with(&[]);
    let [_ada] = watched.members(["ada"]);
    let Ours { peer, offer, .. } = watched.room.ours("bob");
    let before = watched.page();
    let _back = watched.room.offering(&offer.again());
    expect_end(peer);
    let page = watched.until("two are here", |page| {
        page.value("hubbub_connections") == 2.0
    });
    let mut moves = page.moves_since(&before);
    moves.retain(|name, _| ![RECEIVED, SENT].contains(&&**name));
    let wanted = [(CONNECTIONS.to_owned(), 1.0), (departures("replaced"), 1.0)];
    assert_eq!(moves, wanted.into_iter().collect());
}

#[test]
fn a_slow_consumer_is_counted_once_and_so_is_each_frame_that_it_was_given() {
    let options = ["--max-payload", "64KiB", "--outbox", "256KiB"];
    let watched = Watched::with(&options);
    let [mut bob, mut cyd] = watched.members(["bob", "cyd"]);
    let mut stalled = Peer::connect_narrow(watched.room.address());
    stalled.send(join("slow"));
    for other in [&mut bob, &mut cyd] {
        other.expect(join("slow"));
    }
    let before = watched.page();
    let words = text("bob", vec![b'x'; 60_000]);
    let mut said = 0;
    let gone = loop {
        assert!(said < 100, "it is still a member");
        bob.send(&words);
        said += 1;
        let heard = cyd.frame();
        if heard == leave("slow") {
            break cyd.frame();
        }
        assert_eq!(heard, words);
        let page = watched.page();
        if page.value("hubbub_members") == 2.0 {
            break cyd.frame();
        }
    };
    assert!(gone == words || gone == leave("slow"));
    bob.expect(leave("slow"));
    let page = watched.until("it has gone", |page| {
        page.value(&departures("too_slow")) == 1.0 && page.value("hubbub_connections") == 2.0
    });
    let moves = page.moves_since(&before);
    assert_eq!(moves[MESSAGES], f64::from(said));
    // The last one did not fit. Two heard of its LEAVE.
    let given = 2 * said - 1 + 2;
    assert_eq!(moves[DELIVERIES], f64::from(given));
    let to_cyd = said as usize * words.len();
    let least = (to_cyd + 2 * leave("slow").len()) as f64;
    assert!(moves[SENT] >= least && moves[SENT] < least + to_cyd as f64);
    expect_end(stalled);
}

#[test]
fn who_gets_no_place_is_counted_by_why() {
    for (option, value, cause) in [
        ("--max-peers", "2", "full"),
        ("--max-peers-per-address", "2", "address_full"),
        ("--visits-per-minute", "2", "too_often"),
    ] {
        let watched = Watched::with(&[option, value]);
        let _inside = watched.members(["ada", "bob"]);
        let before = watched.page();
        for _ in 0..3 {
            let mut peer = watched.room.connect();
            peer.expect_notice();
            expect_end(peer);
        }
        watched.moves(&before, &[(&turned_away(cause), 3)]);
        if cause == "full" {
            assert_eq!(before.value("hubbub_connections_limit"), 2.0);
            assert_eq!(before.value("hubbub_connections"), 2.0);
        }
    }
}

#[test]
fn a_member_with_a_grant_is_sent_more_and_given_the_same() {
    let watched = Watched::with(&[]);
    let [mut ada] = watched.members(["ada"]);
    let mut bob = watched.room.offering(&Offer::new("bob"));
    ada.expect(join("bob"));
    let before = watched.page();
    let words = text("ada", "hello");
    ada.send(&words);
    bob.expect_text("ada", "hello");
    let page = watched.page();
    let moves = page.moves_since(&before);
    assert_eq!((moves[MESSAGES], moves[DELIVERIES]), (1.0, 1.0));
    let ack_before = page;
    bob.says(1, "hi");
    ada.expect(text("bob", "hi"));
    bob.expect_ack(1);
    // The ACK is for bob alone, and no delivery.
    let sent = ack_before.value(SENT) + text("bob", "hi").len() as f64;
    let page = watched.until("it is sent", |page| page.value(SENT) > sent);
    let moves = page.moves_since(&ack_before);
    assert_eq!((moves[MESSAGES], moves[DELIVERIES]), (1.0, 1.0));
}

/// What comes with the request of a page is a part of no other, and counts once, as all that is said does.
#[test]
#[cfg(feature = "web")]
fn what_a_page_says_together_with_its_request_is_counted_once() {
    use hubbub_testing::tls::Directory;
    use hubbub_testing::web::Frame;
    let page = Directory::new();
    std::fs::write(page.of("index.html"), "a page").unwrap();
    let watched = Watched::with(&["--web", &page.of("")]);
    let before = watched.page();
    let mut visitor = watched.room.connect();
    let request = visitor.upgrade_request().bytes();
    let said = [join("ada"), text("ada", "hello")].concat();
    visitor.send([&request[..], &Frame::binary(&said).bytes()].concat());
    let mut visitor = visitor.upgraded();
    watched.until("ada is in", |page| page.value("hubbub_members") == 1.0);
    let bob = watched.members(["bob"]);
    visitor.expect(join("bob"));
    drop(bob);
    visitor.expect(leave("bob"));
    let received = watched.page().value(RECEIVED) - before.value(RECEIVED);
    let all = request.len() + said.len() + join("bob").len();
    assert_eq!(received, all as f64);
}
