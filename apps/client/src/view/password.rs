//! The card that asks for a room's password. The field belongs to the page, like the composer's.

use dioxus::prelude::*;
use hubbub_transport::{Address, Password};
use hubbub_wire::MAX_PASSWORD;

use super::icon::{Shape, icon};
use super::{IN_BROWSER, QUIT, page};
use crate::bridge::{Action, Bridge, Room};

#[component]
pub(super) fn PasswordCard(address: Address, refused: bool) -> Element {
    let bridge = use_context::<Bridge>();
    let room = use_context::<Room>();
    let mut trouble = use_signal(|| None);
    use_effect(|| page::focus_on("password"));
    let is_one_of_several = room.invitation.addresses.are_several();
    let place = if IN_BROWSER {
        room.place(Some(&address))
    } else if is_one_of_several {
        address.to_string()
    } else {
        room.address.clone()
    };
    let submit = move |event: FormEvent| {
        let Some(FormValue::Text(password)) = event.get_first("password") else {
            return;
        };
        match checked(password) {
            Ok(password) => {
                trouble.set(None);
                bridge.act(Action::Password(address.clone(), password));
            }
            Err(why) => trouble.set(Some(why)),
        }
    };
    let words = match trouble() {
        Some(why) => Some(why),
        None if refused => Some("The room does not take this password.".to_owned()),
        None => None,
    };
    rsx! {
        section { id: "question", class: "card", "aria-labelledby": "question-words",
            span { class: "emblem", "aria-hidden": "true", {icon(Shape::Lock)} }
            h1 { id: "question-words", "This room wants a password" }
            p { class: "where", "{place}" }
            form { id: "password-form", onsubmit: submit,
                label { r#for: "password", "Password" }
                input {
                    id: "password",
                    name: "password",
                    r#type: "password",
                    dir: "ltr",
                    autocomplete: "off",
                    spellcheck: "false",
                    aria_invalid: words.is_some(),
                    "aria-describedby": "password-trouble password-advice",
                }
                p { id: "password-trouble", role: "alert",
                    if let Some(words) = &words {
                        "{words}"
                    }
                }
                p { id: "password-advice", class: "advice",
                    "Somebody who is in the room can give you its invitation, which has the password in it."
                }
                div { class: "buttons",
                    button { id: "join", class: "primary", r#type: "submit", "Join" }
                    button {
                        id: "quit",
                        r#type: "button",
                        onclick: move |_| bridge.quit(),
                        {QUIT}
                    }
                }
            }
        }
    }
}

/// The password, if a room can have it.
fn checked(password: String) -> Result<Password, String> {
    match password.len() {
        0 => Err("Write the password first.".to_owned()),
        1..=MAX_PASSWORD => Ok(Password::new(password)),
        length => Err(format!(
            "This has {length} bytes, and {MAX_PASSWORD} is the most that a password has."
        )),
    }
}
