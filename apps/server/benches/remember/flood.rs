//! A closed loop: the next texts go out when every reader has got older ones.

use std::io;
use std::time::{Duration, Instant};

use crate::hall::Hall;

/// How many texts may be under way: sent, but not yet received by every reader.
const WINDOW: u64 = 256;

/// What a run cost.
pub(crate) struct Cost {
    /// Deliveries to readers.
    pub(crate) per_second: f64,
    /// The bytes of one.
    pub(crate) bytes: f64,
    /// The server's CPU time for each, in nanoseconds.
    pub(crate) cpu: f64,
    /// The part of one CPU that the disk thread used.
    pub(crate) disk: f64,
}

pub(crate) fn measure(hall: &mut Hall, run: Duration) -> io::Result<Cost> {
    let cpu = hall.program.cpu_time();
    let disk = hall.program.cpu_time_of("history");
    let began = Instant::now();
    let mut progress = hall.begin();
    let (mut said, mut delivered) = (0, 0);
    loop {
        if began.elapsed() < run {
            let each = (WINDOW - (said - delivered)) / hall.speakers.len() as u64;
            hall.speakers
                .iter_mut()
                .for_each(|speaker| speaker.say(each));
            said += each * hall.speakers.len() as u64;
        } else if delivered == said {
            break;
        }
        hall.push()?;
        hall.crowd.read_some()?;
        delivered = progress.upto(hall.slowest());
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = hall.program.cpu_time() - cpu;
    let disk = hall.program.cpu_time_of("history") - disk;
    let got = &hall.crowd.received()[hall.speakers.len()..];
    if got.iter().any(|&bytes| bytes != progress.bytes()) {
        return Err(io::Error::other(format!(
            "{} bytes were due to each and not {got:?}",
            progress.bytes()
        )));
    }
    let deliveries = (said * hall.readers as u64) as f64;
    Ok(Cost {
        per_second: deliveries / seconds,
        bytes: progress.bytes() as f64 / said as f64,
        cpu: cpu.as_secs_f64() * 1e9 / deliveries,
        disk: disk.as_secs_f64() / seconds,
    })
}
