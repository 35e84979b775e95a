//! A member: a session as the window has one, and what it was told. Texts go to the checker at once, and are only
//! counted here; all the rest is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use flume::Sender;
use hubbub_session::{Event, Intent, Options, Stamped};
use hubbub_transport::Addresses;
use hubbub_wire::Username;

use crate::checker::{Checker, Number};

/// How many of the last things that a member was told are kept whatever they are, for whoever asks why.
const LAST: usize = 20;

/// What a member was told, when, and what it had heard before.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    /// When it happened, by the time of the stream.
    pub(crate) time: SystemTime,
    pub(crate) what: What,
    /// How many texts.
    heard: u64,
    /// Where the last of them stands.
    pub(crate) place: Option<String>,
}

/// What a member is told, as far as it counts here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Here(Vec<String>),
    Came(String),
    Went(String),
    /// Who said it, which of its texts it is, where it stands, and whether it was replayed.
    Heard(String, u64, String, bool),
    /// Its own text is in the log.
    Arrived(u64),
    Lost(String),
    Granted(String),
    Gap,
    CaughtUp,
    Notice(String),
    /// Anything that must not be.
    Wrong(String),
}

/// All that a member was told, as far as it is kept.
#[derive(Default)]
struct Notes {
    /// All but texts and their arrival.
    told: Vec<Told>,
    last: VecDeque<What>,
    heard: u64,
    place: Option<String>,
    /// When the last text was said, by the time of the stream.
    said_at: Option<SystemTime>,
    silence: Duration,
}

/// A member of the room. It leaves when dropped.
pub(crate) struct Member {
    pub(crate) name: String,
    intents: Sender<Intent>,
    notes: Arc<Mutex<Notes>>,
    checked: Option<(Arc<Mutex<Checker>>, Number)>,
}

impl Member {
    /// One that knows all these ports of loopback, and only listens.
    pub(crate) fn new(name: &str, ports: &[u16]) -> Self {
        Self::start(name, ports, None)
    }

    /// One that talks, with a checker.
    pub(crate) fn checked(name: &str, ports: &[u16], checker: &Arc<Mutex<Checker>>) -> Self {
        let number = checker.lock().unwrap().enter(name);
        Self::start(name, ports, Some((Arc::clone(checker), number)))
    }

    fn start(name: &str, ports: &[u16], checked: Option<(Arc<Mutex<Checker>>, Number)>) -> Self {
        let hosts: Vec<_> = ports
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect();
        let link = format!("chat://{}", hosts.join(","));
        let addresses = Addresses::from_link(&link, hubbub_wire::PORT).unwrap();
        let username = Username::new(name, 64).unwrap().into_owned();
        let (intents, wishes) = flume::unbounded();
        let (events, batches) = flume::bounded::<Vec<Stamped>>(1);
        let options = Options::new(addresses, username);
        let session = hubbub_session::start(options, wishes, events).unwrap();
        let notes = Arc::<Mutex<Notes>>::default();
        let (pad, judge) = (Arc::clone(&notes), checked.clone());
        thread::spawn(move || {
            for batch in batches {
                let batch = batch.into_iter();
                let told: Vec<_> = batch
                    .filter_map(|Stamped { at, event }| Some((at, what(event)?)))
                    .collect();
                if let Some((checker, number)) = &judge {
                    // Poisoned where the test has failed.
                    let mut checker = checker.lock().unwrap_or_else(PoisonError::into_inner);
                    told.iter()
                        .for_each(|(_, what)| checker.told(*number, what));
                }
                let mut pad = pad.lock().unwrap();
                told.into_iter()
                    .for_each(|(time, what)| pad.take(time, what));
            }
            drop(session);
        });
        Self {
            name: name.to_owned(),
            intents,
            notes,
            checked,
        }
    }

    /// Says its next text.
    #[track_caller]
    pub(crate) fn say(&self) {
        let (checker, number) = self.checked.as_ref().unwrap();
        let id = checker.lock().unwrap().says(*number);
        let text = id.to_string();
        let _ = self.intents.send(Intent::Say { id, text });
    }

    /// If it has no connection, tries to connect again at once. One that stands is left alone: on a busy machine its
    /// server may answer too late, and it would be given up.
    pub(crate) fn hurry(&self) {
        let is_lost = self
            .notes()
            .told
            .iter()
            .rev()
            .find_map(|told| match told.what {
                What::Lost(_) => Some(true),
                What::Granted(_) => Some(false),
                _ => None,
            });
        if is_lost == Some(true) {
            let _ = self.intents.send(Intent::Wake);
        }
    }

    /// Leaves the room.
    pub(crate) fn leave(&self) {
        let _ = self.intents.send(Intent::Leave);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    /// All that it was told so far, but texts and their arrival.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.notes().told.clone()
    }

    /// How many texts it has heard.
    pub(crate) fn heard(&self) -> u64 {
        self.notes().heard
    }

    /// The longest time between two texts that it has heard, by the time of the stream.
    pub(crate) fn longest_silence(&self) -> Duration {
        self.notes().silence
    }

    /// How often it was told this, which is neither a text nor an arrival.
    pub(crate) fn count(&self, is_it: impl Fn(&What) -> bool) -> usize {
        let notes = self.notes();
        notes.told.iter().filter(|told| is_it(&told.what)).count()
    }

    /// Whether it is in the room and has all that was said before.
    pub(crate) fn is_here(&self) -> bool {
        let notes = self.notes();
        let mut last = notes.told.iter().rev();
        last.find_map(|told| match told.what {
            What::CaughtUp => Some(true),
            What::Lost(_) => Some(false),
            _ => None,
        })
        .unwrap_or(false)
    }

    /// Whom it takes to be here.
    pub(crate) fn here(&self) -> Vec<String> {
        let mut here = Vec::new();
        for told in &self.notes().told {
            match &told.what {
                What::Here(names) => here.clone_from(names),
                What::Came(name) => here.push(name.clone()),
                What::Went(name) => here.retain(|other| other != name),
                _ => {}
            }
        }
        here.sort();
        // Whoever enters at the same time may be among those who are here, and be told too.
        here.dedup();
        here
    }

    /// What it was told of its connections, and how many texts it had heard by then.
    pub(crate) fn story(&self) -> String {
        let notes = self.notes();
        let is_of_connections =
            |what: &What| !matches!(what, What::Came(_) | What::Went(_) | What::Here(_));
        let told = notes
            .told
            .iter()
            .filter(|told| is_of_connections(&told.what));
        told.map(|Told { heard, what, .. }| format!("  {} after {heard}: {what:?}\n", self.name))
            .collect()
    }

    /// The last things that it was told, for whoever asks why.
    pub(crate) fn tail(&self) -> String {
        let notes = self.notes();
        let last = notes.last.iter();
        last.map(|what| format!("  {} {what:?}\n", self.name))
            .collect()
    }
}

impl Notes {
    fn take(&mut self, time: SystemTime, what: What) {
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(what.clone());
        match what {
            What::Heard(_, _, place, _) => {
                self.heard += 1;
                self.place = Some(place);
                let before = self.said_at.replace(time).unwrap_or(time);
                let silence = time.duration_since(before).unwrap_or_default();
                self.silence = self.silence.max(silence);
            }
            What::Arrived(_) => {}
            what => self.told.push(Told {
                at: Instant::now(),
                time,
                what,
                heard: self.heard,
                place: self.place.clone(),
            }),
        }
    }
}

fn what(event: Event) -> Option<What> {
    Some(match event {
        Event::Present { names } => What::Here(names),
        Event::Joined { name } => What::Came(name),
        Event::Left { name } => What::Went(name),
        Event::Said {
            name, text, mark, ..
        } => match (text.parse(), mark) {
            (Ok(number), Some(mark)) => What::Heard(name, number, mark.seq, mark.past),
            _ => What::Wrong(format!("{name}: {text}")),
        },
        Event::Arrived { id, .. } => What::Arrived(id),
        Event::Lost { why, .. } => What::Lost(why),
        Event::Granted { room, .. } => What::Granted(room.to_string()),
        Event::Gap => What::Gap,
        Event::CaughtUp { .. } => What::CaughtUp,
        Event::Notice { code, .. } => What::Notice(code),
        Event::Unsure { id } => What::Wrong(format!("{id} may not have arrived")),
        Event::Replaced => What::Wrong("replaced".to_owned()),
        Event::Kicked { why } => What::Wrong(format!("kicked: {why}")),
        Event::Missed { events } => What::Wrong(format!("missed {events}")),
        Event::CutOff { name, .. } => What::Wrong(format!("{name} was cut off")),
        _ => return None,
    })
}
