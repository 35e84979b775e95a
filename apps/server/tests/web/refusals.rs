//! A person whose browser is refused: the words stand on a small page, which is read on a phone too. Whatever is no browser
//! gets the same words as a line of text.

use hubbub_testing::web::{Answer, Request};
use hubbub_testing::{Peer, join};

use crate::house::{House, INDEX};

/// What a browser accepts that shows a person what it gets.
const SHOWN: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// The answer to this request is a line of text, and a page with the same words for a person. Returns the words.
#[track_caller]
fn refused(house: &House, request: &Request, status: u16) -> String {
    let line = house.ask(request);
    assert_eq!(line.status, status, "{request:?}: {line:?}");
    assert_eq!(line.need("Content-Type"), "text/plain; charset=utf-8");
    let words = line.text().strip_suffix('\n').unwrap();
    let page = house.ask(&request.clone().with("Accept", SHOWN));
    assert_eq!(page.status, status, "{request:?}: {page:?}");
    is_page_with(&page, words);
    let others = |answer: &Answer| {
        let is_other = |name: &str| !name.starts_with("Content-");
        let mut headers = answer.headers.clone();
        headers.retain(|(name, _)| is_other(name));
        headers
    };
    assert_eq!(others(&page), others(&line));
    words.to_owned()
}

#[track_caller]
fn is_page_with(answer: &Answer, words: &str) {
    assert_eq!(answer.need("Content-Type"), "text/html; charset=utf-8");
    let policy = answer.need("Content-Security-Policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let page = answer.text();
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(page.contains(&format!("<p>{words}</p>")), "{words}: {page}");
    assert!(page.len() < 2048, "{} bytes", page.len());
}

#[test]
fn a_person_reads_on_a_page_why_there_is_nothing_to_see() {
    let house = House::open(&["--web-host", "chat.example.org"]);
    refused(&house, &house.get("/nowhere"), 404);
    refused(&house, &house.get("/room"), 403);
    refused(&house, &house.get("/").without("Host"), 400);
    refused(&house, &house.get("/").with("Content-Length", "5"), 400);
    refused(
        &house,
        &house
            .get("/")
            .with("Sec-WebSocket-Key", "\u{e9}")
            .with("Host", "\u{e9}"),
        400,
    );
    let own = house.upgrade().without("Upgrade");
    refused(&house, &own, 426);
    let foreign = house.upgrade().with("Origin", "http://evil.test");
    let words = refused(&house, &foreign, 403);
    assert!(words.contains("another place"), "{words}");
    let words = refused(&house, &house.get("/").with("Host", "evil.test"), 421);
    assert!(words.contains("not known as evil.test"), "{words}");
    let wanting = house.get("/").with("Accept", "*/*");
    refused(&house, &wanting.with("X", "x".repeat(20_000)), 431);
    let form = Request::of("POST", "/").with("Host", house.address());
    refused(&house, &form, 405);
    // Whoever is served is served as ever.
    let answer = house.ask(&house.get("/").with("Accept", SHOWN));
    assert_eq!((answer.status, answer.text()), (200, INDEX));
}

#[test]
fn head_is_answered_with_the_same_head() {
    let house = House::open(&[]);
    for (target, status) in [("/nowhere", 404), ("/room", 403)] {
        let request = house.get(target).with("Accept", SHOWN);
        let page = house.ask(&request);
        let head = house.ask(&request.line(&format!("HEAD {target} HTTP/1.1")));
        assert_eq!((page.status, page.headers), (status, head.headers));
    }
}

#[test]
fn what_comes_in_a_request_is_no_html_in_the_answer() {
    let house = House::open(&[]);
    let longest = "a".repeat(253);
    for host in [
        "<script>alert(1)</script>",
        "<b>a",
        "a&lt;b",
        "\"><img src=x>",
        &longest,
    ] {
        for request in [
            house.get("/").with("Host", host),
            house.get(&format!("/{host}")),
            house.upgrade().with("Host", host),
            house
                .upgrade()
                .with("Origin", format_args!("http://{host}")),
        ] {
            let page = house.ask(&request.with("Accept", SHOWN));
            let is_refused = matches!(page.status, 400 | 403 | 404 | 421);
            assert!(is_refused, "{host}: {page:?}");
            let text = page.text();
            assert!(
                !["<script", "<b>", "<img", "a&lt;"]
                    .iter()
                    .any(|tag| text.contains(tag)),
                "{text}"
            );
            assert!(text.len() < 2048, "{} bytes", text.len());
        }
    }
}

#[test]
fn a_full_room_says_so_to_a_person_on_a_page() {
    let mut house = House::at("127.0.0.1", &["--max-peers", "1"]);
    let mut alice = house.room.connect();
    alice.send(join("alice"));
    house.program.line_with("alice");
    let words = refused(&house, &house.get("/"), 503);
    assert!(words.contains("the room is full"), "{words}");
    let head = house.get("/").line("HEAD / HTTP/1.1").with("Accept", SHOWN);
    assert_eq!(
        house.ask(&head).need("Content-Type"),
        "text/html; charset=utf-8"
    );
}

/// A page without TLS, for whoever does not follow where it leads.
#[test]
#[cfg(feature = "tls")]
fn a_room_that_wants_tls_says_so_on_a_page() {
    let house = House::private_and_unwatched(&[]);
    let address = house.address();
    let request = Request::get("/a", address).with("Accept", SHOWN);
    let page = Peer::connect(address).ask(&request);
    assert_eq!(page.status, 308, "{page:?}");
    assert_eq!(page.need("Location"), format!("https://{address}/a"));
    is_page_with(&page, "this room wants TLS: its address begins with https");
}
