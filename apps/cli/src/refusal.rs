//! Refusal: what says that we do not get into a room, apart from a lost connection, in words for people and for
//! programs. Pure.

use std::time::SystemTime;

use hubbub_session::{Event, Reason};
use hubbub_transport::{Address, Pin};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::status::{Failure, Outcome, Status};

/// The failure that this event is, if it is one.
pub(crate) fn check(event: &Event) -> Outcome {
    let refused = |words: String| Err(Failure::new(Status::Refused, words));
    match event {
        Event::Kicked { why } => refused(why.clone()),
        Event::AsksTrust { address, pin, why } => refused(unknown(address, *pin, why)),
        Event::KeyChanged {
            address,
            known,
            offered,
            reason,
            since,
        } => refused(changed(address, known, *offered, *reason, *since)),
        Event::AsksPassword { address, .. } => refused(format!(
            "{}; give --password-file FILE, or an invitation that has the key; the server at {address} asked for it",
            why(event).unwrap_or_default()
        )),
        _ => Ok(()),
    }
}

/// Whether a person would have to decide something, or has to mend something.
pub(crate) fn is_one(event: &Event) -> bool {
    why(event).is_some()
}

/// The word for a program, where this is about a key or a password.
pub(crate) fn cause(event: &Event) -> &'static str {
    match event {
        Event::AsksPassword { .. } => "password",
        _ => "key",
    }
}

/// The same in one line.
pub(crate) fn why(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::AsksTrust { .. } => "the room's key is not known, and nobody vouches for it",
        Event::KeyChanged { .. } => "the room has another key than the one that is known",
        Event::AsksPassword { refused: true, .. } => "the room does not take this password",
        Event::AsksPassword { refused: false, .. } => "the room wants a password",
        _ => return None,
    })
}

fn unknown(address: &Address, pin: Pin, why: &str) -> String {
    format!(
        "the key of {address} is not known, and nobody vouches for it: {why}\n\
         its fingerprint is {}\n\
         if whoever runs the room says that this is so, give --pin {pin}, or say yes on a terminal",
        pin.fingerprint()
    )
}

fn changed(
    address: &Address,
    known: &[Pin],
    offered: Pin,
    reason: Reason,
    since: Option<SystemTime>,
) -> String {
    let because = match reason {
        Reason::Pin => "an invitation or --pin named it",
        Reason::Asked => "somebody here said yes to it",
        Reason::Authority | Reason::Browser => "an authority vouched for it",
    };
    let since = since.map(|since| {
        let since = Timestamp::try_from(since).unwrap_or_default();
        let since = since.to_zoned(TimeZone::system());
        format!(" since {}", since.strftime("%Y-%m-%d"))
    });
    let keys: Vec<_> = known.iter().map(Pin::fingerprint).collect();
    let what_to_do = match (&since, reason) {
        (Some(_), _) => format!("forget the old key by: hubbub forget chats://{address}"),
        // Nothing but this run knows of that yes.
        (None, Reason::Asked) => "start again, and you are asked about the new key".to_owned(),
        (None, _) => "ask for a new invitation".to_owned(),
    };
    format!(
        "STOP: {address} does not have the key that is known, so nothing was sent to it\n\
         known{}, as {because}: {}\n\
         its key now: {}\n\
         the server may have a new key, or somebody between you and it reads along; ask whoever runs the room, not \
         in the room\nonly if the new key is right, {what_to_do}",
        since.unwrap_or_default(),
        keys.join(" or "),
        offered.fingerprint()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_stop_says_what_to_do_if_the_new_key_is_right() {
        let address = Address {
            host: "h".to_owned(),
            port: 1,
        };
        let stored = Some(SystemTime::UNIX_EPOCH);
        for (reason, since, words) in [
            (Reason::Pin, None, "ask for a new invitation"),
            (
                Reason::Asked,
                None,
                "start again, and you are asked about the new key",
            ),
            (
                Reason::Asked,
                stored,
                "forget the old key by: hubbub forget chats://h:1",
            ),
            (
                Reason::Authority,
                stored,
                "forget the old key by: hubbub forget chats://h:1",
            ),
        ] {
            let event = Event::KeyChanged {
                address: address.clone(),
                known: vec![Pin::of_key(b"a")],
                offered: Pin::of_key(b"b"),
                reason,
                since,
            };
            let Err(Failure::Because(Status::Refused, told)) = check(&event) else {
                panic!("it goes on");
            };
            let end = format!("\nonly if the new key is right, {words}");
            assert!(told.ends_with(&end), "{told}");
        }
    }
}
