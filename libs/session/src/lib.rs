//! One member's side of a CHAT/1.0 room: connects, says, hears, reconnects, leaves. It runs in a thread of its own.
//!
//! It knows no screen. A screen is whoever has the other ends of two flume channels: intents come in, events go out. The
//! thread never waits for the screen and never makes it wait. It ends after [`Intent::Leave`] or when the screen has
//! dropped the intents.
//!
//! Read `words`, `trial`, `echo`, `backoff`, `backlog`, `writing`, `runtime`, `clock`, `outlet`, `connect`, `connection`,
//! then this.

mod backlog;
mod backoff;
mod clock;
mod connect;
mod connection;
mod echo;
mod outlet;
mod runtime;
mod trial;
mod words;
mod writing;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};
use std::{future, io};

use flume::r#async::RecvStream;
use flume::{Receiver, Sender};
use futures::{FutureExt, StreamExt};
use hubbub_transport::Address;
use hubbub_wire::{Limits, Username};

use backoff::Backoff;
use connection::{Connection, End, Lost};
use echo::Echoes;
use outlet::Outlet;

pub use backlog::{BACKLOG_BYTES, BACKLOG_EVENTS};
pub use clock::Clock;

/// Where to go and under which name.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the room is.
    pub address: Address,
    /// The name to join under.
    pub username: Username<'static>,
    /// What is taken from the server.
    pub limits: Limits,
    /// Shortest time between two batches of events: what comes sooner waits and comes together.
    pub pace: Duration,
}

/// Names one message of the user's own, from the screen to the wire and back. The screen counts them up.
pub type MessageId = u64;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Send a text. It waits, in order, while there is no connection.
    Say {
        /// Comes back in [`Event::Written`] or [`Event::Unsure`].
        id: MessageId,
        /// Never empty; line ends are LF.
        text: String,
    },
    /// Connect now instead of at the end of the back-off.
    Retry,
    /// Write LEAVE, close, end the thread. Within one second even when the server does not read.
    Leave,
}

/// What happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When the network thread saw it.
    pub at: SystemTime,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An attempt to connect begins.
    Connecting,
    /// The connection stands and the JOIN is written. Who is here is learnt anew from now on.
    Connected,
    /// There is no connection any more, or there never was one.
    Lost {
        /// Why, in words for a person: one line, lower case, no full stop.
        why: String,
        /// The server said why it would not have us (its words are in `why`).
        refused: bool,
        /// The next attempt begins after this time, counted from the stamp.
        retry_in: Duration,
    },
    /// Somebody else came.
    Joined {
        /// Who.
        name: String,
    },
    /// Somebody else went.
    Left {
        /// Who.
        name: String,
    },
    /// Somebody else said something.
    Said {
        /// Who.
        name: String,
        /// What: never empty, line ends are LF, what was no UTF-8 is replaced.
        text: String,
    },
    /// Somebody else said something that stopped in the middle: the rest will not come.
    CutOff {
        /// Who.
        name: String,
        /// What came of it, as in [`Event::Said`]; perhaps nothing.
        text: String,
        /// How many bytes did not come.
        missing: usize,
    },
    /// The whole frame of this message was handed to the socket.
    Written {
        /// Which message.
        id: MessageId,
    },
    /// The connection broke while this message was being written, or the server refused us after it was: it may not have
    /// arrived. It is not sent again by itself.
    Unsure {
        /// Which message.
        id: MessageId,
    },
    /// The screen took nothing for so long that this many of the oldest events were thrown away.
    Missed {
        /// How many.
        events: usize,
    },
}

/// A connection that stood this long was a good one: the next back-off begins anew.
const STOOD: Duration = Duration::from_secs(10);
/// A refused name is not free again soon, and asking often is a nuisance to the server.
const REFUSED_RETRY: Duration = backoff::LAST;
/// How often a back-off looks whether the computer slept. Nothing looks while a connection stands.
const WAKE_CHECK: Duration = Duration::from_secs(1);
/// The wall clock ran this much ahead: the computer slept. Setting the clock right moves it less.
const WAKE_JUMP: Duration = Duration::from_secs(5);

/// Starts the network thread. `events` gets batches at the pace of the options; a bound of one suits it. The receiver that
/// comes back disconnects when the thread has ended.
///
/// # Errors
///
/// The system gives no thread.
pub fn start(
    options: Options,
    intents: Receiver<Intent>,
    events: Sender<Vec<Stamped>>,
) -> io::Result<Receiver<Infallible>> {
    start_with_clock(options, intents, events, Clock::system())
}

/// [`start`] with the time from elsewhere.
///
/// # Errors
///
/// The system gives no thread.
pub fn start_with_clock(
    options: Options,
    intents: Receiver<Intent>,
    events: Sender<Vec<Stamped>>,
    clock: Clock,
) -> io::Result<Receiver<Infallible>> {
    let (alive, ended) = flume::bounded(0);
    runtime::spawn(move || async move {
        let _alive = alive;
        Network::new(options, intents, events, clock).run().await;
    })?;
    Ok(ended)
}

/// What outlives a connection.
struct Network {
    options: Options,
    clock: Rc<Clock>,
    intents: RecvStream<'static, Intent>,
    /// Texts that were not begun to be written, in order. Without a bound: a person types them, and none may be lost.
    waiting: VecDeque<(MessageId, String)>,
    outlet: Outlet,
    echoes: Echoes,
    backoff: Backoff,
}

/// An intent that cannot wait.
enum Wish {
    Retry,
    Leave,
}

impl Network {
    fn new(
        options: Options,
        intents: Receiver<Intent>,
        events: Sender<Vec<Stamped>>,
        clock: Clock,
    ) -> Self {
        let clock = Rc::new(clock);
        Self {
            outlet: Outlet::new(events, options.pace, clock.clone()),
            options,
            intents: intents.into_stream(),
            waiting: VecDeque::new(),
            echoes: Echoes::default(),
            backoff: Backoff::default(),
            clock,
        }
    }

    async fn run(mut self) {
        while let End::Lost(Lost { why, refused }) = self.attempt().await {
            let retry_in = if refused {
                REFUSED_RETRY
            } else {
                self.backoff.next()
            };
            self.report(Event::Lost {
                why,
                refused,
                retry_in,
            });
            if let Some(Wish::Leave) = self.rest(retry_in).await {
                return;
            }
        }
    }

    /// One connection, from the attempt to its end.
    async fn attempt(&mut self) -> End {
        self.report(Event::Connecting);
        let (options, clock) = (self.options.clone(), self.clock.clone());
        let mut connecting = async move { connect::connect(&options, &clock).await }.boxed_local();
        let connected = loop {
            match self.meanwhile(&mut connecting).await {
                Ok(connected) => break connected,
                Err(Wish::Retry) => {}
                Err(Wish::Leave) => return End::Left,
            }
        };
        let transport = match connected {
            Ok(transport) => transport,
            Err(why) => return End::Lost(Lost::because(why)),
        };
        let began = self.clock.awake();
        let end = Connection::new(self, transport).run().await;
        if self.clock.awake() >= began + STOOD {
            self.backoff.reset();
        }
        end
    }

    /// Waits for the next attempt: until `time` is over, the computer woke, or the user wishes something.
    async fn rest(&mut self, time: Duration) -> Option<Wish> {
        let (began, began_wall) = (self.clock.awake(), self.clock.wall());
        loop {
            let passed = self.clock.awake().saturating_sub(began);
            let passed_wall = self.clock.wall().duration_since(began_wall);
            if passed_wall.is_ok_and(|wall| wall >= passed + WAKE_JUMP) {
                self.backoff.reset();
                return None;
            }
            if passed >= time {
                return None;
            }
            let nap = self.clock.sleep(WAKE_CHECK.min(time - passed));
            if let Err(wish) = self.meanwhile(nap).await {
                self.backoff.reset();
                return Some(wish);
            }
        }
    }

    /// Does `work` and serves the screen meanwhile. A wish interrupts the work.
    async fn meanwhile<T>(&mut self, mut work: impl Future<Output = T> + Unpin) -> Result<T, Wish> {
        future::poll_fn(|cx| match self.poll_screen(cx) {
            Poll::Ready(wish) => Poll::Ready(Err(wish)),
            Poll::Pending => work.poll_unpin(cx).map(Ok),
        })
        .await
    }

    /// Takes all intents and hands over what the screen takes. Ready with what cannot wait.
    fn poll_screen(&mut self, cx: &mut Context<'_>) -> Poll<Wish> {
        self.outlet.poll(cx);
        loop {
            match ready!(self.intents.poll_next_unpin(cx)) {
                // An empty text cannot be sent, and `Say` promises that there is none.
                Some(Intent::Say { text, .. }) if text.is_empty() => {}
                Some(Intent::Say { id, text }) => self.waiting.push_back((id, text)),
                Some(Intent::Retry) => return Poll::Ready(Wish::Retry),
                Some(Intent::Leave) | None => return Poll::Ready(Wish::Leave),
            }
        }
    }

    fn report(&mut self, event: Event) {
        let at = self.clock.wall();
        self.outlet.push(Stamped { at, event });
    }
}
