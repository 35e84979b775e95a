//! Place: where a room is, which key it has, and what lets one in. A secret is never taken as the value of an argument,
//! and never repeated where it is given as one.

use std::path::PathBuf;

use clap::Args;
use hubbub_transport::{Invitation, InvitationError, Pin};
use hubbub_wire::PORT;

/// Where the room is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Whereabouts {
    /// The room: chats://HOST or chats://HOST:PORT if it is private; chat://HOST, chat://HOST:PORT, HOST or HOST:PORT
    /// if not. An IPv6 address stands in brackets. A room on several servers has several addresses, with commas between
    /// them; each leads into it
    #[arg(
        value_name = "ROOM",
        value_parser = given,
        required_unless_present = "invitation",
        conflicts_with = "invitation"
    )]
    pub(crate) room: Option<Given>,

    /// The room is where the invitation in this file leads, a link that begins with chats://; with - it is the first
    /// line of stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) invitation: Option<PathBuf>,
}

/// Where the room is, and what is needed to go in.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    #[command(flatten)]
    pub(crate) whereabouts: Whereabouts,

    /// The key that the private room has, if no invitation names it; give it twice for two of which it has one
    #[arg(long, value_name = "PIN")]
    pub(crate) pin: Vec<Pin>,

    /// Read the password of the private room from this file; with - it is the first line of stdin. Without this, it is
    /// asked for on a terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// First forget what is known of this room: its key and its password
    #[arg(long)]
    pub(crate) forget: bool,
}

/// What was given as a room.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// It leads to one, and holds no secret.
    Room(Invitation),
    /// It may hold a secret, and is not taken for this reason.
    Refused(String),
}

/// What is said where a secret was given as an argument.
pub(crate) const IN_SIGHT: &str = "everybody on this machine can read arguments";

/// Reads where a room is: a link, or its host and perhaps port without `chat://`. An error of the parser would repeat
/// what was given, so that what may hold a secret is no error here.
fn given(text: &str) -> Result<Given, InvitationError> {
    let link = if text.contains("://") {
        text.to_owned()
    } else {
        format!("chat://{text}")
    };
    match Invitation::parse(&link, PORT) {
        Ok(invitation) if invitation.password.is_some() => Ok(Given::Refused(format!(
            "this invitation has the room's key in it, and {IN_SIGHT}; write it to a file and give --invitation FILE, \
             or give --invitation - and the link on stdin"
        ))),
        Ok(invitation) => Ok(Given::Room(invitation)),
        Err(error) if text.contains('#') => Ok(Given::Refused(error.to_string())),
        Err(error) => Err(error),
    }
}
