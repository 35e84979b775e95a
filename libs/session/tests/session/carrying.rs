//! A page that is loaded again in the middle of anything: the session ends between any two of its steps, and the next
//! one goes on with what was kept. The real server, which grants, takes each text once and in order.

use std::iter;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flume::RecvTimeoutError;
use hubbub_session::{Carried, Clock, Event, Intent, Keeper, Options, start_with};
use hubbub_testing::{DEADLINE, HeldPort, Ours, Room, Time};
use hubbub_transport::tls::Connector;
use hubbub_wire::{Hex64, Hex128};

use crate::harness::{PACE, Window, offering, options_of};

/// How many texts a page says.
const TEXTS: u64 = 12;
/// No page needs as many steps.
const NEVER: usize = usize::MAX / 2;

/// What outlives a session.
struct Page {
    name: String,
    port: u16,
    storage: Arc<Mutex<Storage>>,
}

struct Storage {
    carried: String,
    /// How many texts were ever kept. Those after them are still in the field of the page, and said again.
    taken: u64,
}

impl Storage {
    fn keep(&mut self, carried: &Carried) {
        self.carried = carried.to_text();
        let last = carried.texts.last().map_or(0, |text| text.id + 1);
        self.taken = self.taken.max(last);
    }

    fn carried(&self) -> Carried {
        Carried::from_text(&self.carried).unwrap()
    }
}

impl Page {
    fn new(name: String, room: &Room) -> Self {
        let number = name
            .bytes()
            .fold(0, |number, byte| number * 256 + u128::from(byte));
        let first = Carried {
            session: Hex64(number as u64),
            secret: Hex128(number),
            attempt: 0,
            arrived: 0,
            room: None,
            texts: Vec::new(),
        };
        let storage = Storage {
            carried: first.to_text(),
            taken: 0,
        };
        Self {
            name,
            port: room.address().port(),
            storage: Arc::new(Mutex::new(storage)),
        }
    }

    /// Loads it, and says what is not said yet. The session ends after so many steps. Returns whether all has arrived
    /// before that.
    fn loads(&self, steps: usize) -> bool {
        let left = Arc::new(AtomicUsize::new(steps));
        let (storage, dies) = (self.storage.clone(), left.clone());
        let options = Options {
            carried: Some(self.storage.lock().unwrap().carried()),
            keeper: Some(Keeper::new(move |carried| {
                step(&dies);
                storage.lock().unwrap().keep(carried);
                step(&dies);
            })),
            pace: Duration::ZERO,
            ..offering(options_of(&self.name, self.port))
        };
        let (intents, wishes) = flume::unbounded();
        for id in self.storage.lock().unwrap().taken..TEXTS {
            let text = id.to_string();
            intents.send(Intent::Say { id, text }).unwrap();
        }
        let (events, batches) = flume::unbounded();
        let connector = Connector::with_roots(b"");
        let ended = start_with(options, wishes, events, clock(left), connector).unwrap();
        let by = Instant::now() + DEADLINE;
        while !self.is_done() {
            match batches.recv_deadline(by) {
                Ok(batch) => batch.iter().for_each(|stamped| may_happen(&stamped.event)),
                Err(RecvTimeoutError::Disconnected) => return self.is_done(),
                Err(RecvTimeoutError::Timeout) => panic!("{} waits for ever", self.name),
            }
        }
        // It may still die of this.
        let _ = intents.send(Intent::Leave);
        let _ = ended.recv_timeout(DEADLINE);
        true
    }

    fn is_done(&self) -> bool {
        let storage = self.storage.lock().unwrap();
        storage.taken == TEXTS && storage.carried().texts.is_empty()
    }
}

fn may_happen(event: &Event) {
    let is_bad = matches!(
        event,
        Event::Unsure { .. } | Event::Replaced | Event::Kicked { .. } | Event::Missed { .. }
    );
    assert!(!is_bad, "{event:?}");
    if let Event::Lost { cause, .. } = event {
        assert!(!cause.is_refusal(), "{event:?}");
    }
}

/// A clock that ends the thread which reads it, after so many steps.
fn clock(left: Arc<AtomicUsize>) -> Clock {
    let Clock { awake, wall, sleep } = Clock::system();
    let awake = move || {
        step(&left);
        awake()
    };
    Clock {
        awake: Box::new(awake),
        wall,
        sleep,
    }
}

/// Ends the thread if it was its last step.
fn step(left: &AtomicUsize) {
    if left.fetch_sub(1, Ordering::Relaxed) == 0 {
        left.store(0, Ordering::Relaxed);
        resume_unwind(Box::new("a page is closed"));
    }
}

/// Who hears what pages say.
struct Listener {
    bob: Ours,
    asked: u64,
}

impl Listener {
    fn new(room: &Room) -> Self {
        let bob = room.ours("bob");
        Self { bob, asked: 0 }
    }

    /// Has heard each text of somebody once and in order, and nothing else of them.
    fn has_heard_all(&mut self, name: &str) {
        // The ACK comes after everything that was said before.
        self.asked += 1;
        self.bob.says(self.asked, "that was all");
        let said = iter::repeat_with(|| self.bob.peer.any_frame())
            .take_while(|frame| frame.method != "ACK")
            .filter(|frame| frame.method == "TEXT" && frame.need("Username") == name);
        let said: Vec<_> = said.map(|frame| frame.payload).collect();
        let all: Vec<_> = (0..TEXTS).map(|id| id.to_string()).collect();
        assert_eq!(said, all, "{name}");
    }
}

#[test]
fn a_page_that_is_loaded_again_after_any_step_says_each_text_once_and_in_order() {
    let room = Room::unwatched();
    let mut listener = Listener::new(&room);
    let mut steps = 0;
    loop {
        let page = Page::new(format!("alice{steps}"), &room);
        let was_done = page.loads(steps);
        if !was_done {
            assert!(page.loads(NEVER));
        }
        listener.has_heard_all(&page.name);
        steps += 1;
        if was_done {
            break;
        }
    }
    assert!(steps > 100, "only {steps} steps");
}

#[test]
fn a_page_that_is_loaded_again_and_again_says_each_text_once_and_in_order() {
    let room = Room::unwatched();
    let mut listener = Listener::new(&room);
    for seed in 1..=100_u64 {
        let page = Page::new(format!("alice{seed}"), &room);
        let mut random = seed;
        let mut loads = 0;
        loop {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            loads += 1;
            let most = 40 + loads;
            let steps = usize::try_from(random >> 33).unwrap() % most;
            if page.loads(steps) {
                break;
            }
        }
        listener.has_heard_all(&page.name);
    }
}

#[test]
fn what_is_said_without_a_connection_is_kept_at_once() {
    let server = HeldPort::new();
    let (kept, keeps) = flume::unbounded();
    let options = Options {
        keeper: Some(Keeper::new(move |carried| {
            let _ = kept.send(carried.clone());
        })),
        ..offering(options_of("alice", server.number()))
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    window.expect(Event::Connecting);
    window.expect_lost();
    window.say(7, "hi");
    let carried = keeps.recv_timeout(DEADLINE).unwrap();
    assert_eq!((carried.texts[0].id, &*carried.texts[0].text), (7, "hi"));
}
