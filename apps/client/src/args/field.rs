//! Where a room is, as people write it into a field. Pure.

use hubbub_transport::{Addresses, Invitation};

use crate::handover;

/// Reads where a room is, as people write it into a field: `host`, `host:port`, a link or an invitation.
///
/// # Errors
///
/// It is none of these; why, in words for the user.
pub fn room(text: &str) -> Result<Invitation, String> {
    let text = text.trim();
    if text
        .get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("chats://"))
    {
        return handover::parse(text);
    }
    let link = if text.contains("://") {
        text.to_owned()
    } else {
        format!("chat://{text}")
    };
    handover::parse(&link).map_err(|_| {
        "this is no room; give HOST or HOST:PORT, an IPv6 address in brackets and the port from 1 to 65535, or paste the \
         invitation"
            .to_owned()
    })
}

/// Reads the same. Where a scheme does not say otherwise, a room that was `private` before is so again.
///
/// # Errors
///
/// As those of [`room`].
pub fn room_as_before(text: &str, private: &[Addresses]) -> Result<Invitation, String> {
    let mut room = room(text)?;
    room.is_private |= !text.contains("://") && private.contains(&room.addresses);
    Ok(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "chats://chat.example.org:9000/#pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,key=correct%20horse";

    #[test]
    fn an_invitation_can_be_pasted_into_the_field_for_the_room() {
        assert_eq!(room(LINK).unwrap().to_link(), LINK);
        assert_eq!(room(&format!(" {LINK} ")).unwrap().to_link(), LINK);
        let why = room(&format!("{LINK},more")).unwrap_err();
        assert!(
            why.contains("copy all of it again") && !why.contains("horse"),
            "{why}"
        );
    }

    #[test]
    fn a_room_that_was_private_is_so_again_unless_a_link_says_otherwise() {
        let private = [room("a:1").unwrap().addresses];
        for (text, link) in [
            (" a:1 ", "chats://a:1"),
            ("chat://a:1", "chat://a:1"),
            ("a:2", "chat://a:2"),
        ] {
            assert_eq!(room_as_before(text, &private).unwrap().to_link(), link);
        }
    }

    #[test]
    fn a_room_in_a_field_is_a_host_with_or_without_a_port_or_a_link() {
        for (text, address) in [
            ("localhost", "localhost:8765"),
            ("chat.example.org:9000", "chat.example.org:9000"),
            ("[2001:db8::7]", "[2001:db8::7]:8765"),
            ("chat://192.0.2.7/", "192.0.2.7:8765"),
            ("a,b:1,[::1]", "a:8765,b:1,[::1]:8765"),
        ] {
            assert_eq!(room(text).unwrap().addresses.to_string(), address);
        }
        for text in [
            "", "a b", "a,", "::1", "a:0", "a:65536", "http://a", "bob@a",
        ] {
            assert!(room(text).unwrap_err().contains("HOST:PORT"), "{text}");
        }
    }
}
