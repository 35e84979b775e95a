//! Settings: what the server allows and how long it waits. Plain data.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hubbub_wire::Limits;

use crate::allowance::Allowance;
#[cfg(feature = "cluster")]
use crate::cluster::engine::EngineAddress;
#[cfg(feature = "tls")]
use crate::password::{Password, PasswordFile};
#[cfg(feature = "tls")]
use crate::tls::Tls;
#[cfg(feature = "web")]
use crate::web::Web;

/// What the server allows and how long it waits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The limits on what a peer may send. `--max-payload` sets `max_payload`.
    pub limits: Limits,
    /// The most bytes that may wait for one peer, and so the memory that a stalled reader may cost. 4 MiB is a minute
    /// of a very busy room.
    pub outbox_bytes: usize,
    /// The most bytes that texts on their way may take, for all peers together. Three quarters are for what waits to be
    /// written; a batch counts once here, and in [`Settings::outbox_bytes`] once for each peer that it waits for. One
    /// quarter is for texts that are read in part, and for those that the hub has still to take.
    pub memory_limit: usize,
    /// The most connections at a time, members or not. Any more are closed. Of those, 32 at a time are told why in one
    /// line; in a burst, the others are told nothing.
    pub max_peers: usize,
    /// The most connections at a time from one address (in IPv6, from one network of 64 bits).
    pub max_peers_per_address: usize,
    /// The most connections that may come from one address in a minute on average, and the most that may come at once.
    /// 0 is no bound. Each of them is announced to everybody when it joins and when it goes, and has an allowance of
    /// its own.
    pub visits_per_minute: u32,
    /// How much a peer may say on average; by default as much as it likes. A peer that says more is read slower, so
    /// that it does not turn those on a slow line into slow consumers. All peers of one address together may say as
    /// much as [`PEERS_WORTH`](crate::address::PEERS_WORTH) of them, and connecting again does not gain more.
    pub allowance: Allowance,
    /// How long a peer's socket may take nothing while something waits for it: longer than any outage that TCP repairs
    /// without the user noticing it. Also how long a peer waits for something that the log has promised it: after that,
    /// connecting anew is better.
    pub write_timeout: Duration,
    /// How long a peer may stop in the middle of a text: as long as its line may be down while it reads.
    pub text_timeout: Duration,
    /// How long a connection may take to send its JOIN: long enough to type one by hand.
    pub join_timeout: Duration,
    /// How long a member with a grant keeps its place after its connection has ended, so that nobody hears of a train
    /// tunnel. 0 for not at all.
    pub grace: Duration,
    /// How long a server that stops goes on writing what is queued: less than service managers wait before they kill
    /// it.
    pub drain_timeout: Duration,
    /// Where messages are kept, and for how long. `None` for the last ones in memory only.
    pub history: Option<History>,
    /// The engines through which this server is one room with others. `None` for a room of its own.
    #[cfg(feature = "cluster")]
    pub cluster: Option<Cluster>,
    /// The message of the day at the start. [`Event::Motd`](crate::event::Event::Motd) changes it.
    pub motd: Option<String>,
    /// Whether members without a grant get the message of the day too, as a TEXT from `server`.
    pub plain_motd: bool,
    /// The password of the room: who does not know it does not come in. On the command line it needs TLS for everybody.
    /// [`Event::Password`](crate::event::Event::Password) changes it; whether there is one never changes.
    #[cfg(feature = "tls")]
    pub password: Option<Password>,
    /// The file that an administrator's new password is written into.
    #[cfg(feature = "tls")]
    pub password_file: Option<PasswordFile>,
    /// Where the metrics are shown over HTTP. `None` for nowhere.
    pub metrics: Option<SocketAddr>,
    /// Where the Unix socket of the administrators is made. `None` for no administration.
    pub admin: Option<PathBuf>,
    /// TLS, and who comes in without it. `None` for plain connections only.
    #[cfg(feature = "tls")]
    pub tls: Option<Tls>,
    /// The page for browsers, which is shown on the same port. `None` for none.
    #[cfg(feature = "web")]
    pub web: Option<Web>,
    /// The directory in which bans are kept, which is made if it is missing. Without one they last until the server
    /// ends. Only one server at a time may use it.
    pub state: Option<PathBuf>,
}

/// Where messages are kept on a disk, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The directory, which is made if it is missing. Only one server at a time may use it.
    pub dir: PathBuf,
    /// How long a message is kept.
    pub keep: Duration,
    /// The most bytes that the database may take. When it has more, the oldest messages go.
    pub keep_bytes: u64,
    /// What a message survives.
    pub sync: HistorySync,
}

impl History {
    /// 30 days: long enough to come back from a holiday.
    pub const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// 1 GiB: a busy room does not say as much in 30 days, and a small machine has it.
    pub const KEEP_BYTES: u64 = 1024 * 1024 * 1024;

    /// A history in this directory, with the usual bounds.
    #[must_use]
    pub const fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            keep: Self::KEEP,
            keep_bytes: Self::KEEP_BYTES,
            sync: HistorySync::Normal,
        }
    }
}

/// What a message that has been kept survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistorySync {
    /// The end of the server, however it ends. A power failure may take the last second.
    Normal,
    /// A power failure too: every transaction waits for the disk.
    Full,
}

/// The engines through which several servers are one room, and what they keep.
#[cfg(feature = "cluster")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Where the engines are, one at least. The client finds the others of their cluster by one.
    pub engines: Vec<EngineAddress>,
    /// The name of the room, which is also in the name of its stream: letters, digits, `-` and `_`.
    pub name: String,
    /// The file with what the engines know this server by.
    pub credentials: Option<PathBuf>,
    /// The file with the authorities that are believed instead of those of the system.
    pub authorities: Option<PathBuf>,
    /// How many engines have a copy of everything.
    pub replicas: usize,
    /// After how long without a sign of life a server is gone, and its members with it.
    pub node_timeout: Duration,
    /// How long a message is kept.
    pub keep: Duration,
    /// The most bytes that the stream may take. When it has more, the oldest messages go.
    pub keep_bytes: u64,
}

#[cfg(feature = "cluster")]
impl Cluster {
    /// The longest text that fits into a record with its head and its name.
    pub const MOST_PAYLOAD: usize = 508 * 1024;

    /// The longest text unless another is asked for: so that several fit into a record.
    pub const PAYLOAD: usize = 256 * 1024;

    /// Servers give a sign of life every 10 s, and a pause of the engines counts as 15 s. Whoever is away for both is
    /// not gone, and has a moment to be heard again.
    pub const LEAST_NODE_TIMEOUT: Duration = Duration::from_secs(30);

    /// What is younger than this is needed by servers that start.
    pub const LEAST_KEEP: Duration = Duration::from_secs(60 * 60);

    /// The state of a room may take some MiB, and has to be in the stream twice before the older one goes.
    pub const LEAST_KEEP_BYTES: u64 = 64 * 1024 * 1024;

    /// These engines, with the usual bounds.
    #[must_use]
    pub fn new(engines: Vec<EngineAddress>) -> Self {
        Self {
            engines,
            name: "room".to_owned(),
            credentials: None,
            authorities: None,
            replicas: 3,
            node_timeout: Duration::from_secs(45),
            keep: History::KEEP,
            keep_bytes: History::KEEP_BYTES,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::DEFAULT,
            outbox_bytes: 4 * 1024 * 1024,
            memory_limit: 256 * 1024 * 1024,
            max_peers: usize::MAX,
            max_peers_per_address: usize::MAX,
            visits_per_minute: 0,
            allowance: Allowance::UNLIMITED,
            write_timeout: Duration::from_secs(30),
            text_timeout: Duration::from_secs(30),
            join_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(15),
            drain_timeout: Duration::from_secs(5),
            history: None,
            #[cfg(feature = "cluster")]
            cluster: None,
            motd: None,
            plain_motd: false,
            #[cfg(feature = "tls")]
            password: None,
            #[cfg(feature = "tls")]
            password_file: None,
            metrics: None,
            admin: None,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "web")]
            web: None,
            state: None,
        }
    }
}
