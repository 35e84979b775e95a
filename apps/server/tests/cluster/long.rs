//! What takes minutes: run by `just test-cluster-long`.

use std::time::{Duration, Instant};
use std::{env, process, thread};

use hubbub_testing::{Program, resident_bytes};

use crate::talk::Events;
use crate::{engines, house, nodes};

/// What is done to the house.
type Fault = fn(&mut Events<'_>);

/// What happens in the chaos, in words.
const FAULTS: [(&str, Fault); 8] = [
    ("the engine that leads killed", kill_the_leader),
    (
        "an engine killed and started again at once",
        restart_an_engine,
    ),
    ("an engine stopped for up to 15 s", stop_an_engine),
    ("all engines killed, away for 5 s", lose_all_engines),
    ("a node killed and started again", kill_a_node),
    (
        "a node stopped by SIGTERM and started again",
        restart_a_node,
    ),
    ("a node asleep for up to 15 s", stop_a_node),
    ("two nodes killed at once", kill_two_nodes),
];

/// Three engines and three nodes, and 90 members that know all nodes, under every fault in turn for MINUTES. It ends at
/// the first text that is lost, doubled or out of order.
#[test]
#[ignore = "as long as it is told to: MINUTES=30"]
fn for_minutes() {
    let minutes: f64 = env::var("MINUTES").unwrap().parse().unwrap();
    let mut house = house::open(3, 3, &["--grace", "1min"]);
    house.enter_anywhere(90);
    let mut counts = [0; FAULTS.len()];
    let mut most = [0; 2];
    house.talk_while(|events| {
        let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
        while Instant::now() < end {
            let index = fastrand::usize(..FAULTS.len());
            counts[index] += 1;
            println!("{}", FAULTS[index].0);
            FAULTS[index].1(events);
            events.until_talk_goes_on();
            events.talk(fastrand::u64(500..5_000));
            let nodes = events.nodes.iter().flatten().map(Program::resident_bytes);
            let checker = resident_bytes(process::id());
            most = [most[0].max(nodes.max().unwrap_or(0)), most[1].max(checker)];
        }
    });
    house.settle();
    for ((what, _), count) in FAULTS.iter().zip(counts) {
        println!("{count:5}  {what}");
    }
    let [node, members] = most.map(|bytes| bytes / 1_000_000);
    println!(
        "memory: {node} MB for a node at most, {members} MB for all members and what checks them"
    );
    println!("lost, doubled, out of order: 0, 0, 0, after {minutes} minutes");
}

#[test]
#[ignore = "a minute and a half"]
fn members_of_a_dead_node_leave_after_the_usual_time() {
    nodes::leave_when_gone(&[], 45);
}

fn a_while() {
    thread::sleep(Duration::from_millis(fastrand::u64(500..15_000)));
}

fn kill_the_leader(events: &mut Events<'_>) {
    if let Some(leader) = events.engines.leader_of("HUBBUB_room") {
        events.engines.kill(leader);
        a_while();
        events.engines.begin(leader);
        events.engines.wait();
    }
}

fn restart_an_engine(events: &mut Events<'_>) {
    let engine = fastrand::usize(..3);
    events.engines.kill(engine);
    events.engines.begin(engine);
    events.engines.wait();
}

fn stop_an_engine(events: &mut Events<'_>) {
    let engine = fastrand::usize(..3);
    events.engines.signal(engine, "STOP");
    a_while();
    events.engines.signal(engine, "CONT");
    events.engines.wait();
}

fn lose_all_engines(events: &mut Events<'_>) {
    engines::away(events, Duration::from_secs(5));
}

fn kill_a_node(events: &mut Events<'_>) {
    let node = fastrand::usize(..3);
    events.nodes[node] = None;
    a_while();
    events.begin(node);
}

fn restart_a_node(events: &mut Events<'_>) {
    let node = fastrand::usize(..3);
    let mut stopped = events.nodes[node].take().unwrap();
    stopped.signal("TERM");
    stopped.status();
    events.begin(node);
}

fn stop_a_node(events: &mut Events<'_>) {
    let node = fastrand::usize(..3);
    let program = events.nodes[node].as_ref().unwrap();
    program.signal("STOP");
    a_while();
    program.signal("CONT");
}

fn kill_two_nodes(events: &mut Events<'_>) {
    let node = fastrand::usize(..3);
    let pair = [node, (node + 1) % 3];
    for node in pair {
        events.nodes[node] = None;
    }
    for node in pair {
        events.begin(node);
    }
}

#[test]
#[ignore = "two minutes and a half"]
fn all_engines_are_away_for_two_minutes() {
    let mut house = house::open(3, 3, &[]);
    for node in 0..3 {
        house.enter(node, 30);
    }
    // All that is said meanwhile comes at once in the end, and a screen that takes it too slowly is told that it missed
    // something.
    house.pace = 100;
    house.talk_while(|events| {
        events.talk(100);
        engines::away(events, Duration::from_secs(120));
        events.talk(100);
    });
    house.settle();
    house.assert_nobody_left();
    engines::assert_paused_and_resumed(&house);
}

#[test]
#[ignore = "two minutes"]
fn a_node_sleeps_for_a_minute_and_a_half() {
    nodes::gone_while_asleep(&[], 90);
}
