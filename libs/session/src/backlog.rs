//! Backlog: the events that the screen has not taken yet, within bounds. Plain data: no channel, no clock.

use std::collections::VecDeque;
use std::mem;
use std::time::SystemTime;

use crate::{Event, Stamped};

/// The most events of other people that wait for the screen: more lines than anybody reads back.
pub const BACKLOG_EVENTS: usize = 20_000;
/// The most bytes that their names and texts may have. Twenty thousand lines that people typed take 2 MB; 16 MiB leaves
/// room for pasted pages and still fits into a small computer.
pub const BACKLOG_BYTES: usize = 16 * 1024 * 1024;

/// What waits for the screen. Beyond the bounds the oldest events of other people are thrown away. What the screen must
/// know about the connection and about the user's own messages stays.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Events that had to stay when those around them were thrown away.
    kept: Vec<Stamped>,
    missed: usize,
    missed_at: Option<SystemTime>,
    /// All events since those that were thrown away, in order.
    recent: VecDeque<Stamped>,
    events: usize,
    bytes: usize,
}

impl Backlog {
    pub(crate) fn push(&mut self, stamped: Stamped) {
        if let Some(bytes) = weight(&stamped.event) {
            self.events += 1;
            self.bytes += bytes;
        }
        self.recent.push_back(stamped);
        // The newest stays even if it alone exceeds the bound on bytes: the decoder limits its size.
        while self.events > BACKLOG_EVENTS || (self.bytes > BACKLOG_BYTES && self.events > 1) {
            self.pass_over_oldest();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.missed == 0 && self.recent.is_empty()
    }

    /// Takes all that waits, in order, with an [`Event::Missed`] where events were thrown away.
    pub(crate) fn take(&mut self) -> Vec<Stamped> {
        let waiting = mem::take(self);
        let mut batch = waiting.kept;
        batch.reserve(waiting.recent.len() + 1);
        if let Some(at) = waiting.missed_at {
            let event = Event::Missed {
                events: waiting.missed,
            };
            batch.push(Stamped { at, event });
        }
        batch.extend(waiting.recent);
        batch
    }

    fn pass_over_oldest(&mut self) {
        let Some(oldest) = self.recent.pop_front() else {
            return;
        };
        if let Some(bytes) = weight(&oldest.event) {
            self.events -= 1;
            self.bytes -= bytes;
            self.missed += 1;
            self.missed_at = Some(oldest.at);
        } else {
            self.kept.push(oldest);
        }
    }
}

/// The bytes of an event that may be thrown away; `None` for one that may not.
pub(crate) fn weight(event: &Event) -> Option<usize> {
    match event {
        Event::Joined { name } | Event::Left { name } => Some(name.len()),
        Event::Said {
            name, text, bytes, ..
        } => Some(name.len() + text.len() + bytes.as_ref().map_or(0, Vec::len)),
        Event::CutOff { name, text, .. } => Some(name.len() + text.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(event: Event) -> Stamped {
        Stamped {
            at: SystemTime::UNIX_EPOCH,
            event,
        }
    }

    fn said(text: impl Into<String>) -> Stamped {
        stamped(Event::Said {
            name: "bob".to_owned(),
            text: text.into(),
            bytes: None,
            mark: None,
        })
    }

    fn filled(events: impl IntoIterator<Item = Stamped>) -> Vec<Stamped> {
        let mut backlog = Backlog::default();
        events.into_iter().for_each(|event| backlog.push(event));
        let batch = backlog.take();
        assert!(backlog.is_empty());
        batch
    }

    #[test]
    fn as_many_events_as_the_bound_all_stay_in_order() {
        let all: Vec<_> = (0..BACKLOG_EVENTS).map(|n| said(n.to_string())).collect();
        assert_eq!(filled(all.clone()), all);
    }

    #[test]
    fn one_event_more_than_the_bound_costs_the_oldest_and_says_so() {
        let all: Vec<_> = (0..=BACKLOG_EVENTS).map(|n| said(n.to_string())).collect();
        let batch = filled(all.clone());
        assert_eq!(batch[0].event, Event::Missed { events: 1 });
        assert_eq!(batch[1..], all[1..]);
    }

    #[test]
    fn the_bound_on_bytes_holds_on_both_of_its_sides() {
        let name = "bob".len();
        let first = said("a".repeat(BACKLOG_BYTES / 2 - name));
        let fits = said("b".repeat(BACKLOG_BYTES / 2 - name));
        let one_more = said("b".repeat(BACKLOG_BYTES / 2 - name + 1));
        assert_eq!(filled([first.clone(), fits]).len(), 2);
        let batch = filled([first, one_more.clone()]);
        assert_eq!(batch[0].event, Event::Missed { events: 1 });
        assert_eq!(batch[1..], [one_more]);
    }

    #[test]
    fn one_event_larger_than_the_bound_stays_while_it_is_the_newest() {
        let large = said("a".repeat(BACKLOG_BYTES + 1));
        assert_eq!(filled([large.clone()]), std::slice::from_ref(&large));
        assert_eq!(
            filled([large, said("b")])[0].event,
            Event::Missed { events: 1 }
        );
    }

    #[test]
    fn what_concerns_the_connection_and_own_messages_is_never_thrown_away() {
        let connected = stamped(Event::Connected);
        let written = stamped(Event::Written { id: 7 });
        let mut all = vec![
            said("first"),
            connected.clone(),
            said("second"),
            written.clone(),
        ];
        all.extend((0..BACKLOG_EVENTS).map(|n| said(n.to_string())));
        let batch = filled(all);
        assert_eq!(batch[0], connected);
        assert_eq!(batch[1].event, Event::Missed { events: 2 });
        assert_eq!(batch[2], written);
        assert_eq!(batch.len(), 3 + BACKLOG_EVENTS);
    }
}
