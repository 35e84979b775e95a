//! A proxy in front of the server: for whom it comes is believed only of one that the operator names, and then it is the
//! visitor who is counted, banned and named, and never the proxy.

use hubbub_testing::web::{Frame, Request};
use hubbub_testing::{Peer, join, leave, until};

use crate::desk::Desk;
use crate::house::{House, INDEX};

/// The address of the proxy, and of a stranger who says the same as a proxy does.
const PROXY: [u8; 4] = [127, 0, 0, 7];
const STRANGER: [u8; 4] = [127, 0, 0, 8];

/// A server that believes the proxy and another one, and has administrators.
fn behind_a_proxy(options: &[&str]) -> (House, Desk) {
    let desk = hubbub_testing::tls::Directory::new();
    let socket = desk.of("admin");
    let trusted = [
        "--trusted-proxy",
        "127.0.0.7",
        "--trusted-proxy",
        "192.0.2.99",
    ];
    let house = House::open(&[&trusted[..], &["--admin", &socket], options].concat());
    let desk = Desk::connect(socket.as_ref());
    (house, desk)
}

/// A request that somebody passes on for another one.
fn upgrade(house: &House, through: [u8; 4], forwarded: &str) -> (Peer, Request) {
    let browser = Peer::connect_from(through, house.address());
    let request = browser.upgrade_request().with("X-Forwarded-For", forwarded);
    (browser, request)
}

/// A member who comes like that.
#[track_caller]
fn member(house: &House, through: [u8; 4], forwarded: &str, name: &str) -> Peer {
    let (browser, request) = upgrade(house, through, forwarded);
    let mut visitor = browser.upgrade_by(&request);
    visitor.send(join(name));
    house.room.hears(join(name));
    visitor
}

/// The address that an administrator is shown for this member.
#[track_caller]
fn address_of(desk: &mut Desk, name: &str) -> String {
    let rows = desk.does("who").rows;
    let row = rows.iter().find(|row| row[0] == name);
    row.unwrap_or_else(|| panic!("{name} is not in {rows:?}"))[1].clone()
}

#[test]
fn a_visitor_has_the_address_that_the_proxy_names_and_the_nearest_one_that_is_no_proxy() {
    let (mut house, mut desk) = behind_a_proxy(&["--log", "debug"]);
    for (number, (forwarded, wanted)) in [
        ("198.51.100.1", "198.51.100.1"),
        ("203.0.113.5, 198.51.100.2", "198.51.100.2"),
        ("203.0.113.5,198.51.100.3", "198.51.100.3"),
        ("not an address, 198.51.100.4", "198.51.100.4"),
        (", ,198.51.100.5", "198.51.100.5"),
        // Two proxies in a row.
        ("203.0.113.5, 198.51.100.6, 192.0.2.99", "198.51.100.6"),
        ("203.0.113.5, 198.51.100.7, 127.0.0.7", "198.51.100.7"),
        ("::ffff:198.51.100.8", "198.51.100.8"),
        ("2001:db8::9", "2001:db8::9"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("visitor {number}");
        let mut visitor = member(&house, PROXY, forwarded, &name);
        let shown = address_of(&mut desk, &name);
        assert!(
            shown.contains(wanted.trim_end_matches('9')),
            "{forwarded}: {shown}"
        );
        assert!(!shown.contains("127.0.0.7"), "{forwarded}: {shown}");
        visitor.send(leave(&name));
        house.room.hears(leave(&name));
    }
    // The log names the visitor too.
    member(&house, PROXY, "198.51.100.77", "in the log");
    house.program.line_with("198.51.100.77");
}

#[test]
fn somebody_at_a_proxys_own_machine_comes_in_under_its_address() {
    let (house, mut desk) = behind_a_proxy(&[]);
    for forwarded in ["127.0.0.7", "192.0.2.99, 127.0.0.7"] {
        let own = member(&house, PROXY, forwarded, forwarded);
        let shown = address_of(&mut desk, forwarded);
        let first = forwarded.split(',').next().unwrap();
        assert!(shown.contains(first), "{forwarded}: {shown}");
        drop(own);
    }
}

#[test]
fn what_a_stranger_says_of_its_address_counts_for_nothing() {
    let (house, mut desk) = behind_a_proxy(&[]);
    let _one = member(&house, STRANGER, "198.51.100.1", "one");
    assert_eq!(address_of(&mut desk, "one"), "127.0.0.8");
    // Nor does what a peer says who is no browser.
    let mut plain = Peer::connect_from(PROXY, house.address());
    plain.send([b"X-Forwarded-For: 198.51.100.1\r\n".to_vec(), join("plain")].concat());
    house.room.hears(join("plain"));
    assert_eq!(address_of(&mut desk, "plain"), "127.0.0.7");
    let untrusting = House::open(&["--max-peers-per-address", "2"]);
    let _two = member(&untrusting, PROXY, "198.51.100.1", "two");
    let _three = member(&untrusting, PROXY, "198.51.100.2", "three");
    let (browser, request) = upgrade(&untrusting, PROXY, "198.51.100.3");
    let words = browser.upgrade_by(&request).expect_notice();
    assert!(words.contains("from your address"), "{words}");
}

/// What a proxy that does not do its work passes on is nobody's address, and all of its visitors would be one person.
#[test]
fn what_is_no_address_names_nobody_and_lets_nobody_in() {
    let (house, _desk) = behind_a_proxy(&[]);
    for (number, forwarded) in [
        "",
        "unknown",
        "_hidden",
        "198.51.100.1 198.51.100.2",
        "198.51.100.256",
        "fe80::1%eth0",
        "evil.test",
        "127.0.0.7 127.0.0.7",
        "\"198.51.100.1\"",
        &"1, ".repeat(1000),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("visitor {number}");
        let (mut browser, request) = upgrade(&house, PROXY, forwarded);
        browser.send([request.bytes(), Frame::binary(join(&name)).bytes()].concat());
        let answer = browser.answer();
        assert!(
            [400, 403].contains(&answer.status),
            "{forwarded}: {answer:?}"
        );
        house.assert_unheard(&name);
    }
}

#[test]
fn a_ban_of_a_visitor_is_none_of_the_proxy_and_of_its_other_visitors() {
    let (house, mut desk) = behind_a_proxy(&[]);
    let mut bob = member(&house, PROXY, "198.51.100.1", "bob");
    let mut ann = member(&house, PROXY, "198.51.100.2", "ann");
    bob.expect(join("ann"));
    desk.does("ban\t198.51.100.1");
    bob.expect_notice();
    assert_eq!(bob.expect_closing(), (4005, "banned".to_owned()));
    ann.expect(leave("bob"));
    let (browser, request) = upgrade(&house, PROXY, "198.51.100.1");
    let mut again = browser.upgrade_by(&request);
    again.try_send(join("again"));
    again.expect_notice();
    assert_eq!(again.expect_closing(), (4005, "banned".to_owned()));
    let request = house.get("/").with("X-Forwarded-For", "198.51.100.1");
    let page = Peer::connect_from(PROXY, house.address()).ask(&request);
    assert_eq!(page.status, 403, "{page:?}");
    assert!(page.text().contains("banned"), "{page:?}");
    house.assert_unheard("again");
    let _carol = member(&house, PROXY, "198.51.100.3", "carol");
    ann.expect([join("honest"), leave("honest"), join("carol")].concat());
}

#[test]
fn a_visitor_is_put_out_by_its_name_and_the_proxy_and_its_others_stay() {
    let (house, mut desk) = behind_a_proxy(&[]);
    let mut bob = member(&house, PROXY, "198.51.100.1", "bob");
    let mut ann = member(&house, PROXY, "198.51.100.2", "ann");
    bob.expect(join("ann"));
    desk.does("kick\tbob");
    bob.expect_notice();
    assert_eq!(bob.expect_closing(), (4004, "kicked".to_owned()));
    ann.expect(leave("bob"));
    let _carol = member(&house, PROXY, "198.51.100.3", "carol");
    ann.expect(join("carol"));
}

#[test]
fn a_proxy_is_not_counted_as_one_person_and_each_of_its_visitors_is() {
    let (house, _desk) = behind_a_proxy(&["--max-peers-per-address", "2"]);
    let crowd: Vec<Peer> = (1..=20)
        .map(|number| {
            let forwarded = format!("198.51.100.{number}");
            member(&house, PROXY, &forwarded, &format!("visitor {number}"))
        })
        .collect();
    let second = member(&house, PROXY, "198.51.100.1", "second");
    let (browser, request) = upgrade(&house, PROXY, "198.51.100.1");
    let words = browser.upgrade_by(&request).expect_notice();
    assert!(words.contains("from your address"), "{words}");
    drop(second);
    until("there is a place again", || {
        let (mut browser, request) = upgrade(&house, PROXY, "198.51.100.1");
        browser.send([request.bytes(), Frame::binary(join("fourth")).bytes()].concat());
        // It is told at once, or stays.
        !browser.ends_within(std::time::Duration::from_millis(300)) || {
            let told = browser.expect_gone();
            told.starts_with(b"HTTP/1.1 101") && !told.windows(2).any(|two| two == [0x0f, 0xa7])
        }
    });
    drop(crowd);
}

/// Sixteen that have not joined are the most of one address, which a proxy would soon have.
#[test]
fn those_that_ask_through_a_proxy_do_not_crowd_each_other_out() {
    let (house, _desk) = behind_a_proxy(&[]);
    let mut crowd: Vec<Peer> = (1..=100)
        .map(|number| {
            let mut peer = Peer::connect_from(PROXY, house.address());
            let forwarded = format!("198.51.100.{number}");
            let request = house.get("/").with("X-Forwarded-For", forwarded).bytes();
            peer.send(&request[..request.len() - 1]);
            peer
        })
        .collect();
    for peer in &mut crowd {
        peer.send("\n");
        let answer = peer.answer();
        assert_eq!((answer.status, answer.text()), (200, INDEX));
    }
    // Visitors that have not joined count by their own addresses.
    let crowd: Vec<Peer> = (1..=100)
        .map(|number| {
            let (browser, request) = upgrade(&house, PROXY, &format!("198.51.100.{number}"));
            browser.upgrade_by(&request)
        })
        .collect();
    for (number, mut visitor) in crowd.into_iter().enumerate() {
        let name = format!("visitor {number}");
        visitor.send([join(&name), leave(&name)].concat());
        house.room.hears(leave(&name));
    }
}

/// How often one may come is counted for the visitor.
#[test]
fn a_proxy_does_not_come_too_often() {
    let (house, _desk) = behind_a_proxy(&["--visits-per-minute", "5"]);
    for number in 1..=20 {
        let name = format!("visitor {number}");
        let mut visitor = member(&house, PROXY, &format!("198.51.100.{number}"), &name);
        visitor.send(leave(&name));
        house.room.hears(leave(&name));
    }
    for number in 0..20 {
        let (mut browser, request) = upgrade(&house, PROXY, "203.0.113.1");
        let name = format!("often {number}");
        browser.send(
            [
                request.bytes(),
                Frame::binary([join(&name), leave(&name)].concat()).bytes(),
            ]
            .concat(),
        );
        browser.expect_gone();
    }
    let mut plain = Peer::connect_from(STRANGER, house.address());
    plain.send([join("last"), leave("last")].concat());
    let mut came = 0;
    loop {
        let heard = house.room.next_heard();
        if heard == leave("last") {
            break;
        }
        came += usize::from(hubbub_testing::shown(&heard).contains("JOIN\\r\\nUsername: often"));
    }
    assert!((1..=10).contains(&came), "{came} came");
}
