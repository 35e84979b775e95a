//! Who takes which place: those that have not said what they are, those that are being answered, and those that come
//! through a proxy.

use hubbub_server::Settings;
use hubbub_server::web::Web;
use hubbub_testing::web::Request;
use hubbub_testing::{Peer, Program, Room};
use hubbub_wire::Limits;

use super::place::{INDEX, Page, asked, get, with_page};

/// The longest text in these rooms. Whoever knocks goes beyond it.
const LONGEST: usize = 10;

/// More than the system buffers for a reader that takes nothing.
const LARGE: usize = 16 * 1024 * 1024;

fn settings() -> Settings {
    Settings {
        limits: Limits {
            max_payload: LONGEST,
            ..Limits::DEFAULT
        },
        ..with_page()
    }
}

#[test]
fn who_has_not_said_what_it_is_takes_no_place_of_its_address_and_a_peer_does() {
    let room = Room::unwatched_with(Settings {
        max_peers_per_address: 1,
        ..settings()
    });
    // As browsers do, which connect before anybody asks for anything.
    let _silent = room.connect();
    let mut slow = room.connect();
    slow.send("GET");
    let _alice = room.knock("alice", LONGEST).unwrap();
    let why = room.knock("bob", LONGEST).err().unwrap();
    assert!(why.contains("from your address"), "{why}");
}

#[test]
fn who_is_being_answered_takes_no_place_in_the_room() {
    let page = Page::new();
    page.has("large", vec![b'x'; LARGE]);
    let room = Room::unwatched_with(Settings {
        max_peers: 2,
        web: Some(Web::read(page.dir()).unwrap()),
        ..settings()
    });
    let _slow: Vec<Peer> = (0..3)
        .map(|_| {
            let mut slow = Peer::connect_narrow(room.address());
            slow.send(get("/large"));
            slow.take_a_byte();
            slow
        })
        .collect();
    let _two = ["alice", "bob"].map(|name| room.knock(name, LONGEST).unwrap());
    let why = room.knock("carol", LONGEST).err().unwrap();
    assert!(why.contains("full"), "{why}");
}

/// They take no place of the room, and none of its descriptors.
#[test]
fn there_are_descriptors_for_those_that_are_answered_besides_those_of_the_peers() {
    use hubbub_server::descriptors::{RESERVED, RESERVED_FOR_PAGE};
    use hubbub_server::guests::MOST_GUESTS;
    assert_eq!(RESERVED_FOR_PAGE, MOST_GUESTS);
    let page = Page::new();
    let told = |options: &[&str]| {
        let all = [&["--port", "0", "--max-peers", "4294967295"][..], options].concat();
        let why = Program::start(&all).end().stderr;
        let words = why.split_once("allows, which is ").map(|(_, rest)| rest);
        let number = words.and_then(|rest| rest.split(' ').next());
        number
            .unwrap_or_else(|| panic!("{why}"))
            .parse::<usize>()
            .unwrap()
    };
    let (without, with) = (told(&[]), told(&["--web", page.text()]));
    assert_eq!(without, with + RESERVED_FOR_PAGE);
    assert!(without > RESERVED);
}

/// All who come through it would be one person, and all be put out with one.
#[test]
fn a_proxy_that_does_not_say_for_whom_it_comes_gets_files_and_does_not_enter() {
    let page = Page::new();
    let options = ["--web", page.text(), "--trusted-proxy", "127.0.0.1"];
    let mut program = Program::with(&options, &[]);
    let address = program.address();
    assert!(asked(address, &get("/")).ends_with(INDEX));
    let place = format!("localhost:{}", address.port());
    let upgrade = || Request::upgrade(&place, format!("http://{place}"));
    for request in [
        upgrade(),
        upgrade().with("X-Forwarded-For", "unknown"),
        upgrade().with("X-Forwarded-For", "127.0.0.1, unknown"),
    ] {
        let answer = Peer::connect(address).ask(&request);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.text().contains("X-Forwarded-For"), "{answer:?}");
    }
    let named = upgrade().with("X-Forwarded-For", "192.0.2.1");
    let _page = Peer::connect(address).upgrade_by(&named);
}
