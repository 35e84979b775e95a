//! A mixed crowd against the built server, for a given number of minutes: members that talk and read, and others that
//! stall, are cut off in mid-frame, or flood. Prints what was delivered and what the server holds, over time.
//!
//! Fails if a text is missing, comes twice, out of order or back to its sender, or if a member that reads is dropped.
//! It does not assert times or memory.

use std::io;
use std::time::{Duration, Instant};

use hubbub_server::descriptors;
use hubbub_testing::{Crowd, Program, is_asked_for, name_of, text};

use crate::hostile::Hostile;
use crate::listener::Listener;

mod hostile;
mod listener;

/// The members, which read all the time and must miss nothing. The first of them also talk.
const MEMBERS: usize = 100;
const TALKERS: usize = 20;

/// The time between turns. In each turn every talker sends one text.
const TURN: Duration = Duration::from_millis(10);

/// How many texts may be under way to the slowest member before the talkers wait. Together with a flood they take less
/// than the outbox of 4 MiB, so no member is dropped when this machine pauses.
const WINDOW: u64 = 25_000;

/// A flood begins only when fewer than this are under way, so that the slowest member has nearly everything.
const CALM: u64 = 1000;

const PAYLOAD: usize = 64;
const ROWS: u32 = 12;

/// How long everything that is under way at the end may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the server is then left alone before the last row: longer than it waits for the other end of a connection
/// that it closes.
const AFTERWARDS: Duration = Duration::from_secs(3);

fn main() -> io::Result<()> {
    if !is_asked_for() {
        return Ok(());
    }
    let minutes: Option<f64> = std::env::args().find_map(|argument| argument.parse().ok());
    let Some(minutes) = minutes else {
        eprintln!("soak: for how many minutes? `just soak 30`");
        return Ok(());
    };
    let _ = descriptors::raise_limit();
    let mut server = Program::with(&[], &[]);
    let mut soak = Soak::begin(&mut server)?;
    // It warns of stalled readers that it drops, which is fine here.
    server.show(&["ERROR", "panicked"]);
    println!(
        "| minute | texts | delivered | lost | floods | stalled, dropped | cut | resident kB | descriptors |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    let time = Duration::from_secs_f64(minutes * 60.0);
    for row in 1..=ROWS {
        soak.go_on_until(soak.began + time * row / ROWS)?;
        soak.print(&server)?;
    }
    let lost = soak.end()?;
    soak.print(&server)?;
    println!("\nThe last row is with the {MEMBERS} members alone.");
    if lost == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("{lost} texts were lost")))
}

struct Soak {
    began: Instant,
    crowd: Crowd,
    listeners: Vec<Listener>,
    hostile: Hostile,
    /// How many texts each talker has sent.
    said: u32,
}

/// The payload of the text with this number, counted by its sender from 0.
fn payload(number: u32) -> [u8; PAYLOAD] {
    let mut payload = [b'.'; PAYLOAD];
    payload[..listener::DIGITS].copy_from_slice(format!("{number:010}").as_bytes());
    payload
}

impl Soak {
    fn begin(server: &mut Program) -> io::Result<Self> {
        let mut crowd = Crowd::new(server.address())?;
        crowd.join_until(MEMBERS)?;
        Ok(Self {
            began: Instant::now(),
            crowd,
            listeners: (0..MEMBERS)
                .map(|number| Listener::new(number, MEMBERS))
                .collect(),
            hostile: Hostile::new(server.address(), MEMBERS),
            said: 0,
        })
    }

    fn go_on_until(&mut self, end: Instant) -> io::Result<()> {
        while Instant::now() < end {
            let turn_ends = Instant::now() + TURN;
            let under_way = self.under_way();
            self.hostile.take_turn(under_way < CALM)?;
            if under_way < WINDOW {
                self.talk()?;
            }
            self.read_until(turn_ends)?;
        }
        Ok(())
    }

    /// How many texts the slowest member has not got yet.
    fn under_way(&self) -> u64 {
        let awaited = self
            .listeners
            .iter()
            .map(|listener| self.awaited_by(listener));
        awaited.max().unwrap_or(0)
    }

    /// How many texts were sent that this member has neither heard nor missed.
    fn awaited_by(&self, listener: &Listener) -> u64 {
        let said_itself = if listener.number < TALKERS {
            self.said
        } else {
            0
        };
        self.texts() - u64::from(said_itself) - listener.heard() - listener.missing()
    }

    fn texts(&self) -> u64 {
        u64::from(self.said) * TALKERS as u64 + self.hostile.texts()
    }

    fn talk(&mut self) -> io::Result<()> {
        for talker in 0..TALKERS {
            let frame = text(&name_of(talker), payload(self.said));
            let mut sent = self.crowd.send(talker, &frame)?;
            while sent < frame.len() {
                self.read(TURN)?;
                sent += self.crowd.send(talker, &frame[sent..])?;
            }
        }
        self.said += 1;
        Ok(())
    }

    fn read_until(&mut self, end: Instant) -> io::Result<()> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            self.read(left)?;
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    fn read(&mut self, patience: Duration) -> io::Result<()> {
        let listeners = &mut self.listeners;
        self.crowd
            .read_with(patience, |number, bytes| listeners[number].take(bytes))?;
        Ok(())
    }

    /// Ends the hostile peers and waits for what is under way. Returns how many texts have not come.
    fn end(&mut self) -> io::Result<u64> {
        let end = Instant::now() + PATIENCE;
        while self.hostile.is_flooding() && Instant::now() < end {
            self.hostile.go_on_flooding()?;
            self.read(TURN)?;
        }
        self.hostile.go();
        while self.under_way() > 0 && Instant::now() < end {
            self.read(TURN)?;
        }
        let awaited = self
            .listeners
            .iter()
            .map(|listener| self.awaited_by(listener));
        let never_came = awaited.sum::<u64>();
        self.read_until(Instant::now() + AFTERWARDS)?;
        Ok(self.lost() + never_came)
    }

    fn delivered(&self) -> u64 {
        self.listeners.iter().map(Listener::heard).sum()
    }

    fn lost(&self) -> u64 {
        self.listeners.iter().map(Listener::missing).sum()
    }

    fn print(&self, server: &Program) -> io::Result<()> {
        println!(
            "| {:.2} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.began.elapsed().as_secs_f64() / 60.0,
            self.texts(),
            self.delivered(),
            self.lost(),
            self.hostile.floods,
            self.hostile.dropped,
            self.hostile.cut,
            server.resident_bytes() / 1024,
            server.descriptors(),
        );
        Ok(())
    }
}
