//! A page that knows several servers: the one that it is from is lost, and it goes on at another.

use std::fs;
use std::time::Instant;

use hubbub_testing::tls::{Authority, Directory};
use hubbub_testing::{Engines, HeldPort, Network, Program, server};
use serde_json::json;

use crate::tab::Tab;
use crate::visitor::Visitor;
use crate::web_room::{WebRoom, made_page, page_at};

/// Where the page says that it is.
const PLACE: &str = "document.querySelector('header.top h1')?.textContent";

/// Whether anybody was seen to leave.
const LEAVES: &str = "[...document.querySelectorAll('#timeline .notice')].filter((e) => e.textContent.includes('left')).length";

const PASSWORD: &str = "open sesame, open";

impl Tab {
    /// Waits until the page is in the room by this port.
    #[track_caller]
    fn is_at(&self, host: &str, port: u16) {
        self.shows(PLACE, &json!(format!("{host}:{port}")));
        self.is("connected");
    }
}

/// Two ways into a room, as if they were two servers. Nothing is at their ends yet.
fn two_ways() -> [Network; 2] {
    let nowhere = HeldPort::new();
    [(); 2].map(|()| Network::to(nowhere.number()))
}

/// What a page by one of the ways may know.
fn as_nodes(scheme: &str, host: &str, ways: &[Network]) -> String {
    let all = ways
        .iter()
        .map(|way| format!("{scheme}://{host}:{}", way.port()));
    all.collect::<Vec<_>>().join(",")
}

/// From now on the way leads nowhere.
fn closes(way: &Network) {
    way.lead_to(HeldPort::new().number());
    way.cut();
}

#[test]
fn a_page_whose_server_is_lost_goes_on_at_another_with_everything_in_place() {
    let ways = two_ways();
    let nodes = as_nodes("http", "127.0.0.1", &ways);
    let room = WebRoom::open_with(&["--web-node", &nodes]);
    // Where there is another one, a page may be there first.
    ways[0].lead_to(room.port());
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let bob = at_bobs.enters(&room.page(), "bob");
    let alice = at_alices.enters(&page_at(ways[0].port()), "alice");
    bob.notices("alice", "joined");
    alice.is_at("127.0.0.1", ways[0].port());
    alice.may_lose_its_connection();
    let mut said = Vec::new();
    // There and back, and there again.
    for round in 0..3 {
        let (lost, other) = (&ways[round % 2], &ways[(round + 1) % 2]);
        alice.says(&format!("before {round}"));
        alice.has_sent_all();
        other.lead_to(room.port());
        closes(lost);
        bob.says(&format!("meanwhile {round}"));
        alice.is_at("127.0.0.1", other.port());
        // One's own text would stand above what is not there yet.
        said.extend(["before", "meanwhile"].map(|when| format!("{when} {round}")));
        alice.shows_texts(&said);
        alice.says(&format!("after {round}"));
        alice.has_sent_all();
        said.push(format!("after {round}"));
        alice.shows_texts(&said);
        bob.shows_texts(&said);
    }
    // What is typed while nobody is there goes out at whoever comes first.
    ways.iter().for_each(closes);
    alice.comes_to("document.querySelector('#status').dataset.state !== 'connected'");
    alice.says("into the void");
    alice.types_into("draft", "half a sent", "half a sent");
    ways[0].lead_to(room.port());
    alice.is_at("127.0.0.1", ways[0].port());
    alice.has_sent_all();
    alice.holds("half a sent");
    said.push("into the void".to_owned());
    alice.shows_texts(&said);
    bob.shows_texts(&said);
    bob.shows(LEAVES, &json!(0));
    bob.notices("alice", "joined");
    bob.shows_people(&["bob", "alice"]);
}

#[test]
fn a_page_that_is_asked_for_its_name_first_enters_where_it_can() {
    let ways = two_ways();
    let nodes = as_nodes("http", "127.0.0.1", &ways);
    let room = WebRoom::open_with(&["--web-node", &nodes]);
    ways[0].lead_to(room.port());
    let visitor = Visitor::new();
    let alice = visitor.opens(&page_at(ways[0].port()));
    alice.has_focus_in("name");
    alice.may_lose_its_connection();
    closes(&ways[0]);
    ways[1].lead_to(room.port());
    alice.gives_name("alice");
    alice.is_at("127.0.0.1", ways[1].port());
    alice.says("inside");
    alice.shows_states(&["arrived"]);
}

#[test]
fn a_page_connects_to_the_servers_that_are_named_and_to_no_others() {
    let ways = two_ways();
    let nodes = as_nodes("http", "127.0.0.1", &ways);
    let room = WebRoom::open_with(&["--web-node", &nodes]);
    ways.iter().for_each(|way| way.lead_to(room.port()));
    let (visitor, other) = (Visitor::new(), Network::to(room.port()));
    let alice = visitor.enters(&page_at(ways[0].port()), "alice");
    let opened = |port: u16| {
        let socket = format!("new WebSocket('ws://127.0.0.1:{port}/room')");
        alice.ask(&format!(
            "new Promise((told) => {{ const it = {socket}; it.onopen = () => told('open'); it.onerror = () => told('no'); }})"
        ))
    };
    assert_eq!(opened(ways[1].port()), json!("open"));
    alice.may_lose_its_connection();
    alice.may_report("Content Security Policy");
    assert_eq!(opened(other.port()), json!("no"));
    alice.reports("Content Security Policy");
    // Nor does the server let a page in that another one has served, whatever that one allows.
    let eve = visitor.opens(&page_at(room.port()));
    let opened = "new Promise((told) => { const it = new WebSocket(location.origin.replace('http', 'ws') + '/room'); \
                  it.onopen = () => told('open'); it.onerror = () => told('no'); })";
    assert_eq!(eve.ask(opened), json!("open"));
    let site = crate::site::Site::of(&[("/", "", "<title>evil</title>")]);
    eve.goes_to(&site.page("/"));
    eve.may_lose_its_connection();
    let from_elsewhere = opened.replace(
        "location.origin.replace('http', 'ws')",
        &format!("'ws://127.0.0.1:{}'", ways[1].port()),
    );
    assert_eq!(eve.ask(&from_elsewhere), json!("no"));
}

/// Whoever runs the servers has named one that is another room.
#[test]
fn at_a_server_with_another_room_the_page_shows_that_room_and_goes_on_there() {
    let ways = two_ways();
    let nodes = as_nodes("http", "127.0.0.1", &ways);
    let mut first = WebRoom::open_with(&["--web-node", &nodes]);
    let second = WebRoom::open_with(&["--web-node", &nodes]);
    ways[0].lead_to(first.port());
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let bob = at_bobs.enters(&second.page(), "bob");
    bob.says("in the other room");
    bob.has_sent_all();
    let alice = at_alices.enters(&page_at(ways[0].port()), "alice");
    alice.says("in the first room");
    alice.has_sent_all();
    alice.may_lose_its_connection();
    ways[1].lead_to(second.port());
    first.dies();
    alice.is_at("127.0.0.1", ways[1].port());
    alice.shows_people(&["alice", "bob"]);
    alice.shows_texts(&["in the first room", "in the other room"]);
    alice.says("hello there");
    alice.has_sent_all();
    bob.shows_texts(&["in the other room", "hello there"]);
}

/// A private room by two ways, with a password.
#[test]
fn the_password_of_a_private_room_is_asked_for_once() {
    let files = Directory::new();
    let [chain, key] = Authority::new()
        .certificate("room.test")
        .write(files.as_ref(), "room");
    let password = files.of("password");
    fs::write(&password, PASSWORD).unwrap();
    let ways = two_ways();
    let nodes = as_nodes("https", "room.test", &ways);
    let room = WebRoom::open_with(&[
        "--tls",
        "--tls-cert",
        chain.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
        "--password-file",
        &password,
        "--web-host",
        "room.test",
        "--web-node",
        &nodes,
    ]);
    ways[0].lead_to(room.port());
    let page = format!("https://room.test:{}/", ways[0].port());
    let invitation = format!("{page}#key=open%20sesame%2C%20open");
    let (invited, typing) = (Visitor::new(), Visitor::new());
    let alice = invited.enters(&invitation, "alice");
    let bob = typing.opens(&page);
    bob.gives_name("bob");
    bob.types_into("password", PASSWORD, PASSWORD);
    bob.press("Enter");
    bob.is("connected");
    for tab in [&alice, &bob] {
        tab.is_at("room.test", ways[0].port());
        tab.may_lose_its_connection();
    }
    ways[1].lead_to(room.port());
    closes(&ways[0]);
    for tab in [&alice, &bob] {
        tab.is_at("room.test", ways[1].port());
        tab.comes_to("document.getElementById('lock') !== null");
    }
    alice.says("still among us");
    bob.shows_texts(&["still among us"]);
    alice.clicks("#lock");
    let link = "document.querySelector('#lock-card')?.textContent";
    alice.comes_to(&format!(
        "{link}.includes('Why this is room.test:{}')",
        ways[1].port()
    ));
}

/// One of the nodes, once it listens on the port that was held for it.
fn node(engines: &Engines, port: &HeldPort, all: &[HeldPort]) -> Program {
    let nodes = all
        .iter()
        .map(|port| format!("http://127.0.0.1:{}", port.number()));
    let nodes = nodes.collect::<Vec<_>>().join(",");
    let mut command = server();
    command
        .args(["--listen", "127.0.0.1", "--port"])
        .arg(port.number().to_string())
        .args(["--cluster", &engines.urls(), "--cluster-name", "page"])
        .arg("--web")
        .arg(made_page())
        .args(["--web-node", &nodes]);
    let mut node = Program::run(command);
    node.port();
    node
}

#[test]
#[ignore = "needs a server that was built for a cluster: run it by `just test-cluster-page`"]
fn of_a_cluster() {
    let engines = Engines::start(3);
    let ports = [(); 3].map(|()| HeldPort::new());
    let mut nodes = [0, 1, 2].map(|at| Some(node(&engines, &ports[at], &ports)));
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = at_alices.enters(&page_at(ports[0].number()), "alice");
    let bob = at_bobs.enters(&page_at(ports[1].number()), "bob");
    alice.notices("bob", "joined");
    for tab in [&alice, &bob] {
        tab.may_lose_its_connection();
    }
    let place = |tab: &Tab| {
        tab.is("connected");
        let place = tab.ask(PLACE);
        let place = place.as_str().unwrap();
        let at = |port: &HeldPort| place == format!("127.0.0.1:{}", port.number());
        ports.iter().position(at).expect("it is at no node")
    };
    let mut said = Vec::new();
    for round in 0..4 {
        let lost = place(&alice);
        alice.says(&format!("before {round}"));
        bob.says(&format!("before it too {round}"));
        alice.has_sent_all();
        bob.has_sent_all();
        nodes[lost] = None;
        let began = Instant::now();
        alice.says(&format!("meanwhile {round}"));
        bob.says(&format!("meanwhile it too {round}"));
        alice.shows(
            &format!("{PLACE} !== '127.0.0.1:{}'", ports[lost].number()),
            &json!(true),
        );
        alice.is("connected");
        println!(
            "round {round}: in the room again after {:?}",
            began.elapsed()
        );
        alice.has_sent_all();
        bob.has_sent_all();
        alice.says(&format!("after {round}"));
        alice.has_sent_all();
        said.extend(
            [
                "before",
                "before it too",
                "meanwhile",
                "meanwhile it too",
                "after",
            ]
            .map(|when| format!("{when} {round}")),
        );
        said.sort();
        let sorted = "[...document.querySelectorAll('#timeline .message .text')].map((e) => e.textContent).sort()";
        alice.shows(sorted, &json!(said));
        bob.shows(sorted, &json!(said));
        nodes[lost] = Some(node(&engines, &ports[lost], &ports));
    }
    for tab in [&alice, &bob] {
        tab.shows(LEAVES, &json!(0));
    }
    bob.shows_people(&["bob", "alice"]);
    // A page of each node opens: a bookmark of another one works where the first is away.
    for port in &ports {
        let tab = at_bobs.opens(&page_at(port.number()));
        tab.comes_to("document.getElementById('name') !== null || document.getElementById('take-over') !== null || document.querySelector('#status') !== null");
    }
}
