//! Own: the messages of the user's own, from the key press on to the log.

use std::mem;
use std::rc::Rc;
use std::time::SystemTime;

use hubbub_session::{CarriedText, MessageId, Ours};

use super::{Line, Message, Own, Progress, Timeline};
use crate::moment::Moment;

/// What an earlier run of the program left, until it is known where it stands.
#[derive(Clone, Debug)]
pub(super) struct Left {
    id: MessageId,
    text: String,
    at: SystemTime,
    progress: Progress,
}

impl Timeline {
    /// Puts a message of the user's own at the end, waiting, and brings the reader there. Returns its name for the
    /// session.
    pub fn say(&mut self, at: SystemTime, text: &str) -> MessageId {
        self.put_left();
        let id = self.next_id;
        self.lines.follow(true);
        self.attention.read_all();
        self.put(at, id, text.to_owned(), Progress::Waiting);
        id
    }

    /// Takes up a message of the user's own, which an earlier run of the program left, under its name. What is said
    /// from now on has other names. It stands where the room has it, or else after all that was missed.
    pub fn take_up(&mut self, at: SystemTime, carried: &CarriedText) {
        self.next_id = self.next_id.max(carried.id + 1);
        let is_sent = carried.is_sent;
        self.left.push(Left {
            id: carried.id,
            text: carried.text.clone(),
            at,
            progress: if is_sent {
                Progress::Sent
            } else {
                Progress::Waiting
            },
        });
    }

    /// Puts what an earlier run left at the end, and leaves the reader where they are.
    pub(super) fn put_left(&mut self) {
        for left in mem::take(&mut self.left) {
            self.put(left.at, left.id, left.text, left.progress);
        }
    }

    /// Shows a message of the user's own that the server tells of.
    pub(super) fn heard_own(&mut self, at: SystemTime, ours: Ours, text: String) {
        let id = match ours {
            Ours::Before => self.next_id,
            Ours::Here(id) => {
                let Some(index) = self.left.iter().position(|left| left.id == id) else {
                    return self.mark(id, Progress::Arrived);
                };
                self.left.remove(index);
                id
            }
        };
        self.tell_away(at);
        self.tell_gap(Some(at));
        self.put(at, id, text, Progress::Arrived);
    }

    /// Puts a message of the user's own at the end, and leaves the reader where they are.
    fn put(&mut self, at: SystemTime, id: MessageId, text: String, progress: Progress) {
        let at = self.day_of(at);
        let message = self.own_message(id, text, progress, at);
        let number = self.push(Line::Message(Rc::new(message)));
        if progress != Progress::Arrived {
            self.unsent.insert(id, number);
        }
    }

    /// A message of the user's own.
    pub(super) fn own_message(
        &mut self,
        id: MessageId,
        text: String,
        progress: Progress,
        at: Moment,
    ) -> Message {
        self.next_id = self.next_id.max(id + 1);
        Message {
            name: self.own_name.clone(),
            text,
            missing: 0,
            at,
            own: Some(Own { id, progress }),
            mention: false,
        }
    }

    /// Gives what waits to be sent the user's name as it is now.
    pub(super) fn rename_unsent(&mut self) {
        for number in self.unsent.values() {
            if let Some(Line::Message(message)) = self.lines.get_mut(*number)
                && let Some(Progress::Waiting | Progress::Failed) =
                    message.own.map(|own| own.progress)
            {
                Rc::make_mut(message).name = self.own_name.clone();
            }
        }
    }

    /// Makes a message that did not arrive wait again. Returns its text, or `None` when it is sent, on its way, or no
    /// longer kept.
    pub fn say_again(&mut self, id: MessageId) -> Option<String> {
        let message = self.unsent(id)?;
        let own = message.own.as_mut()?;
        if !matches!(own.progress, Progress::Unsure | Progress::Failed) {
            return None;
        }
        own.progress = Progress::Waiting;
        Some(message.text.clone())
    }

    /// Notes how far a message of the user's own got.
    pub fn mark(&mut self, id: MessageId, progress: Progress) {
        if let Some(left) = self.left.iter_mut().find(|left| left.id == id) {
            left.progress = progress;
            // A server that does not tell the past has it.
            if progress != Progress::Sent || self.past.is_granted() {
                return;
            }
            self.put_left();
        }
        // A refusal concerns messages that were sent, and those are not in `unsent` any more.
        if progress == Progress::Unsure
            && !self.unsent.contains_key(&id)
            && let Some(number) = self.lines.number_of(id)
        {
            self.unsent.insert(id, number);
        }
        // What is written while the room is paused is not on its way to anybody.
        let waits = progress == Progress::Sent && self.past.is_paused();
        let own = self.unsent(id).and_then(|message| message.own.as_mut());
        if let Some(own) = own.filter(|_| !waits) {
            own.progress = progress;
        }
        let is_settled = match progress {
            // A server that tells what arrived has not told of this one.
            Progress::Sent => !self.past.is_granted(),
            Progress::Arrived => true,
            Progress::Waiting | Progress::Unsure | Progress::Failed => false,
        };
        if is_settled {
            self.unsent.remove(&id);
        }
    }

    /// How many messages of the user's own would be lost if the program ended now: they wait to be written, or failed
    /// and wait for the user, or have not arrived though the server tells what has.
    #[must_use]
    pub fn unsettled_texts(&self) -> usize {
        let is_at_stake = |progress: &Progress| *progress != Progress::Unsure;
        self.unsettled().filter(is_at_stake).count()
    }

    /// Whether some of them are sent, and only their arrival is not known.
    #[must_use]
    pub fn awaits_arrival(&self) -> bool {
        self.unsettled().any(|progress| progress == Progress::Sent)
    }

    fn unsettled(&self) -> impl Iterator<Item = Progress> {
        let unsent = self.unsent.values().filter_map(|number| {
            let Line::Message(message) = self.lines.get(*number)? else {
                return None;
            };
            Some(message.own?.progress)
        });
        let left = self.left.iter().map(|left| left.progress);
        unsent.chain(left.filter(|progress| *progress != Progress::Arrived))
    }

    fn unsent(&mut self, id: MessageId) -> Option<&mut Message> {
        match self.lines.get_mut(*self.unsent.get(&id)?)? {
            Line::Message(message) => Some(Rc::make_mut(message)),
            Line::Day(_) | Line::Notice(_) | Line::Answer(_) => None,
        }
    }
}
