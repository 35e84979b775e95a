//! Man pages and completions of our programs, made out of the definitions of their command lines. For building
//! packages: no program links it.
//!
//! Each program has an example `pages`, which hands its command line and the [`Section`]s that clap does not know to
//! [`main`]. `cargo run -p hubbub-server --example hubbub-server-pages -- DIR` then writes what belongs below `PREFIX/share`.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_complete::{Shell, generate};

mod manual;

mod options;

mod prose;

/// A section of a man page that clap does not know of.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The page that has it: the program, or program and command with a hyphen. `*` is every page.
    pub page: &'static str,
    /// Its heading, in capitals. Sections stand in the order in which they are given.
    pub heading: &'static str,
    /// Paragraphs with empty lines between them. Lines that begin with two blanks stand as they are, and those with six
    /// blanks explain the one above.
    pub text: &'static str,
}

/// Writes the pages and completions below the directory that is the program's only argument, and says what went wrong
/// if that fails.
#[must_use]
pub fn main(command: Command, sections: &[Section]) -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(dir), None) = (arguments.next(), arguments.next()) else {
        eprintln!("pages: give one argument, the directory to write to");
        return ExitCode::from(2);
    };
    match write(command, sections, Path::new(&dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pages: cannot write to {}: {error}", dir.display());
            ExitCode::FAILURE
        }
    }
}

/// Writes `man/man1/*.1` and the completions for bash, zsh and fish below a directory, where they are looked for below
/// `PREFIX/share`.
///
/// # Errors
///
/// A file cannot be written.
pub fn write(command: Command, sections: &[Section], dir: &Path) -> io::Result<()> {
    let manual = dir.join("man/man1");
    fs::create_dir_all(&manual)?;
    for (name, page) in manual::pages(command.clone(), sections) {
        fs::write(manual.join(format!("{name}.1")), page)?;
    }
    let name = command.get_name().to_owned();
    for (shell, place) in [
        (Shell::Bash, format!("bash-completion/completions/{name}")),
        (Shell::Zsh, format!("zsh/site-functions/_{name}")),
        (
            Shell::Fish,
            format!("fish/vendor_completions.d/{name}.fish"),
        ),
    ] {
        let place = dir.join(place);
        fs::create_dir_all(place.parent().unwrap_or(dir))?;
        generate(
            shell,
            &mut command.clone(),
            &name,
            &mut File::create(place)?,
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    #[test]
    fn everything_is_where_it_is_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        write(Command::new("tool"), &[], dir.path()).unwrap();
        for place in [
            "man/man1/tool.1",
            "bash-completion/completions/tool",
            "zsh/site-functions/_tool",
            "fish/vendor_completions.d/tool.fish",
        ] {
            let text = fs::read_to_string(dir.path().join(place)).unwrap();
            assert!(text.contains("tool"), "{place}: {text}");
        }
    }
}
