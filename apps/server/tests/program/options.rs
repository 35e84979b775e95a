//! The options, good and bad, and what the program says about them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use hubbub_testing::{Ended, Peer, Program, Room, run, text};

/// The options of every server, and their defaults as the help writes them. A new option belongs into one of these
/// lists.
const OPTIONS: &[(&str, &str)] = &[
    ("--port", "8765"),
    ("--listen", "all interfaces, IPv4 and IPv6"),
    ("--max-payload", "1MiB"),
    ("--max-peers", "what the limit on open files allows"),
    ("--max-peers-per-address", "no bound"),
    ("--visits-per-minute", "0"),
    ("--outbox", "4MiB"),
    ("--memory-limit", "256MiB"),
    ("--messages-per-second", "0"),
    ("--bytes-per-second", "0"),
    ("--write-timeout", "30s"),
    ("--text-timeout", "30s"),
    ("--join-timeout", "30s"),
    ("--grace", "15s"),
    ("--log", "info"),
];

/// Those of the feature `history`.
const OF_HISTORY: &[(&str, &str)] = &[
    ("--history", "none, the last ones stay in memory"),
    ("--history-sync", "normal"),
];

/// Those of whatever keeps messages.
const OF_KEEPING: &[(&str, &str)] = &[("--keep", "30d"), ("--keep-bytes", "1GiB")];

/// Those of the feature `cluster`.
const OF_CLUSTER: &[(&str, &str)] = &[
    ("--cluster", "none, the room is this server's own"),
    ("--cluster-name", "room"),
    ("--cluster-creds", "none"),
    ("--cluster-ca", "those of the system"),
    ("--cluster-replicas", "3"),
    ("--cluster-node-timeout", "45s"),
];

/// Those of the feature `service`.
const OF_SERVICE: &[(&str, &str)] = &[
    ("--motd", "none"),
    ("--plain-motd", "false"),
    ("--log-format", "text"),
];

/// Those of the feature `tls`.
const OF_TLS: &[(&str, &str)] = &[
    ("--tls", "false"),
    ("--also-plain", "false"),
    (
        "--tls-cert",
        "none, the key of its own is enough for those who are invited",
    ),
    ("--tls-key", "none"),
    ("--tls-next-key", "false"),
    (
        "--password-file",
        "none, whoever reaches the port may come in",
    ),
    ("--make-password", "false"),
];

/// Those of the feature `web`.
const OF_WEB: &[(&str, &str)] = &[
    ("--web", "none, browsers are not answered"),
    (
        "--web-host",
        "the addresses of this machine, and localhost on it",
    ),
    ("--web-node", "none, a page knows only its server"),
    ("--trusted-proxy", "none"),
];

#[test]
fn help_names_every_option_with_its_default() {
    let mut expected = OPTIONS.to_vec();
    if cfg!(feature = "history") {
        expected.extend(OF_HISTORY);
    }
    if cfg!(feature = "cluster") {
        expected.extend(OF_CLUSTER);
    }
    if cfg!(any(feature = "cluster", feature = "history")) {
        expected.extend(OF_KEEPING);
    }
    if cfg!(feature = "service") {
        expected.extend(OF_SERVICE);
    }
    if cfg!(feature = "metrics") {
        expected.push(("--metrics", "nowhere"));
    }
    if cfg!(feature = "admin") {
        expected.push(("--admin", "none"));
    }
    if cfg!(feature = "tls") {
        expected.extend(OF_TLS);
    }
    if cfg!(feature = "web") {
        expected.extend(OF_WEB);
    }
    if cfg!(any(feature = "admin", feature = "tls")) {
        let state = "systemd's $STATE_DIRECTORY, or none: bans last until the server ends";
        expected.push(("--state", state));
    }
    let options = options_of_help();
    for (option, default) in &expected {
        let described = options
            .iter()
            .find(|described| described.split(' ').next() == Some(option));
        let described = described.unwrap_or_else(|| panic!("no {option} in {options:#?}"));
        let default = format!("[default: {default}]");
        assert!(described.contains(&default), "no {default} in {described}");
    }
    // These two have no default.
    assert_eq!(
        options.len(),
        expected.len() + ["--help", "--version"].len(),
        "{options:#?}"
    );
}

#[test]
fn every_option_but_help_and_version_has_a_variable_and_help_names_it() {
    for described in options_of_help() {
        let option = described.split_whitespace().next().unwrap_or_default();
        if ["--help", "--version"].contains(&option) {
            continue;
        }
        let variable = option
            .trim_start_matches('-')
            .replace('-', "_")
            .to_uppercase();
        // The value of one that may be a secret is not shown.
        let is_named = ["=", "]"].map(|end| format!("[env: HUBBUB_{variable}{end}"));
        assert!(
            is_named.iter().any(|named| described.contains(named)),
            "no {variable} in {described}"
        );
    }
}

/// What `--help` says about each option: one string for each, which begins with the long name. Blanks and line ends
/// become one blank.
fn options_of_help() -> Vec<String> {
    let Ended { status, stdout, .. } = run(&["--help"]);
    assert!(status.success());
    let mut options: Vec<String> = Vec::new();
    for line in stdout.lines() {
        let line = line.trim_start();
        let at = line
            .find("--")
            .filter(|&at| line.starts_with('-') && at <= "-h, ".len());
        if let Some(at) = at {
            options.push(line[at..].to_owned());
        } else if let Some(described) = options.last_mut() {
            described.push(' ');
            described.push_str(line);
        }
    }
    options
        .iter()
        .map(|described| described.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn version_is_the_name_and_the_number() {
    let Ended { status, stdout, .. } = run(&["--version"]);
    assert!(status.success());
    assert_eq!(
        stdout,
        concat!("hubbub-server ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_port_that_is_taken_is_one_line_and_status_1() {
    for host in ["127.0.0.1", "0.0.0.0"] {
        let taken = TcpListener::bind((host, 0)).unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        assert_one_line_with(&run(&["--listen", host, "--port", &port]), &port);
    }
}

#[test]
fn a_port_that_is_taken_on_one_interface_is_not_free_on_all() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_one_line_with(&run(&["--port", &port]), &port);
}

#[test]
fn a_port_that_is_taken_on_all_interfaces_is_one_line_and_status_1() {
    let mut first = Program::start(&["--port", "0"]);
    let port = first.port().to_string();
    assert_one_line_with(&run(&["--port", &port]), &port);
}

#[test]
fn an_address_that_is_not_ours_is_one_line_and_status_1() {
    // This address is reserved for documentation, and no machine has it.
    let ended = run(&["--listen", "192.0.2.1", "--port", "0"]);
    assert_one_line_with(&ended, "192.0.2.1");
}

#[test]
fn a_bad_value_is_told_in_the_first_line_with_status_2() {
    let bad = [
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", "chat"],
        ["--listen", "nowhere"],
        ["--listen", "127.0.0.1:8765"],
        ["--max-payload", "0"],
        ["--max-payload", "-5"],
        ["--max-payload", "much"],
        ["--max-payload", "5 parsecs"],
        ["--max-payload", "99999999999999999999"],
        ["--max-payload", "99999999999999MiB"],
        ["--messages-per-second", "-1"],
        ["--messages-per-second", "many"],
        ["--bytes-per-second", "5 parsecs"],
        ["--bytes-per-second", "4GiB"],
        ["--volume", "11"],
    ];
    for [option, value] in bad {
        let Ended {
            status,
            stdout,
            stderr,
        } = run(&[&format!("{option}={value}")]);
        assert_eq!(status.code(), Some(2), "{option}={value}: {stderr}");
        let first = stderr.lines().next().unwrap_or_default();
        assert!(first.contains(option), "{option}={value}: {stderr}");
        assert!(
            option == "--volume" || first.contains(value),
            "{option}={value}: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{option}={value}: {stderr}");
        assert_eq!(stdout, "", "{option}={value}");
    }
}

#[test]
fn by_itself_the_server_listens_on_ipv4_and_ipv6() {
    let mut program = Program::start(&["--port", "0"]);
    let port = program.port();
    let room = Room::at(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    let mut alice = room.member("alice");
    if !has_ipv6() {
        return;
    }
    let mut bob = Peer::connect(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port));
    bob.send("CHAT/1.0 JOIN\r\nUsername: bob\r\n\r\n");
    alice.expect("CHAT/1.0 JOIN\r\nUsername: bob\r\n\r\n");
}

#[test]
fn listening_on_ipv4_loopback_is_that_alone() {
    let mut program = Program::start(&["--port", "0", "--listen", "127.0.0.1"]);
    let port = program.port();
    let _room = Room::at(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
    assert!(TcpStream::connect((Ipv6Addr::LOCALHOST, port)).is_err());
    assert!(TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), port)).is_err());
}

#[test]
fn listening_on_ipv6_loopback_is_that_alone() {
    if !has_ipv6() {
        return;
    }
    let mut program = Program::start(&["--port", "0", "--listen", "::1"]);
    let port = program.port();
    let _room = Room::at(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port));
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
}

/// A link-local address means nothing without its interface.
#[test]
fn listening_on_a_link_local_address_needs_its_interface() {
    assert_one_line_with(
        &run(&["--listen", "fe80::1", "--port", "0"]),
        "fe80::1%eth0",
    );
    let Ended { status, stderr, .. } = run(&["--listen", "fe80::1%no-such", "--port", "0"]);
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("no interface no-such"), "{stderr}");
    let Some(address) = link_local() else {
        eprintln!("SKIPPED: this machine has no link-local address");
        return;
    };
    let mut program = Program::start(&["--listen", &address, "--port", "0"]);
    let port = program.port();
    let connect = TcpStream::connect((address.as_str(), port));
    connect.unwrap_or_else(|error| panic!("{address} port {port}: {error}"));
}

/// A link-local address of this machine with its interface, if there is one.
fn link_local() -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/if_inet6").ok()?;
    table.lines().find_map(|line| {
        let [address, _, _, "20", flags, interface] =
            line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let address = Ipv6Addr::from_bits(u128::from_str_radix(address, 16).ok()?);
        // Others are tentative, or taken by another machine.
        (flags == "80").then(|| format!("{address}%{interface}"))
    })
}

/// An error lists the same values as the help.
#[test]
fn the_levels_of_the_log_are_listed_by_help_and_by_the_error_alike() {
    const LEVELS: &str = "[possible values: error, warn, info, debug, trace]";
    let Ended { stderr, .. } = run(&["--log", "verbose"]);
    assert!(stderr.contains(LEVELS), "{stderr}");
    let options = options_of_help();
    assert!(
        options
            .iter()
            .any(|option| option.starts_with("--log") && option.contains(LEVELS)),
        "{options:#?}"
    );
    for level in ["error", "warn", "info", "debug", "trace", "INFO"] {
        let ended = run(&["--log", level, "--listen", "192.0.2.1", "--port", "0"]);
        assert_eq!(ended.status.code(), Some(1), "{level}: {}", ended.stderr);
    }
}

#[test]
fn the_longest_payload_is_what_max_payload_says() {
    for (value, bytes) in [("10", 10), ("2KiB", 2048), ("3MiB", 3 * 1024 * 1024)] {
        let options = ["--port", "0", "--max-payload", value];
        let mut program = Program::start(&options);
        let room = program.room();
        let [mut alice, mut bob] = room.members(["alice", "bob"]);
        alice.send(text("alice", vec![b'x'; bytes]));
        bob.expect(text("alice", vec![b'x'; bytes]));
        alice.send(text("alice", vec![b'x'; bytes + 1]));
        alice.send(text("alice", "next"));
        bob.expect(text("alice", "next"));
        alice.expect_notice();
    }
}

/// Not every machine has IPv6. Without it, the tests that need it are skipped, and a line says so.
fn has_ipv6() -> bool {
    let bound = TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
    if let Err(error) = &bound {
        eprintln!("not tested, for this machine has no IPv6 loopback: {error}");
    }
    bound.is_ok()
}

#[track_caller]
fn assert_one_line_with(ended: &Ended, value: &str) {
    let Ended {
        status,
        stdout,
        stderr,
    } = ended;
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(value), "no {value} in {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(stdout, "");
}

#[cfg(not(feature = "cluster"))]
#[test]
fn a_build_without_clusters_says_so_without_what_may_be_a_password() {
    let url = "nats://me:secret@a";
    let of_line = run(&["--cluster", url]);
    let of_variable = hubbub_testing::server().env("HUBBUB_CLUSTER", url).output();
    let of_variable = String::from_utf8(of_variable.unwrap().stderr).unwrap();
    for (words, name) in [
        (of_line.stderr, "--cluster is for"),
        (of_variable, "HUBBUB_CLUSTER is for"),
    ] {
        assert!(
            words.contains(name) && words.contains("--features cluster"),
            "{words}"
        );
        assert!(!words.contains("secret"), "{words}");
    }
}
