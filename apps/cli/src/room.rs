//! Room: where to go, as whom, and what lets one in there: what the command line says, and what stands in the files
//! that it names.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read};
use std::path::Path;

use hubbub_transport::{Addresses, Invitation, Password};
use hubbub_wire::{MAX_PASSWORD, PORT, Username};

use crate::arguments;
use crate::arguments::place::{Given, IN_SIGHT, Place, Whereabouts};
use crate::ask::Terminal;
use crate::forget::forget;
use crate::status::{Failure, Status};

/// The most bytes that a file or a line with a secret may have. The longest invitation has less.
const MAX_SECRET: u64 = 4096;

/// Where to go and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// Where, and what is known of it.
    pub(crate) invitation: Invitation,
    /// Under which name.
    pub(crate) username: Username<'static>,
}

impl Room {
    /// The room of these arguments.
    pub(crate) fn of(arguments: &arguments::Room) -> Result<Self, Failure> {
        Self::at(&arguments.place, arguments.username.clone())
    }

    /// The room at this place, for a member of this name.
    pub(crate) fn at(place: &Place, username: Username<'static>) -> Result<Self, Failure> {
        let mut invitation = invitation(&place.whereabouts)?;
        if !place.pin.is_empty() {
            name_keys(&mut invitation, place)?;
        }
        if let Some(path) = &place.password_file {
            invitation.password = Some(password(path, &invitation)?);
        }
        if place.forget {
            forget(&invitation.addresses)?;
        }
        Ok(Self {
            invitation,
            username,
        })
    }

    /// Where it is.
    pub(crate) fn addresses(&self) -> &Addresses {
        &self.invitation.addresses
    }
}

fn wrong(words: impl Into<String>) -> Failure {
    Failure::new(Status::Usage, words)
}

fn bad(words: impl Into<String>) -> Failure {
    Failure::new(Status::BadFile, words)
}

/// What leads to a room.
pub(crate) fn invitation(whereabouts: &Whereabouts) -> Result<Invitation, Failure> {
    match (&whereabouts.room, &whereabouts.invitation) {
        (Some(Given::Room(invitation)), _) => Ok(invitation.clone()),
        (Some(Given::Refused(words)), _) => Err(wrong(words)),
        (None, Some(path)) => {
            if path.to_string_lossy().contains("://") {
                return Err(wrong(format!(
                    "{IN_SIGHT}, so --invitation takes a file with the link, or - and the link on stdin"
                )));
            }
            let link = secret("the invitation", path)?;
            let link = String::from_utf8(link).unwrap_or_default();
            let invitation =
                Invitation::parse(link.trim(), PORT).map_err(|error| bad(error.to_string()))?;
            if let Some(password) = &invitation.password {
                fits(password.as_bytes().to_vec()).map_err(bad)?;
            }
            Ok(invitation)
        }
        (None, None) => Err(wrong("give a room, or --invitation FILE")),
    }
}

/// Takes the keys of `--pin`.
fn name_keys(invitation: &mut Invitation, place: &Place) -> Result<(), Failure> {
    if !invitation.is_private {
        return Err(wrong(
            "only a private room has a key; its link begins with chats://",
        ));
    }
    if !invitation.pins.is_empty() {
        return Err(wrong(
            "the invitation names the room's key already; leave --pin out",
        ));
    }
    let most = invitation.most_pins();
    if place.pin.len() > most {
        return Err(wrong(format!("give --pin {most} times at most")));
    }
    invitation.pins.clone_from(&place.pin);
    Ok(())
}

fn password(path: &Path, invitation: &Invitation) -> Result<Password, Failure> {
    if !invitation.is_private {
        return Err(wrong(
            "a password goes to a private room alone; its link begins with chats://",
        ));
    }
    let mut password = secret("the password", path)?;
    if password.ends_with(b"\n") {
        password.pop();
    }
    if password.ends_with(b"\r") {
        password.pop();
    }
    fits(password).map_err(bad)
}

/// A password that can be sent.
pub(crate) fn fits(password: Vec<u8>) -> Result<Password, String> {
    match password.len() {
        0 => Err("the password is empty".to_owned()),
        1..=MAX_PASSWORD => Ok(Password::new(password)),
        len => Err(format!(
            "the password has {len} bytes, and {MAX_PASSWORD} are the most"
        )),
    }
}

/// What stands in a file, or on the next line of stdin. The file's name is not repeated: it may be the secret itself.
fn secret(what: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let is_stdin = path == Path::new("-");
    let mut bytes = Vec::new();
    let read = if is_stdin && io::stdin().is_terminal() {
        if let Some(terminal) = Terminal::open() {
            return terminal
                .ask(&format!("{what}: "), true)
                .map(String::into_bytes);
        }
        io::stdin()
            .lock()
            .take(MAX_SECRET + 1)
            .read_until(b'\n', &mut bytes)
    } else if is_stdin {
        io::stdin()
            .lock()
            .take(MAX_SECRET + 1)
            .read_until(b'\n', &mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_SECRET + 1).read_to_end(&mut bytes))
    };
    let whence = if is_stdin {
        "from stdin"
    } else {
        "from the file that was named"
    };
    read.map_err(|error| bad(format!("cannot read {what} {whence}: {error}")))?;
    if bytes.len() as u64 > MAX_SECRET {
        return Err(bad(format!(
            "{what} has more than {MAX_SECRET} bytes, which no {} has",
            what.trim_start_matches("the ")
        )));
    }
    Ok(bytes)
}
