//! A member with the window of a desktop, as far as the room can tell: the same session, without the screen.

use std::time::{Duration, Instant};

use flume::{Receiver, Sender};
use hubbub_session::{Event, Intent, Options, Stamped};
use hubbub_transport::Address;
use hubbub_wire::{Limits, Username};

use crate::wait::PATIENCE;

/// The member.
pub(crate) struct Member {
    intents: Sender<Intent>,
    events: Receiver<Vec<Stamped>>,
    said: u64,
    /// What it was told and nobody has asked for yet.
    unread: Vec<Event>,
}

impl Member {
    /// Enters the room at this port of loopback, and waits until it is inside. It also hears what was said before: who
    /// comes back to a room that was away is sooner or later there than the member.
    #[track_caller]
    pub(crate) fn enter(port: u16, name: &str) -> Member {
        let address = Address {
            host: "127.0.0.1".to_owned(),
            port,
        };
        let username = Username::new(name, Limits::DEFAULT.max_name)
            .unwrap()
            .into_owned();
        let (intents, orders) = flume::unbounded();
        let (tell, events) = flume::unbounded();
        let options = Options {
            recent: 100,
            ..Options::new(address, username)
        };
        hubbub_session::start(options, orders, tell).unwrap();
        let mut member = Member {
            intents,
            events,
            said: 0,
            unread: Vec::new(),
        };
        member.waits_for(|event| matches!(event, Event::CaughtUp { .. }));
        member
    }

    /// Says something.
    pub(crate) fn says(&mut self, text: &str) {
        self.said += 1;
        let (id, text) = (self.said, text.to_owned());
        self.intents.send(Intent::Say { id, text }).unwrap();
    }

    /// Waits for the next text, and returns who has said what.
    #[track_caller]
    pub(crate) fn hears(&mut self) -> (String, String) {
        let event = self.waits_for(|event| matches!(event, Event::Said { .. }));
        let Event::Said { name, text, .. } = event else {
            unreachable!()
        };
        (name, text)
    }

    /// Waits for an event, and returns it. Those before it are kept.
    #[track_caller]
    pub(crate) fn waits_for(&mut self, is_it: impl Fn(&Event) -> bool) -> Event {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.unread.iter().position(&is_it) {
                return self.unread.remove(at);
            }
            let left = end
                .saturating_duration_since(Instant::now())
                .max(Duration::from_millis(1));
            match self.events.recv_timeout(left) {
                Ok(batch) => self
                    .unread
                    .extend(batch.into_iter().map(|stamped| stamped.event)),
                Err(error) => panic!("{error}, after {:#?}", self.unread),
            }
        }
    }
}
