//! Nodes that start while everybody talks, and while another node is taken for gone.

use std::time::Instant;

use hubbub_testing::{DEADLINE, Program, until};

use crate::house;
use crate::member::{Member, Told, What};
use crate::nodes::{SOON_GONE, leave, went};

#[test]
fn nodes_start_and_stop_in_a_flood_and_all_have_the_same_room() {
    let mut house = house::open(3, 2, &[]);
    for node in 0..2 {
        house.enter(node, 10);
    }
    let (engines, urls) = (house.engines.urls(), house.engines.count().to_string());
    let mut late = house.talk_while(|events| {
        let mut late = Vec::new();
        for round in 0..3 {
            events.talk(1_000);
            let node = || Program::with(&["--cluster", &engines, "--cluster-replicas", &urls], &[]);
            let mut pair = [node(), node()];
            for (index, node) in pair.iter_mut().enumerate() {
                let member = Member::new(&format!("late{round}{index}"), &[node.port()]);
                until("it is here", || member.is_here());
                until("it hears", || member.heard() > 100);
                late.push(member.here());
                member.leave();
            }
            let [stopped, killed] = pair;
            stopped.signal("TERM");
            assert!(stopped.end().status.success());
            drop(killed);
        }
        late
    });
    house.settle();
    for here in &mut late {
        here.retain(|name| !name.starts_with("late"));
        assert_eq!(here.len(), 20, "{here:?}");
    }
}

#[test]
fn nodes_that_start_while_another_one_is_taken_for_gone_have_the_same_room() {
    let mut house = house::open(3, 2, SOON_GONE);
    let ghost = Member::new("ghost", &[house.port(1)]);
    until("the ghost is here", || ghost.is_here());
    house.enter(0, 10);
    let (engines, count) = (house.engines.urls(), house.engines.count().to_string());
    let pair = || {
        let options = ["--cluster", &engines, "--cluster-replicas", &count];
        [(); 2].map(|()| Program::with(&[&options, SOON_GONE].concat(), &[]))
    };
    let late = house.talk_while(|events| {
        events.talk(500);
        // The first pair is there in time to know the ghost, however busy the machine is.
        let mut late = Vec::new();
        enter(&mut late, pair());
        events.nodes[1] = None;
        let deadline = Instant::now() + 2 * DEADLINE;
        let mut is_gone = false;
        // A pair every few seconds, and one more when it is done.
        while !is_gone {
            assert!(Instant::now() < deadline, "the ghost stays");
            let has_left = |member: &Member| member.count(went("ghost")) > 0;
            is_gone = events.members.iter().all(has_left);
            enter(&mut late, pair());
            events.talk(1_000);
        }
        late
    });
    house.settle();
    // Those who are late were not waited for so far.
    house.until_all_see(10 + late.len());
    let here = house.members[0].here();
    for (member, _) in &late {
        until("a late one sees the same", || member.here() == here);
    }
    let left = leave(&house.members[0], "ghost").time;
    let mut seen = 0;
    for (member, _) in &late {
        let told = member.told();
        let knows = |told: &&Told| matches!(&told.what, What::Here(names) if names.iter().any(|name| name == "ghost"));
        match told.iter().find(knows) {
            Some(_) => {
                assert_eq!(leave(member, "ghost").time, left, "{}", member.name);
                seen += 1;
            }
            None => assert_eq!(member.count(went("ghost")), 0, "{}", member.name),
        }
    }
    println!("{seen} of {} started before the ghost had left", late.len());
    assert!(2 <= seen && seen < late.len(), "{seen} of {}", late.len());
}

/// A member comes to each of two nodes that have just been started.
fn enter(late: &mut Vec<(Member, Program)>, pair: [Program; 2]) {
    for mut node in pair {
        let name = format!("late{}", late.len());
        let member = Member::new(&name, &[node.port()]);
        until("it is here", || member.is_here());
        late.push((member, node));
    }
}
