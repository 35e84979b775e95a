//! What a browser is told by the close of its connection.

use std::io::Read;
use std::net::{TcpListener, TcpStream};

use hubbub_transport::{Goodbye, Transport};
use hubbub_wire::DecodeError;

use super::*;
use crate::runtime::block_on;

/// The peer of a browser, and the browser's socket.
struct Browser {
    pending: Pending,
    socket: TcpStream,
}

impl Browser {
    fn connects(hub: &mut Hub, peer: PeerId) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let transport = Transport::connect(listener.local_addr().unwrap());
        let transport = block_on(transport).unwrap().into_web(Vec::new());
        let (socket, _) = listener.accept().unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let (outbox, pending) = outbox(peer, ROOMY, Some(transport));
        hub.happens(Event::Connected {
            peer,
            outbox,
            from: somewhere(),
            guest: Guest::default(),
        });
        Self { pending, socket }
    }

    /// A member without a grant.
    fn joins(hub: &mut Hub, peer: PeerId, name: &'static str) -> Self {
        let browser = Self::connects(hub, peer);
        hub.joins(peer, name);
        hub.flush();
        browser
    }

    /// A member with a grant, or whoever wants to be one.
    fn offers(hub: &mut Hub, peer: PeerId, name: &'static str, secret: u128, attempt: u64) -> Self {
        let browser = Self::connects(hub, peer);
        hub.happens(Event::Join {
            peer,
            name: username(name),
            offered: offered(secret, attempt),
        });
        hub.flush();
        browser
    }

    /// The hub has let go of it, and its task ends the connection.
    #[track_caller]
    fn ends_with(mut self, why: Goodbye) {
        taken(&mut self.pending);
        assert!(is_over(&mut self.pending));
        self.pending.transport().unwrap().finish().unwrap();
        let mut heard = Vec::new();
        self.socket.read_to_end(&mut heard).unwrap();
        let reason = why.reason().as_bytes();
        let close = [
            &[0x88, 2 + reason.len() as u8],
            &why.code().to_be_bytes()[..],
            reason,
        ]
        .concat();
        assert!(
            heard.ends_with(&close),
            "{:?}",
            String::from_utf8_lossy(&heard)
        );
    }
}

#[test]
fn a_browser_is_told_why_it_is_not_let_in() {
    let mut hub = hub();
    let _ada = hub.ours(ADA, "ada", 1, 1);
    let taken = Browser::offers(&mut hub, BOB, "ada", 2, 1);
    hub.happens(Event::StillHere { peer: ADA });
    hub.flush();
    taken.ends_with(Goodbye::Name);
    let reserved = Browser::joins(&mut hub, EVE, "server");
    reserved.ends_with(Goodbye::Name);
    let crowd = Browser::connects(&mut hub, FAY);
    hub.happens(Event::CrowdedOut { peer: FAY });
    crowd.ends_with(Goodbye::Full);
    let late = Browser::connects(&mut hub, BOB);
    hub.passes(hub.settings.join_timeout + Duration::from_secs(1));
    late.ends_with(Goodbye::Late);
}

#[test]
fn a_browser_is_told_why_it_has_to_go() {
    let mut hub = hub();
    for (why, told) in [
        (Departure::Left, Goodbye::Left),
        (Departure::Closed, Goodbye::Left),
        (Departure::Broke(DecodeError::Tls), Goodbye::Chat),
        (Departure::LeftOutText, Goodbye::Chat),
        (Departure::BeyondLimit, Goodbye::TooLong),
        (Departure::Unanswered, Goodbye::Busy),
        (Departure::OutOfMemory, Goodbye::Busy),
        (Departure::TextStalled, Goodbye::Busy),
    ] {
        let browser = Browser::joins(&mut hub, BOB, "bob");
        hub.is_gone(BOB, why);
        hub.flush();
        browser.ends_with(told);
    }
}

#[test]
fn a_browser_whose_member_comes_from_elsewhere_is_told_so() {
    let mut hub = hub();
    let first = Browser::offers(&mut hub, ADA, "ada", 1, 1);
    let _second = hub.ours(BOB, "ada", 1, 2);
    first.ends_with(Goodbye::Replaced);
}

#[cfg(feature = "admin")]
#[test]
fn a_browser_is_told_that_an_operator_has_put_it_out() {
    use crate::orders::Order;
    let mut hub = hub();
    let member = Browser::joins(&mut hub, ADA, "ada");
    hub.ordered(Order::Kick(username("ada")));
    hub.apply_some();
    hub.flush();
    member.ends_with(Goodbye::Kicked);
    let again = Browser::joins(&mut hub, BOB, "ada");
    again.ends_with(Goodbye::Kicked);
    hub.passes(Duration::from_secs(3600));
    let member = Browser::offers(&mut hub, EVE, "eve", 1, 1);
    let network = somewhere().address().network();
    hub.ordered(Order::Ban(network, None));
    hub.apply_some();
    hub.flush();
    member.ends_with(Goodbye::Banned);
}

#[test]
fn a_server_that_stops_says_so_to_every_browser() {
    let mut hub = hub();
    let member = Browser::joins(&mut hub, ADA, "ada");
    let granted = Browser::offers(&mut hub, BOB, "bob", 1, 1);
    let stranger = Browser::connects(&mut hub, EVE);
    hub.happens(Event::Stop);
    drop(hub.close());
    for browser in [member, granted, stranger] {
        browser.ends_with(Goodbye::Stopping);
    }
}
