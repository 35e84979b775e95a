//! What happens to engines while everybody talks: nobody leaves, and nothing is lost, doubled or out of order.

use std::thread;
use std::time::Duration;

use hubbub_testing::{DEADLINE, until};

use crate::house::{self, House};
use crate::member::{Member, What};
use crate::talk::Events;

const STREAM: &str = "HUBBUB_room";

/// Three engines, three nodes and thirty members on each, who talk while something happens. Whatever it is, everybody
/// hears everything, and nobody leaves.
#[track_caller]
fn while_all_talk(something: impl FnOnce(&mut Events<'_>)) -> House {
    let mut house = house::open(3, 3, &[]);
    for node in 0..3 {
        house.enter(node, 30);
    }
    house.talk_while(something);
    house.settle();
    house.assert_nobody_left();
    house
}

/// Nobody waited for long. What is promised is 10 s, which a machine that has much else to do does not keep: the figure
/// is printed where everything is judged, and this is for a silence that does not end by itself.
#[track_caller]
fn assert_went_on(house: &House) {
    let silence = house.longest_silence();
    assert!(silence < 2 * DEADLINE, "a silence of {silence:?}");
}

#[test]
fn everybody_hears_everything_once_and_in_one_order() {
    while_all_talk(|events| events.talk(3_000));
}

#[test]
fn the_engine_that_leads_is_killed_and_comes_back() {
    let house = while_all_talk(|events| {
        events.talk(1_000);
        let leader = events.engines.leader_of(STREAM).unwrap();
        events.engines.kill(leader);
        events.until_talk_goes_on();
        events.talk(1_000);
        events.engines.begin(leader);
        events.engines.wait();
        events.talk(1_000);
    });
    assert_went_on(&house);
}

#[test]
fn all_engines_are_started_anew_one_after_the_other() {
    let house = while_all_talk(|events| {
        for engine in 0..3 {
            events.talk(1_000);
            events.engines.kill(engine);
            events.engines.begin(engine);
            events.engines.wait();
        }
        events.talk(1_000);
    });
    assert_went_on(&house);
}

#[test]
fn an_engine_loses_its_disk_and_nothing_else_is_lost() {
    while_all_talk(|events| {
        events.talk(500);
        let leader = events.engines.leader_of(STREAM).unwrap();
        events.engines.kill(leader);
        events.engines.empty(leader);
        // The others have all that was acknowledged, once one of them leads.
        events.until_talk_goes_on();
        events.engines.begin(leader);
        events.engines.wait();
        events.talk(500);
    });
}

#[test]
fn all_engines_are_away_and_everybody_waits() {
    let house = while_all_talk(|events| {
        events.talk(500);
        away(events, Duration::from_secs(10));
        events.talk(500);
    });
    assert_paused_and_resumed(&house);
}

/// Takes all engines away for a while.
pub(crate) fn away(events: &mut Events<'_>, time: Duration) {
    for engine in 0..3 {
        events.engines.kill(engine);
    }
    thread::sleep(time);
    for engine in 0..3 {
        events.engines.begin(engine);
    }
    events.engines.wait();
}

/// Everybody was told that nothing gets through, and that it does again.
#[track_caller]
pub(crate) fn assert_paused_and_resumed(house: &House) {
    for member in &house.members {
        let told = member.told();
        let codes = told.iter().filter_map(|told| match &told.what {
            What::Notice(code) => Some(&**code),
            _ => None,
        });
        let codes: Vec<_> = codes.collect();
        let is_told = codes.first() == Some(&"paused") && codes.last() == Some(&"resumed");
        assert!(is_told, "{}: {codes:?}", member.name);
    }
}

#[test]
fn a_node_without_engines_obeys_when_it_is_to_stop() {
    let mut house = house::open(3, 2, &[]);
    house.enter(0, 2);
    for engine in 0..3 {
        house.engines.kill(engine);
    }
    house.members[0].say();
    let member = &house.members[0];
    let is_paused = |what: &What| *what == What::Notice("paused".to_owned());
    until("the member is told", || member.count(is_paused) == 1);
    for node in 0..2 {
        house.node(node).signal("TERM");
        assert!(house.node(node).status().success());
    }
}

#[test]
fn an_engine_sleeps() {
    let house = while_all_talk(|events| {
        events.talk(500);
        let leader = events.engines.leader_of(STREAM).unwrap();
        events.engines.signal(leader, "STOP");
        events.until_talk_goes_on();
        events.talk(15_000);
        events.engines.signal(leader, "CONT");
        events.talk(1_000);
    });
    assert_went_on(&house);
}

#[test]
fn the_only_engine_loses_its_disk_and_the_room_begins_anew() {
    let mut house = house::open(1, 2, &[]);
    for node in 0..2 {
        house.enter(node, 3);
    }
    house.members[0].say();
    until("everybody has heard it", || {
        house.members[1..].iter().all(|member| member.heard() == 1)
    });
    house.engines.kill(0);
    house.engines.empty(0);
    house.engines.begin(0);
    // Everybody comes back by itself, into another room.
    let rooms = |member: &Member| {
        let told = member.told().into_iter();
        let rooms = told.filter_map(|told| match told.what {
            What::Granted(room) => Some(room),
            _ => None,
        });
        rooms.collect::<Vec<_>>()
    };
    until("everybody is back in a new room", || {
        house.members.iter().all(|member| {
            let rooms = rooms(member);
            rooms.len() >= 2 && rooms.first() != rooms.last() && member.is_here()
        })
    });
    house.until_all_see(6);
    house.members[0].say();
    until("everybody has heard the next one", || {
        house.members[1..].iter().all(|member| member.heard() == 2)
    });
}
