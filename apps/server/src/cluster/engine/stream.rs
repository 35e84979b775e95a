//! The stream: its names, how it has to be, and what is wrong with one that is not so.

use std::fmt::Debug;
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{CreateStreamErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use humantime::format_duration;
use tracing::{info, warn};

use super::{Engine, Trouble, explain};
use crate::settings::Cluster;

/// The longest message in the stream: a record, and what its headers need.
pub(super) const MESSAGE_BYTES: usize = 512 * 1024 + 4096;

/// How long the stream knows the id of a message, so that most of what is published twice stands there once. It is only
/// economy: a record that comes again is void on every node alike.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(2 * 60);

/// The names of a stream and its subjects.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) stream: String,
    /// Records in which somebody says something.
    pub(super) text: String,
    /// All other records.
    pub(super) record: String,
    /// Pieces of snapshots.
    pub(super) piece: String,
    /// Heads of snapshots.
    pub(super) snapshot: String,
}

impl Names {
    pub(super) fn of(cluster: &Cluster) -> Self {
        let name = &cluster.name;
        let subject = |what| format!("hubbub.{name}.{what}");
        Self {
            stream: format!("HUBBUB_{name}"),
            text: subject("text"),
            record: subject("record"),
            piece: subject("piece"),
            snapshot: subject("snapshot"),
        }
    }

    fn subjects(&self) -> Vec<String> {
        [&self.text, &self.record, &self.piece, &self.snapshot]
            .map(String::clone)
            .into()
    }
}

impl Engine {
    /// The stream as it has to be.
    fn config(&self) -> Config {
        Config {
            name: self.names.stream.clone(),
            description: Some("a room of Hubbub".to_owned()),
            subjects: self.names.subjects(),
            retention: RetentionPolicy::Limits,
            storage: StorageType::File,
            discard: DiscardPolicy::Old,
            num_replicas: self.cluster.replicas,
            max_age: self.cluster.keep,
            max_bytes: i64::try_from(self.cluster.keep_bytes).unwrap_or(i64::MAX),
            max_messages: -1,
            max_messages_per_subject: -1,
            max_consumers: -1,
            max_message_size: MESSAGE_BYTES as i32,
            duplicate_window: DUPLICATE_WINDOW,
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            ..Config::default()
        }
    }

    /// Finds the stream, or makes it.
    pub(super) async fn stream(&self) -> Result<Stream, Trouble> {
        let wanted = self.config();
        match self.look().await? {
            None => self.make(wanted).await,
            Some(stream) => match contradiction(&stream.cached_info().config, &wanted) {
                None => Ok(stream),
                Some(why) => Err(Trouble::Fatal(why)),
            },
        }
    }

    /// The stream, with what the engine that leads it says of it. `None` if there is none.
    pub(super) async fn look(&self) -> Result<Option<Stream>, Trouble> {
        match self.js.get_stream(&self.names.stream).await {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(error)
                    if error.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(Trouble::Away(explain(&error))),
            },
        }
    }

    async fn make(&self, wanted: Config) -> Result<Stream, Trouble> {
        let replicas = wanted.num_replicas;
        let stream = self.js.create_stream(wanted).await.map_err(|error| {
            let why = explain(&error);
            match error.kind() {
                CreateStreamErrorKind::JetStream(error) => match error.error_code() {
                    ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED => Trouble::Fatal(format!(
                        "there is one engine, which cannot keep {replicas} copies; \
                         run three as a cluster, or give --cluster-replicas 1"
                    )),
                    ErrorCode::STREAM_NAME_EXIST | ErrorCode::STREAM_SUBJECT_OVERLAP => {
                        Trouble::Fatal(format!(
                            "the engines have another stream with these subjects: {why}; \
                             give another --cluster-name"
                        ))
                    }
                    _ => Trouble::Away(why),
                },
                _ => Trouble::Away(why),
            }
        })?;
        let name = &self.names.stream;
        info!(stream = %name, replicas, "stream made");
        if replicas < 3 {
            warn!(
                "the engines keep {replicas} of each message: with fewer than 3, the room stops when one engine does"
            );
        }
        Ok(stream)
    }
}

/// Says all that is not as it has to be in a stream.
fn contradiction(is: &Config, wanted: &Config) -> Option<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, is: &dyn Debug, wanted: &dyn Debug| {
        let (is, wanted) = (format!("{is:?}"), format!("{wanted:?}"));
        if is != wanted {
            differences.push(format!("{what} is {is} and not {wanted}"));
        }
    };
    let [keep, keep_wanted] = [is, wanted].map(|config| format_duration(config.max_age));
    compare(
        "--keep",
        &format_args!("{keep}"),
        &format_args!("{keep_wanted}"),
    );
    compare("--keep-bytes", &is.max_bytes, &wanted.max_bytes);
    compare("--cluster-replicas", &is.num_replicas, &wanted.num_replicas);
    compare("subjects", &is.subjects, &wanted.subjects);
    compare("storage", &is.storage, &wanted.storage);
    compare("retention", &is.retention, &wanted.retention);
    compare("discard", &is.discard, &wanted.discard);
    compare("max_msgs", &is.max_messages, &wanted.max_messages);
    let [each, each_wanted] = [is, wanted].map(|config| config.max_messages_per_subject);
    compare("max_msgs_per_subject", &each, &each_wanted);
    let [size, size_wanted] = [is, wanted].map(|config| config.max_message_size);
    compare("max_msg_size", &size, &size_wanted);
    let [window, window_wanted] = [is, wanted].map(|config| config.duplicate_window);
    compare("duplicate_window", &window, &window_wanted);
    compare("deny_delete", &is.deny_delete, &wanted.deny_delete);
    compare("deny_purge", &is.deny_purge, &wanted.deny_purge);
    compare("allow_direct", &is.allow_direct, &wanted.allow_direct);
    compare("sealed", &is.sealed, &wanted.sealed);
    let [change, change_wanted] = [is, wanted].map(|config| &config.subject_transform);
    compare("subject_transform", change, change_wanted);
    (!differences.is_empty()).then(|| {
        format!(
            "the engines have the stream {} with other settings than this server wants: {}; start all servers with the \
             same options, give another --cluster-name, or change the stream with the engines' own tools",
            wanted.name,
            differences.join(", ")
        )
    })
}
