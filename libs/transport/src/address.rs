//! Addresses: where a room is, as people write it. A room on several servers has several. Pure.

use std::error::Error;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// How many addresses a room has at most. A cluster has a handful of servers, and the link stays short enough to read.
pub const MOST_ADDRESSES: usize = 16;

/// The host and port of a room. It is shown as `host:port`, with an IPv6 address in brackets, and read from
/// `chat://host:port` by [`from_link`](Self::from_link).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// It names more than [`MOST_ADDRESSES`].
    TooMany,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "this is no host name; give one such as localhost or 192.0.2.7",
            Self::Link => {
                "a room's link is chat://HOST or chat://HOST:PORT, an IPv6 address in brackets \
                 and the port from 1 to 65535"
            }
            Self::TooMany => "a link names at most 16 addresses of a room; leave some of them out",
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

/// All addresses of one room, one at least. Each leads into it. They are shown with commas between them, and read from
/// `chat://host:port,host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    first: Address,
    others: Vec<Address>,
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.first, f)?;
        for other in &self.others {
            write!(f, ",{other}")?;
        }
        Ok(())
    }
}

impl From<Address> for Addresses {
    fn from(first: Address) -> Self {
        let others = Vec::new();
        Self { first, others }
    }
}

impl Addresses {
    /// The first one. It is no better than the others.
    #[must_use]
    pub fn first(&self) -> &Address {
        &self.first
    }

    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Address> {
        [&self.first].into_iter().chain(&self.others)
    }

    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Address> {
        [&mut self.first].into_iter().chain(&mut self.others)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Whether there is more than one.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// Reads a link: `chat://host:port,host:port`. An address without a port has `default_port`.
    ///
    /// # Errors
    ///
    /// [`AddressError::Link`]: it is not such a link. [`AddressError::TooMany`]: it has too many addresses.
    pub fn from_link(link: &str, default_port: u16) -> Result<Self, AddressError> {
        let (scheme, rest) = link.split_once("://").ok_or(AddressError::Link)?;
        if !scheme.eq_ignore_ascii_case("chat") {
            return Err(AddressError::Link);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        Self::from_authority(rest, default_port)
    }

    /// Reads hosts that stand alone, with commas between them, as [`parse_host`] reads one. Each has this port.
    ///
    /// # Errors
    ///
    /// [`AddressError::Host`]: one of them is no host. [`AddressError::TooMany`]: they are too many.
    pub fn from_hosts(text: &str, port: u16) -> Result<Self, AddressError> {
        Self::read(text, |host| {
            let host = parse_host(host)?;
            Ok(Address { host, port })
        })
    }

    /// Reads what stands in a link between the scheme and the path.
    pub(crate) fn from_authority(text: &str, default_port: u16) -> Result<Self, AddressError> {
        Self::read(text, |text| Address::from_authority(text, default_port))
    }

    /// One that is there twice counts once.
    fn read(
        text: &str,
        one: impl Fn(&str) -> Result<Address, AddressError>,
    ) -> Result<Self, AddressError> {
        if text.split(',').count() > MOST_ADDRESSES {
            return Err(AddressError::TooMany);
        }
        let mut parts = text.split(',').map(one);
        let mut addresses = Self::from(parts.next().ok_or(AddressError::Link)??);
        for address in parts {
            let address = address?;
            if !addresses.iter().any(|known| *known == address) {
                addresses.others.push(address);
            }
        }
        Ok(addresses)
    }
}

impl Address {
    /// Reads a link: `chat://host:port`, or `chat://host` for `default_port`.
    ///
    /// # Errors
    ///
    /// [`AddressError::Link`]: it is not such a link, or it has several addresses.
    pub fn from_link(link: &str, default_port: u16) -> Result<Self, AddressError> {
        let addresses = Addresses::from_link(link, default_port)?;
        if addresses.are_several() {
            return Err(AddressError::Link);
        }
        Ok(addresses.first)
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
    let has_no_place = |c: char| c.is_whitespace() || c.is_control() || "/,".contains(c);
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
    fn several_addresses_stand_with_commas_between_them_and_each_has_its_own_port() {
        for (link, shown) in [
            ("chat://a", "a:4000"),
            (
                "chat://a,b:1,[::1]:2,[::1]/",
                "a:4000,b:1,[::1]:2,[::1]:4000",
            ),
            ("chat://a,b,a:4000", "a:4000,b:4000"),
        ] {
            let addresses = Addresses::from_link(link, 4000).unwrap();
            assert_eq!(addresses.to_string(), shown);
            assert_eq!(addresses.count(), shown.split(',').count());
            assert_eq!(addresses.are_several(), addresses.count() > 1);
            let again = Addresses::from_link(&format!("chat://{shown}"), 5000);
            assert_eq!(again, Ok(addresses));
        }
        for link in [
            "chat://",
            "chat://a,",
            "chat://,a",
            "chat://a,,b",
            "chat://a, b",
            "chat://a,b:0",
        ] {
            assert_eq!(
                Addresses::from_link(link, 4000),
                Err(AddressError::Link),
                "{link}"
            );
        }
        assert_eq!(
            Address::from_link("chat://a,b", 4000),
            Err(AddressError::Link)
        );
    }

    #[test]
    fn a_link_has_sixteen_addresses_at_most() {
        let hosts = |count: usize| {
            let hosts: Vec<_> = (0..count).map(|number| format!("h{number}")).collect();
            hosts.join(",")
        };
        let most = Addresses::from_link(&format!("chat://{}", hosts(16)), 1).unwrap();
        assert_eq!((most.count(), MOST_ADDRESSES), (16, 16));
        assert_eq!(Addresses::from_hosts(&hosts(16), 1), Ok(most));
        let refused = Err(AddressError::TooMany);
        assert_eq!(
            Addresses::from_link(&format!("chat://{}", hosts(17)), 1),
            refused
        );
        assert_eq!(Addresses::from_hosts(&hosts(17), 1), refused);
    }

    #[test]
    fn hosts_that_stand_alone_have_one_port() {
        let addresses = Addresses::from_hosts("a,[::1],::2", 7).unwrap();
        assert_eq!(addresses.to_string(), "a:7,[::1]:7,[::2]:7");
        for text in ["", "a,", "a,b:1", "a, b"] {
            assert_eq!(
                Addresses::from_hosts(text, 7),
                Err(AddressError::Host),
                "{text}"
            );
        }
    }

    #[test]
    fn a_host_stands_alone() {
        for (text, host) in [("a", "a"), ("::1", "::1"), ("[::1]", "::1")] {
            assert_eq!(parse_host(text).as_deref(), Ok(host));
        }
        for text in ["", "a b", "a,b", "a:1", "[::1]:1", "chat://a", "::g"] {
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
