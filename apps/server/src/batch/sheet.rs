//! A sheet: the frames of a batch in one form, and where each entry ends in it. Every byte is the encoder's.

use std::io::Write;
use std::ops::Range;

use hubbub_wire::{Frame, Label, Stamp, Time, Token, encode};

use super::position;
use crate::id::Name;
use crate::said::Said;

/// Which bytes of a batch a reader gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// Frames of CHAT/1.0.
    #[default]
    Plain,
    /// The same with the headers of the extension, for members with a grant.
    Stamped,
}

impl Form {
    /// All of them, each at its own place.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Stamped];
}

/// Which forms somebody reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forms(u8);

impl Forms {
    /// Whether somebody reads this form.
    #[must_use]
    pub fn contains(self, form: Form) -> bool {
        self.0 & (1 << form as u8) != 0
    }
}

impl FromIterator<Form> for Forms {
    fn from_iter<I: IntoIterator<Item = Form>>(forms: I) -> Self {
        Self(forms.into_iter().fold(0, |all, form| all | 1 << form as u8))
    }
}

/// About how many bytes longer a frame is in the stamped form.
const STAMP: usize = 128;

/// Writes texts of the form of a [`Seq`](crate::said::Seq) and an [`Id`](hubbub_wire::Id), as their `Display`s do, but
/// without an allocation and faster: there are two for each message.
struct Counted {
    text: [u8; Self::LONGEST],
}

impl Counted {
    /// Digits of the first number, in hex.
    const DIGITS: usize = 16;
    /// They, a hyphen, and 20 digits.
    const LONGEST: usize = Self::DIGITS + 1 + 20;

    fn new(mut front: u64) -> Self {
        let mut text = [b'-'; Self::LONGEST];
        for digit in text[..Self::DIGITS].iter_mut().rev() {
            *digit = b"0123456789abcdef"[(front % 16) as usize];
            front /= 16;
        }
        Self { text }
    }

    fn token(&mut self, count: u64) -> Option<Token<'_>> {
        let mut rest = &mut self.text[Self::DIGITS + 1..];
        write!(rest, "{count}").ok()?;
        let end = Self::LONGEST - rest.len();
        Token::new(str::from_utf8(&self.text[..end]).ok()?)
    }
}

/// Calls `each` with the stamped frame of each text.
fn stamped(said: &Said, mut each: impl FnMut(&Frame<'_>)) {
    let mut seqs = Counted::new(said.first.generation);
    let mut ids = said.own.map(|own| Counted::new(own.session.0));
    for (seq, own, payload) in said.iter() {
        let seq = seqs.token(seq.count);
        let id = match (&mut ids, own) {
            (Some(ids), Some(own)) => ids.token(own.count),
            _ => seq.as_ref().map(Token::borrowed),
        };
        let stamp = id.zip(seq.as_ref()).map(|(id, seq)| Stamp {
            id,
            seq: seq.borrowed(),
            time: said.time,
            past: false,
        });
        let frame = Frame::Text {
            username: said.name.borrowed(),
            payload,
            label: stamp.map_or(Label::Plain, Label::Stamped),
        };
        each(&frame);
    }
}

/// Frames one after another.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    bytes: Vec<u8>,
    /// Where each entry ends in `bytes`. An entry begins where the one before it ends.
    ends: Vec<u32>,
}

impl Sheet {
    /// An empty one. `size` is about what the entries take in the plain form, in bytes.
    pub(super) fn with_room(form: Form, entries: usize, size: usize) -> Self {
        let stamps = match form {
            Form::Plain => 0,
            Form::Stamped => entries * STAMP,
        };
        Self {
            bytes: Vec::with_capacity(size + stamps),
            ends: Vec::with_capacity(entries),
        }
    }

    /// One entry of these frames.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let ends = vec![position(bytes.len())];
        Self { bytes, ends }
    }

    /// Adds an entry: a member came.
    pub(super) fn joined(&mut self, form: Form, name: &Name, time: Time) {
        let username = name.borrowed();
        let time = (form == Form::Stamped).then_some(time);
        self.push(&Frame::Join { username, time });
    }

    /// Adds an entry: a member went.
    pub(super) fn left(&mut self, form: Form, name: &Name, time: Time) {
        let username = name.borrowed();
        let time = (form == Form::Stamped).then_some(time);
        self.push(&Frame::Leave { username, time });
    }

    /// Adds an entry for each text.
    pub(super) fn said(&mut self, form: Form, said: &Said) {
        match form {
            Form::Plain => said.texts.iter().for_each(|payload| {
                self.push(&Frame::text(said.name.borrowed(), payload));
            }),
            Form::Stamped => stamped(said, |frame| self.push(frame)),
        }
    }

    fn push(&mut self, frame: &Frame<'_>) {
        encode(frame, &mut self.bytes);
        self.ends.push(position(self.bytes.len()));
    }

    /// What it costs to hold, in bytes.
    pub(super) fn cost(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<u32>()
    }

    /// These entries.
    pub(super) fn bytes(&self, entries: Range<u32>) -> &[u8] {
        &self.bytes[self.begin(entries.start)..self.begin(entries.end)]
    }

    /// Finds the byte that lies `bytes` after the beginning of `entry`. Returns the entry that contains it, and its
    /// distance from the beginning of that entry.
    pub(super) fn locate(&self, entry: u32, bytes: usize) -> (u32, u32) {
        let at = self.begin(entry) + bytes;
        let before = entry as usize;
        let passed = self.ends[before..].partition_point(|&end| end as usize <= at);
        let found = position(before + passed);
        (found, position(at - self.begin(found)))
    }

    /// Where an entry begins.
    fn begin(&self, entry: u32) -> usize {
        match entry {
            0 => 0,
            _ => self.ends[entry as usize - 1] as usize,
        }
    }
}
