//! Addresses: where a room is, as people write it. Pure.

use std::error::Error;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The host and port of a room. It is shown as `host:port`, with an IPv6 address in brackets, and read from
/// `chat://host:port` by [`from_link`](Self::from_link).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The name or IP address of the server, an IPv6 address without brackets.
    pub host: String,
    /// The TCP port of the server, never 0.
    pub port: u16,
}

/// Why a text does not say where a room is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// It is neither a host name nor an IP address.
    Host,
    /// It is not a `chat://` link.
    Link,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "this is no host name; give one such as localhost or 192.0.2.7",
            Self::Link => {
                "a room's link is chat://HOST or chat://HOST:PORT, an IPv6 address in brackets \
                 and the port from 1 to 65535"
            }
        })
    }
}

impl Error for AddressError {}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl Address {
    /// Reads a link: `chat://host:port`, or `chat://host` for `default_port`.
    ///
    /// # Errors
    ///
    /// [`AddressError::Link`]: it is not such a link.
    pub fn from_link(link: &str, default_port: u16) -> Result<Self, AddressError> {
        let (scheme, rest) = link.split_once("://").ok_or(AddressError::Link)?;
        if !scheme.eq_ignore_ascii_case("chat") {
            return Err(AddressError::Link);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        Self::from_authority(rest, default_port)
    }

    /// Reads what stands in a link between the scheme and the path: `host:port`, or `host` for `default_port`.
    pub(crate) fn from_authority(text: &str, default_port: u16) -> Result<Self, AddressError> {
        let is_bracketed = text.starts_with('[');
        let end = if is_bracketed {
            text.find(']').ok_or(AddressError::Link)? + 1
        } else {
            text.find(':').unwrap_or(text.len())
        };
        let (host, port) = text.split_at(end);
        let port = match port.strip_prefix(':') {
            Some(port) => {
                let port = port.parse().ok().filter(|port| *port != 0);
                port.ok_or(AddressError::Link)?
            }
            None if port.is_empty() => default_port,
            None => return Err(AddressError::Link),
        };
        let host = parse_host(host).map_err(|_| AddressError::Link)?;
        let is_host = host.contains(':') == is_bracketed && !host.contains(['/', '?', '#', '@']);
        if !is_host {
            return Err(AddressError::Link);
        }
        Ok(Self { host, port })
    }
}

/// Reads a host that stands alone, with or without brackets around an IPv6 address. They are taken off.
///
/// # Errors
///
/// [`AddressError::Host`]: it is neither a host name nor an IP address, or it has a port.
pub fn parse_host(text: &str) -> Result<String, AddressError> {
    let text = text.trim_matches(['[', ']']);
    let has_no_place = |c: char| c.is_whitespace() || c.is_control() || c == '/';
    // Only an IPv6 address has colons. The name of an interface may follow it.
    let (address, _) = text.split_once('%').unwrap_or((text, ""));
    let is_split = text.contains(':') && address.parse::<Ipv6Addr>().is_err();
    if text.is_empty() || text.contains(has_no_place) || is_split || is_odd_number(text) {
        return Err(AddressError::Host);
    }
    Ok(text.to_owned())
}

/// Whether a host is an IPv4 address in another way than with four decimal numbers, such as `127.1`, `0x7f000001` or
/// `0177.0.0.1`. Systems take these for addresses, and nobody would know that it is the same one.
fn is_odd_number(host: &str) -> bool {
    // At the end of an IPv6 address, too, only four decimal numbers are an address.
    if host.contains(':') {
        return false;
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host).to_ascii_lowercase();
    let is_decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let digits = last.strip_prefix("0x");
    let is_hex = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (is_decimal || is_hex) && host.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_address_leads_back_to_it_after_chat() {
        for (link, shown) in [
            ("chat://localhost", "localhost:4000"),
            ("CHAT://chat.example.org:1/", "chat.example.org:1"),
            ("chat://[fe80::1%eth0]:65535", "[fe80::1%eth0]:65535"),
        ] {
            let address = Address::from_link(link, 4000).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(
                Address::from_link(&format!("chat://{shown}"), 5000),
                Ok(address)
            );
        }
    }

    #[test]
    fn a_port_of_a_link_is_from_1_to_65535() {
        for port in ["1", "65535"] {
            assert!(Address::from_link(&format!("chat://a:{port}"), 4000).is_ok());
        }
        for port in ["", "0", "65536", "-1", "http"] {
            let refused = Address::from_link(&format!("chat://a:{port}"), 4000);
            assert_eq!(refused, Err(AddressError::Link), "{port}");
        }
    }

    #[test]
    fn a_host_stands_alone() {
        for (text, host) in [("a", "a"), ("::1", "::1"), ("[::1]", "::1")] {
            assert_eq!(parse_host(text).as_deref(), Ok(host));
        }
        for text in ["", "a b", "a:1", "[::1]:1", "chat://a", "::g"] {
            assert_eq!(parse_host(text), Err(AddressError::Host), "{text}");
        }
    }

    #[test]
    fn an_ipv4_address_is_four_decimal_numbers_and_nothing_else() {
        for text in [
            "127.0.0.1",
            "127.0.0.1.",
            "::ffff:127.0.0.1",
            "1.example",
            "0x7f.a",
            "a.b1",
            "0xg",
            "deadbeef",
        ] {
            assert_eq!(parse_host(text).as_deref(), Ok(text));
            assert!(Address::from_link(&format!("chat://{text}"), 1).is_ok() != text.contains(':'));
        }
        for text in [
            "127.1",
            "127.1.",
            "2130706433",
            "0x7f000001",
            "0X7F000001",
            "0x",
            "0177.0.0.1",
            "127.0.0.0x1",
            "127.0.0.01",
            "1.2.3.4.5",
            "256.0.0.1",
            "a.1",
            "0",
        ] {
            assert_eq!(parse_host(text), Err(AddressError::Host), "{text}");
            let link = format!("chat://{text}");
            assert_eq!(
                Address::from_link(&link, 1),
                Err(AddressError::Link),
                "{text}"
            );
        }
    }
}
