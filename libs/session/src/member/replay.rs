//! Replay: puts what a server sends again in front of what is live. A hole between what was seen before and what comes
//! first is closed here, page by page, before anything is shown: so the screen gets everything in the order of the log.

use std::collections::VecDeque;
use std::mem;

use hubbub_wire::{MAX_EARLIER, Replayed, Token};

use crate::backlog::{BACKLOG_BYTES, BACKLOG_EVENTS, weight};
use crate::{Event, Stamped};

/// What one connection replays.
#[derive(Debug)]
pub(super) struct Replay {
    /// The places of messages that were seen before, the newest last.
    seen: VecDeque<Token<'static>>,
    phase: Phase,
    /// What is under way: the past up to the JOIN, or the answer to an EARLIER.
    page: Vec<Message>,
    ask: Option<Ask>,
    /// The answer to that is not wanted any more.
    is_void: bool,
    /// What the user wants after it.
    wish: Option<Token<'static>>,
    /// The pages that are complete, oldest message first. `None`: here some are not kept any more.
    past: VecDeque<Option<Stamped>>,
    /// What is live, and waits for the past.
    held: Vec<Held>,
    /// How much `page`, `past` and `held` hold.
    events: usize,
    bytes: usize,
    is_lost: bool,
    /// Whether the first REPLAYED said which message is kept in place of what was seen last.
    is_sure: bool,
    /// Whether something came before the grant: it is not replayed, and `last` lies after it.
    is_ahead: bool,
    last: Option<Token<'static>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// The first REPLAYED has not come.
    First,
    /// It has come, and did not reach back to what was seen.
    Closing,
    /// Nothing is missing.
    Live,
}

#[derive(Debug)]
struct Ask {
    before: Token<'static>,
    count: u32,
    is_sent: bool,
}

/// What a REPLAYED completes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// What was missed.
    Missed(Missed),
    /// The answer to the user's wish for older messages.
    Earlier {
        messages: Vec<Stamped>,
        /// Whether something between the last of them and the place that was asked for is not kept any more.
        is_apart: bool,
        more: bool,
        lost: bool,
    },
    /// What was seen last may have been lost since the first REPLAYED, so that it would be looked for in all of the
    /// past. Whoever connects again is told where to look.
    Anew,
}

/// All that was missed, and what has happened since.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// Oldest first. `None`: here some are not kept any more.
    pub(super) past: Vec<Option<Stamped>>,
    /// The place of the JOIN.
    pub(super) last: Token<'static>,
    /// Whether that lies after something that has no place.
    pub(super) is_ahead: bool,
    /// Whether there is something older than `past`, as far as is known.
    pub(super) more: bool,
    /// What has happened meanwhile.
    pub(super) held: Vec<Held>,
}

/// What is live, and waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    Event(Stamped),
    /// Everything up to this place has come.
    Place(Token<'static>),
}

impl Replay {
    /// `is_sure`: it is not to be begun anew.
    pub(super) fn new(seen: VecDeque<Token<'static>>, is_sure: bool) -> Self {
        Self {
            seen,
            phase: Phase::First,
            page: Vec::new(),
            ask: None,
            is_void: false,
            wish: None,
            past: VecDeque::new(),
            held: Vec::new(),
            events: 0,
            bytes: 0,
            is_lost: false,
            is_sure,
            is_ahead: false,
            last: None,
        }
    }

    /// Whether the first REPLAYED has come, so that texts may be sent.
    pub(super) fn has_begun(&self) -> bool {
        self.phase != Phase::First
    }

    /// Whether everything that was missed is complete.
    pub(super) fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Whether what was missed is more than this program holds.
    pub(super) fn is_too_much(&self) -> bool {
        self.events > BACKLOG_EVENTS || self.bytes > BACKLOG_BYTES
    }

    /// Takes a message of the past. One for which nobody asked is dropped. One that the screen has already stands for
    /// its place only.
    pub(super) fn take(&mut self, message: Stamped, is_known: bool) {
        let is_answer = !self.is_void && self.ask.as_ref().is_some_and(|ask| ask.is_sent);
        if self.phase == Phase::First || is_answer {
            self.weigh(&message);
            self.page.push(Message { message, is_known });
        }
    }

    /// Notes that something that is not replayed came before the grant.
    pub(super) fn comes_late(&mut self) {
        self.is_ahead = true;
    }

    /// Keeps back what came before the grant.
    pub(super) fn hold_plain(&mut self, plain: Stamped) {
        self.comes_late();
        self.hold(plain);
    }

    /// Keeps back what is live, since the past is not complete.
    pub(super) fn hold(&mut self, live: Stamped) {
        self.weigh(&live);
        self.held.push(Held::Event(live));
    }

    /// Notes that everything up to this place has come, since the past is not complete.
    pub(super) fn hold_place(&mut self, place: Token<'static>) {
        self.events += 1;
        self.held.push(Held::Place(place));
    }

    fn weigh(&mut self, stamped: &Stamped) {
        self.events += 1;
        self.bytes += weight(&stamped.event).unwrap_or_default();
    }

    /// The user wants what is older than this place.
    pub(super) fn ask(&mut self, before: Token<'static>) {
        if self.is_void {
            self.wish.get_or_insert(before);
        } else if self.is_live() && self.ask.is_none() {
            self.ask_before(before, MAX_EARLIER);
        }
    }

    fn ask_before(&mut self, before: Token<'static>, count: u32) {
        self.ask = Some(Ask {
            before,
            count,
            is_sent: false,
        });
    }

    /// The EARLIER to send: older than what, and how many.
    pub(super) fn to_ask(&self) -> Option<(Token<'static>, u32)> {
        let ask = self.ask.as_ref().filter(|ask| !ask.is_sent)?;
        Some((ask.before.clone(), ask.count))
    }

    /// The EARLIER is sent.
    pub(super) fn asked(&mut self) {
        if let Some(ask) = &mut self.ask {
            ask.is_sent = true;
        }
    }

    /// Takes a REPLAYED.
    pub(super) fn replayed(&mut self, replayed: &Replayed<'_>) -> Option<Done> {
        match (&self.phase, &replayed.before, &self.ask) {
            (Phase::First, None, _) => {
                self.last = Some(replayed.last.clone().into_owned());
                // What was seen last may be no longer kept. Then this was seen before it.
                self.is_sure |= replayed.after.is_some();
                self.seen
                    .extend(replayed.after.clone().map(Token::into_owned));
                self.close(replayed)
            }
            (_, Some(before), Some(ask)) if ask.is_sent && ask.before == *before => {
                self.ask = None;
                if mem::take(&mut self.is_void) {
                    if let Some(before) = self.wish.take() {
                        self.ask_before(before, MAX_EARLIER);
                    }
                    return None;
                }
                if self.phase == Phase::Closing {
                    return self.close(replayed);
                }
                (self.events, self.bytes) = (0, 0);
                Some(Done::Earlier {
                    messages: unknown(mem::take(&mut self.page)).collect(),
                    is_apart: replayed.after.is_some(),
                    more: replayed.more,
                    lost: replayed.lost,
                })
            }
            _ => None,
        }
    }

    /// Puts a complete page in front of the others. If it does not reach back to what was seen, and there is more, that
    /// is asked for.
    fn close(&mut self, replayed: &Replayed<'_>) -> Option<Done> {
        let mut page = mem::take(&mut self.page);
        let is_seen = |message: &Message| {
            let place = seq(&message.message);
            self.seen.iter().any(|seen| Some(seen.as_str()) == place)
        };
        let reached = page.iter().rposition(is_seen);
        let has_hole = replayed.lost || replayed.after.is_some();
        let is_open = !self.seen.is_empty() && reached.is_none() && replayed.more;
        if self.phase == Phase::Closing && has_hole && is_open && !self.is_sure {
            return Some(Done::Anew);
        }
        page.drain(..reached.map_or(0, |at| at + 1));
        // A server that means all that is older, and not all that was missed, says so of a first page that is not full.
        // One message more tells.
        let is_full = page.len() >= MAX_EARLIER as usize || self.phase == Phase::Closing;
        let oldest = page.first().and_then(|first| place(&first.message));
        if replayed.before.is_some() && replayed.after.is_some() {
            self.leave_gap();
        }
        for message in unknown(page).rev() {
            self.past.push_front(Some(message));
        }
        if replayed.lost && reached.is_none() {
            self.leave_gap();
        }
        match oldest {
            Some(oldest) if is_open => {
                self.phase = Phase::Closing;
                self.ask_before(oldest, if is_full { MAX_EARLIER } else { 1 });
                return None;
            }
            Some(_) => {}
            // An answer without messages would be asked for for ever. A first replay without any misses nothing.
            None => self.is_lost |= is_open && self.phase == Phase::Closing,
        }
        // What was seen is older.
        self.finish(!self.seen.is_empty() || replayed.more)
    }

    /// What came directly before all that is there is not kept any more. Both sides of it may say so.
    fn leave_gap(&mut self) {
        if self.past.front() != Some(&None) {
            self.past.push_front(None);
        }
    }

    /// Gives up closing the hole: it is more than this program holds.
    pub(super) fn cut_short(&mut self) -> Option<Done> {
        if self.phase != Phase::Closing {
            return None;
        }
        // What is under way reaches down to what is complete only when it ends.
        self.page.clear();
        self.is_void = self.ask.as_ref().is_some_and(|ask| ask.is_sent);
        if !self.is_void {
            self.ask = None;
        }
        self.is_lost = true;
        self.finish(true)
    }

    fn finish(&mut self, more: bool) -> Option<Done> {
        self.phase = Phase::Live;
        (self.events, self.bytes) = (0, 0);
        if self.is_lost {
            self.leave_gap();
        }
        Some(Done::Missed(Missed {
            past: mem::take(&mut self.past).into(),
            last: self.last.clone()?,
            is_ahead: self.is_ahead,
            more,
            held: mem::take(&mut self.held),
        }))
    }
}

/// A message of the past, and whether the screen has it already.
#[derive(Debug)]
struct Message {
    message: Stamped,
    is_known: bool,
}

/// Those that the screen does not have.
fn unknown(page: Vec<Message>) -> impl DoubleEndedIterator<Item = Stamped> {
    let unknown = page.into_iter().filter(|message| !message.is_known);
    unknown.map(|message| message.message)
}

/// The place of a message in the log.
pub(super) fn place(stamped: &Stamped) -> Option<Token<'static>> {
    Token::new(seq(stamped)?.to_owned())
}

fn seq(stamped: &Stamped) -> Option<&str> {
    match &stamped.event {
        Event::Said {
            mark: Some(mark), ..
        } => Some(&mark.seq),
        _ => None,
    }
}
