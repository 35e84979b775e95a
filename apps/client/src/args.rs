//! The command line: reads it, and explains what is wrong with it before a window opens.

use std::env;
use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use hubbub_transport::{Address, AddressError, parse_host};
use hubbub_wire::{Limits, PORT, Username};

/// Where to go and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// Where the room is.
    pub address: Address,
    /// Name to use in the room.
    pub username: Username<'static>,
    /// Whether to speak CHAT/1.0 only.
    pub plain: bool,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This room.
    Room(Args),
    /// A card that asks for the room and the name.
    Ask(Asking),
}

/// What the card begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The login name, if it can be used in a room.
    pub login: Option<Username<'static>>,
    /// Whether to speak CHAT/1.0 only.
    pub plain: bool,
}

/// A window into a CHAT/1.0 room.
#[derive(Parser)]
#[command(
    version,
    override_usage = "hubbub-client [OPTIONS] --username <NAME>\n       hubbub-client [OPTIONS] <LINK>\n       hubbub-client --ask",
    after_help = "Examples:\n  hubbub-client --username alice --target chat.example.org\n  hubbub-client --username alice chat://chat.example.org:8765"
)]
struct CommandLine {
    /// The room as chat://HOST:PORT, instead of --target and --port; without --username you then join under your login
    /// name
    #[arg(value_name = "LINK", value_parser = link, conflicts_with_all = ["target", "port"])]
    link: Option<Address>,

    /// Host name or IP address of the server
    #[arg(long, value_name = "HOST", default_value = "localhost", value_parser = target)]
    target: String,

    /// TCP port of the server
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// Name to use in the room, at most 64 bytes of UTF-8
    #[arg(long, value_name = "NAME", value_parser = username, required_unless_present_any = ["link", "ask"])]
    username: Option<Username<'static>>,

    /// Ask for the room and the name in a window, which offers those used before; a LINK is opened without it
    #[arg(long, conflicts_with_all = ["username", "target", "port"])]
    ask: bool,

    /// Never ask the server for what it remembers, who is here and what arrived: speak CHAT/1.0 only
    #[arg(long)]
    plain: bool,
}

impl Args {
    /// Reads the command line. If something is wrong with it, or it asks for help or the version, says so and ends the
    /// program.
    #[must_use]
    pub fn parse() -> Wanted {
        let value = |name| env::var(name).ok().filter(|login| !login.is_empty());
        let login = ["USER", "LOGNAME"]
            .into_iter()
            .find_map(|name| Some((name, value(name)?)));
        Self::read(env::args_os(), login).unwrap_or_else(|error| error.exit())
    }

    fn read(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
        login: Option<(&str, String)>,
    ) -> Result<Wanted, clap::Error> {
        let line = CommandLine::try_parse_from(words)?;
        if line.ask && line.link.is_none() {
            let login = login.and_then(|(_, login)| username(&login).ok());
            let plain = line.plain;
            return Ok(Wanted::Ask(Asking { login, plain }));
        }
        let address = line.link.unwrap_or(Address {
            host: line.target,
            port: line.port,
        });
        let username = match line.username {
            Some(name) => name,
            None => {
                let (variable, login) = login.unwrap_or(("USER", String::new()));
                username(&login).map_err(|why| {
                    let message = format!(
                        "your login name, in ${variable}, cannot be used in the room: {why}; choose a name with --username"
                    );
                    CommandLine::command().error(ErrorKind::MissingRequiredArgument, message)
                })?
            }
        };
        Ok(Wanted::Room(Self {
            address,
            username,
            plain: line.plain,
        }))
    }

    /// The words of a command line that asks for the same.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let room = format!("chat://{}", self.address);
        // In one word, since a name may begin with a hyphen.
        let username = format!("--username={}", self.username);
        let plain = self.plain.then(|| "--plain".to_owned());
        [room, username].into_iter().chain(plain).collect()
    }
}

/// Reads where a room is, as people write it into a field: `host`, `host:port` or a link.
///
/// # Errors
///
/// It is none of these; why, in words for the user.
pub fn room(text: &str) -> Result<Address, String> {
    let link = if text.contains("://") {
        text.to_owned()
    } else {
        format!("chat://{text}")
    };
    Address::from_link(&link, PORT).map_err(|_| {
        "this is no room; give HOST or HOST:PORT, an IPv6 address in brackets and the port from 1 to 65535"
            .to_owned()
    })
}

/// The definition of the command line, for its man page.
#[must_use]
pub fn command() -> clap::Command {
    CommandLine::command()
}

fn link(text: &str) -> Result<Address, AddressError> {
    Address::from_link(text, PORT)
}

fn target(text: &str) -> Result<String, String> {
    parse_host(text).map_err(|error| format!("{error}; the port goes into --port"))
}

/// Reads a name to use in the room.
///
/// # Errors
///
/// The text is no name, or it is the server's; why, in words for the user.
pub fn username(text: &str) -> Result<Username<'static>, String> {
    if text == Username::SERVER.as_str() {
        return Err("this name is reserved for the server itself; choose another one".to_owned());
    }
    Username::new(text, Limits::DEFAULT.max_name)
        .map(Username::into_owned)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Args, clap::Error> {
        parse_as(None, args)
    }

    fn parse_as(login: Option<&str>, args: &[&str]) -> Result<Args, clap::Error> {
        match wanted_as(login, args)? {
            Wanted::Room(args) => Ok(args),
            Wanted::Ask(asking) => panic!("{asking:?}"),
        }
    }

    fn wanted_as(login: Option<&str>, args: &[&str]) -> Result<Wanted, clap::Error> {
        Args::read(
            [&["hubbub-client"], args].concat(),
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
        assert_eq!(args.address.to_string(), "localhost:8765");
        assert_eq!(args.username.as_str(), "alice");
        assert!(!args.plain);
        assert!(parse(&["--plain", "--username", "alice"]).unwrap().plain);
    }

    #[test]
    fn an_ipv6_address_is_written_in_brackets() {
        for target in ["::1", "[::1]"] {
            let args = parse(&["--username", "a", "--target", target, "--port", "1"]).unwrap();
            assert_eq!(
                (&*args.address.host, &*args.address.to_string()),
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
        assert_eq!(args.address.host, "fe80::1%eth0");
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
                (&*args.address.host, &*args.address.to_string()),
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
                refusal.contains("a room's link is chat://HOST"),
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
    fn a_card_asks_only_where_no_room_is_given() {
        let asking = |login, args: &[&str]| match wanted_as(login, args).unwrap() {
            Wanted::Ask(asking) => (asking.login.map(|name| name.to_string()), asking.plain),
            Wanted::Room(args) => panic!("{args:?}"),
        };
        assert_eq!(
            asking(Some("carol"), &["--ask"]),
            (Some("carol".to_owned()), false)
        );
        assert_eq!(asking(None, &["--ask", "--plain"]), (None, true));
        assert_eq!(asking(Some("server"), &["--ask"]), (None, false));
        let args = parse_as(Some("carol"), &["--ask", "chat://localhost"]).unwrap();
        assert_eq!(args.username.as_str(), "carol");
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

    #[test]
    fn a_room_in_a_field_is_a_host_with_or_without_a_port_or_a_link() {
        for (text, address) in [
            ("localhost", "localhost:8765"),
            ("chat.example.org:9000", "chat.example.org:9000"),
            ("[2001:db8::7]", "[2001:db8::7]:8765"),
            ("chat://192.0.2.7/", "192.0.2.7:8765"),
        ] {
            assert_eq!(room(text).unwrap().to_string(), address);
        }
        for text in ["", "a b", "::1", "a:0", "a:65536", "http://a", "bob@a"] {
            assert!(room(text).unwrap_err().contains("HOST:PORT"), "{text}");
        }
    }
}
