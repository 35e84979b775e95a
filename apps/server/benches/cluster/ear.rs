//! One who hears: takes apart what comes to a member, and looks whether each text of each speaker comes once and in its
//! turn. Those who have heard the same in the same order end with the same digest.

use std::io;

/// How long a text is, in bytes.
const TEXT_BYTES: usize = 64;

/// What a text begins with: who says it, and which of that one's texts it is.
const SPEAKER_DIGITS: usize = 3;
const NUMBER_DIGITS: usize = 10;

/// The text with this number of this speaker. The first one is 1.
pub(crate) fn text(speaker: usize, number: u64) -> String {
    let begin = format!("{speaker:0SPEAKER_DIGITS$} {number:0NUMBER_DIGITS$} ");
    format!("{begin:x<TEXT_BYTES$}")
}

pub(crate) struct Ear {
    /// The begin of a frame that is not complete.
    rest: Vec<u8>,
    /// The last text of each speaker.
    heard: Vec<u64>,
    digest: u64,
    paused: usize,
}

impl Ear {
    pub(crate) fn new(speakers: usize) -> Self {
        Self {
            rest: Vec::new(),
            heard: vec![0; speakers],
            digest: 0,
            paused: 0,
        }
    }

    /// The last text of each speaker.
    pub(crate) fn heard(&self) -> &[u64] {
        &self.heard
    }

    /// Follows from all texts in their order.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// How often the room was paused.
    pub(crate) fn paused(&self) -> usize {
        self.paused
    }

    /// Hears this, and hands out each text: whose, and its number.
    pub(crate) fn hear(
        &mut self,
        bytes: &[u8],
        mut hand_out: impl FnMut(usize, u64),
    ) -> io::Result<()> {
        self.rest.extend_from_slice(bytes);
        let mut all = std::mem::take(&mut self.rest);
        let mut left = &all[..];
        while let Some((head, behind)) = head(left) {
            if head.starts_with(b"CHAT/1.0 TEXT\r\n") {
                let Some((text, behind)) = behind.split_at_checked(TEXT_BYTES) else {
                    break;
                };
                let (speaker, number) = self.take(text)?;
                hand_out(speaker, number);
                left = behind;
            } else if head.starts_with(b"CHAT/1.0 NOTICE\r\n") {
                let Some((code, behind)) = notice(head, behind) else {
                    break;
                };
                self.paused += usize::from(code == "paused");
                left = behind;
            } else {
                let head = head.escape_ascii();
                return Err(io::Error::other(format!("nobody expects {head}")));
            }
        }
        let done = all.len() - left.len();
        all.drain(..done);
        self.rest = all;
        Ok(())
    }

    fn take(&mut self, text: &[u8]) -> io::Result<(usize, u64)> {
        let speaker = number(&text[..SPEAKER_DIGITS])? as usize;
        let number = number(&text[SPEAKER_DIGITS + 1..][..NUMBER_DIGITS])?;
        let wrong = || io::Error::other(format!("text {number} of speaker {speaker} out of turn"));
        let last = self.heard.get_mut(speaker).ok_or_else(wrong)?;
        if number != *last + 1 {
            return Err(wrong());
        }
        *last = number;
        let text = (speaker as u64) << 48 | number;
        self.digest = (self.digest.rotate_left(5) ^ text).wrapping_mul(0x517c_c1b7_2722_0a95);
        Ok((speaker, number))
    }
}

/// The head of the frame at the front, and what is behind it.
fn head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(bytes.split_at(end + 4))
}

/// The code of a NOTICE, and what is behind it.
fn notice<'a>(head: &[u8], behind: &'a [u8]) -> Option<(String, &'a [u8])> {
    let head = String::from_utf8_lossy(head).into_owned();
    let value = |name: &str| Some(head.split_once(name)?.1.split_once("\r\n")?.0.to_owned());
    let len = value("Msg-len: ").and_then(|digits| digits.parse().ok());
    let behind = behind.get(len.unwrap_or(0)..)?;
    Some((value("Code: ").unwrap_or_default(), behind))
}

fn number(digits: &[u8]) -> io::Result<u64> {
    digits.iter().try_fold(0, |number, digit| match digit {
        b'0'..=b'9' => Ok(number * 10 + u64::from(digit - b'0')),
        _ => Err(io::Error::other("a text that nobody has said")),
    })
}
