//! Alice, whose window offers the extension, and who keeps account of what she hears and of what has arrived.

use hubbub_session::{Event, MessageId, Options};
use hubbub_testing::{Network, Time};
use hubbub_wire::Hex128;

use crate::harness::{PACE, Window, offering, options_of};

/// Her window, and what she knows.
pub(crate) struct Alice {
    pub(crate) window: Window,
    /// The texts that she has heard, in order.
    pub(crate) heard: Vec<String>,
    /// Her own that have arrived, in order.
    pub(crate) arrived: Vec<MessageId>,
    pub(crate) room: Option<Hex128>,
    pub(crate) last: Option<String>,
    pub(crate) gaps: usize,
}

impl Alice {
    pub(crate) fn open(network: &Network) -> Self {
        Self::open_with(offering(options_of("alice", network.port())))
    }

    pub(crate) fn open_with(options: Options) -> Self {
        Self {
            window: Window::open_at(options, Time::that_skips(PACE)),
            heard: Vec::new(),
            arrived: Vec::new(),
            room: None,
            last: None,
            gaps: 0,
        }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Said { text, mark, .. } => {
                let mark = mark.as_ref().expect("a text without a place");
                self.last = Some(mark.seq.clone());
                if mark.own.is_none() {
                    self.heard.push(text.clone());
                }
            }
            Event::Arrived { id, seq } => {
                self.arrived.push(*id);
                self.last = Some(seq.clone());
            }
            Event::Granted { room, .. } => self.room = Some(*room),
            Event::CaughtUp { last, .. } => self.last = Some(last.clone()),
            Event::Gap => self.gaps += 1,
            Event::Lost {
                cause, retry_in, ..
            } => {
                assert!(!cause.is_refusal(), "{event:?}");
                self.window.time.advance(*retry_in);
            }
            Event::Unsure { .. }
            | Event::Replaced
            | Event::Kicked { .. }
            | Event::Missed { .. } => panic!("{event:?}"),
            _ => {}
        }
    }

    /// Takes events until this one, and comes back whenever the connection is lost.
    pub(crate) fn until(&mut self, is_it: impl Fn(&Event) -> bool) {
        loop {
            let event = self.window.next();
            self.take(&event);
            if is_it(&event) {
                return;
            }
        }
    }

    pub(crate) fn is_caught_up(&mut self) {
        self.until(|event| matches!(event, Event::CaughtUp { .. }));
    }

    pub(crate) fn has_arrived(&mut self, id: MessageId) {
        self.until(|event| matches!(event, Event::Arrived { id: arrived, .. } if *arrived == id));
    }

    pub(crate) fn hears(&mut self, words: &str) {
        self.until(|event| matches!(event, Event::Said { text, .. } if text == words));
    }
}

/// Texts that are numbers.
pub(crate) fn numbers(texts: &[String]) -> impl Iterator<Item = u64> {
    texts.iter().map(|text| text.parse().unwrap())
}
