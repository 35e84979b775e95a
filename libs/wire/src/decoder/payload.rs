//! Payloads: those that are returned, those that nobody wants, and the bytes after one whose length counts characters.

use core::ops::Range;

use super::{Came, Decoder, Found, Part, Place, State, Step, Text, labels};
use crate::head::Head;
use crate::surplus::{self, Surplus, Verdict};
use crate::{Method, start, work};

impl Decoder {
    /// Returns a frame with a payload that has come whole, or begins to collect its payload.
    pub(super) fn take_text<'i>(
        &mut self,
        method: Method,
        head: &Head,
        name: Range<usize>,
        len: usize,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        if self.held.is_empty()
            && let (bytes, rest) = input.split_at(head.at)
            && let Some((payload, rest)) = rest.split_at_checked(len)
            && (surplus::is_in_order(rest) || Surplus::of(payload).is_none())
        {
            *input = rest;
            self.state = State::Start { noise: 0 };
            let payload = Place::Given(payload);
            return Step::Found(if head.is_extended {
                Found::Extended {
                    method,
                    head: Place::Given(bytes),
                    name,
                    payload,
                }
            } else {
                Found::Plain {
                    came: Came::Text,
                    name: Place::Given(&bytes[name]),
                    payload,
                }
            });
        }
        self.begin_payload(method, head, name, len, input);
        Step::GoOn
    }

    /// Keeps what is needed of a head, before its payload.
    fn begin_payload(
        &mut self,
        method: Method,
        head: &Head,
        name: Range<usize>,
        len: usize,
        input: &mut &[u8],
    ) {
        let kept = if head.is_extended {
            0..head.at
        } else {
            name.clone()
        };
        let front = kept.len();
        let name = (name.start - kept.start, name.end - kept.start);
        if self.held.is_empty() {
            let (bytes, rest) = input.split_at(head.at);
            *input = rest;
            self.hold(&bytes[kept], front + len);
        } else {
            self.held.keep_of_front(head.at, kept);
        }
        let is_labelled = || labels::is_labelled(&self.held.live()[..front]);
        self.state = State::Within(Part::Payload(Text {
            method,
            is_extended: head.is_extended,
            is_exact: method != Method::Text || head.is_extended && is_labelled(),
            name,
            front,
            len,
        }));
    }

    pub(super) fn step_payload<'i>(&mut self, text: Text, input: &mut &'i [u8]) -> Step<'i> {
        let missing = text.end().saturating_sub(self.held.len());
        self.hold_front(input, missing, text.end());
        if self.held.len() < text.end() {
            return Step::NeedMore;
        }
        let (payload, rest) = self.held.live()[text.front..].split_at(text.len);
        let rest = if rest.is_empty() { *input } else { rest };
        if !text.is_exact
            && !surplus::is_in_order(rest)
            && let Some(surplus) = Surplus::of(payload)
        {
            work::count(text.len);
            self.searched = text.end();
            self.state = State::Surplus { text, surplus };
            return Step::GoOn;
        }
        self.give_held(text)
    }

    /// Returns a text that is held. What is held after it stays.
    pub(super) fn give_held<'i>(&mut self, text: Text) -> Step<'i> {
        self.state = State::Start { noise: 0 };
        self.searched = 0;
        self.spent = text.end();
        let payload = Place::Held(text.front..text.end());
        Step::Found(if text.is_extended {
            Found::Extended {
                method: text.method,
                head: Place::Held(0..text.front),
                name: text.name(),
                payload,
            }
        } else {
            Found::Plain {
                came: Came::Text,
                name: Place::Held(text.name()),
                payload,
            }
        })
    }

    /// Reads on in the bytes after a payload, which may be the end of its text. They were read up to `searched`.
    pub(super) fn step_surplus<'i>(
        &mut self,
        text: Text,
        mut surplus: Surplus,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let from = self.searched;
        let is_held = self.held.len() > from;
        let bytes = if is_held {
            &self.held.live()[from..]
        } else {
            *input
        };
        if bytes.is_empty() {
            return Step::NeedMore;
        }
        let (count, ends) = match surplus.read(bytes) {
            Verdict::Ends(count) => (count, true),
            Verdict::GoesOn => (bytes.len(), false),
            Verdict::Foreign { after } => {
                work::count(after);
                return self.give_held(text);
            }
        };
        work::count(2 * count);
        let len = from + count - text.front;
        if len > self.limits.max_payload {
            return self.give_held(text);
        }
        if !is_held {
            self.hold_front(input, count, text.front + self.limits.max_payload);
        }
        self.searched = from + count;
        let unseen = text
            .end()
            .max((from + 1).saturating_sub(start::VERSION.len()));
        if start::has_version(&self.held.live()[unseen..self.searched]) {
            return self.give_held(text);
        }
        if !ends {
            self.state = State::Surplus { text, surplus };
            return Step::GoOn;
        }
        let whole = &self.held.live()[text.front..self.searched];
        work::count(whole.len());
        if core::str::from_utf8(whole).is_err() {
            return self.give_held(text);
        }
        let step = self.give_held(Text { len, ..text });
        self.state = State::Mended {
            characters: text.len,
            bytes: len,
        };
        step
    }

    pub(super) fn step_skip<'i>(&mut self, left: u64, input: &mut &'i [u8]) -> Step<'i> {
        let left = self.skip_held(left);
        let skipped = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        *input = &input[skipped..];
        match self.skip(left - skipped as u64) {
            0 => Step::GoOn,
            _ => Step::NeedMore,
        }
    }

    /// Skips what is held, and returns how much is left to skip.
    pub(super) fn skip_held(&mut self, left: u64) -> u64 {
        let held = self.held.len();
        let skipped = usize::try_from(left).map_or(held, |left| left.min(held));
        self.held.drop_front(skipped);
        self.skip(left - skipped as u64)
    }

    fn skip(&mut self, left: u64) -> u64 {
        self.state = if left > 0 {
            State::Within(Part::Skip { left })
        } else {
            State::Start { noise: 0 }
        };
        left
    }
}
