//! Lines on their way to stderr. Nobody waits while a line is written: it is kept here, and a thread that does nothing
//! else writes it. If the reader of stderr stops reading, only this thread stops.
//!
//! A line for which there is no room, or that cannot be written, is dropped and counted. The count is written as soon
//! as writing works again. The thread ends with the process.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::Level;

use crate::form::Form;

/// The most bytes of lines that wait to be written, which are some ten thousand lines. All lines about a burst of joins
/// fit in, and a log that nobody reads costs no more memory than one long text.
const WAITING_BYTES: usize = 1024 * 1024;

/// How long the end of the program waits for the last lines to be written. A reader on a busy machine needs less; a
/// reader that has stopped delays the end by this much.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// Takes lines for stderr. All clones share one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

/// What the thread still has to write.
#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// How many lines after those were dropped for want of room.
    dropped: usize,
    /// Whether the thread is writing lines that it has taken.
    writing: bool,
}

impl Waiting {
    fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.dropped == 0
    }
}

impl Lines {
    /// Starts the thread that writes to stderr.
    ///
    /// # Errors
    ///
    /// The system cannot start a thread.
    pub(crate) fn start(form: Form) -> io::Result<Self> {
        let lines = Self::default();
        let shared = Arc::clone(&lines.0);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || shared.write_to(Output::new(io::stderr(), form)))?;
        Ok(lines)
    }

    /// Adds one line, with its line end.
    pub(crate) fn put(&self, line: &[u8]) {
        let mut waiting = self.0.lock();
        // After a line was dropped, no other is taken before the count of dropped lines is written.
        if waiting.dropped > 0 || waiting.lines.len() + line.len() > WAITING_BYTES {
            waiting.dropped += 1;
        } else {
            waiting.lines.extend_from_slice(line);
        }
        drop(waiting);
        self.0.changed.notify_all();
    }

    /// Waits until all lines are written, for at most [`FLUSH_WITHIN`].
    pub(crate) fn flush(&self) {
        let waiting = self.0.lock();
        let is_busy = |waiting: &mut Waiting| waiting.writing || !waiting.is_nothing();
        let changed = &self.0.changed;
        // The program ends either way.
        drop(changed.wait_timeout_while(waiting, FLUSH_WITHIN, is_busy));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines as they come, for ever.
    fn write_to(&self, mut output: Output<impl Write>) {
        let mut waiting = self.lock();
        loop {
            waiting = self
                .changed
                .wait_while(waiting, |waiting| waiting.is_nothing())
                .unwrap_or_else(PoisonError::into_inner);
            let Waiting { lines, dropped, .. } = std::mem::take(&mut *waiting);
            waiting.writing = true;
            drop(waiting);
            output.write(&lines, dropped);
            waiting = self.lock();
            waiting.writing = false;
            self.changed.notify_all();
        }
    }
}

/// Every write is one whole line.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where lines are written, with the number of those that were lost.
struct Output<W> {
    to: W,
    form: Form,
    lost: usize,
}

impl<W: Write> Output<W> {
    fn new(to: W, form: Form) -> Self {
        Self { to, form, lost: 0 }
    }

    /// Writes these lines, after which `dropped` others were dropped.
    fn write(&mut self, lines: &[u8], dropped: usize) {
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            self.tell_lost();
            if self.to.write_all(line).is_err() {
                self.lost += 1;
            }
        }
        self.lost += dropped;
        self.tell_lost();
    }

    fn tell_lost(&mut self) {
        if self.lost == 0 {
            return;
        }
        let lost = self.lost;
        let told = format!("{lost} lines of the log were dropped here: they could not be written");
        let told = self.form.line(Level::WARN, &told);
        if self.to.write_all(told.as_bytes()).is_ok() {
            self.lost = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what it has room for, and fails after that.
    #[derive(Default)]
    struct Disk {
        written: String,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if bytes.len() > self.room {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= bytes.len();
            self.written.push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_fail_are_counted_and_the_count_stands_where_they_would() {
        let mut output = Output::new(Disk::default(), Form::default());
        output.to.room = "one\n".len();
        output.write(b"one\ntwo\nthree\n", 0);
        assert_eq!(output.to.written, "one\n");
        output.to.room = 1000;
        output.write(b"four\n", 0);
        let [one, count, four] = output.to.written.lines().collect::<Vec<_>>()[..] else {
            panic!("{}", output.to.written);
        };
        assert_eq!((one, four), ("one", "four"));
        assert!(count.contains("2 lines of the log were dropped"), "{count}");
    }

    #[test]
    fn lines_that_found_no_room_are_counted_behind_those_that_did() {
        let mut output = Output::new(Disk::default(), Form::default());
        output.to.room = 1000;
        output.write(b"one\n", 7);
        let (one, count) = output.to.written.split_once('\n').unwrap();
        assert_eq!(one, "one");
        assert!(count.contains("7 lines of the log were dropped"), "{count}");
    }

    #[test]
    fn the_last_line_that_has_room_fills_it_and_a_byte_more_has_none() {
        let lines = Lines::default();
        lines.put(&[b'x'; WAITING_BYTES - 2]);
        lines.put(b"y\n");
        assert_eq!(lines.0.lock().dropped, 0);
        lines.put(b"\n");
        let waiting = lines.0.lock();
        assert_eq!((waiting.lines.len(), waiting.dropped), (WAITING_BYTES, 1));
    }

    #[test]
    fn behind_a_line_that_was_dropped_none_gets_in_before_the_count() {
        let lines = Lines::default();
        lines.put(&[b'x'; WAITING_BYTES - 1]);
        lines.put(b"two\n");
        lines.put(b"\n");
        assert_eq!(lines.0.lock().dropped, 2);
    }
}
