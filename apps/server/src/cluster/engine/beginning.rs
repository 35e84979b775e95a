//! The beginning: what a node that starts, or begins anew, finds in the stream.

use async_nats::StatusCode;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{
    DirectGetErrorKind, LastRawMessageErrorKind, RawMessageErrorKind, Stream,
};
use tracing::{debug, warn};

use super::head::{Head, PIECE_BYTES};
use super::{Engine, Trouble, explain, milliseconds};
use crate::cluster::Start;
use crate::cluster::replica::hash;

/// How many snapshots are looked at. With one each 5 minutes, they are those of more than an hour.
pub(super) const HEADS: usize = 16;

/// How an engine says that it has given all that there is.
const NO_MORE: u16 = 204;

/// How it says that there is nothing.
const NONE: u16 = 404;

/// Why a snapshot cannot be used.
enum Useless {
    /// The stream does not have all that follows it.
    TooOld(String),
    /// It is not what it was, or never was anything.
    Broken(String),
}

impl Engine {
    /// Finds the stream, or makes it, and its newest snapshot that is whole.
    pub(super) async fn begin(&self) -> Result<Start, Trouble> {
        let mut stream = self.stream().await?;
        let first = stream.cached_info().state.first_sequence.max(1);
        let snapshot = self.snapshot(&stream, first).await?;
        // The ends are read after it, so that what the snapshot lacks is between them.
        let info = stream.info().await;
        let info = info.map_err(|error| Trouble::Away(explain(&error)))?;
        Ok(Start {
            stream: self.names.stream.clone(),
            created: milliseconds(info.created.unix_timestamp_nanos()),
            snapshot,
            first: info.state.first_sequence.max(1),
            last: info.state.last_sequence,
            is_rolled_back: false,
        })
    }

    /// The newest snapshot that is whole and after which the stream has everything.
    async fn snapshot(
        &self,
        stream: &Stream,
        first: u64,
    ) -> Result<Option<(u64, Vec<u8>)>, Trouble> {
        let mut next = self.newest_head(stream).await?;
        let mut is_told = false;
        for _ in 0..HEADS {
            let Some((at, bytes)) = next else {
                return Ok(None);
            };
            match self.whole(stream, first, at, &bytes).await? {
                Ok(snapshot) => return Ok(Some(snapshot)),
                // Those before it are older still, but for one that came late.
                Err(Useless::TooOld(why)) if is_told => debug!(at, "nor can this one: {why}"),
                Err(Useless::TooOld(why)) => {
                    is_told = true;
                    warn!(at, "a snapshot of the room cannot be used: {why}");
                }
                Err(Useless::Broken(why)) => {
                    warn!(at, "a snapshot of the room cannot be used: {why}");
                }
            }
            next = self.head_before(at).await?;
        }
        Ok(None)
    }

    /// The place and the bytes of the newest head.
    async fn newest_head(&self, stream: &Stream) -> Result<Option<(u64, Vec<u8>)>, Trouble> {
        let subject = &self.names.snapshot;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(head) => Ok(Some((head.sequence, head.payload.to_vec()))),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => Ok(None),
                _ => Err(Trouble::Away(explain(&error))),
            },
        }
    }

    /// The place and the bytes of the last head before a place.
    async fn head_before(&self, place: u64) -> Result<Option<(u64, Vec<u8>)>, Trouble> {
        let (subject, last) = (&self.names.snapshot, place - 1);
        if last == 0 {
            return Ok(None);
        }
        let question = format!(r#"{{"multi_last":["{subject}"],"up_to_seq":{last}}}"#);
        let (heads, status) = self.ask(question).await?;
        if !is_end(status) {
            let why = format!("the engine cannot look for snapshots (status {status})");
            return Err(Trouble::Away(why));
        }
        let head = heads.into_iter().find(|(at, ..)| *at < place);
        Ok(head.map(|(at, _, bytes)| (at, bytes)))
    }

    /// The snapshot whose head stands at a place, or why it cannot be used.
    async fn whole(
        &self,
        stream: &Stream,
        first: u64,
        at: u64,
        head: &[u8],
    ) -> Result<Result<(u64, Vec<u8>), Useless>, Trouble> {
        let broken = |why: &str| Ok(Err(Useless::Broken(why.to_owned())));
        let Some(head) = Head::parse(head).filter(|head| head.place < at) else {
            return broken("it has no head that this server can read");
        };
        let place = head.place;
        if place + 1 < first {
            let lost = format!("it is as of place {place}, and the stream begins at {first}");
            return Ok(Err(Useless::TooOld(lost)));
        }
        let mut bytes = Vec::new();
        for &at in &head.pieces {
            match message(stream, at).await? {
                Some(piece)
                    if *piece.subject == *self.names.piece
                        && piece.payload.len() <= PIECE_BYTES =>
                {
                    bytes.extend(&piece.payload);
                }
                _ => return broken(&format!("its piece at place {at} is missing")),
            }
        }
        if hash(&bytes) != head.hash {
            return broken("it is damaged");
        }
        Ok(Ok((place, bytes)))
    }
}

/// Whether an engine has no more than it gave, and not only no time to look.
fn is_end(status: StatusCode) -> bool {
    matches!(status.as_u16(), NO_MORE | NONE)
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

#[cfg(test)]
mod tests {
    use async_nats::StatusCode;

    use super::is_end;

    #[test]
    fn an_engine_that_does_not_look_has_not_said_that_there_is_nothing() {
        for (status, has_looked) in [
            (204, true),
            (404, true),
            (408, false),
            (413, false),
            (503, false),
        ] {
            let status = StatusCode::try_from(status).unwrap();
            assert_eq!(is_end(status), has_looked, "{status}");
        }
    }
}
