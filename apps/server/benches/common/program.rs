//! A program that is measured from outside, by what the kernel says about its process. It is ended when dropped.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// The words of lines that a program writes when all is not well.
pub(crate) const TROUBLE: &[&str] = &[" WARN ", "panicked"];

/// A child process that listens.
pub(crate) struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// Starts it and waits until it has said `address=...` on stderr. Its lines with one of the words `shown` go to our
    /// stderr.
    pub(crate) fn start(command: &mut Command, shown: &'static [&'static str]) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take();
        let mut program = Self {
            child,
            address: SocketAddr::from(([0; 4], 0)),
        };
        let stderr = stderr.ok_or_else(|| io::Error::other("the program has no stderr"))?;
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        program.address = lines
            .by_ref()
            .find_map(|line| line.split_once("address=")?.1.trim().parse().ok())
            .ok_or_else(|| io::Error::other("the program ended without listening"))?;
        // Read to the end, so that the program never waits for its log to be taken.
        thread::spawn(move || {
            lines
                .filter(|line| shown.iter().any(|word| line.contains(word)))
                .for_each(|line| eprintln!("{line}"));
        });
        Ok(program)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time of all its threads since its start. The kernel tells it in steps of 10 ms.
    pub(crate) fn cpu_time(&self) -> io::Result<Duration> {
        let stat = self.read("stat")?;
        // Fields 14 and 15, user and system time; the second field, in parentheses, may hold blanks.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = fields
            .split_ascii_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        let second = clock_ticks_per_second().max(1);
        Ok(Duration::from_millis(ticks * 1000 / second))
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> io::Result<u64> {
        resident_bytes(&self.child.id().to_string())
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.path("fd"))?.count())
    }

    /// How often its threads have been given a CPU, all together.
    pub(crate) fn context_switches(&self) -> io::Result<u64> {
        let mut switches = 0;
        for thread in fs::read_dir(self.path("task"))? {
            let status = fs::read_to_string(thread?.path().join("status"))?;
            switches += value_of("voluntary_ctxt_switches:", &status)
                + value_of("nonvoluntary_ctxt_switches:", &status);
        }
        Ok(switches)
    }

    fn path(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.child.id())
    }

    fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(self.path(file))
    }
}

/// Resident memory of a process, by its number or as `self`, in bytes and exactly: the figure in `status` is off by some
/// pages for each CPU.
pub(crate) fn resident_bytes(process: &str) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    Ok(1024 * value_of("Rss:", &rollup))
}

/// The number behind `key` at the beginning of a line; 0 if there is none.
pub(crate) fn value_of(key: &str, text: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(key)?.split_ascii_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
