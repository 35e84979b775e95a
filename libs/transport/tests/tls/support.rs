//! What the tests are told with: certificates, both ends of a connection, and rustls itself.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_io::{Timer, block_on};
use futures::future::{Either, select};
use hubbub_transport::tls::{Acceptor, Connector, Identity, Seen};
use hubbub_transport::{Listener, Transport};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Nothing here takes a tenth of this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    match block_on(select(pin!(work), Timer::after(PATIENCE))) {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("it waited in vain"),
    }
}

/// A certificate that nobody has signed but itself, and its key, in PEM.
pub(crate) struct Made {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Made {
    pub(crate) fn of(key: &KeyPair) -> Self {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        Self {
            chain: params.self_signed(key).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }

    /// A client of rustls that trusts this certificate.
    pub(crate) fn config(&self) -> ClientConfig {
        self.config_with(default_provider())
    }

    pub(crate) fn config_with(&self, provider: CryptoProvider) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.chain.as_bytes());
        roots.add(own.unwrap()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

pub(crate) fn made() -> Made {
    Made::of(&KeyPair::generate().unwrap())
}

/// Where a connection comes in. It is taken in as the plain one that it is.
pub(crate) struct Door(Listener);

impl Door {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self(Listener::new(listener).unwrap())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub(crate) async fn accept(&self) -> Transport {
        self.0.accept().await.unwrap().0
    }

    /// A connection that came in, and the socket that it came from.
    pub(crate) fn sockets(&self) -> (Transport, TcpStream) {
        let peer = TcpStream::connect(self.address()).unwrap();
        patient(&peer);
        (wait(self.accept()), peer)
    }
}

pub(crate) fn patient(socket: &TcpStream) {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
}

/// Two of ours, after the handshake.
pub(crate) fn ours() -> (Transport, Transport, Seen) {
    let identity = made().identity();
    let door = Door::new();
    wait(async {
        let server = async {
            let acceptor = Acceptor::new(&identity);
            door.accept().await.accept_tls(&acceptor, b"").await
        };
        let client = async {
            let transport = Transport::connect(door.address()).await.unwrap();
            let connector = Connector::with_roots(b"");
            transport.connect_tls(&connector, "localhost").await
        };
        let (server, client) = futures::join!(server, client);
        let (client, seen) = client.unwrap();
        assert_eq!(seen.pin, identity.pin());
        (server.unwrap(), client, seen)
    })
}

/// A client of rustls.
pub(crate) type Client = StreamOwned<ClientConnection, TcpStream>;

pub(crate) fn client(config: ClientConfig, socket: TcpStream) -> Client {
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(client, socket)
}

/// A server of ours, and a client of rustls that has `config`, after the handshake.
pub(crate) fn with_client(made: &Made, config: ClientConfig) -> (Transport, Client) {
    let (transport, socket) = Door::new().sockets();
    let acceptor = Acceptor::new(&made.identity());
    let client = thread::spawn(move || {
        let mut client = client(config, socket);
        client.conn.complete_io(&mut client.sock).unwrap();
        client
    });
    let transport = wait(transport.accept_tls(&acceptor, b"")).unwrap();
    (transport, client.join().unwrap())
}

/// A server of ours, and a client of rustls, after the handshake.
pub(crate) fn server() -> (Transport, Client) {
    let made = made();
    with_client(&made, made.config())
}

pub(crate) fn read(transport: &Transport) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 64 * 1024];
    let len = wait(poll_fn(|cx| transport.poll_read(cx, &mut bytes)))?;
    bytes.truncate(len);
    Ok(bytes)
}

/// Reads exactly so many bytes.
pub(crate) fn read_exact(transport: &Transport, len: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < len {
        let more = read(transport).unwrap();
        assert!(!more.is_empty(), "it ended after {} bytes", all.len());
        all.extend(more);
    }
    assert_eq!(all.len(), len);
    all
}

pub(crate) fn write(transport: &Transport, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = wait(poll_fn(|cx| transport.poll_write(cx, bytes))).unwrap();
        bytes = &bytes[written..];
    }
}
