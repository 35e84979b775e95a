//! Which engines and streams are refused, with which words, and how an engine knows this server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures::executor::block_on;
use hubbub_testing::tls::{Authority, Certificate, Directory};
use hubbub_testing::{Engines, HeldPort};
use nkeys::KeyPair;

use super::super::start;
use super::{Node, at, cluster};
use crate::settings::Cluster;

/// What is said of it when it does not start.
#[track_caller]
fn refusal(cluster: &Cluster) -> String {
    match block_on(start(cluster)) {
        Ok(_) => panic!("{:?} can be used", cluster.engines),
        Err(why) => why,
    }
}

/// An engine that says no more than this of itself.
fn says_of_itself(version: &str, has_streams: bool) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let line = format!(
        r#"INFO {{"server_id":"e","version":"{version}","headers":true,"max_payload":1048576,"jetstream":{has_streams}}}"#
    );
    thread::spawn(move || {
        // Whoever takes it for slow comes again.
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = write!(socket, "{line}\r\n");
            let lines = BufReader::new(socket.try_clone().unwrap()).lines();
            for line in lines.map_while(Result::ok) {
                if line == "PING" {
                    let _ = socket.write_all(b"PONG\r\n");
                }
            }
        }
    });
    format!("nats://{address}")
}

#[test]
fn an_engine_that_is_too_old_or_keeps_nothing_is_refused() {
    for version in ["2.10.29", "1.99.0", "strange"] {
        let why = refusal(&at(&says_of_itself(version, true), 1));
        assert!(
            why.contains(version) && why.contains("2.11 or newer"),
            "{why}"
        );
    }
    for version in ["2.11.0", "3.0.0"] {
        let why = refusal(&at(&says_of_itself(version, false), 1));
        assert!(why.contains("JetStream"), "{why}");
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_stream_with_other_settings_is_refused_and_not_changed() {
    let engines = Engines::start(1);
    let first = Node::start(&engines);
    let other = Cluster {
        keep: Duration::from_secs(2 * 60 * 60),
        keep_bytes: 64 * 1024 * 1024,
        ..cluster(&engines)
    };
    let why = refusal(&other);
    assert!(why.contains("--keep is 30days and not 2h"), "{why}");
    assert!(
        why.contains("--keep-bytes is 1073741824 and not 67108864"),
        "{why}"
    );
    let again = Node::start(&engines);
    assert_eq!(again.link.start.created, first.link.start.created);
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn all_that_is_wrong_with_a_stream_that_was_made_by_hand_is_named() {
    let engines = Engines::start(1);
    let by_hand = Config {
        name: "HUBBUB_room".to_owned(),
        subjects: vec!["hubbub.room.>".to_owned()],
        storage: StorageType::Memory,
        discard: DiscardPolicy::New,
        max_age: Duration::from_secs(60),
        max_bytes: 1 << 20,
        max_messages: 5,
        max_messages_per_subject: 6,
        max_message_size: 7,
        duplicate_window: Duration::from_secs(8),
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(engines.url(0)).await.unwrap();
        let js = async_nats::jetstream::new(client);
        js.create_stream(by_hand).await.unwrap();
    });
    let why = refusal(&cluster(&engines));
    for word in [
        "HUBBUB_room",
        "--keep is 1m and not 30days",
        "--keep-bytes is 1048576 and not 1073741824",
        "subjects is [\"hubbub.room.>\"]",
        "storage is Memory and not File",
        "discard is New and not Old",
        "max_msgs is 5 and not -1",
        "max_msgs_per_subject is 6 and not -1",
        "max_msg_size is 7 and not 528384",
        "duplicate_window is 8s and not 120s",
        "deny_delete is false and not true",
        "deny_purge is false and not true",
        "allow_direct is false and not true",
    ] {
        assert!(why.contains(word), "no {word:?} in {why}");
    }
    for word in [
        "--cluster-replicas",
        "retention",
        "sealed",
        "subject_transform",
    ] {
        assert!(!why.contains(word), "{word:?} in {why}");
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn one_engine_cannot_keep_three_copies() {
    let engines = Engines::start(1);
    let three = Cluster {
        replicas: 3,
        ..cluster(&engines)
    };
    let why = refusal(&three);
    assert!(why.contains("--cluster-replicas 1"), "{why}");
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn an_engine_that_takes_too_little_is_refused() {
    let engines = Engines::with(1, "max_payload: 300000");
    let why = refusal(&cluster(&engines));
    assert!(why.contains("300000") && why.contains("528384"), "{why}");
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn each_engine_hears_the_user_and_the_password_of_its_own_url() {
    let one = Engines::with(1, r#"authorization { user: "h@b", password: "a,b:c/%" }"#);
    let two = Engines::with(1, "authorization { user: other, password: word }");
    let with = |engines: &Engines, login| engines.url(0).replace("//", &format!("//{login}@"));
    for wrong in ["", "nobody", "h%40b:wrong"] {
        let urls = match wrong {
            "" => one.url(0),
            _ => with(&one, wrong),
        };
        let why = refusal(&at(&urls, 1));
        assert!(why.contains("authorization violation"), "{why}");
        assert!(why.contains(&one.url(0)) && !why.contains("wrong"), "{why}");
    }
    let right = [with(&one, "h%40b:a%2Cb:c/%25"), with(&two, "other:word")];
    Node::with(&at(&right[0], 1)).say("a");
    // Whichever of the two comes first, it hears its own.
    let mut places = Vec::new();
    for _ in 0..40 {
        let node = Node::with(&at(&right.join(","), 1));
        places.push(node.link.start.last);
        if places.contains(&0) && places.contains(&1) {
            return;
        }
    }
    panic!("it never begins with the other one: {places:?}");
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_user_who_is_wrong_for_one_engine_is_no_reason_not_to_use_another() {
    let one = Engines::with(1, "authorization { user: me, password: right }");
    let [wrong, right] =
        ["wrong", "right"].map(|word| one.url(0).replace("//", &format!("//me:{word}@")));
    // They differ in how they are written, so that the client takes them for two.
    let right = right.replace("127.0.0.1", "localhost");
    for _ in 0..10 {
        Node::with(&at(&format!("{wrong},{right}"), 1));
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_user_who_is_wrong_is_told_also_if_the_other_engines_are_away() {
    let one = Engines::with(1, "authorization { user: me, password: right }");
    let wrong = one.url(0).replace("//", "//me:wrong@");
    let [here, there] = [HeldPort::new(), HeldPort::new()];
    let (here, there) = (here.number(), there.number());
    let urls = format!("nats://127.0.0.1:{here},{wrong},nats://127.0.0.1:{there}");
    // Whichever comes first.
    for _ in 0..5 {
        let why = refusal(&at(&urls, 1));
        assert!(why.contains(&one.url(0)), "{why}");
        assert!(why.contains("authorization violation"), "{why}");
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_token_is_a_user_without_a_password() {
    let engines = Engines::with(1, "authorization { token: secret }");
    let with = |token| engines.url(0).replace("//", &format!("//{token}@"));
    assert!(refusal(&at(&with("public"), 1)).contains("authorization"));
    Node::with(&at(&with("secret"), 1)).say("a");
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_connection_is_encrypted_and_the_engine_is_who_its_certificate_says() {
    let (authority, directory) = (Authority::new(), Directory::new());
    let root = authority.write_root(directory.as_ref());
    let engines = encrypted(&directory, &authority.certificate("127.0.0.1"));
    let url = engines.url(0).replace("nats://", "tls://");
    let with = |url: &str, root: &Path| Cluster {
        authorities: Some(root.to_owned()),
        ..at(url, 1)
    };
    Node::with(&with(&url, &root)).say("a");

    let another = Directory::new();
    let another_root = Authority::new().write_root(another.as_ref());
    let why = refusal(&with(&url, &another_root));
    assert!(
        why.contains("--cluster-ca FILE") && why.contains("not believed"),
        "{why}"
    );
    // Those of the system do not have it either.
    assert!(refusal(&at(&url, 1)).contains("not believed"));

    let other_name = encrypted(&directory, &authority.certificate("elsewhere.example"));
    let why = refusal(&with(
        &other_name.url(0).replace("nats://", "tls://"),
        &root,
    ));
    assert!(
        why.contains("127.0.0.1") && why.contains("elsewhere.example"),
        "{why}"
    );

    let old = encrypted(&directory, &authority.expired("127.0.0.1"));
    let why = refusal(&with(&old.url(0).replace("nats://", "tls://"), &root));
    assert!(why.contains("expired"), "{why}");
}

/// An engine with this certificate.
fn encrypted(directory: &Directory, certificate: &Certificate) -> Engines {
    let (chain, key) = (directory.of("engine.pem"), directory.of("engine.key"));
    fs::write(&chain, &certificate.chain).unwrap();
    fs::write(&key, &certificate.key).unwrap();
    Engines::with(
        1,
        &format!("tls {{ cert_file: {chain:?}, key_file: {key:?} }}"),
    )
}

#[test]
fn authorities_and_credentials_that_cannot_be_used_are_told_at_once() {
    let directory = Directory::new();
    let root = fs::read_to_string(Authority::new().write_root(directory.as_ref())).unwrap();
    let nobody = at("tls://127.0.0.1:1", 1);
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let file = directory.of("broken");
    for (words, why) in [
        (None, "No such file"),
        (Some(""), "no certificate"),
        (Some("words"), "no certificate"),
        (Some(&root[..root.len() / 2]), "cannot be used"),
        (Some(no_certificate), "cannot be used"),
    ] {
        if let Some(words) = words {
            fs::write(&file, words).unwrap();
        }
        let told = refusal(&Cluster {
            authorities: Some(file.clone().into()),
            ..nobody.clone()
        });
        assert!(told.contains(&file) && told.contains(why), "{told}");
    }
    let seed = "-----BEGIN USER NKEY SEED-----\nSUAWRONG\n------END USER NKEY SEED------\n";
    let jwt = "-----BEGIN NATS USER JWT-----\neyJ\n------END NATS USER JWT------\n\n";
    fs::remove_file(&file).unwrap();
    for (words, why) in [
        (None, "No such file"),
        (Some(String::new()), "user JWT"),
        (Some(jwt.to_owned()), "nkey"),
        (Some(format!("{jwt}{seed}")), "cannot be used"),
    ] {
        if let Some(words) = words {
            fs::write(&file, words).unwrap();
        }
        let told = refusal(&Cluster {
            credentials: Some(file.clone().into()),
            ..nobody.clone()
        });
        assert!(told.contains(&file) && told.contains(why), "{told}");
        assert!(!told.contains("SUAWRONG"), "{told}");
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_server_is_let_in_by_its_credentials() {
    let operator = Operator::new();
    let engines = Engines::with(1, &operator.configuration());
    let directory = Directory::new();
    let file = directory.of("hubbub.creds");
    let with = || Cluster {
        credentials: Some(file.clone().into()),
        ..cluster(&engines)
    };
    fs::write(&file, Operator::credentials(&operator.account)).unwrap();
    Node::with(&with()).say("a");

    let why = refusal(&cluster(&engines));
    assert!(why.contains("--cluster-creds FILE"), "{why}");
    let stranger = KeyPair::new_account();
    fs::write(&file, Operator::credentials(&stranger)).unwrap();
    let why = refusal(&with());
    assert!(why.contains("authorization violation"), "{why}");
}

/// Who says who may connect, with an account for the room and one for the engines themselves.
struct Operator {
    key: KeyPair,
    account: KeyPair,
    system: KeyPair,
}

impl Operator {
    fn new() -> Self {
        Self {
            key: KeyPair::new_operator(),
            account: KeyPair::new_account(),
            system: KeyPair::new_account(),
        }
    }

    fn configuration(&self) -> String {
        let of_operator = r#"{"type":"operator","version":2}"#;
        let operator = token(&self.key, &self.key.public_key(), of_operator);
        let account = |key: &KeyPair, storage: i8| {
            let claims = format!(
                r#"{{"type":"account","version":2,"limits":{{"subs":-1,"data":-1,"payload":-1,"imports":-1,
                "exports":-1,"wildcards":true,"conn":-1,"leaf":-1,"mem_storage":{storage},"disk_storage":{storage},
                "streams":{storage},"consumer":{storage}}}}}"#
            );
            let token = token(&self.key, &key.public_key(), &claims);
            format!("{}: {token}", key.public_key())
        };
        format!(
            "operator: {operator}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n{}\n{}\n}}\n",
            self.system.public_key(),
            account(&self.account, -1),
            account(&self.system, 0)
        )
    }

    /// The credentials file of a user of an account.
    fn credentials(account: &KeyPair) -> String {
        let user = KeyPair::new_user();
        let claims =
            r#"{"type":"user","version":2,"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1}"#;
        let token = token(account, &user.public_key(), claims);
        let seed = user.seed().unwrap();
        format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }
}

/// Claims that somebody signs for somebody, as NATS writes them.
fn token(of: &KeyPair, subject: &str, claims: &str) -> String {
    let header = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;
    let issuer = of.public_key();
    let body = format!(
        r#"{{"jti":"{subject}","iat":1700000000,"iss":"{issuer}","name":"test","sub":"{subject}","nats":{claims}}}"#
    );
    let [header, body] = [header, &body].map(|text| BASE64_URL_SAFE_NO_PAD.encode(text));
    let signed = format!("{header}.{body}");
    let signature = BASE64_URL_SAFE_NO_PAD.encode(of.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}
