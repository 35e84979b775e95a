//! A host, and what counts as one address: an IPv4 address, or an IPv6 network of 64 bits.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The address of a host. An IPv4 address that is written as IPv6 is an IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host(IpAddr);

impl Host {
    /// Where a socket is.
    #[must_use]
    pub fn of(socket: SocketAddr) -> Self {
        Self(socket.ip().to_canonical())
    }

    /// What counts as its address.
    #[must_use]
    pub fn network(self) -> Network {
        Network::of(self.0)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What counts as one address. A host in an IPv6 network of 64 bits can take as many addresses there as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// That of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64 << 64;
                Ipv6Addr::from_bits(network).into()
            }
        })
    }

    /// Reads an address, or an IPv6 network as it is written here. `None` if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix("/64") {
            None => text.parse().ok().map(Self::of),
            Some(network) => {
                let network: Ipv6Addr = network.parse().ok()?;
                network
                    .to_ipv4_mapped()
                    .is_none()
                    .then(|| Self::of(network.into()))
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_from_an_address_in_it_and_from_what_is_written() {
        for (text, written) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::/64")),
            ("2001:db8::1/64", Some("2001:db8::/64")),
            ("2001:db8::/64", Some("2001:db8::/64")),
            ("::1", Some("::/64")),
            ("192.0.2.1/64", None),
            ("::ffff:192.0.2.1/64", None),
            ("2001:db8::/32", None),
            ("192.0.2.1:8765", None),
            ("example.org", None),
            ("", None),
        ] {
            let network = Network::parse(text);
            let network = network.map(|network| network.to_string());
            assert_eq!(network.as_deref(), written, "{text}");
        }
    }
}
