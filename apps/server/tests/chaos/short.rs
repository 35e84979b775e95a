//! A few calamities in a fixed order: short enough for every run of the tests.

use std::time::Duration;

use hubbub_testing::Way;

use crate::checker::{Kind, Verdict};
use crate::forger::{Forgery, forger};
use crate::journal::{Entry, What};
use crate::scene::Scene;

/// Ends a scene in which nothing may be wrong.
#[track_caller]
fn expect_promise_kept(scene: Scene) -> Verdict {
    let (verdict, journal) = scene.end();
    assert!(verdict.faults.is_empty(), "{}", verdict.evidence(&journal));
    assert_eq!(verdict.forgiven, 0);
    verdict
}

/// Whether this member was shown that something else has the place after `from`.
fn has_heard(entries: &[Entry], who: &str, count: usize) -> bool {
    let heard = |entry: &&Entry| entry.who == who && matches!(entry.what, What::Heard { .. });
    entries.iter().filter(heard).count() >= count
}

#[test]
fn a_text_arrives_once_though_the_server_is_killed_in_the_middle_of_it() {
    let mut scene = Scene::open("killed-in-the-middle", false);
    let (ann, ben) = (scene.by_road("ann"), scene.direct("ben"));
    scene.plain_member("pia", scene.house.port());
    scene.actors[ann].say(10);
    scene.until_done(ann);
    // The rest of it stays on the road.
    scene.road(ann).cut_after(Way::ToServer, usize::MAX);
    scene.road(ann).weather().dead = Some(Way::ToServer);
    scene.actors[ann].say(500_000);
    scene.actors[ben].say(20);
    scene.until_done(ben);
    scene.house.kill();
    scene.road(ann).clear_up();
    scene.actors[ann].say(30);
    assert!(scene.house.start());
    scene.until_done(ann);
    let verdict = expect_promise_kept(scene);
    assert_eq!(verdict.arrived, 6, "four, and two last words");
}

#[test]
fn nothing_is_lost_or_doubled_in_restarts_within_the_grace_and_after_it() {
    let mut scene = Scene::open("restarts", false);
    let (ann, ben) = (scene.direct("ann"), scene.by_road("ben"));
    scene.plain_member("pia", scene.house.port());
    for away in [Duration::ZERO, Duration::from_secs(4)] {
        for ends in [
            |scene: &mut Scene| scene.house.stop(),
            |scene: &mut Scene| scene.house.kill(),
        ] {
            for number in 0..10 {
                scene.actors[ann].say(number);
                scene.actors[ben].say(number);
            }
            ends(&mut scene);
            scene.actors[ann].say(50);
            std::thread::sleep(away);
            assert!(scene.house.start());
            scene.until_done(ann);
            scene.until_done(ben);
        }
    }
    expect_promise_kept(scene);
}

#[test]
fn a_replay_that_is_cut_again_and_again_brings_each_text_once() {
    let mut scene = Scene::open("cut-replay", false);
    let (ann, ben) = (scene.direct("ann"), scene.by_road("ben"));
    scene.actors[ben].say(10);
    scene.until_done(ben);
    scene.actors[ben].kill();
    for number in 0..450 {
        scene.actors[ann].say(number);
    }
    scene.until_done(ann);
    for bytes in [2_000, 20_000, 70_000] {
        scene.road(ben).cut_after(Way::ToClient, bytes);
        let heard = scene.journal.len();
        if !scene.actors[ben].runs() {
            scene.actors[ben].start();
        }
        scene.journal.until("the replay is cut", |entries| {
            let lost =
                |entry: &Entry| entry.who == "ben" && matches!(entry.what, What::Lost { .. });
            entries[heard..].iter().any(lost)
        });
        scene.actors[ben].kill();
    }
    scene.actors[ben].start();
    scene.until_done(ben);
    expect_promise_kept(scene);
}

/// What the checker finds when ben's connection is forged.
fn found(name: &str, forgery: Forgery) -> Verdict {
    let mut scene = Scene::open(name, false);
    let ann = scene.direct("ann");
    let port = forger(scene.house.port(), forgery);
    scene.by_port("ben", port);
    for number in 0..6 {
        scene.actors[ann].say(number);
    }
    scene.journal.until("ben hears the last text", |entries| {
        has_heard(entries, "ben", 5)
    });
    scene.end().0
}

#[test]
fn a_forged_text_is_found_by_the_checker() {
    let swallowed = found("swallowed", Forgery::Swallow(3));
    assert_eq!(swallowed.count(Kind::Lost), 1, "{:?}", swallowed.faults);
    let doubled = found("doubled", Forgery::Double(3));
    assert_eq!(doubled.count(Kind::Doubled), 1, "{:?}", doubled.faults);
    let swapped = found("swapped", Forgery::Swap(3));
    assert_eq!(swapped.count(Kind::OutOfOrder), 1, "{:?}", swapped.faults);
}
