//! Queue: lines on their way to the terminal. While the terminal takes none, they wait, and what is too much is left
//! out: the conversation never waits for a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use flume::{Receiver, Sender};

/// How many lines may wait.
const LINES: usize = 10_000;

/// How many bytes may wait: several of the longest texts, whose further lines are indented.
const BYTES: usize = 16 * 1024 * 1024;

/// The most bytes that come out at once, apart from a single line: the typed line is drawn anew each time.
const AT_ONCE: usize = 64 * 1024;

/// Where lines go in. Dropping it ends the queue once it is empty.
pub(super) struct Intake {
    lines: Sender<String>,
    bytes: Arc<AtomicUsize>,
    left_out: usize,
}

/// Where they come out.
pub(super) struct Outlet {
    lines: Receiver<String>,
    bytes: Arc<AtomicUsize>,
}

/// An empty queue.
pub(super) fn queue() -> (Intake, Outlet) {
    let (send, lines) = flume::bounded(LINES);
    let bytes = Arc::new(AtomicUsize::new(0));
    let intake = Intake {
        lines: send,
        bytes: bytes.clone(),
        left_out: 0,
    };
    (intake, Outlet { lines, bytes })
}

impl Intake {
    /// Puts in a line, which has an end, or counts it as left out.
    pub(super) fn put(&mut self, line: String) {
        let line = match self.left_out {
            0 => line,
            count => format!("* {count} lines are left out here: the terminal took none\n{line}"),
        };
        let len = line.len();
        let is_too_much = self.bytes.fetch_add(len, Relaxed) + len > BYTES;
        if is_too_much || self.lines.try_send(line).is_err() {
            self.bytes.fetch_sub(len, Relaxed);
            self.left_out += 1;
        } else {
            self.left_out = 0;
        }
    }
}

impl Outlet {
    /// Waits for lines, and takes some together. `None` at the end.
    pub(super) fn take(&self) -> Option<String> {
        let mut together = self.lines.recv().ok()?;
        while together.len() < AT_ONCE
            && let Ok(line) = self.lines.try_recv()
        {
            together += &line;
        }
        self.bytes.fetch_sub(together.len(), Relaxed);
        Some(together)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of these lines wait, and what comes after them once there is room again.
    fn wait(lines: impl Iterator<Item = String>) -> (usize, String) {
        let (mut intake, outlet) = queue();
        lines.for_each(|line| intake.put(line));
        let mut all = String::new();
        while !outlet.lines.is_empty() {
            all += &outlet.take().unwrap();
        }
        assert_eq!(outlet.bytes.load(Relaxed), 0);
        intake.put("last\n".to_owned());
        (all.lines().count(), outlet.take().unwrap())
    }

    #[test]
    fn as_many_lines_as_the_bound_wait_and_one_more_is_left_out() {
        let lines = |count: usize| (0..count).map(|_| "x\n".to_owned());
        assert_eq!(wait(lines(LINES)), (LINES, "last\n".to_owned()));
        let words = "* 1 lines are left out here: the terminal took none\nlast\n";
        assert_eq!(wait(lines(LINES + 1)), (LINES, words.to_owned()));
    }

    #[test]
    fn as_many_bytes_as_the_bound_wait_and_one_more_is_left_out() {
        let lines = |more: usize| {
            let lens = [BYTES / 2, BYTES / 2 + more];
            lens.into_iter().map(|len| "x".repeat(len - 1) + "\n")
        };
        assert_eq!(wait(lines(0)), (2, "last\n".to_owned()));
        let words = "* 1 lines are left out here: the terminal took none\nlast\n";
        assert_eq!(wait(lines(1)), (1, words.to_owned()));
    }

    #[test]
    fn it_ends_with_its_intake_once_it_is_empty() {
        let (mut intake, outlet) = queue();
        intake.put("last\n".to_owned());
        drop(intake);
        assert_eq!(outlet.take().as_deref(), Some("last\n"));
        assert_eq!(outlet.take(), None);
    }
}
