//! A closed loop: who speaks says the next texts when everybody on every node has heard older ones.

use std::io;
use std::time::{Duration, Instant};

use crate::house::House;

/// How many texts of one speaker may be under way: said, but not heard by everybody.
const WINDOW: u64 = 512;

/// What a run has shown.
pub(crate) struct Flood {
    /// Texts, each of which everybody hears.
    pub(crate) per_second: f64,
    /// Processor time of all nodes for a million texts, in seconds.
    pub(crate) nodes: f64,
    /// The same of all engines.
    pub(crate) engines: f64,
}

pub(crate) fn measure(house: &mut House, run: Duration) -> io::Result<Flood> {
    let (said, spent) = (house.said(), house.spent());
    let began = Instant::now();
    while began.elapsed() < run {
        for speaker in 0..house.speakers() {
            house.say(speaker, WINDOW - house.under_way(speaker))?;
        }
        house.listen(run, |_| {})?;
    }
    house.settle(|_| {})?;
    let seconds = began.elapsed().as_secs_f64();
    let texts = (house.said() - said) as f64;
    let now = house.spent();
    Ok(Flood {
        per_second: texts / seconds,
        nodes: (now.nodes - spent.nodes) * 1e6 / texts,
        engines: (now.engines - spent.engines) * 1e6 / texts,
    })
}
