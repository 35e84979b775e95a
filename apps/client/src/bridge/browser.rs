//! Browser: what the window does outside of itself where it is a page: it saves by a download, and invites to the page.

use std::rc::Rc;

use dioxus::prelude::*;
use hubbub_transport::{Invitation, Password};
use js_sys::{Function, Promise, Reflect, global};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::{Memory, Room};
use crate::timeline::{Timeline, Transcript};

/// What the window asks of the end that has opened it in a browser. A root context.
#[derive(Clone, Copy)]
pub struct Browser {
    /// Saves a text in a file of this name. Returns to whom it went, in words, or why it did not.
    pub save: fn(&str, &str) -> Result<String, String>,
    /// Asks the user whether notifications may be shown. [`News`](crate::news::News) tells what they say. Called soon
    /// after a click, since browsers ask at no other time.
    pub ask_to_notify: fn(),
    /// Keeps the password that the user has typed, for this page when it is loaded again: the room has taken it.
    pub keep_password: fn(&Password),
    /// Keeps no password any more: the room does not take it.
    pub forget_password: fn(),
}

/// Hands the lines to the browser as a file, and says how that went.
pub(super) fn save(name: String, transcript: Transcript, mut timeline: Signal<Timeline>) {
    let Browser { save, .. } = consume_context();
    let entries = transcript.entries;
    let words = match save(&name, &transcript.text) {
        Ok(place) if entries == 1 => format!("1 line handed to {place}"),
        Ok(place) => format!("{entries} lines handed to {place}"),
        Err(why) => format!("cannot save the lines: {why}"),
    };
    timeline.write().answer(&words);
}

/// Waits until what is on the page by now is painted, or for a moment where nobody sees the page.
pub(super) async fn drawn() {
    let script = Reflect::get(&global(), &"hubbub".into());
    let drawn = script.and_then(|script| Reflect::get(&script, &"drawn".into()));
    let Some(drawn) = drawn
        .ok()
        .and_then(|drawn| drawn.dyn_into::<Function>().ok())
    else {
        return;
    };
    if let Some(promise) = drawn
        .call0(&drawn)
        .ok()
        .and_then(|it| it.dyn_into::<Promise>().ok())
    {
        // The promise is never broken.
        let _ = JsFuture::from(promise).await;
    }
}

/// Makes an invitation that leads to this page, if the room is private, and shows it.
pub(super) fn invite(
    memory: &Memory,
    timeline: Signal<Timeline>,
    mut shown: Signal<Option<Rc<str>>>,
) {
    if timeline.peek().secured().is_none() {
        return;
    }
    let room: Room = consume_context();
    // Where the page came from may be gone.
    let place = room.place(timeline.peek().server());
    let invitation = room.invitation;
    let password = memory.password().or(invitation.password);
    let link = Invitation {
        addresses: invitation.addresses,
        is_private: true,
        pins: Vec::new(),
        password,
    };
    let link = link.to_link();
    let (_, secret) = link.split_once('#').unwrap_or((&link, ""));
    let secret = if secret.is_empty() {
        String::new()
    } else {
        format!("#{secret}")
    };
    shown.set(Some(format!("https://{place}/{secret}").into()));
}
