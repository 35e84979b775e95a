//! What an idle member costs: the server's resident memory by members, how often the server wakes while nobody speaks,
//! and how a member's memory is divided. Each member has one connection, and nothing waits for it. Then the
//! same for members with a grant. What the kernel
//! keeps for its socket is not part of the server's memory and has its own row.

use std::io;
use std::thread;
use std::time::Duration;

use hubbub_server::descriptors;
use hubbub_testing::{Crowd, Program, TROUBLE, is_asked_for};

use crate::parts::Parts;

mod parts;

/// The numbers of members, as far as the limit on open files allows.
const MEMBERS: [usize; 2] = [1000, 10_000];

/// How long the server is left alone before it counts as idle, and how long it is then watched.
const SETTLE: Duration = Duration::from_secs(1);
const WATCH: Duration = Duration::from_secs(2);

fn main() -> io::Result<()> {
    if !is_asked_for() {
        return Ok(());
    }
    let possible = descriptors::raise_limit().saturating_sub(descriptors::RESERVED);
    // Before the crowd, whose freed memory would be used again.
    let parts = Parts::measure(possible)?;
    let mut program = Program::with(&[], &[]);
    let mut crowd = Crowd::new(program.address())?;
    program.show(TROUBLE);
    println!(
        "| members | resident kB | bytes a member | wake-ups in {WATCH:?} |\n|--:|--:|--:|--:|"
    );
    let empty = look(&program, 0, None)?;
    let mut each = 0.0;
    for members in MEMBERS.map(|members| members.min(possible)) {
        crowd.join_until(members)?;
        let resident = look(&program, members, Some(empty))?;
        each = a_member(resident, empty, members);
    }
    parts.print(each);
    println!(
        "\n| members with a grant | resident kB | bytes a member | wake-ups in {WATCH:?} |\n|--:|--:|--:|--:|"
    );
    let mut program = Program::with(&[], &[]);
    let mut crowd = Crowd::new(program.address())?;
    program.show(TROUBLE);
    let empty = look(&program, 0, None)?;
    let members = MEMBERS[0].min(possible);
    crowd.join_ours_until(members)?;
    look(&program, members, Some(empty))?;
    Ok(())
}

/// Prints one row and returns the resident memory in bytes.
///
/// # Errors
///
/// The server woke up although nothing happened.
fn look(program: &Program, members: usize, empty: Option<u64>) -> io::Result<u64> {
    thread::sleep(SETTLE);
    let before = program.context_switches();
    thread::sleep(WATCH);
    let wakes = program.context_switches() - before;
    let resident = program.resident_bytes();
    let each = empty.map_or_else(String::new, |empty| {
        format!("{:.0}", a_member(resident, empty, members))
    });
    println!("| {members} | {} | {each} | {wakes} |", resident / 1024);
    if wakes > 0 {
        return Err(io::Error::other(format!(
            "the server woke {wakes} times although nothing happened"
        )));
    }
    Ok(resident)
}

fn a_member(resident: u64, empty: u64, members: usize) -> f64 {
    resident.saturating_sub(empty) as f64 / members as f64
}
