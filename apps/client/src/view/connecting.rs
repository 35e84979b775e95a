//! The card before the first connection: what is being tried, why it failed, what happens next. There is no room to
//! show yet. A question about the server's key or the room's password has a card of its own, also later.

use dioxus::prelude::*;

use super::QUIT;
use super::changed::KeyChangedCard;
use super::icon::{Shape, icon};
use super::other_name::OtherName;
use super::password::PasswordCard;
use super::status::{Retry, Seconds, Status, use_place, use_presence, way_back};
use super::switches::ThemeSwitch;
use super::trust::TrustCard;
use crate::bridge::Bridge;
use crate::timeline::{Attempt, visible};

#[component]
pub(super) fn Connecting() -> Element {
    let bridge = use_context::<Bridge>();
    let place = use_place();
    let own_name = use_memo(move || bridge.timeline.read().own_name().clone());
    let own_name = own_name.read();
    let presence = use_presence();
    let presence = presence.read();
    let status = Status::of(&presence, false);
    let attempt = presence.attempt();
    let question = match attempt {
        Some(Attempt::AsksTrust { address, pin, why }) => {
            let (address, pin, why) = (address.to_string(), *pin, why.clone());
            Some(rsx! {
                TrustCard { address, pin, why }
            })
        }
        Some(Attempt::KeyChanged(change)) => {
            let change = change.clone();
            Some(rsx! {
                KeyChangedCard { change }
            })
        }
        Some(Attempt::AsksPassword { address, refused }) => {
            let (address, refused) = (address.clone(), *refused);
            // A card of its own for each server: what was typed for one is not sent to the next that asks.
            Some(rsx! {
                for address in [address] {
                    PasswordCard { key: "{address}", address, refused }
                }
            })
        }
        _ => None,
    };
    if let Some(question) = question {
        return rsx! {
            main { id: "connecting", "data-state": status.state,
                div { class: "corner", ThemeSwitch {} }
                {question}
            }
        };
    }
    let is_over = attempt == Some(&Attempt::Over);
    let is_out = presence.waits_for_user();
    let wants_name = presence.wants_other_name();
    // Another name leads on sooner than the same one.
    let retry = if wants_name { "" } else { "primary" };
    rsx! {
        main { id: "connecting", "data-state": status.state,
            div { class: "corner", ThemeSwitch {} }
            section { class: "card",
                span {
                    class: "emblem",
                    "aria-hidden": "true",
                    "data-failed": status.why.is_some(),
                    {icon(if status.why.is_some() { Shape::Warning } else { Shape::Bubble })}
                }
                h1 { {status.title} }
                div { id: "status", role: "status", "data-state": status.state,
                    {status.now}
                    if !is_over && !is_out {
                        " to {place} "
                    }
                    if matches!(attempt, Some(Attempt::Failed { .. })) {
                        Seconds {}
                    }
                }
                p { class: "as",
                    "as "
                    bdi { {visible(&own_name)} }
                }
                if let Some(why) = status.why {
                    p { class: "why", role: "alert", "{why}" }
                }
                if let Some(advice) = status.advice {
                    p { class: "advice", {advice} }
                }
                if wants_name {
                    OtherName {}
                }
                div { class: "buttons",
                    // Always there, so that Quit does not move under the mouse when the first attempt fails.
                    if !is_over {
                        Retry {
                            class: retry,
                            disabled: matches!(attempt, Some(Attempt::UnderWay { .. })),
                            label: way_back(attempt),
                        }
                    }
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
