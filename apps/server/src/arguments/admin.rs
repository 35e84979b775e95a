//! The options of the administration.

use std::env;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct AdminArguments {
    /// Unix socket for `hubbub admin`, which only root and the user who runs the server may use [default: none]
    #[arg(
        long,
        env = "HUBBUB_ADMIN",
        value_name = "PATH",
        help_heading = "Administration"
    )]
    pub(super) admin: Option<PathBuf>,

    /// Directory in which bans are kept, made if it is missing [default: systemd's $STATE_DIRECTORY, or none: they last
    /// until the server ends]
    #[arg(
        long,
        env = "HUBBUB_STATE",
        value_name = "DIR",
        help_heading = "Administration"
    )]
    state: Option<PathBuf>,
}

impl AdminArguments {
    /// The directory in which bans are kept.
    pub(super) fn state(&self) -> Option<PathBuf> {
        self.state.clone().or_else(|| {
            // systemd writes several with colons between them.
            let all = env::var_os("STATE_DIRECTORY")?;
            env::split_paths(&all)
                .next()
                .filter(|dir| !dir.as_os_str().is_empty())
        })
    }
}
