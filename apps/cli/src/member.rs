//! Member: one member of a room, as the commands use it. It starts a session, passes on the user's wishes and gives
//! what happens, signals included. It ends with [`Member::leave`], or when it is dropped, which leaves as well.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::thread;
use std::time::{Duration, Instant};

use flume::{Receiver, Selector, Sender};
use futures::executor::block_on_stream;
use hubbub_session::known::KnownRooms;
use hubbub_session::{Event, Intent, NOT_KEPT, Options, Seen, Stamped};
use hubbub_wire::Hex128;

use crate::ask::Asking;
use crate::refusal;
use crate::room::Room;
use crate::status::{Failure, Status, say};

/// One member of a room.
pub(crate) struct Member {
    intents: Sender<Intent>,
    events: Receiver<Vec<Stamped>>,
    stop: Receiver<()>,
    /// What happened before it was known whether the room lets us in.
    held: RefCell<Vec<Stamped>>,
    /// A signal came meanwhile.
    is_stopped: Cell<bool>,
}

/// What a command asks of its session beyond the room. The default is a member who wants nothing of the past.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// The last message that is known from an earlier run.
    pub(crate) seen: Option<Seen>,
    /// How many earlier messages come first where none is known.
    pub(crate) recent: u32,
    /// With it, this member takes the place of an earlier run that had it, too.
    pub(crate) secret: Option<Hex128>,
    /// As in [`Options::patience`].
    pub(crate) patience: Duration,
    /// Whether the command takes events at once, whatever it does with them. Then none is lost at the end.
    pub(crate) is_prompt: bool,
}

/// What comes next.
pub(crate) enum Next<T = Infallible> {
    /// This happened, in order.
    Happened(Vec<Stamped>),
    /// The user or the system wants the program to end.
    Stop,
    /// The session has ended, after [`Intent::Leave`].
    Ended,
    /// The time has come that was given.
    Late,
    /// Something of the command's own.
    Own(T),
}

impl Member {
    /// Connects, and again whenever the connection ends. On the first way into a private room, a person is asked what
    /// only a person knows.
    pub(crate) fn start(room: &Room, profile: Profile) -> Result<Self, Failure> {
        let stop = signals().map_err(|error| Failure::start(&error))?;
        let member = Self::start_until(stop, room, profile)?;
        if room.invitation.is_private {
            member.come_in()?;
        }
        Ok(member)
    }

    /// Waits until the room lets us in or does not, and asks meanwhile.
    fn come_in(&self) -> Result<(), Failure> {
        let mut asking = Asking::new();
        let mut held = Vec::new();
        let (mut is_decided, mut by) = (false, None);
        while !is_decided {
            match self.next(by) {
                Next::Happened(batch) => {
                    for stamped in batch {
                        match stamped.event {
                            Event::Connected => by = Some(Instant::now() + LET_IN_WITHIN),
                            Event::Connecting | Event::Lost { .. } => by = None,
                            _ => {}
                        }
                        if let Some(answer) = asking.answer(&stamped.event)? {
                            // That attempt was none.
                            held.clear();
                            self.wants(answer);
                        } else {
                            is_decided |= decides(&stamped.event);
                            held.push(stamped);
                        }
                    }
                }
                Next::Stop => {
                    self.is_stopped.set(true);
                    is_decided = true;
                }
                Next::Ended => return Err(Failure::ended()),
                Next::Late => is_decided = true,
                Next::Own(_) => {}
            }
        }
        self.held.replace(held);
        Ok(())
    }

    fn start_until(stop: Receiver<()>, room: &Room, profile: Profile) -> Result<Self, Failure> {
        let (intents, wanted) = flume::unbounded();
        let (happened, events) = if profile.is_prompt {
            flume::unbounded()
        } else {
            flume::bounded(1)
        };
        let options = Options {
            seen: profile.seen,
            recent: profile.recent,
            secret: profile.secret,
            patience: profile.patience,
            known: KnownRooms::path_of_user(),
            ..Options::invited(room.invitation.clone(), room.username.clone())
        };
        let started = hubbub_session::start(options, wanted, happened);
        started.map_err(|error| Failure::start(&error))?;
        Ok(Self {
            intents,
            events,
            stop,
            held: RefCell::default(),
            is_stopped: Cell::default(),
        })
    }

    /// What the user wants.
    pub(crate) fn wants(&self, intent: Intent) {
        // After the end of the session there is nothing to want. `next` tells of the end.
        let _ = self.intents.send(intent);
    }

    /// Waits for what comes next, until `by` if that is given.
    pub(crate) fn next(&self, by: Option<Instant>) -> Next {
        self.next_or(&flume::bounded(0).1, by)
    }

    /// The same, or what comes from a channel of the command's own. A channel that has ended gives nothing.
    pub(crate) fn next_or<T>(&self, own: &Receiver<T>, by: Option<Instant>) -> Next<T> {
        let held = self.held.take();
        if !held.is_empty() {
            return Next::Happened(held);
        }
        if self.is_stopped.take() {
            return Next::Stop;
        }
        let mut select = Selector::new()
            .recv(&self.events, |events| {
                events.map_or(Next::Ended, Next::Happened)
            })
            .recv(&self.stop, |_| Next::Stop);
        if !own.is_disconnected() || !own.is_empty() {
            select = select.recv(own, |own| own.map_or(Next::Late, Next::Own));
        }
        match by {
            Some(by) => select.wait_deadline(by).unwrap_or(Next::Late),
            None => select.wait(),
        }
    }

    /// Leaves the room, and returns what happened until the end. It comes within a second, unless the profile has more
    /// patience, or when a signal comes.
    pub(crate) fn leave(self) -> Vec<Stamped> {
        self.wants(Intent::Leave);
        let mut rest = Vec::new();
        while let Next::Happened(batch) = self.next(None) {
            rest.extend(batch);
        }
        rest
    }

    /// Leaves the room, whatever happens until the end, and connects anew. `None`: meanwhile a signal came.
    pub(crate) fn start_anew(self, room: &Room, profile: Profile) -> Result<Option<Self>, Failure> {
        self.wants(Intent::Leave);
        loop {
            match self.next(None) {
                Next::Stop => return Ok(None),
                Next::Ended => break,
                Next::Happened(_) | Next::Late | Next::Own(_) => {}
            }
        }
        Self::start_until(self.stop, room, profile).map(Some)
    }
}

/// How long after the connection a private room that has said nothing counts as one that lets us in. Of one that speaks
/// and does not grant, the session says so after 5 s.
const LET_IN_WITHIN: Duration = Duration::from_secs(6);

/// Whether it is known after this event whether the room lets us in.
fn decides(event: &Event) -> bool {
    match event {
        Event::Lost { cause, .. } => !cause.is_passing(),
        Event::Secured { .. } | Event::Kicked { .. } | Event::Replaced => true,
        other => refusal::is_one(other),
    }
}

/// Waits for one event after the other, for a command that is over when the connection is.
pub(crate) struct Watch {
    member: Member,
    waiting: VecDeque<Stamped>,
}

impl Watch {
    pub(crate) fn new(member: Member) -> Self {
        let waiting = VecDeque::new();
        Self { member, waiting }
    }

    /// What the user wants.
    pub(crate) fn wants(&self, intent: Intent) {
        self.member.wants(intent);
    }

    /// Waits for an event that is it, and passes over all others. Returns whether it came in time.
    pub(crate) fn until(
        &mut self,
        by: Option<Instant>,
        mut is_it: impl FnMut(&Stamped) -> bool,
    ) -> Result<bool, Failure> {
        loop {
            while let Some(stamped) = self.waiting.pop_front() {
                if is_it(&stamped) {
                    return Ok(true);
                }
                match stamped.event {
                    // The next attempt is made in another way.
                    Event::Lost { cause, .. } if cause.is_passing() => {}
                    Event::Lost { cause, why, .. } => return Err(Failure::lost(&cause, why)),
                    event => {
                        say_what_is_not_kept(&event);
                        refusal::check(&event)?;
                    }
                }
            }
            match self.member.next(by) {
                Next::Happened(batch) => self.waiting.extend(batch),
                Next::Stop => return Err(Failure::new(Status::Interrupted, "interrupted")),
                Next::Ended => return Err(Failure::ended()),
                Next::Late | Next::Own(_) => return Ok(false),
            }
        }
    }

    /// Leaves the room. Nothing that happened since counts any more.
    pub(crate) fn leave(self) {
        for stamped in self.waiting.into_iter().chain(self.member.leave()) {
            say_what_is_not_kept(&stamped.event);
        }
    }
}

/// Says that what was learnt of the room's key is not kept, if this event tells that.
pub(crate) fn say_what_is_not_kept(event: &Event) {
    if let Event::Notice { code, text } = event
        && code == NOT_KEPT
    {
        say(text);
    }
}

/// Gives one message for each signal that asks the program to end.
pub(crate) fn signals() -> std::io::Result<Receiver<()>> {
    let signals = hubbub_signals::that_ask_to_end()?;
    let (asked, stop) = flume::unbounded();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for _ in block_on_stream(signals) {
                if asked.send(()).is_err() {
                    return;
                }
            }
        })?;
    Ok(stop)
}
