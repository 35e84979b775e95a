//! Network: what outlives a connection. It connects again and again until the user leaves, and rests after each
//! connection that was lost.

use std::collections::VecDeque;
use std::future;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use flume::r#async::RecvStream;
use flume::{Receiver, Sender};
use futures::{FutureExt, StreamExt};

use crate::backoff::{self, Backoff};
use crate::connect;
use crate::connection::{Connection, End, Lost};
use crate::echo::Echoes;
use crate::outlet::Outlet;
use crate::{Clock, Event, Intent, MessageId, Options, Stamped};

/// After a connection that stood this long, the back-off begins anew.
const STOOD: Duration = Duration::from_secs(10);
/// The wait after a refusal. A name that is taken stays taken for a while, and frequent attempts are a nuisance to the
/// server.
const REFUSED_RETRY: Duration = backoff::LAST;
/// How often a rest checks whether the computer slept. There is no such check while a connection stands.
const WAKE_CHECK: Duration = Duration::from_secs(1);
/// When the wall clock has run ahead by this much, the computer slept. A clock that is set right moves less.
const WAKE_JUMP: Duration = Duration::from_secs(5);

/// What outlives a connection.
pub(crate) struct Network {
    pub(crate) options: Options,
    pub(crate) clock: Rc<Clock>,
    intents: RecvStream<'static, Intent>,
    /// Texts of which no byte is written yet, in order. There is no bound: a person types them, and none may be lost.
    pub(crate) waiting: VecDeque<(MessageId, String)>,
    pub(crate) outlet: Outlet,
    pub(crate) echoes: Echoes,
    backoff: Backoff,
}

/// An intent that cannot wait.
pub(crate) enum Wish {
    Retry,
    Leave,
}

impl Network {
    pub(crate) fn new(
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

    /// Ends when the user leaves.
    pub(crate) async fn run(mut self) {
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

    /// Waits for the next attempt: until `time` has passed, the computer has woken up, or the user wants something.
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

    /// Does `work` and serves the screen meanwhile. A wish ends the work.
    async fn meanwhile<T>(&mut self, mut work: impl Future<Output = T> + Unpin) -> Result<T, Wish> {
        future::poll_fn(|cx| match self.poll_screen(cx) {
            Poll::Ready(wish) => Poll::Ready(Err(wish)),
            Poll::Pending => work.poll_unpin(cx).map(Ok),
        })
        .await
    }

    /// Takes all intents, and gives the screen the events that it takes. Ready with an intent that cannot wait.
    pub(crate) fn poll_screen(&mut self, cx: &mut Context<'_>) -> Poll<Wish> {
        self.outlet.poll(cx);
        loop {
            match ready!(self.intents.poll_next_unpin(cx)) {
                // An empty text cannot be sent. `Say` promises that there is none.
                Some(Intent::Say { text, .. }) if text.is_empty() => {}
                Some(Intent::Say { id, text }) => self.waiting.push_back((id, text)),
                // Nobody grants the extension yet.
                Some(Intent::Earlier | Intent::Rename { .. }) => {}
                Some(Intent::Retry) => return Poll::Ready(Wish::Retry),
                Some(Intent::Leave) | None => return Poll::Ready(Wish::Leave),
            }
        }
    }

    pub(crate) fn report(&mut self, event: Event) {
        let at = self.clock.wall();
        self.outlet.push(Stamped { at, event });
    }
}
