//! Codes: why a server closed the connection of a browser, where it said so in no frame. Pure.

use hubbub_transport::Goodbye;

use crate::connection::Lost;
use crate::{Cause, TURNED_AWAY};

/// What a code means for the member. `None`: it says nothing, or nothing that is known here.
pub(crate) fn lost(code: u16) -> Option<Lost> {
    let goodbye = Goodbye::of(code)?;
    let (code, why) = match goodbye {
        Goodbye::Left => return None,
        Goodbye::Stopping => (None, "the server is stopping"),
        Goodbye::Late => (None, "the server heard no JOIN in time"),
        Goodbye::Busy => (None, "the server is too busy"),
        Goodbye::Silent => (None, "the server has heard nothing for a long time"),
        Goodbye::Full => (Some(TURNED_AWAY), Lost::TURNS_AWAY),
        Goodbye::Name => (Some(goodbye.reason()), "the name is taken"),
        Goodbye::Password => (Some(goodbye.reason()), "the room wants a password"),
        Goodbye::Kicked => (Some(goodbye.reason()), "an operator has put you out"),
        Goodbye::Banned => (Some(goodbye.reason()), "this address is banned"),
        Goodbye::Replaced => (Some(goodbye.reason()), "you have come from elsewhere"),
        Goodbye::TooLong => (Some(goodbye.reason()), "a text was too long for this room"),
        Goodbye::Version
        | Goodbye::Protocol
        | Goodbye::Text
        | Goodbye::NotUtf8
        | Goodbye::Flood
        | Goodbye::TooBig
        | Goodbye::Chat => {
            let why = "the server does not understand this page; load it again";
            (Some(goodbye.reason()), why)
        }
    };
    let cause = match code {
        Some(code) => Cause::Refused {
            code: Some(code.to_owned()),
        },
        None => Cause::CutOff,
    };
    Some(Lost::because(cause, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_whether_and_why_the_server_refuses_us() {
        for goodbye in Goodbye::ALL {
            let cause = lost(goodbye.code()).map(|lost| lost.cause);
            let code = match goodbye {
                Goodbye::Left => {
                    assert_eq!(cause, None);
                    continue;
                }
                Goodbye::Stopping | Goodbye::Late | Goodbye::Busy | Goodbye::Silent => {
                    assert_eq!(cause, Some(Cause::CutOff), "{goodbye:?}");
                    continue;
                }
                Goodbye::Full => TURNED_AWAY,
                goodbye => goodbye.reason(),
            };
            let code = Some(code.to_owned());
            assert_eq!(cause, Some(Cause::Refused { code }), "{goodbye:?}");
        }
    }

    #[test]
    fn a_missing_password_is_asked_for_as_where_a_notice_says_so() {
        let lost = lost(Goodbye::Password.code()).unwrap();
        assert!(lost.cause.wants_password());
    }

    #[test]
    fn other_codes_say_nothing() {
        for code in [0, 1005, 1006, 4000, 4999] {
            assert!(lost(code).is_none(), "{code}");
        }
    }
}
