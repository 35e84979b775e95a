//! A member: a session as the window has one, and all that it was told.

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

use flume::Sender;
use hubbub_session::{Event, Intent, Options, Stamped};
use hubbub_transport::Addresses;
use hubbub_wire::Username;

/// What a member was told, and when.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Instant,
    pub(crate) what: What,
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

/// A member of the room. It leaves when dropped.
pub(crate) struct Member {
    pub(crate) name: String,
    /// How many texts it has said.
    pub(crate) said: u64,
    intents: Sender<Intent>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Member {
    /// One that knows all these ports of loopback.
    pub(crate) fn new(name: &str, ports: &[u16]) -> Self {
        let hosts: Vec<_> = ports
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect();
        let link = format!("chat://{}", hosts.join(","));
        let addresses = Addresses::from_link(&link, hubbub_wire::PORT).unwrap();
        let username = Username::new(name, 64).unwrap().into_owned();
        let (intents, wishes) = flume::unbounded();
        let (events, batches) = flume::bounded(1);
        let options = Options::new(addresses, username);
        let session = hubbub_session::start(options, wishes, events).unwrap();
        let told = Arc::<Mutex<Vec<Told>>>::default();
        let list = Arc::clone(&told);
        thread::spawn(move || {
            for batch in batches {
                let at = Instant::now();
                let more = batch.into_iter().filter_map(|Stamped { event, .. }| {
                    let what = what(event)?;
                    Some(Told { at, what })
                });
                list.lock().unwrap().extend(more);
            }
            drop(session);
        });
        Self {
            name: name.to_owned(),
            said: 0,
            intents,
            told,
        }
    }

    /// Says its next text.
    pub(crate) fn say(&mut self) {
        self.say_with("");
    }

    /// The same with more behind it.
    pub(crate) fn say_with(&mut self, more: &str) {
        self.said += 1;
        let (id, text) = (self.said, format!("{} {more}", self.said));
        let _ = self.intents.send(Intent::Say { id, text });
    }

    /// Tries to connect again at once.
    pub(crate) fn hurry(&self) {
        let _ = self.intents.send(Intent::Wake);
    }

    /// Leaves the room.
    pub(crate) fn leave(&self) {
        let _ = self.intents.send(Intent::Leave);
    }

    /// All that it was told so far.
    pub(crate) fn told(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap()
    }

    /// How often it was told this.
    pub(crate) fn count(&self, is_it: impl Fn(&What) -> bool) -> usize {
        self.told().iter().filter(|told| is_it(&told.what)).count()
    }

    /// When it was told this for the first time.
    pub(crate) fn when(&self, is_it: impl Fn(&What) -> bool) -> Option<Instant> {
        let told = self.told();
        told.iter()
            .find(|told| is_it(&told.what))
            .map(|told| told.at)
    }

    /// Whether it is in the room and has all that was said before.
    pub(crate) fn is_here(&self) -> bool {
        let told = self.told();
        let mut last = told.iter().rev();
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
        for told in self.told().iter() {
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
        let mut heard = 0;
        let mut story = String::new();
        for told in self.told().iter() {
            match &told.what {
                What::Heard(..) => heard += 1,
                What::Arrived(_) | What::Came(_) | What::Went(_) | What::Here(_) => {}
                what => story.push_str(&format!("  {} after {heard}: {what:?}\n", self.name)),
            }
        }
        story
    }

    /// The last things that it was told, for whoever asks why.
    pub(crate) fn tail(&self, count: usize) -> String {
        let told = self.told();
        let from = told.len().saturating_sub(count);
        let lines = told[from..]
            .iter()
            .map(|told| format!("  {} {:?}\n", self.name, told.what));
        lines.collect()
    }
}

fn what(event: Event) -> Option<What> {
    Some(match event {
        Event::Present { names } => What::Here(names),
        Event::Joined { name } => What::Came(name),
        Event::Left { name } => What::Went(name),
        Event::Said {
            name, text, mark, ..
        } => {
            let number = text.split(' ').next().and_then(|word| word.parse().ok());
            match (number, mark) {
                (Some(number), Some(mark)) => What::Heard(name, number, mark.seq, mark.past),
                _ => What::Wrong(format!("{name}: {text}")),
            }
        }
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
