//! Silence in the middle of a frame: if another frame begins after it, the first one is given up.

use alloc::boxed::Box;
use core::mem;

use super::{Came, Decoder, Found, Ignored, Part, Place, State, Step};
use crate::head::{Head, Progress};
use crate::scan::{find_line_end, without_line_end};
use crate::start::{self, Start};
use crate::{Limits, work};

/// What came after a silence, which may be a new frame. It begins at `from` in `held`.
#[derive(Debug)]
pub(super) struct Doubt {
    from: usize,
    new: Fresh,
}

/// A head that may have begun after a silence, as far as it has been read.
#[derive(Clone, Copy, Debug, Default)]
struct Fresh {
    head: Option<Head>,
    searched: usize,
}

impl Fresh {
    /// Whether `bytes` begin with a whole head of CHAT/1.0 that has a name. `None` if that is still open. A method of
    /// the extension does not count, since whoever sends one never announces too much.
    fn is_a_frame(&mut self, bytes: &[u8], limits: &Limits) -> Option<bool> {
        let mut head = match self.head {
            Some(head) => head,
            None => {
                work::count(bytes.len() - self.searched);
                let Some(length) = find_line_end(&bytes[self.searched..]) else {
                    self.searched = bytes.len();
                    let undecided =
                        start::may_start(bytes) && bytes.len() <= start::MAX_GLUED_START;
                    return if undecided { None } else { Some(false) };
                };
                self.searched += length;
                let line = without_line_end(&bytes[..self.searched]);
                match start::parse_start(line) {
                    Some(start @ Start::Plain(_)) => Head::new(start, self.searched),
                    _ => return Some(false),
                }
            }
        };
        let progress = head.read(bytes, self.searched, limits);
        self.head = Some(head);
        self.searched = bytes.len();
        match progress {
            Ok(Progress::Partial) => None,
            Ok(Progress::Complete) => Some(head.name.is_some() && !head.names_differ),
            Ok(Progress::NotAHeader) | Err(_) => Some(false),
        }
    }
}

impl Decoder {
    /// Tells the decoder that no byte has come for a long time, such as two seconds. It matters only in the middle of a
    /// frame, see [`is_mid_frame`](Self::is_mid_frame).
    ///
    /// A TEXT whose `Msg-len` is too large would swallow all that comes after it. So if a whole head follows a silence
    /// in the middle of a frame, that frame is given up ([`Item::CutOff`](crate::Item::CutOff)) and the new one is
    /// read. If anything else follows, the silence makes no difference. It makes none either within a text that has a
    /// [`Label`](crate::Label), since whoever gives it one counts right.
    ///
    /// The next call of [`next`](Self::next), even without bytes, returns a text that was held back because the bytes
    /// after it seemed to be a part of it. So call both at the end of a stream.
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
        if let Some(doubt) = self.doubt.take() {
            if self.held.len() == doubt.from {
                self.doubt = Some(doubt);
                return;
            }
            // What came since then belongs to the old frame.
            self.end_doubt();
        }
        match self.state {
            State::Within(Part::Payload(text)) if self.held.len() >= text.end() => {
                self.state = State::Settled(text);
            }
            // Else a text that quotes a frame would be lost where the network pauses.
            State::Within(Part::Payload(text)) if text.is_exact => {}
            State::Within(Part::Head(mut head)) => {
                // What came after an earlier silence was not read yet. Else silences would pile up unread heads.
                let progress = head.read(self.held.live(), self.searched, &self.limits);
                if progress == Ok(Progress::Partial) {
                    self.searched = self.held.len();
                    self.state = State::Within(Part::Head(head));
                    self.begin_doubt();
                }
            }
            State::Within(_) => self.begin_doubt(),
            State::Surplus { text, .. } => self.state = State::Settled(text),
            State::Start { .. } | State::Settled(_) | State::Mended { .. } | State::Failed(_) => {}
        }
    }

    fn begin_doubt(&mut self) {
        self.doubt = Some(Box::new(Doubt {
            from: self.held.len(),
            new: Fresh::default(),
        }));
    }

    /// Finds out whether a new frame has begun after a silence.
    pub(super) fn step_doubt<'i>(
        &mut self,
        part: Part,
        mut doubt: Box<Doubt>,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let from = doubt.from;
        let fresh = &self.held.live()[from..];
        match doubt.new.is_a_frame(fresh, &self.limits) {
            Some(true) => self.cut_off(part, from),
            Some(false) => {
                self.end_doubt();
                Step::GoOn
            }
            None => {
                self.doubt = Some(doubt);
                if input.is_empty() {
                    return Step::NeedMore;
                }
                let room = self.limits.max_head + from - self.held.len();
                let line = find_line_end(input).unwrap_or(input.len());
                self.hold_front(input, line.min(room), self.limits.max_head + from);
                Step::GoOn
            }
        }
    }

    /// Gives up the frame in which the silence was. The new one is held.
    fn cut_off<'i>(&mut self, part: Part, from: usize) -> Step<'i> {
        self.state = State::Start { noise: 0 };
        self.searched = 0;
        self.spent = from;
        Step::Found(match part {
            Part::Payload(text) => Found::Plain {
                came: Came::InPart { len: text.len },
                name: Place::Held(text.name()),
                payload: Place::Held(text.front..from),
            },
            Part::Head(_) | Part::Skip { .. } => Found::Ignored(Ignored::CutOff),
        })
    }

    /// Goes on with the frame in which the silence was: all that is held belongs to it.
    fn end_doubt(&mut self) {
        if let State::Within(Part::Skip { left }) = self.state {
            self.skip_held(left);
        }
    }
}
