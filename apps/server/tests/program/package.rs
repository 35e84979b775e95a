//! The units and the file of variables that a package installs. Needs systemd-analyze.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use hubbub_testing::tls::Authority;
use hubbub_testing::{Ended, Program, run, server};

use crate::descriptors::RESERVED;

const SERVICE: &str = include_str!("../../package/hubbub-server.service");
const SOCKET: &str = include_str!("../../package/hubbub-server.socket");
const USERS: &str = include_str!("../../package/hubbub.sysusers");
const VARIABLES: &str = include_str!("../../package/server.env");

/// The units in a directory of their own, with the program where it was built.
struct Units(PathBuf);

impl Units {
    fn new(test: &str) -> Self {
        let name = format!("hubbub-units-{}-{test}", std::process::id());
        let units = Self(env::temp_dir().join(name));
        fs::create_dir_all(&units.0).unwrap();
        let server = server();
        let program = server.get_program().to_str().unwrap();
        let service = SERVICE.replace("/usr/bin/hubbub-server", program);
        assert!(service.contains(program), "the unit starts something else");
        fs::write(units.service(), service).unwrap();
        fs::write(units.socket(), SOCKET).unwrap();
        units
    }

    fn service(&self) -> PathBuf {
        self.0.join("hubbub-server.service")
    }

    fn socket(&self) -> PathBuf {
        self.0.join("hubbub-server.socket")
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn analyze(command: &mut Command) -> (bool, String) {
    let ran = command.output();
    let ran =
        ran.unwrap_or_else(|error| panic!("no systemd-analyze, of the package systemd: {error}"));
    let Output {
        status,
        stdout,
        stderr,
    } = ran;
    let said = [stdout, stderr].concat();
    (
        status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let units = Units::new("verify");
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no", "--generators=no"]);
    let (is_well, said) = analyze(command.arg(units.service()).arg(units.socket()));
    assert!(is_well && said.is_empty(), "{said}");
}

#[test]
fn the_service_may_do_so_little_that_systemd_counts_less_than_two() {
    let units = Units::new("security");
    let mut command = Command::new("systemd-analyze");
    // In tenths.
    command.args(["security", "--offline=true", "--no-pager", "--threshold=19"]);
    let (is_well, said) = analyze(command.arg(units.service()));
    let counted = said.lines().last().unwrap_or_default();
    assert!(is_well, "{counted}");
}

#[test]
fn the_sum_beside_the_most_memory_is_right_and_fits() {
    let rows = SERVICE.lines().filter_map(|line| {
        let (size, words) = line.strip_prefix('#')?.split_once(" MiB  ")?;
        Some((size.trim().parse::<u64>().ok()?, words))
    });
    let (sums, parts): (Vec<_>, Vec<_>) =
        rows.partition(|(_, words)| words.starts_with("together"));
    let sum: u64 = parts.iter().map(|(size, _)| size).sum();
    assert_eq!((parts.len(), sums[0].0), (7, sum));
    assert!(SERVICE.contains("\nMemoryMax=1G\n") && sum < 1024);
}

#[test]
fn the_service_may_have_as_many_peers_as_its_units_say() {
    let limit = SERVICE
        .lines()
        .find_map(|line| line.strip_prefix("LimitNOFILE="));
    let peers = limit.unwrap().parse::<usize>().unwrap() - RESERVED;
    let peers = format!("{},{:03}", peers / 1000, peers % 1000);
    assert_eq!(SERVICE.matches(&peers).count(), 2, "{peers}");
}

/// A slow disk with a large history must not have it killed and started for ever.
#[test]
fn the_service_may_take_its_time_to_start() {
    assert!(SERVICE.contains("\nTimeoutStartSec=infinity\n"));
}

#[test]
fn the_user_of_the_service_is_one_that_is_made() {
    let user = USERS.split_whitespace().nth(1).unwrap();
    assert!(SERVICE.contains(&format!("\nUser={user}\n")), "{user}");
}

/// The variables that the help names.
fn variables_of_help() -> BTreeSet<String> {
    // Lines may be folded anywhere.
    let help = run(&["--help"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = help.split("[env: ").skip(1);
    let named = named.map(|rest| rest.split('=').next().unwrap_or_default().to_owned());
    named.collect()
}

/// The variables of the file, as they would be set.
fn variables_of_file() -> Vec<(String, String)> {
    let lines = VARIABLES.lines().filter(|line| !line.is_empty());
    let set = lines.filter_map(|line| {
        let rest = line.strip_prefix('#');
        let rest = rest.unwrap_or_else(|| panic!("{line:?} counts without being asked to"));
        rest.strip_prefix("HUBBUB_")?;
        let (variable, value) = rest.split_once('=').unwrap();
        Some((variable.to_owned(), value.to_owned()))
    });
    set.collect()
}

#[test]
fn the_file_of_variables_has_each_option_once_as_a_comment_and_a_line_about_it() {
    let of_file: Vec<String> = variables_of_file()
        .into_iter()
        .map(|(variable, _)| variable)
        .collect();
    let once: BTreeSet<String> = of_file.iter().cloned().collect();
    assert_eq!(once.len(), of_file.len(), "{of_file:?}");
    assert_eq!(once, variables_of_help());
    let mut before = "";
    for line in VARIABLES.lines() {
        let is_variable = |line: &str| line.starts_with("#HUBBUB_");
        // The place to listen has two variables, and one line about both.
        let is_told = before.starts_with("# ") || (is_variable(before) && line.contains("LISTEN"));
        assert!(
            !is_variable(line) || is_told,
            "nothing is said about {line}"
        );
        before = line;
    }
}

#[test]
fn the_server_starts_with_all_that_the_file_of_variables_suggests() {
    let directory = env::temp_dir().join(format!("hubbub-variables-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let motd = directory.join("motd");
    fs::write(&motd, "Be kind.").unwrap();
    let admin = directory.join("admin");
    let password = directory.join("password");
    fs::write(&password, "open sesame, open").unwrap();
    let page = directory.join("web");
    fs::create_dir(&page).unwrap();
    let index = r#"<meta name="nodes" content="">"#;
    fs::write(page.join("index.html"), index).unwrap();
    let authority = Authority::new();
    let [cert, key] = authority.certificate("localhost").write(&directory, "tls");
    let mut command = server();
    for (variable, value) in variables_of_file() {
        let value = match &*value {
            "8765" | "9180" => "0",
            // Without it, the other options of TLS mean nothing.
            "false" if variable == "HUBBUB_TLS" => "true",
            "/etc/hubbub/tls.crt" => cert.to_str().unwrap(),
            "/etc/hubbub/tls.key" => key.to_str().unwrap(),
            "/etc/hubbub/motd" => motd.to_str().unwrap(),
            "/var/lib/hubbub/password" => password.to_str().unwrap(),
            "/run/hubbub/admin" => admin.to_str().unwrap(),
            "/usr/share/hubbub/web" => page.to_str().unwrap(),
            value if value.starts_with('/') => directory.to_str().unwrap(),
            value => value,
        };
        command.env(variable, value);
    }
    let mut program = Program::run(command);
    program.port();
    program.signal("TERM");
    let Ended { status, stderr, .. } = program.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    fs::remove_dir_all(&directory).unwrap();
}
