//! The header: which room, the status, and the switches.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::lock::Lock;
use super::search::SearchSwitch;
use super::status::{Retry, Seconds, Status, use_place, use_presence, way_back};
use super::switches::{NotificationSwitch, PeopleSwitch, ThemeSwitch};
use crate::timeline::Attempt;

#[component]
pub(super) fn Header(drawer: Signal<bool>) -> Element {
    let place = use_place();
    rsx! {
        header { class: "top",
            span { class: "mark", "aria-hidden": "true", {icon(Shape::Bubble)} }
            h1 { title: "Room at {place}", "{place}" }
            Lock {}
            StatusView {}
            div { class: "tools",
                SearchSwitch {}
                PeopleSwitch { drawer }
                NotificationSwitch {}
                ThemeSwitch {}
            }
        }
    }
}

/// The status in one line.
#[component]
fn StatusView() -> Element {
    let presence = use_presence();
    let presence = presence.read();
    let Status {
        state, now, why, ..
    } = Status::of(&presence, false);
    let will_retry = matches!(presence.attempt(), Some(Attempt::Failed { .. }));
    let is_out = presence.waits_for_user();
    rsx! {
        div { id: "status", role: "status", "data-state": state,
            span { class: "dot", "aria-hidden": "true" }
            if let Some(why) = why {
                span { class: "why", title: "{why}", "{why}" }
                span { class: "next",
                    "{now} "
                    if will_retry {
                        Seconds {}
                    }
                }
            } else {
                span { "{now}" }
            }
            if will_retry {
                Retry { class: "quiet", disabled: false }
            } else if is_out {
                Retry { class: "quiet", disabled: false, label: way_back(presence.attempt()) }
            }
        }
    }
}
