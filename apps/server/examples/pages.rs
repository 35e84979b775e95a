//! Writes the man page of `hubbub-server` and its completions: `cargo run -p hubbub-server --example pages -- DIR`.

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
  SIGHUP  the same",
    },
    Section {
        page: "hubbub-server",
        heading: "ENVIRONMENT",
        text: "\
Each option above names the variable that stands for it. An option on the command line counts more than its variable, and
an empty variable counts as not set.

  NO_COLOR  set to anything, it keeps colours out of the log",
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
