//! Bytes in any pieces to frames, and beside them what was passed over and why.
//!
//! Sans-I/O: no sockets, no clock. Whole frames are borrowed from the caller's bytes. Only a frame that a cut went
//! through is copied, into one buffer that is given back when nothing is waited for. Every byte is looked at a
//! bounded number of times, however the stream is cut. A fatal error is final.

use core::mem;
use core::ops::Range;

use crate::head::{self, Fresh, Head, MAX_GLUED_START, Progress, Start};
use crate::held::Held;
use crate::surplus::{self, Surplus, Verdict};
use crate::{DecodeError, Frame, Ignored, Item, Limits, Method, Username, UsernameError};

/// Bytes in any pieces to frames.
///
/// Feed it what a read gave and take items until it answers `None`:
///
/// ```
/// use hubbub_wire::{Decoder, Frame, Item, Limits, Method};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let mut said = Vec::new();
/// for mut piece in [&b"CHAT/1.0 TEXT\r\nUserna"[..], b"me: ada\r\nMsg-len: 2\r\n\r\nhi"] {
///     while let Some(item) = decoder.next(&mut piece)? {
///         if let Item::Frame(Frame { method: Method::Text, username, payload }) = item {
///             said.push((username.to_string(), payload.to_vec()));
///         }
///     }
/// }
/// assert_eq!(said, [("ada".to_string(), b"hi".to_vec())]);
/// # Ok::<(), hubbub_wire::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    state: State,
    /// The frame or line that a cut went through, and nothing while there is none.
    held: Held,
    /// How many bytes of `held` belong to the item that was given out last.
    spent: usize,
    /// How many bytes of `held` are known to hold no line end beyond those read already.
    searched: usize,
    /// No frame has begun yet.
    at_start: bool,
    work: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Where a start line must be, with the bytes of noise seen since the last frame.
    Start { noise: usize },
    /// Within a frame.
    Within(Part),
    /// Within a frame that was silent for long. What came after that, from `from` on in `held`, may be a new one.
    Doubt { part: Part, from: usize, new: Fresh },
    /// After a payload, the bytes that follow it being the text's too, as it seems.
    Surplus { text: Text, surplus: Surplus },
    /// After a payload that is the whole text, whatever follows.
    Settled(Text),
    /// A text whose length counted characters was given out, and that has still to be told.
    Mended { characters: usize, bytes: usize },
    /// Given up.
    Failed(DecodeError),
}

/// Where in a frame.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// After the start line.
    Head(Head),
    /// Within a payload; `held` is the name, then the payload so far.
    Payload(Text),
    /// Within a payload that nobody wants.
    Skip { left: u64 },
}

/// A name and its text, in `held` one after the other: how many bytes each has.
#[derive(Clone, Copy, Debug)]
struct Text {
    name: usize,
    len: usize,
}

impl Text {
    fn end(self) -> usize {
        self.name + self.len
    }
}

/// Where bytes of an item lie.
enum Place<'i> {
    Held(Range<usize>),
    Given(&'i [u8]),
}

enum Found<'i> {
    Frame {
        method: Method,
        name: Place<'i>,
        payload: Place<'i>,
    },
    CutOff {
        name: Range<usize>,
        payload: Range<usize>,
        len: usize,
    },
    Ignored(Ignored),
}

/// What one step led to.
enum Step<'i> {
    Found(Found<'i>),
    GoOn,
    NeedMore,
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Start { noise: 0 },
            held: Held::new(),
            spent: 0,
            searched: 0,
            at_start: true,
            work: 0,
        }
    }

    /// Takes the next item out of `input` and moves `input` past the bytes that it used.
    ///
    /// `Ok(None)` says that all of `input` was used and more bytes are needed. Call it until it does: only then is the
    /// memory of the last item given back.
    ///
    /// # Errors
    ///
    /// The stream cannot be read any further. Every later call gives the same error.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Item<'a>>, DecodeError> {
        self.held.drop_front(mem::take(&mut self.spent));
        let found = loop {
            match self.step(input) {
                Ok(Step::Found(found)) => break found,
                Ok(Step::GoOn) => {}
                Ok(Step::NeedMore) => {
                    if self.held.is_empty() {
                        self.held.release();
                    }
                    return Ok(None);
                }
                Err(error) => {
                    self.state = State::Failed(error);
                    self.held.release();
                    return Err(error);
                }
            }
        };
        Ok(Some(self.item(found)))
    }

    /// Tells the decoder that no byte has come for long. [`is_mid_frame`](Self::is_mid_frame) says whether that
    /// means anything to it; two seconds are long.
    ///
    /// A length that lies would have the text of one swallow what everybody says after it. So where a whole head
    /// follows a silence in the middle of a frame, that frame is given up ([`Item::CutOff`]) and the new one is read.
    /// Anything else goes on as if there had been no silence. A text that was held since what followed it was in doubt
    /// comes out of the next call of [`next`](Self::next), which may be given no bytes. At the end of a stream, call
    /// both.
    ///
    /// ```
    /// use hubbub_wire::{Decoder, Item, Limits};
    ///
    /// let mut decoder = Decoder::new(Limits::DEFAULT);
    /// let mut input = &b"CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 300\r\n\r\nhi"[..];
    /// assert_eq!(decoder.next(&mut input)?, None);
    /// assert!(decoder.is_mid_frame());
    /// decoder.silence();
    /// let mut input = &b"CHAT/1.0 LEAVE\r\nUsername: ada\r\n\r\n"[..];
    /// assert!(matches!(
    ///     decoder.next(&mut input)?,
    ///     Some(Item::CutOff { payload: b"hi", len: 300, .. })
    /// ));
    /// assert!(matches!(decoder.next(&mut input)?, Some(Item::Frame(_))));
    /// # Ok::<(), hubbub_wire::DecodeError>(())
    /// ```
    pub fn silence(&mut self) {
        self.held.drop_front(mem::take(&mut self.spent));
        let part = match self.state {
            State::Within(part) => part,
            State::Doubt { from, .. } if self.held.len() == from => return,
            State::Doubt { part, .. } => {
                self.end_doubt(part);
                match self.state {
                    State::Within(Part::Payload(text)) if self.held.len() >= text.end() => {
                        self.state = State::Settled(text);
                        return;
                    }
                    State::Within(part) => part,
                    _ => return,
                }
            }
            State::Surplus { text, .. } => {
                self.state = State::Settled(text);
                return;
            }
            State::Start { .. } | State::Settled(_) | State::Mended { .. } | State::Failed(_) => {
                return;
            }
        };
        self.state = State::Doubt {
            part,
            from: self.held.len(),
            new: Fresh::default(),
        };
    }

    /// Whether the stream stands in the middle of a frame, so that a [`silence`](Self::silence) would mean something.
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        matches!(
            self.state,
            State::Within(_) | State::Doubt { .. } | State::Surplus { .. }
        )
    }

    /// How much memory the decoder holds for the stream now, in bytes. None while it waits for nothing.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.held.capacity()
    }

    /// How many bytes were looked at or copied so far; a test holds this against the bytes that came.
    #[doc(hidden)]
    #[must_use]
    pub const fn work(&self) -> u64 {
        self.work
    }

    fn item<'a>(&'a self, found: Found<'a>) -> Item<'a> {
        let (name, payload, kind) = match found {
            Found::Ignored(why) => return Item::Ignored(why),
            Found::Frame {
                method,
                name,
                payload,
            } => (name, payload, Ok(method)),
            Found::CutOff { name, payload, len } => {
                (Place::Held(name), Place::Held(payload), Err(len))
            }
        };
        let payload = self.bytes(payload);
        match (username(self.bytes(name), self.limits.max_name), kind) {
            (Err(why), _) => Item::Ignored(Ignored::BadUsername(why)),
            (Ok(username), Ok(method)) => Item::Frame(Frame {
                method,
                username,
                payload,
            }),
            (Ok(username), Err(len)) => Item::CutOff {
                username,
                payload,
                len,
            },
        }
    }

    fn bytes<'a>(&'a self, place: Place<'a>) -> &'a [u8] {
        match place {
            Place::Held(range) => &self.held.live()[range],
            Place::Given(bytes) => bytes,
        }
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Result<Step<'i>, DecodeError> {
        match self.state {
            State::Start { noise } => self.step_start(noise, input),
            State::Within(Part::Head(head)) => self.step_head(head, input),
            State::Within(Part::Payload(text)) => Ok(self.step_payload(text, input)),
            State::Within(Part::Skip { left }) => Ok(self.step_skip(left, input)),
            State::Doubt { part, from, new } => Ok(self.step_doubt(part, from, new, input)),
            State::Surplus { text, surplus } => Ok(self.step_surplus(text, surplus, input)),
            State::Settled(text) => Ok(self.give_held(text)),
            State::Mended { characters, bytes } => {
                self.state = State::Start { noise: 0 };
                Ok(Step::Found(Found::Ignored(Ignored::CountedCharacters {
                    characters,
                    bytes,
                })))
            }
            State::Failed(error) => Err(error),
        }
    }

    /// Looks for a start line in the next whole line.
    fn step_start<'i>(
        &mut self,
        noise: usize,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        if noise == 0
            && self.held.is_empty()
            && let Some(head) = Head::read_exact(input, &self.limits)
        {
            self.work += head.at as u64;
            return Ok(self.finish_head(&head, input));
        }
        self.search_start(noise, input)
    }

    /// The same for whatever is not in the exact form. Kept apart, so that the short way stays short.
    #[inline(never)]
    fn search_start<'i>(
        &mut self,
        noise: usize,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        let too_much_noise = DecodeError::TooMuchNoise {
            limit: self.limits.max_noise,
        };
        let bytes = ahead(&self.held, input);
        let end = head::find_line_end(&bytes[self.searched..]).map(|length| self.searched + length);
        let line = &bytes[..end.unwrap_or(bytes.len())];
        let may_start = head::may_start(line);
        let is_whole = end.is_some() && noise + line.len() <= self.limits.max_noise;
        if self.at_start
            && let Some(other) = head::other_protocol(line, is_whole)
        {
            return Err(other);
        }
        if may_start && line.len() + usize::from(end.is_none()) > self.limits.max_head {
            return Err(DecodeError::HeadTooLong {
                limit: self.limits.max_head,
            });
        }
        self.work += (line.len() - self.searched) as u64;
        let Some(end) = end else {
            // However this line goes on, only its last bytes can be a start line.
            if !may_start && noise + line.len() > self.limits.max_noise + MAX_GLUED_START {
                return Err(too_much_noise);
            }
            return Ok(self.hold_line(input));
        };
        let start = head::find_start(line);
        let blank = head::without_line_end(line).is_empty();
        self.work += end as u64;
        self.searched = 0;
        let noise = match start {
            Some((0, start)) if noise == 0 => {
                self.searched = end;
                return self.step_head(Head::new(start, end), input);
            }
            None if blank && noise == 0 => 0,
            None => noise + end,
            Some((at, _)) => noise + at,
        };
        if noise > self.limits.max_noise {
            return Err(too_much_noise);
        }
        match start {
            Some((at, _)) => {
                self.discard(at, input);
                self.state = State::Start { noise: 0 };
                Ok(Step::Found(Found::Ignored(Ignored::Noise { bytes: noise })))
            }
            None => {
                self.discard(end, input);
                self.state = State::Start { noise };
                Ok(Step::GoOn)
            }
        }
    }

    /// Reads on in a head, and decides what becomes of the frame when the head is complete.
    #[inline(never)]
    fn step_head<'i>(
        &mut self,
        mut head: Head,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        let bytes = ahead(&self.held, input);
        let progress = head.read(bytes, self.searched, &self.limits, &mut self.work)?;
        match progress {
            Progress::Partial => {
                self.state = State::Within(Part::Head(head));
                Ok(self.hold_line(input))
            }
            Progress::NotAHeader => {
                self.searched = 0;
                self.state = State::Start { noise: 0 };
                self.discard(head.at, input);
                Ok(Step::Found(Found::Ignored(Ignored::NotAHeader)))
            }
            Progress::Complete => {
                self.searched = 0;
                Ok(self.finish_head(&head, input))
            }
        }
    }

    fn finish_head<'i>(&mut self, head: &Head, input: &mut &'i [u8]) -> Step<'i> {
        self.at_start = false;
        let payload_len = head.payload_len.unwrap_or(0);
        let verdict = match (head.start, head.name) {
            (Start::UnknownMethod, _) => Err(Ignored::UnknownMethod),
            (Start::Known(_), None) => Err(Ignored::NoUsername),
            _ if head.names_differ => Err(Ignored::TwoUsernames),
            (Start::Known(Method::Text), _) if payload_len == 0 => Err(Ignored::EmptyText),
            (Start::Known(Method::Text), Some(name)) => usize::try_from(payload_len)
                .ok()
                .filter(|&len| len <= self.limits.max_payload)
                .map(|len| (Method::Text, name, len))
                .ok_or(Ignored::PayloadTooLong {
                    len: payload_len,
                    limit: self.limits.max_payload,
                }),
            (Start::Known(method), Some(name)) => Ok((method, name, 0)),
        };
        let skip = State::Within(Part::Skip { left: payload_len });
        match verdict {
            Ok((Method::Text, name, len)) => self.take_text(head.at, name.0..name.1, len, input),
            Ok((method, name, _)) => {
                self.state = skip;
                let name = name.0..name.1;
                let name = if self.held.is_empty() {
                    let (head, rest) = input.split_at(head.at);
                    *input = rest;
                    Place::Given(&head[name])
                } else {
                    self.spent = head.at;
                    Place::Held(name)
                };
                Step::Found(Found::Frame {
                    method,
                    name,
                    payload: Place::Given(&[]),
                })
            }
            Err(why) => {
                self.state = skip;
                self.discard(head.at, input);
                Step::Found(Found::Ignored(why))
            }
        }
    }

    /// Gives out a TEXT that is here whole, or begins to collect its payload.
    fn take_text<'i>(
        &mut self,
        head_len: usize,
        name: Range<usize>,
        len: usize,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let text = Text {
            name: name.len(),
            len,
        };
        if self.held.is_empty() {
            let (head, rest) = input.split_at(head_len);
            *input = rest;
            let name = &head[name];
            if let Some((payload, rest)) = rest.split_at_checked(len)
                && (surplus::is_in_order(rest) || Surplus::of(payload).is_none())
            {
                *input = rest;
                self.state = State::Start { noise: 0 };
                return Step::Found(Found::Frame {
                    method: Method::Text,
                    name: Place::Given(name),
                    payload: Place::Given(payload),
                });
            }
            self.hold(name, text.end());
        } else {
            self.held.keep_of_front(head_len, name);
        }
        self.state = State::Within(Part::Payload(text));
        Step::GoOn
    }

    fn step_payload<'i>(&mut self, text: Text, input: &mut &'i [u8]) -> Step<'i> {
        let missing = text.end().saturating_sub(self.held.len());
        self.hold_front(input, missing, text.end());
        if self.held.len() < text.end() {
            return Step::NeedMore;
        }
        let (payload, rest) = self.held.live()[text.name..].split_at(text.len);
        let rest = if rest.is_empty() { *input } else { rest };
        if !surplus::is_in_order(rest)
            && let Some(surplus) = Surplus::of(payload)
        {
            self.work += text.len as u64;
            self.searched = text.end();
            self.state = State::Surplus { text, surplus };
            return Step::GoOn;
        }
        self.give_held(text)
    }

    /// Gives out a text that is held. What is held after it stays.
    fn give_held<'i>(&mut self, text: Text) -> Step<'i> {
        self.state = State::Start { noise: 0 };
        self.searched = 0;
        self.spent = text.end();
        Step::Found(Found::Frame {
            method: Method::Text,
            name: Place::Held(0..text.name),
            payload: Place::Held(text.name..text.end()),
        })
    }

    /// Reads on in the bytes after a payload, which may be the end of its text. `searched` is how far they were read.
    fn step_surplus<'i>(
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
                self.work += after as u64;
                return self.give_held(text);
            }
        };
        self.work += 2 * count as u64;
        let len = from + count - text.name;
        if len > self.limits.max_payload {
            return self.give_held(text);
        }
        if !is_held {
            self.hold_front(input, count, text.name + self.limits.max_payload);
        }
        self.searched = from + count;
        let unseen = text
            .end()
            .max((from + 1).saturating_sub(head::VERSION.len()));
        if head::has_version(&self.held.live()[unseen..self.searched]) {
            return self.give_held(text);
        }
        if !ends {
            self.state = State::Surplus { text, surplus };
            return Step::GoOn;
        }
        let whole = &self.held.live()[text.name..self.searched];
        self.work += whole.len() as u64;
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

    fn step_skip<'i>(&mut self, left: u64, input: &mut &'i [u8]) -> Step<'i> {
        let left = self.skip_held(left);
        let skipped = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        *input = &input[skipped..];
        match self.skip(left - skipped as u64) {
            0 => Step::GoOn,
            _ => Step::NeedMore,
        }
    }

    /// Skips what is held, and returns how much is left to skip.
    fn skip_held(&mut self, left: u64) -> u64 {
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

    /// Looks whether a new frame has begun after a silence.
    fn step_doubt<'i>(
        &mut self,
        part: Part,
        from: usize,
        mut new: Fresh,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let fresh = &self.held.live()[from..];
        match new.is_a_frame(fresh, &self.limits, &mut self.work) {
            Some(true) => self.cut_off(part, from),
            Some(false) => {
                self.end_doubt(part);
                Step::GoOn
            }
            None if input.is_empty() => {
                self.state = State::Doubt { part, from, new };
                Step::NeedMore
            }
            None => {
                self.state = State::Doubt { part, from, new };
                let room = self.limits.max_head + from - self.held.len();
                let line = head::find_line_end(input).unwrap_or(input.len());
                self.hold_front(input, line.min(room), self.limits.max_head + from);
                Step::GoOn
            }
        }
    }

    /// Gives up the frame that was silent. The new one is held.
    fn cut_off<'i>(&mut self, part: Part, from: usize) -> Step<'i> {
        self.state = State::Start { noise: 0 };
        self.searched = 0;
        self.spent = from;
        Step::Found(match part {
            Part::Payload(Text { name, len }) => Found::CutOff {
                name: 0..name,
                payload: name..from,
                len,
            },
            Part::Head(_) | Part::Skip { .. } => Found::Ignored(Ignored::CutOff),
        })
    }

    /// Goes on with the frame that was silent, and with all that is held.
    fn end_doubt(&mut self, part: Part) {
        self.state = State::Within(part);
        if let Part::Skip { left } = part {
            self.skip_held(left);
        }
    }

    /// Throws away the first bytes, wherever they lie.
    fn discard(&mut self, count: usize, input: &mut &[u8]) {
        if self.held.is_empty() {
            *input = &input[count..];
        } else {
            self.held.drop_front(count);
        }
    }

    /// Holds the rest of the current line, as far as it is here. The caller has seen to it that `held` has no whole
    /// line left.
    fn hold_line<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        self.searched = self.held.len();
        if input.is_empty() {
            return Step::NeedMore;
        }
        // One byte more than any line or head may have, so that the next step sees that it is too long.
        let most = self
            .limits
            .max_head
            .max(self.limits.max_noise + MAX_GLUED_START)
            + 1;
        if self.held.is_empty() {
            // All of it was searched: it is one unfinished head or line, within its limit.
            self.searched = input.len();
            self.hold_front(input, input.len(), most);
            return Step::NeedMore;
        }
        let line = head::find_line_end(input).unwrap_or(input.len());
        self.hold_front(input, line.min(most - self.held.len()), most);
        Step::GoOn
    }

    /// Moves up to `count` bytes from the input to `held`, which will never need more than `most` bytes.
    fn hold_front(&mut self, input: &mut &[u8], count: usize, most: usize) {
        let (front, rest) = input.split_at(count.min(input.len()));
        *input = rest;
        self.hold(front, most);
    }

    fn hold(&mut self, bytes: &[u8], most: usize) {
        if !bytes.is_empty() {
            self.work += self.held.push(bytes, most) as u64;
        }
    }
}

/// The bytes that come next: what is held, or else what was given.
fn ahead<'b>(held: &'b Held, input: &'b [u8]) -> &'b [u8] {
    if held.is_empty() { input } else { held.live() }
}

fn username(bytes: &[u8], max_bytes: usize) -> Result<Username<'_>, UsernameError> {
    let name = core::str::from_utf8(bytes).map_err(|_| UsernameError::NotText)?;
    Username::new(name, max_bytes)
}
