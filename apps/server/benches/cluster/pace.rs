//! Texts at a pace, whether the last have come or not: how long each takes to everybody who hears.

use std::io;
use std::time::{Duration, Instant};

use crate::house::{Came, House};

/// How many texts are said in a second, by turns on all nodes.
pub(crate) const RATE: u32 = 500;

/// Sorted times.
pub(crate) struct Pace {
    /// To members of the node at which it was said.
    pub(crate) near: Vec<Duration>,
    /// To members of other nodes.
    pub(crate) far: Vec<Duration>,
}

pub(crate) fn measure(house: &mut House, run: Duration) -> io::Result<Pace> {
    let speakers = house.speakers();
    let mut said: Vec<Vec<Instant>> = vec![Vec::new(); speakers];
    let first: Vec<u64> = (0..speakers).map(|speaker| house.next(speaker)).collect();
    let mut pace = Pace {
        near: Vec::new(),
        far: Vec::new(),
    };
    let mut came = |said: &[Vec<Instant>], came: Came| {
        let at = said[came.speaker][(came.number - first[came.speaker]) as usize];
        let times = if came.is_near {
            &mut pace.near
        } else {
            &mut pace.far
        };
        times.push(at.elapsed());
    };
    let step = Duration::from_secs(1) / RATE;
    let began = Instant::now();
    for turn in 0..(run.as_secs_f64() / step.as_secs_f64()) as u32 {
        let due = began + step * turn;
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            house.listen(left, |text| came(&said, text))?;
        }
        let speaker = turn as usize % speakers;
        said[speaker].push(Instant::now());
        house.say(speaker, 1)?;
    }
    house.settle(|text| came(&said, text))?;
    pace.near.sort_unstable();
    pace.far.sort_unstable();
    Ok(pace)
}
