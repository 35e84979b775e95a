//! What happens to nodes while everybody talks.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use hubbub_testing::{DEADLINE, Engines, Network, Way, until};

use crate::house::{self, House};
use crate::member::{Member, Told, What};

/// The shortest time after which a node is gone.
pub(crate) const SOON_GONE: &[&str] = &["--cluster-node-timeout", "30s"];

/// That this member has left.
pub(crate) fn went(name: &str) -> impl Fn(&What) -> bool {
    let went = What::Went(name.to_owned());
    move |what| *what == went
}

#[test]
fn a_node_is_killed_and_its_members_go_on_with_another_one() {
    let mut house = house::open(3, 3, SOON_GONE);
    house.enter_anywhere(60);
    house.talk_while(|events| {
        events.talk(1_000);
        events.nodes[1].take();
        // Longer than the time after which a node is gone.
        events.talk(500 * 40);
    });
    house.settle();
    house.assert_nobody_left();
    let longest = house.members.iter().filter_map(absence).max();
    let longest = longest.expect("nobody was on the node");
    // What is promised is 2 s, which a machine that has much else to do does not keep.
    println!("the longest time without a connection: {longest:?}");
    assert!(longest < 2 * DEADLINE, "{longest:?} without a connection");
}

/// How long a member was without a connection.
fn absence(member: &Member) -> Option<Duration> {
    let told = member.told();
    let is_lost = |told: &Told| matches!(told.what, What::Lost(_));
    let lost = told.iter().position(is_lost)?;
    let mut later = told[lost..].iter();
    let back = later.find(|told| told.what == What::CaughtUp)?;
    Some(back.at - told[lost].at)
}

#[test]
fn members_of_a_dead_node_that_do_not_come_back_leave_once_and_not_too_early() {
    leave_when_gone(SOON_GONE, 30);
}

/// Members of a node that is killed leave once, at the same place for everybody, when it was silent for so long.
pub(crate) fn leave_when_gone(options: &[&str], timeout: u64) {
    let mut house = house::open(3, 3, options);
    let port = house.port(1);
    let ghosts = ["ghost1", "ghost2"].map(|name| Member::new(name, &[port]));
    for ghost in &ghosts {
        until("it is here", || ghost.is_here());
    }
    for node in [0, 2] {
        house.enter(node, 10);
    }
    let killed = house.talk_while(|events| {
        events.talk(500);
        events.nodes[1].take();
        let killed = SystemTime::now();
        events.talk(500 * (timeout + 25));
        killed
    });
    house.settle();
    for name in ["ghost1", "ghost2"] {
        let leaves: Vec<_> = house
            .members
            .iter()
            .map(|member| leave(member, name))
            .collect();
        let at = leaves[0].time;
        assert!(leaves.iter().all(|leave| leave.time == at), "{leaves:?}");
        // All but those whose own text was the last before it had heard the same.
        let places: BTreeSet<_> = leaves.iter().map(|leave| &leave.place).collect();
        assert!(
            places.len() <= 2,
            "{name} left at several places: {places:?}"
        );
        // By the time of the stream. Its last sign of life was up to 10 s old when it was killed, and a busy machine may
        // have kept it from the next one for a while.
        let after = at.duration_since(killed).unwrap();
        let bounds = Duration::from_secs(timeout - 15)..Duration::from_secs(timeout + 16);
        assert!(bounds.contains(&after), "{name} left after {after:?}");
    }
}

/// The only time that a member was told that somebody has left.
#[track_caller]
pub(crate) fn leave(member: &Member, name: &str) -> Told {
    let mut leaves = member.told();
    leaves.retain(|told| went(name)(&told.what));
    assert_eq!(leaves.len(), 1, "{name}:\n{}", member.tail());
    leaves.remove(0)
}

#[test]
fn a_node_sleeps_and_is_not_taken_for_gone() {
    // Whatever it takes the others for.
    asleep(&[], 30).assert_nobody_left();
}

/// A node sleeps for so long, and everything is heard all the same.
fn asleep(options: &[&str], seconds: u64) -> House {
    let mut house = house::open(3, 3, options);
    for node in 0..3 {
        house.enter(node, 10);
    }
    // Who misses more than 20,000 messages is told of a gap.
    house.pace = 100;
    house.talk_while(|events| {
        events.talk(100);
        events.nodes[1].as_ref().unwrap().signal("STOP");
        events.talk(100 * seconds);
        events.nodes[1].as_ref().unwrap().signal("CONT");
        events.talk(100);
    });
    house.settle();
    house
}

#[test]
fn a_node_that_sleeps_too_long_finds_itself_gone_and_takes_nobody_else_for_gone() {
    gone_while_asleep(SOON_GONE, 40);
}

/// Its members leave and come again; what they said meanwhile is heard then.
pub(crate) fn gone_while_asleep(options: &[&str], seconds: u64) {
    let house = asleep(options, seconds);
    house.until_all_see(30);
    for member in &house.members {
        for other in &house.members {
            let left = member.count(went(&other.name));
            let is_of_the_sleeper = other.name.starts_with("n1");
            let is_right = match is_of_the_sleeper && member.name != other.name {
                true => left == 1,
                false => left == 0,
            };
            assert!(
                is_right,
                "{} heard {left} times that {} left",
                member.name, other.name
            );
        }
    }
}

/// Engines, and a node whose way to them is under bad weather.
fn house_with_weather() -> (House, Vec<Network>) {
    let engines = Engines::start(3);
    let direct = engines.urls();
    let port = |url: &str| url.rsplit(':').next().unwrap().parse().unwrap();
    let networks: Vec<_> = (0..3)
        .map(|engine| Network::to(port(&engines.url(engine))))
        .collect();
    let urls = networks
        .iter()
        .map(|network| format!("nats://127.0.0.1:{}", network.port()));
    let through = urls.collect::<Vec<_>>().join(",");
    let house = House::on(engines, vec![direct, through], &[]);
    (house, networks)
}

#[test]
fn a_node_that_is_cut_off_from_all_engines_waits_while_the_others_talk_on() {
    for way in [None, Some(Way::ToServer), Some(Way::ToClient)] {
        let (mut house, networks) = house_with_weather();
        for node in 0..2 {
            house.enter(node, 10);
        }
        house.talk_while(|events| {
            events.talk(500);
            for network in &networks {
                let mut weather = network.weather();
                weather.still = way.is_none();
                weather.dead = way;
            }
            events.talk(500 * 10);
            for network in &networks {
                network.clear_up();
            }
            events.talk(500);
        });
        house.settle();
        house.assert_nobody_left();
        let is_paused = |what: &What| *what == What::Notice("paused".to_owned());
        for member in &house.members {
            // On a busy machine, the others may wait for their engines for long enough to be told as well.
            let is_cut_off = member.name.starts_with("n1");
            assert!(
                !is_cut_off || member.count(is_paused) > 0,
                "{way:?}: {}",
                member.name
            );
        }
    }
}

#[test]
fn connections_to_engines_break_all_the_time() {
    let (mut house, networks) = house_with_weather();
    for node in 0..2 {
        house.enter(node, 10);
    }
    house.talk_while(|events| {
        for round in 0..40 {
            events.talk(250);
            for network in &networks {
                match round % 3 {
                    0 => network.cut(),
                    1 => network.cut_after(Way::ToServer, fastrand::usize(..20_000)),
                    _ => network.cut_after(Way::ToClient, fastrand::usize(..20_000)),
                }
            }
        }
    });
    house.settle();
    house.assert_nobody_left();
}
