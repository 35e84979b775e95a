//! Nodes: the servers of the room that the page knows: its own, and those that this one has named in the page. Pure.

use hubbub_transport::{Address, Addresses, MOST_ADDRESSES};

/// The addresses of the room: `own`, that of the page as the address bar has it, and the `others`, which are origins with
/// blanks between them. Those that do not have TLS as the page does are of no use to it. `None`: the page is from no server.
#[must_use]
pub fn addresses(own: &str, is_private: bool, others: &str) -> Option<Addresses> {
    let (scheme, port) = if is_private {
        ("https", 443)
    } else {
        ("http", 80)
    };
    let read = |host: &str| Address::from_link(&format!("chat://{host}"), port).ok();
    let own = read(own)?;
    let others = others.split_whitespace().filter_map(|origin| {
        let (named, host) = origin.split_once("://")?;
        read(host).filter(|_| named == scheme)
    });
    let mut all = vec![own.clone()];
    for other in others {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all.truncate(MOST_ADDRESSES);
    let all: Vec<_> = all.iter().map(Address::to_string).collect();
    Addresses::from_link(&format!("chat://{}", all.join(",")), port).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(own: &str, is_private: bool, others: &str) -> Option<String> {
        addresses(own, is_private, others).map(|all| all.to_string())
    }

    #[test]
    fn the_page_begins_with_its_own_server_and_goes_on_with_those_that_are_named() {
        for (own, is_private, others, all) in [
            ("a:8765", false, "", "a:8765"),
            ("a", false, "", "a:80"),
            ("a", true, "", "a:443"),
            ("[::1]:1", false, "http://b", "[::1]:1,b:80"),
            (
                "b:8765",
                false,
                "http://a:8765 http://b:8765 http://c",
                "b:8765,a:8765,c:80",
            ),
            ("a", true, "https://a https://b:8765", "a:443,b:8765"),
        ] {
            assert_eq!(told(own, is_private, others).as_deref(), Some(all));
        }
    }

    #[test]
    fn what_the_page_cannot_use_is_passed_over() {
        for others in [
            "http://b",
            "wss://b",
            "b",
            "https://",
            "https://b/room",
            "https://b,c",
            "https://b:0",
            "https://me@b",
            "\u{e4}",
        ] {
            assert_eq!(
                told("a", true, others).as_deref(),
                Some("a:443"),
                "{others}"
            );
        }
        assert_eq!(told("a", false, "https://b").as_deref(), Some("a:80"));
        assert_eq!(told("", true, "https://b"), None, "a page from no server");
    }

    #[test]
    fn as_many_as_a_room_can_have_are_taken_and_the_own_is_among_them() {
        let others: Vec<_> = (0..MOST_ADDRESSES)
            .map(|at| format!("http://n{at}"))
            .collect();
        let all = addresses("a", false, &others.join(" ")).unwrap();
        assert_eq!(all.count(), MOST_ADDRESSES);
        assert_eq!(all.first().host, "a");
    }
}
