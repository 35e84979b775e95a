//! How much is kept of what was said, in a history or by the engines of a cluster.

use std::time::Duration;

use clap::Args;

use super::size::exact;
use super::{parse_size, parse_time};

/// What keeps anything: one of a group, or the only one there is.
const KEPT: &str = if cfg!(feature = "cluster") {
    "kept"
} else {
    "history"
};

/// The lowest value of `--keep-bytes`. An empty database takes a part of a lower one.
const MIN_KEEP_BYTES: usize = 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct KeepArguments {
    /// How long a message is kept
    #[arg(
        long,
        env = "HUBBUB_KEEP",
        value_name = "TIME",
        default_value = "30d",
        value_parser = parse_time,
        requires = KEPT,
        help_heading = "History"
    )]
    pub(super) keep: Duration,

    /// How large that which is kept may become; beyond that, the oldest messages go
    #[arg(
        long,
        env = "HUBBUB_KEEP_BYTES",
        value_name = "SIZE",
        default_value = "1GiB",
        value_parser = parse_keep_bytes,
        requires = KEPT,
        help_heading = "History"
    )]
    pub(super) keep_bytes: u64,
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
