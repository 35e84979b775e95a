//! The command line: reads it, and explains what is wrong with it before a window opens.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use hubbub_transport::{AddressError, Addresses, Invitation, MOST_PINS, Pin};
use hubbub_wire::{PORT, Username};

use crate::handover;
use crate::naming::username;

mod field;
#[cfg(test)]
mod tests;

pub use field::{room, room_as_before};

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
    /// The same without the password that stands on the command line, where everybody on the computer can read it:
    /// these words, and this invitation on standard input.
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
    /// The room as chat://HOST:PORT, or an invitation to a private one, instead of --target and --port; without
    /// --username you then join under your login name. A room on several servers has several addresses, with commas
    /// between them, and each leads into it
    #[arg(value_name = "LINK", conflicts_with_all = ["target", "port"])]
    link: Option<String>,

    /// File with an invitation to a private room, or - for standard input; it does not stand on the command line then,
    /// where everybody on this computer could read it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["link", "target", "port"])]
    invitation: Option<PathBuf>,

    /// Key that a private room must have, as its server tells it (sha256-...); twice for the key to come
    #[arg(long, value_name = "PIN")]
    pin: Vec<Pin>,

    /// First forget what is known of this room: its key and its password
    #[arg(long)]
    forget: bool,

    /// Host name or IP address of the server; of a room on several servers all of them, with commas between them
    #[arg(long, value_name = "HOST", default_value = "localhost", value_parser = target)]
    target: String,

    /// TCP port of the server; where several have several ports, give a LINK
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// Name to use in the room, at most 64 bytes of UTF-8
    #[arg(long, value_name = "NAME", value_parser = username, required_unless_present_any = ["link", "invitation", "ask"])]
    username: Option<Username<'static>>,

    /// Ask for the room and the name in a window, which offers those used before; of a LINK it shows where it leads,
    /// and asks for the name alone
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

    /// What is wrong with a command line is told in its own words, which may not be those of an invitation: it is then
    /// read once more without what is secret in it.
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
        let room = match given {
            Some(room) => room,
            None => line.room()?,
        };
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
            format!("chat://{}", self.room.addresses)
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

    /// The room of `--target` and `--port`.
    fn room(&self) -> Result<Invitation, clap::Error> {
        let addresses = Addresses::from_hosts(&self.target, self.port);
        let wrong =
            |error: AddressError| CommandLine::command().error(ErrorKind::ValueValidation, error);
        Ok(Invitation {
            addresses: addresses.map_err(wrong)?,
            is_private: !self.pin.is_empty(),
            pins: self.pin.clone(),
            password: None,
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
        let room = match &given {
            Some(room) => room,
            None => &self.room()?,
        };
        let (pins, most) = (room.pins.len(), room.most_pins());
        if pins > most {
            return Err(wrong(if room.addresses.are_several() {
                format!(
                    "these are {pins} pins; a server has {MOST_PINS} at most, so that these have {most}"
                )
            } else {
                format!(
                    "these are {pins} pins; a room has {most} at most, its key and the one to come"
                )
            }));
        }
        Ok(given)
    }
}

/// The definition of the command line, for its man page.
#[must_use]
pub fn command() -> clap::Command {
    CommandLine::command()
}

fn target(text: &str) -> Result<String, String> {
    match Addresses::from_hosts(text, PORT) {
        Ok(_) => Ok(text.to_owned()),
        Err(AddressError::TooMany) => Err(AddressError::TooMany.to_string()),
        Err(error) => Err(format!("{error}; the port goes into --port")),
    }
}
