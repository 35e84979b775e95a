//! What requests get of a small site.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::web::{HostName, Hosts, Node, Nodes, head};

/// What the page has where the nodes are named.
const PLACE: &str = r#"<meta name="nodes" content="">"#;

/// A page in a directory of its own, which is removed at once.
fn web() -> Web {
    web_with("<p>index")
}

/// The same with this page, for a room with these nodes.
fn web_of(nodes: &[&str]) -> Web {
    let nodes = nodes.iter().map(|node| Node::parse(node).unwrap());
    let nodes = Nodes::new(nodes.collect()).unwrap();
    let page = format!("<head>{PLACE}</head>");
    web_with(&page).with_nodes(nodes).unwrap()
}

fn web_with(index: &str) -> Web {
    let dir: PathBuf =
        std::env::temp_dir().join(format!("hubbub-answer-{:016x}", fastrand::u64(..)));
    fs::create_dir_all(dir.join("app-1")).unwrap();
    for (name, text) in [
        ("index.html", index),
        ("index.html.br", "br"),
        ("index.html.gz", "gz"),
        ("app-1/hubbub.js", "script"),
    ] {
        fs::write(dir.join(name), text).unwrap();
    }
    let mut web = Web::read(&dir).unwrap();
    fs::remove_dir_all(&dir).unwrap();
    web.hosts = Hosts::new(vec![HostName::parse("chat.example.org").unwrap()]).into();
    web
}

const PLAIN: Around = Around {
    local: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8765),
    is_encrypted: false,
    wants_tls: false,
};

/// The answer to a request for `target` with these headers, as text.
fn says_around(around: Around, first: &str, headers: &str) -> String {
    web_says(&web(), around, first, headers)
}

fn web_says(web: &Web, around: Around, first: &str, headers: &str) -> String {
    let head = format!("{first} HTTP/1.1\r\n{headers}\r\n");
    let (request, _) = head::read(head.as_bytes()).unwrap().unwrap();
    let bytes = match answer(&request, web, around) {
        Outcome::Socket(bytes) => bytes,
        Outcome::Reply(reply) => reply.bytes(),
    };
    String::from_utf8(bytes).unwrap()
}

fn says(first: &str, headers: &str) -> String {
    says_around(
        PLAIN,
        first,
        &format!("Host: chat.example.org\r\n{headers}"),
    )
}

#[track_caller]
fn begins(answer: &str, status: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "not {status}: {answer}"
    );
}

/// The value of a header.
fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let front = format!("{name}: ");
    answer.lines().find_map(|line| line.strip_prefix(&front))
}

#[test]
fn every_answer_is_the_last_and_says_what_the_page_may_do() {
    for first in [
        "GET /",
        "HEAD /",
        "GET /app-1/hubbub.js",
        "GET /missing",
        "GET /room",
    ] {
        let answer = says(first, "");
        assert_eq!(field(&answer, "Connection"), Some("close"), "{answer}");
        assert_eq!(field(&answer, "Content-Security-Policy"), Some(POLICY));
        assert_eq!(field(&answer, "X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(field(&answer, "Referrer-Policy"), Some("no-referrer"));
    }
    for forbidden in ["unsafe-inline", "unsafe-eval'", "*", "data:", "http:"] {
        let policy = POLICY.replace("'wasm-unsafe-eval'", "");
        assert!(!policy.contains(forbidden), "{forbidden}");
    }
    for needed in [
        "default-src 'none';",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(POLICY.contains(needed), "{needed}");
    }
}

#[test]
fn a_file_comes_with_its_type_and_its_length_and_for_head_without_its_bytes() {
    let whole = says("GET /", "");
    begins(&whole, "200");
    assert_eq!(
        field(&whole, "Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(field(&whole, "Content-Length"), Some("8"));
    assert!(whole.ends_with("\r\n\r\n<p>index"), "{whole}");
    let (head, _) = whole.split_once("<p>").unwrap();
    assert_eq!(says("HEAD /", ""), head);
    assert_eq!(says("GET /?a=b", ""), whole);
    let script = says("GET /app-1/hubbub.js", "");
    assert_eq!(
        field(&script, "Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
}

#[test]
fn a_browser_gets_the_smallest_form_that_it_reads() {
    for (accepted, form, body) in [
        ("", None, "<p>index"),
        ("identity", None, "<p>index"),
        ("gzip, deflate, br", Some("br"), "br"),
        ("gzip, deflate", Some("gzip"), "gz"),
        ("GZIP;q=0.5", Some("gzip"), "gz"),
        ("br;q=0, gzip", Some("gzip"), "gz"),
        ("br;q=0.0, gzip;q=x", None, "<p>index"),
        ("bra, xgzip", None, "<p>index"),
    ] {
        let answer = says("GET /", &format!("Accept-Encoding: {accepted}\r\n"));
        assert_eq!(field(&answer, "Content-Encoding"), form, "{accepted}");
        assert!(
            answer.ends_with(&format!("\r\n\r\n{body}")),
            "{accepted}: {answer}"
        );
        assert_eq!(field(&answer, "Vary"), Some("Accept-Encoding"));
    }
}

#[test]
fn what_a_browser_has_is_not_sent_again_and_each_form_is_another_thing() {
    let plain = says("GET /", "");
    let tag = field(&plain, "ETag").unwrap();
    let smaller = says("GET /", "Accept-Encoding: br\r\n");
    assert_ne!(field(&smaller, "ETag"), Some(tag));
    for known in [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let answer = says("GET /", &format!("If-None-Match: {known}\r\n"));
        begins(&answer, "304");
        assert_eq!(field(&answer, "ETag"), Some(tag));
        assert!(
            answer.ends_with("\r\n\r\n") && !answer.contains("Content-Length"),
            "{answer}"
        );
    }
    let other = says(
        "GET /",
        &format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n"),
    );
    begins(&other, "200");
}

#[test]
fn only_what_never_changes_is_kept_without_asking() {
    assert_eq!(field(&says("GET /", ""), "Cache-Control"), Some("no-cache"));
    let script = says("GET /app-1/hubbub.js", "");
    assert_eq!(field(&script, "Cache-Control"), Some(LASTING));
    assert_eq!(
        field(&says("GET /missing", ""), "Cache-Control"),
        Some("no-store")
    );
}

#[test]
fn another_host_is_told_how_the_room_becomes_known_under_it() {
    for host in ["evil.test", "evil.test:8765", "192.0.2.1"] {
        let answer = says_around(PLAIN, "GET /", &format!("Host: {host}\r\n"));
        begins(&answer, "421");
        assert!(answer.contains("--web-host "), "{answer}");
        assert!(!answer.contains("<p>index"), "{answer}");
    }
    begins(&says_around(PLAIN, "GET /", "Host: a b\r\n"), "400");
    begins(&says_around(PLAIN, "GET /", "Host: localhost:1\r\n"), "200");
    begins(&says_around(PLAIN, "GET /", "Host: 127.0.0.1\r\n"), "200");
}

#[test]
fn where_everybody_has_to_have_tls_a_browser_is_sent_there_and_nowhere_else() {
    let wants = Around {
        wants_tls: true,
        ..PLAIN
    };
    let at_80 = Around {
        local: SocketAddr::new(PLAIN.local.ip(), 80),
        ..wants
    };
    for (around, host, location) in [
        (wants, "chat.example.org", "https://chat.example.org:80/a?b"),
        (
            wants,
            "Chat.example.org:8765",
            "https://chat.example.org:8765/a?b",
        ),
        (wants, "localhost:8765", "https://localhost:8765/a?b"),
        (at_80, "chat.example.org", "https://chat.example.org:80/a?b"),
        (
            at_80,
            "chat.example.org:81",
            "https://chat.example.org:81/a?b",
        ),
    ] {
        let answer = says_around(around, "GET /a?b", &format!("Host: {host}\r\n"));
        begins(&answer, "308");
        assert_eq!(field(&answer, "Location"), Some(location), "{host}");
    }
    begins(&says_around(wants, "GET /", "Host: evil.test\r\n"), "421");
    let encrypted = Around {
        is_encrypted: true,
        ..wants
    };
    begins(
        &says_around(encrypted, "GET /", "Host: localhost\r\n"),
        "200",
    );
}

const SOCKET: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[test]
fn a_page_of_this_room_gets_a_web_socket_with_the_answer_of_rfc_6455() {
    let answer = says(
        "GET /room",
        &format!("Origin: https://chat.example.org\r\n{SOCKET}"),
    );
    begins(&answer, "101");
    assert_eq!(
        field(&answer, "Sec-WebSocket-Accept"),
        Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
    assert_eq!(field(&answer, "Upgrade"), Some("websocket"));
    assert_eq!(field(&answer, "Connection"), Some("Upgrade"));
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn nothing_is_negotiated_that_a_page_offers() {
    let offers = "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n";
    let answer = says(
        "GET /room",
        &format!("Origin: https://chat.example.org\r\n{SOCKET}{offers}"),
    );
    begins(&answer, "101");
    assert!(
        !answer.contains("WebSocket-Extensions") && !answer.contains("WebSocket-Protocol"),
        "{answer}"
    );
}

#[test]
fn pages_of_others_and_what_is_no_page_get_no_web_socket() {
    for origin in [
        "",
        "Origin: https://evil.test\r\n",
        "Origin: null\r\n",
        "Origin: \r\n",
        "Origin: https://chat.example.org:8765\r\n",
        "Origin: https://chat.example.org.evil.test\r\n",
    ] {
        let answer = says("GET /room", &format!("{origin}{SOCKET}"));
        begins(&answer, "403");
    }
    let rebound = format!("Host: evil.test\r\nOrigin: http://evil.test\r\n{SOCKET}");
    begins(&says_around(PLAIN, "GET /room", &rebound), "421");
}

/// Somebody on the way may have put a page without TLS into a browser, under our name.
#[test]
fn where_the_connection_has_tls_the_page_has_it_too() {
    let encrypted = Around {
        is_encrypted: true,
        ..PLAIN
    };
    for (origin, status) in [
        ("https://localhost:8765", "101"),
        ("http://localhost:8765", "403"),
    ] {
        let headers = format!("Host: localhost:8765\r\nOrigin: {origin}\r\n{SOCKET}");
        begins(&says_around(encrypted, "GET /room", &headers), status);
    }
}

#[test]
fn a_page_of_a_node_gets_a_web_socket_of_each_other_node() {
    let web = web_of(&[
        "https://a.example.org",
        "https://b.example.org:8765",
        "https://chat.example.org",
    ]);
    let encrypted = Around {
        is_encrypted: true,
        wants_tls: true,
        ..PLAIN
    };
    for (origin, status) in [
        ("Origin: https://a.example.org\r\n", "101"),
        ("Origin: https://A.example.org:443\r\n", "101"),
        ("Origin: https://b.example.org:8765\r\n", "101"),
        ("Origin: https://chat.example.org\r\n", "101"),
        // The own place is one of any port, as the host names it.
        ("Origin: https://chat.example.org:8765\r\n", "403"),
        ("Origin: https://b.example.org\r\n", "403"),
        ("Origin: https://a.example.org:8765\r\n", "403"),
        ("Origin: http://a.example.org\r\n", "403"),
        ("Origin: http://b.example.org:8765\r\n", "403"),
        ("Origin: https://c.example.org\r\n", "403"),
        ("Origin: https://a.example.org.evil.test\r\n", "403"),
        ("Origin: https://a.example.org https://evil.test\r\n", "403"),
        ("Origin: null\r\n", "403"),
        ("Origin: \r\n", "403"),
        ("", "403"),
    ] {
        for around in [PLAIN, encrypted] {
            let headers = format!("Host: chat.example.org\r\n{origin}{SOCKET}");
            let answer = web_says(&web, around, "GET /room", &headers);
            begins(&answer, status);
        }
    }
    // Under a name that is not the room's, nobody gets anything.
    let rebound = format!("Host: a.example.org\r\nOrigin: https://a.example.org\r\n{SOCKET}");
    begins(&web_says(&web, PLAIN, "GET /room", &rebound), "421");
}

/// Between the page and its server somebody may have read the page, and written another one.
#[test]
fn a_page_of_a_node_without_tls_gets_no_web_socket_within_tls() {
    let web = web_of(&["http://192.0.2.3:8765"]);
    for (is_encrypted, status) in [(false, "101"), (true, "403")] {
        let around = Around {
            is_encrypted,
            ..PLAIN
        };
        let headers = format!("Host: localhost\r\nOrigin: http://192.0.2.3:8765\r\n{SOCKET}");
        begins(&web_says(&web, around, "GET /room", &headers), status);
    }
}

#[test]
fn a_page_is_told_of_the_nodes_and_may_connect_to_them_and_to_nobody_else() {
    let web = web_of(&["https://a.example.org", "https://b.example.org:8765"]);
    let says = |headers: &str| {
        let headers = format!("Host: chat.example.org\r\n{headers}");
        web_says(&web, PLAIN, "GET /", &headers)
    };
    let answer = says("Accept-Encoding: br, gzip\r\n");
    begins(&answer, "200");
    assert_eq!(
        field(&answer, "Content-Security-Policy"),
        Some(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
             connect-src 'self' wss://a.example.org wss://b.example.org:8765; style-src 'self'; img-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
    // Its smaller forms do not name them.
    assert_eq!(field(&answer, "Content-Encoding"), None);
    let (_, page) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        page,
        r#"<head><meta name="nodes" content="https://a.example.org https://b.example.org:8765"></head>"#
    );
    // Who has the page with other nodes gets this one.
    let tag = field(&answer, "ETag").unwrap();
    let known = format!("If-None-Match: {tag}\r\n");
    begins(&says(&known), "304");
    let others = web_of(&["https://a.example.org"]);
    let headers = format!("Host: chat.example.org\r\n{known}");
    let answer = web_says(&others, PLAIN, "GET /", &headers);
    begins(&answer, "200");
    // An answer that is no file of the page needs none of them.
    let missing = web_says(&web, PLAIN, "GET /missing", "Host: chat.example.org\r\n");
    assert_eq!(field(&missing, "Content-Security-Policy"), Some(POLICY));
}

#[test]
fn without_nodes_nothing_is_otherwise_and_a_page_that_cannot_be_told_of_them_is_refused() {
    let page = format!("<head>{PLACE}</head>");
    let (before, after) = (web_with(&page), web_of(&[]));
    for headers in ["", "Accept-Encoding: br\r\n"] {
        let headers = format!("Host: chat.example.org\r\n{headers}");
        let says = |web| web_says(web, PLAIN, "GET /", &headers);
        assert_eq!(says(&after), says(&before));
    }
    let nodes = Nodes::new(vec![Node::parse("http://a").unwrap()]).unwrap();
    let why = web().with_nodes(nodes).unwrap_err();
    assert!(
        why.contains("index.html") && why.contains("--web-node"),
        "{why}"
    );
}

#[test]
fn what_is_not_quite_a_web_socket_is_none() {
    let says = |first: &str, headers: &str| {
        says(
            first,
            &format!("Origin: https://chat.example.org\r\n{headers}"),
        )
    };
    for (wrong, right, status) in [
        ("Version: 12", "Version: 13", "426"),
        ("Version: 013", "Version: 13", "426"),
        ("X: y", "Sec-WebSocket-Version: 13", "426"),
        ("Upgrade: h2c", "Upgrade: websocket", "426"),
        ("Connection: close", "Connection: Upgrade", "426"),
        ("c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ==", "400"),
        (
            "dGhlIHNhbXBsZSBub25jZSE=",
            "dGhlIHNhbXBsZSBub25jZQ==",
            "400",
        ),
        (
            "dGhlIHNhbXBsZSBub25jZ!==",
            "dGhlIHNhbXBsZSBub25jZQ==",
            "400",
        ),
        ("X: y", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "400"),
    ] {
        let answer = says("GET /room", &SOCKET.replace(right, wrong));
        begins(&answer, status);
        if status == "426" {
            assert_eq!(field(&answer, "Sec-WebSocket-Version"), Some("13"));
            // RFC 9110, 7.8: whoever names an upgrade says so here.
            assert_eq!(field(&answer, "Connection"), Some("upgrade, close"));
        }
    }
    begins(&says("HEAD /room", SOCKET), "426");
    begins(&says("GET /", SOCKET), "200");
}

#[test]
fn every_status_has_words_for_people_and_its_number() {
    for status in Status::ALL {
        assert_eq!(status.number().len(), 3);
        let text = String::from_utf8(Reply::of(status).bytes()).unwrap();
        let has_words = !text.ends_with("\r\n\r\n\n");
        assert_eq!(
            has_words,
            !matches!(status, Status::Ok | Status::NotModified),
            "{text}"
        );
    }
}

const PERSON: Reader = Reader {
    is_head: false,
    shows_html: true,
};

#[test]
fn what_a_browser_does_not_show_as_a_page_stays_a_line_of_text() {
    let line = Reply::of(Status::Unavailable).to(Reader::default());
    let wanted = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 39\r\n\
         Retry-After: 10\r\nCache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n\
         there is no place now; try again later\n"
    );
    assert_eq!(String::from_utf8(line.bytes()).unwrap(), wanted);
    for status in Status::ALL {
        let told = Reply::of(status).to(Reader::default());
        assert_eq!(told.bytes(), Reply::of(status).bytes());
    }
}

#[test]
fn a_person_reads_the_words_of_every_refusal_on_a_page_of_its_own() {
    for status in Status::ALL {
        let [reply, head] = [false, true].map(|is_head| {
            let reply = Reply::of(status).to(Reader { is_head, ..PERSON });
            String::from_utf8(reply.bytes()).unwrap()
        });
        begins(&reply, status.number());
        let (above, page) = reply.split_once("\r\n\r\n").unwrap();
        assert_eq!(head, format!("{above}\r\n\r\n"));
        assert_eq!(field(&reply, "Cache-Control"), Some("no-store"));
        if status == Status::NotModified {
            continue;
        }
        assert_eq!(
            field(&reply, "Content-Type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(
            field(&reply, "Content-Length"),
            Some(&*page.len().to_string())
        );
        assert!(
            page.contains("name=\"viewport\" content=\"width=device-width"),
            "{page}"
        );
        assert!(
            page.contains(&format!("<p>{}</p>", status.text())),
            "{page}"
        );
        // It leads nowhere, and an empty picture keeps browsers from asking for another one.
        let links: Vec<_> = page.matches("href=").collect();
        assert!(page.contains("href=\"data:,\""), "{page}");
        assert!(!page.contains("<script") && links.len() == 1, "{page}");
        let policy = field(&reply, "Content-Security-Policy").unwrap();
        for needed in [
            "default-src 'none';",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(needed), "{policy}");
        }
        assert!(
            !policy.contains("script") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
}

#[test]
fn words_that_are_html_are_shown_and_not_obeyed() {
    let words = "</p><script>alert(1)</script>&lt;\"'";
    let reply = Reply::saying(Status::Forbidden, words).to(PERSON);
    let page = str::from_utf8(reply.body()).unwrap();
    assert!(
        page.ends_with("<p>&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;\"'</p>\n"),
        "{page}"
    );
}

#[test]
fn a_file_is_the_same_for_every_reader() {
    let person = "Accept: text/html\r\n";
    assert_eq!(says("GET /", person), says("GET /", ""));
    assert_eq!(says("HEAD /", person), says("HEAD /", ""));
    assert_ne!(says("GET /missing", person), says("GET /missing", ""));
}
