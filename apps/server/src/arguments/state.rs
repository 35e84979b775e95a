//! The option for what the server keeps of itself, whoever needs it.

use std::env;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct StateArguments {
    /// Directory in which bans and the key of TLS are kept, made if it is missing [default: systemd's $STATE_DIRECTORY,
    /// or none: bans last until the server ends]
    #[arg(long, env = "HUBBUB_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
}

impl StateArguments {
    /// The directory.
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
