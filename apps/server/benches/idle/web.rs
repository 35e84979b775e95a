//! What a visitor with a browser costs besides: memory at rest, which has a bound, and the work for signs of life and
//! in a busy room.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{Crowd, Program, TROUBLE, name_of, text};

use super::{SETTLE, a_member};

/// How many there are.
const MEMBERS: usize = 1000;

/// The most that one may cost beyond a plain member at rest, in bytes.
const MOST: f64 = 8_000.0;

/// How many are in the room whose work is measured, and for how long nobody speaks and then somebody does.
const VISITORS: usize = 100;
const REST: Duration = Duration::from_secs(60);
const BUSY: Duration = Duration::from_secs(10);

/// How often somebody speaks in a busy room: 500 times a second.
const PAUSE: Duration = Duration::from_millis(2);

/// Lets members join, plain ones and then as many with browsers, and prints both tables.
///
/// # Errors
///
/// A browser costs too much.
pub(super) fn watch(possible: usize) -> io::Result<()> {
    let members = MEMBERS.min(possible);
    println!("\n| members | of | resident kB | bytes a member |\n|--:|:--|--:|--:|");
    let plain = cost(members, Crowd::new, "programs")?;
    let visitors = cost(members, Crowd::browsing, "browsers")?;
    let besides = visitors - plain;
    println!("\nA browser costs {besides:.0} bytes a member, and may cost {MOST:.0}.");
    println!(
        "\n| {VISITORS} | CPU at rest, {REST:?} | wake-ups | CPU at 500 messages a second, {BUSY:?} |\n|:--|--:|--:|--:|"
    );
    work(Crowd::new, "programs")?;
    work(Crowd::browsing, "browsers")?;
    if besides > MOST {
        return Err(io::Error::other(format!(
            "a browser costs {besides:.0} bytes a member"
        )));
    }
    Ok(())
}

/// A server with a page.
struct Served {
    program: Program,
    page: PathBuf,
}

impl Served {
    fn new() -> io::Result<Self> {
        let page = env::temp_dir().join(format!("hubbub-idle-{:016x}", fastrand::u64(..)));
        fs::create_dir(&page)?;
        fs::write(page.join("index.html"), "<!doctype html>")?;
        let program = Program::with(&["--web", &page.to_string_lossy()], &[]);
        Ok(Self { program, page })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.page);
    }
}

type Begin = fn(std::net::SocketAddr) -> io::Result<Crowd>;

fn cost(members: usize, begin: Begin, kind: &str) -> io::Result<f64> {
    let mut served = Served::new()?;
    let mut crowd = begin(served.program.address())?;
    served.program.show(TROUBLE);
    let empty = served.program.resident_bytes();
    crowd.join_until(members)?;
    thread::sleep(SETTLE);
    let resident = served.program.resident_bytes();
    let each = a_member(resident, empty, members);
    println!("| {members} | {kind} | {} | {each:.0} |", resident / 1024);
    Ok(each)
}

/// Prints how much work there is with a crowd of one kind.
fn work(begin: Begin, kind: &str) -> io::Result<()> {
    let mut served = Served::new()?;
    let mut crowd = begin(served.program.address())?;
    served.program.show(TROUBLE);
    crowd.join_until(VISITORS)?;
    let program = &served.program;
    let (cpu, wakes) = (program.cpu_time(), program.context_switches());
    reads_for(&mut crowd, REST)?;
    let rest = program.cpu_time() - cpu;
    let wakes = program.context_switches() - wakes;
    let message = text(&name_of(0), "x".repeat(80));
    let cpu = program.cpu_time();
    let begun = Instant::now();
    let mut next = begun;
    while begun.elapsed() < BUSY {
        crowd.send(0, &message)?;
        next += PAUSE;
        reads_for(&mut crowd, next.saturating_duration_since(Instant::now()))?;
    }
    let busy = program.cpu_time() - cpu;
    println!("| {kind} | {rest:?} | {wakes} | {busy:?} |");
    Ok(())
}

/// Reads what comes, and answers questions, for so long.
fn reads_for(crowd: &mut Crowd, time: Duration) -> io::Result<()> {
    let until = Instant::now() + time;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        crowd.read(left)?;
        if left.is_zero() {
            return Ok(());
        }
    }
}
