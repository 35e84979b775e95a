//! The options of TLS, and the key that the server makes for itself.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hubbub_testing::tls::{Authority, Caller, Certificate};
use hubbub_testing::{Ended, Peer, Program, join, run, text, until};

use crate::terminal::without_terminal;

/// A directory that is removed in the end. It is not made before.
struct State(PathBuf);

impl State {
    fn new() -> Self {
        Self(env::temp_dir().join(format!("hubbub-tls-{:016x}", fastrand::u64(..))))
    }

    fn made() -> Self {
        let state = Self::new();
        fs::create_dir(&state.0).unwrap();
        state
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The fingerprint in the next line of the log that has one.
fn fingerprint(program: &mut Program) -> String {
    let line = program.line_with("fingerprint");
    let (_, fingerprint) = line.split_once("fingerprint=").unwrap();
    fingerprint.trim().trim_matches('"').to_owned()
}

/// The fingerprint of the certificate that the server shows.
fn shown(program: &mut Program) -> String {
    let peer = Peer::connect(program.address());
    let peer = peer
        .try_secure(&Caller::believing_all(), "localhost")
        .unwrap();
    hubbub_testing::tls::fingerprint_of(&peer.certificate())
}

#[test]
fn options_that_make_no_sense_together_are_told_with_what_would_help() {
    let state = State::new();
    for (options, words) in [
        (
            "--tls",
            "--tls true needs a directory; --state DIR; --tls-cert FILE",
        ),
        (
            "--also-plain",
            "--also-plain; --tls false (the default); give --tls too",
        ),
        (
            "--tls-next-key",
            "--tls-next-key; --tls false (the default); give --tls too",
        ),
        (
            "--tls-cert a --tls-key b",
            "--tls-cert a; --tls false (the default); give --tls too",
        ),
        ("--tls --tls-cert a", "--tls-cert a; --tls-key FILE"),
        ("--tls --tls-key b", "--tls-key b; --tls-cert FILE"),
        (
            "--tls --state X --tls-cert a --tls-key b --tls-next-key",
            "--tls-next-key; --tls-cert a",
        ),
    ] {
        let options = options.replace('X', state.path());
        let Ended { status, stderr, .. } = run(&options.split(' ').collect::<Vec<_>>());
        assert_eq!(status.code(), Some(2), "{options}: {stderr}");
        let said = stderr.lines().next().unwrap();
        for word in words.split("; ") {
            assert!(said.contains(word), "{options}: no {word} in {said}");
        }
    }
    assert!(!state.0.exists());
}

#[test]
fn a_key_is_made_at_the_first_start_and_is_the_same_at_the_next() {
    let state = State::new();
    let options = ["--tls", "--state", state.path()];
    let mut first = Program::with(&options, &[]);
    let made = fingerprint(&mut first);
    assert_eq!(made.split(' ').map(str::len).collect::<Vec<_>>(), [8; 8]);
    assert_eq!(shown(&mut first), made);
    drop(first);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state.0.join("tls.key")), 0o600);
    let variables = [("HUBBUB_TLS", "true"), ("HUBBUB_STATE", state.path())];
    let mut next = Program::with(&[], &variables);
    assert_eq!(fingerprint(&mut next), made);
    assert_eq!(shown(&mut next), made);
}

#[test]
fn the_directory_of_systemd_is_where_the_key_is_kept_if_no_other_is_given() {
    let state = State::new();
    let variables = [("STATE_DIRECTORY", state.path())];
    Program::with(&["--tls"], &variables).port();
    assert!(state.0.join("tls.key").exists());
}

#[test]
fn the_next_key_is_announced_and_takes_over_when_it_is_moved() {
    let state = State::new();
    let options = ["--tls", "--state", state.path(), "--tls-next-key"];
    let mut program = Program::with(&options, &[]);
    let [now, next] = [fingerprint(&mut program), fingerprint(&mut program)];
    assert_ne!(now, next);
    assert_eq!(shown(&mut program), now);
    drop(program);
    fs::rename(state.0.join("tls-next.key"), state.0.join("tls.key")).unwrap();
    let mut program = Program::with(&options[..3], &[]);
    assert_eq!(fingerprint(&mut program), next);
    assert_eq!(shown(&mut program), next);
}

#[test]
fn what_cannot_be_used_at_the_start_is_one_line_with_its_file_and_status_1() {
    let state = State::made();
    let authority = Authority::new();
    let right = authority.certificate("localhost");
    let [cert, key] = right.write(&state.0, "right");
    let [_, other] = authority.certificate("localhost").write(&state.0, "other");
    let [long_cert, long_key] = Certificate::rsa("localhost", 4096).write(&state.0, "long");
    let missing = state.0.join("missing");
    for (cert, key, why) in [
        (&cert, &other, "not that of the first certificate"),
        (&key, &cert, "no certificate"),
        (&cert, &cert, "no private key"),
        (&long_cert, &long_key, "3072"),
        (&missing, &key, "missing"),
        (&cert, &state.0, "not a regular file"),
    ] {
        let [cert, key] = [cert, key].map(|path| path.to_str().unwrap());
        let Ended { status, stderr, .. } =
            run(&["--port", "0", "--tls", "--tls-cert", cert, "--tls-key", key]);
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(why), "no {why} in {stderr}");
        assert!(!stderr.contains("BEGIN"), "{stderr}");
    }
    // The longest key that is taken.
    let [cert, key] = Certificate::rsa("localhost", 3072).write(&state.0, "longest");
    let [cert, key] = [&cert, &key].map(|path| path.to_str().unwrap());
    let mut program = Program::with(&["--tls", "--tls-cert", cert, "--tls-key", key], &[]);
    let logged = fingerprint(&mut program);
    assert_eq!(shown(&mut program), logged);
}

#[test]
fn a_certificate_is_read_again_and_a_bad_one_leaves_the_old_one_and_nobody_is_dropped() {
    let state = State::made();
    let authority = Authority::new();
    let old = authority.certificate("localhost");
    let [cert, key] = old.write(&state.0, "tls");
    let options = [
        "--tls",
        "--tls-cert",
        cert.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let mut program = without_terminal(&options);
    let line = program.line_with("fingerprint");
    assert!(line.contains(&old.fingerprint()), "{line}");
    assert!(line.contains("days_left="), "{line}");
    let address = program.address();
    let enter = |name: &str| {
        let peer = Peer::connect(address);
        let mut peer = peer
            .try_secure(&Caller::believing(&authority), "localhost")
            .unwrap();
        peer.send(join(name));
        peer
    };
    let mut alice = enter("alice");
    program.line_with("joined");
    assert_eq!(shown(&mut program), old.fingerprint());

    fs::write(&cert, "no certificate at all").unwrap();
    program.signal("HUP");
    let line = program.line_with("certificate stays");
    assert!(
        line.contains("WARN") && line.contains(cert.to_str().unwrap()),
        "{line}"
    );
    assert_eq!(shown(&mut program), old.fingerprint());

    authority.expired("localhost").write(&state.0, "tls");
    program.signal("HUP");
    let line = program.line_with("certificate stays");
    assert!(
        line.contains("WARN")
            && line.contains("has ended")
            && line.contains(cert.to_str().unwrap()),
        "{line}"
    );
    assert_eq!(shown(&mut program), old.fingerprint());

    let early = authority.from("localhost", 2090, 1, 1);
    early.write(&state.0, "tls");
    program.signal("HUP");
    let line = program.line_with("certificate stays");
    assert!(
        line.contains("WARN")
            && line.contains("is not valid yet")
            && line.contains(cert.to_str().unwrap()),
        "{line}"
    );
    assert_eq!(shown(&mut program), old.fingerprint());

    let renewed = authority.renewed(&old, "localhost");
    renewed.write(&state.0, "tls");
    program.signal("HUP");
    program.line_with("certificate unchanged");
    let new = authority.until("localhost", 2090, 1, 1);
    new.write(&state.0, "tls");
    program.signal("HUP");
    let line = program.line_with("certificate changed, and its key too");
    assert!(line.contains(&new.fingerprint()), "{line}");
    until("the new certificate is shown", || {
        shown(&mut program) == new.fingerprint()
    });
    authority.renewed(&new, "localhost").write(&state.0, "tls");
    program.signal("HUP");
    let line = program.line_with("certificate changed, with the same key");
    assert!(line.contains(&new.fingerprint()), "{line}");
    let mut bob = enter("bob");
    alice.expect(join("bob"));
    alice.send(text("alice", "still here"));
    bob.expect(text("alice", "still here"));
}

#[test]
fn a_certificate_that_nobody_believes_today_is_told_at_the_start_and_may_be_replaced_by_another_such_one()
 {
    let state = State::made();
    let authority = Authority::new();
    let early = || authority.from("localhost", 2090, 1, 1);
    let late = || authority.expired("localhost");
    for (first, why, next) in [
        (late(), "has ended", late()),
        (early(), "is not valid yet", early()),
        (late(), "has ended", early()),
    ] {
        let [cert, key] = first.write(&state.0, "tls");
        let [cert, key] = [&cert, &key].map(|path| path.to_str().unwrap());
        let mut program = without_terminal(&["--tls", "--tls-cert", cert, "--tls-key", key]);
        let line = program.line_with("nobody believes");
        assert!(line.contains("WARN") && line.contains(why), "{line}");
        // From here on, it takes the signal.
        program.port();
        next.write(&state.0, "tls");
        program.signal("HUP");
        let line = program.line_with("certificate changed, and its key too");
        assert!(line.contains(&next.fingerprint()), "{line}");
    }
}

#[test]
fn secrets_that_others_can_read_or_change_are_told_with_what_helps() {
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let state = State::made();
    set(&state.0, 0o700);
    let password = state.0.join("password");
    let (dir, file) = (state.path(), password.to_str().unwrap());
    let options = [
        "--tls",
        "--state",
        dir,
        "--password-file",
        file,
        "--make-password",
    ];
    let log = || {
        let mut program = Program::with(&options, &[]);
        program.port();
        program.signal("TERM");
        program.end().stderr
    };
    assert!(!log().contains("chmod"), "{}", log());
    // Root's, and for the group of the service to read.
    set(&password, 0o640);
    assert!(!log().contains("chmod"), "{}", log());
    let key = state.0.join("tls.key");
    for (path, modes) in [
        (&password, [0o644, 0o660, 0o602]),
        (&key, [0o604, 0o620, 0o601]),
        (&state.0, [0o755, 0o770, 0o701]),
    ] {
        for mode in modes {
            set(path, mode);
            let log = log();
            let told = format!("this helps: chmod g-w,o= {}\n", path.display());
            assert!(log.contains(&told), "{mode:o}: {log}");
        }
        let is_dir = path.is_dir();
        set(path, if is_dir { 0o750 } else { 0o600 });
    }
    set(&password, 0o644);
    set(&key, 0o644);
    let line = format!("{} {}\n", key.display(), password.display());
    assert!(log().contains(&line), "{}", log());
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_with_a_key_leaves_no_core_file_however_many_bytes_one_might_have() {
    let state = State::new();
    let limit = |options: &str| {
        let server = hubbub_testing::server();
        let server = server.get_program().to_str().unwrap();
        let script = format!(
            "ulimit -S -c $(ulimit -H -c); exec {server} --port 0 --listen 127.0.0.1 {options}"
        );
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]);
        let mut program = Program::run(command);
        program.port();
        let limits = fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        line.unwrap()
            .split_whitespace()
            .skip(4)
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let plain = limit("");
    assert_ne!(
        plain[0], "0",
        "the tests need a hard limit above 0: ulimit -H -c"
    );
    assert_eq!(
        limit(&format!("--tls --state {}", state.path())),
        ["0", "0"]
    );
}
