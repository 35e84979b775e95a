//! The example in Python, which follows the front page of the wire library, through `kill -9` and restarts.

use hubbub_testing::{HeldPort, Program, Stranger, join, text};

use crate::directory::Directory;

/// How often the server is killed.
const KILLS: usize = 5;

/// What is said before the first kill and after each of them. All of it fits into one replay.
const TEXTS: usize = 30;

/// The program on this port, with its history in the directory.
fn serve(port: &HeldPort, history: &str) -> Program {
    let port = port.number().to_string();
    let mut program = Program::start(&[
        "--port",
        &port,
        "--listen",
        "127.0.0.1",
        "--history",
        history,
    ]);
    program.port();
    program
}

/// Reads what it shows until so many lines begin with one of these words. Returns what follows the word. Nothing may be
/// missing or in doubt.
#[track_caller]
fn collect(example: &mut Stranger, words: &[&str], count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        let line = example.shows_with("");
        let bad = ["gap", "may not", "too long", "stays away", "plain", "sent"];
        assert!(!bad.iter().any(|word| line.starts_with(word)), "{line}");
        found.extend(
            words
                .iter()
                .find_map(|word| line.strip_prefix(word).map(str::to_owned)),
        );
    }
    found
}

#[test]
fn it_loses_and_doubles_nothing_when_the_server_is_killed_and_comes_back() {
    let directory = Directory::new();
    let (port, history) = (HeldPort::new(), directory.path("room"));
    let mut program = serve(&port, &history);
    let mut bob = Stranger::example("bob", port.number());
    bob.shows_at_last("caught up");
    let mut carol = Stranger::example("carol", port.number());
    carol.shows_at_last("caught up");
    let mut arrived = Vec::new();
    for kill in 0..=KILLS {
        for number in kill * TEXTS..(kill + 1) * TEXTS {
            bob.types(&format!("say {number}"));
        }
        if kill == KILLS {
            break;
        }
        // Some are in the log, some on their way, and some not yet sent.
        let until = fastrand::usize(..TEXTS);
        arrived.extend(collect(&mut bob, &["arrived "], until));
        drop(program);
        program = serve(&port, &history);
    }
    let all = (KILLS + 1) * TEXTS;
    let numbers = (0..all).map(|number| format!("\"{number}\""));
    arrived.extend(collect(&mut bob, &["arrived "], all - arrived.len()));
    assert!(arrived.iter().cloned().eq(numbers.clone()), "{arrived:?}");
    let heard = collect(&mut carol, &[r#"said "bob" "#, r#"past "bob" "#], all);
    assert!(heard.iter().cloned().eq(numbers.clone()), "{heard:?}");
    let rows = directory.rows().into_iter().map(|row| row.text);
    assert!(rows.eq((0..all).map(|number| number.to_string().into_bytes())));
    // After the last of them there is nothing but what is said now.
    let room = program.room();
    let mut dora = room.member("dora");
    dora.send(text("dora", "end"));
    for example in [&mut bob, &mut carol] {
        let next = collect(example, &["said ", "past "], 1);
        assert_eq!(next, [r#""dora" "end""#]);
    }
    bob.types("say bye");
    dora.expect(text("bob", "bye"));
    let erin = room.ours("erin");
    dora.expect(join("erin"));
    assert_eq!(erin.past.len(), all + 2);
}
