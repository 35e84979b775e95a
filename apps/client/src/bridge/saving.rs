//! Saving: `/save` on a desktop.

use dioxus::prelude::*;

use crate::background;
use crate::save;
use crate::timeline::{Timeline, Transcript};

/// Writes the lines to a new file, and says how that went. A slow disk holds up nothing.
pub(super) fn save(name: String, transcript: Transcript, mut timeline: Signal<Timeline>) {
    spawn(async move {
        let entries = transcript.entries;
        let saving = background::run("save", move || save::save(&name, &transcript.text));
        let words = match saving.await {
            Ok(Ok(path)) if entries == 1 => format!("1 line saved to {}", path.display()),
            Ok(Ok(path)) => format!("{entries} lines saved to {}", path.display()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => format!("cannot save the lines: {error}"),
        };
        timeline.write().answer(&words);
    });
}
