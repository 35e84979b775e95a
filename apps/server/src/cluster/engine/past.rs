//! The past: records with texts, read from any engine, and where that one has none, from the one that leads.
//!
//! An engine gives many messages for one question. One that has just come back may lack some; so what it does not have
//! is asked of the leader, which has all.

use async_nats::jetstream::stream::{RawMessageErrorKind, Stream};
use async_nats::{Message, StatusCode, datetime};
use futures::StreamExt;
use hubbub_wire::Time;
use tokio::time::timeout;
use tracing::debug;

use super::writing::Question;
use super::{ANSWER, Engine, Trouble, explain, time_of};
use crate::cluster::Answer;

/// How many records are asked for at a time.
const BATCH: u64 = 256;

/// See above, in bytes.
const BATCH_BYTES: usize = 1024 * 1024;

/// A message of the past.
pub(super) type Kept = (u64, Time, Vec<u8>);

/// Answers questions, one after the other. Whoever asks in vain waits no longer than for a slow disk.
pub(super) async fn read(
    engine: &Engine,
    asked: flume::Receiver<Question>,
    give: &flume::Sender<Answer>,
) {
    while let Ok(question) = asked.recv_async().await {
        let number = question.number;
        match engine.past(&question).await {
            Ok((records, first)) => {
                let answer = Answer::Past {
                    number,
                    records,
                    first,
                };
                if give.send_async(answer).await.is_err() {
                    return;
                }
            }
            Err(Trouble::Away(why) | Trouble::Fatal(why)) => {
                debug!(number, why, "the past could not be read");
            }
        }
    }
    std::future::pending().await
}

impl Engine {
    /// The records with texts between two places, and the first place of the stream.
    async fn past(&self, question: &Question) -> Result<(Vec<Kept>, u64), Trouble> {
        let Some(stream) = self.look().await? else {
            return Err(Trouble::Away("there is no such stream any more".to_owned()));
        };
        let first = stream.cached_info().state.first_sequence.max(1);
        let mut records = Vec::new();
        for &(from, until) in &question.ranges {
            self.range(&stream, from.max(first), until, &mut records)
                .await?;
        }
        Ok((records, first))
    }

    /// Those between two places.
    async fn range(
        &self,
        stream: &Stream,
        mut from: u64,
        until: u64,
        records: &mut Vec<Kept>,
    ) -> Result<(), Trouble> {
        while from <= until {
            let mut more = self.batch(from, until).await?;
            if more.is_empty() {
                more.extend(self.next_of_leader(stream, from).await?);
            }
            let Some((last, ..)) = more.last() else {
                break;
            };
            from = last + 1;
            more.retain(|(place, ..)| *place <= until);
            records.extend(more);
        }
        Ok(())
    }

    /// Some records with texts from a place on, as any engine has them. Not many more than up to the other place.
    async fn batch(&self, from: u64, until: u64) -> Result<Vec<Kept>, Trouble> {
        let most = BATCH.min(until - from + 1);
        let question = format!(
            r#"{{"seq":{from},"next_by_subj":"{}","batch":{most},"max_bytes":{BATCH_BYTES}}}"#,
            self.names.text
        );
        // Whatever it says at the end: what it did not give, the leader has.
        let (records, _) = self.ask(question).await?;
        Ok(records)
    }

    /// The messages that any engine gives for a question, and how it says that this is all.
    pub(super) async fn ask(&self, question: String) -> Result<(Vec<Kept>, StatusCode), Trouble> {
        let away = |error: &dyn std::error::Error| Trouble::Away(explain(error));
        let inbox = self.client.new_inbox();
        let answers = self.client.subscribe(inbox.clone()).await;
        let mut answers = answers.map_err(|error| away(&error))?;
        let subject = format!("$JS.API.DIRECT.GET.{}", self.names.stream);
        let asked = self
            .client
            .publish_with_reply(subject, inbox, question.into());
        asked.await.map_err(|error| away(&error))?;
        let mut records = Vec::new();
        loop {
            let message = timeout(ANSWER, answers.next()).await;
            let Ok(Some(message)) = message else {
                return Err(Trouble::Away("the engine does not answer".to_owned()));
            };
            if let Some(status) = message.status
                && status != StatusCode::OK
            {
                return Ok((records, status));
            }
            let Some(record) = kept(&message) else {
                return Err(Trouble::Away(
                    "the engine answers something else".to_owned(),
                ));
            };
            records.push(record);
        }
    }

    /// The next record with texts from a place on, as the engine that leads has it.
    async fn next_of_leader(&self, stream: &Stream, from: u64) -> Result<Option<Kept>, Trouble> {
        let question = stream.raw_message_builder().sequence(from);
        match question.next_by_subject(&self.names.text).send().await {
            Ok(message) => Ok(Some((
                message.sequence,
                time_of(message.time.unix_timestamp_nanos()),
                message.payload.to_vec(),
            ))),
            Err(error) => match error.kind() {
                RawMessageErrorKind::NoMessageFound => Ok(None),
                _ => Err(Trouble::Away(explain(&error))),
            },
        }
    }
}

/// A message that an engine gives for a question.
fn kept(message: &Message) -> Option<Kept> {
    let headers = message.headers.as_ref()?;
    let place = headers.get("Nats-Sequence")?.as_str().parse().ok()?;
    let time = datetime::parse_rfc3339(headers.get("Nats-Time-Stamp")?.as_str()).ok()?;
    let time = time_of(time.unix_timestamp_nanos());
    Some((place, time, message.payload.to_vec()))
}
