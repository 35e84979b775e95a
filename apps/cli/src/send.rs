//! Send: says what stands on stdin, and returns when it is known to have arrived. A server that grants acknowledges
//! each message. Another one has read everything when it closes after our LEAVE. `send/stdin.rs` reads,
//! `send/sending.rs` decides.

use std::time::Instant;

use flume::Receiver;
use hubbub_session::{Intent, Stamped};

use crate::arguments;
use crate::member::{Member, Next, Profile};
use crate::room::Room;
use crate::status::{Failure, Outcome, Status, say};

use self::sending::{PATIENCE, Sending};
use self::stdin::Unsendable;

mod sending;
mod stdin;

pub(crate) fn run(arguments: &arguments::Send) -> Outcome {
    let room = Room::of(&arguments.room)?;
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
    let member = Member::start(&room, profile)?;
    let mut sending = Sending::new(arguments.require_ack, Instant::now());
    let all = send_all(&member, &texts, &mut sending);
    let rest = hear_all(&mut sending, member.leave());
    if rest.as_ref().is_err_and(Failure::is_refusal) {
        return rest;
    }
    match all? {
        // What is on its way may have arrived by now.
        Sent::Interrupted if !has_ended(&texts) || !sending.is_done() => {
            let words = format!("interrupted; {}", sending.left());
            Err(Failure::new(Status::Interrupted, words))
        }
        Sent::All | Sent::Interrupted => rest.and_then(|()| sending.verdict()),
    }
}

/// Takes in what happened. That a message may not have arrived says less than the refusal that comes with it.
fn hear_all(sending: &mut Sending, batch: Vec<Stamped>) -> Outcome {
    let mut heard = Ok(());
    for stamped in batch {
        if let Err(failure) = sending.hear(&stamped.event, Instant::now())
            && (heard.is_ok() || failure.is_refusal())
        {
            heard = Err(failure);
        }
    }
    heard
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
            Next::Happened(batch) => hear_all(sending, batch)?,
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
