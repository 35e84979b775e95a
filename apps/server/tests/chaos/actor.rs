//! A member program as the test holds it: its process, what it was told, and what it has shown so far. All that it
//! prints goes into the journal.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hubbub_testing::{signal, until};

use crate::journal::{Journal, What};
use crate::member::{Orders, TEST, VARIABLE};
use crate::words::TextId;

/// How long a member stays without a connection before it is told to try again at once, so that it does not sit out the
/// half minute that a session waits after many failures.
const IMPATIENT_AFTER: Duration = Duration::from_millis(1500);

/// A member over all its runs.
pub(crate) struct Actor {
    pub(crate) name: String,
    journal: Arc<Journal>,
    /// Where its connections go.
    port: u16,
    recent: u32,
    run: u32,
    process: Option<Process>,
    shown: Arc<Mutex<Shown>>,
    is_stopped: bool,
}

struct Process {
    child: Child,
    wishes: ChildStdin,
    reader: JoinHandle<()>,
    said: u64,
}

/// What a member has shown, as far as the test steers by it.
#[derive(Default)]
pub(crate) struct Shown {
    /// The last message over all runs: the room and the place.
    seen: Option<(String, String)>,
    room: Option<String>,
    /// Without a connection since then.
    lost_since: Option<Instant>,
    pub(crate) is_caught_up: bool,
    /// The texts of its current run that arrived.
    pub(crate) arrived: u64,
    /// Whether there is something earlier than what it has shown.
    pub(crate) more: bool,
    /// How many wishes for earlier messages were answered.
    pub(crate) answers: u64,
}

impl Actor {
    pub(crate) fn new(name: &str, journal: &Arc<Journal>, port: u16, recent: u32) -> Self {
        let mut actor = Self {
            name: name.to_owned(),
            journal: Arc::clone(journal),
            port,
            recent,
            run: 0,
            process: None,
            shown: Arc::default(),
            is_stopped: false,
        };
        actor.start();
        actor
    }

    /// Starts the next run, which knows the last message that was shown.
    pub(crate) fn start(&mut self) {
        self.run += 1;
        let seen = {
            let mut shown = self.shown();
            *shown = Shown {
                seen: shown.seen.take(),
                lost_since: Some(Instant::now()),
                ..Shown::default()
            };
            shown.seen.clone()
        };
        let orders = Orders {
            name: self.name.clone(),
            run: self.run,
            port: self.port,
            recent: self.recent,
            seen,
        };
        // This very program, even if a newer one has been built in its place.
        let mut child = Command::new("/proc/self/exe")
            .args(["--exact", TEST, "--ignored", "--nocapture"])
            .env(VARIABLE, orders.to_line())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let (journal, shown) = (Arc::clone(&self.journal), Arc::clone(&self.shown));
        let (name, run) = (self.name.clone(), self.run);
        let reader = thread::spawn(move || {
            // Other lines are those of the test's harness.
            for what in lines
                .lines()
                .map_while(Result::ok)
                .filter_map(|line| What::parse(&line))
            {
                shown.lock().unwrap().take(&what);
                journal.add(&name, run, what);
            }
        });
        self.process = Some(Process {
            wishes: child.stdin.take().unwrap(),
            child,
            reader,
            said: 0,
        });
    }

    /// Says its next text, with this much padding.
    pub(crate) fn say(&mut self, padding: usize) -> TextId {
        let process = self.process.as_mut().unwrap();
        process.said += 1;
        let number = process.said;
        self.journal.add(&self.name, self.run, What::Says(number));
        self.wish(&format!("say {number} {padding}"));
        TextId {
            who: self.name.clone(),
            run: self.run,
            number,
        }
    }

    pub(crate) fn wish(&mut self, wish: &str) {
        let process = self.process.as_mut().unwrap();
        // A program that has ended by itself is found in the journal: it shows nothing more.
        let _ = writeln!(process.wishes, "{wish}");
    }

    /// Whether it can be told something: it runs and is not stopped.
    pub(crate) fn is_awake(&self) -> bool {
        self.process.is_some() && !self.is_stopped
    }

    pub(crate) fn runs(&self) -> bool {
        self.process.is_some()
    }

    /// Ends the run by `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.child.kill().unwrap();
        self.is_stopped = false;
        self.finish(process);
    }

    /// Ends the run as a person does.
    pub(crate) fn leave(&mut self) {
        self.journal.add(&self.name, self.run, What::Leaves);
        self.wish("leave");
        let mut process = self.process.take().unwrap();
        until("a member leaves", || {
            process.child.try_wait().unwrap().is_some()
        });
        self.finish(process);
    }

    fn finish(&self, mut process: Process) {
        process.child.wait().unwrap();
        process.reader.join().unwrap();
        self.journal.add(&self.name, self.run, What::Ends);
    }

    /// Stops the process, as a laptop that sleeps.
    pub(crate) fn stop(&mut self) {
        self.note("stopped");
        signal("STOP", self.process.as_ref().unwrap().child.id());
        self.is_stopped = true;
    }

    pub(crate) fn go_on(&mut self) {
        self.note("goes on");
        signal("CONT", self.process.as_ref().unwrap().child.id());
        self.is_stopped = false;
    }

    /// Lets it try again if it has been without a connection for a while.
    pub(crate) fn hurry(&mut self) {
        let is_late = |since: Instant| since.elapsed() > IMPATIENT_AFTER;
        let shall_retry = self.is_awake()
            && self
                .shown()
                .lost_since
                .take_if(|since| is_late(*since))
                .is_some();
        if shall_retry {
            self.shown().lost_since = Some(Instant::now());
            self.wish("retry");
        }
    }

    /// Whether it is caught up and everything that it said in this run has arrived.
    pub(crate) fn is_done(&self) -> bool {
        let said = self.process.as_ref().map(|process| process.said);
        let shown = self.shown();
        shown.is_caught_up && Some(shown.arrived) == said
    }

    /// From now on it asks for earlier messages, and shows them backwards.
    pub(crate) fn asks_for_earlier(&self) {
        self.journal.add(&self.name, self.run, What::Asks);
    }

    /// Something is wrong with it.
    pub(crate) fn damage(&self, words: &str) {
        self.journal
            .add(&self.name, self.run, What::Damaged(words.to_owned()));
    }

    pub(crate) fn note(&self, words: &str) {
        self.journal
            .add(&self.name, self.run, What::Note(words.to_owned()));
    }

    pub(crate) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap()
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}

impl Shown {
    fn take(&mut self, what: &What) {
        match what {
            What::Connected => self.lost_since = None,
            What::Lost { .. } => {
                self.lost_since = Some(Instant::now());
                self.is_caught_up = false;
            }
            What::Granted(room) => self.room = Some(room.clone()),
            What::Heard { place, past, .. } => {
                // What is earlier than all that is known comes after it was asked for, and is not the last.
                if let Some(place) = place.as_ref().filter(|_| !(*past && self.is_caught_up)) {
                    self.sees(place);
                }
            }
            What::CaughtUp(last, more) => {
                self.is_caught_up = true;
                self.more = *more;
                self.sees(last);
            }
            What::Earlier(more) => {
                self.more = *more;
                self.answers += 1;
            }
            What::Arrived(..) => self.arrived += 1,
            _ => {}
        }
    }

    fn sees(&mut self, place: &str) {
        if let Some(room) = &self.room {
            self.seen = Some((room.clone(), place.to_owned()));
        }
    }
}
