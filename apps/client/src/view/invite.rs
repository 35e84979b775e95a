//! The invitation to a private room, to copy or to scan. It is not on the page before somebody wants it.

use dioxus::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

use super::page;
use crate::bridge::{Action, Bridge};

/// What stands free around the code, in modules, so that a camera finds it: four, by the standard.
const QUIET: i32 = 4;

#[component]
pub(super) fn Invite(scans: Signal<bool>) -> Element {
    let bridge = use_context::<Bridge>();
    let mut is_copied = use_signal(|| false);
    use_hook(|| bridge.act(Action::Invite));
    let invitation = bridge.invitation.read();
    let Some(link) = invitation.as_deref() else {
        return rsx! {};
    };
    let copied = link.to_owned();
    rsx! {
        h3 { id: "invite-words", "Invite somebody" }
        p { "Whoever has the invitation can come in. Send it by a way that you trust." }
        div { class: "row", role: "group", "aria-labelledby": "invite-words",
            button {
                id: "copy-invitation",
                r#type: "button",
                onclick: move |_| {
                    page::copy(&copied);
                    is_copied.set(true);
                },
                "Copy the invitation"
            }
            button {
                id: "scan-invitation",
                r#type: "button",
                aria_expanded: scans(),
                onclick: move |_| scans.toggle(),
                if scans() {
                    "Hide the code"
                } else {
                    "Show a code to scan"
                }
            }
        }
        p { id: "copied", role: "status",
            if is_copied() {
                "Copied."
            }
        }
        if scans() {
            Code { link: link.to_owned() }
        }
    }
}

#[component]
fn Code(link: String) -> Element {
    let Some((size, path)) = code(&link) else {
        return rsx! {};
    };
    rsx! {
        svg {
            id: "code",
            role: "img",
            "aria-label": "The invitation as a QR code",
            view_box: "0 0 {size} {size}",
            // A camera reads it in the dark theme, too.
            rect { width: "{size}", height: "{size}", fill: "#ffffff" }
            path { d: path, fill: "#000000" }
        }
    }
}

/// The QR code of a text: its width with what stands free around it, and its dark modules as the path of an SVG.
fn code(text: &str) -> Option<(i32, String)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|x| code.get_module(*x, y)).count() as i32;
            if run > 0 {
                path += &format!("M{},{}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    Some((size + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_code_has_its_dark_modules_and_no_others() {
        let text = "chats://chat.example.org:8765/#key=correct%20horse";
        let (width, path) = code(text).unwrap();
        let modules = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        assert_eq!(width, modules.size() + 8);
        let mut dark = 0;
        for step in path.split('M').skip(1) {
            let (x, rest) = step.split_once(',').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (run, _) = rest.split_once('v').unwrap();
            let [x, y, run]: [i32; 3] = [x, y, run].map(|number| number.parse().unwrap());
            for x in x..x + run {
                assert!(modules.get_module(x - QUIET, y - QUIET));
                dark += 1;
            }
        }
        let all = (0..modules.size()).flat_map(|y| (0..modules.size()).map(move |x| (x, y)));
        assert_eq!(
            dark,
            all.filter(|(x, y)| modules.get_module(*x, *y)).count()
        );
    }

    #[test]
    fn the_longest_invitation_fits_into_a_code() {
        assert!(code(&"x".repeat(800)).is_some());
        assert!(code(&"x".repeat(3000)).is_none());
    }
}
