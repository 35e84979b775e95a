//! A window without a screen: what the bridge of a real window works with.

use std::collections::VecDeque;
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};
use futures::FutureExt;
use hubbub_session::{Clock, Event, Intent, MessageId, Options, Stamped, start_with};
use hubbub_testing::{DEADLINE, Peer, ScriptedServer, Time, join};
use hubbub_transport::Address;
use hubbub_transport::tls::Connector;
use hubbub_wire::Username;

/// The pace of batches. A clock that paces itself does not wait at all for such a short time.
pub(crate) const PACE: Duration = Duration::from_millis(33);

pub(crate) fn joined(name: &str) -> Event {
    let name = name.to_owned();
    Event::Joined { name }
}

pub(crate) fn left(name: &str) -> Event {
    let name = name.to_owned();
    Event::Left { name }
}

pub(crate) fn said(name: &str, text: &str) -> Event {
    Event::Said {
        name: name.to_owned(),
        text: text.to_owned(),
        bytes: None,
        mark: None,
    }
}

/// What the bridge works with: intents, events, and the end of the thread.
pub(crate) struct Window {
    pub(crate) intents: Option<Sender<Intent>>,
    pub(crate) batches: Receiver<Vec<Stamped>>,
    pub(crate) time: Time,
    events: VecDeque<Stamped>,
    ended: Receiver<std::convert::Infallible>,
}

impl Window {
    pub(crate) fn open(server: &ScriptedServer) -> Self {
        Self::open_at(options("127.0.0.1", server.port()), Time::that_skips(PACE))
    }

    pub(crate) fn open_at(options: Options, time: Time) -> Self {
        Self::open_with(options, time, Connector::with_roots(b""))
    }

    /// The same on a computer that trusts authorities.
    pub(crate) fn open_with(options: Options, time: Time, connector: Connector) -> Self {
        let (intents, wishes) = flume::bounded(1024);
        // Nobody waits for a screen at the end. Who wants to be told it takes all that comes.
        let (events, batches) = if options.patience.is_zero() {
            flume::bounded(1)
        } else {
            flume::unbounded()
        };
        let ended = start_with(options, wishes, events, clock_of(&time), connector).unwrap();
        Self {
            intents: Some(intents),
            batches,
            time,
            events: VecDeque::new(),
            ended,
        }
    }

    /// A window whose connection stands, after the time in which texts wait for a refusal.
    pub(crate) fn connected(server: &ScriptedServer) -> (Self, Peer) {
        let mut window = Self::open(server);
        let peer = window.expect_connection(server);
        (window, peer)
    }

    pub(crate) fn expect_connection(&mut self, server: &ScriptedServer) -> Peer {
        self.expect(Event::Connecting);
        let mut peer = server.accept();
        peer.expect(join("alice"));
        self.expect(Event::Connected);
        self.time.advance(Duration::from_millis(500));
        peer
    }

    pub(crate) fn wish(&self, intent: Intent) {
        self.intents.as_ref().unwrap().try_send(intent).unwrap();
    }

    pub(crate) fn say(&self, id: MessageId, text: &str) {
        let text = text.to_owned();
        self.wish(Intent::Say { id, text });
    }

    pub(crate) fn next_stamped(&mut self) -> Stamped {
        self.wait_for_event(DEADLINE);
        self.events.pop_front().unwrap()
    }

    pub(crate) fn wait_for_event(&mut self, patience: Duration) {
        while self.events.is_empty() {
            let batch = self.batches.recv_timeout(patience).expect("no event came");
            assert!(!batch.is_empty(), "an empty batch");
            self.events.extend(batch);
        }
    }

    pub(crate) fn next(&mut self) -> Event {
        self.next_stamped().event
    }

    pub(crate) fn expect(&mut self, event: Event) {
        assert_eq!(self.next(), event);
    }

    /// The next two events, in either order.
    pub(crate) fn expect_both(&mut self, one: Event, other: Event) {
        let next = [self.next(), self.next()];
        assert!(
            next == [one.clone(), other.clone()] || next == [other.clone(), one.clone()],
            "{next:?} instead of {one:?} and {other:?}"
        );
    }

    /// Why the connection was lost, whether it was refused, and when it is tried again.
    pub(crate) fn expect_lost(&mut self) -> (String, bool, Duration) {
        match self.next() {
            Event::Lost {
                why,
                cause,
                retry_in,
            } => (why, cause.is_refusal(), retry_in),
            other => panic!("not lost: {other:?}"),
        }
    }

    pub(crate) fn expect_no_event(&self) {
        assert!(self.events.is_empty(), "{:?}", self.events);
        assert!(self.batches.is_empty(), "{:?}", self.batches.try_recv());
    }

    pub(crate) fn expect_ended(&self) {
        let ended = self.ended.recv_timeout(DEADLINE);
        assert_eq!(
            ended,
            Err(RecvTimeoutError::Disconnected),
            "the thread goes on"
        );
    }

    pub(crate) fn expect_not_ended(&self) {
        assert!(!self.ended.is_disconnected(), "the thread has ended");
    }
}

/// The clock of a network thread, which the test moves.
fn clock_of(time: &Time) -> Clock {
    let (awake, wall, sleep) = (time.clone(), time.clone(), time.clone());
    Clock {
        awake: Box::new(move || awake.awake()),
        wall: Box::new(move || wall.wall()),
        sleep: Box::new(move |time| sleep.nap(time).boxed()),
    }
}

pub(crate) fn options(host: &str, port: u16) -> Options {
    let address = Address {
        host: host.to_owned(),
        port,
    };
    Options {
        pace: PACE,
        plain: true,
        ..Options::new(address, Username::new("alice", 64).unwrap())
    }
}

/// The same, for a client that offers the extension.
pub(crate) fn offering(options: Options) -> Options {
    let plain = false;
    Options { plain, ..options }
}

/// The same on loopback, under another name than alice.
pub(crate) fn options_of(name: &str, port: u16) -> Options {
    Options {
        username: Username::new(name, 64).unwrap().into_owned(),
        ..options("127.0.0.1", port)
    }
}
