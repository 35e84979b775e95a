//! The composer. The text field belongs to the page, because binding it both ways would lose keys. It is read when it
//! is submitted.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::page;
use super::status::use_place;
use crate::bridge::{Action, Bridge, Memory, Room};
use crate::command::{self, Command, Typed};

#[component]
pub(super) fn Composer() -> Element {
    let bridge = use_context::<Bridge>();
    let room = use_context::<Room>();
    let place = use_place();
    let connected = use_memo(move || bridge.timeline.read().presence().is_inside());
    // The page completes names by itself: it cannot wait for this program while keys are pressed.
    let names = use_memo(move || {
        let timeline = bridge.timeline.read();
        let names: Vec<_> = timeline.people().others().map(|name| &**name).collect();
        names.join("\n")
    });
    let memory = use_context::<Memory>();
    use_effect({
        let memory = memory.clone();
        move || page::restore_draft(&memory.draft())
    });
    let placeholder = if connected() {
        format!("Message {place}")
    } else {
        "Not connected: texts wait".to_owned()
    };
    let submit = move |event: FormEvent| {
        let Some(FormValue::Text(text)) = event.get_first("draft") else {
            return;
        };
        let text = text.replace("\r\n", "\n");
        if text.trim().is_empty() || text.len() > room.max_text {
            return;
        }
        let typed = match command::parse(&text) {
            Ok(typed) => typed,
            // Stays in the field, to be corrected.
            Err(error) => {
                bridge.act(Action::Answer(error.to_string()));
                page::scroll_to_end();
                return;
            }
        };
        // This tells the page that the text was taken, and the page clears the field.
        event.prevent_default();
        memory.keep_draft(String::new());
        match typed {
            Typed::Say(text) => bridge.act(Action::Say(text)),
            Typed::Command(Command::Help) => bridge.act(Action::Answer(command::HELP.to_owned())),
            Typed::Command(Command::Mute(name)) => {
                bridge.act(Action::Follow(true));
                bridge.act(Action::Mute(name));
            }
            Typed::Command(Command::Unmute(name)) => {
                bridge.act(Action::Follow(true));
                bridge.act(Action::Unmute(name));
            }
            Typed::Command(Command::Clear) => bridge.act(Action::Clear),
            Typed::Command(Command::Save(name)) => bridge.act(Action::Save(name)),
            Typed::Command(Command::Quit) => bridge.quit(),
        }
    };
    rsx! {
        form { id: "composer", onsubmit: submit,
            label { class: "unseen", r#for: "draft", "Message" }
            textarea {
                id: "draft",
                name: "draft",
                rows: "1",
                dir: "auto",
                autocomplete: "off",
                enterkeyhint: "send",
                placeholder,
                "aria-describedby": "keys room-left",
                "data-limit": "{room.max_text}",
                "data-names": "{names}",
            }
            button { id: "send", r#type: "submit", aria_label: "Send", title: "Send (Enter)",
                {icon(Shape::Send)}
            }
            p { class: "under",
                span { id: "keys",
                    kbd { "Enter" }
                    " sends, "
                    kbd { "Shift" }
                    "+"
                    kbd { "Enter" }
                    " breaks the line, "
                    kbd { "/help" }
                    " tells more"
                }
                // The page writes into this one.
                output { id: "room-left" }
            }
        }
    }
}
