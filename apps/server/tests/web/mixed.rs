//! A stranger, a session of ours as the window has it, a plain peer with TLS and visitors with browsers, all in one
//! room: each hears what the others say, once and in one order.

use flume::{Receiver, Sender};
use hubbub_session::{Event, Intent, Options, Stamped};
use hubbub_testing::{DEADLINE, Offer, Ours, Stranger, join, leave, text};
use hubbub_transport::Address;
use hubbub_wire::Username;

use crate::house::House;

/// A session without a screen.
struct Session {
    intents: Sender<Intent>,
    events: Receiver<Vec<Stamped>>,
    seen: Vec<Event>,
}

impl Session {
    fn start(port: u16, name: &str) -> Self {
        let (intents, wishes) = flume::unbounded();
        let (tell, events) = flume::unbounded();
        let address = Address::from_link(&format!("chat://127.0.0.1:{port}"), 0).unwrap();
        let name = Username::new(name, 64).unwrap().into_owned();
        hubbub_session::start(Options::new(address, name), wishes, tell).unwrap();
        Self {
            intents,
            events,
            seen: Vec::new(),
        }
    }

    /// Waits for an event.
    #[track_caller]
    fn sees(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) {
        loop {
            if let Some(at) = self.seen.iter().position(&is_it) {
                self.seen.drain(..=at);
                return;
            }
            let Ok(batch) = self.events.recv_timeout(DEADLINE) else {
                panic!("no {what}, but {:?}", self.seen);
            };
            self.seen
                .extend(batch.into_iter().map(|stamped| stamped.event));
        }
    }
}

/// What everybody says, in turns, is heard by everybody else.
#[test]
fn whoever_comes_in_whatever_way_hears_the_others_once_and_in_order() {
    let house = House::open(&[]);
    let port = house.address().port();
    let mut plain = house.room.member("plain");
    let mut visitor = house.room.visiting_member("visitor");
    plain.expect(join("visitor"));
    let mut ours = house.room.visitor_of_ours("ours");
    assert!(
        ours.present.iter().any(|name| name == "visitor"),
        "{:?}",
        ours.present
    );
    for peer in [&mut plain, &mut visitor] {
        peer.expect(join("ours"));
    }
    let mut session = Session::start(port, "session");
    for peer in [&mut plain, &mut visitor] {
        peer.expect(join("session"));
    }
    ours.expect_coming_or_going("JOIN", "session");
    session.sees("grant", |event| matches!(event, Event::Granted { .. }));
    let mut stranger = Stranger::start(
        "student_client.py",
        &["--port", &port.to_string(), "--username", "stranger"],
    );
    stranger.shows("connected");
    for peer in [&mut plain, &mut visitor] {
        peer.expect(join("stranger"));
    }
    ours.expect_coming_or_going("JOIN", "stranger");

    let lines = ["h\u{e9}llo \u{20ac}", "CHAT/1.0 LEAVE", "<b>Msg-len: 4</b>"];
    for (count, line) in (1..).zip(lines) {
        plain.send(text("plain", line));
        visitor.expect(text("plain", line));
        ours.expect_text("plain", line);
        stranger.shows(&format!("plain: {line}"));
        session.sees(line, |event| format!("{event:?}").contains("plain"));

        visitor.send(text("visitor", line));
        plain.expect(text("visitor", line));
        ours.expect_text("visitor", line);
        stranger.shows(&format!("visitor: {line}"));

        ours.says(count, line);
        ours.expect_ack(count);
        plain.expect(text("ours", line));
        visitor.expect(text("ours", line));
        stranger.shows(&format!("ours: {line}"));

        stranger.types(line);
        stranger.shows(&format!("stranger: {line}"));
        plain.expect(text("stranger", line));
        visitor.expect(text("stranger", line));
        ours.expect_text("stranger", line);
    }
    visitor.send(leave("visitor"));
    assert_eq!(visitor.expect_closing().0, 1000);
    plain.expect(leave("visitor"));
    ours.expect_coming_or_going("LEAVE", "visitor");
    stranger.shows("visitor left");
    session.intents.send(Intent::Leave).unwrap();
    plain.expect(leave("session"));
}

/// A member that comes back by a browser with the secret is the same one, and nobody hears of it.
#[test]
fn a_member_of_ours_goes_on_in_a_browser_and_back_without_a_leave() {
    let house = House::open(&[]);
    let mut bob = house.room.member("bob");
    let ours = house.room.visitor_of_ours("ours");
    bob.expect(join("ours"));
    ours.peer.reset();
    let offer = ours.offer.again();
    let mut again = house.room.connect();
    again.send(offer.with_join());
    let again = Ours::welcomed(again, offer);
    // A tab that is loaded anew, while the old connection still stands.
    let offer = again.offer.again();
    let mut reloaded = house.room.visitor();
    reloaded.send(offer.with_join());
    let mut reloaded = Ours::welcomed(reloaded, offer);
    drop(again);
    reloaded.says(1, "the same");
    reloaded.expect_ack(1);
    // Neither a LEAVE nor a JOIN came before this.
    bob.expect(text("ours", "the same"));
}

#[test]
fn a_name_is_taken_whoever_bears_it_and_the_reason_is_told_to_each_in_its_own_way() {
    let house = House::open(&[]);
    let _bob = house.room.member("bob");
    let mut plain = house.room.visitor();
    plain.send(join("bob"));
    plain.expect_notice();
    let (code, reason) = plain.expect_closing();
    assert_eq!((code, &*reason), (4001, "name"));
    let mut ours = house.room.visitor();
    ours.send(Offer::new("bob").with_join());
    ours.expect_refusal("name");
    let (code, reason) = ours.expect_closing();
    assert_eq!((code, &*reason), (4001, "name"));
}

#[test]
fn a_server_that_stops_says_so_to_each_in_its_own_way() {
    let house = House::open(&[]);
    let mut ours = house.room.visitor_of_ours("ours");
    let mut visitor = house.room.visiting_member("visitor");
    let mut waiting = house.room.visitor();
    house.program.signal("TERM");
    ours.expect_coming_or_going("JOIN", "visitor");
    ours.expect_notice("stopping");
    for peer in [&mut ours.peer, &mut visitor, &mut waiting] {
        let (code, reason) = peer.expect_closing();
        assert_eq!((code, &*reason), (1001, "stopping"));
        peer.expect_gone();
    }
}
