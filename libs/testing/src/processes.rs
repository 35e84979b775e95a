//! What the kernel says about processes: memory, descriptors, limits, processor time. For Linux.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

use crate::Program;

impl Program {
    /// How often a processor was taken from one of its threads, of its own accord or not.
    #[track_caller]
    pub fn context_switches(&self) -> u64 {
        let threads = numbers(&self.path("task"));
        threads
            .map(|thread| {
                let status = read(&self.path(&format!("task/{thread}/status")));
                value_of("voluntary_ctxt_switches:", &status)
                    + value_of("nonvoluntary_ctxt_switches:", &status)
            })
            .sum()
    }

    /// Its resident memory in bytes.
    #[track_caller]
    pub fn resident_bytes(&self) -> u64 {
        resident_bytes(self.child.id())
    }

    /// Memory that it has asked the system for, touched or not, in bytes.
    #[track_caller]
    pub fn reserved_bytes(&self) -> u64 {
        1024 * value_of("VmData:", &read(&self.path("status")))
    }

    /// How many descriptors it has open.
    #[track_caller]
    pub fn descriptors(&self) -> usize {
        fs::read_dir(self.path("fd")).unwrap().count()
    }

    /// The number that its next descriptor will have: the lowest that is free. Some above it may be in use, handed down
    /// by whatever started the tests.
    pub fn next_descriptor(&self) -> usize {
        let is_open =
            |number: &usize| fs::symlink_metadata(self.path(&format!("fd/{number}"))).is_ok();
        (0..).find(|number| !is_open(number)).unwrap()
    }

    /// Its limits on open files, soft and hard.
    #[track_caller]
    pub fn descriptor_limits(&self) -> [String; 2] {
        let limits = read(&self.path("limits"));
        let row = limits.lines().find(|row| row.starts_with("Max open files"));
        let words: Vec<&str> = row.unwrap().split_whitespace().collect();
        [words[3].to_owned(), words[4].to_owned()]
    }

    /// Sets its soft limit on open files from outside, while it runs.
    #[track_caller]
    pub fn limit_descriptors(&self, soft: &str) {
        let process = self.child.id().to_string();
        let status = Command::new("prlimit")
            .args(["--pid", &process, &format!("--nofile={soft}:")])
            .status();
        assert!(status.unwrap().success(), "prlimit of util-linux");
    }

    /// Processor time of all its threads since it started. The kernel gives it in steps of 10 ms.
    #[track_caller]
    pub fn cpu_time(&self) -> Duration {
        let stat = read(&self.path("stat"));
        let ticks: u64 = fields_after_name(&stat).skip(11).take(2).map(number).sum();
        Duration::from_millis(ticks * 1000 / clock_ticks_per_second())
    }

    /// Processor time of its thread of this name; 0 if there is none.
    #[track_caller]
    pub fn cpu_time_of(&self, name: &str) -> Duration {
        let mut threads = numbers(&self.path("task"));
        let thread = threads.find(|thread| {
            let comm = self.path(&format!("task/{thread}/comm"));
            read(&comm).trim() == name
        });
        thread.map_or(Duration::ZERO, |thread| {
            let statistics = read(&self.path(&format!("task/{thread}/schedstat")));
            let time = statistics.split_ascii_whitespace().next();
            Duration::from_nanos(number(time.unwrap_or_default()))
        })
    }

    fn path(&self, file: &str) -> PathBuf {
        format!("/proc/{}/{file}", self.child.id()).into()
    }
}

/// The resident memory of a process in bytes, exactly: the figure in `status` is off by some pages for each processor.
#[track_caller]
pub fn resident_bytes(process: u32) -> u64 {
    let rollup = read(&format!("/proc/{process}/smaps_rollup").into());
    1024 * value_of("Rss:", &rollup)
}

/// What the kernel holds in its tables of objects of one kind, in bytes: sockets, files and much else, of all
/// processes.
#[track_caller]
pub fn kernel_bytes() -> u64 {
    1024 * value_of("Slab:", &read(&"/proc/meminfo".into()))
}

/// A process and its descendants, as they are now.
pub struct Processes(Vec<u32>);

impl Processes {
    /// The process `root` and all below it.
    pub fn of(root: u32) -> Self {
        let parents: Vec<_> = numbers(&"/proc".into())
            .filter_map(|process| Some((process, parent(process)?)))
            .collect();
        let mut family = vec![root];
        let mut next = 0;
        while let Some(&member) = family.get(next) {
            let children = parents.iter().filter(|(_, parent)| *parent == member);
            family.extend(children.map(|(child, _)| child));
            next += 1;
        }
        Self(family)
    }

    /// Those that run this program. The kernel knows the first 15 letters of a name.
    pub fn named(&self, program: &str) -> Vec<u32> {
        let runs = |process: &&u32| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            name.trim() == &program[..program.len().min(15)]
        };
        self.0.iter().filter(runs).copied().collect()
    }

    /// How many processes there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Memory in bytes: pages of their own, and their part of those that they share.
    #[track_caller]
    pub fn memory(&self) -> u64 {
        let rollup = |process| read(&format!("/proc/{process}/smaps_rollup").into());
        let each = self
            .0
            .iter()
            .map(|process| value_of("Pss:", &rollup(process)));
        1024 * each.sum::<u64>()
    }

    /// How much their threads have run until now, by thread. `stat` would give the time in steps of 10 ms, which is a
    /// sixth of what is allowed in a minute. The scheduler counts nanoseconds.
    pub fn ran(&self) -> HashMap<u32, Ran> {
        let threads = self.0.iter().flat_map(|process| {
            numbers(&format!("/proc/{process}/task").into()).map(move |thread| (*process, thread))
        });
        let ran = threads.filter_map(|(process, thread)| {
            // A thread may end meanwhile.
            let of = |file: &str| {
                fs::read_to_string(format!("/proc/{process}/task/{thread}/{file}")).ok()
            };
            let statistics = of("schedstat")?;
            let time = statistics.split_ascii_whitespace().next()?;
            let status = of("status")?;
            let ran = Ran {
                time: Duration::from_nanos(number(time)),
                turns: value_of("voluntary_ctxt_switches:", &status),
            };
            Some((thread, ran))
        });
        ran.collect()
    }

    /// How much they have run since then, apart from threads that have ended.
    pub fn ran_since(&self, before: &HashMap<u32, Ran>) -> Ran {
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
pub struct Ran {
    /// Processor time.
    pub time: Duration,
    /// How often it was given a turn, and ended it by waiting for something. On a busy machine turns are taken away and
    /// given back, which is not counted.
    pub turns: u64,
}

fn read(path: &PathBuf) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The directories in `directory` whose names are numbers.
fn numbers(directory: &PathBuf) -> impl Iterator<Item = u32> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    fields_after_name(&stat).nth(1)?.parse().ok()
}

/// The fields of `stat` from the third on. The second is the name, which is in parentheses and may hold anything.
fn fields_after_name(stat: &str) -> impl Iterator<Item = &str> {
    let rest = stat.rsplit(')').next().unwrap_or_default();
    rest.split_ascii_whitespace()
}

/// The number after `key` at the beginning of a line.
#[track_caller]
fn value_of(key: &str, text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let value = line.unwrap_or_else(|| panic!("no {key} in {text}"));
    number(value.split_ascii_whitespace().next().unwrap_or_default())
}

#[track_caller]
fn number(digits: &str) -> u64 {
    digits
        .parse()
        .unwrap_or_else(|_| panic!("{digits:?} is no number"))
}
