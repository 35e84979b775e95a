//! A message's text: words, and links that open outside of the window. Nothing in it is ever taken for HTML.

use dioxus::prelude::*;

use super::IN_BROWSER;
use super::cost::{parts, tangles};
#[cfg(not(target_arch = "wasm32"))]
use crate::bridge::{Action, Bridge};
use crate::links;

/// The most links in one text; further ones are words. Each link is an element of its own, and a text of 1 MiB could
/// hold a hundred thousand.
const LINKED: usize = 500;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    /// A word that may break anywhere.
    Tangle(&'a str),
    Link {
        address: &'a str,
        url: String,
    },
}

#[component]
pub(super) fn Text(
    text: String,
    /// Whether the text goes on after this, and so may the link at its end.
    #[props(default)]
    cut: bool,
) -> Element {
    let parts = parts(&text);
    let last = parts.len().saturating_sub(1);
    let mut links = LINKED;
    let mut parts = parts.into_iter().enumerate();
    let mut next = || {
        let (i, part) = parts.next()?;
        let pieces = pieces(part, cut || i < last, links);
        links -= pieces
            .iter()
            .filter(|piece| matches!(piece, Piece::Link { .. }))
            .count();
        Some(view(pieces))
    };
    let first = next();
    rsx! {
        div { class: if last > 0 { "text parted" } else { "text" }, dir: "auto",
            if last > 0 {
                for part in first.into_iter().chain(std::iter::from_fn(next)) {
                    div { class: "part", {part} }
                }
            } else {
                {first}
            }
        }
    }
}

/// A text without links, in one part.
pub(super) fn plain(text: &str) -> Element {
    let mut pieces = Vec::new();
    push_words(text, &mut pieces);
    view(pieces)
}

fn view(pieces: Vec<Piece<'_>>) -> Element {
    rsx! {
        for piece in pieces {
            match piece {
                Piece::Words(words) => rsx! { "{words}" },
                Piece::Tangle(word) => rsx! {
                    span { class: "tangle", "{word}" }
                },
                Piece::Link { address, url } => rsx! {
                    Link { address, url }
                },
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[component]
fn Link(
    address: String,
    /// What is opened. Its host may be another than the address seems to name.
    url: String,
) -> Element {
    let bridge = use_context::<Bridge>();
    rsx! {
        a {
            class: "link",
            href: "{url}",
            title: "{url}",
            dir: "ltr",
            onclick: move |event| {
                event.prevent_default();
                bridge.act(Action::OpenLink(url.clone()));
            },
            {plain(&address)}
        }
    }
}

/// The browser opens it, in a page that is told nothing of this one.
#[cfg(target_arch = "wasm32")]
#[component]
fn Link(
    address: String,
    /// What is opened. Its host may be another than the address seems to name.
    url: String,
) -> Element {
    rsx! {
        a {
            class: "link",
            href: "{url}",
            title: "{url}",
            dir: "ltr",
            target: "_blank",
            rel: "noopener noreferrer",
            {plain(&address)}
        }
    }
}

/// Whether there is somebody to open it: a browser has nobody for rooms.
fn opens(url: &str) -> bool {
    !IN_BROWSER || !url.starts_with("chat")
}

/// The pieces of a text, in order; together they are the text. At most `most` are links, and an address that the `cut`
/// may have gone through is words.
fn pieces(text: &str, cut: bool, most: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = 0;
    let is_whole = |end: usize| !cut || text[end..].contains(char::is_whitespace);
    for link in links::find(text)
        .filter(|link| is_whole(link.range.end) && opens(&link.url))
        .take(most)
    {
        let (range, url) = (link.range, link.url);
        push_words(&text[rest..range.start], &mut pieces);
        rest = range.end;
        let address = &text[range];
        pieces.push(Piece::Link { address, url });
    }
    push_words(&text[rest..], &mut pieces);
    pieces
}

fn push_words<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    let mut rest = 0;
    for word in tangles(text) {
        if rest < word.start {
            pieces.push(Piece::Words(&text[rest..word.start]));
        }
        rest = word.end;
        pieces.push(Piece::Tangle(&text[word]));
    }
    if rest < text.len() {
        pieces.push(Piece::Words(&text[rest..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str, cut: bool) -> Vec<&str> {
        let pieces = pieces(text, cut, LINKED);
        let whole: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Words(piece) | Piece::Tangle(piece) | Piece::Link { address: piece, .. } => {
                    *piece
                }
            })
            .collect();
        assert_eq!(whole, text);
        let link = |piece| match piece {
            Piece::Link { address, .. } => Some(address),
            Piece::Words(_) | Piece::Tangle(_) => None,
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
