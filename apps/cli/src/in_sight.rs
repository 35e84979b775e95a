//! In sight: secrets among the arguments, which everybody on this machine can read. A password is refused, and whatever
//! else is wrong, the words for it do not repeat a secret. Pure.

use std::ffi::OsString;

use crate::arguments::place::IN_SIGHT;
use crate::status::{Failure, Outcome, Status};

/// What stands before a secret: the end of an invitation, or the part of that end which is the room's password.
const BEFORE: [&str; 2] = ["#", "key="];

/// Refuses a password among the arguments, in words that say what to do. The parser knows no such option, and would
/// only say that.
pub(crate) fn refuse_password(arguments: impl Iterator<Item = OsString>) -> Outcome {
    let is_one = |argument: OsString| {
        let argument = argument.to_string_lossy();
        argument == "--password" || argument.starts_with("--password=")
    };
    if arguments
        .take_while(|argument| argument != "--")
        .any(is_one)
    {
        let words = format!(
            "{IN_SIGHT}; write the password to a file and give --password-file FILE, or leave it out and it is asked \
             for"
        );
        return Err(Failure::new(Status::Usage, words));
    }
    Ok(())
}

/// The same words without the secrets that may stand in these arguments.
pub(crate) fn hide(words: &str, arguments: impl Iterator<Item = OsString>) -> String {
    let mut secrets = Vec::new();
    for argument in arguments {
        let argument = argument.to_string_lossy();
        for before in BEFORE {
            let ends = argument
                .match_indices(before)
                .map(|(at, _)| argument[at..].to_owned());
            secrets.extend(ends.map(|secret| (secret, before)));
        }
    }
    // One may be the beginning or the end of another one.
    secrets.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
    let mut words = words.to_owned();
    for (secret, before) in secrets {
        if secret.len() > before.len() {
            words = words.replace(&secret, &format!("{before}[hidden]"));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(words: &str, arguments: &[&str]) -> String {
        hide(words, arguments.iter().map(OsString::from))
    }

    #[test]
    fn what_follows_a_number_sign_or_a_key_in_an_argument_is_hidden_wherever_it_is_repeated() {
        for (words, arguments, shown) in [
            (
                "'chats://h/#key=S'",
                &["chats://h/#key=S"][..],
                "'chats://h/#[hidden]'",
            ),
            (
                "'h#a#b' and 'x#b'",
                &["--pin=h#a#b"],
                "'h#[hidden]' and 'x#[hidden]'",
            ),
            ("'pin=P,key=S'", &["pin=P,key=S"], "'pin=P,key=[hidden]'"),
            ("'a#key=long'", &["x#key=lo", "a#key=long"], "'a#[hidden]'"),
            (
                "a # and a key= of 3",
                &["a#", "key=", "b"],
                "a # and a key= of 3",
            ),
        ] {
            assert_eq!(hidden(words, arguments), shown);
        }
    }
}
