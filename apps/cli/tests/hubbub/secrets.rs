//! Secrets among the arguments, which everybody on the machine can read: they are refused, or at least not repeated.

use std::process::Stdio;

use crate::program::{Ended, Hubbub, hubbub};

const LINK: &str =
    "chats://127.0.0.1:1/#pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,key=hunter2";

#[test]
fn a_secret_among_the_arguments_is_refused_and_not_repeated() {
    for arguments in [
        &["who", LINK][..],
        &["who", "--invitation", LINK],
        &["who", "chats://127.0.0.1:1", "--password", "hunter2"],
        &["who", "chats://127.0.0.1:1", "--password=hunter2"],
        &["who", "chats://127.0.0.1:1/#password=hunter2"],
        &["who", "chat://127.0.0.1:1/#key=hunter2"],
    ] {
        let program = Hubbub::start(&[arguments, &["--username", "a"]].concat());
        let ended = program.ends(2, "hubbub: ");
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
        let tells_how =
            ended.stderr.contains("can read arguments") && ended.stderr.contains("file");
        assert!(
            tells_how
                || ended.stderr.contains("copy all of it")
                || ended.stderr.contains("plain room"),
            "{ended:?}"
        );
    }
}

#[test]
fn words_for_what_is_wrong_do_not_repeat_a_secret() {
    let room = "chats://127.0.0.1:1";
    let pin = format!("--pin={LINK}");
    let (_, after) = LINK.split_once('#').unwrap();
    for (status, arguments) in [
        (2, &["ping", "localhost", LINK][..]),
        (2, &["ping", "localhost", after]),
        (2, &[LINK]),
        (2, &["send", room, "--username", "a", "--pin", LINK]),
        (2, &["send", room, "--username", "a", &pin]),
        (2, &["send", room, "--username", "a", "--pin", after]),
        (2, &["tail", room, "--username", "a", "--recent", LINK]),
        (2, &["ping", "localhost", "--count", LINK]),
        (2, &["forget", "localhost", LINK]),
        (2, &["export", ".", "--since", LINK]),
        (2, &["admin", "nothing", LINK]),
        (69, &["admin", LINK, "who"]),
        (78, &["export", LINK]),
    ] {
        let ended = Hubbub::start(arguments).ends(status, "");
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
        assert!(ended.stderr.contains("[hidden]"), "{ended:?}");
    }
}

#[test]
fn where_there_is_no_secret_the_parser_has_all_its_words() {
    let run = |arguments: &[&str]| -> Ended {
        let mut program = hubbub(arguments);
        program.stdout(Stdio::piped());
        Hubbub::run(program).end()
    };
    let wrong = run(&["ping", "localhost", "--pin", "h/#"]);
    assert_eq!(wrong.status, Some(2), "{wrong:?}");
    assert!(
        wrong.stderr.starts_with("error: invalid value 'h/#'"),
        "{wrong:?}"
    );
    let help = run(&["ping", "--help", LINK]);
    assert_eq!(help.status, Some(0), "{help:?}");
    assert!(help.stdout.contains("Usage: hubbub ping"), "{help:?}");
}
