//! Commands: what a typed text asks for. Pure: knows neither the window nor the network.
//!
//! Only a text of one line whose first word is a slash and letters is a command. So `/etc/passwd`, a listing of paths
//! and a pasted script go out as they are.

use std::fmt;

/// What `/help` says.
#[cfg(not(target_arch = "wasm32"))]
pub const HELP: &str = "\
/help: show this
/clear: empty this window; nobody else's changes
/mute NAME: show nothing of what this person says; nobody is told, and /unmute NAME undoes it
/save FILE: write what stands in this window to a new file; ~ is your home folder
/quit: leave the room and close the window
//text: send /text

A text of several lines is sent as it is, and so is one whose first word holds more than letters, such as /etc/passwd.

Up and Down in an empty field bring back what you sent. Tab completes a name.
Ctrl+F searches what was said; there Enter leads to older matches and Shift+Enter to newer ones.
Esc leads back to the field.";

/// What `/help` says in a browser.
#[cfg(target_arch = "wasm32")]
pub const HELP: &str = "\
/help: show this
/clear: empty this window; nobody else's changes
/mute NAME: show nothing of what this person says; nobody is told, and /unmute NAME undoes it
/save FILE: save what stands in this window as a file of this name, as this browser saves files
/quit: leave the room
//text: send /text

A text of several lines is sent as it is, and so is one whose first word holds more than letters, such as /etc/passwd.

With a keyboard: Up and Down in an empty field bring back what you sent. Tab completes a name.
Ctrl+F searches what was said; there Enter leads to older matches and Shift+Enter to newer ones.
Esc leads back to the field.";

/// A file that can be saved. A browser chooses the folder.
const EXAMPLE: &str = if cfg!(target_arch = "wasm32") {
    "room.txt"
} else {
    "~/room.txt"
};

/// The most letters of an unknown word that are repeated: about a line of the window. No command is as long.
const WORD_SHOWN: usize = 64;

/// What a text turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A text to send, without the slash that only kept it from being a command.
    Say(String),
    /// Something for the window to do.
    Command(Command),
}

/// What the user can tell the window to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say which commands there are.
    Help,
    /// Take every line out of the window.
    Clear,
    /// Write the lines to a file of this name.
    Save(String),
    /// Show nothing of what the person of this name says.
    Mute(String),
    /// Show again what the person of this name says.
    Unmute(String),
    /// Leave the room and close the window.
    Quit,
}

/// Why a text that looks like a command is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// There is no command of this name.
    Unknown {
        /// The first word, with its slash.
        word: String,
    },
    /// Something follows a command that takes nothing.
    TooMuch {
        /// The command, with its slash.
        word: String,
    },
    /// `/mute` or `/unmute` without a name.
    NoName {
        /// The command, with its slash.
        word: String,
    },
    /// `/save` without a file.
    NoFile,
    /// The name of the file begins with a quote and does not end with it.
    OpenQuote,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { word } => write!(
                f,
                "there is no command {word:.WORD_SHOWN$}: there are /help, /clear, /mute NAME, /unmute NAME, /save FILE and /quit; \
                 to send a text that begins with a slash, write /{word:.WORD_SHOWN$}"
            ),
            Self::TooMuch { word } => write!(
                f,
                "nothing may follow {word}: remove the rest, or write /{word} to send it as text"
            ),
            Self::NoName { word } => write!(f, "{word} needs a name, for example {word} bob"),
            Self::NoFile => write!(
                f,
                "/save needs the name of a file, for example /save {EXAMPLE}"
            ),
            Self::OpenQuote => write!(
                f,
                "the name of the file begins with a quote and does not end with it: \
                 write it in two quotes or in none, for example /save \"my room.txt\""
            ),
        }
    }
}

impl std::error::Error for CommandError {}

/// Reads a text as it was typed.
///
/// # Errors
///
/// The text looks like a command and is not one. It should not be sent.
pub fn parse(text: &str) -> Result<Typed, CommandError> {
    let line = text.trim_end();
    let word = line.split_whitespace().next().unwrap_or_default();
    let name = word.trim_start_matches('/');
    let slashes = word.len() - name.len();
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_word || !line.starts_with('/') || line.contains('\n') {
        return Ok(Typed::Say(text.to_owned()));
    }
    match slashes {
        1 => command(word, line[word.len()..].trim()).map(Typed::Command),
        _ => Ok(Typed::Say(text[1..].to_owned())),
    }
}

fn command(word: &str, rest: &str) -> Result<Command, CommandError> {
    let command = match word.to_ascii_lowercase().as_str() {
        "/save" => return file(rest).map(Command::Save),
        "/mute" => return person(word, rest).map(Command::Mute),
        "/unmute" => return person(word, rest).map(Command::Unmute),
        "/help" => Command::Help,
        "/clear" => Command::Clear,
        "/quit" => Command::Quit,
        _ => return Err(CommandError::Unknown { word: word.into() }),
    };
    if rest.is_empty() {
        Ok(command)
    } else {
        Err(CommandError::TooMuch { word: word.into() })
    }
}

/// The name of a person, which may hold blanks.
fn person(word: &str, name: &str) -> Result<String, CommandError> {
    if name.is_empty() {
        return Err(CommandError::NoName { word: word.into() });
    }
    Ok(name.to_owned())
}

/// The name of a file, with or without quotes around it.
fn file(name: &str) -> Result<String, CommandError> {
    const QUOTES: [(char, char); 3] = [('"', '"'), ('\'', '\''), ('\u{201c}', '\u{201d}')];
    let quoted = QUOTES
        .iter()
        .find_map(|(open, close)| Some((name.strip_prefix(*open)?, *close)));
    let name = match quoted {
        None => name,
        Some((rest, close)) => rest
            .strip_suffix(close)
            .filter(|name| !name.contains(close))
            .ok_or(CommandError::OpenQuote)?,
    };
    if name.trim().is_empty() {
        return Err(CommandError::NoFile);
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Result<Typed, CommandError> {
        Ok(Typed::Say(text.into()))
    }

    fn does(command: Command) -> Result<Typed, CommandError> {
        Ok(Typed::Command(command))
    }

    #[test]
    fn every_command_is_known_whatever_its_letter_case() {
        assert_eq!(parse("/help"), does(Command::Help));
        assert_eq!(parse("/Clear\n"), does(Command::Clear));
        assert_eq!(parse("/QUIT "), does(Command::Quit));
        let file = || Command::Save("~/my room.txt".into());
        assert_eq!(parse("/save ~/my room.txt"), does(file()));
        assert_eq!(parse("/save \t ~/my room.txt  "), does(file()));
    }

    #[test]
    fn the_name_of_a_file_may_stand_in_quotes() {
        let saves = |name: &str| does(Command::Save(name.into()));
        for (text, name) in [
            ("/save \"a b.txt\"", "a b.txt"),
            ("/save 'a b.txt' ", "a b.txt"),
            ("/save \u{201c}a b.txt\u{201d}", "a b.txt"),
            ("/save \" a\"", " a"),
            ("/save \"it's.txt\"", "it's.txt"),
            ("/save it's.txt", "it's.txt"),
            ("/save a\"b\"", "a\"b\""),
        ] {
            assert_eq!(parse(text), saves(name), "{text}");
        }
        for text in ["/save \"a b.txt", "/save \"a\" b", "/save \"", "/save 'a\""] {
            assert_eq!(parse(text), Err(CommandError::OpenQuote), "{text}");
        }
        for text in ["/save \"\"", "/save ' '"] {
            assert_eq!(parse(text), Err(CommandError::NoFile), "{text}");
        }
    }

    #[test]
    fn an_unknown_word_is_explained_with_what_exists() {
        let error = parse("/dance now").unwrap_err();
        assert_eq!(
            error,
            CommandError::Unknown {
                word: "/dance".into()
            }
        );
        let words = error.to_string();
        for known in [
            "/dance:",
            "/help",
            "/clear",
            "/mute NAME",
            "/unmute NAME",
            "/save FILE",
            "/quit",
            "//dance",
        ] {
            assert!(words.contains(known), "no {known} in {words}");
        }
    }

    #[test]
    fn an_unknown_word_is_said_again_up_to_the_limit() {
        let word = format!("/{}", "x".repeat(WORD_SHOWN - 1));
        let words = |word: &str| parse(word).unwrap_err().to_string();
        assert!(words(&word).contains(&format!("{word}:")));
        assert_eq!(words(&format!("{word}y")), words(&word));
    }

    #[test]
    fn a_command_with_too_little_or_too_much_is_explained() {
        assert_eq!(parse("/save "), Err(CommandError::NoFile));
        let word = "/clear".to_owned();
        assert_eq!(
            parse("/clear the table, please"),
            Err(CommandError::TooMuch { word })
        );
    }

    #[test]
    fn a_person_is_muted_by_a_name_that_may_hold_blanks() {
        let mutes = |name: &str| does(Command::Mute(name.into()));
        assert_eq!(parse("/mute bob "), mutes("bob"));
        assert_eq!(
            parse("/Mute  alice of the night "),
            mutes("alice of the night")
        );
        assert_eq!(parse("/mute @bob"), mutes("@bob"));
        assert_eq!(parse("/unmute bob"), does(Command::Unmute("bob".into())));
        for word in ["/mute", "/unmute"] {
            let error = parse(word).unwrap_err();
            assert_eq!(error, CommandError::NoName { word: word.into() });
            assert_eq!(
                error.to_string(),
                format!("{word} needs a name, for example {word} bob")
            );
        }
    }

    #[test]
    fn two_slashes_send_one() {
        assert_eq!(parse("//help"), says("/help"));
        assert_eq!(parse("//etc is full "), says("/etc is full "));
        assert_eq!(parse("///etc"), says("//etc"));
    }

    #[test]
    fn what_only_begins_with_a_slash_is_sent_as_it_is() {
        for text in [
            "/",
            "//",
            "/ help",
            "// a comment",
            "/// a comment",
            "/etc/passwd",
            "//server/share",
            "/etc: no such file",
            "/2",
            "/hélas",
            " /help",
            "so /help",
            "and/or",
        ] {
            assert_eq!(parse(text), says(text), "{text}");
        }
    }

    #[test]
    fn a_text_of_several_lines_is_sent_as_it_is() {
        for text in [
            "/etc\n/usr\n/var",
            "/quit\n/help",
            "//etc\n//usr",
            "/etc/passwd\nroot:x:0:0",
            "\n/help",
        ] {
            assert_eq!(parse(text), says(text), "{text}");
        }
    }
}
