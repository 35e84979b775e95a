//! One member's side of a CHAT/1.0 room: it connects, speaks, listens, reconnects and leaves, in a thread of its own.
//!
//! It knows no screen. A screen is whatever holds the other ends of two channels: intents go in, events come out. The
//! session never waits for the screen and never makes the screen wait. It ends after [`Intent::Leave`], or when the
//! screen has dropped its sender of intents.
//!
//! A room may have several addresses, one for each of its servers; `tour` says which is tried next. Whom it speaks to is decided in `belief`, from what `known` remembers of the address, what the invitation says and
//! what the system's authorities say, before anything of the user is written. `trust` keeps what is learnt.
//!
//! What a browser does in another way has one place each, and a file `browser.rs` that stands in for it there: time in
//! `clock`; waiting, threads and the look-up of names in `runtime`; whom it connects to in `network::approach` and
//! `trust`; the bytes in `hubbub_transport::Transport`. What is decided is decided in [`member`], which needs none of
//! them.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use flume::{Receiver, Sender};
use hubbub_transport::{Addresses, Invitation, Password, Pin};
use hubbub_wire::{Hex128, Limits, Username};

use member::{Member, Profile};
use network::Network;

pub use backlog::{BACKLOG_BYTES, BACKLOG_EVENTS};
pub use carried::{Carried, CarriedText, Keeper};
pub use clock::Clock;
pub use draw::secret;
pub use events::{Cause, Event, Intent, Mark, MessageId, Ours, Reason, Seen, Stamped};
pub use network::approach::Connector;
pub use runtime::Sleep;

// In reading order. The blank lines keep rustfmt from sorting it.

mod events;

// Decisions: plain, the time given.
mod words;

mod why;

mod trial;

mod echo;

mod passwords;

#[cfg(not(target_arch = "wasm32"))]
mod belief;

mod backlog;

mod carried;

mod writing;

pub mod member;

mod backoff;

mod tour;

// Edges.
#[cfg_attr(target_arch = "wasm32", path = "runtime/browser.rs")]
mod runtime;

mod clock;

mod draw;

mod outlet;

mod in_turn;

#[cfg(not(target_arch = "wasm32"))]
pub mod known;

#[cfg_attr(target_arch = "wasm32", path = "trust/browser.rs")]
mod trust;

#[cfg(not(target_arch = "wasm32"))]
mod connect;

// The life of a connection, and what outlives it.
mod connection;

#[cfg(any(target_arch = "wasm32", test))]
mod codes;

mod network;

/// The code of an [`Event::Notice`] of the session itself: what was learnt of the server's key is not kept, for the
/// reason in its words.
pub const NOT_KEPT: &str = "not-kept";

/// The code of a [`Cause::Refused`] by a server that takes nobody in plain.
pub const TLS: &str = "tls";

/// The code of a [`Cause::Refused`] by a server that turns the connection away before anything of the user was sent: it
/// is full, or the address is banned or came too often. Another name does not help.
pub const TURNED_AWAY: &str = "turned-away";

/// Where to go and under which name.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the room is. If it has several addresses, they are tried in turn, and whenever one does not lead into the
    /// room any more, the next one is tried at once. They are taken for servers that grant the extension: only such can
    /// have one room together.
    pub addresses: Addresses,
    /// The name to join under.
    pub username: Username<'static>,
    /// Whether to speak TLS there, and nothing else.
    pub is_private: bool,
    /// The keys of which the server must have one. Where there are none, the address is known, or an authority vouches
    /// for the server, or a person is asked.
    pub pins: Vec<Pin>,
    /// The password of the room. It travels in TLS only, to a key that is believed.
    pub password: Option<Password>,
    /// The file of known rooms, such as [`KnownRooms::path_of_user`](known::KnownRooms::path_of_user). `None`: there
    /// is no home for one. What is learnt holds for this run, and a notice says [`NOT_KEPT`] once.
    pub known: Option<PathBuf>,
    /// The limits on what the server may send.
    pub limits: Limits,
    /// The shortest time between two batches of events. Events that happen sooner wait, and come in one batch.
    pub pace: Duration,
    /// The last message that an earlier run of the program saw in this room. It also says that the servers there grant
    /// the extension.
    pub seen: Option<Seen>,
    /// How many earlier messages are wanted where none was seen yet, at most [`hubbub_wire::MAX_EARLIER`].
    pub recent: u32,
    /// Whether to be a plain client, which does not offer the extension. A password can go in an offer only: where
    /// there is one, there is an offer all the same.
    pub plain: bool,
    /// Who has it is this member, and takes the place of an earlier run that had it, too. `None` draws a new one.
    pub secret: Option<Hex128>,
    /// What an earlier run has left, which goes on in this one: its session, its secret and its texts. They are not
    /// told again, but [`Event::Arrived`] and [`Event::Unsure`] may name them.
    pub carried: Option<Carried>,
    /// Takes what this run would leave, at each change.
    pub keeper: Option<Keeper>,
    /// After so long a silence a server that grants is asked whether it is there. One that does not answer is left for
    /// a new connection. `None`: the system notices that a connection is dead, but for a room with several addresses it
    /// is 20 s.
    pub heartbeat: Option<Duration>,
    /// How much longer than usual leaving may wait for the server to take what was said, and then how long for it to
    /// close first, so that [`Event::Parted`] can be told. Leaving waits for 500 ms and then 200 ms in any case.
    pub patience: Duration,
}

impl Options {
    /// The options of a member who has seen nothing and does not care how soon events come.
    #[must_use]
    pub fn new(addresses: impl Into<Addresses>, username: Username<'static>) -> Self {
        Self {
            addresses: addresses.into(),
            username,
            is_private: false,
            pins: Vec::new(),
            password: None,
            known: None,
            limits: Limits::DEFAULT,
            pace: Duration::ZERO,
            seen: None,
            recent: 0,
            plain: false,
            secret: None,
            carried: None,
            keeper: None,
            heartbeat: None,
            patience: Duration::ZERO,
        }
    }

    /// The same for whoever has this invitation.
    #[must_use]
    pub fn invited(invitation: Invitation, username: Username<'static>) -> Self {
        Self {
            is_private: invitation.is_private,
            pins: invitation.pins,
            password: invitation.password,
            ..Self::new(invitation.addresses, username)
        }
    }
}

/// Starts the network thread. `events` gets batches at the pace of the options; a channel with room for one suits it.
/// The receiver that is returned disconnects when the thread has ended.
///
/// # Errors
///
/// The system cannot start a thread, or has no random numbers.
pub fn start(
    options: Options,
    intents: Receiver<Intent>,
    events: Sender<Vec<Stamped>>,
) -> io::Result<Receiver<Infallible>> {
    start_with(options, intents, events, Clock::system(), Connector::new())
}

/// [`start`] with another clock, and with authorities of the caller's own.
///
/// # Errors
///
/// The system cannot start a thread, or has no random numbers.
pub fn start_with(
    options: Options,
    intents: Receiver<Intent>,
    events: Sender<Vec<Stamped>>,
    clock: Clock,
    connector: Connector,
) -> io::Result<Receiver<Infallible>> {
    let carried = options.carried.as_ref();
    let session = carried.map_or_else(draw::session, |carried| Ok(carried.session))?;
    let secret = carried.map(|carried| carried.secret).or(options.secret);
    let secret = secret.map_or_else(draw::secret, Ok)?;
    let mut member = Member::new(Profile {
        username: options.username.clone(),
        seen: options.seen.clone(),
        recent: options.recent,
        plain: options.plain,
        session,
        secret,
    });
    member.set_heartbeat(options.heartbeat);
    if network::approach::IS_GRANTED || options.addresses.are_several() {
        member.expect_grant();
    }
    if let Some(carried) = options.carried.clone() {
        member.carry_on(carried);
    }
    let (alive, ended) = flume::bounded(0);
    runtime::spawn(move || async move {
        let _alive = alive;
        Network::new(options, member, intents, events, clock, connector)
            .run()
            .await;
    })?;
    Ok(ended)
}
