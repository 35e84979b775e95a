//! A plain member: raw CHAT/1.0, in this process. It connects again and again, says what it is told, and takes only
//! frames in the server's exact form, as programs of other people need them.

use std::io::Write;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hubbub_testing::{Peer, is_from, join, leave, text};

use crate::journal::{Journal, What};
use crate::words::TextId;

/// The rest between two connections. Its name may still be taken by the last one.
const REST: Duration = Duration::from_millis(300);

/// A server that refuses it closes sooner than this after the JOIN.
const ANSWER: Duration = Duration::from_secs(1);

/// How long it waits for the next frame before it looks whether it shall end.
const PATIENCE: Duration = Duration::from_millis(100);

/// A plain member over all its connections.
pub(crate) struct Plain {
    pub(crate) name: String,
    journal: Arc<Journal>,
    mouth: Arc<Mutex<Mouth>>,
    shall_end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What it speaks with.
#[derive(Default)]
struct Mouth {
    connection: u32,
    /// None while it has no connection.
    socket: Option<TcpStream>,
    said: u64,
}

impl Plain {
    pub(crate) fn new(name: &str, journal: &Arc<Journal>, port: u16) -> Self {
        let (mouth, shall_end) = (Arc::default(), Arc::default());
        let life = Life {
            name: name.to_owned(),
            journal: Arc::clone(journal),
            port,
            mouth: Arc::clone(&mouth),
            shall_end: Arc::clone(&shall_end),
        };
        Self {
            name: name.to_owned(),
            journal: Arc::clone(journal),
            mouth,
            shall_end,
            thread: Some(thread::spawn(move || life.live())),
        }
    }

    /// Says its next text, if it has a connection.
    pub(crate) fn say(&self, padding: usize) -> Option<TextId> {
        let mut mouth = self.mouth.lock().unwrap();
        let run = mouth.connection;
        let mut socket = mouth.socket.as_ref()?.try_clone().ok()?;
        mouth.said += 1;
        let id = TextId {
            who: self.name.clone(),
            run,
            number: mouth.said,
        };
        self.journal.add(&self.name, run, What::Says(id.number));
        // The connection may be gone: then the text counts as one that may have arrived.
        let _ = socket.write_all(&text(&self.name, id.text(padding)));
        Some(id)
    }

    /// Whether it is in the room.
    pub(crate) fn is_in(&self) -> bool {
        self.mouth.lock().unwrap().socket.is_some()
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.shall_end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Life {
    name: String,
    journal: Arc<Journal>,
    port: u16,
    mouth: Arc<Mutex<Mouth>>,
    shall_end: Arc<AtomicBool>,
}

impl Life {
    fn live(self) {
        while !self.shall_end() {
            if let Ok(peer) = Peer::try_connect(self.port) {
                // A frame that is not in the exact form ends this connection by a panic, and the run by an entry.
                let heard = catch_unwind(AssertUnwindSafe(|| self.attend(peer)));
                let run = {
                    let mut mouth = self.mouth.lock().unwrap();
                    mouth.socket = None;
                    mouth.connection
                };
                if heard.is_err() {
                    self.journal.add(
                        &self.name,
                        run,
                        What::Damaged("not in the exact form".to_owned()),
                    );
                }
                self.journal.add(&self.name, run, What::Ends);
            }
            thread::sleep(REST);
        }
    }

    fn attend(&self, mut peer: Peer) {
        let run = {
            let mut mouth = self.mouth.lock().unwrap();
            mouth.connection += 1;
            mouth.said = 0;
            mouth.connection
        };
        self.journal.add(&self.name, run, What::Plain);
        peer.try_send(join(&self.name));
        let (joined, mut is_in) = (Instant::now(), false);
        while !self.shall_end() {
            match peer.next_frame(Instant::now() + PATIENCE) {
                Ok(Some(frame)) => {
                    if let Some(what) = heard(&frame) {
                        self.journal.add(&self.name, run, what);
                    }
                    // A server that refuses has one word only, and it is its own.
                    is_in |= !is_from(&frame, "server");
                }
                Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                    is_in |= joined.elapsed() > ANSWER;
                }
                Ok(None) | Err(_) => return,
            }
            if is_in {
                let mut mouth = self.mouth.lock().unwrap();
                mouth.socket.get_or_insert_with(|| peer.writer());
            }
        }
        peer.try_send(leave(&self.name));
    }

    fn shall_end(&self) -> bool {
        self.shall_end.load(Ordering::Relaxed)
    }
}

fn heard(frame: &[u8]) -> Option<What> {
    let end = frame.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&frame[..end]);
    let name = head.lines().nth(1)?.strip_prefix("Username: ")?.to_owned();
    let payload = String::from_utf8_lossy(&frame[end..]);
    Some(match head.lines().next()? {
        "CHAT/1.0 JOIN" => What::Came(name),
        "CHAT/1.0 LEAVE" => What::Went(name),
        _ => match TextId::of_text(&payload).filter(|id| id.who == name) {
            Some(text) => What::Heard {
                text,
                place: None,
                past: false,
                own: None,
            },
            None if name == "server" => What::Note("words of the server".to_owned()),
            None => What::Damaged(format!("from {name}: {} bytes", payload.len())),
        },
    })
}
