//! How the head of a request may come, and what is none.

use hubbub_testing::web::Request;
use hubbub_testing::{Peer, join, leave, text};

use crate::house::{BESIDE, House, INDEX, SCRIPT};

#[test]
fn a_request_that_comes_in_single_bytes_is_answered_as_any_other() {
    let house = House::open(&[]);
    let whole = house.ask(&house.get("/"));
    assert_eq!((whole.status, whole.text()), (200, INDEX));
    let mut slow = house.room.browser();
    let request = house.get("/").bytes();
    for byte in request {
        slow.send([byte]);
    }
    assert_eq!(slow.answer(), whole);
}

/// Each byte comes in time, and the last one never does.
#[test]
fn a_head_that_comes_for_minutes_ends_at_the_join_deadline() {
    use std::time::{Duration, Instant};
    let house = House::open(&["--join-timeout", "2s"]);
    let began = Instant::now();
    let mut slow: Vec<Peer> = ["", "G", "GET ", "GET / HTTP/1.1\r\nX: "]
        .into_iter()
        .map(|beginning| {
            let mut peer = house.room.browser();
            peer.send(beginning);
            peer
        })
        .collect();
    while !slow.is_empty() {
        assert!(began.elapsed() < hubbub_testing::DEADLINE, "still there");
        for peer in &mut slow[1..] {
            peer.try_send("");
        }
        slow.last_mut().unwrap().try_send("x");
        slow.retain_mut(|peer| !peer.ends_within(Duration::from_millis(5)));
    }
    house.room.member("in time");
}

/// The longest head, in bytes, and the most headers of one.
const LONGEST: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

#[test]
fn a_head_as_long_as_the_bound_is_answered_and_one_more_byte_is_too_many() {
    let house = House::open(&[]);
    let long = |length: usize| {
        let padded = |padding: usize| house.get("/").with("X", "x".repeat(padding)).bytes();
        let head = padded(length - padded(0).len());
        assert_eq!(head.len(), length);
        head
    };
    for (length, wanted) in [(LONGEST - 1, 200), (LONGEST, 200), (LONGEST + 1, 431)] {
        for pieces in [length, 1000, 1] {
            let mut browser = house.room.browser();
            for piece in long(length).chunks(pieces) {
                browser.try_send(piece);
            }
            let answer = house.only_answer(&mut browser).unwrap();
            assert_eq!(answer.status, wanted, "{length} in {pieces}");
        }
    }
}

#[test]
fn as_many_headers_as_the_bound_are_read_and_one_more_is_too_many() {
    let house = House::open(&[]);
    // One of them is the host.
    for (headers, wanted) in [(MOST_HEADERS, 200), (MOST_HEADERS + 1, 431)] {
        let request = (1..headers).fold(house.get("/"), |request, _| request.and("X", ""));
        assert_eq!(house.status(&request), wanted, "{headers}");
    }
}

#[test]
fn a_path_leads_nowhere_but_into_the_page() {
    let house = House::open(&[]);
    for target in [
        "/../beside.html",
        "/app-0123/../../beside.html",
        "/..%2fbeside.html",
        "/%2e%2e/beside.html",
        "/..\\beside.html",
        "/..",
        "/../",
        "/.",
        "/./index.html",
        "//index.html",
        "/app-0123",
        "/app-0123/",
        "/index.html/",
        "/index.html%00.js",
        "/INDEX.HTML",
        "/app-0123/boot.js.br",
        "/app-0123/boot.js.gz",
        "/etc/passwd",
        "//etc/passwd",
        "/page/index.html",
        "/%",
        "/%zz",
        "/room/",
        "/rooms",
        "/\u{e9}",
    ] {
        let answer = house.ask(&house.get(target));
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
        assert!(!answer.text().contains(BESIDE), "{target}");
    }
    let beside = house.directory.of("beside.html");
    assert_eq!(house.status(&house.get(&beside)), 404);
}

/// What is after a question mark is for the page.
#[test]
fn a_query_changes_nothing() {
    let house = House::open(&[]);
    for (target, body) in [
        ("/?", INDEX),
        ("/?source=installed", INDEX),
        ("/?/../../beside.html", INDEX),
        ("/app-0123/boot.js?x=/", SCRIPT),
    ] {
        let answer = house.ask(&house.get(target));
        assert_eq!((answer.status, answer.text()), (200, body), "{target}");
    }
}

/// Browsers never send these.
#[test]
fn what_is_no_target_is_refused() {
    let house = House::open(&[]);
    for target in [
        "*",
        "",
        "index.html",
        "?",
        "http:",
        "http://",
        "http://evil.test/",
        "https://evil.test/",
        "ftp://127.0.0.1/",
        "127.0.0.1:80",
        "/a b",
    ] {
        let answer = house.ask(&house.get(target));
        assert_eq!(answer.status, 400, "{target}: {answer:?}");
    }
}

/// Only proxies get these, and the host in them might be another one than that of the header.
#[test]
fn a_target_with_a_host_is_refused() {
    let house = House::open(&[]);
    let right = house.address();
    for request in [
        house.get(&format!("http://{right}/")),
        house.get("http://evil.test/"),
        house.upgrade().line("GET http://evil.test/room HTTP/1.1"),
    ] {
        assert_eq!(house.status(&request), 400, "{request:?}");
    }
}

#[test]
fn a_head_with_bytes_that_are_no_text_is_refused() {
    let house = House::open(&[]);
    let host = house.address();
    for wrong in [
        "GET /\0 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET /index.html\0.js HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET / HTTP/1.1\0\r\nHost: HOST\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nX\0: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : HOST\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: HOST\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nno header\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\n: nothing\r\n\r\n",
        "GET /\x7f HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: HOST\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET /\tHTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET / / HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET / http/1.1\r\nHost: HOST\r\n\r\n",
        "GET / HTTP/1.10\r\nHost: HOST\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: HOST\r\n\r\n",
        "GET / HTTP/0.9\r\nHost: HOST\r\n\r\n",
        "GET / HTTX/1.1\r\nHost: HOST\r\n\r\n",
        "GET /\r\n\r\n",
        "GET \r\n\r\n",
        "HEAD\t/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
    ] {
        let wrong = wrong.replace("HOST", &host.to_string());
        let answer = house.answer_to(&wrong).expect("an answer");
        // What begins neither with GET and a blank nor with HEAD and a blank is told which requests there are.
        let wanted = if wrong.starts_with("GET ") { 400 } else { 405 };
        assert_eq!(answer.status, wanted, "{wrong:?}: {answer:?}");
    }
}

/// An old way to end lines, which some take and some do not.
#[test]
fn lines_that_end_in_a_line_feed_alone_are_no_request_and_there_is_one_answer() {
    let house = House::open(&[]);
    let frames = [join("page"), text("page", "hi"), leave("page")].concat();
    let (right, wrong) = (house.get("/").bytes(), house.get("/").lines("\n"));
    for (bytes, wanted) in [
        (wrong.clone(), 400),
        ([wrong.clone(), frames].concat(), 400),
        ([&wrong[..], &wrong].concat(), 400),
        ([wrong.clone(), right.clone()].concat(), 400),
        ([right, wrong].concat(), 200),
    ] {
        let answer = house.answer_to(bytes).expect("an answer");
        assert_eq!(answer.status, wanted, "{answer:?}");
    }
    house.assert_unheard("page");
}

#[test]
fn what_an_old_program_asks_is_answered_and_the_answer_ends() {
    let house = House::open(&[]);
    let old = house.get("/").line("GET / HTTP/1.0");
    for request in [old.clone(), old.with("Connection", "keep-alive")] {
        let answer = house.ask(&request);
        assert_eq!((answer.status, answer.text()), (200, INDEX));
        assert_eq!(answer.need("Connection"), "close");
    }
}

#[test]
fn head_has_the_head_of_a_get_and_nothing_more() {
    let house = House::open(&[]);
    for target in ["/", "/app-0123/boot.js", "/nowhere", "/room"] {
        let get = house.ask(&house.get(target));
        let line = format!("HEAD {target} HTTP/1.1");
        let head = house.ask(&house.get(target).line(&line));
        assert_eq!(head.headers, get.headers, "{target}");
        assert_eq!((head.status, head.text()), (get.status, ""), "{target}");
    }
}

#[test]
fn every_other_method_is_told_so_and_the_body_is_not_read() {
    let house = House::open(&[]);
    let frames = [join("page"), text("page", "hi"), leave("page")].concat();
    for method in [
        "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "GETS", "get", "QUERY",
    ] {
        let request = Request::of(method, "/")
            .with("Host", house.address())
            .with("Content-Length", frames.len());
        let bytes = [request.bytes(), frames.clone()].concat();
        for size in [bytes.len(), 1] {
            let mut page = house.room.browser();
            for piece in bytes.chunks(size) {
                page.try_send(piece);
            }
            let answer = house.only_answer(&mut page).expect(method);
            assert_eq!(answer.status, 405, "{method}: {answer:?}");
            assert_eq!(answer.need("Allow"), "GET, HEAD");
        }
    }
    house.assert_unheard("page");
}

/// What lets nobody else's page use ours, look into it or frame it, and ours load nothing of others.
#[test]
fn every_answer_says_what_a_page_may_do() {
    let house = House::open(&[]);
    let post = house.get("/").line("POST / HTTP/1.1");
    for request in [
        house.get("/"),
        house.get("/app-0123/boot.js"),
        house.get("/nowhere"),
        house.get("/").with("Host", "evil.test"),
        house.upgrade().with("Origin", "http://evil.test"),
        post,
    ] {
        let answer = house.ask(&request);
        let policy = answer.need("Content-Security-Policy");
        let rules: Vec<&str> = policy.split("; ").collect();
        for rule in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "connect-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(rules.contains(&rule), "{rule} is not in {policy}");
        }
        assert!(!policy.contains("'unsafe-inline'") || policy.contains("style-src-attr"));
        assert!(!policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(answer.need("X-Content-Type-Options"), "nosniff");
        assert_eq!(answer.need("Referrer-Policy"), "no-referrer");
        assert_eq!(answer.need("Connection"), "close");
        for (name, _) in &answer.headers {
            let name = name.to_ascii_lowercase();
            assert!(!name.starts_with("access-control"), "{answer:?}");
            assert!(name != "server", "{answer:?}");
        }
    }
}
