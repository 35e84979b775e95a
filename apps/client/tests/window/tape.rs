//! What one end of a connection said, byte for byte, and whether it has finished.

use std::io::Read;
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use crate::wait::PATIENCE;

/// Everything that was said so far. Clones are the same tape.
#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<(Mutex<Recording>, Condvar)>);

#[derive(Default)]
struct Recording {
    bytes: Vec<u8>,
    ended: bool,
}

impl Tape {
    /// Records what arrives on `stream` until it ends.
    pub(crate) fn of(stream: &TcpStream) -> Tape {
        let tape = Tape::default();
        let (recorder, stream) = (tape.clone(), stream.try_clone().unwrap());
        thread::spawn(move || recorder.record(stream, |_| Ok(())));
        tape
    }

    /// Records what arrives on `stream` and passes each piece on, until either fails.
    pub(crate) fn record(
        &self,
        mut stream: TcpStream,
        mut pass_on: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) {
        let mut piece = [0; 16 * 1024];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            self.change(|recording| recording.bytes.extend_from_slice(&piece[..length]));
            if pass_on(&piece[..length]).is_err() {
                break;
            }
        }
        self.change(|recording| recording.ended = true);
    }

    /// Waits until `expected` was said, and fails as soon as anything else was.
    pub(crate) fn says(&self, expected: &str) {
        let recording = self.wait(|it| it.ended || it.bytes.len() >= expected.len());
        assert_eq!(String::from_utf8_lossy(&recording.bytes), expected);
    }

    /// Waits until `part` was said, whatever stands around it.
    pub(crate) fn mentions(&self, part: &str) {
        let found = |it: &Recording| String::from_utf8_lossy(&it.bytes).contains(part);
        let recording = self.wait(|it| it.ended || found(it));
        assert!(
            found(&recording),
            "no {part:?} in {:?}",
            String::from_utf8_lossy(&recording.bytes)
        );
    }

    /// Waits until the connection has ended, and fails unless `expected` is all that was said.
    pub(crate) fn ends_with_all_of(&self, expected: &str) {
        let recording = self.wait(|it| it.ended);
        assert_eq!(String::from_utf8_lossy(&recording.bytes), expected);
    }

    fn change(&self, change: impl FnOnce(&mut Recording)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn wait(&self, ready: impl Fn(&Recording) -> bool) -> MutexGuard<'_, Recording> {
        let (lock, changed) = &*self.0;
        let (recording, timeout) = changed
            .wait_timeout_while(lock.lock().unwrap(), PATIENCE, |it| !ready(it))
            .unwrap();
        if timeout.timed_out() {
            let bytes = recording.bytes.clone();
            drop(recording);
            panic!(
                "waited {PATIENCE:?}; so far the tape holds {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
        recording
    }
}
