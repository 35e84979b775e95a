//! Member: one member of a room, as the commands use it. It starts a session, passes on the user's wishes and gives what
//! happens, signals included. It ends with [`Member::leave`], or when it is dropped, which leaves as well.

use std::convert::Infallible;
use std::thread;
use std::time::Instant;

use flume::{Receiver, RecvError, Selector, Sender};
use futures::executor::block_on_stream;
use hubbub_session::{Intent, Options, Seen, Stamped};

use crate::arguments::Room;
use crate::status::{Failure, Status};

/// One member of a room.
pub(crate) struct Member {
    intents: Sender<Intent>,
    events: Receiver<Vec<Stamped>>,
    ended: Receiver<Infallible>,
    stop: Receiver<()>,
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
    /// Connects, and again whenever the connection ends. `seen` is the last message that is known from an earlier run;
    /// without one, `recent` earlier messages come first.
    pub(crate) fn start(room: &Room, seen: Option<Seen>, recent: u32) -> Result<Self, Failure> {
        let (intents, wanted) = flume::unbounded();
        let (happened, events) = flume::bounded(1);
        let options = Options {
            seen,
            recent,
            ..Options::new(room.address.clone(), room.username.clone())
        };
        let cannot = |error| Failure::new(Status::CutOff, format!("cannot start: {error}"));
        let stop = signals().map_err(cannot)?;
        let ended = hubbub_session::start(options, wanted, happened).map_err(cannot)?;
        Ok(Self {
            intents,
            events,
            ended,
            stop,
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

    /// Leaves the room, and returns what happened until the end, which comes within a second.
    pub(crate) fn leave(self) -> Vec<Stamped> {
        self.wants(Intent::Leave);
        let rest = self.events.iter().flatten().collect();
        let Err(RecvError::Disconnected) = self.ended.recv();
        rest
    }
}

/// Gives one message for each signal that asks the program to end.
fn signals() -> std::io::Result<Receiver<()>> {
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
