//! Own: the messages of the user's own, from the key press on to the log.

use std::rc::Rc;
use std::time::SystemTime;

use hubbub_session::{CarriedText, MessageId};

use super::{Line, Message, Own, Progress, Timeline};

impl Timeline {
    /// Puts a message of the user's own at the end, waiting, and brings the reader there. Returns its name for the
    /// session.
    pub fn say(&mut self, at: SystemTime, text: &str) -> MessageId {
        let id = self.next_id;
        self.put_own(at, id, text);
        id
    }

    /// Puts back a message of the user's own, which an earlier run of the program left, under its name. What is said
    /// from now on has other names.
    pub fn take_up(&mut self, at: SystemTime, left: &CarriedText) {
        self.put_own(at, left.id, &left.text);
        if left.is_sent {
            // Only a server that tells what arrived has such a text carried on.
            let own = self
                .unsent(left.id)
                .and_then(|message| message.own.as_mut());
            own.into_iter()
                .for_each(|own| own.progress = Progress::Sent);
        }
    }

    fn put_own(&mut self, at: SystemTime, id: MessageId, text: &str) {
        self.next_id = self.next_id.max(id + 1);
        let own = Own {
            id,
            progress: Progress::Waiting,
        };
        self.lines.follow(true);
        self.attention.read_all();
        let message = Message {
            name: self.own_name.clone(),
            text: text.to_owned(),
            missing: 0,
            at: self.day_of(at),
            own: Some(own),
            mention: false,
        };
        let number = self.push(Line::Message(Rc::new(message)));
        self.unsent.insert(id, number);
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
        self.unsent.values().filter_map(|number| {
            let Line::Message(message) = self.lines.get(*number)? else {
                return None;
            };
            Some(message.own?.progress)
        })
    }

    fn unsent(&mut self, id: MessageId) -> Option<&mut Message> {
        match self.lines.get_mut(*self.unsent.get(&id)?)? {
            Line::Message(message) => Some(Rc::make_mut(message)),
            Line::Day(_) | Line::Notice(_) | Line::Answer(_) => None,
        }
    }
}
