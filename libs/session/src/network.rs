//! Network: what outlives a connection. It connects again and again until the user leaves, and rests after each
//! connection that was lost.

use std::future;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use flume::r#async::RecvStream;
use flume::{Receiver, Sender};
use futures::{FutureExt, StreamExt};

use approach::Connector;

use crate::backoff::{self, Backoff};
use crate::connection::{End, Lost};
use crate::member::wake::{WAKE_CHECK, Wake};
use crate::member::{Member, Now};
use crate::outlet::Outlet;
use crate::tour::Tour;
use crate::trust::{Learnt, NotKept, Trust};
use crate::{Cause, Clock, Event, Intent, NOT_KEPT, Options, Stamped};

/// Where there is another server to go to, one that grants is asked after so long a silence whether it is there. The system
/// notices a dead line later, and a server that hangs never.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// After a connection that stood this long, the back-off begins anew.
const STOOD: Duration = Duration::from_secs(10);
/// The wait after a refusal. A name that is taken stays taken for a while, and frequent attempts are a nuisance to the
/// server.
const REFUSED_RETRY: Duration = backoff::LAST;

#[cfg_attr(target_arch = "wasm32", path = "network/approach/browser.rs")]
pub(crate) mod approach;

mod attempt;

/// What outlives a connection.
pub(crate) struct Network {
    pub(crate) options: Options,
    pub(crate) clock: Rc<Clock>,
    intents: RecvStream<'static, Intent>,
    pub(crate) member: Member,
    pub(crate) outlet: Outlet,
    backoff: Backoff,
    tour: Tour,
    /// Whether the connection of now has led into the room.
    is_in: bool,
    connector: Connector,
    trust: Trust,
    /// Whether the connection is one to a server that another program knows with another key.
    pub(crate) is_contested: bool,
}

/// An intent that cannot wait.
pub(crate) enum Wish {
    Retry,
    /// Only where nothing but time is waited for.
    Wake,
    Leave,
}

impl Network {
    pub(crate) fn new(
        options: Options,
        member: Member,
        intents: Receiver<Intent>,
        events: Sender<Vec<Stamped>>,
        clock: Clock,
        connector: Connector,
    ) -> Self {
        let clock = Rc::new(clock);
        Self {
            outlet: Outlet::new(events, options.pace, clock.clone()),
            trust: Trust::new(&options),
            tour: approach::tour(&options.addresses),
            is_in: false,
            is_contested: false,
            connector,
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
                    if self.options.is_private && cause.wants_password() {
                        let (_, kept) = self.trust.password_refused();
                        self.note(kept);
                    }
                    let retry_in = Duration::MAX;
                    break Some(Event::Lost {
                        why,
                        cause,
                        retry_in,
                    });
                }
                End::Lost(lost) => self.lose(lost).await,
                End::AsksPassword => {
                    self.ask_password();
                    self.wait().await
                }
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
            mut cause,
            at_once,
            is_paused,
        } = lost;
        if matches!(cause, Cause::Plain | Cause::BadFile) {
            let retry_in = Duration::MAX;
            self.report(Event::Lost {
                why,
                cause,
                retry_in,
            });
            return self.wait().await;
        }
        if is_paused {
            self.backoff.reset();
        }
        let refused = cause.is_refusal();
        // A connection takes a new name with its JOIN. Before that there is no end to the attempts.
        let has_other_name = cause.is_after_join() && self.member.is_renamed();
        let retry_in = if at_once || has_other_name {
            self.backoff.reset();
            Duration::ZERO
        } else if self.goes_on(&cause) {
            if !self.is_in {
                cause = Cause::Elsewhere;
            }
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
        let wish = self.rest(retry_in, refused).await;
        if !retry_in.is_zero() {
            self.tour.begin();
        }
        wish
    }

    /// Gives the present address up for the next one, if that may be better. Returns whether it is tried at once.
    fn goes_on(&mut self, cause: &Cause) -> bool {
        let may_be_better = self.options.addresses.are_several() && cause.is_of_one_server();
        if may_be_better {
            self.tour.go_on();
        }
        may_be_better && self.tour.is_at_once()
    }

    /// Waits until the user wants something.
    async fn wait(&mut self) -> Option<Wish> {
        self.backoff.reset();
        self.tour.begin();
        loop {
            match self.meanwhile(future::pending::<()>()).await {
                Err(Wish::Wake) => {}
                wish => return wish.err(),
            }
        }
    }

    /// Waits for the next attempt: until `time` has passed, the computer has woken up, or the user wants something. A hint
    /// that the network is back says nothing new to somebody whom the server has `refused`, and comes at every look at a
    /// tab.
    async fn rest(&mut self, time: Duration, refused: bool) -> Option<Wish> {
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
                if refused && matches!(wish, Wish::Wake) {
                    continue;
                }
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
                Some(Intent::Say { id, text }) => {
                    self.member.say(id, text);
                    self.keep();
                }
                Some(Intent::Ping { id }) => self.member.ask_whether_there(id),
                Some(Intent::Earlier) => self.member.ask_earlier(),
                Some(Intent::Rename { username }) => {
                    self.member.rename(username);
                    return Poll::Ready(Wish::Retry);
                }
                Some(Intent::Trust { pin }) => {
                    self.trust.say_yes(pin);
                    return Poll::Ready(Wish::Retry);
                }
                Some(Intent::Password { address, password }) => {
                    self.trust.take_password(address, password);
                    return Poll::Ready(Wish::Retry);
                }
                Some(Intent::Retry) => return Poll::Ready(Wish::Retry),
                Some(Intent::Wake) => return Poll::Ready(Wish::Wake),
                Some(Intent::Leave) | None => return Poll::Ready(Wish::Leave),
            }
        }
    }

    /// Passes on what the member tells, and keeps what is learnt of the server.
    pub(crate) fn publish(&mut self) {
        self.keep();
        self.is_in |= self.member.is_in();
        let events = self.member.events();
        let is_secured = events
            .iter()
            .any(|stamped| matches!(stamped.event, Event::Secured { .. }));
        for stamped in events {
            self.outlet.push(stamped);
        }
        if self.options.addresses.are_several() && self.member.is_granted() {
            let heartbeat = self.options.heartbeat.unwrap_or(HEARTBEAT);
            self.member.set_heartbeat(Some(heartbeat));
        }
        let announced = self.member.announced();
        let Some(line) = self.member.line() else {
            return;
        };
        let learnt = is_secured.then(|| self.trust.learn(line, self.member.is_granted()));
        let heard = announced.zip(line.pin);
        let heard = heard.map(|(next, current)| self.trust.announced(current, next));
        match learnt {
            Some(Learnt::Holds(kept)) => self.note(kept),
            Some(Learnt::Otherwise) => self.is_contested = true,
            None => {}
        }
        if let Some(kept) = heard {
            self.note(kept);
        }
    }

    /// Tells what this run would leave to the next one.
    pub(crate) fn keep(&mut self) {
        if let Some(keeper) = &self.options.keeper
            && let Some(carried) = self.member.carried()
        {
            keeper.keep(&carried);
        }
    }

    /// Tells if something is not kept.
    fn note(&mut self, kept: Result<(), NotKept>) {
        if let Err(error) = kept {
            let (code, text) = (NOT_KEPT.to_owned(), error.to_string());
            let at = self.clock.wall();
            let event = Event::Notice { code, text };
            self.outlet.push(Stamped { at, event });
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
