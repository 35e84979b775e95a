//! The other nodes of the room (`--web-node`). A page that one of them has served may go on at each of them, so it has to
//! know them, its browser has to let it connect there, and they have to let it in. An operator gives all nodes the same
//! list, with each node's own place in it or without. Pure.

use std::fmt;

use super::hosts::{HostName, Place};

/// The most nodes that can be named: as many addresses as a room has in a link.
pub const MOST_NODES: usize = hubbub_transport::MOST_ADDRESSES;

/// Where a page has the places of the nodes. It is there once, and empty.
const FOR_NODES: &str = r#"<meta name="nodes" content="">"#;

/// Where browsers reach a node: what they call an origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    is_private: bool,
    host: HostName,
    port: u16,
}

/// It is shown as in `Origin`: without the port where the scheme says which one it is.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        write!(f, "{}://{host}", self.scheme())?;
        if *port == port_of(self.is_private) {
            return Ok(());
        }
        write!(f, ":{port}")
    }
}

impl Node {
    /// Reads the place of a node as an operator gives it, such as `https://b.example.org`.
    ///
    /// # Errors
    ///
    /// In words for the operator: what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, _)) = text.split_once("://") else {
            return Err(
                "give what stands in the browser's address bar there, with http:// or https:// in front, such as \
                 https://b.example.org"
                    .to_owned(),
            );
        };
        if !matches!(scheme, "http" | "https") {
            return Err(format!(
                "pages come by http:// and https://, and not by {scheme}://"
            ));
        }
        if !text.is_ascii() {
            return Err("give the name as browsers send it, which begins with xn--".to_owned());
        }
        let node = Self::read(text).ok_or_else(|| {
            "give scheme, name and perhaps port, and nothing else, such as https://b.example.org or \
             http://192.168.1.3:8765"
                .to_owned()
        })?;
        // It has to stand in a policy for browsers, which has no way to write these (CSP 3, 2.3.1).
        match &node.host {
            HostName::Address(address) if address.is_ipv6() => Err(
                "browsers let no page go on at an IPv6 address; give a name, or an IPv4 address".to_owned(),
            ),
            HostName::Name(name) if !is_for_policy(name) => Err(
                "browsers let no page go on at a name that has other signs than letters, digits, - and .".to_owned(),
            ),
            _ => Ok(node),
        }
    }

    /// Reads an origin. `None`: it is none, or that of no page.
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_private = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let place = Place::read(rest)?;
        let port = place.port_or(port_of(is_private));
        (port != 0).then(|| Self {
            is_private,
            host: place.host().clone(),
            port,
        })
    }

    /// Whether browsers reach it with TLS.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        self.is_private
    }

    const fn scheme(&self) -> &'static str {
        if self.is_private { "https" } else { "http" }
    }

    /// Where a page connects to, as a policy for browsers names it.
    fn to_connect(&self) -> String {
        self.to_string().replacen("http", "ws", 1)
    }
}

/// The port that is meant where none is named.
const fn port_of(is_private: bool) -> u16 {
    if is_private { 443 } else { 80 }
}

fn is_for_policy(name: &str) -> bool {
    let is_right = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(is_right)
}

/// The nodes that are named.
#[derive(Clone, Debug, Default)]
pub struct Nodes(Vec<Node>);

impl Nodes {
    /// These.
    ///
    /// # Errors
    ///
    /// In words for the operator: they are too many, or no page can go from one of them to the other.
    pub fn new(mut nodes: Vec<Node>) -> Result<Self, String> {
        let named = nodes.len();
        if named > MOST_NODES {
            return Err(format!(
                "{named} nodes are named, and a page knows {MOST_NODES} at most; leave some of them out"
            ));
        }
        let is_private = nodes.first().is_some_and(Node::is_private);
        if let Some(other) = nodes.iter().find(|node| node.is_private != is_private) {
            return Err(format!(
                "no page goes on from {} to {other}, since one of them has TLS and the other has not; name only those \
                 with https, or only those with http",
                nodes[0]
            ));
        }
        // Twice the same is once the same.
        let mut known = Vec::new();
        nodes.retain(|node| {
            let is_new = !known.contains(node);
            known.push(node.clone());
            is_new
        });
        Ok(Self(nodes))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of them without TLS, if there is one. Then all of them are.
    #[must_use]
    pub fn plain(&self) -> Option<&Node> {
        self.0.first().filter(|node| !node.is_private)
    }

    /// Whether browsers reach one of them there, with TLS.
    #[cfg(all(feature = "admin", feature = "tls"))]
    pub(crate) fn are_at(&self, host: &HostName, port: u16) -> bool {
        self.0
            .iter()
            .any(|node| node.is_private && node.host == *host && node.port == port)
    }

    /// Whether a page of this origin is one of a node, and may enter here. Where the connection has TLS on our side, the
    /// page must have come by it too.
    pub(crate) fn admit(&self, origin: &str, is_encrypted: bool) -> bool {
        let page = Node::read(origin);
        page.is_some_and(|page| (page.is_private || !is_encrypted) && self.0.contains(&page))
    }

    /// `policy`, with leave to connect to them beside the page's own server.
    pub(crate) fn added_to(&self, policy: &str) -> String {
        let own = "connect-src 'self'";
        let all = self.0.iter().map(|node| format!(" {}", node.to_connect()));
        policy.replacen(own, &format!("{own}{}", all.collect::<String>()), 1)
    }

    /// `page` with their places in it. `None`: it has no place for them.
    pub(crate) fn told_in(&self, page: &[u8]) -> Option<Vec<u8>> {
        let page = str::from_utf8(page).ok()?;
        let (before, after) = page.split_once(FOR_NODES)?;
        let all: Vec<_> = self.0.iter().map(Node::to_string).collect();
        // None of them has a sign that means something here.
        let filled = FOR_NODES.replace("\"\"", &format!("\"{}\"", all.join(" ")));
        Some([before, &*filled, after].concat().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        Node::parse(text).unwrap()
    }

    fn nodes(texts: &[&str]) -> Nodes {
        Nodes::new(texts.iter().map(|text| node(text)).collect()).unwrap()
    }

    #[test]
    fn a_node_is_where_browsers_reach_it_and_is_shown_as_they_name_it() {
        for (text, shown, connects) in [
            (
                "https://b.example.org",
                "https://b.example.org",
                "wss://b.example.org",
            ),
            (
                "https://B.example.org.:443",
                "https://b.example.org",
                "wss://b.example.org",
            ),
            (
                "https://b.example.org:8765",
                "https://b.example.org:8765",
                "wss://b.example.org:8765",
            ),
            (
                "https://b.example.org:80",
                "https://b.example.org:80",
                "wss://b.example.org:80",
            ),
            (
                "http://192.168.1.3:8765",
                "http://192.168.1.3:8765",
                "ws://192.168.1.3:8765",
            ),
            ("http://b:80", "http://b", "ws://b"),
            ("http://http", "http://http", "ws://http"),
        ] {
            assert_eq!(node(text).to_string(), shown);
            assert_eq!(node(text).to_connect(), connects);
        }
    }

    #[test]
    fn an_operator_is_told_what_is_wrong_with_a_node() {
        for (text, words) in [
            ("b.example.org", "http:// or https:// in front"),
            ("b.example.org:8765", "http:// or https:// in front"),
            ("", "http:// or https:// in front"),
            ("ws://b.example.org", "not by ws://"),
            ("chat://b.example.org", "not by chat://"),
            ("HTTPS://b.example.org", "not by HTTPS://"),
            ("https://", "scheme, name and perhaps port"),
            ("https://b.example.org/", "and nothing else"),
            ("https://b.example.org/room", "and nothing else"),
            ("https://me@b.example.org", "and nothing else"),
            ("https://b.example.org?a", "and nothing else"),
            ("https://b.example.org#a", "and nothing else"),
            ("https://b.example.org:0x50", "and nothing else"),
            ("https://b.example.org:65536", "and nothing else"),
            ("https://b.example.org:0", "and nothing else"),
            (
                "https://b.example.org https://evil.test",
                "and nothing else",
            ),
            ("https://b.example.org;script-src", "and nothing else"),
            ("https://b.example.org\"><script>", "and nothing else"),
            ("https://*.example.org", "and nothing else"),
            ("https://*", "and nothing else"),
            ("https://b.ex\u{e4}mple.org", "xn--"),
            ("https://[2001:db8::1]:8765", "IPv6"),
            ("https://raspberry_pi", "letters, digits"),
            ("https://b..example.org", "letters, digits"),
        ] {
            let why = Node::parse(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }

    #[test]
    fn as_many_nodes_as_a_link_has_addresses_are_taken_and_one_more_is_not() {
        let many = |many: usize| {
            (0..many)
                .map(|at| node(&format!("http://n{at}")))
                .collect::<Vec<_>>()
        };
        assert!(Nodes::new(many(MOST_NODES)).is_ok());
        let why = Nodes::new(many(MOST_NODES + 1)).unwrap_err();
        assert!(
            why.contains("17 nodes are named") && why.contains("16 at most"),
            "{why}"
        );
    }

    #[test]
    fn all_have_tls_or_none_has() {
        let mixed = ["http://a", "http://b", "https://c"].map(node).to_vec();
        let why = Nodes::new(mixed).unwrap_err();
        assert!(why.contains("from http://a to https://c"), "{why}");
        assert_eq!(nodes(&["https://a", "https://b"]).plain(), None);
        let plain = nodes(&["http://a", "http://b"]);
        assert_eq!(plain.plain(), Some(&node("http://a")));
        assert_eq!(nodes(&[]).plain(), None);
    }

    #[test]
    fn pages_of_the_nodes_are_admitted_and_no_others() {
        let all = nodes(&["https://a.example.org", "https://b.example.org:8765"]);
        for (origin, is_right) in [
            ("https://a.example.org", true),
            ("https://a.example.org:443", true),
            ("https://A.example.org.", true),
            ("https://b.example.org:8765", true),
            ("https://b.example.org", false),
            ("https://a.example.org:8765", false),
            ("http://a.example.org", false),
            ("http://a.example.org:443", false),
            ("http://b.example.org:8765", false),
            ("HTTPS://a.example.org", false),
            ("https://evil.test", false),
            ("https://x.a.example.org", false),
            ("https://a.example.org.evil.test", false),
            ("https://evil.test/https://a.example.org", false),
            ("https://evil.test https://a.example.org", false),
            ("https://a.example.org/", false),
            ("https://a.example.org@evil.test", false),
            ("https://a.example.org,https://evil.test", false),
            ("wss://a.example.org", false),
            ("a.example.org", false),
            ("null", false),
            ("", false),
        ] {
            for is_encrypted in [false, true] {
                assert_eq!(all.admit(origin, is_encrypted), is_right, "{origin}");
            }
        }
        let plain = nodes(&["http://a:8765"]);
        assert!(plain.admit("http://a:8765", false));
        assert!(!plain.admit("http://a:8765", true), "the page has no TLS");
        assert!(!nodes(&[]).admit("https://a.example.org", true));
    }

    #[test]
    fn a_policy_lets_the_page_connect_to_them_and_to_nobody_else() {
        let policy = "default-src 'none'; connect-src 'self'; img-src 'self'";
        let all = nodes(&["https://a.example.org", "https://b:1", "https://b:1"]);
        assert_eq!(
            all.added_to(policy),
            "default-src 'none'; connect-src 'self' wss://a.example.org wss://b:1; img-src 'self'"
        );
        assert_eq!(nodes(&[]).added_to(policy), policy);
    }

    #[test]
    fn a_page_is_told_of_them_where_it_has_a_place_for_them() {
        let page = r#"<head><meta name="nodes" content=""></head>"#;
        let told = nodes(&["http://a:8765", "http://b"]).told_in(page.as_bytes());
        assert_eq!(
            String::from_utf8(told.unwrap()).unwrap(),
            r#"<head><meta name="nodes" content="http://a:8765 http://b"></head>"#
        );
        for other in [
            &b"<head></head>"[..],
            br#"<meta name="nodes" content="http://a">"#,
            b"\xff",
        ] {
            assert_eq!(nodes(&["http://a"]).told_in(other), None);
        }
    }
}
