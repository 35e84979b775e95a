//! Hand-over: how an invitation reaches a run of the program. Its password may stand on no command line, where
//! everybody on the computer could read it: it comes from a file or from standard input, and goes on by a pipe that
//! nobody else has.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::process::Command;

use hubbub_transport::Invitation;
use hubbub_wire::{MAX_PASSWORD, PORT};

/// The longest invitation, in bytes: the longest host, two pins and the longest password fit many times. A pipe takes
/// as much before anybody reads.
const INVITATION_BYTES: usize = 4096;

/// What stands for standard input in the place of a file.
const STDIN: &str = "-";

/// Reads an invitation from this file, or from the first line of standard input if it is `-`.
///
/// # Errors
///
/// It cannot be read or is none, or would be typed in sight; why, in words for the user. They do not repeat it.
pub fn read(file: &Path) -> Result<Invitation, String> {
    let (shown, text) = if file == Path::new(STDIN) {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(
                "standard input is a terminal, which shows what is typed; write the invitation into a file, and give that"
                    .to_owned(),
            );
        }
        ("standard input".to_owned(), line_of(stdin.lock()))
    } else {
        let text = File::open(file).and_then(text_of);
        (file.display().to_string(), text)
    };
    let text = text.map_err(|error| format!("cannot read an invitation from {shown}: {error}"))?;
    if text.len() > INVITATION_BYTES {
        return Err(format!(
            "what {shown} holds is longer than {INVITATION_BYTES} bytes, and so no invitation"
        ));
    }
    parse(text.trim()).map_err(|why| format!("{shown}: {why}"))
}

fn text_of(source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    let mut beginning = source.take(INVITATION_BYTES as u64 + 1);
    beginning.read_to_string(&mut text)?;
    Ok(text)
}

/// One line alone: whoever writes it may go on, or never end.
fn line_of(source: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    let mut beginning = source.take(INVITATION_BYTES as u64 + 1);
    beginning.read_line(&mut line)?;
    Ok(line)
}

/// Reads an invitation or a link to a plain room.
///
/// # Errors
///
/// It is none; why, in words for the user. They do not repeat it.
pub fn parse(link: &str) -> Result<Invitation, String> {
    let invitation = Invitation::parse(link, PORT).map_err(|error| error.to_string())?;
    let key = invitation.password.as_ref();
    if key.is_some_and(|key| key.as_bytes().len() > MAX_PASSWORD) {
        return Err(format!(
            "the invitation's key is longer than {MAX_PASSWORD} bytes, which no room's is"
        ));
    }
    Ok(invitation)
}

/// This program with these words as its command line and, on its standard input, this invitation.
///
/// # Errors
///
/// The system has no pipe, or does not say where this program is.
pub fn program(words: &[String], invitation: Option<&Invitation>) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(words);
    if let Some(invitation) = invitation {
        let (reader, mut writer) = io::pipe()?;
        // It fits into the pipe, so that this waits for nobody.
        writer.write_all(invitation.to_link().as_bytes())?;
        command.stdin(reader);
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LINK: &str = "chats://chat.example.org:9000/#key=correct%20horse";

    #[test]
    fn an_invitation_is_read_from_a_file_whatever_blanks_are_around_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("invitation");
        fs::write(&file, format!(" {LINK}\r\n\n")).unwrap();
        assert_eq!(read(&file).unwrap().to_link(), LINK);
    }

    #[test]
    fn of_standard_input_one_line_is_read_and_no_more_than_an_invitation_holds() {
        let more = "x".repeat(2 * INVITATION_BYTES);
        let mut source = format!("{LINK}\nmore").into_bytes();
        source.push(0xff);
        assert_eq!(line_of(&source[..]).unwrap(), format!("{LINK}\n"));
        assert_eq!(line_of(LINK.as_bytes()).unwrap(), LINK);
        assert_eq!(
            line_of(more.as_bytes()).unwrap().len(),
            INVITATION_BYTES + 1
        );
    }

    #[test]
    fn what_is_no_invitation_is_told_without_repeating_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("invitation");
        for (text, told) in [
            (&*format!("{LINK},tail"), "copy all of it again"),
            ("correct horse", "an invitation is chats://"),
            (&*"correct horse".repeat(400), "longer than 4096 bytes"),
        ] {
            fs::write(&file, text).unwrap();
            let why = read(&file).unwrap_err();
            assert!(why.contains(told) && !why.contains("horse"), "{why}");
        }
        let why = read(&directory.path().join("none")).unwrap_err();
        assert!(why.contains("cannot read"), "{why}");
    }

    #[test]
    fn a_key_is_as_long_as_a_password_may_be_and_no_longer() {
        let link = |length| format!("chats://a:1/#key={}", "x".repeat(length));
        assert!(parse(&link(MAX_PASSWORD)).is_ok());
        let why = parse(&link(MAX_PASSWORD + 1)).unwrap_err();
        assert!(why.contains("128 bytes"), "{why}");
    }

    #[test]
    fn the_longest_invitation_is_handed_over() {
        let host = "h".repeat(255);
        let pin = "pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        let key = "%FF".repeat(MAX_PASSWORD);
        let link = format!("chats://{host}:65535/#{pin},{pin},key={key}");
        assert!(link.len() <= INVITATION_BYTES);
        let invitation = parse(&link).unwrap();
        let command = program(&["--ask".to_owned()], Some(&invitation)).unwrap();
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["--ask"]);
    }
}
