//! The option of the administration.

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
}
