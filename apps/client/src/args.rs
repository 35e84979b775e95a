//! The command line: what may stand there, and what is said about the rest before any window opens.

use clap::Parser;
use hubbub_wire::{Limits, Username};

use crate::timeline::SERVER_NAME;

/// A window into a CHAT/1.0 room.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(
    version,
    after_help = "Example:\n  hubbub-client --username alice --target chat.example.org"
)]
pub struct Args {
    /// Host name or IP address of the server
    #[arg(long, value_name = "HOST", default_value = "localhost", value_parser = target)]
    pub target: String,

    /// TCP port of the server
    #[arg(long, default_value_t = 8765, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Name to use in the room, at most 64 bytes of UTF-8
    #[arg(long, value_name = "NAME", value_parser = username)]
    pub username: Username<'static>,
}

impl Args {
    /// Host and port as people write them, an IPv6 address in brackets.
    #[must_use]
    pub fn address(&self) -> String {
        let Self { target, port, .. } = self;
        if target.contains(':') {
            format!("[{target}]:{port}")
        } else {
            format!("{target}:{port}")
        }
    }
}

fn target(text: &str) -> Result<String, &'static str> {
    let text = text.trim_matches(['[', ']']);
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(
            "this is no host name; give one such as localhost or 192.0.2.7, the port goes into --port",
        );
    }
    Ok(text.to_owned())
}

fn username(text: &str) -> Result<Username<'static>, String> {
    if text == SERVER_NAME {
        return Err("this name is reserved for the server itself; choose another one".to_owned());
    }
    Username::new(text, Limits::DEFAULT.max_name)
        .map(Username::into_owned)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn parse(args: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["hubbub-client"], args].concat())
    }

    fn refusal(args: &[&str]) -> String {
        let error = parse(args).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    #[test]
    fn only_the_name_is_needed() {
        let args = parse(&["--username", "alice"]).unwrap();
        assert_eq!(args.address(), "localhost:8765");
        assert_eq!(args.username.as_str(), "alice");
    }

    #[test]
    fn an_ipv6_address_is_written_in_brackets() {
        for target in ["::1", "[::1]"] {
            let args = parse(&["--username", "a", "--target", target, "--port", "1"]).unwrap();
            assert_eq!((&*args.target, &*args.address()), ("::1", "[::1]:1"));
        }
    }

    #[test]
    fn help_and_version_are_no_errors() {
        let version = parse(&["--version"]).unwrap_err();
        assert_eq!(version.kind(), ErrorKind::DisplayVersion);
        assert!(version.to_string().starts_with("hubbub-client 1.0"));
        let help = parse(&["--help"]).unwrap_err();
        assert_eq!((help.kind(), help.exit_code()), (ErrorKind::DisplayHelp, 0));
        for word in ["--target", "localhost", "--port", "8765", "--username"] {
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
        assert!(refusal(&["--username", "a", "--target", "a b"]).contains("no host name"));
    }
}
