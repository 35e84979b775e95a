//! What the kernel says about a process and all that it started: memory and processor time.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// A process and its descendants, as they are now.
pub(crate) struct Processes(Vec<u32>);

impl Processes {
    /// The process `root` and all below it.
    pub(crate) fn of(root: u32) -> Processes {
        let parents: Vec<_> = numbers("/proc")
            .filter_map(|process| Some((process, parent(process)?)))
            .collect();
        let mut family = vec![root];
        let mut next = 0;
        while let Some(&member) = family.get(next) {
            let children = parents.iter().filter(|(_, parent)| *parent == member);
            family.extend(children.map(|(child, _)| child));
            next += 1;
        }
        Processes(family)
    }

    /// Those that run this program. The kernel knows the first 15 letters of a name.
    pub(crate) fn named(&self, program: &str) -> Vec<u32> {
        let runs = |process: &&u32| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            name.trim() == &program[..program.len().min(15)]
        };
        self.0.iter().filter(runs).copied().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Memory in bytes: pages of their own, and their part of those that they share.
    pub(crate) fn memory(&self) -> u64 {
        let each = self.0.iter().map(|process| {
            let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
            let line = rollup
                .lines()
                .find(|line| line.starts_with("Pss:"))
                .unwrap();
            line.split_ascii_whitespace()
                .nth(1)
                .unwrap()
                .parse::<u64>()
                .unwrap()
        });
        each.sum::<u64>() * 1024
    }

    /// What their threads have run until now, by thread. `stat` would tell the time in steps of 10 ms, a sixth of what is
    /// allowed in a minute; the scheduler counts nanoseconds.
    pub(crate) fn ran(&self) -> HashMap<u32, Ran> {
        let threads = self.0.iter().flat_map(|process| {
            numbers(&format!("/proc/{process}/task")).map(move |thread| (*process, thread))
        });
        let ran = threads.filter_map(|(process, thread)| {
            // A thread may end meanwhile.
            let path = format!("/proc/{process}/task/{thread}/schedstat");
            let statistics = fs::read_to_string(path).ok()?;
            let mut fields = statistics.split_ascii_whitespace();
            let time = Duration::from_nanos(fields.next()?.parse().ok()?);
            let turns = fields.nth(1)?.parse().ok()?;
            Some((thread, Ran { time, turns }))
        });
        ran.collect()
    }

    /// What they have run since then, but for threads that have ended.
    pub(crate) fn ran_since(&self, before: &HashMap<u32, Ran>) -> Ran {
        let mut sum = Ran::default();
        for (thread, now) in self.ran() {
            let before = before.get(&thread).copied().unwrap_or_default();
            sum.time += now.time - before.time;
            sum.turns += now.turns - before.turns;
        }
        sum
    }
}

/// How much something ran.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ran {
    /// Processor time.
    pub(crate) time: Duration,
    /// How often it was given a turn.
    pub(crate) turns: u64,
}

/// The directories in `directory` whose names are numbers.
fn numbers(directory: &str) -> impl Iterator<Item = u32> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The fields behind the name, which stands in parentheses and may hold anything: state, parent.
    stat.rsplit(')')
        .next()?
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}
