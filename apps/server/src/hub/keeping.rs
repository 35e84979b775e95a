//! What the hub does for a log that answers late: it waits for the answers, and tells members when messages are no
//! longer kept.

use std::time::Instant;

use futures::future::{Either, select};

use super::{CATCH_UP_STEP, Hub};
use crate::batch::Batch;
use crate::event::{Departure, Mail};
use crate::id::{Name, PeerId};
use crate::log::{Answer, Notice};
use crate::outbox::Delivery;
use crate::runtime::{now, sleep, timeout, yield_now};
use crate::words;

/// What the hub waits for. `None` when no more can come.
pub(super) enum News {
    Mail(Option<Mail>),
    Answer(Option<Answer>),
}

/// Waits for mail or for what the log waits for. If `mail_waits`, only for the latter.
pub(super) async fn news(
    inbox: &flume::Receiver<Mail>,
    answers: Option<&flume::Receiver<Answer>>,
    mail_waits: bool,
) -> News {
    let Some(answers) = answers else {
        return News::Mail(inbox.recv_async().await.ok());
    };
    let answer = answers.recv_async();
    if mail_waits {
        return News::Answer(answer.await.ok());
    }
    match select(inbox.recv_async(), answer).await {
        Either::Left((mail, _)) => News::Mail(mail.ok()),
        Either::Right((answer, _)) => News::Answer(answer.ok()),
    }
}

impl Hub {
    /// Whether mail has to wait until the log's disk answers or has taken too long: much waits for it, or what waits
    /// for it fills the memory for texts, so that peers would have to go for it.
    pub(super) fn must_wait_for_log(&self) -> bool {
        self.log.is_full() || (self.log.is_waiting() && self.unfinished.excess() > 0)
    }

    /// Takes what the log's disk has answered by now, and tells the members with a grant if messages are no longer
    /// kept, or again.
    pub(super) fn listen_to_log(&mut self) {
        self.log.listen(self.now);
        #[cfg(feature = "cluster")]
        self.look_at_cluster();
        self.tell_of_keeping();
        if self.log.has_recalled() {
            self.post.recalled();
        }
    }

    /// Sends what the disk has let come out, which may be far more than a batch. Between two batches members have the
    /// time to read that they have in any flood. It is sent before any mail is taken, since it still counts as
    /// unfinished.
    pub(super) async fn flush_at_a_pace(&mut self) {
        while self.log.size() > 0 {
            self.apply_some();
            for peer in self.send() {
                self.depart(peer, Departure::TooSlow);
            }
            self.post.flushed();
            yield_now().await;
            while self.post.is_to_wait(now()) {
                sleep(CATCH_UP_STEP).await;
            }
        }
        self.flush();
    }

    fn tell_of_keeping(&mut self) {
        let Some(notice) = self.log.notice() else {
            return;
        };
        let is_suspended = notice == Notice::KeepingStopped;
        self.metrics.history.is_suspended.set(is_suspended.into());
        let (code, text) = match notice {
            Notice::KeepingStopped => (words::Code::KeepingStopped, words::KEEPING_STOPPED),
            Notice::KeepingResumed => (words::Code::KeepingResumed, words::KEEPING_RESUMED),
        };
        self.tell_granted(code, text);
    }

    /// Tells all members with a grant something.
    pub(super) fn tell_granted(&mut self, code: words::Code, text: &str) {
        let granted: Vec<PeerId> = self.room.granted().collect();
        for peer in granted {
            // Who is about to get a grant is told after it.
            let is_new = self.welcomes.iter().any(|welcome| welcome.peer == peer);
            let Some(name) = self.room.name(peer).filter(|_| !is_new) else {
                continue;
            };
            let frame = words::notice(name, code, text);
            let notice = Delivery::all(Batch::alone(frame, &self.queued));
            if self.post.give(peer, vec![notice]).is_err() {
                self.depart(peer, Departure::TooSlow);
            }
        }
    }

    /// What a member is told after its grant, if messages are not kept at the moment.
    pub(super) fn word_of_keeping(&self, name: &Name) -> Option<Delivery> {
        self.log.is_suspended().then(|| {
            let frame = words::notice(name, words::Code::KeepingStopped, words::KEEPING_STOPPED);
            Delivery::all(Batch::alone(frame, &self.queued)).exempt()
        })
    }

    /// Sends what still waits for its place in the log, unless that takes too long.
    pub(super) async fn wait_for_log(&mut self, until: Instant) {
        while self.log.is_waiting()
            && now() < until
            && let Some(answers) = self.log.answers().cloned()
        {
            let deadline = self.log.deadline(now).map_or(until, |at| at.min(until));
            let left = deadline.saturating_duration_since(now());
            if let Ok(Ok(answer)) = timeout(left, answers.recv_async()).await {
                self.log.take(answer, now());
            }
            self.now = now();
            self.listen_to_log();
            self.flush_at_a_pace().await;
        }
    }
}
