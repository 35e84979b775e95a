//! What a service manager such as systemd hears of the server, in the words of sd_notify(3): that it is ready, that it
//! stops, how many members there are, and that the hub gets on.
//!
//! Nobody waits for the service manager. A word that its socket does not take is said again later, and if there is no
//! such socket any more, the server goes on without. The crate sd-notify would wait.

use std::env;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tracing::warn;

use crate::runtime::sleep;

/// How often the number of members is told at most. A person who looks at it sees no difference, and a crowd that comes
/// at once does not keep the service manager busy.
pub const STATUS_STEP: Duration = Duration::from_secs(1);

/// How long a word waits that the service manager's socket did not take.
const AGAIN: Duration = Duration::from_millis(100);

/// The shortest time between two signs of life, whatever the environment says: nobody supervises closer, and the hub
/// has other things to do.
const SHORTEST_FEED: Duration = Duration::from_millis(10);

/// The service manager, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Supervisor(Option<Arc<Manager>>);

#[derive(Debug)]
struct Manager {
    socket: UnixDatagram,
    at: SocketAddr,
    /// How often it wants a sign of life.
    feed: Option<Duration>,
    /// Whether a line in the log says that it cannot be reached.
    is_lost: AtomicBool,
}

impl Supervisor {
    /// The service manager that `NOTIFY_SOCKET` names, which wants signs of life as `WATCHDOG_USEC` says. There is none
    /// if the variable is not set, or names what nobody can send to; a line in the log says the latter.
    #[must_use]
    pub fn from_environment() -> Self {
        let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Self::default();
        };
        match Self::at(&name, feed_from_environment()) {
            Ok(supervisor) => supervisor,
            Err(error) => {
                warn!(socket = ?name, %error, "no service manager: NOTIFY_SOCKET cannot be used");
                Self::default()
            }
        }
    }

    /// The service manager that listens on this socket: a path, or an abstract name after `@`. It gets a sign of life
    /// this often, if at all.
    ///
    /// # Errors
    ///
    /// There cannot be such a socket.
    pub fn at(name: &OsStr, feed: Option<Duration>) -> io::Result<Self> {
        let at = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(name)?,
            _ => {
                return Err(io::Error::other(
                    "it is neither a path nor an abstract name",
                ));
            }
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        let is_lost = AtomicBool::new(false);
        Ok(Self(Some(Arc::new(Manager {
            socket,
            at,
            feed,
            is_lost,
        }))))
    }

    /// Says that the server serves: for the first time, or again after [`reloading`](Self::reloading). Waits until that
    /// is taken.
    pub async fn ready(&self) {
        while self.try_say("READY=1") == Took::Later {
            sleep(AGAIN).await;
        }
    }

    /// Says that the server reads its files again. Returns whether that was taken within a second. If so,
    /// [`ready`](Self::ready) ends it.
    pub async fn reloading(&self) -> bool {
        if self.0.is_none() {
            return false;
        }
        for _ in 0..10 {
            // A service of the type notify-reload has to say when.
            let now = clock_gettime(ClockId::Monotonic);
            let now = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
            match self.try_say(&format!("RELOADING=1\nMONOTONIC_USEC={now}")) {
                Took::Done => return true,
                Took::Never => return false,
                Took::Later => sleep(AGAIN).await,
            }
        }
        false
    }

    fn try_say(&self, words: &str) -> Took {
        let Some(manager) = &self.0 else {
            return Took::Done;
        };
        let error = match manager.socket.send_to_addr(words.as_bytes(), &manager.at) {
            Ok(_) => {
                manager.is_lost.store(false, Ordering::Relaxed);
                return Took::Done;
            }
            Err(error) => error,
        };
        if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) {
            return Took::Later;
        }
        if !manager.is_lost.swap(true, Ordering::Relaxed) {
            warn!(%error, "the service manager cannot be reached");
        }
        Took::Never
    }
}

/// Whether the service manager has taken a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Took {
    Done,
    /// Its socket is full.
    Later,
    /// There is no such socket.
    Never,
}

/// Half of the time after which the service manager takes the server for dead.
fn feed_from_environment() -> Option<Duration> {
    let is_ours = env::var("WATCHDOG_PID").map_or(true, |id| id == process::id().to_string());
    let time = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    let time = Duration::from_micros(time);
    (is_ours && !time.is_zero()).then(|| (time / 2).max(SHORTEST_FEED))
}

/// What the hub tells the service manager, and when. The time is given.
#[derive(Debug, Default)]
pub struct Watch {
    supervisor: Supervisor,
    /// When the next sign of life is due.
    feed_at: Option<Instant>,
    told: Option<Told>,
    /// When the number of members is to be told.
    tell_at: Option<Instant>,
}

#[derive(Debug)]
struct Told {
    members: usize,
    at: Instant,
}

impl Watch {
    /// A hub begins at this time.
    #[must_use]
    pub fn new(supervisor: Supervisor, now: Instant) -> Self {
        let feed = supervisor.0.as_ref().and_then(|manager| manager.feed);
        Self {
            feed_at: feed.map(|_| now),
            supervisor,
            told: None,
            tell_at: None,
        }
    }

    /// When [`turn`](Self::turn) is to be called, unless the hub has something to do before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        [self.feed_at, self.tell_at].into_iter().flatten().min()
    }

    /// The hub has taken a turn, and has so many members: gives the sign of life that is due, and tells the number if
    /// it is another one.
    pub fn turn(&mut self, members: usize, now: Instant) {
        let Some(manager) = &self.supervisor.0 else {
            return;
        };
        if let Some(feed) = manager.feed
            && self.feed_at.is_some_and(|at| at <= now)
        {
            let wait = match self.supervisor.try_say("WATCHDOG=1") {
                Took::Later => feed.min(AGAIN),
                Took::Done | Took::Never => feed,
            };
            self.feed_at = Some(now + wait);
        }
        self.tell(members, now);
    }

    fn tell(&mut self, members: usize, now: Instant) {
        let is_news = |told: &Told| told.members != members;
        if !self.told.as_ref().is_none_or(is_news) {
            self.tell_at = None;
            return;
        }
        let after = self.told.as_ref().map(|told| told.at + STATUS_STEP);
        let due = self.tell_at.or(after).unwrap_or(now);
        self.tell_at = Some(due);
        if now < due {
            return;
        }
        let plural = if members == 1 { "" } else { "s" };
        let status = format!("STATUS={members} member{plural}");
        self.tell_at = match self.supervisor.try_say(&status) {
            Took::Later => Some(now + STATUS_STEP),
            Took::Done | Took::Never => {
                let at = now;
                self.told = Some(Told { members, at });
                None
            }
        };
    }

    /// The hub stops.
    pub fn stopping(&self) {
        self.supervisor.try_say("STOPPING=1");
    }
}

#[cfg(test)]
mod tests;
