//! Writes the man page of `hubbub-server` and its completions: `cargo run -p hubbub-server --example
//! hubbub-server-pages -- DIR`.

use std::process::ExitCode;

use clap::CommandFactory;
use hubbub_pages::Section;

// Of the program itself. What only it needs is unused here.
#[allow(dead_code, unreachable_pub, missing_docs)]
#[path = "../src"]
mod program {
    pub(crate) mod arguments;
}

const SECTIONS: &[Section] = &[
    Section {
        page: "hubbub-server",
        heading: "EXIT STATUS",
        text: "  0  it was asked to stop, and everybody has been told
  1  it could not begin, or was asked to stop a second time; the reason is on stderr
  2  the options are wrong, or contradict each other",
    },
    Section {
        page: "hubbub-server",
        heading: "SIGNALS",
        text: "  SIGINT, SIGTERM  stop: everybody is told, and what waits for them is sent; a second one ends it at once
  SIGHUP
      where it was started on a terminal, the same; elsewhere it reads the message of the day again, says in a line of the
      log what has changed, and drops nobody",
    },
    Section {
        page: "hubbub-server",
        heading: "AS A SERVICE",
        text: "\
The package brings two units of systemd, which are not enabled. hubbub-server.socket holds the port, so that a restart
refuses no connection. It is port 8765 of 127.0.0.1, until 'systemctl edit hubbub-server.socket' sets another place. All
other options are variables in /etc/hubbub/server.env.

  systemctl enable --now hubbub-server.service
      starts both, now and at each boot
  systemctl reload hubbub-server.service
      has it read its files again
  systemctl stop hubbub-server.socket hubbub-server.service
      stops both; if the socket stayed open, the next connection would start the server again

To let everybody in who reaches the machine, by IPv4 and IPv6, give that edit a section [Socket] of two lines,
'ListenStream=' and 'ListenStream=8765', and then 'systemctl restart hubbub-server.socket'.

An upgrade of the package restarts a server that runs, and not the socket, so that nobody is refused. Members come back by
themselves.",
    },
    Section {
        page: "hubbub-server",
        heading: "FILES",
        text: "  /etc/hubbub/server.env
      the variables of the service
  /var/lib/hubbub
      what the room keeps; it stays when the package is purged, and the user hubbub with it
  /usr/share/doc/hubbub-server/README.Debian
      the first steps",
    },
    Section {
        page: "hubbub-server",
        heading: "ENVIRONMENT",
        text: "\
Each option above names the variable that stands for it. An option on the command line counts more than its variable, and
an empty variable counts as not set.

  NO_COLOR  set to anything, it keeps colours out of the log
  NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS, JOURNAL_STREAM  as systemd sets them",
    },
    Section {
        page: "hubbub-server",
        heading: "SEE ALSO",
        text: "hubbub(1), hubbub-export(1), hubbub-client(1)",
    },
];

fn main() -> ExitCode {
    hubbub_pages::main(program::arguments::Arguments::command(), SECTIONS)
}
