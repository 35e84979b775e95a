//! Under which names the room answers: against pages of others whose name leads to our address.

use std::net::SocketAddr;

use hubbub_testing::Program;

use super::place::{Page, asked, room, status};

fn at(host: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

#[test]
fn the_rooms_own_address_and_its_names_are_answered_and_no_others() {
    let room = room();
    let port = room.address().port();
    for (host, wanted) in [
        (format!("127.0.0.1:{port}"), "200"),
        (format!("localhost:{port}"), "200"),
        ("chat.example.org".to_owned(), "200"),
        ("CHAT.EXAMPLE.ORG.:443".to_owned(), "200"),
        ("evil.test".to_owned(), "421"),
        (format!("evil.test:{port}"), "421"),
        ("127.0.0.2".to_owned(), "421"),
        ("192.0.2.1".to_owned(), "421"),
        ("[::1]".to_owned(), "421"),
        ("a@chat.example.org".to_owned(), "400"),
        (String::new(), "400"),
    ] {
        let answer = asked(room.address(), &at(&host));
        assert_eq!(status(&answer), wanted, "{host}: {answer}");
    }
}

#[test]
fn an_operator_names_the_room_by_options_or_in_a_variable() {
    let page = Page::new();
    let names = ["--web-host", "a.example.org", "--web-host", "b.example.org"];
    let options = [&["--web", page.text()][..], &names].concat();
    let mut by_options = Program::with(&options, &[]);
    let variables = [
        ("HUBBUB_WEB", page.text()),
        ("HUBBUB_WEB_HOST", "a.example.org,b.example.org"),
    ];
    let mut by_variables = Program::with(&[], &variables);
    for program in [&mut by_options, &mut by_variables] {
        let address = program.address();
        for (host, wanted) in [
            ("a.example.org", "200"),
            ("b.example.org", "200"),
            ("c.example.org", "421"),
        ] {
            assert_eq!(status(&asked(address, &at(host))), wanted, "{host}");
        }
    }
}

/// Whoever starts it can open that at once.
#[test]
fn the_server_says_where_browsers_open_the_room() {
    let page = Page::new();
    for listens_at in ["127.0.0.1", "::1", "127.0.0.2"] {
        let options = ["--port", "0", "--listen", listens_at, "--web", page.text()];
        let mut program = Program::start(&options);
        let port = program.port();
        let line = program.line_with("browsers open");
        let host = match listens_at {
            "127.0.0.2" => "127.0.0.2",
            _ => "localhost",
        };
        let place = format!("{host}:{port}");
        assert!(line.ends_with(&format!(" http://{place}/\n")), "{line}");
        let address = SocketAddr::new(listens_at.parse().unwrap(), port);
        assert_eq!(status(&asked(address, &at(&place))), "200");
    }
}

#[test]
#[cfg(feature = "tls")]
fn browsers_call_a_key_of_the_servers_own_unsafe_and_the_log_says_so_at_the_start() {
    use hubbub_testing::tls::{Authority, Directory};
    let (page, state) = (Page::new(), Directory::new());
    let state = state.of("state");
    let web = ["--web", page.text(), "--web-host", "chat.example.org"];
    let mut own = Program::with(&[&web[..], &["--tls", "--state", &state]].concat(), &[]);
    let port = own.port();
    let line = own.line_with("browsers open");
    let link = format!(" https://chat.example.org:{port}/\n");
    assert!(line.ends_with(&link), "{line}");
    let line = own.line_with("call this room unsafe");
    assert!(line.contains("--tls-cert"), "{line}");
    let (directory, authority) = (Directory::new(), Authority::new());
    let [cert, key] = authority
        .certificate("chat.example.org")
        .write(directory.as_ref(), "server")
        .map(|path| path.to_str().unwrap().to_owned());
    let files = ["--tls", "--tls-cert", &cert, "--tls-key", &key];
    let mut vouched = Program::with(&[&web[..], &files].concat(), &[]);
    vouched.line_with("browsers open");
    vouched.signal("TERM");
    let log = vouched.end().stderr;
    assert!(!log.contains("unsafe"), "{log}");
}
