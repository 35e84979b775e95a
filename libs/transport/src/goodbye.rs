//! Goodbye: why the server closes the connection of a browser, as both sides know it. On the wire it is the code and
//! the reason of WebSocket's close frame. A page turns them into words for people.

/// Why the server closes the connection of a browser. Codes below 4000 mean what RFC 6455 (7.4.1) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// The member has left, or there is nothing more to say.
    Left,
    /// The server stops.
    Stopping,
    /// It broke the rules of WebSocket.
    Protocol,
    /// It sent a text message. There are only binary ones.
    Text,
    /// What was to be UTF-8 was not.
    NotUtf8,
    /// It sent too many frames that brought nothing.
    Flood,
    /// It sent a message that is too long for one.
    TooBig,
    /// The name is taken or reserved.
    Name,
    /// The password of the room is missing or wrong.
    Password,
    /// It offers another version of the extension.
    Version,
    /// An operator has put it out.
    Kicked,
    /// An operator has banned its address.
    Banned,
    /// The same member has connected anew.
    Replaced,
    /// There is no place for it.
    Full,
    /// It did not join in time.
    Late,
    /// It broke the rules of CHAT/1.0 or of the extension.
    Chat,
    /// It sent a text beyond the limit.
    TooLong,
    /// The server could not serve it any longer. It may come again.
    Busy,
    /// It gave no sign of life.
    Silent,
}

impl Goodbye {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Left,
        Self::Stopping,
        Self::Protocol,
        Self::Text,
        Self::NotUtf8,
        Self::Flood,
        Self::TooBig,
        Self::Name,
        Self::Password,
        Self::Version,
        Self::Kicked,
        Self::Banned,
        Self::Replaced,
        Self::Full,
        Self::Late,
        Self::Chat,
        Self::TooLong,
        Self::Busy,
        Self::Silent,
    ];

    /// What it is on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::Stopping => 1001,
            Self::Protocol => 1002,
            Self::Text => 1003,
            Self::NotUtf8 => 1007,
            Self::Flood => 1008,
            Self::TooBig => 1009,
            Self::Name => 4001,
            Self::Password => 4002,
            Self::Version => 4003,
            Self::Kicked => 4004,
            Self::Banned => 4005,
            Self::Replaced => 4006,
            Self::Full => 4007,
            Self::Late => 4008,
            Self::Chat => 4009,
            Self::TooLong => 4010,
            Self::Busy => 4011,
            Self::Silent => 4012,
        }
    }

    /// The one word that goes with the code. It is the code of a NOTICE where there is one for the same end.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Stopping => "stopping",
            Self::Protocol => "protocol",
            Self::Text => "text",
            Self::NotUtf8 => "utf-8",
            Self::Flood => "flood",
            Self::TooBig => "too-big",
            Self::Name => "name",
            Self::Password => "password",
            Self::Version => "version",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::Replaced => "replaced",
            Self::Full => "full",
            Self::Late => "late",
            Self::Chat => "chat",
            Self::TooLong => "too-long",
            Self::Busy => "busy",
            Self::Silent => "silent",
        }
    }

    /// The one with this code.
    #[must_use]
    pub fn of(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_again_by_its_code_and_no_other_code_is_one() {
        for why in Goodbye::ALL {
            assert_eq!(Goodbye::of(why.code()), Some(why));
        }
        for other in [0, 999, 1005, 1006, 1015, 4000, 4013, u16::MAX] {
            assert_eq!(Goodbye::of(other), None);
        }
    }

    /// RFC 6455, 5.5: the payload of a control frame has 125 bytes at most.
    #[test]
    fn every_reason_fits_into_a_close_frame() {
        assert!(Goodbye::ALL.iter().all(|why| 2 + why.reason().len() <= 125));
    }
}
