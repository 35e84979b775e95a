//! What the hub does for a stream: it waits for it together with the mail, tells members when the room is paused, and
//! lets no deadline run against those who wait for it. When the node stops, its members move first.

use std::time::{Duration, Instant};

use futures::future::{Either, select};
use tracing::error;

use super::Hub;
use super::joining::TAKEOVER;
use crate::cluster::Answer;
use crate::event::{Departure, Mail};
use crate::id::{Name, PeerId};
use crate::log::{Pause, Proposal};
use crate::outbox::Delivery;
use crate::runtime::{now, timeout, wall};
use crate::words;

/// How long a node that stops waits until the stream has heard that. If it has not, the others notice by themselves.
const STOPPING: Duration = Duration::from_secs(2);

/// What the hub waits for. `None` when no more can come.
enum News {
    Mail(Option<Mail>),
    Answer(Option<Answer>),
}

/// Waits for mail or for the engine.
async fn news(inbox: &flume::Receiver<Mail>, answers: &flume::Receiver<Answer>) -> News {
    match select(inbox.recv_async(), answers.recv_async()).await {
        Either::Left((mail, _)) => News::Mail(mail.ok()),
        Either::Right((answer, _)) => News::Answer(answer.ok()),
    }
}

impl Hub {
    /// Waits for the next mail. It is empty if the engine answers or a deadline passes first.
    pub(super) async fn wait_in_cluster(
        &mut self,
        inbox: &flume::Receiver<Mail>,
        answers: &flume::Receiver<Answer>,
    ) -> Option<Mail> {
        let mut deadlines = vec![
            self.log.deadline(now),
            self.watch.deadline(),
            self.word_at(),
        ];
        if self.cluster.stands_since.is_none() {
            deadlines.extend([self.lobby.deadline(), self.absent.deadline()]);
        }
        let deadline = deadlines.into_iter().flatten().min().unwrap_or_else(now);
        let left = deadline.saturating_duration_since(now());
        match timeout(left, news(inbox, answers)).await {
            Ok(News::Mail(mail)) => return mail,
            Ok(News::Answer(Some(answer))) => self.log.take_of_stream(answer, now()),
            // The log notices itself that the engine has ended.
            Ok(News::Answer(None)) | Err(_) => {}
        }
        Some(Mail::new())
    }

    /// Does what follows from the state of the stream.
    pub(super) fn look_at_cluster(&mut self) {
        if let Some(why) = self.log.fatal() {
            error!("this node cannot go on: {why}");
            self.cluster.is_lost = true;
            self.stopping = true;
        }
        self.move_deadlines();
        match self.log.pause() {
            Some(Pause::Paused) => self.tell_granted(words::Code::Paused, words::PAUSED),
            Some(Pause::Resumed) => self.tell_granted(words::Code::Resumed, words::RESUMED),
            None => {}
        }
        self.let_in();
        self.tell_who_waits();
    }

    /// Shows how the stream goes.
    pub(super) fn show_cluster(&self) {
        let Some(sight) = self.log.sight(self.now) else {
            return;
        };
        let since = match u64::try_from(sight.lag.as_millis()) {
            Ok(0) | Err(_) => 0,
            Ok(lag) => wall().unix_ms().saturating_sub(lag),
        };
        let cluster = &self.metrics.cluster;
        cluster.is_paused.set(sight.is_paused.into());
        cluster.place.set(sight.place);
        cluster.waiting_since.set(since);
        cluster.nodes.set(sight.nodes as u64);
    }

    /// What a member is told after its grant, if the room is paused.
    pub(super) fn word_of_pause(&self, name: &Name) -> Option<Delivery> {
        let notice = || words::notice(name, words::Code::Paused, words::PAUSED);
        self.log.is_paused().then(|| self.alone(notice()))
    }

    /// Whether no deadline runs: peers are held up, so that nobody can do what a deadline is for.
    pub(super) const fn time_stands(&self) -> bool {
        self.cluster.stands_since.is_some()
    }

    /// When time goes on, moves all deadlines by as long as it stood.
    fn move_deadlines(&mut self) {
        let stands = self.log.is_stream() && self.log.gate().is_closed();
        match self.cluster.stands_since {
            None if stands => self.cluster.stands_since = Some(self.now),
            Some(since) if !stands => {
                self.cluster.stands_since = None;
                let by = self.now.saturating_duration_since(since);
                // Who came while it stood has no more time than anybody else.
                let (now, settings) = (self.now, &self.settings);
                self.lobby.postpone(by, now, now + settings.join_timeout);
                self.absent.postpone(by, now + settings.grace.max(TAKEOVER));
            }
            _ => {}
        }
    }

    /// The node stops: its members move to others, and then it says so.
    pub(super) async fn move_out(&mut self, inbox: &flume::Receiver<Mail>, until: Instant) {
        let Some(answers) = self.log.stream_answers().cloned() else {
            return;
        };
        if self.cluster.is_lost {
            return;
        }
        self.flush();
        self.send_members_away(until);
        self.serve_stream(inbox, &answers, until, |hub| {
            hub.own_members().next().is_none()
        })
        .await;
        self.log.propose_stop();
        let until = now() + STOPPING;
        self.serve_stream(inbox, &answers, until, |hub| hub.log.has_stopped())
            .await;
    }

    fn own_members(&self) -> impl Iterator<Item = PeerId> {
        self.room.peers().filter(|peer| !peer.is_elsewhere())
    }

    /// Members with a grant are told to move, and keep their places until then. The others leave.
    fn send_members_away(&mut self, until: Instant) {
        let mut members: Vec<PeerId> = self.own_members().collect();
        members.sort_unstable();
        for peer in members {
            let Some(outbox) = self.post.outbox(peer) else {
                continue;
            };
            let _ = outbox.stop();
            match self.addresses.get(&peer) {
                Some(address) if self.room.can_come_back(peer) => {
                    let why = Departure::Closed;
                    self.absent.add(peer, why, address, until);
                    self.notify(peer, words::Code::Stopping, words::STOPPING);
                    self.post.absent(peer);
                }
                _ => {
                    let why = Departure::Left;
                    self.post.leaves(peer);
                    self.log.propose(Proposal::Leave { peer, why }, self.time);
                }
            }
        }
        let _ = std::mem::take(&mut self.lobby).close();
    }

    /// Applies what the stream says, until then or until something is so. Mail is not heard any more.
    async fn serve_stream(
        &mut self,
        inbox: &flume::Receiver<Mail>,
        answers: &flume::Receiver<Answer>,
        until: Instant,
        is_done: impl Fn(&Self) -> bool,
    ) {
        let mut has_mail = true;
        while !is_done(self) && !self.cluster.is_lost && now() < until {
            let deadline = self.log.deadline(now).map_or(until, |at| at.min(until));
            let left = deadline.saturating_duration_since(now());
            let news = async {
                if has_mail {
                    news(inbox, answers).await
                } else {
                    News::Answer(answers.recv_async().await.ok())
                }
            };
            match timeout(left, news).await {
                Ok(News::Mail(mail)) => has_mail = mail.is_some(),
                Ok(News::Answer(Some(answer))) => self.log.take_of_stream(answer, now()),
                Ok(News::Answer(None)) | Err(_) => {}
            }
            self.now = now();
            self.listen_to_log();
            self.flush_at_a_pace().await;
        }
    }
}
