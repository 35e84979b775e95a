//! The beginning: what a node that starts, or begins anew, finds in the stream.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{
    DirectGetErrorKind, LastRawMessageErrorKind, RawMessageErrorKind, Stream,
};
use tracing::warn;

use super::head::Head;
use super::{Engine, Trouble, explain, milliseconds};
use crate::cluster::Start;
use crate::cluster::replica::hash;

impl Engine {
    /// Finds the stream, or makes it, and its newest snapshot.
    pub(super) async fn begin(&self) -> Result<Start, Trouble> {
        let stream = self.stream().await?;
        let snapshot = self.snapshot(&stream).await?;
        // The ends are read after it, so that what the snapshot lacks is between them.
        let info = stream.get_info().await;
        let info = info.map_err(|error| Trouble::Away(explain(&error)))?;
        let first = info.state.first_sequence.max(1);
        let snapshot = snapshot.filter(|(place, _)| {
            let is_whole = place + 1 >= first;
            if !is_whole {
                warn!(
                    place,
                    first, "the stream has lost records after its newest snapshot"
                );
            }
            is_whole
        });
        Ok(Start {
            stream: self.names.stream.clone(),
            created: milliseconds(info.created.unix_timestamp_nanos()),
            snapshot,
            first,
            last: info.state.last_sequence,
            is_rolled_back: false,
        })
    }

    /// The newest snapshot, if there is one and it is whole.
    async fn snapshot(&self, stream: &Stream) -> Result<Option<(u64, Vec<u8>)>, Trouble> {
        let newest = stream
            .get_last_raw_message_by_subject(&self.names.snapshot)
            .await;
        let head = match newest {
            Ok(head) => head,
            Err(error) => {
                return match error.kind() {
                    LastRawMessageErrorKind::NoMessageFound => Ok(None),
                    _ => Err(Trouble::Away(explain(&error))),
                };
            }
        };
        let place = head.sequence;
        let Some(head) = Head::parse(&head.payload) else {
            warn!(
                place,
                "the newest snapshot is none that this server can read"
            );
            return Ok(None);
        };
        let mut bytes = Vec::new();
        for &piece in &head.pieces {
            match message(stream, piece).await? {
                Some(piece) if *piece.subject == *self.names.piece => bytes.extend(&piece.payload),
                _ => {
                    warn!(place, piece, "the newest snapshot lacks a piece");
                    return Ok(None);
                }
            }
        }
        if hash(&bytes) != head.hash {
            warn!(place, "the newest snapshot is damaged");
            return Ok(None);
        }
        Ok(Some((head.place, bytes)))
    }
}

/// What stands at a place, as any engine has it, or the one that leads if that one has it not.
pub(super) async fn message(stream: &Stream, place: u64) -> Result<Option<StreamMessage>, Trouble> {
    match stream.direct_get(place).await {
        Ok(message) => Ok(Some(message)),
        Err(error) => match error.kind() {
            DirectGetErrorKind::NotFound => of_leader(stream, place).await,
            _ => Err(Trouble::Away(explain(&error))),
        },
    }
}

/// What stands at a place, as the engine that leads has it.
pub(super) async fn of_leader(
    stream: &Stream,
    place: u64,
) -> Result<Option<StreamMessage>, Trouble> {
    match stream.get_raw_message(place).await {
        Ok(message) => Ok(Some(message)),
        Err(error) => match error.kind() {
            RawMessageErrorKind::NoMessageFound => Ok(None),
            _ => Err(Trouble::Away(explain(&error))),
        },
    }
}
