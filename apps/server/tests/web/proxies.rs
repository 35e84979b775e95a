//! Who counts as whom: visitors behind a proxy, and browsers that only ask for files.

use std::net::SocketAddr;

use hubbub_testing::web::Request;
use hubbub_testing::{Peer, Program, join, text};

use super::place::{INDEX, Page, asked, get};

fn program(page: &Page, options: &[&str]) -> Program {
    Program::with(&[&["--web", page.text()], options].concat(), &[])
}

fn request(address: SocketAddr, visitor: &str) -> Request {
    let place = format!("localhost:{}", address.port());
    Request::upgrade(&place, format!("http://{place}")).with("X-Forwarded-For", visitor)
}

/// A page that comes through a proxy, for this visitor.
#[track_caller]
fn comes(address: SocketAddr, visitor: &str) -> Peer {
    Peer::connect(address).upgrade_by(&request(address, visitor))
}

#[test]
fn visitors_behind_a_trusted_proxy_are_counted_one_by_one_and_it_is_not() {
    let page = Page::new();
    let options = [
        "--trusted-proxy",
        "127.0.0.1",
        "--max-peers-per-address",
        "1",
    ];
    let mut program = program(&page, &options);
    let address = program.address();
    let mut alice = comes(address, "198.51.100.9, 192.0.2.1");
    alice.send(join("alice"));
    program.line_with("192.0.2.1");
    let mut bob = comes(address, "192.0.2.2");
    bob.send([join("bob"), text("bob", "hi")].concat());
    alice.expect([join("bob"), text("bob", "hi")].concat());
    let mut third = comes(address, "192.0.2.1");
    let words = third.expect_notice();
    assert!(words.contains("from your address"), "{words}");
    // What the proxy asks for others is not its own either.
    for _ in 0..20 {
        assert!(asked(address, &get("/")).ends_with(INDEX));
    }
}

#[test]
fn nobody_else_is_believed_who_says_for_whom_it_comes() {
    let page = Page::new();
    let options = [
        "--trusted-proxy",
        "192.0.2.9",
        "--max-peers-per-address",
        "1",
    ];
    let mut program = program(&page, &options);
    let address = program.address();
    let mut alice = comes(address, "192.0.2.1");
    alice.send(join("alice"));
    program.line_with("127.0.0.1");
    let words = comes(address, "192.0.2.2").expect_notice();
    assert!(words.contains("from your address"), "{words}");
}

#[test]
fn files_are_nobodys_visit_and_pages_and_programs_that_come_are() {
    let page = Page::new();
    let mut program = program(&page, &["--visits-per-minute", "2"]);
    let address = program.address();
    for _ in 0..20 {
        assert!(asked(address, &get("/")).ends_with(INDEX));
    }
    let mut alice = Peer::connect(address);
    alice.send(join("alice"));
    program.line_with("alice");
    let mut bob = comes(address, "192.0.2.1");
    bob.send(join("bob"));
    alice.expect(join("bob"));
    let mut plain = Peer::connect(address);
    plain.send(join("plain"));
    let mut page = comes(address, "192.0.2.1");
    for words in [plain.expect_notice(), page.expect_notice()] {
        assert!(words.contains("too often"), "{words}");
    }
}
