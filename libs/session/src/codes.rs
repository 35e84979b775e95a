//! Codes: why a server closed the connection of a browser, where it said so in no frame. Pure.

use crate::connection::Lost;
use crate::{Cause, TURNED_AWAY};

/// What a code means for the member. `None`: what was heard says it, or nobody says anything.
pub(crate) fn lost(code: u16, reason: &str) -> Option<Lost> {
    let refused = |code: &str, why: &str| {
        let code = Some(code.to_owned());
        Some(Lost::because(Cause::Refused { code }, why))
    };
    let cut_off = |why: &str| Some(Lost::because(Cause::CutOff, why));
    match code {
        1001 => cut_off("the server is stopping"),
        1002 | 1003 | 1007 | 1008 | 1009 | 4009 => {
            let why = "the server did not understand this program; load the page again";
            refused(reason, why)
        }
        4001 => refused("name", "this name is taken"),
        4002 => refused("password", "the room wants a password"),
        4003 => refused(
            "version",
            "the server speaks another version; load the page again",
        ),
        4005 => refused("banned", "you are banned from this room"),
        4007 => refused(TURNED_AWAY, Lost::TURNS_AWAY),
        4008 => cut_off("the server heard nothing from this program in time"),
        4010 => refused("too-long", "the text was too long for this room"),
        4011 => cut_off("the server is too busy"),
        4012 => cut_off("the server does not hear this program any more"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(code: u16, reason: &str) -> Option<Cause> {
        lost(code, reason).map(|lost| lost.cause)
    }

    fn refused(code: &str) -> Option<Cause> {
        let code = Some(code.to_owned());
        Some(Cause::Refused { code })
    }

    #[test]
    fn a_code_says_whether_and_why_the_server_refuses_us() {
        for (code, word) in [
            (4001, "name"),
            (4002, "password"),
            (4003, "version"),
            (4005, "banned"),
            (4010, "too-long"),
            (1009, "too-big"),
            (4009, "chat"),
        ] {
            assert_eq!(cause(code, word), refused(word), "{code}");
        }
        assert_eq!(cause(4007, "full"), refused(TURNED_AWAY));
        for code in [1001, 4008, 4011, 4012] {
            assert_eq!(cause(code, "word"), Some(Cause::CutOff), "{code}");
        }
    }

    #[test]
    fn what_stands_in_frames_or_says_nothing_is_left_to_others() {
        for code in [1000, 1005, 1006, 4004, 4006, 4999] {
            assert_eq!(cause(code, "word"), None, "{code}");
        }
    }
}
