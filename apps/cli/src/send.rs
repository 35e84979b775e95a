//! Send: says what stands on stdin, and returns when it is known to have arrived. A server that grants acknowledges each
//! message. Another one has read everything when it closes after our LEAVE. `send/stdin.rs` reads, `send/sending.rs`
//! decides.

use std::time::Instant;

use flume::Receiver;
use hubbub_session::Intent;

use crate::arguments;
use crate::member::{Member, Next, Profile};
use crate::status::{Failure, Outcome, Status, say};

use self::sending::{PATIENCE, Sending};
use self::stdin::Unsendable;

mod sending;
mod stdin;

pub(crate) fn run(arguments: &arguments::Send) -> Outcome {
    let texts = if arguments.lines {
        stdin::lines()?
    } else {
        stdin::whole()?
    };
    let profile = Profile {
        patience: PATIENCE,
        is_prompt: true,
        ..Profile::default()
    };
    let member = Member::start(&arguments.room, profile)?;
    let mut sending = Sending::new(arguments.require_ack, Instant::now());
    let all = send_all(&member, &texts, &mut sending);
    for stamped in member.leave() {
        // Why it failed is known by then, if it did.
        let _ = sending.hear(&stamped.event, Instant::now());
    }
    match all? {
        // What is on its way may have arrived by now.
        Sent::Interrupted if !has_ended(&texts) || !sending.is_done() => {
            let words = format!("interrupted; {}", sending.left());
            Err(Failure::new(Status::Interrupted, words))
        }
        Sent::All | Sent::Interrupted => sending.verdict(),
    }
}

/// How far it got.
enum Sent {
    /// Everything that stands on stdin.
    All,
    /// A signal came.
    Interrupted,
}

fn send_all(
    member: &Member,
    texts: &Receiver<Result<String, Unsendable>>,
    sending: &mut Sending,
) -> Result<Sent, Failure> {
    let nothing = flume::bounded(0).1;
    loop {
        let ended = has_ended(texts);
        if ended && sending.is_done() {
            return Ok(Sent::All);
        }
        let own = if sending.may_say() { texts } else { &nothing };
        match member.next_or(own, sending.deadline(ended)) {
            Next::Happened(batch) => {
                for stamped in batch {
                    sending.hear(&stamped.event, Instant::now())?;
                }
            }
            Next::Own(Ok(text)) => {
                let id = sending.says(Instant::now());
                member.wants(Intent::Say { id, text });
            }
            Next::Own(Err(Unsendable(words))) => {
                say(&words);
                sending.skip();
            }
            Next::Late => sending.due(ended, Instant::now())?,
            Next::Stop => return Ok(Sent::Interrupted),
            Next::Ended => return Err(Failure::ended()),
        }
    }
}

/// Whether all of stdin is taken.
fn has_ended(texts: &Receiver<Result<String, Unsendable>>) -> bool {
    texts.is_disconnected() && texts.is_empty()
}
