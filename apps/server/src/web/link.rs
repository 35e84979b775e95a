//! Where somebody at this machine opens the room in a browser, for the log. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{HostName, Hosts};

/// The address to open, for a server that listens there. A certificate is for names, so with TLS it is the first of these
/// `hosts`, if there is one.
pub(crate) fn link(hosts: &Hosts, listens_at: SocketAddr, has_tls: bool) -> String {
    let scheme = if has_tls { "https" } else { "http" };
    let host = match hosts.first().filter(|_| has_tls) {
        Some(name) => name.clone(),
        None => here(listens_at.ip().to_canonical()),
    };
    format!("{scheme}://{host}:{}/", listens_at.port())
}

/// What browsers at this machine call it.
fn here(address: IpAddr) -> HostName {
    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if address.is_unspecified() || loopback.contains(&address) {
        HostName::Name("localhost".to_owned())
    } else {
        HostName::Address(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::hosts::Place;

    #[test]
    fn the_link_leads_to_where_the_server_listens_and_gets_the_page() {
        let named = Hosts::new(vec![HostName::parse("chat.example.org").unwrap()]);
        let bare = Hosts::default();
        for (hosts, listens_at, has_tls, wanted) in [
            (&bare, "127.0.0.1:8765", false, "http://localhost:8765/"),
            (&bare, "[::1]:80", false, "http://localhost:80/"),
            (&bare, "0.0.0.0:41234", false, "http://localhost:41234/"),
            (&bare, "[::]:8765", true, "https://localhost:8765/"),
            // That name leads to 127.0.0.1.
            (&bare, "127.0.0.2:8765", false, "http://127.0.0.2:8765/"),
            (&bare, "192.0.2.7:8765", false, "http://192.0.2.7:8765/"),
            (&bare, "[::ffff:192.0.2.7]:1", true, "https://192.0.2.7:1/"),
            (&bare, "[2001:db8::1]:1", false, "http://[2001:db8::1]:1/"),
            // A proxy stands before it, and has another port.
            (&named, "127.0.0.1:8765", false, "http://localhost:8765/"),
            (&named, "[::]:8765", true, "https://chat.example.org:8765/"),
        ] {
            let listens_at: SocketAddr = listens_at.parse().unwrap();
            assert_eq!(link(hosts, listens_at, has_tls), wanted);
            // The room answers to that name there.
            let host = wanted.split_once("://").unwrap().1.trim_end_matches('/');
            let place = Place::read(host).unwrap();
            let local = match listens_at.ip() {
                ip if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
                ip => ip,
            };
            assert!(hosts.allow(place.host(), local), "{wanted}");
        }
    }
}
