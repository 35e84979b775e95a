//! A room over loopback: deliveries a second and the server's CPU time for each, by members, with TLS and without, next
//! to those of a *floor* that only moves the bytes. One member sends texts of 64 bytes in a closed loop. The sender and
//! all receivers are one thread, the same for server and floor. Prints a table, and draws `target/room.svg`.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use hubbub_server::descriptors;
use hubbub_testing::{Crowd, Program, TROUBLE, is_asked_for, name_of, text};

mod floor;
mod plot;

const MEMBERS: [usize; 3] = [10, 100, 1000];
const ROUNDS: usize = 3;
const PAYLOAD: [u8; 64] = [b'x'; 64];

/// How long one run sends. Twenty-seven runs of this length take less than two minutes.
const RUN: Duration = Duration::from_millis(2500);

/// How many texts may be under way: sent, but not yet received by everybody.
const WINDOW: u64 = 256;

/// The member that sends. The others are those that are counted.
const SENDER: usize = 0;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(floor::ARGUMENT) {
        let members = arguments.next().unwrap_or_default();
        let _ = descriptors::raise_limit();
        return floor::run(members.parse().map_err(io::Error::other)?);
    }
    if !is_asked_for() {
        return Ok(());
    }
    let _ = descriptors::raise_limit();
    let results = measure_all()?;
    print_table(&results);
    // Not over the picture in README, which belongs to the table next to it.
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("room.svg");
    std::fs::write(&picture, plot::draw(&results))?;
    println!("\nDrawn in {}", picture.display());
    Ok(())
}

/// The result of one run, or the median of several.
#[derive(Clone, Copy)]
struct Cost {
    per_second: f64,
    /// CPU time for each delivery, in nanoseconds.
    cpu: f64,
}

/// The medians of all rounds.
struct Outcome {
    members: usize,
    ours: Cost,
    secured: Cost,
    floor: Cost,
    /// The ratios of ours to the floor's of the same round.
    ratio: Cost,
}

/// The costs of one round.
struct Round {
    ours: Cost,
    secured: Cost,
    floor: Cost,
}

fn measure_all() -> io::Result<Vec<Outcome>> {
    let mut rounds = MEMBERS.map(|members| (members, Vec::new()));
    for number in 1..=ROUNDS {
        for (members, rounds) in &mut rounds {
            eprintln!("round {number} of {ROUNDS}: {members} members");
            let floor = floor::start(*members)?;
            let ours = Program::with(&[], &[]);
            rounds.push(Round {
                floor: measure(floor, *members, Crowd::new, Crowd::connect_until)?,
                ours: measure(ours, *members, Crowd::new, Crowd::join_until)?,
                secured: secured(*members)?,
            });
        }
    }
    let outcomes = rounds.iter().map(|(members, rounds)| Outcome {
        members: *members,
        ours: median(rounds, |round| round.ours),
        secured: median(rounds, |round| round.secured),
        floor: median(rounds, |round| round.floor),
        ratio: median(rounds, |Round { ours, floor, .. }| Cost {
            per_second: ours.per_second / floor.per_second,
            cpu: ours.cpu / floor.cpu,
        }),
    });
    Ok(outcomes.collect())
}

/// One run in a room where everybody speaks TLS. The thread that decrypts for all receivers is the slower half, so that
/// the CPU time of the server says more than its deliveries a second.
fn secured(members: usize) -> io::Result<Cost> {
    let state = std::env::temp_dir().join(format!("hubbub-room-{:016x}", fastrand::u64(..)));
    let program = Program::with(&["--tls", "--state", &state.to_string_lossy()], &[]);
    let cost = measure(program, members, Crowd::secure, Crowd::join_until)?;
    std::fs::remove_dir_all(state)?;
    Ok(cost)
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> Cost) -> Cost {
    let middle = |figure: fn(Cost) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(|round| figure(of(round))).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Cost {
        per_second: middle(|cost| cost.per_second),
        cpu: middle(|cost| cost.cpu),
    }
}

/// One run: connects everybody by `enter`, sends for a while, and waits until everything is delivered.
fn measure(
    mut program: Program,
    members: usize,
    crowd: fn(SocketAddr) -> io::Result<Crowd>,
    enter: fn(&mut Crowd, usize) -> io::Result<()>,
) -> io::Result<Cost> {
    let mut crowd = crowd(program.address())?;
    program.show(TROUBLE);
    enter(&mut crowd, members + 1)?;
    crowd.received().fill(0);
    let cpu_before = program.cpu_time();
    let began = Instant::now();
    let texts = send_and_receive(&mut crowd)?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = program.cpu_time().saturating_sub(cpu_before);
    let deliveries = (texts * members as u64) as f64;
    Ok(Cost {
        per_second: deliveries / seconds,
        cpu: cpu.as_secs_f64() * 1e9 / deliveries,
    })
}

/// The closed loop: sends the next text when every receiver has got an older one. Returns how many texts everybody has
/// got.
fn send_and_receive(crowd: &mut Crowd) -> io::Result<u64> {
    let frame = text(&name_of(SENDER), PAYLOAD);
    let len = frame.len() as u64;
    let burst = frame.repeat(WINDOW as usize + 1);
    let end = Instant::now() + RUN;
    let mut sent = 0;
    let mut goal = u64::MAX;
    loop {
        if goal == u64::MAX && Instant::now() >= end {
            goal = u64::next_multiple_of(sent, len);
        }
        let slowest = crowd.received()[SENDER + 1..].iter().min().copied();
        let delivered = slowest.unwrap_or(0) / len;
        if delivered * len == goal {
            break;
        }
        let upto = goal.min((delivered + WINDOW) * len);
        if sent < upto {
            let begin = (sent % len) as usize;
            let bytes = &burst[begin..begin + (upto - sent) as usize];
            sent += crowd.send(SENDER, bytes)? as u64;
        }
        crowd.read_some()?;
    }
    check(crowd, goal)?;
    Ok(goal / len)
}

/// Checks that every receiver got exactly the bytes that were sent, and the sender none of them.
fn check(crowd: &mut Crowd, sent: u64) -> io::Result<()> {
    crowd.read(Duration::from_millis(10))?;
    for (number, &got) in crowd.received().iter().enumerate() {
        let due = if number == SENDER { 0 } else { sent };
        if got != due {
            return Err(io::Error::other(format!(
                "connection {number} got {got} bytes and not {due}"
            )));
        }
    }
    Ok(())
}

fn print_table(results: &[Outcome]) {
    println!("One sender, texts of 64 bytes, loopback; medians of {ROUNDS} rounds.\n");
    println!(
        "| members | deliveries/s | floor | ratio | with TLS | CPU ns a delivery | floor | ratio | with TLS |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    for result in results {
        println!(
            "| {} | {:.2} M | {:.2} M | {:.2} | {:.2} M | {:.1} | {:.1} | {:.2} | {:.1} |",
            result.members,
            result.ours.per_second / 1e6,
            result.floor.per_second / 1e6,
            result.ratio.per_second,
            result.secured.per_second / 1e6,
            result.ours.cpu,
            result.floor.cpu,
            result.ratio.cpu,
            result.secured.cpu,
        );
    }
}
