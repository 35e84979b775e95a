//! Arguments: the commands, their options and their help.

use std::path::PathBuf;

use clap::builder::RangedI64ValueParser;
use clap::{Args, Parser, Subcommand};
use hubbub_wire::{Limits, MAX_EARLIER, Username};
#[cfg(feature = "export")]
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use self::place::{Place, Whereabouts};

pub(crate) mod place;

/// A CHAT/1.0 room in a terminal and in scripts.
///
/// Data goes to stdout, everything else to stderr.
#[derive(Debug, Parser)]
#[command(name = "hubbub", version, after_help = STATUSES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const STATUSES: &str = "A private room has a link that begins with chats://, and a key. Who was invited has the key in \
the link: put the link into a file and give --invitation FILE, or paste it to --invitation -. Otherwise the key is shown \
on a terminal, and you are asked whether it is the right one; in a script, give it by --pin. From then on it is known, \
also to the window. If the room has another key one day, every command stops and says so.

Exit status:
   0  done
   2  the command line or the input is wrong
  69  the room cannot be reached
  74  cut off before it was done, or the output cannot be written
  76  what listens there is not a CHAT server, or cannot do what was asked
  77  the server refused us, or its key is not the one that is known
  78  a file, such as that of --state or --invitation, cannot be used
 130  a signal ended the command early, or a question; `tail` and `chat` end with
      0 otherwise";

const TAIL: &str = "Examples:
  hubbub tail chat://room.example.org --username logger --recent 20
      the last 20 messages, and then what is said
  hubbub tail chat://room.example.org --username logger --json --state place >>talk.json
      everything in a file, also what is said while this program does not run

It reconnects whenever the connection ends. It gives up only if the first connection fails, an operator puts it out, \
another program with the same state file takes its place, the password is no longer right, the server has another key \
than the one that is known, or it cannot be read which one that is.

With --json each line is an object with `type` and `time` (RFC 3339 in UTC). Skip types and fields that you do not know.

Types:
  text       id, seq, from, text, past: somebody said it. text_base64 stands
             instead of text where that is not UTF-8. A server of plain
             CHAT/1.0 gives no id and no seq.
  join       name: somebody came
  leave      name: somebody left
  present    names: everybody who is here
  connected  the connection stands
  lost       why, cause: it has ended. cause is unreachable, cut-off, not-chat,
             replaced, kicked, refused, password, key, plain, bad-file, or the
             server's own word for a refusal, such as name or banned. With key:
             offered, the key that the server has, and known, those that would
             be right. plain: the room is known as a private one. bad-file: the
             file of known rooms cannot be read
  notice     code, text: the server tells something. Codes of this program are
             gap and missed, where messages are missing, and cut-off, for a
             text of which the end is missing

With --state, a restarted program prints what was said meanwhile, nothing twice, and takes its old place in the room. \
That holds after kill -9 too if stdout is a file to which nothing else writes. Into a pipe, the lines that were \
printed last may come again then; they have the same id. The server must remember (--history, or its memory). If \
more than 20,000 messages or 16 MiB were missed, only the newest of them come, after a notice with code gap; the \
others are printed by hubbub export where the server runs.";

/// What to do. Each command has a file of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(Send),
    Tail(Tail),
    Who(Who),
    Ping(Ping),
    Chat(Chat),
    Forget(Forget),
    #[cfg(feature = "export")]
    Export(Export),
    #[cfg(unix)]
    Admin(Admin),
}

/// Where the room is, and as whom to go there.
#[derive(Clone, Debug, Args)]
pub(crate) struct Room {
    #[command(flatten)]
    pub(crate) place: Place,

    /// Name to use in the room, at most 64 bytes of UTF-8
    #[arg(long, value_name = "NAME", value_parser = username)]
    pub(crate) username: Username<'static>,
}

/// Send stdin as a message
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  echo 'build 42 failed' | hubbub send chat://room.example.org --username ci"
)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) room: Room,

    /// Each line of stdin is a message, said as soon as it is read; without this, all of stdin is one
    #[arg(long)]
    pub(crate) lines: bool,

    /// Send nothing to a server that does not tell what has arrived
    #[arg(long)]
    pub(crate) require_ack: bool,
}

/// Print what is said, as it is said
#[derive(Debug, Args)]
#[command(after_help = TAIL)]
pub(crate) struct Tail {
    #[command(flatten)]
    pub(crate) room: Room,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    /// Keep here how far the conversation was printed, and go on from there
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// Begin with this many earlier messages, if the server remembers them
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = recent())]
    pub(crate) recent: u32,

    /// End when the connection ends, instead of connecting again
    #[arg(long)]
    pub(crate) once: bool,
}

/// Print who is here, one name a line
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hubbub who chat://room.example.org --username monitor")]
pub(crate) struct Who {
    #[command(flatten)]
    pub(crate) room: Room,
}

/// Find out whether the room is there, and how fast
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hubbub ping chat://room.example.org --count 3")]
pub(crate) struct Ping {
    #[command(flatten)]
    pub(crate) place: Place,

    /// Name to use in the room, at most 64 bytes of UTF-8 [default: ping- and four random hex digits]
    #[arg(long, value_name = "NAME", value_parser = username)]
    pub(crate) username: Option<Username<'static>>,

    /// How often to ask
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
}

/// Talk from a terminal, or through a pipe: lines in, lines out
///
/// On a terminal, what others say is shown above the line that is typed, and Enter sends that line. Up brings back what
/// was typed before, and several lines can be pasted at once. In a pipe, each line of stdin is said, each message is a
/// line of stdout, and everything else goes to stderr; while 256 messages are on their way, as in an outage, no more is
/// read. The end of the input, Ctrl-C and SIGTERM leave the room.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hubbub chat chat://room.example.org --username alice")]
pub(crate) struct Chat {
    #[command(flatten)]
    pub(crate) room: Room,

    /// Begin with this many earlier messages, if the server remembers them [default: 20 on a terminal, 0 in a pipe]
    #[arg(long, value_name = "N", value_parser = recent())]
    pub(crate) recent: Option<u32>,
}

/// Forget the key and the password of a private room, without going there
///
/// The next command for this room takes it for one that was never met: its key is shown and asked about, unless --pin,
/// an invitation or an authority says that it is right. The window forgets it too.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hubbub forget chats://room.example.org")]
pub(crate) struct Forget {
    #[command(flatten)]
    pub(crate) whereabouts: Whereabouts,
}

/// Print what a server has kept
///
/// Reads the directory that a server was given by --history. The server may be running, and nothing is changed.
#[cfg(feature = "export")]
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sudo hubbub export /var/lib/hubbub --since 2026-11-01
      everything since the first of November, from the service, whose directory only it and root may read
  hubbub export talk --find 'alice cake' --json
      what has both words in its text or its sender's name, for a program")]
pub(crate) struct Export {
    /// The directory of the history
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// Print only what was said at or after this time: a day such as 2026-11-01, which begins at midnight of this
    /// machine's time zone, or a moment such as 2026-11-01T08:00:00Z
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) since: Option<Timestamp>,

    /// Print only messages that hold all of these words in their text or their sender's name, in capitals or not
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub(crate) find: Option<String>,

    /// Print one JSON object a line, as tail does
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run a room: see who is here, put somebody out, tell everybody something
#[cfg(unix)]
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hubbub admin /run/hubbub/admin who
  hubbub admin /run/hubbub/admin kick 'alice smith'
      she is out, and her name and address are not let in for a minute
  hubbub admin /run/hubbub/admin ban 192.0.2.1 12h
  hubbub admin /run/hubbub/admin say 'the room moves at ten'

The socket belongs to the user who runs the server. Names that begin with - come after --.
Of a room on several servers, each has a socket of its own: every command sees and changes that server alone, its
people, bans, password and message of the day. Give it on each of them.")]
pub(crate) struct Admin {
    /// The socket of the server, as its option --admin names it
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    #[command(subcommand)]
    pub(crate) wish: Wish,
}

/// What an administrator wants.
#[cfg(unix)]
#[derive(Debug, Subcommand)]
pub(crate) enum Wish {
    /// Print who is here: name, address, since when, and granted, plain or absent
    Who {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Put somebody out; for a minute neither the name nor its address is let in
    Kick {
        /// The name, exactly
        name: String,
    },
    /// Let nobody in from an address, and put out who is here from there
    Ban {
        /// The address. One of IPv6 stands for its network of 64 bits
        #[arg(value_name = "ADDR")]
        address: String,
        /// For how long, such as 30min, 12h or 7d [default: for good]
        time: Option<String>,
    },
    /// Let an address in again
    Unban {
        /// The address
        #[arg(value_name = "ADDR")]
        address: String,
    },
    /// Print the addresses that are banned, and until when
    Bans {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Tell everybody who is here something, as the server
    Say {
        /// What
        text: String,
    },
    /// Change the message of the day until the server reads its own again; an empty file takes it away
    Motd {
        /// The file with the text, which is read here and not by the server
        file: PathBuf,
    },
    /// Print an invitation: a link that leads into the room, with its key and its password
    Invite {
        /// The name or address under which people reach the server, with :PORT where that is another one; of a room on
        /// several servers all of them, with commas between them
        host: String,
        /// Also name the key of a certificate from elsewhere; the link ends with that key
        #[arg(long)]
        pin: bool,
    },
    /// Have the server write a new password into its file; who is here stays, earlier invitations let nobody in any
    /// more
    NewPassword,
    /// Print figures about the room
    Stats {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Reads how many earlier messages are wanted.
fn recent() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(0..=i64::from(MAX_EARLIER))
}

/// Reads a day or a moment.
#[cfg(feature = "export")]
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let day = Date::strptime("%Y-%m-%d", text).ok();
    let midnight = day.and_then(|day| day.to_zoned(TimeZone::system()).ok());
    midnight
        .map(|midnight| midnight.timestamp())
        .ok_or_else(|| {
            "give a day such as 2026-11-01, or a moment such as 2026-11-01T08:00:00Z".to_owned()
        })
}

#[cfg(feature = "export")]
fn words(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("there is no word in it; leave --find out to print everything");
    }
    Ok(text.to_owned())
}

/// Reads a name to use in the room.
fn username(text: &str) -> Result<Username<'static>, String> {
    if text == Username::SERVER.as_str() {
        return Err("this name is reserved for the server itself; choose another one".to_owned());
    }
    Username::new(text, Limits::DEFAULT.max_name)
        .map(Username::into_owned)
        .map_err(|error| error.to_string())
}
