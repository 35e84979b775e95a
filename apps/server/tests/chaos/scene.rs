//! A scene: a server with a history, members of ours and plain members, and what leads from the one to the others. It
//! ends when all is well again, everybody has heard everybody's last words, and a newcomer has read the whole log.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, Network};

use crate::actor::Actor;
use crate::checker::{self, Verdict};
use crate::disk::Disk;
use crate::house::House;
use crate::journal::{Entry, Journal, What};
use crate::plain::Plain;
use crate::words::TextId;

/// What the server is told: times so short that what is longer happens in every run, and a history that is deleted from
/// within a long one.
const OPTIONS: &[&str] = &[
    "--grace",
    "3s",
    "--write-timeout",
    "3s",
    "--text-timeout",
    "3s",
    "--keep-bytes",
    "24MiB",
];

/// How often the end is looked for.
const TICK: Duration = Duration::from_millis(20);

/// How long a connection by road waits for a server that is away. One that is closed in less than 3 s counts as put off
/// by an offer, and a few of these make a new run of a program go on without one.
const PATIENCE: Duration = Duration::from_secs(4);

/// The newcomer who reads the whole log at the end.
const READER: &str = "zoe";

/// Everything that takes part.
pub(crate) struct Scene {
    pub(crate) journal: Arc<Journal>,
    pub(crate) house: House,
    pub(crate) disk: Disk,
    /// Members of ours.
    pub(crate) actors: Vec<Actor>,
    /// The network between each of them and the server; none where it connects directly.
    pub(crate) roads: Vec<Option<Network>>,
    pub(crate) plain: Vec<Plain>,
    place: PathBuf,
}

/// A network that leads to this port.
pub(crate) fn road_to(port: u16) -> Network {
    Network::that_waits(port, PATIENCE)
}

impl Scene {
    /// A server that runs, and nobody there yet. What is left of it is kept under this name in the build directory.
    pub(crate) fn open(name: &str, has_small_disk: bool) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("chaos")
            .join(name);
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        let journal = Arc::new(Journal::begin(&place.join("journal.txt")));
        let disk = Disk::new(&journal, &place, has_small_disk);
        let log = place.join("server.log");
        let mut house = House::new(&journal, &disk.history, &log, OPTIONS);
        assert!(
            house.start(),
            "the server does not start; see {}",
            log.display()
        );
        Self {
            journal,
            house,
            disk,
            actors: Vec::new(),
            roads: Vec::new(),
            plain: Vec::new(),
            place,
        }
    }

    /// A member of ours that connects to the server itself, once it is in the room. Its number.
    pub(crate) fn direct(&mut self, name: &str) -> usize {
        self.member(name, self.house.port(), None)
    }

    /// The same through a network that can be made bad.
    pub(crate) fn by_road(&mut self, name: &str) -> usize {
        let road = road_to(self.house.port());
        self.member(name, road.port(), Some(road))
    }

    /// The same through something else that leads to the server.
    pub(crate) fn by_port(&mut self, name: &str, port: u16) -> usize {
        self.member(name, port, None)
    }

    fn member(&mut self, name: &str, port: u16, road: Option<Network>) -> usize {
        let actor = Actor::new(name, &self.journal, port, 200);
        // A first connection that ends early would be taken for a server that does not grant.
        let caught_up = self.within(DEADLINE, || actor.shown().is_caught_up);
        assert!(
            caught_up,
            "{name} gets no grant; see {}",
            self.place.display()
        );
        self.actors.push(actor);
        self.roads.push(road);
        self.actors.len() - 1
    }

    pub(crate) fn plain_member(&mut self, name: &str, port: u16) {
        self.plain.push(Plain::new(name, &self.journal, port));
    }

    /// The network of this member, which has one.
    pub(crate) fn road(&self, member: usize) -> &Network {
        self.roads[member].as_ref().unwrap()
    }

    /// Waits until this member is caught up and all that it has said has arrived.
    #[track_caller]
    pub(crate) fn until_done(&mut self, member: usize) {
        let end = Instant::now() + DEADLINE;
        while !self.actors[member].is_done() {
            let name = &self.actors[member].name;
            assert!(
                Instant::now() < end,
                "{name} is not done; see {}",
                self.place.display()
            );
            self.actors[member].hurry();
            thread::sleep(TICK);
        }
    }

    fn within(&self, time: Duration, is_so: impl Fn() -> bool) -> bool {
        let end = Instant::now() + time;
        while !is_so() && Instant::now() < end {
            thread::sleep(TICK);
        }
        is_so()
    }

    /// Ends it, and judges it.
    pub(crate) fn end(mut self) -> (Verdict, Vec<Entry>) {
        self.mend();
        let end = Instant::now() + DEADLINE;
        while !self.actors.iter().all(Actor::is_done) && Instant::now() < end {
            self.actors.iter_mut().for_each(Actor::hurry);
            thread::sleep(TICK);
        }
        for actor in self.actors.iter().filter(|actor| !actor.is_done()) {
            actor.damage("is not caught up, or not all has arrived, although all is well again");
        }
        self.last_words();
        self.read_all();
        let journal = self.journal.end();
        let verdict = checker::check(&journal);
        if !verdict.faults.is_empty() {
            self.keep_the_history();
        }
        (verdict, journal)
    }

    /// Copies the database, since its disk goes with the namespace.
    fn keep_the_history(&self) {
        let files = fs::read_dir(&self.disk.history).unwrap();
        for file in files.map_while(Result::ok) {
            fs::copy(file.path(), self.place.join(file.file_name())).unwrap();
        }
    }

    /// Makes all well again.
    fn mend(&mut self) {
        if !self.disk.is_fine() {
            self.disk.mend();
        }
        if !self.house.runs() {
            assert!(
                self.house.start(),
                "the server does not start; see {}",
                self.place.display()
            );
        }
        for road in self.roads.iter().flatten() {
            road.clear_up();
        }
        for actor in &mut self.actors {
            if !actor.runs() {
                actor.start();
            } else if !actor.is_awake() {
                actor.go_on();
            }
        }
    }

    /// Everybody says something, and hears everybody else.
    fn last_words(&mut self) {
        self.within(DEADLINE, || self.plain.iter().all(Plain::is_in));
        let from = self.journal.len();
        let mut words: Vec<TextId> = self.actors.iter_mut().map(|actor| actor.say(10)).collect();
        words.extend(self.plain.iter().filter_map(|plain| plain.say(10)));
        let names = self.actors.iter().map(|actor| &actor.name);
        let names: Vec<&String> = names
            .chain(self.plain.iter().map(|plain| &plain.name))
            .collect();
        let has_heard = |entries: &[Entry], name: &str, word: &TextId| {
            let heard = |entry: &Entry| {
                entry.who == name && matches!(&entry.what, What::Heard { text, .. } if text == word)
            };
            entries.iter().any(heard)
        };
        let all_heard = |entries: &[Entry]| {
            let listeners = names.iter().all(|name| {
                let mut others = words.iter().filter(|word| word.who != **name);
                others.all(|word| has_heard(&entries[from..], name, word))
            });
            listeners && self.actors.iter().all(Actor::is_done)
        };
        if !self.journal.comes_within(DEADLINE, all_heard) {
            let note = "not everybody has heard everybody's last words".to_owned();
            self.journal.add("server", 0, What::Damaged(note));
        }
    }

    /// A newcomer reads the log to its beginning, and all others see it come.
    fn read_all(&mut self) {
        let reader = self.direct(READER);
        let came = |entries: &[Entry], name: &str| {
            let came =
                |entry: &Entry| entry.who == name && entry.what == What::Came(READER.to_owned());
            entries.iter().rev().any(came)
        };
        let names: Vec<&String> = self.actors[..reader]
            .iter()
            .map(|actor| &actor.name)
            .collect();
        self.journal.comes_within(DEADLINE, |entries| {
            names.iter().all(|name| came(entries, name))
        });
        let reader = &mut self.actors[reader];
        reader.asks_for_earlier();
        while reader.shown().more {
            let answers = reader.shown().answers;
            reader.wish("earlier");
            hubbub_testing::until("earlier messages come", || reader.shown().answers > answers);
        }
    }
}
