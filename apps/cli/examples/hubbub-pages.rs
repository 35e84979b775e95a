//! Writes the man pages of `hubbub` and its completions: `cargo run -p hubbub-cli --example hubbub-pages -- DIR`.

use std::process::ExitCode;

use clap::CommandFactory;
use hubbub_pages::Section;

#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "it is a file of the program, most of which is not needed here"
)]
#[path = "../src"]
mod program {
    pub(crate) mod arguments;
}

const SECTIONS: &[Section] = &[
    Section {
        page: "hubbub",
        heading: "SEE ALSO",
        text: "hubbub-server(1), hubbub-client(1)",
    },
    Section {
        page: "hubbub",
        heading: "FILES",
        text: "  $XDG_STATE_HOME/hubbub/known_rooms.toml  the keys of private rooms, why they are believed, and the rooms' \
               passwords; in ~/.local/state if XDG_STATE_HOME is not set. The window has the same file, and only its \
               owner may read it",
    },
    Section {
        page: "hubbub",
        heading: "ENVIRONMENT",
        text: "  XDG_STATE_HOME  the directory of the known rooms
  SSL_CERT_FILE, SSL_CERT_DIR  the authorities to believe instead of those of the system",
    },
    Section {
        page: "hubbub-chat",
        heading: "EXIT STATUS",
        text: "  0  the input has ended and everything that was said has arrived, or Ctrl-C or a signal ended it
  69  the room cannot be reached
  74  the input has ended, and for ten seconds nothing more of what was said has arrived; or the output cannot be
      written
  76  what listens there is not a CHAT server
  77  the server refused the user or put the user out, or its key is not the one that is known
  78  a file, such as that of --invitation, cannot be used
  130  Ctrl-C or a signal ended a question",
    },
    Section {
        page: "hubbub-chat",
        heading: "SIGNALS",
        text: "  SIGINT, SIGTERM, SIGHUP  leave the room; the status is 0",
    },
    Section {
        page: "hubbub-chat",
        heading: "ENVIRONMENT",
        text: "  NO_COLOR  if set and not empty, there are no colours
  TZ  the time zone in which times are shown",
    },
    Section {
        page: "hubbub-export",
        heading: "EXIT STATUS",
        text: "  0  done, also where nothing was found
  2  the command line is wrong
  74  the output cannot be written, or a server has begun to use the directory meanwhile
  78  there is no history in the directory, or it cannot be read",
    },
    Section {
        page: "hubbub-export",
        heading: "ENVIRONMENT",
        text: "  TZ  the time zone of the times that are printed and of the midnight of --since",
    },
    Section {
        page: "hubbub-export",
        heading: "FILES",
        text: "  DIR/history.db  the database, which is only read",
    },
];

fn main() -> ExitCode {
    hubbub_pages::main(program::arguments::Arguments::command(), SECTIONS)
}
