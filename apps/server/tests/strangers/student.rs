//! A client and a server that were written from the assignment alone: their client in our room and, to check the test
//! itself, in their own. The tests of the session have ours in their room.

use hubbub_testing::{MIB, Stranger, join, leave, text};

use crate::room;

/// Their client, once it has connected.
fn client(port: u16, name: &str) -> Stranger {
    let port = port.to_string();
    let mut client = Stranger::start("student_client.py", &["--port", &port, "--username", name]);
    client.shows("connected");
    client
}

#[test]
fn their_clients_talk_in_our_room_and_show_everything_once() {
    let room = room();
    let mut alice = client(room.address().port(), "alice");
    room.hears(join("alice"));
    let mut bob = client(room.address().port(), "bob");
    they_talk(&mut alice, &mut bob);
    room.hears(leave("alice"));
    room.hears(text("bob", "goodbye"));
    room.hears(leave("bob"));
}

#[test]
fn their_clients_talk_in_their_own_room_and_show_the_same() {
    let mut server = Stranger::start("student_server.py", &["--port", "0"]);
    let port = server.shows_number("listening");
    let mut alice = client(port, "alice");
    server.shows("JOIN alice");
    let mut bob = client(port, "bob");
    they_talk(&mut alice, &mut bob);
}

/// Bob comes, both talk, alice goes, then bob.
fn they_talk(alice: &mut Stranger, bob: &mut Stranger) {
    alice.shows("bob joined");
    for line in [
        "My first chat message!",
        "héllo €",
        "Msg-len: 4",
        "CHAT/1.0 LEAVE",
    ] {
        alice.types(line);
        alice.shows(&format!("alice: {line}"));
        bob.shows(&format!("alice: {line}"));
        bob.types(line);
        bob.shows(&format!("bob: {line}"));
        alice.shows(&format!("bob: {line}"));
    }
    alice.close();
    alice.shows("disconnected");
    alice.ends();
    bob.shows("alice left");
    bob.types("goodbye");
    bob.shows("bob: goodbye");
    bob.close();
    bob.shows("disconnected");
    bob.ends();
}

#[test]
fn their_client_shows_texts_of_any_length_and_many_at_once() {
    let room = room();
    let mut carol = room.member("carol");
    let mut bob = client(room.address().port(), "bob");
    carol.expect(join("bob"));
    let long = "x".repeat(MIB);
    carol.send(text("carol", &long));
    carol.send(
        [
            text("carol", "one"),
            text("carol", "two\nlines"),
            leave("carol"),
        ]
        .concat(),
    );
    bob.shows(&format!("carol: {long}"));
    bob.shows("carol: one");
    bob.shows("carol: two | lines");
    bob.shows("carol left");
}

#[test]
fn a_burst_of_their_client_arrives_whole_and_in_order() {
    let room = room();
    let mut carol = room.member("carol");
    let mut bob = client(room.address().port(), "bob");
    carol.expect(join("bob"));
    let long = "€".repeat(MIB / 3);
    bob.types(&long);
    for number in 0..500 {
        bob.types(&number.to_string());
    }
    bob.close();
    carol.expect(text("bob", &long));
    for number in 0..500 {
        carol.expect(text("bob", number.to_string()));
    }
    carol.expect(leave("bob"));
}
