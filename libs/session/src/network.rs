//! Network: what outlives a connection. It connects again and again until the user leaves, and rests after each
//! connection that was lost.

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
use crate::member::wake::{WAKE_CHECK, Wake};
use crate::member::{Member, Now};
use crate::outlet::Outlet;
use crate::{Cause, Clock, Event, Intent, Options, Stamped};

/// After a connection that stood this long, the back-off begins anew.
const STOOD: Duration = Duration::from_secs(10);
/// The wait after a refusal. A name that is taken stays taken for a while, and frequent attempts are a nuisance to the
/// server.
const REFUSED_RETRY: Duration = backoff::LAST;
/// What outlives a connection.
pub(crate) struct Network {
    pub(crate) options: Options,
    pub(crate) clock: Rc<Clock>,
    intents: RecvStream<'static, Intent>,
    pub(crate) member: Member,
    pub(crate) outlet: Outlet,
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
        member: Member,
        intents: Receiver<Intent>,
        events: Sender<Vec<Stamped>>,
        clock: Clock,
    ) -> Self {
        let clock = Rc::new(clock);
        Self {
            outlet: Outlet::new(events, options.pace, clock.clone()),
            options,
            intents: intents.into_stream(),
            member,
            backoff: Backoff::default(),
            clock,
        }
    }

    /// Ends when the user leaves.
    pub(crate) async fn run(mut self) {
        let last = loop {
            let wish = match self.attempt().await {
                End::Left => break None,
                End::Parted => break Some(Event::Parted),
                End::Barred(Lost { why, cause, .. }) => {
                    let retry_in = Duration::MAX;
                    break Some(Event::Lost {
                        why,
                        cause,
                        retry_in,
                    });
                }
                End::Lost(lost) => self.lose(lost).await,
                End::Out => self.wait().await,
            };
            if let Some(Wish::Leave) = wish {
                break None;
            }
        };
        let now = self.now();
        self.member.abandon(now);
        self.publish();
        if let Some(last) = last {
            self.report(last);
        }
        self.outlet.finish();
    }

    /// Reports a connection that was lost, and waits for the next attempt.
    async fn lose(&mut self, lost: Lost) -> Option<Wish> {
        let Lost {
            why,
            cause,
            at_once,
        } = lost;
        let refused = cause.is_refusal();
        let retry_in = if at_once || refused && self.member.is_renamed() {
            self.backoff.reset();
            Duration::ZERO
        } else if refused {
            REFUSED_RETRY
        } else {
            self.backoff.next()
        };
        self.report(Event::Lost {
            why,
            cause,
            retry_in,
        });
        self.rest(retry_in).await
    }

    /// Waits until the user wants something.
    async fn wait(&mut self) -> Option<Wish> {
        self.backoff.reset();
        self.meanwhile(future::pending::<()>()).await.err()
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
            Err(why) => return End::Lost(Lost::because(Cause::Unreachable, why)),
        };
        let began = self.clock.awake();
        let end = Connection::new(self, transport).run().await;
        let now = self.now();
        // After a close, this has been told already.
        self.member.ended(now);
        self.publish();
        if self.clock.awake() >= began + STOOD {
            self.backoff.reset();
        }
        end
    }

    /// Waits for the next attempt: until `time` has passed, the computer has woken up, or the user wants something.
    async fn rest(&mut self, time: Duration) -> Option<Wish> {
        let (began, mut wake) = (self.clock.awake(), Wake::new(self.now()));
        loop {
            if wake.has_slept(self.now()) {
                self.backoff.reset();
                return None;
            }
            let passed = self.clock.awake().saturating_sub(began);
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
                Some(Intent::Say { id, text }) => self.member.say(id, text),
                Some(Intent::Ping { id }) => self.member.ask_whether_there(id),
                Some(Intent::Earlier) => self.member.ask_earlier(),
                Some(Intent::Rename { username }) => {
                    self.member.rename(username);
                    return Poll::Ready(Wish::Retry);
                }
                Some(Intent::Retry) => return Poll::Ready(Wish::Retry),
                Some(Intent::Leave) | None => return Poll::Ready(Wish::Leave),
            }
        }
    }

    /// Passes on what the member tells.
    pub(crate) fn publish(&mut self) {
        for stamped in self.member.events() {
            self.outlet.push(stamped);
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            awake: self.clock.awake(),
            wall: self.clock.wall(),
        }
    }

    fn report(&mut self, event: Event) {
        self.publish();
        let at = self.clock.wall();
        self.outlet.push(Stamped { at, event });
    }
}
