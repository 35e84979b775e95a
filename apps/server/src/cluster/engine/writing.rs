//! Writing: records, as they come, and snapshots in pieces.

use std::time::Duration;

use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;
use tracing::{info, warn};

use super::head::{Head, PIECE_BYTES, PIECES};
use super::{ANSWER, Engine, explain};
use crate::cluster::Order;

/// How often a piece is tried. A snapshot that is not written is no loss: there will be another one.
const TRIES: usize = 3;

/// How long a record may take to be handed over to the connection. It is published again after this anyhow.
const HAND_OVER: Duration = Duration::from_secs(1);

/// A snapshot that is to be put into the stream.
pub(super) struct Snapshot {
    place: u64,
    hash: [u8; 32],
    bytes: Vec<u8>,
}

/// A question about the past.
pub(super) struct Question {
    pub(super) number: u64,
    pub(super) ranges: Vec<(u64, u64)>,
}

/// Does what it is told, or passes it on to who does it. Ends when the node lets go of its orders.
pub(super) async fn write(
    engine: &Engine,
    to_do: flume::Receiver<Order>,
    ask: flume::Sender<Question>,
    keep: flume::Sender<Snapshot>,
    anew: &flume::Sender<String>,
) {
    let mut open = FuturesUnordered::new();
    let mut said = String::new();
    loop {
        let order = tokio::select! {
            order = to_do.recv_async() => order,
            Some(answer) = open.next() => {
                complain(answer, &mut said);
                continue;
            }
        };
        match order {
            Err(_) => return,
            Ok(Order::Publish {
                node,
                count,
                has_texts,
                bytes,
            }) => {
                let subject = if has_texts {
                    &engine.names.text
                } else {
                    &engine.names.record
                };
                let id = format!("{node}-{count}");
                let message = PublishMessage::build().payload(bytes.into()).message_id(id);
                if let Some(answer) = publish(engine, subject, message).await {
                    open.push(answer.into_future());
                }
            }
            Ok(Order::Snapshot { place, hash, bytes }) => {
                // Where one is being written, nobody needs another.
                let _ = keep.try_send(Snapshot { place, hash, bytes });
            }
            Ok(Order::Read { number, ranges }) => {
                let _ = ask.try_send(Question { number, ranges });
            }
            Ok(Order::Anew { why }) => {
                // The first reason is enough.
                let _ = anew.try_send(why);
            }
        }
    }
}

/// Hands a message over. If there is no connection, or no room in it, the message is lost.
async fn publish(
    engine: &Engine,
    subject: &str,
    message: PublishMessage,
) -> Option<PublishAckFuture> {
    if !engine.is_connected() {
        return None;
    }
    let sent = engine.js.send_publish(subject.to_owned(), message);
    timeout(HAND_OVER, sent).await.ok()?.ok()
}

/// Says why the stream does not take records, once for each reason. That nobody answers, or leads it at the moment, is
/// found by reading.
fn complain(answer: Result<PublishAck, PublishError>, said: &mut String) {
    match answer {
        Ok(_) => said.clear(),
        Err(error)
            if matches!(
                error.kind(),
                PublishErrorKind::TimedOut | PublishErrorKind::StreamNotFound
            ) => {}
        Err(error) => {
            let why = explain(&error);
            if *said != why {
                warn!("the engine has not taken a record: {why}");
                *said = why;
            }
        }
    }
}

/// Puts snapshots into the stream.
pub(super) async fn keep(engine: &Engine, to_keep: flume::Receiver<Snapshot>) {
    while let Ok(snapshot) = to_keep.recv_async().await {
        let (place, bytes) = (snapshot.place, snapshot.bytes.len());
        match engine.keep(snapshot).await {
            Some(()) => info!(place, bytes, "snapshot of the room written"),
            None => warn!(
                place,
                bytes, "a snapshot of the room could not be written; another one will follow"
            ),
        }
    }
    std::future::pending().await
}

impl Engine {
    async fn keep(&self, Snapshot { place, hash, bytes }: Snapshot) -> Option<()> {
        let mut pieces = Vec::new();
        if bytes.len() > PIECES * PIECE_BYTES {
            return None;
        }
        for piece in bytes.chunks(PIECE_BYTES) {
            pieces.push(self.put(&self.names.piece, piece).await?);
        }
        let head = Head {
            place,
            hash,
            pieces,
        };
        self.put(&self.names.snapshot, &head.to_bytes()).await?;
        Some(())
    }

    /// Puts bytes into the stream. Returns their place.
    async fn put(&self, subject: &str, bytes: &[u8]) -> Option<u64> {
        for _ in 0..TRIES {
            let message = PublishMessage::build().payload(bytes.to_vec().into());
            if let Some(answer) = publish(self, subject, message).await
                && let Ok(Ok(taken)) = timeout(ANSWER, answer.into_future()).await
            {
                return Some(taken.sequence);
            }
            tokio::time::sleep(super::AGAIN).await;
        }
        None
    }
}
