//! The command line and the environment of `hubbub-server`. Knows what the values mean and how they are written,
//! nothing of sockets.

use std::net::IpAddr;
use std::time::Duration;

use bytesize::ByteSize;
use clap::Parser;
use hubbub_server::Settings;
use hubbub_server::allowance::Allowance;
use hubbub_wire::Limits;
use tracing::Level;

/// Highest value of `--max-payload`: a peer may hold a text of this size in memory while it is being read.
const MAX_MAX_PAYLOAD: usize = 256 * 1024 * 1024;

/// Lowest value of `--memory-limit`: below that, the limit would be met by a few ordinary texts.
const MIN_MEMORY_LIMIT: usize = 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  hubbub-server
      a room for everybody who reaches port 8765 of this machine
  HUBBUB_PORT=9000 hubbub-server --listen 127.0.0.1 --max-payload 64KiB --max-peers 50
      a small room for this machine only, with the port from the environment

Sizes take KiB, MiB, kB, MB; times take ms, s, min. Stop it with Ctrl-C or SIGTERM.";

/// A chat room for every CHAT/1.0 client that connects.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// TCP port to listen on; 0 takes a free one and logs it
    #[arg(
        long,
        env = "HUBBUB_PORT",
        default_value_t = 8765,
        help_heading = "Where"
    )]
    pub(crate) port: u16,

    /// Address to listen on [default: all interfaces, IPv4 and IPv6]
    #[arg(
        long,
        env = "HUBBUB_LISTEN",
        value_name = "ADDR",
        help_heading = "Where"
    )]
    pub(crate) listen: Option<IpAddr>,

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

    /// Most connections that may come from one address in a minute, a minute's worth at once; 0 is no bound, 60 lets a
    /// class in that sits down
    #[arg(
        long,
        env = "HUBBUB_VISITS_PER_MINUTE",
        value_name = "N",
        default_value_t = 0,
        help_heading = "Bounds"
    )]
    visits_per_minute: u32,

    /// Most that may wait for one peer; who falls behind further is dropped as a slow consumer
    #[arg(
        long,
        env = "HUBBUB_OUTBOX",
        value_name = "SIZE",
        default_value = "4MiB",
        value_parser = parse_size,
        help_heading = "Bounds"
    )]
    outbox: usize,

    /// Most memory for the texts under way, all peers together; when it is reached the slowest go first
    #[arg(
        long,
        env = "HUBBUB_MEMORY_LIMIT",
        value_name = "SIZE",
        default_value = "256MiB",
        value_parser = parse_memory_limit,
        help_heading = "Bounds"
    )]
    memory_limit: usize,

    /// Most messages that a peer may send in the long run, ten seconds' worth at once; one that sends more is read
    /// slower; 0 is no bound, 50 is more than anybody types
    #[arg(
        long,
        env = "HUBBUB_MESSAGES_PER_SECOND",
        value_name = "N",
        default_value_t = 0,
        help_heading = "Bounds"
    )]
    messages_per_second: u32,

    /// The same in bytes; 256KiB is what a line of 2 Mbit/s takes
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

    /// How long nothing may come of a text that has begun
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

    /// How much to log on stderr: error, warn, info or debug
    #[arg(long, env = "HUBBUB_LOG", value_name = "LEVEL", default_value = "info")]
    pub(crate) log: Level,
}

impl Arguments {
    /// The settings that these arguments ask for, with `max_peers` as the caller has settled it.
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
            ..Settings::default()
        }
    }
}

fn parse_size(text: &str) -> Result<usize, String> {
    let size: ByteSize = text
        .parse()
        .map_err(|_| "give a size such as 65536, 64KiB or 4MiB".to_owned())?;
    usize::try_from(size.as_u64())
        .ok()
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| {
            format!(
                "give at least 1 byte and less than {}",
                ByteSize(usize::MAX as u64)
            )
        })
}

fn parse_max_payload(text: &str) -> Result<usize, String> {
    let bytes = parse_size(text)?;
    if bytes > MAX_MAX_PAYLOAD {
        let limit = ByteSize(MAX_MAX_PAYLOAD as u64);
        return Err(format!(
            "{limit} is the most; every peer may fill as much memory"
        ));
    }
    Ok(bytes)
}

fn parse_memory_limit(text: &str) -> Result<usize, String> {
    let bytes = parse_size(text)?;
    if bytes < MIN_MEMORY_LIMIT {
        let limit = ByteSize(MIN_MEMORY_LIMIT as u64);
        return Err(format!(
            "{limit} is the least; a few ordinary texts need as much"
        ));
    }
    Ok(bytes)
}

fn parse_rate(text: &str) -> Result<u32, String> {
    let bytes: ByteSize = text
        .parse()
        .map_err(|_| "give a size such as 65536, 64KiB or 4MiB, or 0 for no bound".to_owned())?;
    u32::try_from(bytes.as_u64()).map_err(|_| {
        format!(
            "{} is the most; 0 is no bound",
            ByteSize(u64::from(u32::MAX))
        )
    })
}

fn parse_time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "give a time above 0 such as 500ms, 30s or 2min".to_owned())
}
