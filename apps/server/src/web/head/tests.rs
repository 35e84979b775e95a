//! Heads, right and wrong.

use super::*;

fn request(head: &str) -> Result<Request, Status> {
    let read = read(head.as_bytes())?;
    let (request, len) = read.expect("a whole head");
    assert_eq!(len, head.len());
    Ok(request)
}

#[test]
fn what_counts_of_a_head_is_read_however_its_names_are_written() {
    let head = "GET /a?b HTTP/1.1\r\nhOST: chat.example.org \r\nOrigin: https://chat.example.org\r\n\
                Accept-Encoding: gzip\r\naccept-encoding: br\r\nIf-None-Match: \"a\"\r\nX-Forwarded-For: 192.0.2.1\r\n\
                X-Forwarded-For: 192.0.2.2\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let wanted = Request {
        reader: Reader::default(),
        target: "/a?b".to_owned(),
        host: "chat.example.org".to_owned(),
        origin: Some("https://chat.example.org".to_owned()),
        accept_encoding: "gzip,br".to_owned(),
        if_none_match: "\"a\"".to_owned(),
        forwarded_for: "192.0.2.1,192.0.2.2".to_owned(),
        wants_socket: true,
        socket_version: "13".to_owned(),
        socket_key: "dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
    };
    assert_eq!(request(head), Ok(wanted));
    let bare = request("HEAD / HTTP/1.0\r\nHost: a\r\n\r\n").unwrap();
    assert!(bare.reader.is_head && !bare.wants_socket && bare.origin.is_none());
}

#[test]
fn a_head_is_read_when_its_last_byte_is_here_and_what_follows_is_left() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for len in 0..head.len() {
        assert_eq!(read(&head[..len]), Ok(None), "{len}");
    }
    let more = [&head[..], b"GET /more HTTP/1.1\r\n"].concat();
    let (request, len) = read(&more).unwrap().unwrap();
    assert_eq!((&*request.target, len), ("/", head.len()));
}

#[test]
fn a_head_that_comes_in_pieces_is_read_with_the_piece_that_ends_it() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for size in 1..head.len() {
        let mut seen = 0;
        let mut found = None;
        while found.is_none() {
            let len = (seen + size).min(head.len());
            assert!(seen < head.len(), "{size}: it was not found");
            found = read_further(&head[..len], seen).unwrap();
            seen = len;
        }
        assert_eq!(seen, head.len(), "{size}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for (head, status) in [
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", Status::NotAllowed),
        ("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", Status::NotAllowed),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", Status::NotAllowed),
        ("GET / HTTP/1.1\r\n\r\n", Status::BadRequest),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            Status::BadRequest,
        ),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", Status::BadRequest),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            Status::BadRequest,
        ),
        (
            "GET / HTTP/1.1\r\nHost: \u{e4}\r\nHost: a\r\n\r\n",
            Status::BadRequest,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
            Status::BadRequest,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n",
            Status::BadRequest,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            Status::BadRequest,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nOrigin: http://b\r\n\r\n",
            Status::BadRequest,
        ),
        (
            "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            Status::BadRequest,
        ),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", Status::BadRequest),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Status::BadRequest),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Status::BadRequest),
        ("GET / HTTP/1.1\nHost: a\n\n", Status::BadRequest),
        (
            "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            Status::BadRequest,
        ),
        ("GET /\r\nHost: a\r\n\r\n", Status::BadRequest),
    ] {
        assert_eq!(request(head), Err(status), "{head:?}");
    }
    assert!(request("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").is_ok());
}

#[test]
fn as_many_bytes_and_headers_as_the_bounds_are_read_and_one_more_is_not() {
    let with = |bytes: usize| {
        let front = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        let filling = "x".repeat(bytes - front.len() - 4);
        format!("{front}{filling}\r\n\r\n")
    };
    assert!(request(&with(MOST_BYTES)).is_ok());
    assert_eq!(read(with(MOST_BYTES + 1).as_bytes()), Err(Status::TooLarge));
    // It is not waited for what cannot end in time.
    let endless = with(2 * MOST_BYTES);
    assert_eq!(read(&endless.as_bytes()[..MOST_BYTES - 1]), Ok(None));
    assert_eq!(
        read_further(&endless.as_bytes()[..MOST_BYTES], MOST_BYTES - 1),
        Err(Status::TooLarge)
    );
    let with = |headers: usize| {
        let more = "X: y\r\n".repeat(headers - 1);
        format!("GET / HTTP/1.1\r\nHost: a\r\n{more}\r\n")
    };
    assert!(request(&with(MOST_HEADERS)).is_ok());
    assert_eq!(request(&with(MOST_HEADERS + 1)), Err(Status::TooLarge));
}

#[test]
fn who_shows_html_is_known_also_by_a_head_that_is_cut_short_or_wrong() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (head, shows_html) in [
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nAccept: {browser}\r\n\r\n"),
            true,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a b\r\naCCEPT:{browser}"),
            true,
        ),
        (format!("Accept: {browser}\r\nHost"), true),
        (
            format!("GET /\u{e9} HTTP/9\nAccept: */*\nAccept: {browser}\n"),
            true,
        ),
        (
            "GET / HTTP/1.1\r\nAccept: application/xml, TEXT/HTML;q=0.1\r\n\r\n".to_owned(),
            true,
        ),
        (
            "GET / HTTP/1.1\r\nAccept: text/html;q=0\r\n\r\n".to_owned(),
            false,
        ),
        (
            "GET / HTTP/1.1\r\nAccept: */*, text/htmlx, xtext/html\r\n\r\n".to_owned(),
            false,
        ),
        (
            format!("GET / HTTP/1.1\r\nAccept-Language: {browser}\r\n\r\n"),
            false,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\n\r\nAccept: {browser}\r\n\r\n"),
            false,
        ),
        (format!("GET /?Accept:{browser} HTTP/1.1\r\n\r\n"), false),
        ("GET / HTTP/1.1\r\nAccept".to_owned(), false),
        (String::new(), false),
    ] {
        let reader = Reader::of(head.as_bytes());
        assert_eq!(reader.shows_html, shows_html, "{head:?}");
    }
    assert!(!Reader::of(b"GET / \xff\r\nAccept: \xfftext/html\r\n").shows_html);
    for (head, is_head) in [
        ("HEAD / HTTP/1.1", true),
        ("HEAD ", true),
        ("HEAD", false),
        ("GET HEAD ", false),
    ] {
        assert_eq!(Reader::of(head.as_bytes()).is_head, is_head, "{head:?}");
    }
}
