//! Why a connection ends, for a browser: it has no other way to tell an end that it may mend by coming again from one
//! that it may not.

use hubbub_transport::Goodbye;

use crate::event::Departure;
use crate::room::Refusal;

/// What a browser is told that goes for this reason.
#[must_use]
pub(crate) const fn goodbye(why: Departure) -> Goodbye {
    match why {
        Departure::Refused(Refusal::NameTaken | Refusal::NameReserved) => Goodbye::Name,
        Departure::Refused(Refusal::NoPassword | Refusal::WrongPassword) => Goodbye::Password,
        Departure::Refused(Refusal::OtherVersion) => Goodbye::Version,
        Departure::Refused(Refusal::Kicked { .. }) | Departure::Kicked => Goodbye::Kicked,
        Departure::Refused(Refusal::Banned { .. }) | Departure::Banned => Goodbye::Banned,
        Departure::Replaced => Goodbye::Replaced,
        Departure::CrowdedOut => Goodbye::Full,
        Departure::NeverJoined => Goodbye::Late,
        Departure::Broke(_) | Departure::LeftOutText => Goodbye::Chat,
        Departure::BeyondLimit => Goodbye::TooLong,
        Departure::Unanswered | Departure::OutOfMemory | Departure::TextStalled => Goodbye::Busy,
        // It goes by itself, or what it is told does not reach it.
        _ => Goodbye::Left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Code;

    /// A page that missed the notice learns the same from the close.
    #[test]
    fn a_refusal_has_one_name_in_a_notice_and_in_a_close() {
        for refusal in [
            Refusal::NameTaken,
            Refusal::NameReserved,
            Refusal::NoPassword,
            Refusal::WrongPassword,
            Refusal::OtherVersion,
            Refusal::Kicked { seconds: 1 },
            Refusal::Banned { seconds: None },
        ] {
            let close = goodbye(Departure::Refused(refusal)).reason();
            assert_eq!(close, Code::of(refusal).as_str());
        }
        for (why, code) in [
            (Departure::Replaced, Code::Replaced),
            (Departure::Kicked, Code::Kicked),
            (Departure::BeyondLimit, Code::TooLong),
        ] {
            assert_eq!(goodbye(why).reason(), code.as_str());
        }
        assert_eq!(Goodbye::Stopping.reason(), Code::Stopping.as_str());
    }
}
