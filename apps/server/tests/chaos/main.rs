//! Chaos: real programs, and the promise of the extension. Between Hubbub programs a message is shown exactly once to
//! everybody, to all but its sender in one order, and its sender knows that it arrived; through cut connections and
//! sleep, and with a history through a restart and a `kill -9` of the server.

#![cfg(all(target_os = "linux", feature = "history"))]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod actor;
mod checker;
mod disk;
mod forger;
mod house;
mod journal;
mod member;
mod plain;
mod scene;
mod short;
mod storm;
mod words;

use std::time::{Duration, Instant};
use std::{env, fs};

use hubbub_testing::namespace;

use checker::{Kind, Verdict};
use journal::Entry;
use scene::Scene;
use storm::{Counts, Storm};

#[test]
#[ignore = "as long as it is told to: MINUTES=30, and perhaps SEED=7"]
fn for_minutes() {
    if env::var_os("WITHOUT_DISK").is_some() {
        println!(
            "The disk is not filled: that needs a mount namespace, and this run was told to do without."
        );
        rage(false);
    } else {
        namespace::with_disks("for_minutes", || rage(true));
    }
}

fn rage(with_disk: bool) {
    let minutes: f64 = env::var("MINUTES").unwrap().parse().unwrap();
    let seed = env::var("SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let began = Instant::now();
    let mut storm = Storm::over(Scene::open(&seed.to_string(), with_disk), seed);
    storm.note(format_args!("seed {seed}"));
    storm.rage_until(began + Duration::from_secs_f64(minutes * 60.0));
    let counts = storm.counts;
    let (verdict, journal) = storm.scene.end();
    println!("{}", table(minutes, &counts, &verdict));
    assert!(
        verdict.faults.is_empty(),
        "seed {seed} found it\n{}\njournal and server's log: {}/chaos/{seed}",
        verdict.evidence(&journal),
        env!("CARGO_TARGET_TMPDIR")
    );
}

/// Judges the journal of an earlier run once more, for example after a change of the checker.
#[test]
#[ignore = "needs a journal: JOURNAL=target/tmp/chaos/7/journal.txt"]
fn once_more() {
    let journal = fs::read_to_string(env::var("JOURNAL").unwrap()).unwrap();
    let journal: Vec<_> = journal.lines().filter_map(Entry::parse).collect();
    let verdict = checker::check(&journal);
    println!("{}", table(0.0, &Counts::default(), &verdict));
    assert!(verdict.faults.is_empty(), "{}", verdict.evidence(&journal));
}

/// What happened and what was found, as a table for people.
fn table(minutes: f64, counts: &Counts, verdict: &Verdict) -> String {
    let Counts {
        kills,
        restarts,
        cuts,
        stalls,
        sleeps,
        programs,
        fills,
        locks,
    } = counts;
    let Verdict {
        said,
        said_plainly,
        arrived,
        deliveries,
        forgiven,
        ..
    } = verdict;
    let of = |kind| verdict.count(kind);
    let (lost, doubled, out_of_order) = (of(Kind::Lost), of(Kind::Doubled), of(Kind::OutOfOrder));
    let (unconfirmed, wrong) = (of(Kind::Unconfirmed), of(Kind::Wrong));
    format!(
        "
  minutes                                                {minutes}
  texts said by members; by plain ones                   {said}; {said_plainly}
  known by their senders to have arrived                 {arrived}
  deliveries checked                                     {deliveries}
  server: kill -9, restarts                              {kills}, {restarts}
  connections cut; stalled or slowed                     {cuts}; {stalls}
  programs stopped and continued; ended, started again   {sleeps}; {programs}
  disk filled; database locked                           {fills}; {locks}
  forgiven: not kept for want of a disk, and then ended  {forgiven}
  lost, doubled, out of order                            {lost}, {doubled}, {out_of_order}
  unconfirmed, otherwise wrong                           {unconfirmed}, {wrong}
"
    )
}
