//! What the other tests lean on: that the test's own TLS lets through what is right and stops what is not.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use hubbub_testing::tls::{Authority, Caller, Certificate, Middle, client_hello};
use hubbub_testing::{Network, Peer, ScriptedServer, join, text};

/// The other end of one handshake: a server with this certificate, which then says and hears a line.
fn serve_once(certificate: Certificate) -> (u16, thread::JoinHandle<std::io::Result<()>>) {
    let server = ScriptedServer::start();
    let port = server.port();
    let thread = thread::spawn(move || {
        let mut peer = server.accept().accept_tls(&certificate)?;
        peer.expect(join("alice"));
        peer.send(text("bob", "hello"));
        peer.finish_sending();
        peer.expect_closed();
        Ok(())
    });
    (port, thread)
}

fn talk(mut peer: Peer) {
    peer.send(join("alice"));
    peer.expect(text("bob", "hello"));
    peer.expect_closed();
    peer.finish_sending();
}

fn call(port: u16, caller: &Caller) -> Result<Peer, String> {
    let peer = Peer::try_connect(port).unwrap();
    let secured = peer.try_secure(caller, "localhost");
    secured.map_err(|error| error.to_string())
}

#[test]
fn a_right_certificate_is_believed_and_each_wrong_one_is_not() {
    let authority = Authority::new();
    let caller = Caller::believing(&authority);
    let right = authority.certificate("localhost");
    let wrong = [
        (authority.expired("localhost"), "expired"),
        (
            authority.certificate("elsewhere.test"),
            "not valid for name",
        ),
        (Certificate::self_signed("localhost"), "UnknownIssuer"),
        (Authority::new().certificate("localhost"), "BadSignature"),
        (right.without_its_key(), "BadSignature"),
        (Certificate::seen(&right.der()), "BadSignature"),
    ];
    for (number, (certificate, why)) in wrong.into_iter().enumerate() {
        let (port, server) = serve_once(certificate);
        let Err(error) = call(port, &caller) else {
            panic!("number {number} was believed");
        };
        assert!(error.contains(why), "{error}, not {why}");
        server.join().unwrap().unwrap_err();
    }
    for certificate in [authority.renewed(&right, "localhost"), right] {
        let (port, server) = serve_once(certificate);
        talk(call(port, &caller).unwrap());
        server.join().unwrap().unwrap();
    }
}

#[test]
fn pins_are_those_that_openssl_computes() {
    let authority = Authority::new();
    let right = authority.certificate("localhost");
    assert_eq!(
        authority.renewed(&right, "elsewhere.test").pin(),
        right.pin()
    );
    assert_eq!(right.without_its_key().pin(), right.pin());
    assert_ne!(authority.certificate("localhost").pin(), right.pin());
    for certificate in [right, Certificate::rsa("localhost", 2048)] {
        let script = "openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | tee >(openssl dgst -sha256 -r >&2) \
                      | openssl dgst -sha256 -binary | openssl base64; wait";
        let mut openssl = Command::new("bash")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = openssl.stdin.take().unwrap();
        input.write_all(certificate.chain.as_bytes()).unwrap();
        drop(input);
        let output = openssl.wait_with_output().unwrap();
        let base64 = String::from_utf8(output.stdout).unwrap();
        let base64 = base64.trim().trim_end_matches('=');
        let base64url = base64.replace('+', "-").replace('/', "_");
        assert_eq!(certificate.pin(), format!("sha256-{base64url}"));
        let hex = String::from_utf8(output.stderr).unwrap();
        let groups = certificate.fingerprint();
        assert_eq!(groups.len(), 8 * 8 + 7);
        assert_eq!(hex.split(' ').next().unwrap(), groups.replace(' ', ""));
    }
}

#[test]
fn records_go_through_a_network_that_splits_them_into_single_bytes() {
    let authority = Authority::new();
    let (port, server) = serve_once(authority.certificate("localhost"));
    let network = Network::to(port);
    network.weather().piece = 1;
    talk(call(network.port(), &Caller::believing(&authority)).unwrap());
    server.join().unwrap().unwrap();
}

#[test]
fn a_man_in_the_middle_reads_along_where_he_is_believed_and_hears_nothing_elsewhere() {
    let authority = Authority::new();
    let right = authority.certificate("localhost");
    let (port, server) = serve_once(right.clone());
    let middle = Middle::before(port, &Certificate::self_signed("localhost"));
    let thief = Middle::before(port, &right.without_its_key());

    assert!(call(middle.port(), &Caller::believing(&authority)).is_err());
    middle.connection(0).ends_with_all_of("");
    assert!(call(thief.port(), &Caller::believing_all()).is_err());
    thief.connection(0).ends_with_all_of("");

    let peer = call(middle.port(), &Caller::believing_all()).unwrap();
    assert_ne!(peer.certificate(), right.der().to_vec());
    talk(peer);
    middle.connection(1).ends_with_all_of(join("alice"));
    server.join().unwrap().unwrap();
}

#[test]
fn records_can_be_kept_cut_and_made_of_new_keys() {
    let authority = Authority::new();
    let (port, server) = serve_once(authority.certificate("localhost"));
    let mut peer = call(port, &Caller::believing(&authority)).unwrap();
    assert_eq!(peer.protocol().as_deref(), Some("chat/1.0"));
    let keys = peer.new_keys();
    let record = peer.sealed(join("alice"));
    assert!(!record.windows(4).any(|bytes| bytes == b"CHAT"));
    for byte in keys.into_iter().chain(record) {
        peer.send_under_tls([byte]);
    }
    peer.expect(text("bob", "hello"));
    peer.expect_closed();
    peer.finish_sending();
    server.join().unwrap().unwrap();

    let hello = client_hello("localhost");
    assert_eq!(hello[..3], [0x16, 3, 1]);
    assert_eq!(
        hello.len(),
        5 + usize::from(u16::from_be_bytes([hello[3], hello[4]]))
    );
}
