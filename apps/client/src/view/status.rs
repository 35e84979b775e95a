//! The status: whether the user is in the room, in words. The header, the card before the first connection and the
//! empty room say it in these words and no others.

use dioxus::prelude::*;

use super::IN_BROWSER;
use crate::bridge::{Action, Bridge, Room};
use crate::timeline::{Attempt, Failure, Presence};

/// What is said of a presence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Status<'a> {
    /// The name of its colours in the style sheet.
    pub(super) state: &'static str,
    /// What is going on.
    pub(super) now: &'static str,
    /// Why there is no connection.
    pub(super) why: Option<&'a str>,
    /// A heading.
    pub(super) title: &'static str,
    /// What that means for the user, in whole sentences.
    pub(super) advice: Option<&'static str>,
}

impl<'a> Status<'a> {
    /// `remembers` is whether the server tells what was said before.
    pub(super) fn of(presence: &'a Presence, remembers: bool) -> Self {
        let (state, now) = match presence.attempt() {
            None => ("connected", "connected"),
            Some(Attempt::Replaced) => ("replaced", "open elsewhere"),
            Some(Attempt::Kicked { .. }) => ("lost", "put out"),
            Some(Attempt::UnderWay { after: None }) => ("connecting", "connecting"),
            Some(Attempt::UnderWay { after: Some(_) }) => ("connecting", "connecting again"),
            Some(Attempt::Failed { .. }) => ("lost", "connecting again"),
            Some(Attempt::AsksTrust { .. } | Attempt::AsksPassword { .. }) => {
                ("asking", "not connected yet")
            }
            Some(Attempt::KeyChanged(_) | Attempt::Stopped { .. } | Attempt::Over) => {
                ("lost", "not connected")
            }
        };
        let failure = presence.failure();
        let why = match presence.attempt() {
            Some(Attempt::Over) => Some(if IN_BROWSER {
                "the network part has stopped: reload the page"
            } else {
                "the network part has stopped: close the window and start it again"
            }),
            Some(Attempt::Kicked { why }) => Some(&**why),
            _ => failure.map(|failure| &*failure.why),
        };
        let (title, advice) = explain(presence, failure, remembers);
        Self {
            state,
            now,
            why,
            title,
            advice,
        }
    }
}

fn explain(
    presence: &Presence,
    failure: Option<&Failure>,
    remembers: bool,
) -> (&'static str, Option<&'static str>) {
    const REFUSED: &str = "The room would not let you in";
    let is_refused = failure.is_some_and(|failure| failure.refused);
    let is_about_name = failure.is_some_and(Failure::is_about_name);
    let wants_private = failure.is_some_and(Failure::wants_private);
    let (title, advice) = match presence {
        Presence::Entering | Presence::Inside if remembers => (
            "You are in the room",
            "It remembers nothing that was said before. You see what is said from now on.",
        ),
        Presence::Entering | Presence::Inside => (
            "You are in the room",
            "Nothing has been said since you came. The room keeps no history: you see what is said from now on.",
        ),
        Presence::Outside(Attempt::Over)
        | Presence::Away {
            attempt: Attempt::Over,
            ..
        } => return ("You are not in the room", None),
        Presence::Outside(Attempt::Replaced)
        | Presence::Away {
            attempt: Attempt::Replaced,
            ..
        } => (
            "The room is open elsewhere",
            "You came in again from another place. Nothing new is shown here until you take the room back.",
        ),
        Presence::Outside(Attempt::Kicked { .. })
        | Presence::Away {
            attempt: Attempt::Kicked { .. },
            ..
        } => (
            "You were put out of the room",
            "Somebody who runs the room has ended your stay. You may ask to come in again.",
        ),
        Presence::Outside(Attempt::Stopped { .. })
        | Presence::Away {
            attempt: Attempt::Stopped { .. },
            ..
        } => return ("Not connected", None),
        Presence::Outside(_) | Presence::Away { .. } if wants_private => (
            "This room is private",
            "It takes nobody without its invitation. Ask somebody who is in the room for it, and open that.",
        ),
        Presence::Outside(_) | Presence::Away { .. } if is_refused && !is_about_name => {
            return (REFUSED, None);
        }
        Presence::Outside(_) if is_refused => (
            REFUSED,
            "Join under another name, or wait until yours is free.",
        ),
        Presence::Away { .. } if is_refused => (
            REFUSED,
            "Join under another name, or wait until yours is free. What you write waits.",
        ),
        Presence::Outside(_) if failure.is_none() => return ("Joining the room", None),
        Presence::Outside(_) => (
            "No connection yet",
            "Check the address, and that a server is running there.",
        ),
        Presence::Away { .. } => (
            "You are not in the room",
            "What you write waits, and goes out when the connection stands.",
        ),
    };
    (title, Some(advice))
}

/// The words on the button of a user who came in elsewhere or was put out. `None` for the usual ones.
pub(super) fn way_back(attempt: Option<&Attempt>) -> Option<&'static str> {
    match attempt {
        Some(Attempt::Replaced) => Some("Take it back"),
        Some(Attempt::Kicked { .. }) => Some("Come in again"),
        _ => None,
    }
}

/// Whether the user is in the room, for a component that changes with it.
pub(super) fn use_presence() -> Memo<Presence> {
    let bridge = use_context::<Bridge>();
    use_memo(move || bridge.timeline.read().presence().clone())
}

/// Where the user is, or tries to get in.
pub(super) fn use_place() -> Memo<String> {
    let (bridge, room) = (use_context::<Bridge>(), use_context::<Room>());
    use_memo(move || room.place(bridge.timeline.read().server()))
}

/// The time to the next attempt. Hidden from screen readers, which would read each second aloud.
#[component]
pub(super) fn Seconds() -> Element {
    let bridge = use_context::<Bridge>();
    let when = match *bridge.countdown.read() {
        0 => "now".to_owned(),
        seconds => format!("in {seconds} s"),
    };
    rsx! {
        span { class: "seconds", "aria-hidden": "true", "{when}" }
    }
}

/// The button that begins the next attempt now.
#[component]
pub(super) fn Retry(class: &'static str, disabled: bool, label: Option<&'static str>) -> Element {
    let bridge = use_context::<Bridge>();
    let label = label.unwrap_or("Retry now");
    rsx! {
        button {
            id: "retry",
            class,
            r#type: "button",
            disabled,
            onclick: move |_| bridge.act(Action::Retry),
            {label}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn under_way(refused: Option<bool>) -> Attempt {
        Attempt::UnderWay {
            after: refused.map(failure),
        }
    }

    fn failed(refused: bool) -> Attempt {
        Attempt::Failed {
            failure: failure(refused),
            retry_at: SystemTime::UNIX_EPOCH,
        }
    }

    fn kicked() -> Attempt {
        Attempt::Kicked {
            why: "an operator put you out".into(),
        }
    }

    fn failure(refused: bool) -> Failure {
        Failure {
            why: "no such host".into(),
            refused,
            code: None,
        }
    }

    fn away(attempt: Attempt) -> Presence {
        Presence::Away {
            since: SystemTime::UNIX_EPOCH,
            attempt,
        }
    }

    /// Its state, what goes on, whether it says why, its title, and how its advice begins.
    fn told(presence: &Presence) -> (&str, &str, bool, &str, &str) {
        let status = Status::of(presence, false);
        let advice = status.advice.unwrap_or_default();
        let first = advice.split([',', '.']).next().unwrap_or_default();
        (
            status.state,
            status.now,
            status.why.is_some(),
            status.title,
            first,
        )
    }

    #[test]
    fn each_presence_has_its_words() {
        let refused = "The room would not let you in";
        let again = "connecting again";
        let check = "Check the address";
        let waits = "What you write waits";
        let rename = "Join under another name";
        let (elsewhere, came_in) = (
            "The room is open elsewhere",
            "You came in again from another place",
        );
        let (put_out, ended) = (
            "You were put out of the room",
            "Somebody who runs the room has ended your stay",
        );
        let (inside, out) = ("You are in the room", "You are not in the room");
        let nothing = "Nothing has been said since you came";
        for (presence, words) in [
            (
                Presence::Outside(under_way(None)),
                ("connecting", "connecting", false, "Joining the room", ""),
            ),
            (
                Presence::Outside(under_way(Some(false))),
                ("connecting", again, true, "No connection yet", check),
            ),
            (
                Presence::Outside(under_way(Some(true))),
                ("connecting", again, true, refused, rename),
            ),
            (
                Presence::Outside(failed(false)),
                ("lost", again, true, "No connection yet", check),
            ),
            (
                Presence::Outside(failed(true)),
                ("lost", again, true, refused, rename),
            ),
            (
                Presence::Outside(Attempt::Replaced),
                ("replaced", "open elsewhere", false, elsewhere, came_in),
            ),
            (
                away(Attempt::Replaced),
                ("replaced", "open elsewhere", false, elsewhere, came_in),
            ),
            (
                Presence::Outside(kicked()),
                ("lost", "put out", true, put_out, ended),
            ),
            (away(kicked()), ("lost", "put out", true, put_out, ended)),
            (
                Presence::Outside(Attempt::Over),
                ("lost", "not connected", true, out, ""),
            ),
            (
                Presence::Entering,
                ("connected", "connected", false, inside, nothing),
            ),
            (
                Presence::Inside,
                ("connected", "connected", false, inside, nothing),
            ),
            (
                away(under_way(Some(false))),
                ("connecting", again, true, out, waits),
            ),
            (
                away(under_way(Some(true))),
                ("connecting", again, true, refused, rename),
            ),
            (away(failed(false)), ("lost", again, true, out, waits)),
            (away(failed(true)), ("lost", again, true, refused, rename)),
            (
                away(Attempt::Over),
                ("lost", "not connected", true, out, ""),
            ),
        ] {
            assert_eq!(told(&presence), words, "{presence:?}");
        }
    }

    #[test]
    fn the_reason_is_told_as_it_came() {
        let presence = Presence::Outside(failed(false));
        assert_eq!(Status::of(&presence, false).why, Some("no such host"));
    }

    #[test]
    fn who_was_refused_in_a_room_that_stays_is_told_that_texts_wait() {
        let presence = away(failed(true));
        let advice = Status::of(&presence, false).advice.unwrap_or_default();
        assert!(advice.ends_with("What you write waits."), "{advice}");
    }

    #[test]
    fn only_a_server_that_remembers_nothing_is_said_to_keep_no_history() {
        for (remembers, words) in [(false, "keeps no history"), (true, "remembers nothing")] {
            let advice = Status::of(&Presence::Inside, remembers)
                .advice
                .unwrap_or_default();
            assert!(advice.contains(words), "{advice}");
        }
    }
}
