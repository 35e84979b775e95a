//! Heard: what others do and say, and what the server tells of them.

use std::rc::Rc;
use std::time::SystemTime;

use hubbub_session::Mark;
use hubbub_wire::Username;

use super::{Line, Message, Timeline, What, mention, told};
use crate::moment::Moment;

impl Timeline {
    pub(super) fn present(&mut self, names: Vec<String>) {
        let others = names.into_iter().filter(|name| **name != *self.own_name);
        self.people.are(others.map(Rc::from));
    }

    pub(super) fn joined(&mut self, at: SystemTime, name: &str) {
        self.tell_away(at);
        let name: Rc<str> = name.into();
        if name != self.own_name {
            self.people.add(&name);
        }
        self.notice(at, What::Joined(name));
    }

    pub(super) fn left(&mut self, at: SystemTime, name: Rc<str>) {
        self.tell_away(at);
        self.people.remove(&name);
        self.notice(at, What::Left(name));
    }

    /// A message of the conversation. Returns it if it calls for the attention of a user who looks elsewhere.
    pub(super) fn said(
        &mut self,
        at: SystemTime,
        name: Rc<str>,
        text: String,
        mark: Option<Mark>,
    ) -> Option<Rc<Message>> {
        let past = mark.as_ref().is_some_and(|mark| mark.past);
        if let Some(Mark { seq, own, .. }) = mark {
            self.past.reached(seq);
            if let Some(ours) = own {
                self.heard_own(at, ours, text);
                return None;
            }
        }
        self.heard(at, name, text, 0, past)
    }

    pub(super) fn heard(
        &mut self,
        at: SystemTime,
        name: Rc<str>,
        text: String,
        missing: usize,
        past: bool,
    ) -> Option<Rc<Message>> {
        self.tell_away(at);
        self.tell_gap(Some(at));
        // That the server speaks does not make it a person who is here.
        let is_person = name != self.own_name && *name != *Username::SERVER.as_str();
        if is_person && !self.people.is_complete() {
            self.people.add(&name);
        }
        let at = self.day_of(at);
        let message = Rc::new(self.message(name, text, missing, at));
        let line = Line::Message(message.clone());
        let is_hidden = self.muted.hides(&line);
        let number = self.push(line);
        if is_hidden {
            return None;
        }
        let missed = self.past.count_missed().filter(|_| past);
        if let Some(before) = missed {
            let reading_back = self.lines.is_reading_back();
            self.attention.missed(number, before == 0, reading_back);
        } else if past {
            return None;
        } else {
            self.attention.arrived(number);
        }
        (message.mention && !self.attention.is_focused()).then_some(message)
    }

    /// A message of somebody else.
    pub(super) fn message(
        &self,
        name: Rc<str>,
        text: String,
        missing: usize,
        at: Moment,
    ) -> Message {
        Message {
            name,
            mention: mention::mentions(&text, &self.own_name),
            text,
            missing,
            at,
            own: None,
        }
    }

    pub(super) fn server_tells(&mut self, at: SystemTime, code: &str, text: &str) {
        match code {
            "keeping-stopped" | "keeping-resumed" => self.past.suspend(code == "keeping-stopped"),
            "paused" | "resumed" => self.past.pause(code == "paused"),
            _ => {}
        }
        if let Some(words) = told::words(code, text) {
            self.notice(at, What::Told(words.into()));
        }
    }
}
