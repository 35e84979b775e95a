//! The options of the password.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};

#[derive(Debug, Args)]
pub(super) struct PasswordArguments {
    /// File with the password that lets people in, 16 characters at least; read again by SIGHUP [default: none, whoever
    /// reaches the port may come in]
    #[arg(
        long,
        env = "HUBBUB_PASSWORD_FILE",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    pub(super) password_file: Option<PathBuf>,

    /// Whether the server writes a password of its own into that file if there is no such file; `hubbub admin PATH
    /// invite HOST` prints what to give to people
    #[arg(
        long,
        env = "HUBBUB_MAKE_PASSWORD",
        value_name = "WHETHER",
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true",
        action = ArgAction::Set,
        help_heading = "TLS"
    )]
    make_password: bool,
}

impl PasswordArguments {
    /// The file, and whether a missing one is made.
    pub(super) fn file(&self) -> Option<(&Path, bool)> {
        Some((self.password_file.as_deref()?, self.make_password))
    }

    /// Says which two options cannot work together; see [`Arguments::contradiction`](super::Arguments::contradiction).
    pub(super) fn contradiction(
        &self,
        has_tls: bool,
        has_plain: bool,
        value: impl Fn(&str) -> String,
    ) -> Option<String> {
        if self.password_file.is_none() {
            let make = self.make_password.then(|| value("make_password"))?;
            return Some(format!(
                "{make} needs a file to write the password into; give --password-file FILE too"
            ));
        }
        let file = value("password_file");
        if !has_tls {
            let tls = value("tls");
            return Some(format!(
                "{file} would let everybody on the way read the password with {tls}; give --tls too"
            ));
        }
        let plain = has_plain.then(|| value("also_plain"))?;
        Some(format!(
            "{file} keeps out whoever cannot show a password, and {plain} lets in programs that cannot; leave one of them out"
        ))
    }
}
