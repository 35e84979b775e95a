//! The options of TLS, and which of them cannot work together.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};

#[derive(Debug, Args)]
pub(super) struct TlsArguments {
    /// Whether TLS is spoken, and nothing else; the server makes a key for itself at the first start and keeps it in
    /// --state DIR
    #[arg(
        long,
        env = "HUBBUB_TLS",
        value_name = "WHETHER",
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true",
        action = ArgAction::Set,
        help_heading = "TLS"
    )]
    tls: bool,

    /// Whether programs without TLS are let in besides; what is said is then not private
    #[arg(
        long,
        env = "HUBBUB_ALSO_PLAIN",
        value_name = "WHETHER",
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true",
        action = ArgAction::Set,
        help_heading = "TLS"
    )]
    also_plain: bool,

    /// File with a certificate from elsewhere and those that vouch for it, in PEM; read again by SIGHUP and once a day
    /// [default: none, the key of its own is enough for those who are invited]
    #[arg(
        long,
        env = "HUBBUB_TLS_CERT",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    tls_cert: Option<PathBuf>,

    /// File with the key of that certificate, in PEM; ECDSA, Ed25519, or RSA of 3072 bits at most [default: none]
    #[arg(
        long,
        env = "HUBBUB_TLS_KEY",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    tls_key: Option<PathBuf>,

    /// Whether the key to come is made, and announced to members and in invitations, so that nobody is asked when it
    /// takes the place of the key: by moving tls-next.key onto tls.key in --state DIR and starting again
    #[arg(
        long,
        env = "HUBBUB_TLS_NEXT_KEY",
        value_name = "WHETHER",
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true",
        action = ArgAction::Set,
        help_heading = "TLS"
    )]
    tls_next_key: bool,
}

/// The TLS that the arguments ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    /// Whether those who do not speak it are let in.
    pub(crate) also_plain: bool,
    /// Where the key comes from.
    pub(crate) source: Source<'a>,
}

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    /// The server has made it, and keeps it in this directory, with the one to come if that is wanted.
    Own { state: &'a Path, has_next: bool },
    /// Two files of the operator.
    Files { cert: &'a Path, key: &'a Path },
}

impl TlsArguments {
    /// What is asked for, where the server keeps what it has to in `state`. They do not contradict each other.
    pub(super) fn asked<'a>(&'a self, state: Option<&'a Path>) -> Option<Asked<'a>> {
        let source = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Source::Files { cert, key },
            _ => Source::Own {
                state: state?,
                has_next: self.tls_next_key,
            },
        };
        self.tls.then_some(Asked {
            also_plain: self.also_plain,
            source,
        })
    }

    /// Whether TLS is spoken, and whether those who do not speak it are let in.
    pub(super) const fn spoken(&self) -> (bool, bool) {
        (self.tls, self.also_plain)
    }

    /// Says which two options cannot work together, or which one is missing; see
    /// [`Arguments::contradiction`](super::Arguments::contradiction).
    pub(super) fn contradiction(
        &self,
        has_state: bool,
        value: impl Fn(&str) -> String,
    ) -> Option<String> {
        let (has_cert, has_key) = (self.tls_cert.is_some(), self.tls_key.is_some());
        let given = [
            (self.also_plain, "also_plain"),
            (has_cert, "tls_cert"),
            (has_key, "tls_key"),
            (self.tls_next_key, "tls_next_key"),
        ];
        if !self.tls {
            let (_, useless) = given.into_iter().find(|(is_given, _)| *is_given)?;
            let (useless, tls) = (value(useless), value("tls"));
            return Some(format!(
                "{useless} means nothing with {tls}; give --tls too, or leave it out"
            ));
        }
        if has_cert != has_key {
            let (one, other) = if has_cert {
                ("tls_cert", "--tls-key")
            } else {
                ("tls_key", "--tls-cert")
            };
            let one = value(one);
            return Some(format!(
                "{one} is one half of a pair; give {other} FILE too, or leave both out"
            ));
        }
        if has_cert && self.tls_next_key {
            let (next, cert) = (value("tls_next_key"), value("tls_cert"));
            return Some(format!(
                "{next} is about a key that the server makes, and {cert} is from elsewhere; leave one of them out"
            ));
        }
        if !has_cert && !has_state {
            let tls = value("tls");
            return Some(format!(
                "{tls} needs a directory for the key that the server makes, which must last longer than the server; \
                 give --state DIR, or a certificate from elsewhere by --tls-cert FILE and --tls-key FILE"
            ));
        }
        None
    }
}
