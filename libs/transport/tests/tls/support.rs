//! What the tests are told with: certificates, and both ends of a connection.

use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::time::Duration;

use async_io::{Timer, block_on};
use futures::future::{Either, select};
use hubbub_transport::tls::{Acceptor, Connector, Identity, Seen};
use hubbub_transport::{Listener, Transport};
use rcgen::{CertificateParams, KeyPair};

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
    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

pub(crate) fn made() -> Made {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Made {
        chain: certificate.pem(),
        key: key.serialize_pem(),
    }
}

/// Two of ours, after the handshake.
pub(crate) fn ours() -> (Transport, Transport, Seen) {
    let identity = made().identity();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::new(listener).unwrap();
    let address = listener.local_addr().unwrap();
    wait(async {
        let server = async {
            let (transport, _) = listener.accept().await.unwrap();
            let acceptor = Acceptor::new(&identity);
            transport.accept_tls(&acceptor, b"").await.unwrap()
        };
        let client = async {
            let transport = Transport::connect(address).await.unwrap();
            let connector = Connector::with_roots(b"");
            transport
                .connect_tls(&connector, "localhost")
                .await
                .unwrap()
        };
        let (server, (client, seen)) = futures::join!(server, client);
        assert_eq!(seen.pin, identity.pin());
        (server, client, seen)
    })
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
