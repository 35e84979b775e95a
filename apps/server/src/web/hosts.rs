//! Under which names the room answers, and which pages may enter it. A page of somebody else's whose name its owner has
//! turned to our address ("DNS rebinding") is told apart by its name, and one that speaks to us from elsewhere by what
//! its browser says of it. Pure.

use std::fmt;
use std::net::IpAddr;

/// The longest name of a host, in bytes (RFC 1035, 2.3.4).
const LONGEST: usize = 253;

/// A host, as it stands in a URL: a name in lower case without a final dot, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// A name.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl HostName {
    /// Reads the name of a room as an operator gives it.
    ///
    /// # Errors
    ///
    /// In words for the operator: what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((scheme, rest)) = text.split_once("://") {
            let name = alone(rest);
            return Err(format!(
                "leave out {scheme}://, since a room has the same name with and without TLS; give {name}"
            ));
        }
        if text.contains('/') {
            let name = alone(text);
            return Err(format!("leave out the path; give {name}"));
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse() {
            return Ok(Self::address(address));
        }
        if let Some((Self::Name(name), Some(port))) =
            split(text).and_then(|(host, port)| Some((Self::read(host)?, port)))
        {
            return Err(format!(
                "leave out the port {port}, since every port is right; give {name}"
            ));
        }
        if text.contains('*') {
            return Err(
                "a * stands for nothing here; give each name by an option of its own".to_owned(),
            );
        }
        if !text.is_ascii() {
            return Err("give the name as browsers send it, which begins with xn--".to_owned());
        }
        Self::read(text).ok_or_else(|| {
            "give a name such as chat.example.org, as it stands in the browser's address bar"
                .to_owned()
        })
    }

    fn address(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }

    /// Reads a host as it stands in a URL.
    fn read(text: &str) -> Option<Self> {
        if let Some(address) = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
        {
            let address: std::net::Ipv6Addr = address.parse().ok()?;
            return Some(Self::address(address.into()));
        }
        if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_right =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_name = (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_right);
        (is_name && !name.starts_with('.')).then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

/// A host with its port, if it has one, as `Host` and `Origin` name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    host: HostName,
    port: Option<u16>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match port {
            Some(port) => write!(f, "{host}:{port}"),
            None => host.fmt(f),
        }
    }
}

impl Place {
    /// Reads what a browser says in `Host`. `None`: it is no host.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (host, port) = split(text)?;
        let host = HostName::read(host)?;
        Some(Self { host, port })
    }

    /// The host.
    pub(crate) fn host(&self) -> &HostName {
        &self.host
    }

    /// Whether it names a port.
    pub(crate) const fn has_port(&self) -> bool {
        self.port.is_some()
    }

    /// The port, or this one if it names none.
    pub(crate) fn port_or(&self, default: u16) -> u16 {
        self.port.unwrap_or(default)
    }

    /// Whether a page of this origin is one of this place: host and port are the same, where the origin's scheme says
    /// which port stands for none. Where the connection has TLS on our side, the page must have come by it too.
    pub(crate) fn is_of(&self, origin: &str, is_encrypted: bool) -> bool {
        let Some((scheme, rest)) = origin.split_once("://") else {
            return false;
        };
        let default = match scheme {
            "http" if !is_encrypted => 80,
            "https" => 443,
            _ => return false,
        };
        Self::read(rest).is_some_and(|page| {
            page.host == self.host && page.port_or(default) == self.port_or(default)
        })
    }
}

/// What an operator may give in place of this, which is a URL without its scheme.
fn alone(text: &str) -> String {
    let place = text.split('/').next().unwrap_or_default();
    match split(place) {
        Some((name, Some(_))) => format!("{name} and no port"),
        _ => place.to_owned(),
    }
}

/// Splits a host from its port. `None`: the port is none.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let end = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(end);
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((host, None)),
        None => None,
        Some("") => Some((host, None)),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((host, Some(port.parse().ok()?)))
        }
        Some(_) => None,
    }
}

/// The names under which the room is reached, besides its own addresses.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<HostName>);

impl Hosts {
    /// These.
    #[must_use]
    pub const fn new(names: Vec<HostName>) -> Self {
        Self(names)
    }

    /// The one that was given first.
    #[must_use]
    pub fn first(&self) -> Option<&HostName> {
        self.0.first()
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn names(&self, host: &HostName) -> bool {
        self.0.contains(host)
    }

    /// Whether a connection whose end on our side is at `local` may ask for this host: one of these names, that very
    /// address, or `localhost` where nobody else can be meant.
    #[must_use]
    pub fn allow(&self, host: &HostName, local: IpAddr) -> bool {
        let local = local.to_canonical();
        let is_own = match host {
            HostName::Address(address) => *address == local,
            HostName::Name(name) => name == "localhost" && local.is_loopback(),
        };
        is_own || self.names(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let names = ["chat.example.org", "192.0.2.7", "2001:db8::7"];
        Hosts::new(names.map(|name| HostName::parse(name).unwrap()).to_vec())
    }

    fn allows(host: &str, local: &str) -> Option<bool> {
        let place = Place::read(host)?;
        Some(hosts().allow(place.host(), local.parse().unwrap()))
    }

    #[test]
    fn a_host_is_a_given_name_or_the_sockets_own_address_or_localhost_on_loopback() {
        for (host, local, is_right) in [
            ("chat.example.org", "198.51.100.1", Some(true)),
            ("chat.example.org:8765", "198.51.100.1", Some(true)),
            ("CHAT.Example.org.", "198.51.100.1", Some(true)),
            ("chat.example.org:", "198.51.100.1", Some(true)),
            ("192.0.2.7:9000", "198.51.100.1", Some(true)),
            ("[2001:db8::7]", "198.51.100.1", Some(true)),
            ("198.51.100.1", "198.51.100.1", Some(true)),
            ("198.51.100.1:80", "::ffff:198.51.100.1", Some(true)),
            ("[2001:db8::1]:8765", "2001:db8::1", Some(true)),
            ("localhost:8765", "127.0.0.1", Some(true)),
            ("localhost", "127.0.0.2", Some(true)),
            ("localhost", "::1", Some(true)),
            ("[::1]:8765", "::1", Some(true)),
            ("localhost", "198.51.100.1", Some(false)),
            ("127.0.0.1", "198.51.100.1", Some(false)),
            ("127.0.0.1", "127.0.0.2", Some(false)),
            ("198.51.100.2", "198.51.100.1", Some(false)),
            ("evil.test", "127.0.0.1", Some(false)),
            ("chat.example.org.evil.test", "127.0.0.1", Some(false)),
            ("evil-chat.example.org", "127.0.0.1", Some(false)),
            ("localhost.evil.test", "127.0.0.1", Some(false)),
            ("a.localhost", "127.0.0.1", Some(false)),
            ("", "127.0.0.1", None),
            ("chat.example.org:x", "127.0.0.1", None),
            ("chat.example.org:65536", "127.0.0.1", None),
            ("chat.example.org:+80", "127.0.0.1", None),
            ("user@chat.example.org", "127.0.0.1", None),
            ("chat.example.org/", "127.0.0.1", None),
            ("chat.example.org, evil.test", "127.0.0.1", None),
            ("[::1", "::1", None),
            ("[::1]8765", "::1", None),
            ("::1", "::1", None),
            ("[127.0.0.1]", "127.0.0.1", None),
            (".", "127.0.0.1", None),
        ] {
            assert_eq!(allows(host, local), is_right, "{host} at {local}");
        }
        let longest = "a".repeat(LONGEST);
        assert!(Place::read(&longest).is_some());
        assert!(Place::read(&format!("{longest}a")).is_none());
    }

    #[test]
    fn a_page_is_of_the_place_where_host_and_port_are_the_same() {
        for (host, origin, is_same) in [
            ("chat.example.org", "https://chat.example.org", true),
            ("chat.example.org", "http://chat.example.org", true),
            ("chat.example.org:443", "https://chat.example.org", true),
            ("chat.example.org", "https://chat.example.org:443", true),
            ("chat.example.org:80", "http://chat.example.org", true),
            ("Chat.example.org.", "https://chat.example.org", true),
            ("localhost:8765", "http://localhost:8765", true),
            ("[::1]:8765", "http://[::1]:8765", true),
            ("chat.example.org:80", "https://chat.example.org", false),
            ("chat.example.org", "https://chat.example.org:8765", false),
            ("chat.example.org:8765", "https://chat.example.org", false),
            ("localhost:8765", "http://localhost:9000", false),
            ("localhost:8765", "http://127.0.0.1:8765", false),
            ("chat.example.org", "https://evil.test", false),
            ("chat.example.org", "https://a.chat.example.org", false),
            ("chat.example.org", "ftp://chat.example.org", false),
            ("chat.example.org", "chat.example.org", false),
            ("chat.example.org", "https://chat.example.org/", false),
            (
                "chat.example.org",
                "https://chat.example.org https://evil.test",
                false,
            ),
            ("chat.example.org", "null", false),
            ("chat.example.org", "", false),
        ] {
            let place = Place::read(host).unwrap();
            assert_eq!(place.is_of(origin, false), is_same, "{host} and {origin}");
        }
    }

    #[test]
    fn an_operator_is_told_what_is_wrong_with_a_name() {
        for (text, words) in [
            ("https://chat.example.org/", "leave out https://"),
            ("https://chat.example.org/", "give chat.example.org"),
            ("https://a:8765/", "give a and no port"),
            ("https://[::1]:8765/", "give [::1] and no port"),
            ("a:8765/room", "give a and no port"),
            ("chat.example.org/room", "give chat.example.org"),
            ("chat.example.org:8765", "leave out the port 8765"),
            ("*.example.org", "each name"),
            ("chät.example.org", "xn--"),
            ("chat example", "give a name"),
            ("", "give a name"),
            (".", "give a name"),
        ] {
            let why = HostName::parse(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
        for (text, written) in [
            ("Chat.Example.org.", "chat.example.org"),
            ("2001:DB8::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("raspberry_pi", "raspberry_pi"),
        ] {
            assert_eq!(HostName::parse(text).unwrap().to_string(), written);
        }
    }
}
