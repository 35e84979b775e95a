//! What the command line asks for, and what is said where something is wrong with it.

use super::*;

fn parse(args: &[&str]) -> Result<Args, clap::Error> {
    parse_as(None, args)
}

fn parse_as(login: Option<&str>, args: &[&str]) -> Result<Args, clap::Error> {
    match wanted_as(login, args)? {
        Wanted::Room(args) => Ok(args),
        other => panic!("{other:?}"),
    }
}

fn wanted_as(login: Option<&str>, args: &[&str]) -> Result<Wanted, clap::Error> {
    let words = [&["hubbub-client"], args].concat();
    Args::read(
        words.into_iter().map(OsString::from).collect(),
        login.map(|login| ("LOGNAME", login.to_owned())),
    )
}

fn refusal(args: &[&str]) -> String {
    let error = parse(args).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn only_the_name_is_needed() {
    let args = parse(&["--username", "alice"]).unwrap();
    assert_eq!(args.room.addresses.to_string(), "localhost:8765");
    assert_eq!(args.username.as_str(), "alice");
    assert!(!args.plain);
    assert!(parse(&["--plain", "--username", "alice"]).unwrap().plain);
}

#[test]
fn an_ipv6_address_is_written_in_brackets() {
    for target in ["::1", "[::1]"] {
        let args = parse(&["--username", "a", "--target", target, "--port", "1"]).unwrap();
        assert_eq!(
            (
                &*args.room.addresses.first().host,
                &*args.room.addresses.to_string()
            ),
            ("::1", "[::1]:1")
        );
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let version = parse(&["--version"]).unwrap_err();
    assert_eq!(version.kind(), ErrorKind::DisplayVersion);
    assert!(version.to_string().starts_with("hubbub-client 1.0"));
    let help = parse(&["--help"]).unwrap_err();
    assert_eq!((help.kind(), help.exit_code()), (ErrorKind::DisplayHelp, 0));
    for word in [
        "--target",
        "localhost",
        "--port",
        "8765",
        "--username",
        "--plain",
    ] {
        assert!(help.to_string().contains(word), "{help}");
    }
}

#[test]
fn a_name_is_required_and_must_follow_the_rules() {
    assert!(refusal(&[]).contains("--username"));
    assert!(refusal(&["--username", ""]).contains("empty"));
    assert!(refusal(&["--username", "a\nb"]).contains("control character"));
    assert!(refusal(&["--username", "server"]).contains("reserved"));
    assert!(parse(&["--username", &"x".repeat(64)]).is_ok());
    assert!(refusal(&["--username", &"x".repeat(65)]).contains("65 bytes, and 64 is the most"));
}

#[test]
fn a_port_is_from_1_to_65535() {
    for port in ["0", "65536", "-1", "http"] {
        assert!(refusal(&["--username", "a", &format!("--port={port}")]).contains(port));
    }
    assert!(parse(&["--username", "a", "--port", "65535"]).is_ok());
}

#[test]
fn a_target_is_one_word() {
    assert!(refusal(&["--username", "a", "--target", ""]).contains("no host name"));
    for target in [
        "a b",
        "localhost:8765",
        "chat://localhost",
        "[::1]:8765",
        "::g",
    ] {
        assert!(refusal(&["--username", "a", "--target", target]).contains("into --port"));
    }
    let args = parse(&["--username", "a", "--target", "fe80::1%eth0"]).unwrap();
    assert_eq!(args.room.addresses.first().host, "fe80::1%eth0");
}

#[test]
fn a_room_on_several_servers_has_several_addresses() {
    for (words, addresses) in [
        (
            &["--target=a,[::1],::2"][..],
            "a:8765,[::1]:8765,[::2]:8765",
        ),
        (&["--target=a,b", "--port=1"], "a:1,b:1"),
        (&["chat://a:1,b"], "a:1,b:8765"),
    ] {
        let args = parse(&[&["--username=a"], words].concat()).unwrap();
        assert_eq!(args.room.addresses.to_string(), addresses);
        assert_eq!(args.words()[0], format!("chat://{addresses}"));
    }
    let hosts = vec!["a"; 17].join(",");
    assert!(refusal(&["--username=a", "--target", &hosts]).contains("at most 16"));
    let pins = |many: usize| {
        let pins = (0..many).map(|number| format!("--pin={}", Pin::of_key(&[number as u8])));
        pins.collect::<Vec<_>>()
    };
    let with = |target, pins: &[String]| {
        let pins = pins.iter().map(String::as_str);
        let words: Vec<_> = ["--username=a", target].into_iter().chain(pins).collect();
        parse(&words)
    };
    assert_eq!(with("--target=a,b", &pins(4)).unwrap().room.pins.len(), 4);
    let refused = with("--target=a,b", &pins(5)).unwrap_err().to_string();
    assert!(
        refused.contains("5 pins") && refused.contains("have 4"),
        "{refused}"
    );
}

#[test]
fn a_link_says_host_and_port() {
    for (link, target, address) in [
        (
            "chat://chat.example.org:1",
            "chat.example.org",
            "chat.example.org:1",
        ),
        ("chat://192.0.2.7", "192.0.2.7", "192.0.2.7:8765"),
        ("CHAT://localhost:65535/", "localhost", "localhost:65535"),
        ("chat://[::1]", "::1", "[::1]:8765"),
        (
            "chat://[2001:db8::7]:9000",
            "2001:db8::7",
            "[2001:db8::7]:9000",
        ),
    ] {
        let args = parse(&[link, "--username", "alice"]).unwrap();
        assert_eq!(
            (
                &*args.room.addresses.first().host,
                &*args.room.addresses.to_string()
            ),
            (target, address)
        );
        assert_eq!(args.username.as_str(), "alice");
    }
}

#[test]
fn what_is_no_link_to_a_room_is_refused() {
    for link in [
        "localhost",
        "http://localhost",
        "chat://",
        "chat://:8765",
        "chat://localhost:",
        "chat://localhost:0",
        "chat://localhost:65536",
        "chat://::1",
        "chat://[::1",
        "chat://[::1]8765",
        "chat://[localhost]",
        "chat://bob@localhost",
        "chat://localhost/room",
        "chat://local host",
    ] {
        let refusal = refusal(&["--username", "a", link]);
        assert!(
            refusal.contains("an invitation is chats://HOST"),
            "{link}: {refusal}"
        );
    }
}

#[test]
fn a_link_stands_instead_of_target_and_port() {
    for (option, value) in [("--target", "localhost"), ("--port", "8765")] {
        let refusal = refusal(&["--username", "a", "chat://localhost", option, value]);
        assert!(refusal.contains("cannot be used with"), "{refusal}");
        assert!(refusal.contains(option), "{refusal}");
    }
}

#[test]
fn a_link_is_opened_under_the_login_name_and_nothing_else_is() {
    let args = parse_as(Some("carol"), &["chat://localhost"]).unwrap();
    assert_eq!(args.username.as_str(), "carol");
    let args = parse_as(Some("carol"), &["chat://localhost", "--username", "eve"]).unwrap();
    assert_eq!(args.username.as_str(), "eve");
    assert!(
        parse_as(Some("carol"), &[])
            .unwrap_err()
            .to_string()
            .contains("--username")
    );
    for login in [None, Some("server")] {
        let error = parse_as(login, &["chat://localhost"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let variable = login.map_or("$USER", |_| "$LOGNAME");
        for words in [variable, "choose a name with --username"] {
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn a_card_asks_for_what_is_not_given_and_never_goes_where_a_link_leads_without_asking() {
    let asking = |login, args: &[&str]| match wanted_as(login, args).unwrap() {
        Wanted::Ask(asking) => (asking.login.map(|name| name.to_string()), asking.plain),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        asking(Some("carol"), &["--ask"]),
        (Some("carol".to_owned()), false)
    );
    assert_eq!(asking(None, &["--ask", "--plain"]), (None, true));
    assert_eq!(asking(Some("server"), &["--ask"]), (None, false));
    let link = "chat://localhost";
    match wanted_as(Some("carol"), &["--ask", link]).unwrap() {
        Wanted::Ask(Asking {
            invitation: Some(room),
            login: Some(login),
            ..
        }) => assert_eq!(
            (room.addresses.first().host.as_str(), login.as_str()),
            ("localhost", "carol")
        ),
        other => panic!("{other:?}"),
    }
    for (option, value) in [("--username", "a"), ("--target", "a"), ("--port", "1")] {
        let refusal = refusal(&["--ask", option, value]);
        assert!(refusal.contains("cannot be used with"), "{refusal}");
    }
}

#[test]
fn the_words_of_a_command_line_ask_for_the_same() {
    for words in [
        &["chat://[::1]:9000", "--username", "alice"][..],
        &["--target", "localhost", "--username=--plain", "--plain"],
        &["chat://chat.example.org", "--username", "bob smith"],
    ] {
        let args = parse(words).unwrap();
        let again = args.words();
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        assert_eq!(parse(&again).unwrap(), args);
    }
}

const LINK: &str = "chats://chat.example.org:9000/#pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,key=correct%20horse";
const PIN: &str = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
const NEXT: &str = "sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

#[test]
fn a_password_on_the_command_line_is_handed_on_without_standing_there_again() {
    for (words, again) in [
        (
            &["--username=--plain", "--plain", "--forget", LINK][..],
            &[
                "--invitation=-",
                "--username=--plain",
                "--plain",
                "--forget",
            ][..],
        ),
        (&["--ask", LINK], &["--ask", "--invitation=-"]),
        (
            &["--ask", "--plain", "--forget", LINK],
            &["--ask", "--invitation=-", "--plain", "--forget"],
        ),
    ] {
        let Wanted::Again(words, invitation) = wanted_as(Some("carol"), words).unwrap() else {
            panic!("{words:?} stay in sight");
        };
        assert_eq!(words, again);
        assert_eq!(invitation.to_link(), LINK);
    }
    // What is no secret may stay.
    let open = format!("chats://a:1/#pin={PIN}");
    assert!(parse(&["--username=a", &open]).unwrap().room.is_private);
    let why = refusal(&["--username=a", &format!("{LINK},more")]);
    assert!(!why.contains("horse"), "{why}");
}

#[test]
fn what_is_wrong_is_told_without_the_password_wherever_it_stands() {
    for words in [
        &["x", LINK][..],
        &["--username=a", "--target", LINK],
        &["--username", LINK],
        &["--username=a", "--port", LINK],
        &["--pin", LINK],
        &["--invitation", LINK],
        &["--username=a", "--colour", LINK],
        &["--username=a", &format!("--{LINK}")],
        &["--username=server", &LINK.replace("chats", "CHATS")],
        &["--username=a", "x", &LINK.replace("chats", "chat")],
        // Without its key it would be a name.
        &["--ask", "--username", &format!("a://#{LINK}")],
    ] {
        let why = refusal(words);
        assert!(!why.contains("horse"), "{words:?}: {why}");
    }
    assert!(refusal(&["x", LINK]).contains("'chats://chat.example.org:9000/'"));
}

#[test]
fn forgetting_may_ask_before_it_goes_there_and_needs_to_know_which_room() {
    match wanted_as(None, &["--ask", "--forget", "chats://a:1"]).unwrap() {
        Wanted::Ask(asking) => assert!(asking.forget && asking.invitation.is_some()),
        other => panic!("{other:?}"),
    }
    assert!(refusal(&["--ask", "--forget"]).contains("needs a link"));
}

#[test]
fn an_invitation_comes_from_a_file_too_and_is_then_nowhere_in_sight() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("invitation");
    std::fs::write(&file, format!("{LINK}\n")).unwrap();
    let file = file.to_str().unwrap();
    let args = parse_as(Some("carol"), &["--invitation", file]).unwrap();
    assert_eq!(
        (args.room.to_link().as_str(), args.username.as_str()),
        (LINK, "carol")
    );
    assert!(!format!("{args:?}").contains("horse"));
    for (option, value) in [("--target", "a"), ("--port", "1")] {
        let refusal = refusal(&["--username", "a", "--invitation", file, option, value]);
        assert!(refusal.contains("cannot be used with"), "{refusal}");
    }
    let missing = directory.path().join("none");
    let why = refusal(&["--invitation", missing.to_str().unwrap()]);
    assert!(why.contains("cannot read an invitation"), "{why}");
}

#[test]
fn a_pin_makes_the_room_private_and_a_plain_room_has_none() {
    let args = parse(&["--username", "a", "--target", "b", "--pin", PIN]).unwrap();
    assert_eq!(args.room.to_link(), format!("chats://b:8765/#pin={PIN}"));
    let args = parse(&["--username", "a", "chats://b", "--pin", PIN, "--pin", NEXT]).unwrap();
    assert_eq!(
        args.room.to_link(),
        format!("chats://b:8765/#pin={PIN},pin={NEXT}")
    );
    assert!(refusal(&["--username", "a", "chat://b", "--pin", PIN]).contains("has no key"));
    assert!(refusal(&["--username", "a", "--pin", "sha1-x"]).contains("this is no pin"));
    let third = PIN.replace("47", "48");
    let words = [
        "--username",
        "a",
        "--pin",
        PIN,
        "--pin",
        NEXT,
        "--pin",
        &third,
    ];
    assert!(refusal(&words).contains("3 pins"));
}
