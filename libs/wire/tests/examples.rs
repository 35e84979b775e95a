//! The examples as programs: `listen` and `say`, each against a server that a test plays by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::env;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Far longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// The example's binary. `cargo test` builds it together with the tests unless it is told which targets to build.
fn example(name: &str) -> Command {
    let test = env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = target
        .join("examples")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built; run `cargo test -p hubbub-wire` without `--test` and `--all-targets`",
        path.display()
    );
    let mut command = Command::new(path);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts the example as `name` against a new port, and takes its connection and its JOIN.
fn join(example_name: &str, name: &str) -> (Child, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let child = example(example_name)
        .args([&address.to_string(), name])
        .spawn()
        .unwrap();
    let (sender, accepted) = mpsc::channel();
    thread::spawn(move || sender.send(listener.accept()));
    let (mut peer, _) = accepted
        .recv_timeout(DEADLINE)
        .expect("the example has not connected")
        .unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.set_write_timeout(Some(DEADLINE)).unwrap();
    receive(
        &mut peer,
        format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n").as_bytes(),
    );
    (child, peer)
}

/// Exactly these bytes must come next.
#[track_caller]
fn receive(peer: &mut TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(
        bytes.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

/// Waits for the program's end.
#[track_caller]
fn finish(child: Child) -> Output {
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    ended
        .recv_timeout(DEADLINE)
        .expect("the example still runs")
        .unwrap()
}

/// The program failed with `status` and said only this.
#[track_caller]
fn assert_failed(output: &Output, status: i32, message: &str) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), message);
    assert_eq!(output.status.code(), Some(status));
}

/// Runs the example with these arguments to its end.
fn run(name: &str, args: &[&str]) -> Output {
    finish(example(name).args(args).spawn().unwrap())
}

#[test]
fn listen_prints_each_frame_as_a_line_until_the_server_closes() {
    let (child, mut peer) = join("listen", "ear");
    peer.write_all(
        b"CHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n\
          CHAT/1.0 TEXT\r\nUsername: bo\r\nMsg-len: 10\r\n\r\nh\xc3\xa9llo \xe2\x82\xac\
          CHAT/1.0 TEXT\r\nUsername: bo\r\n\r\nnoise\
          CHAT/1.0 LEAVE\r\nUsername: bo\r\n\r\n",
    )
    .unwrap();
    drop(peer);
    let output = finish(child);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "JOIN\tbo\nTEXT\tbo\théllo €\nLEAVE\tbo\n"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn listen_makes_control_characters_of_strangers_harmless() {
    let (child, mut peer) = join("listen", "ear");
    let name = "bo\u{202e}\\";
    let text = b"\x1b[2J\r\nLEAVE\tal\x07\xff\xc2\x9b";
    peer.write_all(
        format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {}\r\n\r\n",
            text.len()
        )
        .as_bytes(),
    )
    .unwrap();
    peer.write_all(text).unwrap();
    drop(peer);
    assert_eq!(
        String::from_utf8(finish(child).stdout).unwrap(),
        "TEXT\tbo\\u{202e}\\\\\t\\u{1b}[2J\\r\\nLEAVE\\tal\\u{7}\u{fffd}\\u{9b}\n"
    );
}

#[test]
fn listen_leaves_when_nobody_reads_its_lines() {
    let (mut child, mut peer) = join("listen", "ear");
    drop(child.stdout.take());
    // More than one line: a program that another test is just starting may hold the other end for a moment.
    let mut writer = peer.try_clone().unwrap();
    let writing = std::thread::spawn(move || {
        while writer
            .write_all(b"CHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n")
            .is_ok()
        {}
    });
    receive(&mut peer, b"CHAT/1.0 LEAVE\r\nUsername: ear\r\n\r\n");
    assert!(finish(child).status.success());
    drop(peer);
    writing.join().unwrap();
}

#[test]
fn listen_says_why_it_gives_a_stream_up() {
    let (child, mut peer) = join("listen", "ear");
    peer.write_all(b"CHAT/1.0 TEXT\r\nUsername: bo\r\nMsg-len: -1\r\n\r\n")
        .unwrap();
    assert_failed(
        &finish(child),
        1,
        "listen: a Msg-len that is no decimal number of bytes\n",
    );
}

#[test]
fn say_joins_sends_each_line_leaves_and_waits_for_the_close() {
    let (mut child, mut peer) = join("say", "al");
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all("one\n\nhéllo €\r\nlast".as_bytes())
        .unwrap();
    drop(stdin);
    receive(
        &mut peer,
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 3\r\n\r\none\
          CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 10\r\n\r\nh\xc3\xa9llo \xe2\x82\xac\
          CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 4\r\n\r\nlast\
          CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n",
    );
    // More than the sockets hold: it is taken only by a program that still reads.
    let goes_on = b"CHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n".repeat(500_000);
    peer.write_all(&goes_on).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it has not waited");
    drop(peer);
    let output = finish(child);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn say_sends_a_line_when_it_is_typed() {
    let (mut child, mut peer) = join("say", "al");
    let mut stdin = child.stdin.take().unwrap();
    for _ in 0..3 {
        stdin.write_all(b"hi\n").unwrap();
        receive(
            &mut peer,
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi",
        );
    }
    drop(stdin);
    receive(&mut peer, b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    drop(peer);
    assert!(finish(child).status.success());
}

#[test]
fn say_reads_the_room_while_it_has_nothing_to_say() {
    let (mut child, mut peer) = join("say", "al");
    let stdin = child.stdin.take();
    let room = b"CHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n".repeat(500_000);
    peer.write_all(&room).unwrap();
    drop(stdin);
    receive(&mut peer, b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    drop(peer);
    assert!(finish(child).status.success());
}

#[test]
fn say_fails_with_what_the_server_says() {
    let (mut child, mut peer) = join("say", "al");
    let stdin = child.stdin.take();
    peer.write_all(
        b"CHAT/1.0 TEXT\r\nUsername: server\r\nMsg-len: 19\r\n\r\n\x1b[1m al is taken.\r\n",
    )
    .unwrap();
    drop(peer);
    assert_failed(
        &finish(child),
        1,
        "say: the server says: \\u{1b}[1m al is taken.\\r\\n\n",
    );
    drop(stdin);
}

#[test]
fn say_fails_when_the_server_closes_first() {
    let (mut child, peer) = join("say", "al");
    let stdin = child.stdin.take();
    drop(peer);
    assert_failed(
        &finish(child),
        1,
        "say: the server closed before all was said\n",
    );
    drop(stdin);
}

#[test]
fn both_say_when_nobody_listens_at_the_address() {
    // A port for tcpmux, which nobody has run for decades, and none that another test may get meanwhile.
    let address = "127.0.0.1:1";
    for name in ["listen", "say"] {
        let output = run(name, &[address, "al"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.starts_with(&format!("{name}: cannot connect to {address}: ")),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn both_say_what_is_wrong_with_a_name() {
    for name in ["listen", "say"] {
        assert_failed(
            &run(name, &["127.0.0.1:1", "a\nb"]),
            1,
            &format!(
                "{name}: the name holds a control character, such as a line break; leave it out\n"
            ),
        );
    }
}

#[test]
fn both_want_an_address_and_a_name() {
    for args in [&[][..], &["127.0.0.1:1"], &["127.0.0.1:1", "al", "more"]] {
        assert_failed(&run("listen", args), 2, "usage: listen HOST:PORT NAME\n");
        assert_failed(&run("say", args), 2, "usage: say HOST:PORT NAME <LINES\n");
    }
}

#[test]
fn where_stderr_takes_nothing_the_status_says_what_went_wrong() {
    for name in ["listen", "say"] {
        // No port has this number.
        for (arguments, status) in [(&["localhost:65536", "alice"][..], 1), (&[], 2)] {
            let (_, stderr) = std::io::pipe().unwrap();
            let ended = example(name).args(arguments).stderr(stderr).status();
            assert_eq!(ended.unwrap().code(), Some(status), "{name} {arguments:?}");
        }
    }
}
