//! The options of the history.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hubbub_server::{History, HistorySync};

use super::keep::KeepArguments;

#[derive(Debug, Args)]
pub(super) struct HistoryArguments {
    /// Directory in which messages are kept, made if it is missing [default: none, the last ones stay in memory]
    #[arg(
        long,
        env = "HUBBUB_HISTORY",
        value_name = "DIR",
        group = "kept",
        help_heading = "History"
    )]
    history: Option<PathBuf>,

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
    pub(super) fn history(&self, keep: &KeepArguments) -> Option<History> {
        Some(History {
            dir: self.history.clone()?,
            keep: keep.keep,
            keep_bytes: keep.keep_bytes,
            sync: match self.history_sync {
                How::Normal => HistorySync::Normal,
                How::Full => HistorySync::Full,
            },
        })
    }
}
