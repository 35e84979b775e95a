//! Hearing: bytes of the server to what they say, and the end of a connection on which they say nothing.

use std::time::Duration;

use hubbub_wire::DecodeError;

use super::{Connection, End, Lost};
use crate::Cause;
use crate::member::Ending;

/// A frame that began and did not go on for this long is given up when another one begins. No network delays the rest
/// of a frame by as much, and to a person who waits for the texts of others it is a moment.
const SILENCE: Duration = Duration::from_secs(2);

/// The first byte of the only thing that TLS has to say to a plain client. No server of CHAT/1.0 begins with it.
const TLS_ALERT: u8 = 0x15;

impl Connection<'_> {
    /// Takes what was read. After the user's wish to leave, only what tells that a text has arrived still matters, or
    /// that the server refuses us.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<End> {
        let is_first = !std::mem::replace(&mut self.has_heard, true);
        if is_first && bytes.first() == Some(&TLS_ALERT) && !self.network.options.is_private {
            return Some(End::Lost(Lost::wants_tls()));
        }
        if self.leave_by.is_some() {
            if self.network.member.is_granted() || self.network.member.may_be_refused() {
                // Whatever ends the connection now, the user has left it.
                let _ = self.hear_all(bytes);
            }
            return None;
        }
        let end = self.hear_or_end(bytes);
        self.silent_at = self.decoder.is_mid_frame().then(|| self.now() + SILENCE);
        end
    }

    /// Decides what was in doubt: nothing came for a long time, or nothing more will come.
    pub(super) fn silence(&mut self) -> Option<End> {
        self.silent_at = None;
        self.decoder.silence();
        self.hear_or_end(&[])
    }

    fn hear_or_end(&mut self, bytes: &[u8]) -> Option<End> {
        match self.hear_all(bytes) {
            Ok(ending) => ending.map(|ending| self.end(ending)),
            Err(error) => {
                self.network.member.admit();
                self.part_at_once();
                let why = format!("the server sent something that is not CHAT/1.0 ({error})");
                Some(End::Lost(Lost::because(Cause::NotChat, why)))
            }
        }
    }

    fn hear_all(&mut self, mut bytes: &[u8]) -> Result<Option<Ending>, DecodeError> {
        while let Some(item) = self.decoder.next(&mut bytes)? {
            let now = self.network.now();
            let ending = self.network.member.hear(&item, now);
            self.network.publish();
            if ending.is_some() {
                return Ok(ending);
            }
        }
        Ok(None)
    }

    /// The end of a connection that the member gives up.
    pub(super) fn end(&mut self, ending: Ending) -> End {
        match ending {
            Ending::GiveUp { why, cause } => End::Lost(Lost::because(cause, why)),
            Ending::Asleep => End::Lost(Lost {
                why: "the connection did not survive the computer's sleep".to_owned(),
                cause: Cause::CutOff,
                at_once: true,
                is_paused: false,
            }),
            Ending::Replaced | Ending::Kicked => End::Out,
        }
    }
}
