//! Texts at a pace, whether the last have come or not: how long each takes to every reader, and back to its speaker as
//! an ACK.

use std::io;
use std::time::{Duration, Instant};

use crate::hall::{Hall, Kind};
use crate::speaker::{FIRST, Progress};

/// Texts go out at most this often.
const STEP: Duration = Duration::from_millis(1);

/// How long the last texts may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Pace {
    /// How long each text took to each reader, sorted.
    pub(crate) read: Vec<Duration>,
    /// How long each acknowledged text took, sorted.
    pub(crate) acknowledged: Vec<Duration>,
    /// Whether the last text is acknowledged.
    pub(crate) is_complete: bool,
    /// The part of one CPU that the server used.
    pub(crate) server: f64,
    /// The part of it that the disk thread used.
    pub(crate) disk: f64,
}

/// What was sent, and who has got how much of it.
struct Watch {
    sent: Vec<Instant>,
    readers: Vec<Progress>,
    got: Vec<u64>,
    read: Vec<Duration>,
    acknowledged: Vec<Duration>,
    last_acknowledged: u64,
}

impl Watch {
    /// Something came to the connection with this number.
    fn see(&mut self, number: usize, bytes: &[u8]) {
        let now = Instant::now();
        if number == 0 {
            return self.acknowledge(bytes, now);
        }
        self.got[number] += bytes.len() as u64;
        let reader = &mut self.readers[number];
        let new = reader.texts() as usize..reader.upto(self.got[number]) as usize;
        let times = self.sent[new].iter().map(|sent| now - *sent);
        self.read.extend(times);
    }

    /// Takes the last whole ACK.
    fn acknowledge(&mut self, bytes: &[u8], now: Instant) {
        let text = String::from_utf8_lossy(bytes);
        let last = text.rmatch_indices("Id: ").find_map(|(at, id)| {
            let (id, _) = text[at + id.len()..].split_once("\r\n")?;
            let count: u64 = id.split_once('-')?.1.parse().ok()?;
            Some(count - FIRST + 1)
        });
        let Some(last) = last else {
            return;
        };
        let new = self.last_acknowledged as usize..last as usize;
        let times = self.sent[new].iter().map(|sent| now - *sent);
        self.acknowledged.extend(times);
        self.last_acknowledged = last;
    }

    fn is_complete(&self) -> bool {
        self.read.len() == self.sent.len() * (self.readers.len() - 1)
    }
}

pub(crate) fn measure(hall: &mut Hall, rate: u32, run: Duration) -> io::Result<Pace> {
    let members = hall.readers + 1;
    let mut watch = Watch {
        sent: Vec::new(),
        readers: vec![hall.begin(); members],
        got: vec![0; members],
        read: Vec::new(),
        acknowledged: Vec::new(),
        last_acknowledged: 0,
    };
    let step = STEP.max(Duration::from_secs(1) / rate);
    let texts = (f64::from(rate) * step.as_secs_f64()).round() as u64;
    let steps = (run.as_secs_f64() / step.as_secs_f64()) as u32;
    let cpu = hall.program.cpu_time();
    let disk = hall.program.cpu_time_of("history");
    let began = Instant::now();
    for at in 1..=steps {
        hall.speakers[0].say(texts);
        hall.push()?;
        let now = Instant::now();
        watch.sent.extend((0..texts).map(|_| now));
        let next = began + step * at;
        loop {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            read(hall, &mut watch, left)?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = hall.program.cpu_time() - cpu;
    let disk = hall.program.cpu_time_of("history") - disk;
    let is_acknowledged = |watch: &Watch| watch.last_acknowledged == watch.sent.len() as u64;
    while !watch.is_complete() || hall.kind != Kind::Plain && !is_acknowledged(&watch) {
        hall.push()?;
        if !read(hall, &mut watch, PATIENCE)? {
            return Err(io::Error::other("not everything came"));
        }
    }
    let is_complete = is_acknowledged(&watch);
    watch.read.sort_unstable();
    watch.acknowledged.sort_unstable();
    Ok(Pace {
        read: watch.read,
        acknowledged: watch.acknowledged,
        is_complete,
        server: cpu.as_secs_f64() / seconds,
        disk: disk.as_secs_f64() / seconds,
    })
}

fn read(hall: &mut Hall, watch: &mut Watch, patience: Duration) -> io::Result<bool> {
    hall.crowd.read_with(patience, |number, bytes| {
        watch.see(number, bytes);
        Ok(())
    })
}
