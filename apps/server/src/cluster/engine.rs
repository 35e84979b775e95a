//! The engine: a thread that keeps the node's place in a stream of NATS JetStream. It is the only room that knows NATS.
//!
//! It reads all entries in order, without a gap, from a consumer of its own; it publishes what it is given; and it reads
//! the past. Neither waits for the others, and the node waits for none of them. What the engines have lost is found when
//! the thread comes back to them: when the stream was made, where it ends, and what stands at the last place that was
//! read. If that is not what it was, the node begins anew.
//!
//! It ends when the node lets go of its link.

use std::thread;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, jetstream};
use hubbub_wire::Time;
use tokio::time::sleep;
use tracing::{info, warn};

pub use self::address::EngineAddress;
use self::stream::Names;
use super::record::{LONGEST_TEXT, RECORD_BYTES};
use super::{Answer, Link, Order, Start};
use crate::settings::Cluster;

mod address;
mod beginning;
mod connecting;
mod head;
mod past;
mod reading;
mod stream;
#[cfg(test)]
mod tests;
mod writing;

/// How many orders may wait. A node has one record in flight, and asks for few pages of the past at a time.
const ORDERS: usize = 64;

/// How many answers may wait: with the longest records, 32 MiB. Reading stops when a node is that far behind.
const ANSWERS: usize = 64;

/// How often the engine is asked for a sign of life. It is given up when two of them are missing.
const PING: Duration = Duration::from_secs(2);

/// How long an engine may take to answer. Others are asked after it.
const ANSWER: Duration = Duration::from_secs(2);

/// How long it takes until something is tried again.
const AGAIN: Duration = Duration::from_millis(250);

/// The oldest engine that can be used. Before it, a message id could outlive its message, and keep its repetition out.
const OLDEST: (i64, i64) = (2, 11);

// What the options allow fits into a record, and a record into a message.
const _: () = assert!(Cluster::MOST_PAYLOAD <= LONGEST_TEXT);
const _: () = assert!(RECORD_BYTES < stream::MESSAGE_BYTES);

/// Why something did not come about.
#[derive(Debug)]
enum Trouble {
    /// It may do so later.
    Away(String),
    /// It never will with this configuration.
    Fatal(String),
}

/// What all parts of the thread use.
struct Engine {
    client: Client,
    js: jetstream::Context,
    cluster: Cluster,
    names: Names,
    /// Something has happened to the connection.
    changes: flume::Receiver<()>,
}

/// Starts the thread. Returns when it has found the stream, which may take until there are engines.
///
/// # Errors
///
/// In words for the operator: the engines cannot be used with these settings.
pub(crate) async fn start(cluster: &Cluster) -> Result<Link, String> {
    let (orders, to_do) = flume::bounded(ORDERS);
    let (give, answers) = flume::bounded(ANSWERS);
    let (ready, begun) = flume::bounded(1);
    let cluster = cluster.clone();
    let run = move || match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(run(cluster, to_do, give, ready)),
        Err(error) => {
            let _ = ready.send(Err(format!("cannot start the engine's thread: {error}")));
        }
    };
    let thread = thread::Builder::new().name("engine".to_owned());
    thread
        .spawn(run)
        .map_err(|error| format!("cannot start the engine's thread: {error}"))?;
    let start = begun.recv_async().await;
    let start = start.map_err(|_| "the engine's thread has panicked".to_owned())??;
    Ok(Link {
        orders,
        answers,
        start,
    })
}

/// All that the thread does.
async fn run(
    cluster: Cluster,
    to_do: flume::Receiver<Order>,
    give: flume::Sender<Answer>,
    ready: flume::Sender<Result<Start, String>>,
) {
    let is_wanted = || !ready.is_disconnected();
    let begun = match connect(cluster, &is_wanted).await {
        Ok(engine) => begin(&engine, is_wanted).await.map(|start| (engine, start)),
        Err(why) => Err(why),
    };
    let (engine, start) = match begun {
        Ok(begun) => begun,
        Err(why) => {
            let _ = ready.send(Err(why));
            return;
        }
    };
    let seen = reading::Seen::from(&start);
    if ready.send(Ok(start)).is_err() {
        return;
    }
    let (want, wanted) = flume::bounded(1);
    let (ask, asked) = flume::bounded(ORDERS);
    let (keep, to_keep) = flume::bounded(1);
    tokio::select! {
        () = writing::write(&engine, to_do, ask, keep, &want) => {}
        () = writing::keep(&engine, to_keep) => {}
        () = past::read(&engine, asked, &give) => {}
        () = reading::read(&engine, seen, &give, &wanted) => {}
    }
}

/// Connects to an engine that can be used.
async fn connect(cluster: Cluster, is_wanted: impl Fn() -> bool) -> Result<Engine, String> {
    let (change, changes) = flume::bounded(1);
    let client = connecting::connect(&cluster, change, is_wanted).await?;
    check(&client)?;
    let mut js = jetstream::new(client.clone());
    js.set_timeout(ANSWER);
    Ok(Engine {
        client,
        js,
        names: Names::of(&cluster),
        cluster,
        changes,
    })
}

/// Whether the engine is new enough and takes records.
fn check(client: &Client) -> Result<(), String> {
    let engine = client.server_info();
    let (major, minor) = OLDEST;
    if !client.is_server_compatible(major, minor, 0) {
        let version = engine.version;
        return Err(format!(
            "the engine is nats-server {version}; {major}.{minor} or newer is needed"
        ));
    }
    if !engine.jetstream {
        return Err("the engine keeps no streams; run nats-server with JetStream".to_owned());
    }
    let (has, needs) = (engine.max_payload, stream::MESSAGE_BYTES);
    if has < needs {
        return Err(format!(
            "the engine takes messages of {has} bytes, and records need {needs}; \
             raise max_payload in its configuration"
        ));
    }
    Ok(())
}

/// Finds the stream, or makes it, and the room to begin with.
async fn begin(engine: &Engine, is_wanted: impl Fn() -> bool) -> Result<Start, String> {
    let mut said = String::new();
    loop {
        let why = match engine.begin().await {
            Ok(start) => {
                let (stream, last) = (&start.stream, start.last);
                let snapshot = start.snapshot.as_ref().map(|(place, _)| *place);
                info!(%stream, last, snapshot, "the engines have the stream");
                return Ok(start);
            }
            Err(Trouble::Fatal(why)) => return Err(why),
            Err(Trouble::Away(why)) => why,
        };
        wait("the engines do not have the stream yet", why, &mut said).await;
        if !is_wanted() {
            return Err(String::new());
        }
    }
}

impl Engine {
    /// Whether an engine is connected.
    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }
}

/// Waits until something is tried again. Says why, once.
async fn wait(what: &str, why: String, said: &mut String) {
    if *said != why {
        warn!("{what}: {why}; trying again until it can");
        *said = why;
    }
    sleep(AGAIN).await;
}

/// An error with what it comes from.
fn explain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = error.source();
    }
    words
}

/// The time of an entry.
fn time_of(nanoseconds: i128) -> Time {
    Time::from_unix_ms(milliseconds(nanoseconds))
}

/// A time since 1970, as the room counts it.
fn milliseconds(nanoseconds: i128) -> u64 {
    u64::try_from(nanoseconds / 1_000_000).unwrap_or(0)
}
