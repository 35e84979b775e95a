//! Writes the man pages of `hubbub` and its completions: `cargo run -p hubbub-cli --example pages -- DIR`.

use std::process::ExitCode;

use clap::CommandFactory;
use hubbub_pages::Section;

// Of the program itself. What only it needs is unused here.
#[allow(dead_code, unreachable_pub, missing_docs)]
#[path = "../src"]
mod program {
    pub(crate) mod arguments;
}

const SECTIONS: &[Section] = &[Section {
    page: "hubbub",
    heading: "SEE ALSO",
    text: "hubbub-server(1), hubbub-client(1)",
}];

fn main() -> ExitCode {
    hubbub_pages::main(program::arguments::Arguments::command(), SECTIONS)
}
