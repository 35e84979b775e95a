//! Invitations: a link that says where a room is, which key it has, and what lets one in. Pure.
//!
//! A link may carry the room's password. Nothing here shows one by mistake: an invitation has no `Display`, and errors
//! name no part of a link.

use std::error::Error;
use std::fmt::{self, Write as _};

use crate::{AddressError, Addresses, Password, Pin, PinError};

/// How many keys an invitation names at most for each address: the one that the server has and the one to come.
pub const MOST_PINS: usize = 2;

/// Where a room is and what is known of it. It is read from a link and written as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Where the room is.
    pub addresses: Addresses,
    /// Whether the room is spoken to within TLS: `chats://` rather than `chat://`.
    pub is_private: bool,
    /// The keys that the room may have, at most two for each address. Each server may have each of them. None says
    /// nothing of its key.
    pub pins: Vec<Pin>,
    /// The room's password.
    pub password: Option<Password>,
}

/// Why a text is no invitation. None of it repeats the text, which may have a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationError {
    /// It is neither a `chat://` nor a `chats://` link.
    Link,
    /// Something stands after `#` in a `chat://` link.
    Plain,
    /// A part after `#` is neither `pin=` nor `key=`.
    Part,
    /// A pin is none.
    Pin,
    /// There are more than two pins for each address.
    TooManyPins,
    /// There are too many addresses.
    TooManyAddresses,
    /// The key is empty, stands twice, or has a `%` that two hexadecimal digits do not follow.
    Key,
}

impl fmt::Display for InvitationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => {
                "an invitation is chats://HOST:PORT/#pin=PIN,key=KEY or chat://HOST:PORT, an IPv6 address in brackets \
                 and the port from 1 to 65535"
            }
            Self::Plain => {
                "an invitation to a plain room (chat://) has neither pin nor key; a private room's begins with chats://"
            }
            Self::Part => {
                "after # an invitation has pin= and key= with commas between them, and nothing else; \
                 copy all of it again"
            }
            Self::Pin => {
                "the invitation's pin is none (sha256- and 43 letters, digits, - or _); copy all of it again"
            }
            Self::TooManyPins => "the invitation has more than two pins; ask for a new one",
            Self::TooManyAddresses => return fmt::Display::fmt(&AddressError::TooMany, f),
            Self::Key => {
                "the invitation's key is empty, stands twice or is not percent-encoded; copy all of it again"
            }
        })
    }
}

impl Error for InvitationError {}

impl From<AddressError> for InvitationError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::TooMany => Self::TooManyAddresses,
            AddressError::Host | AddressError::Link => Self::Link,
        }
    }
}

impl From<PinError> for InvitationError {
    fn from(_: PinError) -> Self {
        Self::Pin
    }
}

impl Invitation {
    /// Reads a link: `chat://host:port`, or `chats://host:port/#pin=PIN,key=KEY` with as many of the parts after `#` as
    /// there are. A room on several servers has several addresses, `chat://host:port,host:port`. Without a port, it is
    /// `default_port`.
    ///
    /// # Errors
    ///
    /// It is not such a link.
    pub fn parse(link: &str, default_port: u16) -> Result<Self, InvitationError> {
        let (scheme, rest) = link.split_once("://").ok_or(InvitationError::Link)?;
        let is_private = scheme.eq_ignore_ascii_case("chats");
        if !is_private && !scheme.eq_ignore_ascii_case("chat") {
            return Err(InvitationError::Link);
        }
        let (authority, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        if !is_private && rest.len() > authority.len() {
            return Err(InvitationError::Plain);
        }
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let mut invitation = Self {
            addresses: Addresses::from_authority(authority, default_port)?,
            is_private,
            pins: Vec::new(),
            password: None,
        };
        for part in fragment.split(',').filter(|_| !fragment.is_empty()) {
            invitation.take(part)?;
        }
        Ok(invitation)
    }

    fn take(&mut self, part: &str) -> Result<(), InvitationError> {
        match part.split_once('=').ok_or(InvitationError::Part)? {
            ("pin", _) if self.pins.len() == self.most_pins() => Err(InvitationError::TooManyPins),
            ("pin", pin) => {
                self.pins.push(pin.parse()?);
                Ok(())
            }
            ("key", key) if self.password.is_none() && !key.is_empty() => {
                self.password = Some(Password::new(decoded(key)?));
                Ok(())
            }
            ("key", _) => Err(InvitationError::Key),
            _ => Err(InvitationError::Part),
        }
    }

    /// How many keys it may name.
    #[must_use]
    pub fn most_pins(&self) -> usize {
        MOST_PINS * self.addresses.count()
    }

    /// Writes the link, with the password if there is one. Whoever has it can come in.
    #[must_use]
    pub fn to_link(&self) -> String {
        let scheme = if self.is_private { "chats" } else { "chat" };
        let mut link = format!("{scheme}://{}", self.addresses);
        let mut separator = "/#";
        for pin in &self.pins {
            let _ = write!(link, "{separator}pin={pin}");
            separator = ",";
        }
        if let Some(password) = &self.password {
            let _ = write!(link, "{separator}key=");
            encode(password.as_bytes(), &mut link);
        }
        link
    }
}

/// Percent-encodes all bytes that could mean something in a link or to a shell.
fn encode(bytes: &[u8], link: &mut String) {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            link.push(char::from(byte));
        } else {
            let _ = write!(link, "%{byte:02X}");
        }
    }
}

/// Undoes percent-encoding. `+` stands for itself.
fn decoded(text: &str) -> Result<Vec<u8>, InvitationError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err(InvitationError::Key);
        };
        bytes.push((high << 4 | low) as u8);
        rest = &after[2..];
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    const NEXT: &str = "sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

    fn parse(link: &str) -> Result<Invitation, InvitationError> {
        Invitation::parse(link, 8765)
    }

    #[test]
    fn an_invitation_to_a_private_room_has_its_keys_and_its_password() {
        let link = format!("chats://chat.example.org:9000/#pin={PIN},pin={NEXT},key=a%2Cb%25");
        let invitation = parse(&link).unwrap();
        assert_eq!(invitation.addresses.to_string(), "chat.example.org:9000");
        assert!(invitation.is_private);
        let pins: Vec<_> = invitation.pins.iter().map(Pin::to_string).collect();
        assert_eq!(pins, [PIN, NEXT]);
        assert_eq!(invitation.password, Some(Password::new("a,b%")));
        assert_eq!(invitation.to_link(), link);
    }

    #[test]
    fn a_room_on_several_servers_has_two_keys_for_each_at_most() {
        let pins = |many: usize| vec![format!("pin={PIN}"); many].join(",");
        let link = format!("chats://a:1,b:2/#{},key=x", pins(4));
        let invitation = parse(&link).unwrap();
        assert_eq!(invitation.addresses.to_string(), "a:1,b:2");
        assert_eq!(invitation.to_link(), link);
        let refused = Err(InvitationError::TooManyPins);
        assert_eq!(parse(&format!("chats://a,b/#{}", pins(5))), refused);
        assert_eq!(
            parse("chat://a,b").unwrap().to_link(),
            "chat://a:8765,b:8765"
        );
        let many = vec!["a"; 17].join(",");
        let refused = parse(&format!("chats://{many}")).unwrap_err();
        assert_eq!(refused, InvitationError::TooManyAddresses);
        assert!(refused.to_string().contains("at most 16"), "{refused}");
    }

    #[test]
    fn each_part_may_be_missing() {
        for (link, written) in [
            ("chat://a", "chat://a:8765"),
            ("CHAT://a:1/", "chat://a:1"),
            ("chats://a", "chats://a:8765"),
            ("Chats://[::1]:2/", "chats://[::1]:2"),
            ("chats://a/#", "chats://a:8765"),
            ("chats://a#key=x", "chats://a:8765/#key=x"),
        ] {
            let invitation = parse(link).unwrap();
            assert_eq!(invitation.to_link(), written, "{link}");
            assert_eq!(parse(written).unwrap(), invitation);
        }
    }

    #[test]
    fn every_password_comes_back_from_a_link_and_means_nothing_to_a_shell() {
        let all: Vec<u8> = (0..=255).collect();
        let mut invitation = parse("chats://a").unwrap();
        invitation.password = Some(Password::new(all));
        let link = invitation.to_link();
        assert_eq!(parse(&link).unwrap(), invitation);
        let (_, key) = link.split_once("key=").unwrap();
        let is_safe = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
        assert!(key.chars().all(is_safe), "{key}");
    }

    #[test]
    fn a_plus_a_second_equals_sign_and_letters_of_all_languages_stand_for_themselves() {
        for key in ["a+b", "a==", "größe", "a%2bb%C3%BC"] {
            let invitation = parse(&format!("chats://a/#key={key}")).unwrap();
            let meant = key.replace("%2b", "+").replace("%C3%BC", "ü");
            assert_eq!(invitation.password, Some(Password::new(meant)));
        }
    }

    #[test]
    fn what_is_no_invitation_is_refused_without_repeating_it() {
        let pins = |many: usize| vec![format!("pin={PIN}"); many].join(",");
        assert!(parse(&format!("chats://a/#{}", pins(2))).is_ok());
        for (link, why) in [
            ("a:1".to_owned(), InvitationError::Link),
            ("http://a".to_owned(), InvitationError::Link),
            ("chats://a:0".to_owned(), InvitationError::Link),
            ("chats://a/path#key=x".to_owned(), InvitationError::Link),
            ("chats://me@a/".to_owned(), InvitationError::Link),
            ("chat://a/#key=x".to_owned(), InvitationError::Plain),
            ("chat://a#".to_owned(), InvitationError::Plain),
            ("chats://a/#x".to_owned(), InvitationError::Part),
            ("chats://a/#KEY=x".to_owned(), InvitationError::Part),
            ("chats://a/#key=x,".to_owned(), InvitationError::Part),
            ("chats://a/#pin=x".to_owned(), InvitationError::Pin),
            (
                format!("chats://a/#{}", pins(3)),
                InvitationError::TooManyPins,
            ),
            ("chats://a/#key=".to_owned(), InvitationError::Key),
            ("chats://a/#key=x,key=x".to_owned(), InvitationError::Key),
            ("chats://a/#key=x%".to_owned(), InvitationError::Key),
            ("chats://a/#key=x%2".to_owned(), InvitationError::Key),
            ("chats://a/#key=x%2g".to_owned(), InvitationError::Key),
            ("chats://a/#key=x%+2".to_owned(), InvitationError::Key),
        ] {
            assert_eq!(parse(&link), Err(why), "{link}");
        }
    }

    #[test]
    fn an_invitation_does_not_show_its_password_to_whoever_prints_it() {
        let invitation = parse("chats://a/#key=correcthorse").unwrap();
        assert!(!format!("{invitation:?}").contains("correcthorse"));
    }
}
