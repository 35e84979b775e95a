//! The password: who comes in with it, how it is made and changed, that guessing is slow for the guesser alone, and
//! that it stands nowhere but in its file and in invitations.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hubbub_server::{Settings, password};
use hubbub_testing::tls::{Authority, pin_of};
use hubbub_testing::{AnyFrame, DEADLINE, Offer, Peer, Program, Room, base64, join, run, text};

const OLD: &str = "open sesame, open";
const NEW: &str = "open barley, open";
const WRONG: &str = "open wheat, now!!";

/// A directory that is gone after the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hubbub-passwords-{}-{count}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn text(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes the password.
    fn write(&self, password: &str) {
        fs::write(self.0.join("password"), password).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(self.0.join("password")).unwrap()
    }

    /// A private room with a key of its own and the password in its file.
    fn start(&self, options: &[&str]) -> Program {
        let (state, file, admin) = (
            self.text("state"),
            self.text("password"),
            self.text("admin"),
        );
        let these = [
            "--tls",
            "--state",
            &state,
            "--password-file",
            &file,
            "--admin",
            &admin,
        ];
        let mut command = std::process::Command::new("setsid");
        command.arg(hubbub_testing::server().get_program());
        command.args(["--port", "0", "--listen", "127.0.0.1"]);
        command.args(these).args(options);
        let mut program = Program::run(command);
        program.port();
        program
    }

    /// Asks the server something as an administrator. Returns the first row of the answer and its last line.
    fn asks(&self, request: &str) -> (String, String) {
        let stream = UnixStream::connect(self.0.join("admin")).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        (&stream)
            .write_all(format!("{request}\n").as_bytes())
            .unwrap();
        let mut row = String::new();
        for line in BufReader::new(&stream).lines().skip(1) {
            let line = line.unwrap();
            match line.strip_prefix("- ") {
                Some(data) => row = data.to_owned(),
                None => return (row, line),
            }
        }
        panic!("no answer");
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Somebody comes with a password, and has sent JOIN and offer.
fn comes(program: &mut Program, name: &str, password: &str) -> Peer {
    let mut peer = Peer::connect(program.address()).secure();
    peer.send(Offer::new(name).showing(password).with_join());
    peer
}

/// The grant of somebody who has come in.
#[track_caller]
fn is_in(peer: &mut Peer) -> AnyFrame {
    let grant = peer.any_frame();
    assert!(grant.header("Grant").is_some(), "{grant:?}");
    assert_eq!(peer.any_frame().method, "PRESENT");
    while peer.any_frame().method != "REPLAYED" {}
    grant
}

#[track_caller]
fn is_refused(mut peer: Peer) {
    let words = peer.expect_refusal("password");
    assert_eq!(
        words,
        "this is not the password of the room; ask whoever runs it for an invitation"
    );
    peer.expect_closed();
}

#[test]
fn the_server_makes_a_password_once_and_whoever_has_it_comes_in() {
    let directory = Directory::new();
    let mut program = directory.start(&["--make-password"]);
    let file = directory.read();
    let made = file.strip_suffix('\n').unwrap();
    assert_eq!(made.len(), 26);
    let mode = fs::metadata(directory.0.join("password"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let mut ada = comes(&mut program, "ada", made);
    assert_eq!(is_in(&mut ada).header("Private"), Some("yes"));
    is_refused(comes(&mut program, "bob", WRONG));
    let mut none = Peer::connect(program.address()).secure();
    none.send(Offer::new("bob").with_join());
    assert!(
        none.expect_refusal("password")
            .starts_with("this room has a password")
    );
    none.expect_closed();
    // Somebody with a terminal and a TLS wrapper.
    let mut plain = Peer::connect(program.address()).secure();
    plain.send([join("bob"), text("bob", "hello?")].concat());
    assert!(
        plain
            .expect_notice()
            .starts_with("this room has a password")
    );
    plain.expect_closed();
    program.signal("TERM");
    assert!(program.end().status.success());
    // A restart keeps it.
    let mut again = directory.start(&["--make-password"]);
    assert_eq!(directory.read(), file);
    is_in(&mut comes(&mut again, "ada", made));
}

#[test]
fn a_room_that_plain_programs_enter_too_does_not_say_that_it_is_private() {
    let directory = Directory::new();
    let state = directory.text("state");
    let mut program = Program::with(&["--tls", "--also-plain", "--state", &state], &[]);
    let mut ada = Peer::connect(program.address()).secure();
    ada.send(Offer::new("ada").with_join());
    assert_eq!(is_in(&mut ada).header("Private"), None);
    let mut bob = Peer::connect(program.address());
    bob.send(Offer::new("bob").with_join());
    assert_eq!(is_in(&mut bob).header("Private"), None);
}

#[test]
fn a_reload_reads_it_again_says_what_changed_and_drops_nobody() {
    let directory = Directory::new();
    directory.write(OLD);
    let mut program = directory.start(&[]);
    let mut ada = comes(&mut program, "ada", OLD);
    is_in(&mut ada);
    directory.write(NEW);
    program.signal("HUP");
    let line = program.line_with("password");
    assert!(
        line.contains("password changed") && line.contains("members=1"),
        "{line}"
    );
    is_refused(comes(&mut program, "bob", OLD));
    let mut bob = comes(&mut program, "bob", NEW);
    is_in(&mut bob);
    program.signal("HUP");
    program.line_with("password unchanged");
    for (bad, why) in [
        ("too short".to_owned(), "9 characters"),
        ("x".repeat(129), "128 bytes"),
        ("two\nlines of words".to_owned(), "one line"),
    ] {
        directory.write(&bad);
        program.signal("HUP");
        let line = program.line_with("password");
        assert!(
            line.contains("WARN") && line.contains("stays") && line.contains(why),
            "{line}"
        );
        assert!(!line.contains(&bad), "{line}");
    }
    let mut eve = comes(&mut program, "eve", NEW);
    is_in(&mut eve);
    ada.send(Offer::new("ada").text(1, "still here"));
    assert_eq!(ada.any_frame().method, "JOIN");
    assert_eq!(eve.any_frame().payload, "still here");
}

#[test]
fn an_administrator_invites_people_and_changes_the_password() {
    let directory = Directory::new();
    directory.write(&format!("{OLD}\n"));
    let mut program = directory.start(&[]);
    let mut ada = comes(&mut program, "ada", OLD);
    is_in(&mut ada);
    let pin = pin_of(&ada.certificate());
    let port = program.port();
    let (link, end) = directory.asks("invite\tchat.example.org");
    let begin = format!("chats://chat.example.org:{port}/#pin={pin},key=");
    assert_eq!(link, format!("{begin}open%20sesame%2C%20open"));
    assert_eq!(end, "ok whoever has it comes in");
    let (_, end) = directory.asks("new-password");
    assert!(
        end.starts_with("ok a new password counts from now on"),
        "{end}"
    );
    let file = directory.read();
    let new = file.strip_suffix('\n').unwrap();
    let mode = fs::metadata(directory.0.join("password"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let (link, _) = directory.asks("invite\tchat.example.org:9000");
    assert_eq!(
        link,
        format!("chats://chat.example.org:9000/#pin={pin},key={new}")
    );
    is_refused(comes(&mut program, "bob", OLD));
    is_in(&mut comes(&mut program, "bob", new));
    assert_eq!(ada.any_frame().method, "JOIN", "who is here stays");
}

/// The one that wrote last may be told of first. Then the file has one password, and the room another.
#[test]
fn whoever_changes_the_password_at_the_same_time_file_and_room_have_the_same_one() {
    let directory = Directory::new();
    directory.write(OLD);
    let program = directory.start(&[]);
    for round in 0..30 {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let (_, end) = directory.asks("new-password");
                    assert!(end.starts_with("ok "), "{end}");
                });
            }
            program.signal("HUP");
        });
        let (link, _) = directory.asks("invite\tchat.example.org");
        let (_, key) = link.split_once("key=").unwrap();
        assert_eq!(key, directory.read().trim_end(), "round {round}");
    }
}

#[test]
fn what_an_invitation_lacks_is_told_and_nothing_is_made_up() {
    let directory = Directory::new();
    let admin = directory.text("admin");
    let mut plain = Program::with(&["--admin", &admin], &[]);
    plain.port();
    let (link, end) = directory.asks("invite\tchat.example.org");
    assert!(
        link.is_empty() && end.starts_with("no there is nothing to invite to"),
        "{end}"
    );
    let (_, end) = directory.asks("new-password");
    assert!(end.starts_with("no the room has no password"), "{end}");
    drop(plain);
    let authority = Authority::new();
    let certificate = authority.certificate("localhost");
    let [cert, key] = certificate
        .write(&directory.0, "localhost")
        .map(|path| path.to_str().unwrap().to_owned());
    let these = [
        "--tls",
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
        "--admin",
        &admin,
    ];
    let mut program = Program::with(&these, &[]);
    let port = program.port();
    let (link, end) = directory.asks("invite\tlocalhost");
    assert_eq!(link, format!("chats://localhost:{port}"));
    assert!(
        end.contains("no password") && end.contains("no pin"),
        "{end}"
    );
    let (link, _) = directory.asks("invite\tlocalhost\tpin");
    assert_eq!(
        link,
        format!("chats://localhost:{port}/#pin={}", certificate.pin())
    );
}

/// Each asks for ten times as much as it may have. Somebody else is let in at once meanwhile, and the room goes on.
#[test]
fn guessing_at_full_speed_makes_ten_guesses_a_second_and_holds_up_nobody_else() {
    let settings = Settings {
        password: Some(password::check(OLD.as_bytes()).unwrap()),
        ..Settings::default()
    };
    let room = Room::unwatched_with(settings);
    let enter = |name: &str, from| {
        let mut peer = room.connect_from(from);
        peer.send(Offer::new(name).showing(OLD).with_join());
        is_in(&mut peer);
        peer
    };
    let mut ada = enter("ada", [127, 0, 0, 2]);
    let seconds = 2;
    let began = Instant::now();
    let guessed = AtomicUsize::new(0);
    let (guessed, address) = (&guessed, room.address());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(move || {
                while began.elapsed() < Duration::from_secs(seconds) {
                    let mut peer = Peer::connect_from([127, 0, 0, 3], address);
                    peer.send(Offer::new("eve").showing(WRONG).with_join());
                    peer.expect_refusal("password");
                    guessed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut bob = enter("bob", [127, 0, 0, 4]);
        bob.send(Offer::new("bob").text(1, "hello"));
        assert_eq!(ada.any_frame().method, "JOIN");
        assert_eq!(ada.any_frame().payload, "hello");
        // Somebody of the same address waits for those before it, and is let in.
        enter("fay", [127, 0, 0, 3]);
    });
    let most = (began.elapsed().as_millis() / 100) as usize + 1;
    let guessed = guessed.load(Ordering::Relaxed);
    assert!(guessed <= most, "{guessed} guesses, and {most} is the most");
    assert!(guessed > 0, "nobody was answered");
}

/// What must not be seen, in each form in which it could be.
fn forms(secret: &str) -> [String; 3] {
    let numbers = format!("{:?}", secret.as_bytes());
    [
        secret.to_owned(),
        base64(secret.as_bytes()),
        numbers.trim_matches(['[', ']']).to_owned(),
    ]
}

#[test]
fn no_password_and_no_secret_stands_in_a_log_of_any_level_or_where_processes_are_listed() {
    // The lines of lower levels are among these.
    for level in ["info", "debug", "trace"] {
        let directory = Directory::new();
        directory.write(OLD);
        let mut program = directory.start(&["--log", level]);
        let mut hidden: Vec<String> = [OLD, NEW, WRONG]
            .iter()
            .flat_map(|word| forms(word))
            .collect();
        let offer = Offer::new("ada");
        hidden.extend([format!("{:032x}", offer.secret), offer.secret.to_string()]);
        let mut ada = comes(&mut program, "ada", OLD);
        is_in(&mut ada);
        is_refused(comes(&mut program, "bob", WRONG));
        // A takeover, an offer of another version, one that is cut off, and a password that cannot be read.
        let mut again = Peer::connect(program.address()).secure();
        again.send(offer.again().showing(OLD).with_join());
        is_in(&mut again);
        let other = Offer {
            version: 2,
            ..Offer::new("eve").showing(WRONG)
        };
        let whole = other.with_join();
        let unreadable = String::from_utf8(whole.clone())
            .unwrap()
            .replace("Password: ", "Password: =");
        let half = &whole[..whole.len() - 20];
        for bytes in [&whole[..], unreadable.as_bytes(), half] {
            let mut peer = Peer::connect(program.address()).secure();
            peer.send(bytes);
            peer.finish_sending();
            peer.rest();
        }
        let (link, _) = directory.asks("invite\tchat.example.org");
        hidden.push(link.split_once("key=").unwrap().1.to_owned());
        directory.asks(&format!("invite\t{link}"));
        directory.write(NEW);
        program.signal("HUP");
        program.line_with("password changed");
        directory.asks("new-password");
        hidden.extend(forms(directory.read().trim_end()));
        let process = format!("/proc/{}", program.id());
        for list in ["cmdline", "environ", "comm"] {
            let listed = fs::read(format!("{process}/{list}")).unwrap();
            let listed = String::from_utf8_lossy(&listed);
            assert!(
                !hidden.iter().any(|hidden| listed.contains(hidden)),
                "{list}: {listed}"
            );
        }
        program.signal("TERM");
        let ended = program.end();
        let log = ended.stderr + &ended.stdout;
        for hidden in &hidden {
            assert!(
                !log.contains(hidden),
                "{hidden:?} at level {level} in\n{log}"
            );
        }
    }
}

#[test]
fn what_cannot_be_the_password_ends_the_start_with_words_and_is_not_repeated() {
    let directory = Directory::new();
    let (state, file) = (directory.text("state"), directory.text("password"));
    let these = ["--tls", "--state", &state, "--password-file", &file];
    let ended = run(&these);
    assert!(
        !ended.status.success() && ended.stderr.contains("--make-password"),
        "{}",
        ended.stderr
    );
    for (bad, why) in [("fifteen letters", "16 is the least"), ("", "0 characters")] {
        directory.write(bad);
        // It is there, so none is made.
        let ended = run(&[&these[..], &["--make-password"]].concat());
        assert!(
            !ended.status.success() && ended.stderr.contains(why),
            "{}",
            ended.stderr
        );
        assert!(
            bad.is_empty() || !ended.stderr.contains(bad),
            "{}",
            ended.stderr
        );
        assert_eq!(directory.read(), bad);
    }
}

#[test]
fn options_of_the_password_that_cannot_work_together_are_named() {
    for (options, words) in [
        (&["--password-file", "x"][..], "--tls"),
        (
            &[
                "--password-file",
                "x",
                "--tls",
                "--state",
                "y",
                "--also-plain",
            ],
            "--also-plain",
        ),
        (&["--make-password"], "--password-file"),
    ] {
        let ended = run(options);
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}
