//! What else comes to the port of the metrics: bad requests, requests that never end, crowds. The room goes on, and an
//! honest scraper gets its page.

use std::time::{Duration, Instant};

use hubbub_testing::{Peer, text, until};
#[cfg(target_os = "linux")]
use hubbub_testing::{TcpSocket, tcp_sockets};

use crate::page::Page;
use crate::watched::Watched;

/// As in the server.
const MAX_HEAD: usize = 4096;

/// How long a request may take, as in the server.
const SILENCE: Duration = Duration::from_secs(2);

#[track_caller]
fn status(watched: &Watched, request: impl AsRef<[u8]>) -> String {
    let (head, _) = watched.answer(request);
    let line = head.lines().next().unwrap();
    line.strip_prefix("HTTP/1.1 ").unwrap().to_owned()
}

#[test]
fn each_request_has_its_answer_and_the_connection_ends() {
    let watched = Watched::with(&[]);
    for (request, wanted) in [
        ("GET /metrics HTTP/1.1\r\n\r\n", "200 OK"),
        ("GET /metrics HTTP/1.0\r\n\r\n", "200 OK"),
        ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
        (
            "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            "405 Method Not Allowed",
        ),
        ("CHAT/1.0 JOIN\r\nUsername: ada\r\n\r\n", "400 Bad Request"),
        ("\r\n\r\n", "400 Bad Request"),
    ] {
        assert_eq!(status(&watched, request), wanted, "{request}");
    }
    until("the hub is well", || {
        status(&watched, "GET /healthz HTTP/1.1\r\n\r\n") == "200 OK"
    });
    let (head, body) = watched.answer("HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert!(head.contains("\r\nConnection: close"));
    assert_eq!(body, "");
    let (head, body) = watched.get("/metrics");
    let length = format!("Content-Length: {}\r\n", body.len());
    assert!(head.contains(&length), "{head}");
}

#[test]
fn a_head_of_4096_bytes_is_read_and_one_more_is_refused() {
    let watched = Watched::with(&[]);
    let request = |len: usize| {
        let (begin, end) = ("GET /metrics HTTP/1.1\r\nX: ", "\r\n\r\n");
        let filler = "x".repeat(len - begin.len() - end.len());
        format!("{begin}{filler}{end}")
    };
    assert_eq!(status(&watched, request(MAX_HEAD)), "200 OK");
    // What comes behind a head is no part of it.
    assert_eq!(status(&watched, request(MAX_HEAD) + "body"), "200 OK");
    assert_eq!(status(&watched, request(MAX_HEAD + 1)), "400 Bad Request");
}

#[test]
#[cfg(target_os = "linux")]
fn a_request_in_pieces_is_read() {
    let watched = Watched::with(&[]);
    let port = watched.metrics.port();
    loop {
        let begun = Instant::now();
        let mut peer = Peer::connect(watched.metrics);
        let own = peer.local_address().port();
        peer.send("GET /metrics HTTP/1.1\r\n\r");
        until("the piece is read", || {
            let of_server = |socket: &TcpSocket| socket.local == port && socket.remote == own;
            let sockets = tcp_sockets();
            let mut of_server = sockets.iter().filter(|socket| of_server(socket));
            of_server.all(|socket| socket.unread == 0)
        });
        peer.send("\n");
        let reply = peer.expect_gone();
        // A busy machine may take longer than a request may.
        if begun.elapsed() < SILENCE {
            assert!(reply.starts_with(b"HTTP/1.1 200 OK\r\n"));
            return;
        }
    }
}

#[test]
fn a_request_that_does_not_end_is_refused_after_two_seconds_and_silence_just_ends() {
    let watched = Watched::with(&[]);
    let begun = Instant::now();
    let mut half = Peer::connect(watched.metrics);
    half.send("GET /healthz HTTP/1.1\r\n");
    let mut silent = Peer::connect(watched.metrics);
    assert!(half.rest().starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    assert!(begun.elapsed() >= SILENCE);
    silent.expect_closed();
}

#[test]
fn scrapers_that_say_nothing_keep_others_waiting_for_two_seconds_and_not_the_room() {
    let watched = Watched::with(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    let begun = Instant::now();
    let silent: Vec<Peer> = (0..8).map(|_| Peer::connect(watched.metrics)).collect();
    ada.send(text("ada", "hello"));
    bob.expect(text("ada", "hello"));
    let answer = || status(&watched, "GET /metrics HTTP/1.1\r\n\r\n");
    assert_eq!(answer(), "200 OK");
    // All eight places were taken. With seven, it would not have waited.
    assert!(begun.elapsed() >= SILENCE);
    drop(silent);
    until("one place of eight is enough", || {
        let begun = Instant::now();
        let _seven: Vec<Peer> = (0..7).map(|_| Peer::connect(watched.metrics)).collect();
        assert_eq!(answer(), "200 OK");
        // A busy machine may take longer than that.
        begun.elapsed() < SILENCE
    });
}

#[test]
fn scrapers_that_never_read_are_answered_and_let_go() {
    let watched = Watched::with(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    let open = watched.page().value("process_open_fds");
    let deaf: Vec<Peer> = (0..100)
        .map(|_| {
            let mut peer = Peer::connect_narrow(watched.metrics);
            peer.send("GET /metrics HTTP/1.1\r\n\r\n");
            peer
        })
        .collect();
    ada.send(text("ada", "hello"));
    bob.expect(text("ada", "hello"));
    watched.until("none is open any more", |page| {
        page.value("process_open_fds") == open
    });
    drop(deaf);
}

#[test]
fn a_thousand_scrapers_at_once_all_get_their_page_while_the_room_talks() {
    let watched = Watched::with(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    // Each asks at once, since silence has a deadline.
    let mut scrapers: Vec<Peer> = (0..1000)
        .map(|_| {
            let mut scraper = Peer::connect(watched.metrics);
            scraper.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
            scraper
        })
        .collect();
    for _ in 0..100 {
        ada.send(text("ada", "hello"));
        bob.expect(text("ada", "hello"));
    }
    // In an order in which they did not come.
    for scraper in scrapers.iter_mut().rev() {
        let reply = String::from_utf8(scraper.rest()).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        Page::read(body);
    }
}

/// Peers may take all descriptors but those that are reserved, and the metrics are among these.
#[test]
#[cfg(target_os = "linux")]
fn a_server_with_all_its_places_taken_still_shows_its_metrics() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 100; exec \"$@\"", "sh"]);
    command.arg(hubbub_testing::server().get_program());
    command.args(["--port", "0", "--listen", "127.0.0.1", "--metrics", "0"]);
    let watched = Watched::of(hubbub_testing::Program::run(command));
    let places = watched.page().value("hubbub_connections_limit");
    let _peers: Vec<Peer> = (0..100).map(|_| watched.room.connect()).collect();
    watched.until("it is full", |page| {
        let turned_away = page.value("hubbub_turned_away_total{cause=\"full\"}");
        turned_away + places == 100.0
    });
    let crowd: Vec<Peer> = (0..8).map(|_| Peer::connect(watched.metrics)).collect();
    let page = watched.page();
    assert_eq!(page.value("hubbub_connections"), places);
    assert_eq!(page.value("hubbub_accept_failures_total"), 0.0);
    drop(crowd);
}

#[test]
#[cfg(target_os = "linux")]
fn while_nobody_reads_them_the_metrics_wake_no_thread() {
    let mut program = hubbub_testing::Program::with(&["--metrics", "0"], &[]);
    let port = hubbub_testing::port_in(&program.line_with("metrics are on"));
    program.port();
    let mut scraper = Peer::connect(([127, 0, 0, 1], port).into());
    scraper.send("GET /metrics HTTP/1.1\r\n\r\n");
    scraper.rest();
    // This has to wait, since it measures a time in which nothing happens.
    until("two seconds without a switch", || {
        let before = program.context_switches();
        std::thread::sleep(Duration::from_secs(2));
        program.context_switches() == before
    });
}
