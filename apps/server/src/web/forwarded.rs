//! For whom a proxy comes. Only a proxy that an operator has named is believed, and of what it says only what it has
//! seen itself: the rest of the list is the visitor's own words. Pure.

use std::net::{IpAddr, SocketAddr};

use super::head::list;

/// For whom the proxy comes that said this in `X-Forwarded-For`: the last in the list that is not one of `proxies`. Where
/// all of them are, it is the first: somebody at a machine of theirs. `None`: it does not say.
pub(crate) fn visitor(said: &str, proxies: &[IpAddr]) -> Option<IpAddr> {
    let mut visitor = None;
    for one in list(said).rev() {
        visitor = Some(read(one)?);
        if visitor.is_some_and(|address| !proxies.contains(&address)) {
            break;
        }
    }
    visitor
}

/// Some proxies add the port.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_is_no_proxy_is_the_visitor_whatever_stands_before() {
        let proxies: Vec<IpAddr> = ["127.0.0.1", "10.0.0.1"]
            .map(|address| address.parse().unwrap())
            .to_vec();
        for (said, wanted) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:4711", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("198.51.100.1, 192.0.2.1", Some("192.0.2.1")),
            ("198.51.100.1,192.0.2.1,10.0.0.1", Some("192.0.2.1")),
            ("nonsense, 192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1, nonsense", None),
            ("192.0.2.1, unknown, 10.0.0.1", None),
            ("127.0.0.1", Some("127.0.0.1")),
            ("127.0.0.1, 10.0.0.1", Some("127.0.0.1")),
            ("nonsense, 10.0.0.1", None),
            ("", None),
            (",", None),
        ] {
            let wanted = wanted.map(|address| address.parse::<IpAddr>().unwrap());
            assert_eq!(visitor(said, &proxies), wanted, "{said}");
        }
    }
}
