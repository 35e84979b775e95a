//! Ping: finds out whether the room is there, and how fast. A server that grants answers a PING. Of another one it can
//! only be said how long it took to connect.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use hubbub_session::{Event, Intent, Stamped, secret};
use hubbub_transport::Addresses;
use hubbub_wire::{Limits, Username};

use crate::arguments;
use crate::member::{Member, Profile, Watch};
use crate::room::Room;
use crate::status::{Failure, Outcome, Status};

/// How long after the connection a server counts as one that does not grant: as long as a session waits for a grant. The
/// first answer of a busy server may take a while.
const PLAIN_AFTER: Duration = Duration::from_secs(5);
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
    let mut watch = Watch::new(Member::start(&room, Profile::default())?);
    let answered = ask_all(&mut watch, room.addresses(), u64::from(arguments.count));
    watch.leave();
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

fn ask_all(watch: &mut Watch, addresses: &Addresses, count: u64) -> Outcome {
    let took = connect(watch)?;
    let by = Instant::now() + PLAIN_AFTER;
    if !watch.until(Some(by), |it| matches!(it.event, Event::Granted { .. }))? {
        let took = ms(took);
        return print(&format!(
            "{addresses}: connected in {took}; this server has no answer to PING\n"
        ));
    }
    for id in 1..=count {
        let asked = Instant::now();
        watch.wants(Intent::Ping { id });
        let by = asked + PONG_WITHIN;
        if !watch.until(Some(by), |it| it.event == Event::Pong { id })? {
            let seconds = PONG_WITHIN.as_secs();
            let words = format!("the server has not answered for {seconds} s");
            return Err(Failure::new(Status::CutOff, words));
        }
        print(&format!(
            "{addresses}: answer {id} of {count} after {}\n",
            ms(asked.elapsed())
        ))?;
        if id < count {
            watch.until(Some(asked + PAUSE), |_| false)?;
        }
    }
    Ok(())
}

/// Waits for the connection, and returns how long the attempt took that succeeded. Before it a person may have been
/// asked something, and after it a private room may take its time to say that it lets us in.
fn connect(watch: &mut Watch) -> Result<Duration, Failure> {
    let (mut began, mut took) = (None, Duration::ZERO);
    watch.until(None, |Stamped { at, event }| {
        match event {
            Event::Connecting => began = Some(*at),
            Event::Connected => {
                let began = began.unwrap_or(*at);
                took = at.duration_since(began).unwrap_or_default();
            }
            _ => {}
        }
        *event == Event::Connected
    })?;
    Ok(took)
}

fn print(line: &str) -> Outcome {
    let mut out = io::stdout().lock();
    let printed = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::output(&error))
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
