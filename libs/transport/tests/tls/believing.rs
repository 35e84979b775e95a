//! What a client sees of a server. The server here is rustls itself.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::path::Path;
use std::process::{self, Command};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::{env, fs};

use hubbub_transport::tls::{Connector, Identity, Seen};
use hubbub_transport::{Pin, Transport};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData,
    date_time_ymd,
};
use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection};

use crate::support::{Made, made, patient, wait};

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn params(host: &str) -> CertificateParams {
    CertificateParams::new(vec![host.to_owned()]).unwrap()
}

/// A certificate of `authority`, and its key.
fn issued(params: &CertificateParams, authority: &CertifiedIssuer<'static, KeyPair>) -> Made {
    let key = KeyPair::generate().unwrap();
    Made {
        chain: params.signed_by(&key, authority).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// A server that shows `chain` and signs with `key`, whether that is the chain's or not.
fn config(chain: &str, key: &str) -> ServerConfig {
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let key = any_supported_type(&key).unwrap();
    let certified = CertifiedKey::new(chain.map(Result::unwrap).collect(), key);
    let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(certified));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config
}

type Served = JoinHandle<Result<ServerConnection, String>>;

/// Shakes hands with a server that people call `host`.
fn shake(
    config: ServerConfig,
    connector: &Connector,
    host: &str,
) -> (io::Result<(Transport, Seen)>, Served) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        patient(&socket);
        let mut server = ServerConnection::new(Arc::new(config)).unwrap();
        let done = server.complete_io(&mut socket);
        done.map_err(|error| error.to_string())?;
        Ok(server)
    });
    let shaken = wait(async {
        let transport = Transport::connect(address).await?;
        transport.connect_tls(connector, host).await
    });
    (shaken, served)
}

fn seen(made: &Made, connector: &Connector, host: &str) -> Seen {
    let (shaken, served) = shake(config(&made.chain, &made.key), connector, host);
    let (_, seen) = shaken.unwrap();
    let server = served.join().unwrap().unwrap();
    assert_eq!(server.alpn_protocol(), None);
    let name = host.trim_end_matches('.').to_lowercase();
    let is_name = name.contains(char::is_alphabetic) && !name.contains([':', ' ']);
    assert_eq!(server.server_name(), is_name.then_some(&*name), "{host}");
    seen
}

#[track_caller]
fn expect_unsure(seen: &Seen, why: &str) {
    let said = seen.authority().unwrap_err();
    assert!(said.contains(why), "{said}");
}

#[test]
fn an_authority_vouches_for_a_key_and_a_host() {
    let authority = authority();
    let connector = Connector::with_roots(authority.pem().as_bytes());
    for (certified, host) in [
        ("chat.example.org", "chat.example.org"),
        ("chat.example.org", "Chat.Example.ORG"),
        ("chat.example.org", "chat.example.org."),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
    ] {
        let made = issued(&params(certified), &authority);
        let seen = seen(&made, &connector, host);
        assert_eq!(seen.authority(), Ok(()), "{host}");
        let key = KeyPair::from_pem(&made.key).unwrap();
        assert_eq!(seen.pin, Pin::of_key(&key.subject_public_key_info()));
    }
}

#[test]
fn where_no_authority_vouches_the_handshake_is_done_and_it_is_said_why_not() {
    let authority = authority();
    let connector = Connector::with_roots(authority.pem().as_bytes());
    let right = params("localhost");
    let mut expired = right.clone();
    expired.not_after = date_time_ymd(2020, 1, 1);
    let mut early = right.clone();
    early.not_before = date_time_ymd(3000, 1, 1);
    let other = params("example.org");
    for (params, why) in [
        (&expired, "has expired"),
        (&early, "not valid yet"),
        (&other, "for another host"),
    ] {
        let made = issued(params, &authority);
        expect_unsure(&seen(&made, &connector, "localhost"), why);
    }
    let unknown = issued(&right, &self::authority());
    expect_unsure(&seen(&unknown, &connector, "localhost"), "no authority");
    let own = made();
    expect_unsure(&seen(&own, &connector, "localhost"), "no authority");
    expect_unsure(
        &seen(&own, &Connector::with_roots(b""), "localhost"),
        "no list",
    );
    let right = issued(&right, &authority);
    for host in ["fe80::1%eth0", "a b"] {
        expect_unsure(&seen(&right, &connector, host), "address like this");
    }
}

#[test]
fn who_has_only_the_certificate_and_not_its_key_is_refused() {
    let authority = authority();
    let connector = Connector::with_roots(authority.pem().as_bytes());
    let right = issued(&params("localhost"), &authority);
    let own = made();
    for key in [&made().key, include_str!("keys/rsa-3072.pem")] {
        for chain in [&right.chain, &own.chain] {
            let (shaken, served) = shake(config(chain, key), &connector, "localhost");
            let refused = shaken.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidData);
            assert!(refused.to_string().contains("cannot prove"), "{refused}");
            // The server may have believed that all was well.
            let _ = served.join().unwrap();
        }
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_refused() {
    let own = made();
    let garbage = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    let (shaken, served) = shake(config(garbage, &own.key), &Connector::with_roots(b""), "a");
    assert_eq!(shaken.unwrap_err().kind(), ErrorKind::InvalidData);
    let _ = served.join().unwrap();
}

#[test]
fn a_server_that_speaks_chat_chooses_it_and_one_that_wants_something_else_is_none_of_ours() {
    let own = made();
    let connector = Connector::with_roots(b"");
    let mut chat = config(&own.chain, &own.key);
    chat.alpn_protocols = vec![b"http/1.1".to_vec(), b"chat/1.0".to_vec()];
    let (shaken, served) = shake(chat, &connector, "localhost");
    shaken.unwrap();
    let served = served.join().unwrap().unwrap();
    assert_eq!(served.alpn_protocol(), Some(&b"chat/1.0"[..]));
    let mut web = config(&own.chain, &own.key);
    web.alpn_protocols = vec![b"http/1.1".to_vec()];
    let (shaken, served) = shake(web, &connector, "localhost");
    let refused = shaken.unwrap_err();
    assert!(
        refused.to_string().contains("NoApplicationProtocol"),
        "{refused}"
    );
    served.join().unwrap().unwrap_err();
}

#[test]
fn a_server_that_speaks_no_tls_is_told_apart() {
    for (said, kind, why) in [
        (&b"TEXT/1.0\n"[..], ErrorKind::InvalidData, "not TLS"),
        // Alerts: no TLS 1.3, access denied, and no handshake.
        (
            &[21, 3, 3, 0, 2, 2, 70],
            ErrorKind::InvalidData,
            "no TLS 1.3",
        ),
        (
            &[21, 3, 3, 0, 2, 2, 49],
            ErrorKind::PermissionDenied,
            "takes no connection",
        ),
        (
            &[21, 3, 3, 0, 2, 2, 40],
            ErrorKind::InvalidData,
            "takes no TLS",
        ),
        (b"", ErrorKind::UnexpectedEof, "cut off"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            patient(&socket);
            socket.read_exact(&mut [0; 100]).unwrap();
            socket.write_all(said).unwrap();
            socket.shutdown(Shutdown::Write).unwrap();
            // Without this, unread bytes would break the connection.
            let _ = socket.read_to_end(&mut Vec::new());
        });
        let refused = wait(async {
            let transport = Transport::connect(address).await?;
            let connector = Connector::with_roots(b"");
            transport.connect_tls(&connector, "localhost").await
        });
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), kind, "{refused}");
        assert!(refused.to_string().contains(why), "{refused}");
        served.join().unwrap();
    }
}

#[test]
fn the_pin_of_an_identity_is_what_a_client_sees() {
    let own = made();
    let identity = Identity::from_pem(own.chain.as_bytes(), own.key.as_bytes()).unwrap();
    let seen = seen(&own, &Connector::with_roots(b""), "localhost");
    assert_eq!(seen.pin, identity.pin());
}

/// Where the server is, in the environment of a process that only connects to it.
const ADDRESS: &str = "HUBBUB_TEST_ADDRESS";

/// The system's own list is where `SSL_CERT_FILE` says. A process cannot change its own environment safely, so the test
/// starts itself again.
#[test]
fn the_authorities_are_those_of_the_system() {
    if let Ok(address) = env::var(ADDRESS) {
        let seen = wait(async {
            let transport = Transport::connect(address.parse().unwrap()).await?;
            transport.connect_tls(&Connector::new(), "localhost").await
        });
        println!("{:?}", seen.unwrap().1.authority());
        return;
    }
    let (authority, other) = (authority(), self::authority());
    let made = issued(&params("localhost"), &authority);
    for (roots, said) in [
        (authority.pem(), "Ok(())"),
        (other.pem(), "no authority that this computer trusts"),
        (String::new(), "no list of authorities"),
    ] {
        let name = format!("roots-{}.pem", process::id());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, roots).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let config = Arc::new(config(&made.chain, &made.key));
        let served = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            patient(&socket);
            let mut server = ServerConnection::new(config).unwrap();
            server.complete_io(&mut socket).unwrap();
        });
        let child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "believing::the_authorities_are_those_of_the_system",
            ])
            .arg("--nocapture")
            .env("SSL_CERT_FILE", &file)
            .env_remove("SSL_CERT_DIR")
            .env(ADDRESS, address)
            .output()
            .unwrap();
        fs::remove_file(&file).unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && output.contains(said), "{output}");
        served.join().unwrap();
    }
}
