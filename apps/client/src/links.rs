//! Links: finds the addresses in a text that can be opened, and where they really lead. Pure.
//!
//! Only addresses with a scheme are links: those of web pages, of people who get mail, and of rooms. Texts in some
//! scripts have no blanks around them, so the quotes, brackets and full stops of any script end a link.

use std::ops::Range;

use hubbub_transport::Invitation;
use hubbub_wire::PORT;

use crate::tables::{ends_sentence, ends_words, standard_host, standard_url};

/// The longest link, in bytes. A longer address is words: browsers and servers take no more, and a link stands in the
/// page three times.
const LINK_BYTES: usize = 2048;

/// An address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands.
    pub range: Range<usize>,
    /// Where it leads, in standard form. The host is in ASCII, as the network knows it, so that a letter of another
    /// script that looks like a Latin one is seen.
    pub url: String,
}

#[derive(Clone, Copy)]
enum Scheme {
    Web,
    Mail,
    Room,
}

const SCHEMES: [(&str, Scheme); 5] = [
    ("http://", Scheme::Web),
    ("https://", Scheme::Web),
    ("chat://", Scheme::Room),
    ("chats://", Scheme::Room),
    ("mailto:", Scheme::Mail),
];

/// The links of a text, in order. The time that this takes grows with the length of the text and no faster.
pub fn find(text: &str) -> impl Iterator<Item = Link> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(colon) = text[from..].find(':').map(|at| from + at) {
            let Some((start, scheme)) = begin(text, from, colon) else {
                from = colon + 1;
                continue;
            };
            let address = address(text, start);
            // No other address begins within this one, even if it turns out not to be one.
            from = start + address.len();
            let address = match scheme {
                Scheme::Mail => mail(address),
                Scheme::Web | Scheme::Room => address,
            };
            let address = without_end(address);
            if let Some(url) = url(scheme, address) {
                let range = start..start + address.len();
                return Some(Link { range, url });
            }
        }
        None
    })
}

/// Where the address begins whose scheme ends with this colon. With a letter before it, it would be another scheme.
fn begin(text: &str, from: usize, colon: usize) -> Option<(usize, Scheme)> {
    SCHEMES.into_iter().find_map(|(name, scheme)| {
        let start = colon.checked_sub(name.find(':')?)?;
        let found = text.get(start..start + name.len())?;
        let continues = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
        let is_it = start >= from && found.eq_ignore_ascii_case(name) && !continues;
        is_it.then_some((start, scheme))
    })
}

/// The characters from `start` on that can be one address. A bracket that it did not open ends it, and so does a quote
/// if one stands before it.
fn address(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let quoted = text[..start].ends_with('\'');
    let mut open = [0_u32; 3];
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\'' => quoted,
            '(' | '[' | '{' => {
                open[bracket(c)] += 1;
                false
            }
            ')' | ']' | '}' => match &mut open[bracket(c)] {
                0 => true,
                open => {
                    *open -= 1;
                    false
                }
            },
            // A typographic apostrophe.
            '\u{2019}' => !chars.peek().is_some_and(|(_, next)| next.is_alphanumeric()),
            _ => ends_address(c),
        };
        if ends {
            return &rest[..at];
        }
    }
    rest
}

fn bracket(c: char) -> usize {
    match c {
        '(' | ')' => 0,
        '[' | ']' => 1,
        _ => 2,
    }
}

/// Whether this ends an address: blanks, what is invisible, and punctuation of other scripts than the Latin. Dots in
/// the middle of a word do not.
fn ends_address(c: char) -> bool {
    match c {
        '<' | '>' | '"' | '`' => true,
        '\u{b7}' | '\u{2027}' | '\u{30fb}' | '\u{200c}' | '\u{200d}' => false,
        _ if c.is_ascii() => c.is_ascii_whitespace() || c.is_ascii_control(),
        _ => c.is_whitespace() || ends_words(c),
    }
}

/// A mail address with its scheme, without a subject or a second address.
fn mail(address: &str) -> &str {
    let from = "mailto:".len();
    let ends = |c: char| "?&/\\|,;:()[]{}'".contains(c);
    let end = address[from..].find(ends);
    &address[..end.map_or(address.len(), |end| from + end)]
}

/// The address without the punctuation of the sentence that it ends.
fn without_end(address: &str) -> &str {
    address
        .trim_end_matches(|c: char| "?!.,:;*'|([{".contains(c) || !c.is_ascii() && ends_sentence(c))
}

/// Where an address leads, if it is one.
fn url(scheme: Scheme, address: &str) -> Option<String> {
    if address.len() > LINK_BYTES {
        return None;
    }
    match scheme {
        Scheme::Web => {
            let (_, rest) = address.split_once("://")?;
            // Without a host name, programs differ in what they make of the rest.
            let has_host = !rest.starts_with(['/', '\\']);
            standard_url(address).filter(|_| has_host)
        }
        Scheme::Mail => {
            let (_, mail) = address.split_once(':')?;
            let (person, host) = mail.split_once('@')?;
            if person.is_empty() || !host.contains('.') {
                return None;
            }
            let host = standard_host(host)?;
            standard_url(&format!("mailto:{person}@{host}"))
        }
        Scheme::Room => {
            let mut room = Invitation::parse(address, PORT).ok()?;
            for address in room.addresses.iter_mut() {
                if !address.host.contains(':') {
                    address.host = standard_host(&address.host)?;
                }
            }
            Some(room.to_link())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses as they are in the text.
    fn addresses(text: &str) -> Vec<&str> {
        find(text).map(|link| &text[link.range]).collect()
    }

    fn urls(text: &str) -> Vec<String> {
        find(text).map(|link| link.url).collect()
    }

    #[test]
    fn web_and_mail_addresses_with_their_scheme_are_links() {
        assert_eq!(
            addresses("see https://example.org/a?b=c#d now"),
            ["https://example.org/a?b=c#d"]
        );
        assert_eq!(
            addresses("http://one.example\nHTTPS://two.example"),
            ["http://one.example", "HTTPS://two.example"]
        );
        assert_eq!(
            addresses("or mailto:bob@example.org?subject=x"),
            ["mailto:bob@example.org"]
        );
        for whole in [
            "http://localhost:8080/x",
            "http://[::1]:8080/x",
            "http://[2001:db8::1]",
            "http://192.0.2.7/x",
            "https://example.org/\u{e9}",
            "https://example.org/a|b",
            "https://example.org/#/a;b=1,2",
            "https://example.org/x_(y)",
            "https://example.org/L\u{2019}\u{cc}le",
            "https://ja.example/\u{30e2}\u{30fc}\u{30bf}\u{30fc}\u{30fb}\u{30b9}",
        ] {
            assert_eq!(addresses(whole), [whole]);
            assert_eq!(addresses(&format!("({whole})")), [whole]);
        }
    }

    #[test]
    fn rooms_are_links() {
        for (room, url) in [
            ("chat://example.org", "chat://example.org:8765"),
            ("chat://example.org:80/", "chat://example.org:80"),
            ("CHAT://localhost:9000", "chat://localhost:9000"),
            ("chat://[::1]:9000", "chat://[::1]:9000"),
            ("chats://example.org", "chats://example.org:8765"),
            ("chat://A.example,b:1", "chat://a.example:8765,b:1"),
            (
                "chats://Example.org:1/#pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,key=a%2Cb",
                "chats://example.org:1/#pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,key=a%2Cb",
            ),
            (
                "chat://b\u{fc}cher.example",
                "chat://xn--bcher-kva.example:8765",
            ),
        ] {
            assert_eq!(addresses(&format!("join {room}, all")), [room]);
            assert_eq!(urls(room), [url]);
        }
        for none in [
            "chat://",
            "chat://host/room",
            "chat://alice@host",
            "chat://host:0",
        ] {
            assert!(addresses(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn punctuation_of_any_script_around_a_link_is_not_part_of_it() {
        const LINK: &str = "https://example.org/x";
        for text in [
            "https://example.org/x.",
            "https://example.org/x, and",
            "(https://example.org/x)",
            "<https://example.org/x>",
            "\"https://example.org/x\"!",
            "'https://example.org/x'!",
            "is it https://example.org/x?",
            "| https://example.org/x|",
            "\u{201c}https://example.org/x\u{201d}, she said",
            "\u{201e}https://example.org/x\u{201c}",
            "\u{2018}https://example.org/x\u{2019}.",
            "\u{ab}https://example.org/x\u{bb}",
            "\u{ab}\u{a0}https://example.org/x\u{a0}\u{bb}",
            "\u{898b}\u{3066}https://example.org/x\u{3002}\u{6b21}",
            "\u{300c}https://example.org/x\u{300d}\u{3092}",
            "\u{ff08}https://example.org/x\u{ff09}\u{ff0c}",
            "https://example.org/x\u{3001}https",
            "https://example.org/x\u{ff01}",
            "https://example.org/x\u{6d4}",
            "https://example.org/x\u{60c} https",
            "https://example.org/x\u{964}",
            "https://example.org/x\u{2026}",
            "https://example.org/x\u{2014} and",
            "https://example.org/x\u{200b}y",
            "https://example.org/x\u{202e}y",
        ] {
            assert_eq!(addresses(text), [LINK], "{text}");
        }
    }

    #[test]
    fn a_link_leads_to_the_host_as_the_network_knows_it() {
        for (address, url) in [
            ("https://example.org/x?y#z", "https://example.org/x?y#z"),
            ("HTTPS://Example.ORG", "https://example.org/"),
            (
                "https://\u{430}pple.example/x",
                "https://xn--pple-43d.example/x",
            ),
            ("http://\u{2460}.example", "http://1.example/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            (
                "https://example.org\\@evil.example",
                "https://example.org/@evil.example",
            ),
            (
                "mailto:bob@b\u{fc}cher.example",
                "mailto:bob@xn--bcher-kva.example",
            ),
        ] {
            assert_eq!(urls(address), [url], "{address}");
        }
    }

    #[test]
    fn everything_else_is_words() {
        for text in [
            "",
            ":",
            "no link",
            "example.org",
            "bob@example.org",
            "mailto:bob",
            "mailto:root@localhost",
            "mailto:@example.org",
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "file:///etc/passwd",
            "ftp://example.org/x",
            "xhttp://example.org",
            "data:text/html,<b>x</b>",
            "https://",
            "https://.",
            "https:///example.org",
            "https:example.org",
            "https://[::1",
            "http://example.org:99999",
        ] {
            assert!(addresses(text).is_empty(), "{text}: {:?}", addresses(text));
        }
    }

    #[test]
    fn a_link_of_the_longest_kind_opens_and_one_of_a_byte_more_is_words() {
        let head = "https://example.org/";
        let longest = format!("{head}{}", "x".repeat(LINK_BYTES - head.len()));
        assert_eq!(addresses(&longest), [&*longest]);
        assert!(addresses(&format!("{longest}x")).is_empty());
    }
}
