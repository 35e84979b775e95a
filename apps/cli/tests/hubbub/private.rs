//! Private rooms without a terminal: which key is believed, what is stored, what lets one in, and how each refusal
//! ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use hubbub_testing::tls::{Authority, Certificate};
use hubbub_testing::{DEADLINE, HeldPort, Program, Room, ScriptedServer, text, until};
use tempfile::TempDir;

use crate::outages::welcome;
use crate::program::{Ended, Hubbub, hubbub};

const COMMANDS: [&str; 5] = ["send", "tail", "who", "ping", "chat"];

/// A private room that lets everybody in who has its password, if it has one, and somebody's state directory.
pub(crate) struct Private {
    port: HeldPort,
    desk: Arc<Mutex<Desk>>,
    dir: TempDir,
    pub(crate) home: TempDir,
}

struct Desk {
    certificate: Certificate,
    /// The certificate of later connections. With it, the connection of now is closed once it is welcomed.
    next: Option<Certificate>,
    password: Option<&'static str>,
    /// What each connection said after its handshake: nothing, or an offer.
    offers: Vec<String>,
}

impl Private {
    pub(crate) fn new(certificate: &Certificate) -> Self {
        let port = HeldPort::new();
        let server = ScriptedServer::at(&format!("127.0.0.1:{}", port.number()));
        let desk = Desk {
            certificate: certificate.clone(),
            next: None,
            password: None,
            offers: Vec::new(),
        };
        let desk = Arc::new(Mutex::new(desk));
        let shared = desk.clone();
        thread::spawn(move || {
            // It ends with a panic when nobody has connected for long, and nobody minds.
            loop {
                serve(&server, &shared);
            }
        });
        Self {
            port,
            desk,
            dir: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn wants(self, password: &'static str) -> Self {
        self.desk.lock().unwrap().password = Some(password);
        self
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port.number())
    }

    pub(crate) fn link(&self) -> String {
        format!("chats://{}", self.address())
    }

    pub(crate) fn run(&self, command: &str, arguments: &[&str]) -> Hubbub {
        let mut program = hubbub(&[command]);
        program
            .args(arguments)
            .args(["--username", "logger"])
            .env("XDG_STATE_HOME", self.home.path())
            .env("SSL_CERT_FILE", self.dir.path().join("root.pem"));
        program.stdout(Stdio::piped());
        Hubbub::run(program)
    }

    /// Runs tail until it is in the room and is told to end.
    #[track_caller]
    pub(crate) fn comes_in(&self, arguments: &[&str]) -> Ended {
        let tail = self.run("tail", &[arguments, &["--json"]].concat());
        tail.line_with(r#""type":"connected""#);
        tail.signal("TERM");
        tail.ends(0, "")
    }

    pub(crate) fn offers(&self) -> Vec<String> {
        self.desk.lock().unwrap().offers.clone()
    }

    /// Waits until so many connections have ended after their handshake, and looks at what they said.
    #[track_caller]
    fn hears_nothing_from(&self, connections: usize) {
        until("all have hung up", || self.offers().len() == connections);
        assert_eq!(self.offers().concat(), "");
    }

    pub(crate) fn known(&self) -> PathBuf {
        self.home.path().join("hubbub/known_rooms.toml")
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn serve(server: &ScriptedServer, desk: &Arc<Mutex<Desk>>) {
    let peer = server.accept();
    let certificate = desk.lock().unwrap().certificate.clone();
    let Ok(mut peer) = peer.accept_tls(&certificate) else {
        return;
    };
    let desk = desk.clone();
    thread::spawn(move || {
        let join = peer.next_frame(Instant::now() + DEADLINE).ok().flatten();
        let offer = join.map_or_else(String::new, |_| peer.head());
        let (is_right, next) = {
            let mut desk = desk.lock().unwrap();
            desk.offers.push(offer.clone());
            let password = desk.password.map(|it| format!("\r\nPassword: {it}\r\n"));
            let is_right = password.is_none_or(|password| offer.contains(&password));
            (is_right, desk.next.take_if(|_| is_right))
        };
        if offer.is_empty() {
            return;
        }
        if !is_right {
            peer.send(
                "CHAT/1.0 NOTICE\r\nUsername: logger\r\nCode: password\r\nMsg-len: 2\r\n\r\nno",
            );
            peer.finish_sending();
            return peer.expect_closed();
        }
        peer.send(welcome(&offer, &[]).replace("Kept: 30d\r\n", "Kept: 30d\r\nPrivate: yes\r\n"));
        match next {
            Some(next) => {
                desk.lock().unwrap().certificate = next;
                peer.finish_sending();
            }
            None => drop(peer.rest()),
        }
    });
}

#[test]
fn an_unknown_key_is_refused_by_every_command_and_nothing_is_sent() {
    let certificate = Certificate::self_signed("localhost");
    let room = Private::new(&certificate);
    for command in COMMANDS {
        let mut program = room.run(command, &[&room.link()]);
        if command == "send" {
            program.write(b"hi\n");
        }
        let ended = program.ends(77, "is not known, and nobody vouches for it");
        let hint = format!("give --pin {}", certificate.pin());
        for words in [&*certificate.fingerprint(), &hint, &room.address()] {
            assert!(ended.stderr.contains(words), "{words} {ended:?}");
        }
    }
    room.hears_nothing_from(5);
    assert!(!room.known().exists());
    let ended = room.run("tail", &[&room.link(), "--json"]).ends(77, "");
    let lost = format!(
        r#""cause":"key","offered":"{}","known":[]}}"#,
        certificate.pin()
    );
    assert!(ended.stdout.contains(&lost), "{ended:?}");
}

#[test]
fn a_key_that_is_named_is_believed_and_known_from_then_on() {
    let certificate = Certificate::self_signed("elsewhere.test");
    let named = ["--pin", &certificate.pin()];
    let room = Private::new(&certificate);
    room.comes_in(&[&[&*room.link()], &named[..]].concat());
    let mode = fs::metadata(room.known()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    room.comes_in(&[&room.link()]);
    let other = Private::new(&certificate);
    let invitation = format!("{}/#pin={}", other.link(), certificate.pin());
    other.comes_in(&[&invitation]);
    let third = Private::new(&certificate);
    let invitation = format!("{}/#pin={}\n", third.link(), certificate.pin());
    third.comes_in(&["--invitation", &third.file("invitation", invitation)]);
}

#[test]
fn a_key_that_an_authority_vouches_for_is_believed_and_may_be_replaced_by_another_such() {
    let authority = Authority::new();
    let room = Private::new(&authority.certificate("127.0.0.1"));
    let stranger = room.run("who", &[&room.link()]);
    stranger.ends(77, "nobody vouches for it");
    authority.write_root(room.dir.path());
    room.comes_in(&[&room.link()]);
    room.desk.lock().unwrap().certificate = authority.certificate("127.0.0.1");
    room.comes_in(&[&room.link()]);
    room.desk.lock().unwrap().certificate = Certificate::self_signed("127.0.0.1");
    let ended = room.run("who", &[&room.link()]).ends(77, "STOP: ");
    assert!(
        ended.stderr.contains("as an authority vouched for it"),
        "{ended:?}"
    );
}

#[test]
fn another_key_than_the_known_one_is_a_full_stop_until_the_old_one_is_forgotten() {
    let (old, new) = (
        Certificate::self_signed("localhost"),
        Certificate::self_signed("localhost"),
    );
    let room = Private::new(&old);
    room.comes_in(&[&room.link(), "--pin", &old.pin()]);
    room.desk.lock().unwrap().certificate = new.clone();
    room.desk.lock().unwrap().offers.clear();
    let forgets = format!("hubbub forget {}", room.link());
    for command in COMMANDS {
        let mut program = room.run(command, &[&room.link()]);
        if command == "send" {
            program.write(b"hi\n");
        }
        let ended = program.ends(77, "STOP: ");
        for words in [
            &*old.fingerprint(),
            &new.fingerprint(),
            "reads along",
            &forgets,
        ] {
            assert!(ended.stderr.contains(words), "{words} {ended:?}");
        }
    }
    // Not even an invitation helps.
    let pin = ["--pin", &new.pin()];
    room.run("who", &[&[&*room.link()], &pin[..]].concat())
        .ends(77, "STOP: ");
    room.hears_nothing_from(6);
    let ended = room.run("who", &[&room.link(), "--forget"]);
    let ended = ended.ends(77, "is forgotten");
    assert!(ended.stderr.contains("is not known"), "{ended:?}");
    room.comes_in(&[&[&*room.link()], &pin[..]].concat());
}

#[test]
fn a_key_that_an_invitation_does_not_name_is_a_full_stop_without_anything_to_forget() {
    let room = Private::new(&Certificate::self_signed("localhost"));
    let other = Certificate::self_signed("localhost").pin();
    let ended = room.run("who", &[&room.link(), "--pin", &other]);
    let ended = ended.ends(77, "STOP: ");
    assert!(
        ended.stderr.contains("ask for a new invitation"),
        "{ended:?}"
    );
    assert!(!ended.stderr.contains("forget"), "{ended:?}");
}

#[test]
fn a_tail_that_meets_another_key_when_it_connects_again_ends_with_77() {
    let (old, new) = (
        Certificate::self_signed("localhost"),
        Certificate::self_signed("localhost"),
    );
    let room = Private::new(&old);
    room.desk.lock().unwrap().next = Some(new.clone());
    let tail = room.run("tail", &[&room.link(), "--pin", &old.pin(), "--json"]);
    let ended = tail.ends(77, "STOP: ");
    let lost = format!(
        r#""cause":"key","offered":"{}","known":["{}"]}}"#,
        new.pin(),
        old.pin()
    );
    assert!(ended.stdout.ends_with(&(lost + "\n")), "{ended:?}");
}

#[test]
fn a_room_with_a_password_takes_it_from_a_file_from_stdin_and_from_an_invitation() {
    let certificate = Certificate::self_signed("localhost");
    // "correct horse"
    let room = Private::new(&certificate).wants("Y29ycmVjdCBob3JzZQ==");
    let pin = certificate.pin();
    let link = room.link();
    let ended = room.run("tail", &[&link, "--pin", &pin, "--json"]);
    let ended = ended.ends(77, "the room wants a password; give --password-file");
    assert!(ended.stdout.contains(r#""cause":"password""#), "{ended:?}");
    let wrong = room.file("wrong", "wrong horse battery\n");
    let ended = room.run(
        "tail",
        &[&link, "--pin", &pin, "--password-file", &wrong, "--json"],
    );
    let ended = ended.ends(77, "the room does not take this password");
    assert!(!ended.stderr.contains("battery"), "{ended:?}");
    assert!(!room.known().exists());
    let right = room.file("right", "correct horse\r\n");
    room.comes_in(&[&link, "--pin", &pin, "--password-file", &right]);
    // It is known with the key.
    room.comes_in(&[&link]);
    fs::remove_file(room.known()).unwrap();
    let invitation = format!("{link}/#pin={pin},key=correct%20horse\n");
    room.comes_in(&["--invitation", &room.file("invitation", &invitation)]);
    fs::remove_file(room.known()).unwrap();
    let mut tail = room.run("tail", &["--invitation", "-", "--json"]);
    tail.write(invitation.as_bytes());
    tail.line_with("connected");
    tail.signal("TERM");
    tail.ends(0, "");
    fs::remove_file(room.known()).unwrap();
    let mut tail = room.run(
        "tail",
        &[&link, "--pin", &pin, "--password-file", "-", "--json"],
    );
    tail.write(b"correct horse\n");
    tail.line_with("connected");
    tail.signal("TERM");
    tail.ends(0, "");
}

#[test]
fn each_command_does_in_a_private_room_what_it_does_in_a_plain_one() {
    let (dir, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let certificate = Certificate::self_signed("localhost");
    let [cert, key] = certificate.write(dir.path(), "room");
    let [cert, key] = [cert.to_str().unwrap(), key.to_str().unwrap()];
    let state = dir.path().to_str().unwrap();
    let options = [
        "--tls",
        "--tls-cert",
        cert,
        "--tls-key",
        key,
        "--state",
        state,
    ];
    let mut server = Program::with(&options, &[]);
    let room = Room::secure_at(server.address());
    let link = format!("chats://{}/#pin={}", server.address(), certificate.pin());
    let run = |arguments: &[&str]| {
        let mut program = hubbub(arguments);
        program
            .env("XDG_STATE_HOME", home.path())
            .stdout(Stdio::piped());
        Hubbub::run(program)
    };
    // The words come after the invitation.
    let mut sending = run(&["send", "--invitation", "-", "--lines", "--username", "ci"]);
    sending.write(format!("{link}\none\ntwo\n").as_bytes());
    sending.ends(0, "");
    room.hears(text("ci", "one"));
    room.hears(text("ci", "two"));
    let who = run(&["who", &link, "--username", "bob"]).ends(0, "");
    assert!(who.stdout.contains("bob\n"), "{who:?}");
    let ping = run(&["ping", &link, "--count", "1"]).ends(0, "");
    assert!(ping.stdout.contains("answer 1 of 1"), "{ping:?}");
    let tail = run(&[
        "tail",
        &link,
        "--username",
        "logger",
        "--recent",
        "1",
        "--json",
    ]);
    tail.line_with(r#""text":"two""#);
    let mut chat = run(&["chat", &link, "--username", "alice"]);
    chat.write(b"hi\n");
    room.hears(text("alice", "hi"));
    tail.line_with(r#""from":"alice","text":"hi""#);
    let words = "your line to the server is private: it has the key that an invitation names";
    let ended = chat.ends(0, words);
    assert!(!ended.stderr.contains("not everybody"), "{ended:?}");
    tail.signal("TERM");
    tail.ends(0, "");
    let plain = run(&["who", &server.address().to_string(), "--username", "bob"]);
    plain.ends(77, "forget the room first");
    let mut plain = hubbub(&["who", &server.address().to_string(), "--username", "bob"]);
    plain.stdout(Stdio::piped());
    Hubbub::run(plain).ends(
        77,
        "this room wants TLS; ask whoever runs it for an invitation",
    );
}

#[test]
fn options_of_private_rooms_make_no_sense_for_a_plain_one() {
    let pin = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    for (arguments, words) in [
        (
            &["who", "127.0.0.1:1", "--pin", pin][..],
            "only a private room has a key",
        ),
        (
            &["who", "127.0.0.1:1", "--password-file", "/dev/null"],
            "a password goes to a private room alone",
        ),
        (
            &["who", "chats://127.0.0.1:1", "--pin", "x"],
            "this is no pin",
        ),
        (
            &[
                "who",
                "chats://127.0.0.1:1",
                "--pin",
                pin,
                "--pin",
                pin,
                "--pin",
                pin,
            ],
            "2 times at most",
        ),
        (
            &["who", "chats://127.0.0.1:1", "--invitation", "x"],
            "cannot be used with",
        ),
    ] {
        Hubbub::start(&[arguments, &["--username", "a"]].concat()).ends(2, words);
    }
}

#[test]
fn status_78_a_file_with_an_invitation_a_password_or_the_known_rooms_is_bad() {
    let room = Private::new(&Certificate::self_signed("localhost"));
    let password = |bytes: &[u8]| {
        let file = room.file("password", bytes);
        room.run("who", &[&room.link(), "--password-file", &file])
    };
    password(b"\n").ends(78, "the password is empty");
    password(&[b'x'; 129]).ends(78, "has 129 bytes, and 128 are the most");
    password(&[b'x'; 128]).ends(77, "is not known");
    password(&[b'x'; 4097]).ends(78, "more than 4096 bytes");
    let named = room.run("who", &[&room.link(), "--password-file", "hunter2"]);
    let ended = named.ends(78, "cannot read the password");
    assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
    let invitation = |text: &str| {
        let file = room.file("invitation", text);
        room.run("who", &["--invitation", &file])
    };
    invitation("").ends(78, "an invitation is chats://");
    let ended = invitation("chats://a/#kez=hunter2").ends(78, "copy all of it again");
    assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
    let key = |bytes: usize| invitation(&format!("{}/#key={}", room.link(), "x".repeat(bytes)));
    key(129).ends(78, "the password has 129 bytes, and 128 are the most");
    key(128).ends(77, "is not known");
    fs::create_dir_all(room.known().parent().unwrap()).unwrap();
    fs::write(room.known(), "what is this").unwrap();
    for command in COMMANDS {
        let mut program = room.run(command, &[&room.link()]);
        if command == "send" {
            program.write(b"hi\n");
        }
        program.ends(78, "known_rooms.toml");
    }
    room.run("who", &[&room.link(), "--forget"])
        .ends(78, "known_rooms.toml");
    assert_eq!(fs::read(room.known()).unwrap(), b"what is this");
}

#[test]
fn an_address_that_is_known_is_never_spoken_to_in_plain_before_it_is_forgotten() {
    let certificate = Certificate::self_signed("localhost");
    let room = Private::new(&certificate);
    room.comes_in(&[&room.link(), "--pin", &certificate.pin()]);
    for command in COMMANDS {
        let mut program = room.run(command, &[&room.address()]);
        if command == "send" {
            program.write(b"hi\n");
        }
        program.ends(77, "forget the room first, by --forget");
    }
    let ended = room.run("who", &[&room.address(), "--forget"]);
    let ended = ended.ends(77, "is forgotten");
    assert!(ended.stderr.contains("this room wants TLS"), "{ended:?}");
}
