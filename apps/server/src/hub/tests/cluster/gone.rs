//! A node that is taken for gone, and one that is.

use super::*;

/// Longer than a node may say nothing, with the time that the others need to see it.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn the_members_of_a_node_that_is_killed_leave_within_a_minute_and_not_before_45_s() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.plain(0, ADA, "ada");
    assert_eq!(taken(&mut bob), join("ada"));
    nodes.asleep = vec![0];
    nodes.passes(44 * SECOND);
    assert_eq!(taken(&mut bob), "");
    nodes.passes(16 * SECOND);
    assert_eq!(taken(&mut bob), leave("ada"));
}

#[test]
fn a_node_that_slept_joins_its_members_again_and_what_they_said_meanwhile_comes_after_that() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let mut eve = nodes.plain(0, EVE, "eve");
    assert_eq!(taken(&mut bob), join("ada") + &join("eve"));
    taken(&mut ada);
    nodes.asleep = vec![0];
    nodes.passes(LONG);
    let gone = leave("ada") + &leave("eve");
    assert_eq!(taken(&mut bob), gone);
    nodes.says(1, BOB, "bob", "they sleep");
    // It wakes: what was said is read first, and the stream after it.
    nodes.says(0, ADA, "ada", "good morning");
    nodes.says(0, EVE, "eve", "me too");
    nodes.asleep.clear();
    nodes.settle();
    let back = join("ada") + &join("eve") + &text("ada", "good morning") + &text("eve", "me too");
    assert_eq!(taken(&mut bob), back);
    // Its own members hear everything, but nothing of themselves.
    let others = leave("ada") + &text("bob", "they sleep") + &join("ada");
    assert_eq!(taken(&mut eve), others + &text("ada", "good morning"));
    let told = taken(&mut ada);
    assert!(!told.contains("Username: ada\r\nTime"), "{told}");
    assert!(
        told.contains("they sleep") && told.contains("me too"),
        "{told}"
    );
    // And go on as ever.
    nodes.says(0, ADA, "ada", "as ever");
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "as ever"));
    nodes.hubs[0].is_gone(ADA, Departure::Closed);
    nodes.settle();
    let _moved = nodes.ours_again(1, FAY, "ada", 1, 2);
    assert_eq!(taken(&mut bob), "");
}

#[test]
fn what_was_on_its_way_when_a_node_was_taken_for_gone_is_said_once() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.plain(0, ADA, "ada");
    taken(&mut bob);
    nodes.says(0, ADA, "ada", "in flight");
    nodes.turn(0);
    nodes.says(0, ADA, "ada", "waiting");
    nodes.turn(0);
    nodes.asleep = vec![0];
    nodes.passes(LONG);
    assert_eq!(taken(&mut bob), leave("ada"));
    nodes.asleep.clear();
    nodes.passes(5 * SECOND);
    let said = text("ada", "in flight") + &text("ada", "waiting");
    assert_eq!(taken(&mut bob), join("ada") + &said);
}

#[test]
fn who_is_gone_and_whose_name_is_taken_by_then_is_told_and_closed() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.plain(0, ADA, "ada");
    let mut eve = nodes.ours(0, EVE, "eve", 1);
    nodes.asleep = vec![0];
    nodes.passes(LONG);
    let _other = nodes.plain(1, ADA, "ada");
    let _same = nodes.ours_again(1, EVE, "eve", 1, 2);
    nodes.asleep.clear();
    nodes.settle();
    assert!(is_over_after_words(&mut ada));
    let told = taken(&mut eve);
    assert!(told.contains("Code: name") && is_over(&mut eve), "{told}");
    let names: Vec<&str> = nodes.hubs[0].room.names().collect();
    assert_eq!(names, ["ada", "eve"]);
}

#[test]
fn who_leaves_or_is_lost_before_it_has_joined_again_leaves_afterwards() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.plain(0, ADA, "ada");
    let _eve = nodes.plain(0, EVE, "eve");
    nodes.asleep = vec![0];
    nodes.passes(LONG);
    taken(&mut bob);
    nodes.hubs[0].leaves(ADA, "ada");
    nodes.hubs[0].is_gone(EVE, Departure::Closed);
    nodes.asleep.clear();
    nodes.settle();
    let all = join("ada") + &join("eve") + &leave("ada") + &leave("eve");
    assert_eq!(taken(&mut bob), all);
}

#[test]
fn an_engine_that_is_away_for_minutes_makes_nobody_gone() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.plain(0, ADA, "ada");
    taken(&mut bob);
    nodes.asleep = vec![0, 1];
    nodes.passes(5 * LONG);
    nodes.asleep.clear();
    nodes.passes(LONG);
    assert_eq!(taken(&mut bob), "");
}
