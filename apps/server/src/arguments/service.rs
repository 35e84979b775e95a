//! The options of a service: its message of the day and the form of its log.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct ServiceArguments {
    /// File with a message of the day, 4096 bytes at most, which programs of Hubbub show to whoever comes; SIGHUP reads
    /// it again [default: none]
    #[arg(
        long,
        env = "HUBBUB_MOTD",
        value_name = "FILE",
        help_heading = "Service"
    )]
    pub(super) motd: Option<PathBuf>,

    /// Whether other programs get the message of the day too, as a text from server
    #[arg(
        long,
        env = "HUBBUB_PLAIN_MOTD",
        value_name = "WHETHER",
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        help_heading = "Service"
    )]
    pub(super) plain_motd: bool,

    /// Form of the log's lines, which have no time where the journal of systemd adds it
    #[arg(
        long,
        env = "HUBBUB_LOG_FORMAT",
        value_name = "FORM",
        default_value = "text",
        value_enum,
        help_heading = "Service"
    )]
    pub(super) log_format: LogFormat,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}
