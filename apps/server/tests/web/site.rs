//! The page over HTTP: what is served, and that nothing else changes by it.

#[cfg(feature = "metrics")]
use std::net::SocketAddr;

use hubbub_server::Settings;
use hubbub_testing::{DEADLINE, Peer, Program, Room, join, leave, run, text};
#[cfg(feature = "metrics")]
use hubbub_testing::{port_in, until};

use super::place::{INDEX, Page, asked, field, get, room, status, with_page};

#[test]
fn the_page_and_its_files_are_served_and_each_answer_ends_its_connection() {
    let room = room();
    let index = asked(room.address(), &get("/"));
    assert_eq!(status(&index), "200");
    assert!(index.ends_with(&format!("\r\n\r\n{INDEX}")), "{index}");
    assert_eq!(field(&index, "Connection"), Some("close"));
    let script = asked(room.address(), &get("/app-1/boot.js"));
    assert!(script.ends_with("\r\n\r\nstart()"), "{script}");
    let missing = asked(room.address(), &get("/missing"));
    assert_eq!(status(&missing), "404");
    assert_eq!(
        field(&missing, "Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    // What comes behind a request is not read as another one.
    let two = asked(room.address(), &(get("/") + &get("/missing")));
    assert_eq!(two.matches("HTTP/1.1").count(), 1, "{two}");
}

#[test]
fn a_request_may_come_in_single_bytes() {
    let room = room();
    let mut browser = Peer::connect(room.address());
    for byte in get("/").bytes() {
        browser.send([byte]);
    }
    assert!(browser.expect_gone().ends_with(INDEX.as_bytes()));
}

#[test]
fn a_file_of_the_largest_size_comes_whole() {
    let page = Page::new();
    let large: Vec<u8> = (0..3_000_000u32).map(|number| number as u8).collect();
    page.has("app-1/large.wasm", &large);
    let web = hubbub_server::web::Web::read(page.dir()).unwrap();
    let room = Room::unwatched_with(Settings {
        web: Some(web),
        ..Settings::default()
    });
    let mut browser = Peer::connect(room.address());
    browser.send(get("/app-1/large.wasm"));
    let answer = browser.expect_gone();
    assert!(answer.ends_with(&large), "{} bytes", answer.len());
}

#[test]
fn peers_are_served_as_without_the_page_however_their_bytes_are_cut() {
    let room = Room::with(with_page());
    let mut alice = room.member("alice");
    let frames = [
        b"GET lost\r\n"[1..].to_vec(),
        b"HEAL\r\n".to_vec(),
        join("bob"),
        text("bob", "hi"),
        leave("bob"),
    ]
    .concat();
    for size in [frames.len(), 1] {
        let mut bob = Peer::connect(room.address());
        for piece in frames.chunks(size) {
            bob.send(piece);
        }
        alice.expect([join("bob"), text("bob", "hi"), leave("bob")].concat());
        bob.expect_closed();
    }
    // One that ends in the middle of a word is gone, and nobody hears of it.
    let mut half = Peer::connect(room.address());
    half.send("HEA");
    half.finish_sending();
    half.expect_closed();
}

#[test]
fn without_a_page_a_request_is_the_end_without_a_word_as_ever() {
    let room = Room::unwatched();
    for request in [get("/"), "HEAD / HTTP/1.1\r\n\r\n".to_owned()] {
        let mut browser = Peer::connect(room.address());
        browser.send(request);
        assert_eq!(browser.expect_gone(), b"");
    }
}

#[test]
fn what_is_no_request_is_answered_in_words_for_people() {
    let room = room();
    for (request, wanted) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET nothing\r\n\r\n".to_owned(), "400"),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(20_000)),
            "431",
        ),
    ] {
        let answer = asked(room.address(), &request);
        assert_eq!(status(&answer), wanted, "{answer}");
        let (_, words) = answer.split_once("\r\n\r\n").unwrap();
        assert!(words.len() > 10 && words.ends_with('\n'), "{words}");
    }
}

#[test]
fn the_files_are_those_of_the_start() {
    let page = Page::new();
    let mut program = Program::with(&["--web", page.text()], &[]);
    let address = program.address();
    page.has("index.html", "another");
    page.has("new.html", "new");
    assert!(asked(address, &get("/")).ends_with(INDEX));
    assert_eq!(status(&asked(address, &get("/new.html"))), "404");
}

#[test]
fn an_operator_is_told_what_is_wrong_before_the_server_starts() {
    let page = Page::new();
    let index = format!("{}/index.html", page.text());
    let empty = format!("{}/app-1", page.text());
    let missing = format!("{}/missing", page.text());
    for (options, words) in [
        (&["--web", &missing][..], "there is no such directory"),
        (&["--web", &index], "it is a file"),
        (&["--web", &empty], "there is no index.html in it"),
        (&["--web-host", "a.example.org"], "give --web DIR too"),
        (&["--trusted-proxy", "127.0.0.1"], "give --web DIR too"),
        (
            &["--web", page.text(), "--web-host", "https://a.example.org"],
            "give a.example.org",
        ),
        (
            &["--web", page.text(), "--web-host", "a.example.org:8765"],
            "leave out the port",
        ),
        (
            &["--web", page.text(), "--trusted-proxy", "10.0.0.0/8"],
            "networks are not taken",
        ),
    ] {
        let options = [&["--port", "0", "--listen", "127.0.0.1"][..], options].concat();
        let ended = run(&options);
        assert!(!ended.status.success(), "{options:?}");
        assert!(
            ended.stderr.contains(words),
            "{options:?}: {}",
            ended.stderr
        );
    }
}

/// One that asks for a large file and takes nothing of it costs nobody else anything.
#[test]
fn a_reader_that_takes_nothing_holds_up_nobody() {
    let page = Page::new();
    page.has("large", vec![b'x'; 8_000_000]);
    let web = hubbub_server::web::Web::read(page.dir()).unwrap();
    let room = Room::with(Settings {
        web: Some(web),
        ..Settings::default()
    });
    let stalled: Vec<Peer> = (0..20)
        .map(|_| {
            let mut browser = Peer::connect_narrow(room.address());
            browser.send(get("/large"));
            browser
        })
        .collect();
    assert!(asked(room.address(), &get("/")).ends_with(INDEX));
    let mut alice = room.member("alice");
    let mut bob = room.member("bob");
    alice.expect(join("bob"));
    bob.send(text("bob", "hi"));
    alice.expect(text("bob", "hi"));
    let began = std::time::Instant::now();
    drop(room);
    assert!(began.elapsed() < DEADLINE);
    drop(stalled);
}

#[test]
#[cfg(feature = "metrics")]
fn requests_are_counted_by_their_status_and_only_where_there_is_a_page() {
    let page = Page::new();
    let mut program = Program::with(&["--web", page.text(), "--metrics", "0"], &[]);
    let metrics = SocketAddr::from((
        [127, 0, 0, 1],
        port_in(&program.line_with("metrics are on")),
    ));
    let address = program.address();
    for request in [
        get("/"),
        get("/"),
        get("/missing"),
        "GET /\r\n\r\n".to_owned(),
    ] {
        asked(address, &request);
    }
    let shown = || asked(metrics, &get("/metrics"));
    for line in [
        "hubbub_web_requests_total{status=\"200\"} 2",
        "hubbub_web_requests_total{status=\"404\"} 1",
        "hubbub_web_requests_total{status=\"400\"} 1",
        "hubbub_departures_total{cause=\"answered\"} 4",
        "hubbub_connections 0",
    ] {
        until(line, || shown().lines().any(|shown| shown == line));
    }
    let mut without = Program::with(&["--metrics", "0"], &[]);
    let metrics = SocketAddr::from((
        [127, 0, 0, 1],
        port_in(&without.line_with("metrics are on")),
    ));
    assert!(!asked(metrics, &get("/metrics")).contains("hubbub_web"));
}
