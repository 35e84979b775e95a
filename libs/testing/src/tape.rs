//! What one end of a connection said, byte for byte, and whether it has finished.

use std::io::Read;
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use crate::frames::same_bytes;
use crate::{DEADLINE, shown};

/// Everything that was said so far. Clones are the same tape.
#[derive(Clone, Default)]
pub struct Tape(Arc<(Mutex<Recording>, Condvar)>);

#[derive(Default)]
struct Recording {
    bytes: Vec<u8>,
    ended: bool,
}

impl Tape {
    /// Keeps what arrives on `stream` until it ends.
    pub(crate) fn of(stream: &TcpStream) -> Self {
        let tape = Self::default();
        let (recorder, mut stream) = (tape.clone(), stream.try_clone().unwrap());
        thread::spawn(move || {
            let mut piece = [0; 16 * 1024];
            while let Ok(len @ 1..) = stream.read(&mut piece) {
                recorder.keep(&piece[..len]);
            }
            recorder.end();
        });
        tape
    }

    /// Keeps these bytes.
    pub(crate) fn keep(&self, bytes: &[u8]) {
        self.change(|recording| recording.bytes.extend_from_slice(bytes));
    }

    /// Nothing more will be said.
    pub(crate) fn end(&self) {
        self.change(|recording| recording.ended = true);
    }

    /// Waits until `expected` was said, and fails as soon as anything else was.
    #[track_caller]
    pub fn says(&self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let recording = self.wait(|it| it.ended || it.bytes.len() >= expected.len());
        assert_said(&recording.bytes, expected);
    }

    /// Waits until `part` was said, with anything before and after it.
    #[track_caller]
    pub fn mentions(&self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        let found = |it: &Recording| it.bytes.windows(part.len()).any(|bytes| bytes == part);
        let recording = self.wait(|it| it.ended || found(it));
        let (part, bytes) = (shown(part), shown(&recording.bytes));
        assert!(found(&recording), "no {part}\n  in {bytes}");
    }

    /// Waits until the connection has ended, and fails unless `expected` is all that was said.
    #[track_caller]
    pub fn ends_with_all_of(&self, expected: impl AsRef<[u8]>) {
        let recording = self.wait(|it| it.ended);
        assert_said(&recording.bytes, expected.as_ref());
    }

    fn change(&self, change: impl FnOnce(&mut Recording)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    #[track_caller]
    fn wait(&self, ready: impl Fn(&Recording) -> bool) -> MutexGuard<'_, Recording> {
        let (lock, changed) = &*self.0;
        let (recording, timeout) = changed
            .wait_timeout_while(lock.lock().unwrap(), DEADLINE, |it| !ready(it))
            .unwrap();
        if timeout.timed_out() {
            let bytes = shown(&recording.bytes);
            drop(recording);
            panic!("waited {DEADLINE:?}; so far the tape holds {bytes}");
        }
        recording
    }
}

#[track_caller]
fn assert_said(said: &[u8], expected: &[u8]) {
    assert!(
        said == expected,
        "other words from byte {} on\n  expected {}\n      said {}",
        same_bytes(said, expected),
        shown(expected),
        shown(said)
    );
}
