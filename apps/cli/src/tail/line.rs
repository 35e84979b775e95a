//! Line: what happened, as a line for people or for programs. Pure, but for the time zone.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use hubbub_session::{Cause, Event, NOT_KEPT, Stamped};
use hubbub_transport::Pin;
use hubbub_wire::Time;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::clean;
use crate::json;
use crate::refusal;

/// Makes lines.
pub(super) struct Lines {
    is_json: bool,
    zone: TimeZone,
}

/// All that is no text. Which fields a type has stands in the help of `tail`.
#[derive(Default, Serialize)]
struct Object<'a> {
    r#type: &'a str,
    time: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<Vec<String>>,
}

/// A hole in what the server remembers, or in what a session holds of it.
const GAP: &str = "some messages before the next one are missing: they are no longer kept, or too many were missed";
/// What the session has thrown away.
const MISSED: &str = "some messages before the next one were not read in time";

impl Lines {
    pub(super) fn new(is_json: bool) -> Self {
        let zone = TimeZone::system();
        Self { is_json, zone }
    }

    /// The line for an event, with its end; empty if there is none.
    pub(super) fn line(&self, stamped: &Stamped) -> String {
        if self.is_json {
            as_json(stamped)
        } else {
            self.as_words(stamped)
        }
    }

    /// `2026-11-23 08:00:00 bob: hi`, or `2026-11-23 08:00:00 * bob joined`, in the time of this machine.
    fn as_words(&self, Stamped { at, event }: &Stamped) -> String {
        let words = match event {
            Event::Said { name, text, .. } => {
                format!("{}: {}", clean::line(name), clean::text(text))
            }
            Event::CutOff {
                name,
                text,
                missing,
            } => {
                format!(
                    "{}: {} (cut off: {missing} bytes are missing)",
                    clean::line(name),
                    clean::text(text)
                )
            }
            Event::Joined { name } => format!("* {} joined", clean::line(name)),
            Event::Left { name } => format!("* {} left", clean::line(name)),
            Event::Present { names } => format!("* here: {}", clean::line(&names.join(", "))),
            Event::Notice { code, .. } if code == NOT_KEPT => return String::new(),
            Event::Notice { text, .. } => format!("* {}", clean::text(text)),
            Event::Gap => format!("* {GAP}"),
            Event::Missed { .. } => format!("* {MISSED}"),
            _ => return String::new(),
        };
        let time = Timestamp::try_from(*at)
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        format!("{} {words}\n", time.strftime("%Y-%m-%d %H:%M:%S"))
    }
}

fn as_json(Stamped { at, event }: &Stamped) -> String {
    let time = &time(*at);
    let object = |r#type| Object {
        r#type,
        time,
        ..Object::default()
    };
    let notice = |code, text| Object {
        code: Some(code),
        text: Some(text),
        ..object("notice")
    };
    json::line(&match event {
        Event::Said {
            name,
            text,
            bytes,
            mark,
        } => {
            let mark = mark.as_ref();
            let text = json::Text {
                time,
                id: mark.map(|mark| &*mark.id),
                seq: mark.map(|mark| &*mark.seq),
                from: name,
                text: bytes.as_deref().unwrap_or(text.as_bytes()),
                past: mark.is_some_and(|mark| mark.past),
            };
            return text.line();
        }
        Event::Joined { name } => Object {
            name: Some(name),
            ..object("join")
        },
        Event::Left { name } => Object {
            name: Some(name),
            ..object("leave")
        },
        Event::Present { names } => Object {
            names: Some(names),
            ..object("present")
        },
        Event::Connected => object("connected"),
        Event::Lost { why, cause, .. } => Object {
            why: Some(why),
            cause: Some(word(cause)),
            ..object("lost")
        },
        Event::Kicked { why } => Object {
            why: Some(why),
            cause: Some("kicked"),
            ..object("lost")
        },
        Event::Replaced => {
            let why = "the same member has connected elsewhere";
            Object {
                why: Some(why),
                cause: Some("replaced"),
                ..object("lost")
            }
        }
        Event::AsksTrust { .. } | Event::KeyChanged { .. } | Event::AsksPassword { .. } => {
            let (offered, known) = keys(event);
            Object {
                why: refusal::why(event),
                cause: Some(refusal::cause(event)),
                offered,
                known,
                ..object("lost")
            }
        }
        // That is for whoever runs the program, on stderr.
        Event::Notice { code, .. } if code == NOT_KEPT => return String::new(),
        Event::Notice { code, text } => notice(code, text),
        Event::Gap => notice("gap", GAP),
        Event::Missed { .. } => notice("missed", MISSED),
        Event::CutOff {
            name,
            text,
            missing,
        } => {
            let mut words = String::new();
            let _ = write!(
                words,
                "{name} said something that was cut off, {missing} bytes are missing: {text}"
            );
            return json::line(&notice("cut-off", &words));
        }
        _ => return String::new(),
    })
}

/// The key that a server has, and those that would be right.
fn keys(event: &Event) -> (Option<String>, Option<Vec<String>>) {
    match event {
        Event::AsksTrust { pin, .. } => (Some(pin.to_string()), Some(Vec::new())),
        Event::KeyChanged { known, offered, .. } => {
            let known = known.iter().map(Pin::to_string).collect();
            (Some(offered.to_string()), Some(known))
        }
        _ => (None, None),
    }
}

/// A cause as a word for programs. A refusal has the server's own word, if it says one.
fn word(cause: &Cause) -> &str {
    match cause {
        Cause::Unreachable => "unreachable",
        Cause::PutOff | Cause::Elsewhere | Cause::CutOff => "cut-off",
        Cause::NotChat => "not-chat",
        Cause::Refused { code } => code.as_deref().unwrap_or("refused"),
        Cause::Plain => "plain",
        Cause::BadFile => "bad-file",
    }
}

/// RFC 3339 in UTC, with milliseconds.
fn time(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.as_ref().map_or(0, Duration::as_millis);
    Time::from_unix_ms(u64::try_from(ms).unwrap_or(u64::MAX)).to_string()
}
