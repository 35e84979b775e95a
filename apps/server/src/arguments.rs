//! The options of `hubbub-server`: what the values mean, how they are written, and which cannot work together. Knows
//! nothing of sockets.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::Path;
#[cfg(feature = "tls")]
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
#[cfg(feature = "cluster")]
use hubbub_server::Cluster;
use hubbub_server::Settings;
use hubbub_server::allowance::Allowance;
use hubbub_server::memory::Shares;
#[cfg(feature = "web")]
use hubbub_server::web::Web;
use hubbub_wire::Limits;
use tracing::Level;

use self::size::exact;

#[cfg(feature = "admin")]
mod admin;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "history")]
mod history;
#[cfg(any(feature = "cluster", feature = "history"))]
mod keep;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tls")]
mod password;
#[cfg(feature = "service")]
mod service;
mod size;
#[cfg(any(feature = "admin", feature = "tls"))]
mod state;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "web")]
mod web;

#[cfg(feature = "tls")]
pub(crate) use self::tls::{Asked, Source};

/// The highest value of `--max-payload`. While a text is read, a peer may hold this much in memory.
const MAX_MAX_PAYLOAD: usize = 256 * 1024 * 1024;

/// The lowest value of `--memory-limit`. A few ordinary texts would reach a lower limit.
const MIN_MEMORY_LIMIT: usize = 1024 * 1024;

/// A text on its way counts as its bytes and less than this for its head and name.
const TEXT_EXTRA: usize = 1024;

/// The lowest value of `--bytes-per-second` that is a bound. With it, a JOIN with the longest head passes at once, and
/// a read of 64 KiB holds up its sender for half a minute, which no program takes for the end of the connection.
const MIN_BYTES_PER_SECOND: u32 = 2 * 1024;

/// The longest time that an option takes: a year, as `humantime` counts it. It is as good as no bound, and can be added
/// to any time of the clock.
const MAX_TIME: Duration = Duration::from_secs(31_557_600);

/// The values of `--log`, from the fewest lines to the most.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

const EXAMPLES: &str = "\
Examples:
  hubbub-server
      a room for everybody who reaches port 8765 of this machine
  HUBBUB_PORT=9000 hubbub-server --listen 127.0.0.1 --max-payload 64KiB --max-peers 50
      a small room for this machine only, with the port from the environment

Sizes take KiB, MiB, kB, MB; times take ms, s, min. Sizes that you do not give are adjusted
to those that you do. An empty variable counts as not set. Stop it with Ctrl-C or SIGTERM.
SIGHUP stops it too if it was started on a terminal; otherwise it reads its files again.";

/// A chat room for every CHAT/1.0 client that connects.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// TCP port to listen on; 0 takes a free one and logs it
    #[arg(
        long,
        env = "HUBBUB_PORT",
        default_value_t = hubbub_wire::PORT,
        help_heading = "Where"
    )]
    pub(crate) port: u16,

    /// Address to listen on, as fe80::1%eth0 when it is link-local [default: all interfaces, IPv4 and IPv6]
    #[arg(
        long,
        env = "HUBBUB_LISTEN",
        value_name = "ADDR",
        value_parser = parse_address,
        help_heading = "Where"
    )]
    listen: Option<SocketAddr>,

    /// Longest text that is passed on
    #[arg(
        long,
        env = "HUBBUB_MAX_PAYLOAD",
        value_name = "SIZE",
        default_value = "1MiB",
        value_parser = parse_max_payload,
        help_heading = "Bounds"
    )]
    max_payload: usize,

    /// Most connections at a time [default: what the limit on open files allows]
    #[arg(
        long,
        env = "HUBBUB_MAX_PEERS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Bounds"
    )]
    pub(crate) max_peers: Option<u32>,

    /// Most connections at a time from one address, or from one IPv6 network of 64 bits [default: no bound]
    #[arg(
        long,
        env = "HUBBUB_MAX_PEERS_PER_ADDRESS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Bounds"
    )]
    max_peers_per_address: Option<u32>,

    /// Most connections from one address in a minute; all may come at once. 0 is no bound; 60 is enough for a class of
    /// forty behind one address
    #[arg(
        long,
        env = "HUBBUB_VISITS_PER_MINUTE",
        value_name = "N",
        default_value_t = 0,
        help_heading = "Bounds"
    )]
    visits_per_minute: u32,

    /// Most that may wait for one peer, at least the longest text; a peer that falls further behind is dropped as a
    /// slow consumer
    #[arg(
        long,
        env = "HUBBUB_OUTBOX",
        value_name = "SIZE",
        default_value = "4MiB",
        value_parser = parse_size,
        help_heading = "Bounds"
    )]
    outbox: usize,

    /// Most memory for texts on their way, for all peers together; when it is reached, the slowest go first; three
    /// quarters of it are for what waits, one quarter for texts that are read in part
    #[arg(
        long,
        env = "HUBBUB_MEMORY_LIMIT",
        value_name = "SIZE",
        default_value = "256MiB",
        value_parser = parse_memory_limit,
        help_heading = "Bounds"
    )]
    memory_limit: usize,

    /// Most messages that a peer may send in a second on average, ten seconds' worth at once; a peer that sends more is
    /// read slower; 0 is no bound, 50 is more than anybody types
    #[arg(
        long,
        env = "HUBBUB_MESSAGES_PER_SECOND",
        value_name = "N",
        default_value_t = 0,
        help_heading = "Bounds"
    )]
    messages_per_second: u32,

    /// Most bytes that a peer may send in a second on average, ten seconds' worth at once; a peer that sends more is
    /// read slower; 0 is no bound, 2KiB the least, and 256KiB what a line of 2 Mbit/s takes
    #[arg(
        long,
        env = "HUBBUB_BYTES_PER_SECOND",
        value_name = "SIZE",
        default_value = "0",
        value_parser = parse_rate,
        help_heading = "Bounds"
    )]
    bytes_per_second: u32,

    /// How long a peer's connection may take nothing while something waits for it
    #[arg(
        long,
        env = "HUBBUB_WRITE_TIMEOUT",
        value_name = "TIME",
        default_value = "30s",
        value_parser = parse_time,
        help_heading = "Bounds"
    )]
    write_timeout: Duration,

    /// How long a peer may stop in the middle of a text
    #[arg(
        long,
        env = "HUBBUB_TEXT_TIMEOUT",
        value_name = "TIME",
        default_value = "30s",
        value_parser = parse_time,
        help_heading = "Bounds"
    )]
    text_timeout: Duration,

    /// How long a connection may take to join
    #[arg(
        long,
        env = "HUBBUB_JOIN_TIMEOUT",
        value_name = "TIME",
        default_value = "30s",
        value_parser = parse_time,
        help_heading = "Bounds"
    )]
    join_timeout: Duration,

    /// How long a member whose program speaks the extension keeps its place after its connection has ended; 0s for not
    /// at all
    #[arg(
        long,
        env = "HUBBUB_GRACE",
        value_name = "TIME",
        default_value = "15s",
        value_parser = parse_grace,
        help_heading = "Bounds"
    )]
    grace: Duration,

    #[cfg(feature = "history")]
    #[command(flatten)]
    history: history::HistoryArguments,

    #[cfg(any(feature = "cluster", feature = "history"))]
    #[command(flatten)]
    keep: keep::KeepArguments,

    #[cfg(feature = "cluster")]
    #[command(flatten)]
    cluster: cluster::ClusterArguments,

    /// Without the feature there is only who asks for it, who is to be told.
    #[cfg(not(feature = "cluster"))]
    #[arg(long, env = "HUBBUB_CLUSTER", hide = true, hide_env_values = true)]
    cluster: Option<String>,

    #[cfg(feature = "service")]
    #[command(flatten)]
    service: service::ServiceArguments,
    #[cfg(feature = "admin")]
    #[command(flatten)]
    admin: admin::AdminArguments,

    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: tls::TlsArguments,

    #[cfg(feature = "tls")]
    #[command(flatten)]
    password: password::PasswordArguments,

    #[cfg(any(feature = "admin", feature = "tls"))]
    #[command(flatten)]
    state: state::StateArguments,

    #[cfg(feature = "web")]
    #[command(flatten)]
    web: web::WebArguments,

    #[cfg(feature = "metrics")]
    #[command(flatten)]
    metrics: metrics::MetricsArguments,

    /// How much to log on stderr
    #[arg(
        long,
        env = "HUBBUB_LOG",
        value_name = "LEVEL",
        default_value = "info",
        ignore_case = true,
        value_parser = PossibleValuesParser::new(LEVELS).try_map(|level| level.parse::<Level>())
    )]
    pub(crate) log: Level,
}

impl Arguments {
    /// The address to listen on; `None` for all of them.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listen.map(|mut address| {
            address.set_port(self.port);
            address
        })
    }

    /// The file with the message of the day.
    pub(crate) fn motd(&self) -> Option<&Path> {
        #[cfg(feature = "service")]
        return self.service.motd.as_deref();
        #[cfg(not(feature = "service"))]
        None
    }

    /// The directory for what the server keeps of itself.
    #[cfg(feature = "tls")]
    pub(crate) fn state(&self) -> Option<PathBuf> {
        self.state.state()
    }

    /// The files with the certificate and its key.
    #[cfg(feature = "tls")]
    pub(crate) fn certificate(&self) -> Option<[PathBuf; 2]> {
        match self.tls.asked(None)?.source {
            Source::Files { cert, key } => Some([cert, key].map(Into::into)),
            Source::Own { .. } => None,
        }
    }

    /// The TLS that is asked for, with what is kept in `state`.
    #[cfg(feature = "tls")]
    pub(crate) fn tls<'a>(&'a self, state: Option<&'a Path>) -> Option<Asked<'a>> {
        self.tls.asked(state)
    }

    /// The page for browsers that is asked for. It waits for the disk.
    ///
    /// # Errors
    ///
    /// In words for the operator: it cannot be used.
    #[cfg(feature = "web")]
    pub(crate) fn web(&self) -> Result<Option<Web>, String> {
        self.web.web()
    }

    /// The file with the password, and whether a missing one is made.
    #[cfg(feature = "tls")]
    pub(crate) fn password_file(&self) -> Option<(&Path, bool)> {
        self.password.file()
    }

    /// Whether the lines of the log are JSON.
    pub(crate) fn wants_json(&self) -> bool {
        #[cfg(feature = "service")]
        return self.service.log_format == service::LogFormat::Json;
        #[cfg(not(feature = "service"))]
        false
    }

    /// Fits the values that were not given to those that were.
    pub(crate) fn follow(&mut self, is_given: impl Fn(&str) -> bool) {
        if !is_given("max_payload") {
            #[cfg(feature = "cluster")]
            if self.cluster.is_asked() {
                self.max_payload = Cluster::PAYLOAD;
            }
            let most = Shares::of(self.memory_limit).unfinished - TEXT_EXTRA;
            self.max_payload = self.max_payload.min(most);
            if is_given("outbox") {
                self.max_payload = self.max_payload.min(self.outbox);
            }
        }
        if !is_given("outbox") {
            let most = Shares::of(self.memory_limit).queued;
            self.outbox = self.outbox.max(self.max_payload).min(most);
        }
    }

    /// Says which two values cannot work together, and which would. `value` writes an option with its value for people.
    pub(crate) fn contradiction(
        &self,
        value: impl Fn(&str) -> String,
        is_given: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let Self {
            max_payload,
            outbox,
            memory_limit,
            ..
        } = *self;
        let Shares { queued, unfinished } = Shares::of(memory_limit);
        if max_payload + TEXT_EXTRA > unfinished {
            let (memory, payload) = (value("memory_limit"), value("max_payload"));
            let most = exact(unfinished - TEXT_EXTRA);
            let least = exact(Shares::limit_for_unfinished(max_payload + TEXT_EXTRA));
            return Some(format!(
                "{payload} does not fit into {memory}, a quarter of which is for texts that are read in part; \
                 give --max-payload {most} or less, or --memory-limit {least} or more"
            ));
        }
        if max_payload > outbox {
            let (outbox, payload) = (value("outbox"), value("max_payload"));
            let (most, least) = (exact(self.outbox), exact(max_payload));
            return Some(format!(
                "{payload} is more than {outbox}: the next word would drop whoever is still reading such a text; \
                 give --max-payload {most} or less, or --outbox {least} or more"
            ));
        }
        if outbox > queued {
            let (memory, outbox) = (value("memory_limit"), value("outbox"));
            let most = exact(queued);
            let least = exact(Shares::limit_for_queued(self.outbox).next_multiple_of(1024));
            return Some(format!(
                "{outbox} is more than {memory} has for what waits, which is three quarters; \
                 give --outbox {most} or less, or --memory-limit {least} or more"
            ));
        }
        #[cfg(feature = "cluster")]
        if let Some(why) = self
            .cluster
            .contradiction(max_payload, &self.keep, &value, is_given)
        {
            return Some(why);
        }
        #[cfg(not(feature = "cluster"))]
        if self.cluster.is_some() {
            let _ = is_given;
            let cluster = value("cluster");
            return Some(format!(
                "{cluster} is for a cluster, and this server was built without it; build it with `--features cluster`"
            ));
        }
        #[cfg(feature = "web")]
        {
            #[cfg(feature = "tls")]
            let wants_tls = self.tls.spoken() == (true, false);
            #[cfg(not(feature = "tls"))]
            let wants_tls = false;
            if let Some(why) = self.web.contradiction(wants_tls, &value) {
                return Some(why);
            }
        }
        #[cfg(feature = "tls")]
        {
            let (has_tls, has_plain) = self.tls.spoken();
            let has_state = self.state.state().is_some();
            let of_tls = self.tls.contradiction(has_state, &value);
            of_tls.or_else(|| self.password.contradiction(has_tls, has_plain, value))
        }
        #[cfg(not(feature = "tls"))]
        None
    }

    /// The settings that these arguments ask for, with the number of peers that the caller has worked out.
    pub(crate) fn settings(&self, max_peers: usize) -> Settings {
        Settings {
            limits: Limits {
                max_payload: self.max_payload,
                ..Limits::DEFAULT
            },
            outbox_bytes: self.outbox,
            memory_limit: self.memory_limit,
            max_peers,
            max_peers_per_address: self
                .max_peers_per_address
                .map_or(usize::MAX, |most| most as usize),
            visits_per_minute: self.visits_per_minute,
            allowance: Allowance {
                messages_per_second: self.messages_per_second,
                bytes_per_second: self.bytes_per_second,
            },
            write_timeout: self.write_timeout,
            text_timeout: self.text_timeout,
            join_timeout: self.join_timeout,
            #[cfg(feature = "history")]
            history: self.history.history(&self.keep),
            #[cfg(feature = "cluster")]
            cluster: self.cluster.cluster(&self.keep),
            #[cfg(feature = "metrics")]
            metrics: self.metrics.address(),
            grace: self.grace,
            #[cfg(feature = "service")]
            plain_motd: self.service.plain_motd,
            #[cfg(feature = "admin")]
            admin: self.admin.admin.clone(),
            #[cfg(feature = "admin")]
            state: self.state.state(),
            ..Settings::default()
        }
    }
}

/// Reads an address, with any port. The system finds the interface after `%` by its name.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok((address, 0).into());
    }
    let Some((Ok(_), interface)) = text
        .split_once('%')
        .map(|(address, interface)| (address.parse::<Ipv6Addr>(), interface))
    else {
        return Err(
            "give an IP address such as 127.0.0.1 or ::1; the port goes into --port".to_owned(),
        );
    };
    (text, 0)
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .ok_or_else(|| format!("this machine has no interface {interface}"))
}

fn parse_size(text: &str) -> Result<usize, String> {
    let size = size::parse(text).ok_or("give a size such as 65536, 64KiB or 4MiB")?;
    // A size that is too large for a number is read as the largest number.
    usize::try_from(size)
        .ok()
        .filter(|&bytes| bytes > 0 && bytes < usize::MAX)
        .ok_or_else(|| {
            let most = usize::MAX;
            format!("give at least 1 byte and less than {most}")
        })
}

fn parse_max_payload(text: &str) -> Result<usize, String> {
    let bytes = parse_size(text)?;
    if bytes > MAX_MAX_PAYLOAD {
        let limit = exact(MAX_MAX_PAYLOAD);
        return Err(format!(
            "{limit} is the most; every peer may fill as much memory"
        ));
    }
    Ok(bytes)
}

fn parse_memory_limit(text: &str) -> Result<usize, String> {
    let bytes = parse_size(text)?;
    if bytes < MIN_MEMORY_LIMIT {
        let limit = exact(MIN_MEMORY_LIMIT);
        return Err(format!(
            "{limit} is the least; a few ordinary texts need as much"
        ));
    }
    Ok(bytes)
}

fn parse_rate(text: &str) -> Result<u32, String> {
    let bytes =
        size::parse(text).ok_or("give a size such as 65536, 64KiB or 4MiB, or 0 for no bound")?;
    let most = u32::MAX;
    let rate = u32::try_from(bytes).map_err(|_| format!("{most} is the most; 0 is no bound"))?;
    if rate > 0 && rate < MIN_BYTES_PER_SECOND {
        let limit = exact(MIN_BYTES_PER_SECOND as usize);
        return Err(format!(
            "{limit} is the least, or some could not join in time; 0 is no bound"
        ));
    }
    Ok(rate)
}

/// The longest `--grace`. For longer, nobody would believe that somebody is here.
const MAX_GRACE: Duration = Duration::from_secs(3600);

fn parse_grace(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| *time <= MAX_GRACE)
        .ok_or_else(|| "give a time such as 500ms, 15s or 2min, 1h at most, or 0s".to_owned())
}

fn parse_time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| !time.is_zero() && *time <= MAX_TIME)
        .ok_or_else(|| "give a time above 0 such as 500ms, 30s or 2min, 1year at most".to_owned())
}
