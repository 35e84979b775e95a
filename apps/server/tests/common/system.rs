//! What the system knows of a running program: its threads, its memory, its descriptors, its limits. Linux only.

use std::fs;
use std::process::Command;

use super::Program;

impl Program {
    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// How often all threads together were switched away from the processor, of their own accord or not.
    pub(crate) fn context_switches(&self) -> u64 {
        let tasks = format!("/proc/{}/task", self.child.id());
        let threads = fs::read_dir(tasks).unwrap();
        threads
            .map(|thread| {
                let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
                field(&status, "voluntary_ctxt_switches:")
                    + field(&status, "nonvoluntary_ctxt_switches:")
            })
            .sum()
    }

    /// Resident memory in KiB.
    pub(crate) fn resident(&self) -> u64 {
        field(&self.proc("status"), "VmRSS:")
    }

    /// Memory that it has asked the system for, touched or not, in KiB.
    pub(crate) fn reserved(&self) -> u64 {
        field(&self.proc("status"), "VmData:")
    }

    /// How many descriptors are open.
    pub(crate) fn open_descriptors(&self) -> usize {
        let directory = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(directory).unwrap().count()
    }

    /// The number that the next descriptor will bear: the lowest that is free. Some above it may be in use, handed down
    /// by whatever started the tests.
    pub(crate) fn next_descriptor(&self) -> usize {
        let directory = format!("/proc/{}/fd", self.child.id());
        let is_open =
            |number: &usize| fs::symlink_metadata(format!("{directory}/{number}")).is_ok();
        (0..).find(|number| !is_open(number)).unwrap()
    }

    /// The limits on open files, soft and hard.
    pub(crate) fn descriptor_limits(&self) -> [String; 2] {
        let limits = self.proc("limits");
        let row = limits.lines().find(|row| row.starts_with("Max open files"));
        let words: Vec<&str> = row.unwrap().split_whitespace().collect();
        [words[3].to_owned(), words[4].to_owned()]
    }

    /// Sets the soft limit on open files from outside, while the program runs.
    #[track_caller]
    pub(crate) fn limit_descriptors(&self, soft: &str) {
        let process = self.child.id().to_string();
        let status = Command::new("prlimit")
            .args(["--pid", &process, &format!("--nofile={soft}:")])
            .status();
        assert!(status.unwrap().success(), "prlimit of util-linux");
    }

    /// Processor time that was used so far, in ticks of 10 ms.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = self.proc("stat");
        // The fields behind the name of the program, which stands in brackets and begins the second field.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let [user, system] = [11, 12].map(|at| fields[at].parse::<u64>().unwrap());
        user + system
    }
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("no {name} in {status}"));
    let digits = value.trim().trim_end_matches(" kB");
    digits.parse().unwrap()
}
