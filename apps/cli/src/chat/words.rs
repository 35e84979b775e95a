//! Words: what is told to the user apart from the conversation. Pure.

use std::time::{Duration, SystemTime};

use hubbub_session::{NOT_KEPT, Reason};

/// The most names that are listed. The others are counted.
const LISTED: usize = 20;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Who is here.
pub(super) fn present(names: &[String]) -> String {
    let names = match names {
        [only] => format!("only {only}"),
        [names @ .., last] if names.len() < LISTED => format!("{} and {last}", names.join(", ")),
        _ => {
            let (listed, others) = names.split_at(names.len().min(LISTED - 1));
            format!("{} and {} others", listed.join(", "), others.len())
        }
    };
    format!("here: {names}")
}

/// Nobody reads along, why that is believed, and whether it is so for all.
pub(super) fn secured(
    reason: Reason,
    at: SystemTime,
    since: SystemTime,
    all_private: bool,
) -> String {
    let reason = match reason {
        Reason::Pin => "it has the key that an invitation names",
        Reason::Asked => "it has the key to which somebody here said yes",
        Reason::Authority => "an authority vouches for it",
        Reason::Browser => "the browser believes it",
    };
    let known = match at.duration_since(since).unwrap_or_default() {
        short if short < DAY => String::new(),
        long => format!(", known for {} days", long.as_secs() / DAY.as_secs()),
    };
    let all = if all_private {
        ""
    } else {
        "; not everybody's line is private"
    };
    format!("your line to the server is private: {reason}{known}{all}")
}

/// What the server tells. `None` if there is nothing to say.
pub(super) fn notice(code: &str, text: &str) -> Option<String> {
    let own = match code {
        "keeping-stopped" => return Some("messages are not being kept at the moment".into()),
        "keeping-resumed" => return Some("messages are being kept again".into()),
        "paused" => return Some("the room is paused: nothing is sent or heard for now".into()),
        "resumed" => return Some("the room goes on".into()),
        "motd" if text.is_empty() => return None,
        NOT_KEPT => return Some(text.into()),
        "stopping" => "the server is stopping",
        "too-long" => "a message was too long for this room",
        _ => "",
    };
    Some(match (text.trim_end(), own) {
        ("", "") => format!("the server says: {code}"),
        ("", own) => own.into(),
        (text, _) => format!("the server says: {text}"),
    })
}

/// How long there was no connection: the two largest units.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// So many messages.
pub(super) fn messages(count: usize) -> String {
    match count {
        1 => "1 message".to_owned(),
        _ => format!("{count} messages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_counted() {
        let names = |count: usize| (1..=count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(present(&names(1)), "here: only 1");
        assert_eq!(present(&names(3)), "here: 1, 2 and 3");
        assert!(present(&names(LISTED)).ends_with(", 19 and 20"));
        assert!(present(&names(LISTED + 1)).ends_with(", 18, 19 and 2 others"));
    }

    #[test]
    fn the_servers_words_come_before_ours() {
        for (code, text, words) in [
            (
                "motd",
                "Welcome.\nBe kind.\n",
                "the server says: Welcome.\nBe kind.",
            ),
            ("stopping", "", "the server is stopping"),
            ("stopping", "back at ten", "the server says: back at ten"),
            (
                "keeping-stopped",
                "disk full",
                "messages are not being kept at the moment",
            ),
            (
                "paused",
                "no engine",
                "the room is paused: nothing is sent or heard for now",
            ),
            ("resumed", "it is back", "the room goes on"),
            ("moved", "", "the server says: moved"),
            (NOT_KEPT, "the disk is full", "the disk is full"),
        ] {
            assert_eq!(notice(code, text).as_deref(), Some(words), "{code}");
        }
        assert_eq!(notice("motd", ""), None);
    }

    #[test]
    fn an_outage_is_told_in_the_two_largest_units() {
        for (seconds, words) in [(59, "59 s"), (61, "1 min 1 s"), (3660, "1 h 1 min")] {
            assert_eq!(time(Duration::from_secs(seconds)), words);
        }
    }
}
