//! Inviting: the invitation to the private room in which the user is, from what led here and what is known since.

use std::rc::Rc;

use dioxus::prelude::*;
use hubbub_session::Reason;
use hubbub_session::known::{KnownRoom, KnownRooms};
use hubbub_transport::{Invitation, Password};

use super::{Memory, Room};
use crate::background;
use crate::timeline::{Secured, Timeline};

/// Makes an invitation, if the room is private, and shows it. A slow disk holds up nothing.
pub(super) fn invite(
    memory: &Memory,
    timeline: Signal<Timeline>,
    mut shown: Signal<Option<Rc<str>>>,
) {
    let Some(secured) = timeline.peek().secured().cloned() else {
        return;
    };
    let Room {
        invitation, known, ..
    } = consume_context();
    let typed = memory.password();
    spawn(async move {
        let addresses = invitation.addresses.clone();
        let known = background::run("known rooms", move || {
            let rooms = known.map(KnownRooms::at)?;
            // What cannot be read is told where the connection is made.
            rooms.get(&addresses).ok().flatten()
        });
        let known = known.await.ok().flatten();
        let link = invitation_to(&invitation, &secured, known, typed).to_link();
        shown.set(Some(link.into()));
    });
}

/// What the user can hand on: the room's keys, unless an authority vouches for it and the next key may be another one,
/// and the password.
fn invitation_to(
    came_by: &Invitation,
    secured: &Secured,
    known: Option<KnownRoom>,
    typed: Option<Password>,
) -> Invitation {
    // Of a room on several servers, what is known of all of them is together.
    let (most, is_on_several) = (came_by.most_pins(), came_by.addresses.are_several());
    let known = known.filter(|known| known.pins.iter().any(|pin| Some(*pin) == secured.pin));
    let pins = match (secured.reason, &known) {
        (Reason::Authority, _) => Vec::new(),
        (_, Some(known)) => known.pins.iter().copied().take(most).collect(),
        (_, None) => secured.pin.into_iter().collect(),
    };
    let kept = known
        .and_then(|known| known.password)
        .filter(|kept| is_on_several || Some(kept.key) == secured.pin);
    // What was typed is for the server that had asked, and for no other one.
    let typed = typed.filter(|_| !is_on_several);
    let password = kept.map(|kept| kept.password).or(typed);
    Invitation {
        addresses: came_by.addresses.clone(),
        is_private: true,
        pins,
        password: password.or_else(|| came_by.password.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use hubbub_session::known::KeptPassword;
    use hubbub_transport::Pin;

    use super::*;

    fn pin(text: &str) -> Pin {
        text.parse().unwrap()
    }

    fn ours() -> Pin {
        pin("sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
    }

    fn next() -> Pin {
        pin("sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
    }

    fn made(reason: Reason, known: Option<KnownRoom>, typed: Option<&str>) -> String {
        made_at("a:1", reason, known, typed)
    }

    fn made_at(
        addresses: &str,
        reason: Reason,
        known: Option<KnownRoom>,
        typed: Option<&str>,
    ) -> String {
        let came_by = Invitation::parse(&format!("chats://{addresses}/#key=link"), 1).unwrap();
        let secured = Secured {
            reason,
            since: crate::moment::Moment::new(std::time::UNIX_EPOCH, |_| 0),
            pin: Some(ours()),
            all_private: true,
        };
        invitation_to(&came_by, &secured, known, typed.map(Password::new)).to_link()
    }

    fn known(pins: &[Pin], key: Pin) -> Option<KnownRoom> {
        let password = Some(KeptPassword {
            password: Password::new("kept"),
            key,
        });
        Some(KnownRoom {
            pins: pins.to_vec(),
            reason: Reason::Pin,
            since: SystemTime::UNIX_EPOCH,
            password,
        })
    }

    #[test]
    fn an_invitation_names_the_keys_and_the_password_that_are_known() {
        let (one, two) = (ours(), next());
        assert_eq!(
            made(Reason::Pin, known(&[one, two], one), None),
            format!("chats://a:1/#pin={one},pin={two},key=kept")
        );
        assert_eq!(
            made(Reason::Asked, None, Some("typed")),
            format!("chats://a:1/#pin={one},key=typed")
        );
        assert_eq!(
            made(Reason::Asked, None, None),
            format!("chats://a:1/#pin={one},key=link")
        );
    }

    #[test]
    fn an_invitation_to_several_servers_names_the_keys_of_all_and_their_password() {
        let (one, two) = (ours(), next());
        let three = Pin::of_key(b"three");
        let made = made_at(
            "a:1,b:1",
            Reason::Asked,
            known(&[one, two, three], two),
            None,
        );
        let keys = format!("pin={one},pin={two},pin={three},key=kept");
        assert_eq!(made, format!("chats://a:1,b:1/#{keys}"));
    }

    #[test]
    fn where_an_authority_vouches_no_key_is_named() {
        let made = made(Reason::Authority, known(&[ours()], ours()), None);
        assert_eq!(made, "chats://a:1/#key=kept");
    }

    #[test]
    fn a_password_that_was_meant_for_another_key_is_not_handed_on() {
        let (one, two) = (ours(), next());
        let made = made(Reason::Pin, known(&[one], two), None);
        assert_eq!(made, format!("chats://a:1/#pin={one},key=link"));
    }
}
