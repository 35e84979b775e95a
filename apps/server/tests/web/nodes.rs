//! The other nodes of the room: their pages enter here, and the page of this one is let go there.

use hubbub_testing::web::Request;
use hubbub_testing::{Peer, Program, join, run, text};

use super::place::{Page, asked, status};

/// A page that can be told of nodes.
fn page() -> Page {
    let page = Page::new();
    page.has("index.html", r#"<meta name="nodes" content="">"#);
    page
}

#[test]
fn pages_of_the_nodes_talk_here_and_others_do_not_come_in() {
    let page = page();
    let nodes = [
        "--web-node",
        "http://b.example.org:8765",
        "--web-node",
        "http://192.0.2.3",
    ];
    let options = [&["--web", page.text()][..], &nodes].concat();
    let mut by_options = Program::with(&options, &[]);
    let variables = [
        ("HUBBUB_WEB", page.text()),
        (
            "HUBBUB_WEB_NODE",
            "http://b.example.org:8765,http://192.0.2.3",
        ),
    ];
    let mut by_variables = Program::with(&[], &variables);
    for program in [&mut by_options, &mut by_variables] {
        let address = program.address();
        let request = |origin: &str| Request::upgrade(address, origin);
        let mut alice = Peer::connect(address);
        alice.send(join("alice"));
        for (name, origin) in [
            ("own", format!("http://{address}")),
            ("named", "http://b.example.org:8765".to_owned()),
            ("bare", "http://192.0.2.3".to_owned()),
        ] {
            let mut visitor = Peer::connect(address).upgrade_by(&request(&origin));
            visitor.send([join(name), text(name, "hi")].concat());
            alice.expect([join(name), text(name, "hi")].concat());
            alice.send(text("alice", "hi you"));
            visitor.expect(text("alice", "hi you"));
            visitor.send(hubbub_testing::leave(name));
            alice.expect(hubbub_testing::leave(name));
        }
        for origin in [
            "http://b.example.org",
            "https://b.example.org:8765",
            "http://c.example.org:8765",
            "http://192.0.2.3:8765",
            "http://b.example.org:8765/",
            "http://b.example.org:8765.evil.test",
            "null",
        ] {
            let mut peer = Peer::connect(address);
            peer.send([&request(origin).bytes()[..], &join("eve")].concat());
            let answer = String::from_utf8(peer.expect_gone()).unwrap();
            assert_eq!(status(&answer), "403", "{origin}: {answer}");
        }
        let mut honest = Peer::connect(address);
        honest.send(join("honest"));
        alice.expect(join("honest"));
    }
}

#[test]
fn the_page_names_the_nodes_and_may_connect_to_them() {
    let page = page();
    let options = ["--web", page.text(), "--web-node", "http://b:1,http://c"];
    let mut program = Program::with(&options, &[]);
    let answer = asked(
        program.address(),
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
    assert!(
        answer.contains("; connect-src 'self' ws://b:1 ws://c; "),
        "{answer}"
    );
    assert!(
        answer.ends_with(r#"<meta name="nodes" content="http://b:1 http://c">"#),
        "{answer}"
    );
}

#[test]
fn an_operator_is_told_which_nodes_cannot_be_before_the_server_starts() {
    let (page, earlier) = (page(), Page::new());
    let many: Vec<_> = (0..17).map(|at| format!("http://n{at}")).collect();
    let many = many.join(",");
    let mut cases = vec![
        (
            vec!["--web-node", "http://b"],
            "--web-node http://b means nothing without",
        ),
        (
            vec!["--web", page.text(), "--web-node", "b.example.org"],
            "http:// or https:// in front",
        ),
        (
            vec!["--web", page.text(), "--web-node", "https://b/room"],
            "nothing else",
        ),
        (
            vec!["--web", page.text(), "--web-node", "http://b,https://c"],
            "no page goes on from http://b to https://c",
        ),
        (
            vec!["--web", page.text(), "--web-node", &many],
            "17 nodes are named",
        ),
        (
            vec!["--web", earlier.text(), "--web-node", "http://b"],
            "its index.html has no place for them",
        ),
    ];
    if cfg!(feature = "tls") {
        cases.push((
            vec![
                "--web",
                page.text(),
                "--tls",
                "--state",
                page.text(),
                "--web-node",
                "http://b",
            ],
            "give where the nodes are reached by https",
        ));
    }
    for (options, words) in cases {
        let options = [&["--port", "0", "--listen", "127.0.0.1"][..], &options].concat();
        let ended = run(&options);
        assert!(!ended.status.success(), "{options:?}");
        assert!(
            ended.stderr.contains(words),
            "{options:?}: {}",
            ended.stderr
        );
    }
}
