//! The options of the history.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use hubbub_server::{History, HistorySync};

use super::size::exact;
use super::{parse_size, parse_time};

/// The lowest value of `--keep-bytes`. An empty database takes a part of a lower one.
const MIN_KEEP_BYTES: usize = 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct HistoryArguments {
    /// Directory in which messages are kept, made if it is missing [default: none, the last ones stay in memory]
    #[arg(
        long,
        env = "HUBBUB_HISTORY",
        value_name = "DIR",
        help_heading = "History"
    )]
    history: Option<PathBuf>,

    /// How long a message is kept in DIR
    #[arg(
        long,
        env = "HUBBUB_KEEP",
        value_name = "TIME",
        default_value = "30d",
        value_parser = parse_time,
        requires = "history",
        help_heading = "History"
    )]
    keep: Duration,

    /// How large the database in DIR may become; beyond that, the oldest messages go
    #[arg(
        long,
        env = "HUBBUB_KEEP_BYTES",
        value_name = "SIZE",
        default_value = "1GiB",
        value_parser = parse_keep_bytes,
        requires = "history",
        help_heading = "History"
    )]
    keep_bytes: u64,

    /// What a kept message survives: with normal, a crash of the server; with full, a power failure too
    #[arg(
        long,
        env = "HUBBUB_HISTORY_SYNC",
        value_name = "HOW",
        default_value = "normal",
        value_enum,
        requires = "history",
        help_heading = "History"
    )]
    history_sync: How,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    Normal,
    Full,
}

impl HistoryArguments {
    /// The history that these arguments ask for.
    pub(super) fn history(&self) -> Option<History> {
        Some(History {
            dir: self.history.clone()?,
            keep: self.keep,
            keep_bytes: self.keep_bytes,
            sync: match self.history_sync {
                How::Normal => HistorySync::Normal,
                How::Full => HistorySync::Full,
            },
        })
    }
}

fn parse_keep_bytes(text: &str) -> Result<u64, String> {
    let bytes = parse_size(text)?;
    if bytes < MIN_KEEP_BYTES {
        let limit = exact(MIN_KEEP_BYTES);
        return Err(format!(
            "{limit} is the least; the database needs some of it for itself"
        ));
    }
    Ok(bytes as u64)
}
