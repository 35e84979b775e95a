//! Reading: all entries in order, without a gap, whatever becomes of the engines meanwhile.
//!
//! Each time that the thread comes back to the engines, it looks whether the stream is still the one that it has read.
//! An engine that has just begun to lead may not know yet what it has; so a stream that seems to be another one is
//! believed to be that only after a while.

use std::time::{Duration, Instant};

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::{Info, Stream};
use futures::StreamExt;
use tokio::time::sleep;
use tracing::{info, warn};

use super::beginning::of_leader;
use super::head::Head;
use super::{AGAIN, Engine, Trouble, explain, milliseconds};
use crate::cluster::{Answer, Entry, Start};

/// How long a stream has to seem to be another one before that is believed. Engines agree on a leader within it.
const DOUBT: Duration = Duration::from_secs(5);

/// How often the engine says that there is nothing new. The consumer is made anew when two of these are missing.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How many entries are asked for at a time. With the longest records, they take 32 MiB.
const BATCH: usize = 64;

/// How long a question for more stands.
const EXPIRES: Duration = Duration::from_secs(30);

/// After how long without a question the engine forgets a consumer.
const INACTIVE: Duration = Duration::from_secs(10);

/// Why reading stops for now.
#[derive(Debug)]
enum End {
    /// The engine has gone, or has nothing to say.
    Lost(String),
    /// The stream seems to be another one.
    Other(Other),
    /// The node has another room than the others.
    Wanted(String),
    /// The node has gone.
    Closed,
}

/// How a stream seems to be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Other {
    why: String,
    /// It has something else where the node has read.
    is_rolled_back: bool,
}

impl Other {
    fn new(why: String) -> Self {
        Self {
            why,
            is_rolled_back: false,
        }
    }

    fn rolled_back(why: String) -> Self {
        Self {
            why,
            is_rolled_back: true,
        }
    }
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(why) | Trouble::Fatal(why) => Self::Lost(why),
        }
    }
}

/// What has been read.
#[derive(Debug)]
pub(super) struct Seen {
    /// When the stream was made.
    created: u64,
    /// The last place.
    place: u64,
    /// When the engines took that entry, in nanoseconds, if it was read.
    time: Option<i128>,
}

impl Seen {
    /// What was read by a node that begins with this.
    pub(super) fn from(start: &Start) -> Self {
        Self {
            created: start.created,
            place: start.place(),
            time: None,
        }
    }

    /// How the stream is another one than that which was read, as far as its ends show it.
    fn compare(&self, created: u64, first: u64, last: u64) -> Option<Other> {
        let place = self.place;
        if created != self.created {
            Some(Other::new("it was deleted and made anew".to_owned()))
        } else if last < place {
            Some(Other::rolled_back(format!(
                "it ends at {last}, and {place} was read; engines have lost what they had"
            )))
        } else if first > place + 1 {
            Some(Other::new(format!(
                "it begins at {first}, and this server has read it up to {place}"
            )))
        } else {
            None
        }
    }
}

/// What follows from an end.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// There is nothing more to do.
    Stop,
    /// There is no engine for now.
    Away(String),
    /// The stream is another one.
    Anew(Other),
}

/// Since when, and at which place, the stream has seemed to be another one.
#[derive(Debug, Default)]
struct Doubt(Option<(Instant, u64)>);

impl Doubt {
    /// What follows from an end at this place and time.
    fn next(&mut self, end: End, place: u64, now: Instant) -> Next {
        match end {
            End::Closed => Next::Stop,
            End::Lost(why) => {
                // Who comes back after this may have a new leader, which may not know yet what it has.
                self.0 = None;
                Next::Away(why)
            }
            End::Other(other) => {
                let doubt = self.0.filter(|(_, at)| *at == place);
                let (since, _) = *self.0.insert(doubt.unwrap_or((now, place)));
                if now.duration_since(since) < DOUBT {
                    Next::Away(format!("the stream is not what it was: {}", other.why))
                } else {
                    self.0 = None;
                    Next::Anew(other)
                }
            }
            End::Wanted(why) => {
                self.0 = None;
                Next::Anew(Other::new(why))
            }
        }
    }
}

struct Reader<'a> {
    engine: &'a Engine,
    give: &'a flume::Sender<Answer>,
    anew: &'a flume::Receiver<String>,
    seen: Seen,
    is_away: bool,
    doubt: Doubt,
}

/// Gives the node all entries after what was seen, until the node goes or the engines cannot be used any more.
pub(super) async fn read(
    engine: &Engine,
    seen: Seen,
    give: &flume::Sender<Answer>,
    anew: &flume::Receiver<String>,
) {
    let mut reader = Reader {
        engine,
        give,
        anew,
        seen,
        is_away: false,
        doubt: Doubt::default(),
    };
    loop {
        let end = reader.attach_and_follow().await;
        if reader.go_on(end).await.is_none() {
            return;
        }
        sleep(AGAIN).await;
    }
}

impl Reader<'_> {
    /// Does what follows from an end. Returns `None` if there is nothing more to do.
    async fn go_on(&mut self, end: End) -> Option<()> {
        match self.doubt.next(end, self.seen.place, Instant::now()) {
            Next::Stop => None,
            Next::Away(why) => self.away(why).await,
            Next::Anew(other) => self.begin_anew(other).await,
        }
    }

    /// Tells the node that there is no engine, once.
    async fn away(&mut self, why: String) -> Option<()> {
        if !std::mem::replace(&mut self.is_away, true) {
            warn!("the engine is away: {why}");
            self.give(Answer::Away).await?;
        }
        Some(())
    }

    async fn give(&self, answer: Answer) -> Option<()> {
        self.give.send_async(answer).await.ok()
    }

    /// Finds the room to begin with, however long that takes.
    async fn begin_anew(
        &mut self,
        Other {
            why,
            is_rolled_back,
        }: Other,
    ) -> Option<()> {
        // How bad that is, the room knows.
        info!("this server looks what the stream has: {why}");
        let mut said = String::new();
        let start = loop {
            match self.engine.begin().await {
                Ok(start) => break start,
                Err(Trouble::Fatal(why)) => {
                    self.give(Answer::Fatal { why }).await?;
                    return None;
                }
                Err(Trouble::Away(why)) => {
                    let what = "the engines do not have the stream yet";
                    super::wait(what, why, &mut said).await;
                }
            }
        };
        let start = Start {
            is_rolled_back,
            ..start
        };
        self.seen = Seen::from(&start);
        // Whoever has wished for it meanwhile gets it with this.
        self.anew.drain();
        self.give(Answer::Anew { why, start }).await
    }

    async fn attach_and_follow(&mut self) -> End {
        let messages = match self.attach().await {
            Ok(messages) => messages,
            Err(end) => return end,
        };
        if std::mem::take(&mut self.is_away) {
            info!("the engine is back");
            if self.give(Answer::Back).await.is_none() {
                return End::Closed;
            }
        }
        self.follow(messages).await
    }

    /// Looks whether the stream is the one that was read, and asks for what follows.
    async fn attach(&self) -> Result<pull::Stream, End> {
        if !self.engine.is_connected() {
            return Err(End::Lost("none is connected".to_owned()));
        }
        let Some(stream) = self.engine.look().await? else {
            let why = "there is no such stream any more".to_owned();
            return Err(End::Other(Other::new(why)));
        };
        let Info { created, state, .. } = stream.cached_info();
        let created = milliseconds(created.unix_timestamp_nanos());
        let (first, last) = (state.first_sequence, state.last_sequence);
        if let Some(other) = self.seen.compare(created, first, last) {
            return Err(End::Other(other));
        }
        if let Some(time) = self.seen.time {
            self.look_at_last(&stream, time).await?;
        }
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: self.seen.place + 1,
            },
            ack_policy: AckPolicy::None,
            inactive_threshold: INACTIVE,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let lost = |error: &dyn std::error::Error| End::Lost(explain(error));
        let consumer = stream.create_consumer(config).await;
        let consumer = consumer.map_err(|error| lost(&error))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages();
        messages.await.map_err(|error| lost(&error))
    }

    /// Looks whether the last entry that was read stands where it stood.
    async fn look_at_last(&self, stream: &Stream, time: i128) -> Result<(), End> {
        let place = self.seen.place;
        match of_leader(stream, place).await? {
            Some(entry) if entry.time.unix_timestamp_nanos() != time => {
                Err(End::Other(Other::rolled_back(format!(
                    "something else stands at {place}; engines have lost what they had"
                ))))
            }
            // It may be too old to be there.
            _ => Ok(()),
        }
    }

    /// Gives the node what comes.
    async fn follow(&mut self, mut messages: pull::Stream) -> End {
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                _ = self.engine.changes.recv_async() => {
                    if self.engine.is_connected() {
                        continue;
                    }
                    return End::Lost("the connection has ended".to_owned());
                }
                Ok(why) = self.anew.recv_async() => return End::Wanted(why),
            };
            let message = match message {
                Some(Ok(message)) => message,
                Some(Err(error)) => return End::Lost(explain(&error)),
                None => return End::Lost("it has ended the consumer".to_owned()),
            };
            if let Err(end) = self.take(&message).await {
                return end;
            }
        }
    }

    /// Gives the node an entry, if it is the next one.
    async fn take(&mut self, message: &Message) -> Result<(), End> {
        let at = message
            .info()
            .map_err(|error| End::Lost(error.to_string()))?;
        let (place, time) = (at.stream_sequence, at.published.unix_timestamp_nanos());
        let wanted = self.seen.place + 1;
        if place < wanted {
            return Ok(());
        }
        if place > wanted {
            // The connection may have lost them: they are asked for once more.
            let why = format!(
                "{place} follows {}, and what is between them is gone",
                self.seen.place
            );
            return Err(End::Other(Other::new(why)));
        }
        let answer = Answer::Entry {
            place,
            time: super::time_of(time),
            entry: self.engine.entry(message),
        };
        self.give(answer).await.ok_or(End::Closed)?;
        self.seen.place = place;
        self.seen.time = Some(time);
        Ok(())
    }
}

impl Engine {
    /// What a message is.
    fn entry(&self, message: &Message) -> Entry {
        let (names, subject) = (&self.names, message.subject.as_str());
        if subject == names.text || subject == names.record {
            Entry::Record(message.payload.to_vec())
        } else if subject == names.snapshot
            && let Some(head) = Head::parse(&message.payload)
        {
            Entry::Snapshot {
                place: head.place,
                hash: head.hash,
            }
        } else {
            Entry::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{DOUBT, Doubt, End, Next, Other, Seen};

    #[test]
    fn a_stream_is_another_one_when_it_was_made_anew_or_lacks_what_was_read_or_what_follows() {
        let seen = Seen {
            created: 5,
            place: 10,
            time: None,
        };
        let is_rolled_back = |created, first, last| {
            let other = seen.compare(created, first, last);
            other.map(|Other { is_rolled_back, .. }| is_rolled_back)
        };
        assert_eq!(is_rolled_back(5, 1, 10), None);
        assert_eq!(is_rolled_back(5, 11, 10), None);
        assert_eq!(is_rolled_back(5, 12, 30), Some(false));
        assert_eq!(is_rolled_back(5, 1, 9), Some(true));
        assert_eq!(is_rolled_back(6, 1, 10), Some(false));
    }

    /// What follows when the stream seems to be another one at this place and time.
    fn is_believed(doubt: &mut Doubt, place: u64, at: Instant) -> bool {
        let other = Other::rolled_back("it ends at 9".to_owned());
        match doubt.next(End::Other(other.clone()), place, at) {
            Next::Anew(believed) => {
                assert_eq!(believed, other);
                true
            }
            Next::Away(why) => {
                assert!(why.ends_with("it ends at 9"), "{why}");
                false
            }
            Next::Stop => panic!("it stops"),
        }
    }

    #[test]
    fn a_stream_that_seems_to_be_another_one_is_believed_to_be_that_after_a_while() {
        let (mut doubt, began) = (Doubt::default(), Instant::now());
        let late = began + DOUBT;
        assert!(!is_believed(&mut doubt, 10, began));
        assert!(!is_believed(&mut doubt, 10, late - Duration::from_nanos(1)));
        assert!(is_believed(&mut doubt, 10, late));
        // That was the end of this doubt.
        assert!(!is_believed(&mut doubt, 10, late));
    }

    #[test]
    fn a_doubt_ends_when_reading_goes_on_or_the_engine_is_lost_or_the_node_wants_another_room() {
        let (mut doubt, began) = (Doubt::default(), Instant::now());
        let late = began + DOUBT;
        assert!(!is_believed(&mut doubt, 10, began));
        assert!(!is_believed(&mut doubt, 11, late));
        assert!(is_believed(&mut doubt, 11, late + DOUBT));

        assert!(!is_believed(&mut doubt, 11, began));
        let lost = doubt.next(End::Lost("gone".to_owned()), 11, began);
        assert_eq!(lost, Next::Away("gone".to_owned()));
        assert!(!is_believed(&mut doubt, 11, late));
        assert!(is_believed(&mut doubt, 11, late + DOUBT));

        assert!(!is_believed(&mut doubt, 11, began));
        let wanted = doubt.next(End::Wanted("it differs".to_owned()), 11, began);
        assert_eq!(wanted, Next::Anew(Other::new("it differs".to_owned())));
        assert!(!is_believed(&mut doubt, 11, late));

        assert_eq!(doubt.next(End::Closed, 11, late), Next::Stop);
    }
}
