//! End: how a connection ended, and why there is none any more.

use crate::member::Refusal;
use crate::words::reason;
use crate::{Cause, TLS};

/// Why a server that takes nobody in plain is left.
const WANTS_TLS: &str =
    "this room wants TLS; ask whoever runs it for an invitation, which begins with chats://";

/// The code of a NOTICE that the room is paused.
const PAUSED: &str = "paused";

/// How a connection ended.
pub(crate) enum End {
    /// The user left.
    Left,
    /// The user left, and the server closed after it had read the LEAVE.
    Parted,
    /// The user left, and the server has refused us all the same: it did not take what was said before.
    Barred(Lost),
    /// It broke, the server closed it or refused us, or there never was one.
    Lost(Lost),
    /// The room wants a password that it did not get.
    AsksPassword,
    /// The same member has connected elsewhere, or an operator has put us out: do not connect before the user wants it.
    Out,
}

/// Why there is no connection any more.
pub(crate) struct Lost {
    /// In words for a person.
    pub(crate) why: String,
    /// For a program.
    pub(crate) cause: Cause,
    /// Whether the next attempt needs no wait.
    pub(crate) at_once: bool,
    /// Whether the room is paused: it may go on at any time, and the wait does not grow.
    pub(crate) is_paused: bool,
}

impl Lost {
    /// Why a server lets nobody begin.
    pub(crate) const TURNS_AWAY: &str = "the room turns connections away: it is full, or this address is banned or \
        came too often; try again later";

    pub(crate) fn because(cause: Cause, why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            cause,
            at_once: false,
            is_paused: false,
        }
    }

    /// Another program knows the server with another key, and has learnt it since the connection began. The next
    /// attempt decides by that.
    pub(super) fn contested() -> Self {
        Self {
            why: "another program knows this room with another key".to_owned(),
            cause: Cause::CutOff,
            at_once: true,
            is_paused: false,
        }
    }

    /// The server takes nobody in plain. It is not followed into TLS, where nothing would say that it is the right one.
    pub(super) fn wants_tls() -> Self {
        let code = Some(TLS.to_owned());
        Self::because(Cause::Refused { code }, WANTS_TLS)
    }

    /// The server has refused us, by words and perhaps for a program. Where it has not, the end of the connection may have
    /// told why.
    pub(super) fn refused(Refusal { words, code }: Refusal, told: Option<Self>) -> Self {
        let told = told.map(|told| told.cause).filter(Cause::is_refusal);
        let is_paused = code.as_deref() == Some(PAUSED);
        let cause = match (code, told) {
            // It says nothing of us, and nothing of other servers.
            _ if is_paused => Cause::CutOff,
            (None, Some(told)) => told,
            (code, _) => Cause::Refused { code },
        };
        Self {
            is_paused,
            ..Self::because(cause, reason(&words))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(code: Option<&str>) -> Cause {
        let code = code.map(str::to_owned);
        Cause::Refused { code }
    }

    #[test]
    fn a_refusal_has_the_words_of_the_server_and_the_reason_that_is_told_to_programs() {
        for (code, told, expected) in [
            (None, None, cause(None)),
            (None, Some(cause(Some("full"))), cause(Some("full"))),
            // A connection that broke says nothing about the refusal before it.
            (None, Some(Cause::CutOff), cause(None)),
            (Some("name"), Some(cause(Some("full"))), cause(Some("name"))),
        ] {
            let refusal = Refusal {
                words: "the room is full".to_owned(),
                code: code.map(str::to_owned),
            };
            let told = told.map(|cause| Lost::because(cause, "told"));
            let lost = Lost::refused(refusal, told);
            assert_eq!((lost.cause, &*lost.why), (expected, "the room is full"));
        }
    }
}
