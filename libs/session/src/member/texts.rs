//! Texts: what the user says, on its way into the log. Each text waits until it may be sent. With a grant it then keeps
//! its count until the server says that it has arrived, and goes out again after each reconnect until then.

use std::collections::VecDeque;

use hubbub_wire::{Hex64, Hex128, Id};

use crate::{Carried, CarriedText, MessageId};

/// The texts of the user.
#[derive(Debug)]
pub(super) struct Texts {
    session: Hex64,
    /// Those of which no byte was ever sent, in order. There is no bound: a person types them, and none may be lost.
    waiting: VecDeque<(MessageId, String)>,
    /// Those that were sent with a count and are not known to be in the log. Their counts rise by one without a gap.
    sent: VecDeque<Sent>,
    /// How many of them have gone out on this connection.
    again: usize,
    /// The highest count that the log has, or that was given out.
    highest: u64,
    /// The log into which they were sent.
    room: Option<Hex128>,
    /// Whether the first one that waits is on its way to the socket.
    is_next: bool,
    /// Whether any of this is news for whoever keeps it for the next run.
    has_changed: bool,
    own: Vec<Run>,
}

#[derive(Debug)]
struct Sent {
    id: MessageId,
    text: String,
    count: u64,
    /// Whether the user knows that a socket took all of it.
    is_told: bool,
}

/// Texts in a row whose counts and names both rise by one: so that a long conversation takes no room here.
#[derive(Debug)]
struct Run {
    room: Hex128,
    count: u64,
    id: MessageId,
    len: u64,
}

/// The next text to send.
pub(super) struct Next<'t> {
    pub(super) id: MessageId,
    pub(super) count: u64,
    pub(super) text: &'t str,
}

impl Texts {
    pub(super) fn new(session: Hex64) -> Self {
        Self {
            session,
            waiting: VecDeque::new(),
            sent: VecDeque::new(),
            again: 0,
            highest: 0,
            room: None,
            is_next: false,
            has_changed: false,
            own: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, id: MessageId, text: String) {
        self.waiting.push_back((id, text));
        self.has_changed = true;
    }

    /// Goes on with the texts of an earlier run.
    pub(super) fn carry_on(&mut self, carried: Carried) {
        self.highest = carried.arrived;
        self.room = carried.room;
        self.has_changed = true;
        for CarriedText { id, text, is_sent } in carried.texts {
            if !is_sent {
                self.waiting.push_back((id, text));
                continue;
            }
            self.highest += 1;
            let count = self.highest;
            if let Some(room) = self.room {
                self.remember(room, count, id);
            }
            self.sent.push_back(Sent {
                id,
                text,
                count,
                is_told: false,
            });
        }
    }

    /// The texts for the next run. One that is on its way to the socket counts as sent: nobody can tell how far it got
    /// if this run ends now.
    pub(super) fn carried(&self) -> Vec<CarriedText> {
        let carried = |(id, text): (MessageId, &String), is_sent| CarriedText {
            id,
            text: text.clone(),
            is_sent,
        };
        let sent = self.sent.iter().map(|sent| (sent.id, &sent.text));
        let sent = sent.map(|text| carried(text, true));
        let waiting = self.waiting.iter().enumerate();
        let waiting = waiting.map(|(at, (id, text))| carried((*id, text), at == 0 && self.is_next));
        sent.chain(waiting).collect()
    }

    /// Whether there is news for the next run. There is none from now on.
    pub(super) fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// A connection begins, whose number is news for the next run.
    pub(super) fn begin_connection(&mut self) {
        self.is_next = false;
        self.has_changed = true;
    }

    /// The log into which they were sent.
    pub(super) fn room(&self) -> Option<Hex128> {
        self.room
    }

    /// The highest count that is known to be in the log.
    pub(super) fn known(&self) -> u64 {
        self.highest - self.sent.len() as u64
    }

    /// Whether something of which no byte was sent still waits, or something is to be sent again.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty() || self.again < self.sent.len()
    }

    /// Whether every text has been sent, and has arrived if it has a count.
    pub(super) fn are_done(&self) -> bool {
        self.waiting.is_empty() && self.sent.is_empty()
    }

    /// The next text for a server that has not granted anything.
    pub(super) fn next_plain(&self) -> Option<(MessageId, &str)> {
        self.waiting.front().map(|(id, text)| (*id, text.as_str()))
    }

    /// The next text for a server that counts: first what may not have arrived.
    pub(super) fn next_counted(&mut self, room: Hex128) -> Option<Next<'_>> {
        if let Some(sent) = self.sent.get(self.again) {
            return Some(Next {
                id: sent.id,
                count: sent.count,
                text: &sent.text,
            });
        }
        let (id, text) = self.waiting.front()?;
        self.room = Some(room);
        self.has_changed |= !std::mem::replace(&mut self.is_next, true);
        Some(Next {
            id: *id,
            count: self.highest + 1,
            text,
        })
    }

    /// Takes the next text out if it is longer than `most` bytes. It never gets a count.
    pub(super) fn take_too_long(&mut self, most: u64) -> Option<(MessageId, String)> {
        if self.again < self.sent.len() {
            return None;
        }
        let (_, text) = self.waiting.front()?;
        if text.len() as u64 <= most {
            return None;
        }
        self.has_changed = true;
        self.waiting.pop_front()
    }

    /// The first byte of a text without a count is sent. It ends here.
    pub(super) fn begin_plain(&mut self) -> Option<String> {
        self.has_changed = true;
        self.waiting.pop_front().map(|(_, text)| text)
    }

    /// The first byte of the text with this count is sent, into the log of this room.
    pub(super) fn begin_counted(&mut self, count: u64, room: Hex128) {
        if count > self.highest {
            let Some((id, text)) = self.waiting.pop_front() else {
                return;
            };
            self.highest = count;
            self.is_next = false;
            self.remember(room, count, id);
            self.sent.push_back(Sent {
                id,
                text,
                count,
                is_told: false,
            });
        }
        self.again += 1;
    }

    /// A socket has taken all of the text with this count. Returns its name, the first time.
    pub(super) fn written(&mut self, count: u64) -> Option<MessageId> {
        let sent = self.sent.iter_mut().find(|sent| sent.count == count)?;
        let is_news = !std::mem::replace(&mut sent.is_told, true);
        is_news.then_some(sent.id)
    }

    /// All texts up to this count are in the log. Returns those that were not known to be.
    pub(super) fn arrived(&mut self, count: u64) -> Vec<MessageId> {
        let arrived = self.sent.iter().take_while(|sent| sent.count <= count);
        let arrived = arrived.count();
        self.again = self.again.saturating_sub(arrived);
        self.has_changed |= arrived > 0;
        self.sent.drain(..arrived).map(|sent| sent.id).collect()
    }

    /// A connection begins whose log has the texts up to this count. Returns those that were not known to be in it. All
    /// others are sent again. A server that lost what it had acknowledged knows a lower count than ours: the counts go
    /// on from its own, so that there is no gap in it.
    pub(super) fn resume(&mut self, room: Hex128, count: u64) -> Vec<MessageId> {
        let arrived = self.arrived(count);
        self.again = 0;
        self.highest = count;
        self.room = Some(room);
        self.has_changed = true;
        for at in 0..self.sent.len() {
            self.highest += 1;
            self.sent[at].count = self.highest;
            self.remember(room, self.highest, self.sent[at].id);
        }
        arrived
    }

    /// Gives up those that were sent and not acknowledged, because nobody can tell any more whether they arrived.
    pub(super) fn doubt(&mut self) -> Vec<MessageId> {
        self.again = 0;
        self.has_changed = true;
        self.sent.drain(..).map(|sent| sent.id).collect()
    }

    /// Takes out of what is to be sent again what is longer than `most` bytes, and counts the others anew.
    pub(super) fn take_sent_too_long(
        &mut self,
        room: Hex128,
        most: u64,
    ) -> Vec<(MessageId, String)> {
        let Some(first) = self.sent.front().map(|sent| sent.count) else {
            return Vec::new();
        };
        let fits = |sent: &Sent| sent.text.len() as u64 <= most;
        let (fit, long): (Vec<_>, Vec<_>) = self.sent.drain(..).partition(fits);
        self.sent = fit.into();
        if !long.is_empty() {
            self.resume(room, first - 1);
        }
        long.into_iter().map(|sent| (sent.id, sent.text)).collect()
    }

    /// Gives up all that waits.
    pub(super) fn abandon(&mut self) -> Vec<MessageId> {
        let mut all = self.doubt();
        all.extend(self.waiting.drain(..).map(|(id, _)| id));
        all
    }

    /// The user's own message that stands under this name in the log of a room.
    pub(super) fn own(&self, room: Hex128, id: &str) -> Option<MessageId> {
        let id = Id::parse(id).filter(|id| id.session == self.session)?;
        // The latest first: counts that a server has lost are given out again.
        let mut runs = self.own.iter().rev();
        runs.find_map(|run| {
            let at = id.count.checked_sub(run.count)?;
            (run.room == room && at < run.len).then(|| run.id + at)
        })
    }

    fn remember(&mut self, room: Hex128, count: u64, id: MessageId) {
        if self.own_at(room, count) == Some(id) {
            return;
        }
        match self.own.last_mut() {
            Some(run)
                if run.room == room && run.count + run.len == count && run.id + run.len == id =>
            {
                run.len += 1;
            }
            _ => self.own.push(Run {
                room,
                count,
                id,
                len: 1,
            }),
        }
    }

    fn own_at(&self, room: Hex128, count: u64) -> Option<MessageId> {
        let session = self.session;
        self.own(room, &Id { session, count }.to_string())
    }
}
