//! A message's text: words, and links that open outside of the window. Nothing in it is ever taken for HTML.

use dioxus::prelude::*;
use linkify::{LinkFinder, LinkKind, Span};

use super::cost::{parts, tangles};
use crate::bridge::{Action, Bridge};

/// Most links in one text; what follows is words. Each is an element of its own, and a text of 1 MiB could hold a
/// hundred thousand.
pub const LINKED: usize = 500;

/// Longest link, in bytes; a longer one is words. Browsers and servers take no more, and a link stands in the page three
/// times.
const LINK_BYTES: usize = 2048;

/// The only schemes that are opened: a web page and a mail to write.
const SCHEMES: [&str; 2] = ["http://", "https://"];
const MAIL: &str = "mailto:";

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    /// A word that may break anywhere.
    Tangle(&'a str),
    Link(&'a str),
}

#[component]
pub(super) fn Text(
    text: String,
    /// It goes on behind this, and so may the link at its end.
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
            .filter(|piece| matches!(piece, Piece::Link(_)))
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
                Piece::Link(address) => rsx! {
                    Link { address }
                },
            }
        }
    }
}

#[component]
fn Link(address: String) -> Element {
    let bridge = use_context::<Bridge>();
    let target = address.clone();
    rsx! {
        a {
            class: "link",
            href: "{address}",
            title: "{address}",
            dir: "ltr",
            onclick: move |event| {
                event.prevent_default();
                bridge.act(Action::OpenLink(target.clone()));
            },
            {plain(&address)}
        }
    }
}

/// The pieces of a text, in order; together they are the text. At most `links` are links, and what a `cut` may have gone
/// through is none.
fn pieces(text: &str, cut: bool, links: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = 0;
    for link in LinkFinder::new()
        .spans(text)
        .filter_map(|span| link(text, &span))
        .filter(|link| link.len() <= LINK_BYTES && !(cut && link.end == text.len()))
        .take(links)
    {
        push_words(&text[rest..link.start], &mut pieces);
        rest = link.end;
        pieces.push(Piece::Link(&text[link]));
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

/// Where the link is that a span stands for, if it is one that can be opened. A mail address is one only behind its
/// scheme.
fn link(text: &str, span: &Span<'_>) -> Option<std::ops::Range<usize>> {
    let (start, end) = (span.start(), span.end());
    let starts_with = |text: &str, scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    match span.kind()? {
        LinkKind::Url => SCHEMES
            .iter()
            .any(|scheme| starts_with(span.as_str(), scheme))
            .then_some(start..end),
        LinkKind::Email => {
            let scheme = start.checked_sub(MAIL.len())?;
            starts_with(text.get(scheme..)?, MAIL).then_some(scheme..end)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_the_longest_kind_opens_and_one_of_a_byte_more_is_words() {
        let head = "https://example.org/";
        let longest = format!("{head}{}", "x".repeat(LINK_BYTES - head.len()));
        assert_eq!(links(&longest), [&*longest]);
        assert!(links(&format!("{longest}x")).is_empty());
    }

    #[test]
    fn a_link_that_may_be_cut_is_words() {
        let text = "see https://example.org and https://exam";
        let cut = [
            Piece::Words("see "),
            Piece::Link("https://example.org"),
            Piece::Words(" and https://exam"),
        ];
        assert_eq!(pieces(text, true, LINKED), cut);
    }

    fn links(text: &str) -> Vec<&str> {
        let pieces = pieces(text, false, LINKED);
        let whole: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Words(piece) | Piece::Tangle(piece) | Piece::Link(piece) => *piece,
            })
            .collect();
        assert_eq!(whole, text);
        let link = |piece| match piece {
            Piece::Link(link) => Some(link),
            Piece::Words(_) | Piece::Tangle(_) => None,
        };
        pieces.into_iter().filter_map(link).collect()
    }

    #[test]
    fn web_and_mail_addresses_with_their_scheme_are_links() {
        assert_eq!(
            links("see https://example.org/a?b=c#d now"),
            ["https://example.org/a?b=c#d"]
        );
        assert_eq!(
            links("http://one.example\nHTTPS://two.example"),
            ["http://one.example", "HTTPS://two.example"]
        );
        assert_eq!(
            links("or mailto:bob@example.org"),
            ["mailto:bob@example.org"]
        );
        assert_eq!(
            links("http://localhost:8080/x"),
            ["http://localhost:8080/x"]
        );
        assert_eq!(
            links("https://example.org/\u{e9}"),
            ["https://example.org/\u{e9}"]
        );
    }

    #[test]
    fn punctuation_behind_a_link_is_not_part_of_it() {
        for text in [
            "https://example.org/x.",
            "https://example.org/x, and",
            "(https://example.org/x)",
            "<https://example.org/x>",
            "\"https://example.org/x\"!",
            "is it https://example.org/x?",
        ] {
            assert_eq!(links(text), ["https://example.org/x"], "{text}");
        }
        assert_eq!(
            links("https://example.org/x_(y)"),
            ["https://example.org/x_(y)"]
        );
    }

    #[test]
    fn everything_else_is_words() {
        for text in [
            "",
            "no link",
            "example.org",
            "bob@example.org",
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "file:///etc/passwd",
            "ftp://example.org/x",
            "xhttp://example.org",
            "data:text/html,<b>x</b>",
            "https://",
        ] {
            assert!(links(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn beyond_the_limit_links_are_words() {
        let text = "https://example.org ".repeat(LINKED);
        assert_eq!(links(&text).len(), LINKED);
        assert_eq!(links(&format!("{text}https://example.org")).len(), LINKED);
    }
}
