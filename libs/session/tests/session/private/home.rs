//! Home: alice's computer, with an authority that it trusts and a file of known rooms. House: a server with a
//! certificate.

use std::io;
use std::time::{Duration, SystemTime};

use hubbub_session::known::{KnownRoom, KnownRooms};
use hubbub_session::{Cause, Event, Options, Reason};
use hubbub_testing::tls::{Authority, Certificate};
use hubbub_testing::{Peer, ScriptedServer, Time};
use hubbub_transport::tls::Connector;
use hubbub_transport::{Address, Addresses, Pin};

use crate::extension::{Offered, expect_offer};
use crate::harness::{PACE, Window, offering, options};

pub(crate) const HOST: &str = "127.0.0.1";

/// A computer, on which programs run one after the other.
pub(crate) struct Home {
    pub(crate) authority: Authority,
    directory: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            authority: Authority::new(),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn rooms(&self) -> KnownRooms {
        KnownRooms::at(self.directory.path().join("state/known_rooms.toml"))
    }

    pub(crate) fn known(&self, port: u16) -> Option<KnownRoom> {
        self.rooms().get(&address(port)).unwrap()
    }

    /// The options of whoever has a link without pin and password.
    pub(crate) fn options(&self, port: u16) -> Options {
        Options {
            is_private: true,
            known: Some(self.rooms().path().to_owned()),
            ..offering(options(HOST, port))
        }
    }

    /// The same with a pin.
    pub(crate) fn invited(&self, port: u16, certificates: &[&Certificate]) -> Options {
        Options {
            pins: certificates.iter().map(|it| pin(it)).collect(),
            ..self.options(port)
        }
    }

    pub(crate) fn opens(&self, options: Options) -> Window {
        let connector = Connector::with_roots(self.authority.root_pem().as_bytes());
        let mut window = Window::open_with(options, Time::that_skips(PACE), connector);
        window.expect(Event::Connecting);
        window
    }
}

pub(crate) fn address(port: u16) -> Addresses {
    let host = HOST.to_owned();
    Address { host, port }.into()
}

pub(crate) fn pin(certificate: &Certificate) -> Pin {
    certificate.pin().parse().unwrap()
}

/// A server that does what the test says, in TLS.
pub(crate) struct House {
    /// It listens until the test process ends, so that no other one gets its port, at which alice knows it.
    pub(crate) server: &'static ScriptedServer,
    pub(crate) certificate: Certificate,
}

impl House {
    pub(crate) fn with(certificate: Certificate) -> Self {
        let server = Box::leak(Box::new(ScriptedServer::start()));
        Self {
            server,
            certificate,
        }
    }

    /// A server whose certificate nobody has signed.
    pub(crate) fn self_made() -> Self {
        Self::with(Certificate::self_signed(HOST))
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    pub(crate) fn address(&self) -> Address {
        let host = HOST.to_owned();
        let port = self.port();
        Address { host, port }
    }

    pub(crate) fn pin(&self) -> Pin {
        pin(&self.certificate)
    }

    /// Takes the next connection, and does its handshake.
    pub(crate) fn try_accept(&self) -> io::Result<Peer> {
        self.server.accept().accept_tls(&self.certificate)
    }

    #[track_caller]
    pub(crate) fn accept(&self) -> Peer {
        self.try_accept().unwrap()
    }

    /// Takes a connection whose client believes the server, up to its offer.
    #[track_caller]
    pub(crate) fn is_believed(&self) -> (Peer, Offered) {
        let mut peer = self.accept();
        let offer = expect_offer(&mut peer, "alice");
        (peer, offer)
    }

    /// Takes a connection whose client goes away again, having said nothing.
    #[track_caller]
    pub(crate) fn is_left(&self) {
        let said = self.accept().expect_gone();
        assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
    }

    /// Lets somebody in, who is told so.
    #[track_caller]
    pub(crate) fn lets_in(&self, window: &mut Window, reason: Reason) -> Peer {
        let (mut peer, offer) = self.is_believed();
        window.expect(Event::Connected);
        peer.send(offer.welcome(0, "a-1"));
        window.expect_secured(reason, self.pin());
        peer
    }
}

impl Window {
    /// A grant, and that nobody reads along.
    #[track_caller]
    pub(crate) fn expect_secured(&mut self, because: Reason, key: Pin) -> SystemTime {
        let granted = self.next();
        assert!(matches!(granted, Event::Granted { .. }), "{granted:?}");
        let since = self.expect_only_secured(because, key);
        let caught_up = self.next();
        assert!(matches!(caught_up, Event::CaughtUp { .. }), "{caught_up:?}");
        since
    }

    #[track_caller]
    pub(crate) fn expect_only_secured(&mut self, because: Reason, key: Pin) -> SystemTime {
        match self.next() {
            Event::Secured {
                reason, pin, since, ..
            } if (reason, pin) == (because, Some(key)) => since,
            other => panic!("not secured by {because:?} with {key}: {other:?}"),
        }
    }

    /// That nothing vouches for this key. Returns why not.
    #[track_caller]
    pub(crate) fn expect_asks(&mut self, key: Pin) -> String {
        match self.next() {
            Event::AsksTrust { pin, why, .. } if pin == key => why,
            other => panic!("not asked about {key}: {other:?}"),
        }
    }

    /// That a password is wanted. Returns for which server.
    #[track_caller]
    pub(crate) fn expect_asks_password(&mut self, was_refused: bool) -> Address {
        match self.next() {
            Event::AsksPassword { address, refused } if refused == was_refused => address,
            other => panic!("not asked for a password: {other:?}"),
        }
    }

    /// A full stop, and whether what is known is stored.
    #[track_caller]
    pub(crate) fn expect_stop(&mut self, keys: &[Pin], key: Pin, because: Reason) -> bool {
        match self.next() {
            Event::KeyChanged {
                known,
                offered,
                reason,
                since,
                ..
            } if known == keys && (offered, reason) == (key, because) => since.is_some(),
            other => panic!("no full stop by {because:?}, {keys:?} and not {key}: {other:?}"),
        }
    }

    /// That the connection is lost. Returns its cause, and the words for a person.
    #[track_caller]
    pub(crate) fn expect_cause(&mut self) -> (Cause, String, Duration) {
        match self.next() {
            Event::Lost {
                cause,
                why,
                retry_in,
            } => (cause, why, retry_in),
            other => panic!("not lost: {other:?}"),
        }
    }
}
