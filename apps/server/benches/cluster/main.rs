//! One room on one, two and three nodes next to a single server, all in one run over loopback: texts a second in one
//! order, how long a text takes to members of the same and of another node, what that costs, and how soon a node takes
//! members again. Prints tables, and fails when a text is lost, comes twice or out of turn.
//!
//! Nodes and engines are processes. All members are one thread, and have grants. Engines flush each record to the disk.

use std::io;
use std::time::Duration;

use hubbub_testing::is_asked_for;

use crate::again::Again;
use crate::flood::Flood;
use crate::house::{EARS, ENGINES, House, SPEAKERS};
use crate::pace::Pace;

mod again;
mod ear;
mod flood;
mod house;
mod pace;

/// How many nodes there are; 0 is a single server without engines.
const NODES: [usize; 4] = [0, 1, 2, 3];

const ROUNDS: usize = 3;

/// How long one run sends.
const RUN: Duration = Duration::from_secs(3);

/// What a house has shown.
struct Row {
    nodes: usize,
    pace: Pace,
    floods: Vec<Flood>,
    /// The memory of one node in bytes: before anybody came, and after all.
    memory: [u64; 2],
    again: Again,
    /// Whether anybody was told that the room is paused.
    is_paused: bool,
}

fn main() -> io::Result<()> {
    if !is_asked_for() {
        return Ok(());
    }
    print_load("before")?;
    let rows = NODES.map(measure).into_iter();
    let rows = rows.collect::<io::Result<Vec<_>>>()?;
    print_speed(&rows);
    print_cost(&rows);
    print_load("after")
}

fn measure(nodes: usize) -> io::Result<Row> {
    eprintln!("{}", name(nodes));
    let mut house = House::open(nodes)?;
    let at_rest = house.at_rest;
    let pace = pace::measure(&mut house, 2 * RUN)?;
    let floods = (0..ROUNDS).map(|_| flood::measure(&mut house, RUN));
    Ok(Row {
        nodes,
        pace,
        floods: floods.collect::<io::Result<_>>()?,
        memory: [at_rest, house.nodes[0].resident_bytes()],
        is_paused: house.paused() > 0,
        again: again::measure(house)?,
    })
}

fn name(nodes: usize) -> String {
    match nodes {
        0 => "single server".to_owned(),
        1 => "one node".to_owned(),
        nodes => format!("{nodes} nodes"),
    }
}

fn print_speed(rows: &[Row]) {
    println!(
        "\n{SPEAKERS} speakers and {EARS} others on each node, texts of 64 bytes, {ENGINES} engines; medians of {ROUNDS} \
         rounds.\nLatency at {} texts a second by all speakers, until one of the others has it, in ms.\n\n\
         | | texts/s | ratio | same node, p50 | p99 | another node, p50 | p99 | paused |\n\
         |:--|--:|--:|--:|--:|--:|--:|:--|",
        pace::RATE
    );
    let single = rows[0].middle(|flood| flood.per_second);
    for row in rows {
        let per_second = row.middle(|flood| flood.per_second);
        println!(
            "| {} | {per_second:.0} | {:.2} | {} | {} | {} | {} | {} |",
            name(row.nodes),
            per_second / single,
            part(&row.pace.near, 0.5),
            part(&row.pace.near, 0.99),
            part(&row.pace.far, 0.5),
            part(&row.pace.far, 0.99),
            if row.is_paused { "YES" } else { "no" },
        );
    }
}

fn print_cost(rows: &[Row]) {
    println!(
        "\nProcessor time for a million texts, each to all members; resident memory of one node. After `kill -9` of a node: \
         until its members\nare on another one, and until one that was started again has a member, in ms.\n\n\
         | | all nodes, s | all engines, s | a node at rest, MB | after all, MB | moved, p50 | longest | started again |\n\
         |:--|--:|--:|--:|--:|--:|--:|--:|"
    );
    for row in rows {
        let [at_rest, after] = row.memory.map(|bytes| bytes as f64 / 1e6);
        println!(
            "| {} | {:.1} | {:.1} | {at_rest:.1} | {after:.1} | {} | {} | {} |",
            name(row.nodes),
            row.middle(|flood| flood.nodes),
            row.middle(|flood| flood.engines),
            part(&row.again.members, 0.5),
            part(&row.again.members, 1.0),
            part(&[row.again.node], 1.0),
        );
    }
}

fn print_load(when: &str) -> io::Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!("load {when}: {}", load.trim());
    Ok(())
}

impl Row {
    /// The median of all rounds.
    fn middle(&self, figure: fn(&Flood) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.floods.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }
}

/// A part of these sorted times, in ms.
fn part(times: &[Duration], part: f64) -> String {
    let last = times.len().saturating_sub(1) as f64;
    let time = times.get((last * part) as usize);
    time.map_or_else(
        || "-".to_owned(),
        |time| format!("{:.2}", time.as_secs_f64() * 1e3),
    )
}
