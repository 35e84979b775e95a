//! Invitations: the link that brings somebody into the room, and the passwords that go into it. A link stands in an
//! answer and nowhere else: neither in the log nor in the words that end an answer, which are logged.

use flume::Sender;
use hubbub_transport::{Address, Invitation};

#[cfg(feature = "web")]
use std::sync::Arc;

use super::lines::put;
use super::{Office, ask, gone};
use crate::Settings;
use crate::event::Mail;
use crate::orders::{Answer, Credentials, Order};
#[cfg(feature = "web")]
use crate::web::{HostName, Hosts, Nodes, leads_here};
use crate::{password, runtime};

/// The invitation that an administrator wants.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Where the room is to whoever is invited: a host, perhaps with a port, or several with commas between them.
    host: String,
    /// Whether the pin of a certificate from elsewhere is named too.
    has_pin: bool,
}

impl Wanted {
    /// An invitation to this host, or these.
    ///
    /// # Errors
    ///
    /// It is no host. The words do not repeat it, since it may be an invitation with a password.
    pub(super) fn new(host: &str, has_pin: bool) -> Result<Self, String> {
        let hosts: Vec<_> = host.split(',').map(bracketed).collect();
        let host = hosts.join(",");
        let wanted = Self { host, has_pin };
        let is_host = wanted.invitation(hubbub_wire::PORT).is_some();
        is_host.then_some(wanted).ok_or_else(|| {
            "that is no host; give the name or address under which people reach the server, such as chat.example.org or \
             192.0.2.7:9000"
                .to_owned()
        })
    }

    /// The host, as it was given.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Adds the link to an answer, and one for browsers where there is a `page` that they can open. `port` is that of
    /// the server. Returns the words that end the answer.
    pub(super) fn put(
        &self,
        answer: &mut String,
        room: Option<Box<Credentials>>,
        port: u16,
        page: Option<&Page>,
    ) -> Result<String, String> {
        let Some(room) = room else {
            return Err(
                "there is nothing to invite to: without TLS everybody who reaches the port comes in, and everybody on the \
                 way reads along; start the server with --tls"
                    .to_owned(),
            );
        };
        let Some(mut invitation) = self.invitation(port) else {
            return Err("that is no host".to_owned());
        };
        let is_pinned = room.is_own || self.has_pin;
        if is_pinned {
            invitation.pins = room.pins;
        }
        let has_password = room.password.is_some();
        invitation.password = room.password;
        put(answer, "-", [&*invitation.to_link()]);
        let pin = match (is_pinned, room.is_own) {
            (true, true) => "",
            (true, false) => {
                "; it stops working when the certificate is renewed with another key, as some authorities' clients do"
            }
            (false, _) => {
                "; it has no pin, since the certificate is not of the server's making, and is believed where an authority \
                 vouches for it"
            }
        };
        let password = match (has_password, room.also_plain) {
            (true, _) => "whoever has it comes in",
            (false, false) => {
                "it has no password: everybody who reaches the port comes in; see --password-file"
            }
            (false, true) => {
                "it has no password: everybody who reaches the port comes in, also without TLS; see --password-file"
            }
        };
        let page = page.map_or("", |page| {
            self.put_for_browsers(answer, invitation, room.is_own, page)
        });
        Ok(format!("{password}{pin}{page}"))
    }

    /// Adds the link for browsers, if they can open the page. Returns the words about it.
    fn put_for_browsers(
        &self,
        answer: &mut String,
        mut invitation: Invitation,
        is_own: bool,
        page: &Page,
    ) -> &'static str {
        if is_own {
            return "; it is for programs, since browsers want a certificate that an authority vouches for; see --tls-cert";
        }
        // A browser believes authorities, and cannot look at a key.
        invitation.pins.clear();
        let mut links = 0;
        // It gets the page from one server, which names the others to the page.
        for address in invitation.addresses.clone().iter() {
            invitation.addresses = address.clone().into();
            let link = invitation.to_link();
            let rest = link.strip_prefix("chats://");
            if let Some(rest) = rest.filter(|_| page.is_at(address)) {
                put(answer, "-", [&*format!("https://{rest}")]);
                links += 1;
            }
        }
        match links {
            0 => "; it is for programs, since browsers get no page under this name; see --web-host",
            1 => "; the one with https is for browsers",
            _ => "; those with https are for browsers",
        }
    }

    /// The invitation so far, unless the host is none. Without a port in it, the port is that of the server.
    fn invitation(&self, port: u16) -> Option<Invitation> {
        let is_host = !self.host.contains(['/', '#']);
        let link = format!("chats://{}", self.host);
        is_host.then(|| Invitation::parse(&link, port).ok())?
    }
}

/// People write an IPv6 address without brackets, too.
fn bracketed(host: &str) -> String {
    let is_bare = host.contains(':') && Invitation::parse(&format!("chats://{host}"), 1).is_err();
    if is_bare {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

/// The page for browsers, as far as an invitation has to know it.
#[derive(Clone, Debug)]
pub(super) struct Page {
    #[cfg(feature = "web")]
    hosts: Arc<Hosts>,
    #[cfg(feature = "web")]
    nodes: Arc<Nodes>,
}

impl Page {
    /// That of the settings, if there is one.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        #[cfg(feature = "web")]
        return settings.web.as_ref().map(|web| Self {
            hosts: Arc::clone(&web.hosts),
            nodes: Arc::clone(&web.nodes),
        });
        #[cfg(not(feature = "web"))]
        {
            let _ = settings;
            None
        }
    }

    /// Whether a browser gets the page there, with TLS: from this server, or from another node of the room.
    fn is_at(&self, address: &Address) -> bool {
        #[cfg(feature = "web")]
        return HostName::parse(&address.host).is_ok_and(|host| {
            leads_here(&self.hosts, &host) || self.nodes.are_at(&host, address.port)
        });
        #[cfg(not(feature = "web"))]
        {
            let _ = address;
            false
        }
    }
}

impl Office {
    /// Writes a new password where the server reads it, and tells the hub of it. It is done to its end, whether the
    /// administrator waits for that or not: else the file and the hub would have different ones.
    pub(super) async fn change_password(&self, inbox: &Sender<Mail>) -> Result<Answer, String> {
        let Some(file) = self.password_file.clone() else {
            return Err(
                "the room has no password that could be another one; start the server with --password-file FILE and \
                 --make-password"
                    .to_owned(),
            );
        };
        // Nobody waits with the end of the server for the disk.
        let inbox = inbox.downgrade();
        let change = async move {
            let turn = file.turn().await;
            let written = runtime::blocking(move || password::write_new(file.path())).await;
            let password =
                written.map_err(|error| format!("no password was written: {error}"))??;
            let inbox = inbox.upgrade().ok_or_else(|| gone(()))?;
            ask(&inbox, Order::Password(password, turn)).await
        };
        runtime::spawn(change).await
    }
}

/// The words about a new password.
pub(super) const NEW_PASSWORD: &str = "a new password counts from now on, and who is here stays; earlier invitations let nobody in any more, so make new \
     ones with invite HOST";

#[cfg(test)]
mod tests {
    use hubbub_transport::Pin;

    use super::*;
    use crate::password::Password;
    #[cfg(feature = "web")]
    use crate::web::Node;

    fn pin(key: &str) -> Pin {
        Pin::of_key(key.as_bytes())
    }

    fn room(is_own: bool, password: Option<&str>) -> Option<Box<Credentials>> {
        Some(Box::new(Credentials {
            pins: vec![pin("one"), pin("two")],
            is_own,
            also_plain: false,
            password: password.map(|password| Password::new(password.as_bytes())),
        }))
    }

    fn link(
        host: &str,
        has_pin: bool,
        room: Option<Box<Credentials>>,
    ) -> Result<(String, String), String> {
        let mut answer = String::new();
        let words = Wanted::new(host, has_pin)?.put(&mut answer, room, 8765, None)?;
        let link = answer
            .strip_prefix("- ")
            .unwrap()
            .strip_suffix('\n')
            .unwrap();
        Ok((link.to_owned(), words))
    }

    #[test]
    fn an_invitation_has_the_pins_of_a_key_of_the_servers_own_and_the_password() {
        let (one, two) = (pin("one"), pin("two"));
        for has_pin in [true, false] {
            let made = link(
                "chat.example.org",
                has_pin,
                room(true, Some("open sesame, open")),
            );
            let (link, words) = made.unwrap();
            let whole = format!(
                "chats://chat.example.org:8765/#pin={one},pin={two},key=open%20sesame%2C%20open"
            );
            assert_eq!(link, whole);
            assert_eq!(words, "whoever has it comes in");
        }
    }

    #[test]
    fn a_certificate_from_elsewhere_is_named_only_if_that_is_asked_for() {
        let (link_without, words) =
            link("a", false, room(false, Some("open sesame, open"))).unwrap();
        assert_eq!(link_without, "chats://a:8765/#key=open%20sesame%2C%20open");
        assert!(words.contains("no pin"), "{words}");
        let (link_with, words) = link("a", true, room(false, None)).unwrap();
        let whole = format!("chats://a:8765/#pin={},pin={}", pin("one"), pin("two"));
        assert_eq!(link_with, whole);
        assert!(
            words.contains("renewed") && words.contains("no password"),
            "{words}"
        );
    }

    #[test]
    #[cfg(feature = "web")]
    fn browsers_get_a_link_where_they_believe_the_certificate_and_the_room_answers_to_the_name() {
        let named = ["a.example.org", "192.0.2.8"];
        let named = named.map(|name| HostName::parse(name).unwrap());
        let page = Page {
            hosts: Arc::new(Hosts::new(named.to_vec())),
            nodes: Arc::new(
                Nodes::new(vec![Node::parse("https://c.example.org:8765").unwrap()]).unwrap(),
            ),
        };
        for (host, is_own, link, words) in [
            (
                "a.example.org",
                false,
                Some("https://a.example.org:8765/#key=open%20sesame%2C%20open"),
                "with https",
            ),
            (
                "127.0.0.1:443",
                false,
                Some("https://127.0.0.1:443/#key=open%20sesame%2C%20open"),
                "with https",
            ),
            (
                "localhost",
                false,
                Some("https://localhost:8765/#key=open%20sesame%2C%20open"),
                "with https",
            ),
            (
                "192.0.2.8",
                false,
                Some("https://192.0.2.8:8765/#key=open%20sesame%2C%20open"),
                "with https",
            ),
            // Another node of the room, as this server knows it.
            (
                "c.example.org",
                false,
                Some("https://c.example.org:8765/#key=open%20sesame%2C%20open"),
                "with https",
            ),
            ("c.example.org:443", false, None, "--web-host"),
            ("c.example.org", true, None, "an authority vouches for"),
            // Nobody has these, which are for documents (RFC 5737).
            ("192.0.2.7:443", false, None, "--web-host"),
            ("0.0.0.0", false, None, "--web-host"),
            ("b.example.org", false, None, "--web-host"),
            ("a.example.org", true, None, "an authority vouches for"),
        ] {
            for has_pin in [false, true] {
                let mut answer = String::new();
                let wanted = Wanted::new(host, has_pin).unwrap();
                let room = room(is_own, Some("open sesame, open"));
                let said = wanted.put(&mut answer, room, 8765, Some(&page)).unwrap();
                let links: Vec<&str> = answer.lines().map(|line| &line[2..]).collect();
                assert!(links[0].starts_with("chats://"), "{answer}");
                assert_eq!(links.get(1).copied(), link, "{host}");
                assert!(said.contains(words), "{said}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let words = link("a", true, None).unwrap_err();
        assert!(words.contains("--tls"), "{words}");
        let (_, words) = link("a", false, room(true, None)).unwrap();
        assert!(
            words.contains("--password-file") && !words.contains("without TLS"),
            "{words}"
        );
        let mut open = room(true, None).unwrap();
        open.also_plain = true;
        let (_, words) = link("a", false, Some(open)).unwrap();
        assert!(words.contains("without TLS"), "{words}");
    }

    #[test]
    fn a_host_may_have_a_port_and_what_is_no_host_is_refused() {
        for (host, address) in [
            ("192.0.2.7:9000", "192.0.2.7:9000"),
            ("2001:db8::1", "[2001:db8::1]:8765"),
            ("[2001:db8::1]:9", "[2001:db8::1]:9"),
            ("a,2001:db8::1,b:9", "a:8765,[2001:db8::1]:8765,b:9"),
        ] {
            let (link, _) = link(host, false, room(false, None)).unwrap();
            assert_eq!(link, format!("chats://{address}"), "{host}");
        }
        for host in [
            "",
            "a b",
            "a:0",
            "a:x",
            "a/",
            "a#key=x",
            "a/#pin=x",
            "chats://a",
            "a@b",
            "a,",
            "a,b:x",
        ] {
            let words = link(host, false, room(true, None)).unwrap_err();
            assert!(words.contains("is no host"), "{host}: {words}");
            assert!(
                host.is_empty() || !words.contains(&format!("{host:?}")),
                "{words}"
            );
        }
    }
}
