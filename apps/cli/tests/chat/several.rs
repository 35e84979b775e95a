//! A room on several servers, one of which is killed under a person who types.

use hubbub_testing::{HeldPort, Program, text};

use crate::screen::Screen;

#[test]
fn a_killed_server_is_left_for_another_one_where_all_that_is_typed_arrives() {
    let (one, two) = (HeldPort::new(), HeldPort::new());
    let first = Program::on(&one);
    let list = format!("127.0.0.1:{},127.0.0.1:{}", one.number(), two.number());
    let mut alice = Screen::chat_at(&list, "alice", &[]);
    alice.shows("here: only alice");
    let mut second = Program::on(&two);
    let room = second.room();
    let mut bob = room.member("bob");
    first.signal("KILL");
    alice.shows("* the connection is lost: ");
    alice.shows("* connected again, after ");
    alice.types("are you there?\r");
    bob.expect(hubbub_testing::join("alice"));
    bob.expect(text("alice", "are you there?"));
    bob.send(text("bob", "always"));
    alice.shows("always");
}
