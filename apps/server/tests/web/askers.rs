//! Who may ask: the host by which a request names the server, against DNS that is bound anew to this address, and the
//! origin of the page that asks for a WebSocket.

use hubbub_testing::join;
use hubbub_testing::web::Request;

use crate::house::{House, INDEX};

/// The name of the server in these tests.
const NAMED: [&str; 2] = ["--web-host", "chat.example.org"];

#[test]
fn the_server_answers_to_its_address_to_localhost_on_loopback_and_to_its_names() {
    let house = House::open(&[&NAMED[..], &["--web-host", "other.test"]].concat());
    let port = house.address().port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("LocalHost:{port}"),
        "localhost".to_owned(),
        "chat.example.org".to_owned(),
        "Chat.Example.ORG".to_owned(),
        format!("chat.example.org:{port}"),
        "chat.example.org:443".to_owned(),
        "other.test".to_owned(),
    ] {
        let answer = house.ask(&Request::get("/", &host));
        assert_eq!((answer.status, answer.text()), (200, INDEX), "{host}");
        let origin = format!("http://{}", host.to_ascii_lowercase());
        let mut visitor = house.room.browser();
        visitor.send(Request::upgrade(&host, origin).bytes());
        visitor.upgraded();
    }
}

#[test]
fn it_answers_to_no_other_host() {
    let house = House::open(&NAMED);
    let port = house.address().port();
    let others = [
        "evil.test",
        "chat.example.org.evil.test",
        "evilchat.example.org",
        "example.org",
        "org",
        "chat.example.org..",
        "chat..example.org",
        "localhost.evil.test",
        "localhost.localdomain",
        "evil.localhost",
        "127.0.0.1.evil.test",
        "127.0.0.2",
        "10.0.0.1",
        "0.0.0.0",
        "0",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.01",
        "[::1]",
        "[::]",
        "xn--chat.example.org",
    ];
    let nonsense = [
        "",
        " ",
        "chat.example.org@evil.test",
        "chat.example.org:80@evil.test",
        "evil.test@chat.example.org",
        "user@chat.example.org",
        "user:password@chat.example.org",
        "chat.example.org/",
        "chat.example.org/room",
        "chat.example.org, evil.test",
        "chat.example.org evil.test",
        "chat.example.org#",
        "chat.example.org?",
        ".chat.example.org",
        "*.example.org",
        "*",
        "http://chat.example.org",
        "chat.example.org:0x50",
        "chat.example.org:+80",
        "chat.example.org:-1",
        "chat.example.org:65536",
        "chat.example.org:80:80",
        "127.0.0.1%00",
        "127.0.0.1/8",
        "user@127.0.0.1",
        "[127.0.0.1]",
        "[::1%lo]",
        "[::1%25lo]",
        "[fe80::1%eth0]",
        "[::ffff:127.0.0.1%lo]",
        "::1",
        "[::1",
        "::1]",
        "[]",
        "chat.example.org\u{e9}",
        "\u{7f}chat.example.org",
    ];
    let others = others.map(|host| (host, 421));
    let nonsense = nonsense.map(|host| (host, 400));
    for (host, wanted) in others.into_iter().chain(nonsense) {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let status = house.status(&Request::get("/", &host));
            assert_eq!(status, wanted, "{host:?}");
            // A page that was loaded from there is of the same origin.
            let upgrade = Request::upgrade(&host, format!("http://{host}"));
            assert_eq!(house.status(&upgrade), wanted, "{host:?}");
        }
    }
}

/// Some write a name with the root at its end, and browsers pass it on.
#[test]
fn a_dot_at_the_end_of_a_name_makes_no_other_host_of_it() {
    let house = House::open(&NAMED);
    for host in ["chat.example.org.", "localhost."] {
        let status = house.status(&Request::get("/", host));
        assert_eq!(status, 200, "{host}");
    }
    assert_eq!(house.status(&Request::get("/", "evil.test.")), 421);
}

#[test]
fn a_request_without_a_host_or_with_two_is_refused() {
    let house = House::open(&[]);
    let right = house.address();
    for request in [
        house.get("/").without("Host"),
        house.get("/").and("Host", right),
        house.get("/").and("Host", "evil.test"),
        house.get("/").and("host", right),
        house.get("/").with("Host", "evil.test").and("Host", right),
        house.get("/").without("Host").line("GET / HTTP/1.0"),
        house.upgrade().without("Host"),
        house.upgrade().and("Host", right),
        house.upgrade().and("HOST", "evil.test"),
    ] {
        assert_eq!(house.status(&request), 400, "{request:?}");
    }
    // What a proxy may look at, and we do not.
    for (name, value) in [
        ("X-Forwarded-Host", right.to_string()),
        ("Forwarded", format!("host={right}")),
    ] {
        let request = house.get("/").with("Host", "evil.test").and(name, value);
        assert_eq!(house.status(&request), 421, "{request:?}");
    }
}

/// A server behind both versions of the protocol.
#[test]
fn an_address_in_brackets_is_the_servers_own_or_none() {
    let house = House::at("::1", &[]);
    let port = house.address().port();
    let status = |host: String| house.status(&Request::get("/", host));
    for host in ["[::1]", "[0:0:0:0:0:0:0:1]", "localhost"] {
        assert_eq!(status(format!("{host}:{port}")), 200, "{host}");
    }
    for (host, wanted) in [
        ("[::1%lo]", 400),
        ("[::1%25lo]", 400),
        ("[::2]", 421),
        ("[::]", 421),
        ("[::ffff:7f00:1]", 421),
        ("::1", 400),
        ("127.0.0.1", 421),
        ("[::1", 400),
        ("[::1]x", 400),
    ] {
        let status = status(format!("{host}:{port}"));
        assert_eq!(status, wanted, "{host}");
    }
}

#[test]
fn a_page_of_any_other_origin_gets_no_connection() {
    let house = House::open(&NAMED);
    let port = house.address().port();
    for origin in [
        "".to_owned(),
        "null".to_owned(),
        "file://".to_owned(),
        "http://evil.test".to_owned(),
        format!("http://evil.test:{port}"),
        "http://127.0.0.1".to_owned(),
        "https://127.0.0.1".to_owned(),
        format!("http://127.0.0.1:{}", port ^ 1),
        format!("http://127.0.0.1:{port}0"),
        format!("http://127.0.0.1:{port}.evil.test"),
        format!("http://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}/room"),
        format!("http://127.0.0.1:{port}?"),
        format!("http://127.0.0.1:{port}#"),
        format!("http://127.0.0.1:{port} http://evil.test"),
        format!("http://evil.test http://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}, http://evil.test"),
        format!("http://user@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}@evil.test"),
        format!("http://127.0.0.1.:{port}"),
        format!("http://127.1:{port}"),
        format!("http://localhost:{port}"),
        "http://chat.example.org".to_owned(),
        format!("127.0.0.1:{port}"),
        format!("//127.0.0.1:{port}"),
        format!("http:127.0.0.1:{port}"),
        format!("ftp://127.0.0.1:{port}"),
        format!("ws://127.0.0.1:{port}"),
        format!("moz-extension://127.0.0.1:{port}"),
        format!("chrome-extension://127.0.0.1:{port}"),
    ] {
        let request = house.upgrade().with("Origin", &origin);
        assert_eq!(house.status(&request), 403, "{origin:?}");
    }
    let right = format!("http://127.0.0.1:{port}");
    let none = house.upgrade().without("Origin");
    assert_eq!(house.status(&none), 403);
    for request in [
        house.upgrade().and("Origin", "http://evil.test"),
        house
            .upgrade()
            .with("Origin", "http://evil.test")
            .and("Origin", &right),
        house.upgrade().and("Origin", &right),
        house.upgrade().and("origin", "null"),
    ] {
        assert_eq!(house.status(&request), 400, "{request:?}");
    }
}

/// The port that is left out is that of the origin's scheme.
#[test]
fn a_port_that_is_left_out_is_the_usual_one() {
    let house = House::open(&NAMED);
    let name = "chat.example.org";
    for (host, origin, is_right) in [
        (name.to_owned(), format!("http://{name}"), true),
        (name.to_owned(), format!("https://{name}"), true),
        (format!("{name}:80"), format!("http://{name}"), true),
        (format!("{name}:443"), format!("https://{name}"), true),
        (name.to_owned(), format!("http://{name}:80"), true),
        (name.to_owned(), format!("https://{name}:443"), true),
        (format!("{name}:443"), format!("http://{name}"), false),
        (format!("{name}:80"), format!("https://{name}"), false),
        (name.to_owned(), format!("http://{name}:443"), false),
        (name.to_owned(), format!("https://{name}:80"), false),
        (name.to_owned(), format!("http://{name}:8765"), false),
        (format!("{name}:8765"), format!("http://{name}"), false),
    ] {
        let mut browser = house.room.browser();
        let request = Request::upgrade(&host, &origin);
        if is_right {
            browser.upgrade_by(&request);
        } else {
            browser.send(request.bytes());
            assert_eq!(browser.answer().status, 403, "{host} {origin}");
        }
    }
}

/// The browser of a visitor whose DNS says that evil.test is here.
#[test]
fn a_name_that_is_bound_anew_to_this_address_gets_neither_the_page_nor_the_room() {
    let house = House::open(&[]);
    let host = format!("evil.test:{}", house.address().port());
    let page = house.ask(&Request::get("/", &host));
    assert_eq!(page.status, 421, "{page:?}");
    assert!(!page.text().contains(INDEX), "{page:?}");
    let mut visitor = house.room.browser();
    let upgrade = Request::upgrade(&host, format!("http://{host}"));
    let join = hubbub_testing::web::Frame::binary(join("page"));
    visitor.send([upgrade.bytes(), join.bytes()].concat());
    let answer = house.only_answer(&mut visitor).unwrap();
    assert_eq!(answer.status, 421, "{answer:?}");
    house.assert_unheard("page");
}
