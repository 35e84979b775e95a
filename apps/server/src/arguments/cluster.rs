//! The options of a cluster, and which of them cannot work together.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hubbub_server::{Cluster, EngineAddress};

use super::keep::KeepArguments;
use super::parse_time;
use super::size::exact;

/// The longest name. That of the stream is a part of file names of the engines.
const LONGEST_NAME: usize = 64;

/// The most copies that an engine keeps.
const MOST_REPLICAS: u8 = 5;

/// A URL, or what is wrong with it. That is said later, without the URL, which may have a password in it.
type Url = Result<EngineAddress, &'static str>;

#[derive(Debug, Args)]
pub(super) struct ClusterArguments {
    /// Engines through which this server is one room with others, as nats://HOST:PORT or tls://HOST:PORT, with commas
    /// between them: nats-server 2.11 or newer with JetStream, three of them as a cluster. With USER:PASSWORD@ before
    /// HOST it logs in; set the variable then, since everybody on this machine can read the command line [default:
    /// none, the room is this server's own]
    #[arg(
        long,
        env = "HUBBUB_CLUSTER",
        hide_env_values = true,
        value_name = "URL",
        value_delimiter = ',',
        value_parser = |text: &str| Ok::<Url, Infallible>(text.parse()),
        group = "kept",
        help_heading = "Cluster"
    )]
    cluster: Vec<Url>,

    /// Name of the room among those that the engines keep, the same on all its servers: letters, digits, - and _
    #[arg(
        long,
        env = "HUBBUB_CLUSTER_NAME",
        value_name = "NAME",
        default_value = "room",
        value_parser = parse_name,
        help_heading = "Cluster"
    )]
    cluster_name: String,

    /// Credentials file (.creds) with which this server logs in to the engines [default: none]
    #[arg(
        long,
        env = "HUBBUB_CLUSTER_CREDS",
        value_name = "FILE",
        help_heading = "Cluster"
    )]
    cluster_creds: Option<PathBuf>,

    /// File with the authorities (PEM) that may have signed the engines' certificates, with tls:// URLs [default: those
    /// of the system]
    #[arg(
        long,
        env = "HUBBUB_CLUSTER_CA",
        value_name = "FILE",
        help_heading = "Cluster"
    )]
    cluster_ca: Option<PathBuf>,

    /// How many engines keep a copy of the room; with fewer than three, the room stops when one of them does
    #[arg(
        long,
        env = "HUBBUB_CLUSTER_REPLICAS",
        value_name = "N",
        default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(MOST_REPLICAS)),
        help_heading = "Cluster"
    )]
    cluster_replicas: u8,

    /// How long this server may be silent before the others take it for gone, and its members leave the room
    #[arg(
        long,
        env = "HUBBUB_CLUSTER_NODE_TIMEOUT",
        value_name = "TIME",
        default_value = "45s",
        value_parser = parse_node_timeout,
        help_heading = "Cluster"
    )]
    cluster_node_timeout: Duration,
}

impl ClusterArguments {
    /// Whether there is one.
    pub(super) fn is_asked(&self) -> bool {
        !self.cluster.is_empty()
    }

    /// The cluster that these arguments ask for.
    pub(super) fn cluster(&self, keep: &KeepArguments) -> Option<Cluster> {
        self.is_asked().then(|| Cluster {
            name: self.cluster_name.clone(),
            credentials: self.cluster_creds.clone(),
            authorities: self.cluster_ca.clone(),
            replicas: self.cluster_replicas.into(),
            node_timeout: self.cluster_node_timeout,
            keep: keep.keep,
            keep_bytes: keep.keep_bytes,
            ..Cluster::new(self.urls().cloned().collect())
        })
    }

    /// Those that are such.
    fn urls(&self) -> impl Iterator<Item = &EngineAddress> {
        self.cluster.iter().flatten()
    }

    /// Says what is wrong with the URLs, or with what is given besides them.
    fn wrong_urls(&self, value: impl Fn(&str) -> String) -> Option<String> {
        let cluster = value("cluster");
        let wrong = self.cluster.iter().zip(1..);
        for (url, number) in wrong {
            if let Err(why) = url {
                return Some(format!(
                    "URL {number} of {cluster} cannot be used: {why} (it is not shown, since it may have a password in it)"
                ));
            }
        }
        let encrypted = self.urls().filter(|url| url.is_encrypted()).count();
        if encrypted != 0 && encrypted != self.cluster.len() {
            return Some(format!(
                "some URLs of {cluster} are tls:// and some are nats://; write tls:// in all of them, or in none"
            ));
        }
        if self.cluster_ca.is_some() && encrypted == 0 {
            let authorities = value("cluster_ca");
            return Some(format!(
                "{authorities} means nothing without TLS; write tls://HOST:PORT in {cluster}, or leave it out"
            ));
        }
        if self.cluster_creds.is_some() && self.urls().any(EngineAddress::has_login) {
            let credentials = value("cluster_creds");
            return Some(format!(
                "{credentials} cannot be used with a URL of {cluster} that has a user in it; give one or the other"
            ));
        }
        None
    }

    /// Says which values cannot work together; see [`Arguments::contradiction`](super::Arguments::contradiction).
    pub(super) fn contradiction(
        &self,
        max_payload: usize,
        keep: &KeepArguments,
        value: impl Fn(&str) -> String,
        is_given: impl Fn(&str) -> bool,
    ) -> Option<String> {
        if !self.is_asked() {
            let mut options = [
                "cluster_name",
                "cluster_creds",
                "cluster_ca",
                "cluster_replicas",
                "cluster_node_timeout",
            ]
            .into_iter();
            let useless = value(options.find(|option| is_given(option))?);
            return Some(format!(
                "{useless} means nothing without engines; give --cluster URL too, or leave it out"
            ));
        }
        if let Some(why) = self.wrong_urls(&value) {
            return Some(why);
        }
        if max_payload > Cluster::MOST_PAYLOAD {
            let (payload, most) = (value("max_payload"), exact(Cluster::MOST_PAYLOAD));
            return Some(format!(
                "{payload} does not fit into a record of the cluster, which has 512KiB, since engines take 1MiB by default; \
                 give --max-payload {most} or less"
            ));
        }
        if keep.keep < Cluster::LEAST_KEEP {
            let keep = value("keep");
            return Some(format!(
                "{keep} is too short for a cluster, whose servers read the last hour when they start; \
                 give --keep 1h or more"
            ));
        }
        if keep.keep_bytes < Cluster::LEAST_KEEP_BYTES {
            let keep = value("keep_bytes");
            return Some(format!(
                "{keep} is too little for a cluster, which also keeps the state of the room there; \
                 give --keep-bytes 64MiB or more"
            ));
        }
        None
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.is_empty() || !text.bytes().all(is_plain) {
        return Err("letters of ASCII, digits, - and _ make a name".to_owned());
    }
    if text.len() > LONGEST_NAME {
        return Err(format!("{LONGEST_NAME} characters are the most"));
    }
    Ok(text.to_owned())
}

fn parse_node_timeout(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    if time < Cluster::LEAST_NODE_TIMEOUT {
        return Err(
            "30s is the least; servers give a sign of life every 10 s, and a pause of the engines counts as 15 s"
                .to_owned(),
        );
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_parts_of_subjects_and_of_file_names() {
        let longest = "x".repeat(LONGEST_NAME);
        for name in ["room", "Room-1_a", &longest] {
            assert_eq!(parse_name(name), Ok(name.to_owned()));
        }
        for name in ["", "a.b", "a b", "*", ">", "raum-ü", &format!("{longest}x")] {
            assert!(parse_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_server_is_not_gone_before_it_could_be_heard_again_after_a_pause() {
        assert_eq!(parse_node_timeout("30s"), Ok(Duration::from_secs(30)));
        assert!(parse_node_timeout("29999ms").is_err());
        assert!(parse_node_timeout("x").is_err());
    }
}
