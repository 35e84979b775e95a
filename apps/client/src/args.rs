//! The command line: reads it, and explains what is wrong with it before a window opens.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use hubbub_transport::{Address, Invitation, Pin, parse_host};
use hubbub_wire::{PORT, Username};

use crate::handover;
use crate::naming::username;

/// How many keys a room may have: the one that it has and the one to come.
const MOST_PINS: usize = 2;

/// Where to go and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// Where the room is, and what is known of it.
    pub room: Invitation,
    /// Name to use in the room.
    pub username: Username<'static>,
    /// Whether to speak CHAT/1.0 only.
    pub plain: bool,
    /// Whether to forget first what is known of the room's key.
    pub forget: bool,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The same without the password that stands on the command line, where everybody on the computer can read it: these
    /// words, and this invitation on standard input.
    Again(Vec<String>, Invitation),
    /// This room.
    Room(Args),
    /// A card that asks for the room and the name.
    Ask(Asking),
}

/// What the card begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Where the link leads that was opened, if one was.
    pub invitation: Option<Invitation>,
    /// The login name, if it can be used in a room.
    pub login: Option<Username<'static>>,
    /// Whether to speak CHAT/1.0 only.
    pub plain: bool,
    /// Whether to forget first what is known of the key of the link's room.
    pub forget: bool,
}

/// A window into a CHAT/1.0 room.
#[derive(Parser)]
#[command(
    version,
    override_usage = "hubbub-client [OPTIONS] --username <NAME>\n       hubbub-client [OPTIONS] <LINK>\n       hubbub-client --ask",
    after_help = "Examples:\n  hubbub-client --username alice --target chat.example.org\n  hubbub-client --username alice chat://chat.example.org:8765\n  hubbub-client --username alice --invitation invitation.txt"
)]
struct CommandLine {
    /// The room as chat://HOST:PORT, or an invitation to a private one, instead of --target and --port; without --username
    /// you then join under your login name
    #[arg(value_name = "LINK", conflicts_with_all = ["target", "port"])]
    link: Option<String>,

    /// File with an invitation to a private room, or - for standard input; it does not stand on the command line then, where
    /// everybody on this computer could read it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["link", "target", "port"])]
    invitation: Option<PathBuf>,

    /// Key that a private room must have, as its server tells it (sha256-...); twice for the key to come
    #[arg(long, value_name = "PIN")]
    pin: Vec<Pin>,

    /// First forget what is known of this room: its key and its password
    #[arg(long)]
    forget: bool,

    /// Host name or IP address of the server
    #[arg(long, value_name = "HOST", default_value = "localhost", value_parser = target)]
    target: String,

    /// TCP port of the server
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// Name to use in the room, at most 64 bytes of UTF-8
    #[arg(long, value_name = "NAME", value_parser = username, required_unless_present_any = ["link", "invitation", "ask"])]
    username: Option<Username<'static>>,

    /// Ask for the room and the name in a window, which offers those used before; of a LINK it shows where it leads, and
    /// asks for the name alone
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
        Self::read(env::args_os().collect(), login).unwrap_or_else(|error| error.exit())
    }

    /// What is wrong with a command line is told in its own words, which may not be those of an invitation: it is then read
    /// once more without what is secret in it.
    fn read(words: Vec<OsString>, login: Option<(&str, String)>) -> Result<Wanted, clap::Error> {
        let open: Vec<_> = words.iter().map(without_secret).collect();
        match Self::take(words.clone(), login.clone()) {
            Err(error) if open != words && error.use_stderr() => {
                let why = "an invitation stands where none may be; see --help";
                let otherwise = || CommandLine::command().error(ErrorKind::ValueValidation, why);
                Err(Self::take(open, login).err().unwrap_or_else(otherwise))
            }
            taken => taken,
        }
    }

    fn take(words: Vec<OsString>, login: Option<(&str, String)>) -> Result<Wanted, clap::Error> {
        let line = CommandLine::try_parse_from(words)?;
        let plain = line.plain;
        let stands_in_sight = line.link.is_some();
        let given = line.given()?;
        if line.ask {
            let login = login.and_then(|(_, login)| username(&login).ok());
            return line.asking(given, login);
        }
        let room = given.unwrap_or(Invitation {
            address: Address {
                host: line.target,
                port: line.port,
            },
            is_private: !line.pin.is_empty(),
            pins: line.pin,
            password: None,
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
        let args = Self {
            forget: line.forget,
            ..Self::of(room, username, plain)
        };
        Ok(match args.secret() {
            Some(secret) if stands_in_sight && secret.password.is_some() => {
                Wanted::Again(args.words(), secret.clone())
            }
            _ => Wanted::Room(args),
        })
    }

    /// This room, under this name.
    #[must_use]
    pub fn of(room: Invitation, username: Username<'static>, plain: bool) -> Self {
        let forget = false;
        Self {
            room,
            username,
            plain,
            forget,
        }
    }

    /// The words of a command line that asks for the same, if [`secret`](Self::secret) stands on standard input.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let room = if self.room.is_private {
            "--invitation=-".to_owned()
        } else {
            format!("chat://{}", self.room.address)
        };
        // In one word, since a name may begin with a hyphen.
        let username = format!("--username={}", self.username);
        let plain = self.plain.then(|| "--plain".to_owned());
        let forget = self.forget.then(|| "--forget".to_owned());
        let options = plain.into_iter().chain(forget);
        [room, username].into_iter().chain(options).collect()
    }

    /// The invitation, which stands on no command line. `None` in a plain room, which has none.
    #[must_use]
    pub fn secret(&self) -> Option<&Invitation> {
        Some(&self.room).filter(|room| room.is_private)
    }
}

/// The word as it may be shown: of a link, what follows `#` is left out.
fn without_secret(word: &OsString) -> OsString {
    let text = word.to_string_lossy();
    let secret = text
        .find("://")
        .and_then(|at| Some(at + text[at..].find('#')?));
    secret.map_or_else(|| word.clone(), |at| text[..at].into())
}

impl CommandLine {
    /// What `--ask` wants: a card that may begin with the room that is given.
    fn asking(
        &self,
        given: Option<Invitation>,
        login: Option<Username<'static>>,
    ) -> Result<Wanted, clap::Error> {
        let (plain, forget) = (self.plain, self.forget);
        if forget && given.is_none() {
            let why = "--forget with --ask needs a link to the room that is to be forgotten";
            return Err(CommandLine::command().error(ErrorKind::MissingRequiredArgument, why));
        }
        Ok(match given {
            Some(secret) if self.link.is_some() && secret.password.is_some() => {
                let words = ["--ask", "--invitation=-"].into_iter();
                let options = [plain.then_some("--plain"), forget.then_some("--forget")];
                let words = words.chain(options.into_iter().flatten());
                Wanted::Again(words.map(str::to_owned).collect(), secret)
            }
            invitation => Wanted::Ask(Asking {
                invitation,
                login,
                plain,
                forget,
            }),
        })
    }

    /// The room that a link or an invitation leads to, with the keys that options name.
    fn given(&self) -> Result<Option<Invitation>, clap::Error> {
        let wrong = |why: String| CommandLine::command().error(ErrorKind::ValueValidation, why);
        let given = match (&self.link, &self.invitation) {
            (Some(link), _) => Some(handover::parse(link)),
            (None, Some(file)) => Some(handover::read(file)),
            (None, None) => None,
        };
        let mut given = given.transpose().map_err(wrong)?;
        if let Some(room) = &mut given {
            if !room.is_private && !self.pin.is_empty() {
                let why = "a plain room (chat://) has no key for --pin; a private room's link begins with chats://";
                return Err(wrong(why.to_owned()));
            }
            for pin in &self.pin {
                if !room.pins.contains(pin) {
                    room.pins.push(*pin);
                }
            }
        }
        let pins = given
            .as_ref()
            .map_or(self.pin.len(), |room| room.pins.len());
        if pins > MOST_PINS {
            return Err(wrong(format!(
                "these are {pins} pins; a room has {MOST_PINS} at most, its key and the one to come"
            )));
        }
        Ok(given)
    }
}

/// Reads where a room is, as people write it into a field: `host`, `host:port`, a link or an invitation.
///
/// # Errors
///
/// It is none of these; why, in words for the user.
pub fn room(text: &str) -> Result<Invitation, String> {
    let text = text.trim();
    if text
        .get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("chats://"))
    {
        return handover::parse(text);
    }
    let link = if text.contains("://") {
        text.to_owned()
    } else {
        format!("chat://{text}")
    };
    handover::parse(&link).map_err(|_| {
        "this is no room; give HOST or HOST:PORT, an IPv6 address in brackets and the port from 1 to 65535, or paste the \
         invitation"
            .to_owned()
    })
}

/// Reads the same. Where a scheme does not say otherwise, a room that was `private` before is so again.
///
/// # Errors
///
/// As those of [`room`].
pub fn room_as_before(text: &str, private: &[Address]) -> Result<Invitation, String> {
    let mut room = room(text)?;
    room.is_private |= !text.contains("://") && private.contains(&room.address);
    Ok(room)
}

/// The definition of the command line, for its man page.
#[must_use]
pub fn command() -> clap::Command {
    CommandLine::command()
}

fn target(text: &str) -> Result<String, String> {
    parse_host(text).map_err(|error| format!("{error}; the port goes into --port"))
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
        assert_eq!(args.room.address.to_string(), "localhost:8765");
        assert_eq!(args.username.as_str(), "alice");
        assert!(!args.plain);
        assert!(parse(&["--plain", "--username", "alice"]).unwrap().plain);
    }

    #[test]
    fn an_ipv6_address_is_written_in_brackets() {
        for target in ["::1", "[::1]"] {
            let args = parse(&["--username", "a", "--target", target, "--port", "1"]).unwrap();
            assert_eq!(
                (&*args.room.address.host, &*args.room.address.to_string()),
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
        assert_eq!(args.room.address.host, "fe80::1%eth0");
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
                (&*args.room.address.host, &*args.room.address.to_string()),
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
                (room.address.host.as_str(), login.as_str()),
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

    #[test]
    fn an_invitation_can_be_pasted_into_the_field_for_the_room() {
        assert_eq!(room(LINK).unwrap().to_link(), LINK);
        assert_eq!(room(&format!(" {LINK} ")).unwrap().to_link(), LINK);
        let why = room(&format!("{LINK},more")).unwrap_err();
        assert!(
            why.contains("copy all of it again") && !why.contains("horse"),
            "{why}"
        );
    }

    #[test]
    fn a_room_that_was_private_is_so_again_unless_a_link_says_otherwise() {
        let private = [room("a:1").unwrap().address];
        for (text, link) in [
            (" a:1 ", "chats://a:1"),
            ("chat://a:1", "chat://a:1"),
            ("a:2", "chat://a:2"),
        ] {
            assert_eq!(room_as_before(text, &private).unwrap().to_link(), link);
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
            assert_eq!(room(text).unwrap().address.to_string(), address);
        }
        for text in ["", "a b", "::1", "a:0", "a:65536", "http://a", "bob@a"] {
            assert!(room(text).unwrap_err().contains("HOST:PORT"), "{text}");
        }
    }
}
