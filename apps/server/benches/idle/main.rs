//! What an idle member costs, without and with a grant, with TLS and with a browser: the server's resident memory by
//! members, how often the server wakes while nobody speaks, and how a plain member's memory is divided. Each member has
//! one connection, and nothing waits for it. What the kernel keeps for its socket is not part of the server's memory
//! and has its own row.

use std::io;
use std::thread;
use std::time::Duration;

use hubbub_server::descriptors;
use hubbub_testing::{Crowd, Offer, Program, TROUBLE, is_asked_for, name_of};

use crate::parts::Parts;

mod parts;
#[cfg(feature = "tls")]
mod secured;
#[cfg(feature = "web")]
mod web;

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
    let each = watch("members", possible, Crowd::join_until)?;
    watch("members with grants", possible, grant_until)?;
    parts.print(each);
    #[cfg(feature = "tls")]
    secured::watch(possible)?;
    #[cfg(feature = "web")]
    web::watch(possible)?;
    Ok(())
}

/// Lets members of this kind `enter` until there are as many as in each row, and prints the table. Returns the bytes of
/// each of the most.
fn watch(
    kind: &str,
    possible: usize,
    enter: fn(&mut Crowd, usize) -> io::Result<()>,
) -> io::Result<f64> {
    let mut program = Program::with(&[], &[]);
    let mut crowd = Crowd::new(program.address())?;
    program.show(TROUBLE);
    print_head(kind);
    let empty = look(&program, 0, None)?;
    let mut each = 0.0;
    for members in MEMBERS.map(|members| members.min(possible)) {
        enter(&mut crowd, members)?;
        let resident = look(&program, members, Some(empty))?;
        each = a_member(resident, empty, members);
    }
    Ok(each)
}

fn print_head(kind: &str) {
    println!(
        "\n| {kind} | resident kB | bytes a member | wake-ups in {WATCH:?} |\n|--:|--:|--:|--:|"
    );
}

/// Members with grants join until there are so many.
fn grant_until(crowd: &mut Crowd, members: usize) -> io::Result<()> {
    let present = crowd.received().len();
    let offers = (present..members).map(|number| Offer::new(&name_of(number)).recent(0));
    let offers: Vec<Offer> = offers.collect();
    crowd.offer(&offers)?;
    crowd.read_all()
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
