//! Who is kicked stays away.

use std::time::Duration;

use hubbub_session::{Event, Intent, Options, Stamped};
use hubbub_testing::{DEADLINE, Peer, Room, join, leave, text};
use hubbub_wire::Username;

use crate::desk::{Directory, until_members};

#[test]
fn who_is_kicked_hears_why_and_is_out_by_name_and_by_address() {
    let directory = Directory::new();
    let room = directory.room();
    let mut bob = Peer::connect_from([127, 0, 0, 2], room.address());
    bob.send(join("bob"));
    room.hears(join("bob"));
    directory.desk().does("kick\tbob");
    let told = bob.expect_notice();
    assert_eq!(
        told,
        "an operator has put you out of the room; you may come back in 1m"
    );
    bob.expect_closed();
    room.hears(leave("bob"));
    // By name from elsewhere, by address under another name.
    for (from, name) in [([127, 0, 0, 3], "bob"), ([127, 0, 0, 2], "eve")] {
        let mut again = Peer::connect_from(from, room.address());
        again.send(join(name));
        let told = again.expect_notice();
        assert!(
            told.contains("this name or address") && told.contains("come back in"),
            "{told}"
        );
        again.expect_closed();
    }
    let mut eve = Peer::connect_from([127, 0, 0, 3], room.address());
    eve.send(join("eve"));
    room.hears(join("eve"));
}

#[test]
fn a_member_with_a_grant_gets_a_notice_and_cannot_resume() {
    let directory = Directory::new();
    let room = directory.room();
    let mut bob = room.ours("bob");
    directory.desk().does("kick\tbob");
    assert!(
        bob.expect_notice("kicked")
            .starts_with("an operator has put you out")
    );
    bob.peer.expect_closed();
    room.hears(leave("bob"));
    let mut again = room.connect();
    again.send(bob.offer.again().with_join());
    let refused = again.any_frame();
    assert_eq!(
        (&*refused.method, refused.header("Code")),
        ("NOTICE", Some("kicked"))
    );
    again.expect_closed();
}

#[test]
fn a_session_of_ours_that_is_kicked_stays_away_until_the_user_asks_to_come_in() {
    let directory = Directory::new();
    let room = directory.room();
    let (intents, wishes) = flume::unbounded();
    let (tell, events) = flume::unbounded();
    let address = format!("chat://127.0.0.1:{}", room.address().port());
    let options = Options::new(
        hubbub_transport::Address::from_link(&address, 0).unwrap(),
        Username::new("bob", 64).unwrap(),
    );
    let _session = hubbub_session::start(options, wishes, tell).unwrap();
    room.hears(join("bob"));
    let next = || -> Vec<Event> {
        let batch: Vec<Stamped> = events.recv_timeout(DEADLINE).unwrap();
        batch.into_iter().map(|stamped| stamped.event).collect()
    };
    let until = |wanted: &dyn Fn(&Event) -> bool| {
        loop {
            if let Some(event) = next().into_iter().find(|event| wanted(event)) {
                return event;
            }
        }
    };
    until(&|event| matches!(event, Event::CaughtUp { .. }));
    let mut desk = directory.desk();
    desk.does("kick\tbob");
    let kicked = until(&|event| matches!(event, Event::Kicked { .. } | Event::Lost { .. }));
    assert!(
        matches!(kicked, Event::Kicked { why } if why.starts_with("an operator has put you out"))
    );
    room.hears(leave("bob"));
    // It does nothing more: the back-off of a lost connection begins with less than this.
    assert!(events.recv_timeout(Duration::from_secs(3)).is_err());
    until_members(&mut desk, 0);
    intents.send(Intent::Retry).unwrap();
    // Too early. It hears so, and stays away again.
    let kicked = until(&|event| matches!(event, Event::Kicked { .. } | Event::Lost { .. }));
    assert!(matches!(kicked, Event::Kicked { why } if why.contains("come back in")));
    assert!(events.recv_timeout(Duration::from_secs(3)).is_err());
}

#[test]
fn the_others_go_on_and_hear_what_was_said_before_the_kick() {
    let directory = Directory::new();
    let room: Room = directory.room();
    let [mut ada, mut bob] = room.members(["ada", "bob"]);
    bob.send(text("bob", "last words"));
    ada.expect(text("bob", "last words"));
    directory.desk().does("kick\tbob");
    ada.expect(leave("bob"));
    // What it says afterwards is void.
    bob.try_send(text("bob", "but"));
    ada.send(text("ada", "quiet now"));
    room.hears(text("ada", "quiet now"));
    ada.expect_nothing_yet();
}
