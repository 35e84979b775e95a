//! The lock in the header of a private room, and the card that it opens: why this room is believed and since
//! when, whether everybody's line is private, and what a private line does not keep secret.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::invite::Invite;
use super::page;
use super::status::use_place;
use super::trust::Fingerprint;
use crate::bridge::Bridge;
use crate::timeline::{Reason, Secured};

/// Nothing in a plain room.
#[component]
pub(super) fn Lock() -> Element {
    let bridge = use_context::<Bridge>();
    let secured = use_memo(move || bridge.timeline.read().secured().cloned());
    let mut open = use_signal(|| false);
    // After an outage nothing opens by itself.
    use_effect(move || {
        if secured.read().is_none() {
            open.set(false);
        }
    });
    let secured = secured.read();
    let Some(secured) = &*secured else {
        return rsx! {};
    };
    let all = secured.all_private;
    let label = if all {
        "Private room"
    } else {
        "Not everybody's line is private"
    };
    rsx! {
        button {
            id: "lock",
            class: "tool",
            r#type: "button",
            title: label,
            aria_label: "{label}: details and invitation",
            aria_expanded: open(),
            "aria-haspopup": "dialog",
            "data-all": if all { "yes" } else { "no" },
            onclick: move |_| open.set(true),
            {icon(if all { Shape::Lock } else { Shape::HalfLock })}
            if !all {
                span { class: "lock-words", "not everybody's line is private" }
            }
        }
        if open() {
            LockCard { secured: secured.clone(), on_close: move |()| open.set(false) }
        }
    }
}

#[component]
fn LockCard(secured: Secured, on_close: EventHandler) -> Element {
    let place = use_place();
    let bridge = use_context::<Bridge>();
    // The code stands in the place of the rest, so that a camera has all of it in sight.
    let scans = use_signal(|| false);
    let remembers = use_memo(move || bridge.timeline.read().past().kept().is_some());
    use_effect(|| page::open_dialog("lock-card"));
    rsx! {
        dialog { id: "lock-card", class: "sheet", "aria-labelledby": "lock-words",
            h2 { id: "lock-words",
                if secured.all_private {
                    "Nobody reads along on the way"
                } else {
                    "Not everybody's line is private"
                }
            }
            if !scans() {
                p { {everybody(secured.all_private)} }
                h3 { "Why this is " bdi { "{place}" } }
                p {
                    {reason(secured.reason)}
                    " Known since "
                    time { "{secured.since.day().with_year()}, {secured.since.clock()}" }
                    if secured.pin.is_some() {
                        ". Its key:"
                    } else {
                        "."
                    }
                }
                if let Some(pin) = secured.pin {
                    Fingerprint { id: "room-key", pin }
                }
                h3 { "What it does not hide" }
                p { class: "truth",
                    if remembers() {
                        "Who comes later can read what was said before; on the server it is kept as it is, unencrypted. "
                    }
                    "Whoever runs the server can read everything. Names are not proven."
                }
            }
            Invite { scans }
            div { class: "buttons",
                button {
                    class: "primary leave",
                    r#type: "button",
                    onclick: move |_| {
                        page::close_dialog("lock-card", "lock");
                        on_close.call(());
                    },
                    "Close"
                }
            }
        }
    }
}

fn everybody(all_private: bool) -> &'static str {
    if all_private {
        "Your line to the room is private, and so is that of everybody else in it."
    } else {
        "Your line is private, but the server does not say that of everybody's. What is said here may be read on the way to \
         somebody else."
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Pin => "Your invitation names the server's key.",
        Reason::Asked => "You were asked, and said that the server's key is right.",
        Reason::Authority => {
            "An authority that this computer trusts has given the server a certificate for this name."
        }
        Reason::Browser => "Your browser trusts the server's certificate.",
    }
}
