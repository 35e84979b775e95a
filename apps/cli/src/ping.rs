//! Ping: finds out whether the room is there, and how fast. A server that grants answers a PING. Of another one it can only
//! be said how long it took to connect.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use hubbub_session::{Event, Intent, secret};
use hubbub_transport::Address;
use hubbub_wire::{Limits, Username};

use crate::arguments;
use crate::member::{Member, Profile, Watch};
use crate::room::Room;
use crate::status::{Failure, Outcome, Status};

/// How long after the connection a server counts as one that does not grant.
const PLAIN_AFTER: Duration = Duration::from_secs(1);
/// How long an answer may take.
const PONG_WITHIN: Duration = Duration::from_secs(5);
/// From one answer to the next question.
const PAUSE: Duration = Duration::from_secs(1);
/// How many random digits the name has, in base sixteen: one in 65,536 pings at once meets another one.
const DIGITS: usize = 4;

pub(crate) fn run(arguments: &arguments::Ping) -> Outcome {
    let username = match &arguments.username {
        Some(username) => username.clone(),
        None => own_name()?,
    };
    let room = Room::at(&arguments.place, username)?;
    let began = Instant::now();
    let member = Member::start(&room, Profile::default())?;
    let answered = ask_all(&member, room.address(), u64::from(arguments.count), began);
    member.leave();
    answered
}

/// A name that another ping, which runs at the same time, hardly has.
fn own_name() -> Result<Username<'static>, Failure> {
    let drawn = secret().map_err(|error| Failure::start(&error))?;
    let digits = drawn.to_string();
    let name = format!("ping-{}", &digits[..DIGITS]);
    let name = Username::new(&name, Limits::DEFAULT.max_name).map(Username::into_owned);
    name.map_err(|error| Failure::new(Status::Usage, error.to_string()))
}

fn ask_all(member: &Member, address: &Address, count: u64, began: Instant) -> Outcome {
    let mut watch = Watch::new(member);
    watch.until(None, |event| *event == Event::Connected)?;
    let took = began.elapsed();
    let by = Instant::now() + PLAIN_AFTER;
    if !watch.until(Some(by), |event| matches!(event, Event::Granted { .. }))? {
        let took = ms(took);
        return print(&format!(
            "{address}: connected in {took}; this server has no answer to PING\n"
        ));
    }
    for id in 1..=count {
        let asked = Instant::now();
        member.wants(Intent::Ping { id });
        if !watch.until(Some(asked + PONG_WITHIN), |event| {
            *event == Event::Pong { id }
        })? {
            let seconds = PONG_WITHIN.as_secs();
            let words = format!("the server has not answered for {seconds} s");
            return Err(Failure::new(Status::CutOff, words));
        }
        print(&format!(
            "{address}: answer {id} of {count} after {}\n",
            ms(asked.elapsed())
        ))?;
        if id < count {
            watch.until(Some(asked + PAUSE), |_| false)?;
        }
    }
    Ok(())
}

fn print(line: &str) -> Outcome {
    let mut out = io::stdout().lock();
    let printed = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::output(&error))
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
