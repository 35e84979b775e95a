//! Under which names the room answers: against pages of others whose name leads to our address.

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
