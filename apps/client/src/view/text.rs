//! A message's text: words, and links that open outside of the window. Nothing in it is ever taken for HTML.

use dioxus::prelude::*;

use crate::bridge::{Action, Bridge};
use crate::links;

/// Most links in one text; what follows is words. Each is an element of its own, and a text of 1 MiB could hold a
/// hundred thousand.
pub const LINKED: usize = 500;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Link { address: &'a str, target: String },
}

#[component]
pub(super) fn Text(
    text: String,
    /// It goes on behind this, and so may the link at its end.
    #[props(default)]
    cut: bool,
) -> Element {
    rsx! {
        div { class: "text", dir: "auto",
            for piece in pieces(&text, cut) {
                match piece {
                    Piece::Words(words) => rsx! { "{words}" },
                    Piece::Link { address, target } => rsx! {
                        Link { address, target }
                    },
                }
            }
        }
    }
}

#[component]
fn Link(
    address: String,
    /// What is opened: it may be another host than the eye takes the address for.
    target: String,
) -> Element {
    let bridge = use_context::<Bridge>();
    rsx! {
        a {
            class: "link",
            href: "{target}",
            title: "{target}",
            dir: "ltr",
            onclick: move |event| {
                event.prevent_default();
                bridge.act(Action::OpenLink(target.clone()));
            },
            "{address}"
        }
    }
}

/// The pieces of a text, in order; together they are the text. What a `cut` may have gone through is no link.
fn pieces(text: &str, cut: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = 0;
    let is_whole = |end: usize| !cut || text[end..].contains(char::is_whitespace);
    for link in links::find(text)
        .filter(|link| is_whole(link.place.end))
        .take(LINKED)
    {
        let (place, target) = (link.place, link.target);
        if rest < place.start {
            pieces.push(Piece::Words(&text[rest..place.start]));
        }
        rest = place.end;
        let address = &text[place];
        pieces.push(Piece::Link { address, target });
    }
    if rest < text.len() {
        pieces.push(Piece::Words(&text[rest..]));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str, cut: bool) -> Vec<&str> {
        let pieces = pieces(text, cut);
        let whole: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Words(piece) | Piece::Link { address: piece, .. } => *piece,
            })
            .collect();
        assert_eq!(whole, text);
        let link = |piece| match piece {
            Piece::Link { address, .. } => Some(address),
            Piece::Words(_) => None,
        };
        pieces.into_iter().filter_map(link).collect()
    }

    #[test]
    fn a_link_that_may_be_cut_is_words() {
        for end in [
            "https://exam",
            "https://example.",
            "https://example.org/x).",
        ] {
            let text = format!("see https://example.org and {end}");
            assert_eq!(links(&text, true), ["https://example.org"], "{text}");
        }
    }

    #[test]
    fn words_between_links_stay_as_they_are() {
        assert_eq!(
            links(
                "(https://one.example), \u{201c}https://two.example\u{201d}.",
                false
            ),
            ["https://one.example", "https://two.example"]
        );
        assert!(links("", false).is_empty());
    }

    #[test]
    fn beyond_the_limit_links_are_words() {
        let text = "https://example.org ".repeat(LINKED);
        assert_eq!(links(&text, false).len(), LINKED);
        let more = format!("{text}https://example.org");
        assert_eq!(links(&more, false).len(), LINKED);
    }
}
