//! Tail: prints what is said, as it is said, and connects again for ever. With a state file, a restarted one goes on
//! where the last one stopped, whatever ended that. `tail/line.rs` has the lines, `tail/place.rs` how far they are
//! printed.

use std::io;
use std::thread;

use flume::Receiver;
use hubbub_session::{Cause, Event, Stamped};
use hubbub_wire::Username;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::arguments;
use crate::member::{Member, Next, say_what_is_not_kept};
use crate::refusal;
use crate::room::Room;
use crate::status::{Failure, Outcome, Status, say};

use self::line::Lines;
use self::place::Place;

mod line;
mod place;
mod state;

pub(crate) fn run(arguments: &arguments::Tail) -> Outcome {
    let room = &Room::of(&arguments.room)?;
    let mut place = match &arguments.state {
        Some(path) => Place::kept_in(path, room)?,
        None => Place::not_kept(room)?,
    };
    let gone = reader_gone().map_err(|error| Failure::start(&error))?;
    let mut member = Member::start(room, place.profile(arguments.recent))?;
    let mut tail = Tail {
        lines: Lines::new(arguments.json),
        ends: arguments.once,
        was_in: false,
        place: &mut place,
    };
    loop {
        match tail.follow(&member, &gone) {
            Ok(End::Stop) => return tail.print(member.leave()).map(drop),
            // What was missed comes again from the place up to which everything is printed.
            Ok(End::Missed) => {
                let profile = tail.place.profile(arguments.recent);
                match member.start_anew(room, profile)? {
                    Some(next) => member = next,
                    None => return Ok(()),
                }
            }
            Err(failure) => {
                member.leave();
                return Err(failure);
            }
        }
    }
}

/// Tells when nobody can read our output any more. Otherwise that would be noticed when somebody says something, which
/// may be never.
fn reader_gone() -> io::Result<Receiver<()>> {
    let (tell, gone) = flume::bounded(1);
    let watch = move || {
        // Errors are always told. A file never has one, and then this waits for the end of the program.
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while let Err(Errno::INTR) = poll(&mut watched, None) {}
        if watched[0].revents().intersects(PollFlags::ERR) {
            let _ = tell.send(());
        }
    };
    let thread = thread::Builder::new().name("reader".to_owned());
    thread.spawn(watch)?;
    Ok(gone)
}

/// Why one session is over.
enum End {
    /// The user wants to go.
    Stop,
    /// We read too slowly, and some events are gone.
    Missed,
}

struct Tail<'a> {
    lines: Lines,
    /// Whether the first end of a connection is the last one.
    ends: bool,
    /// Whether we ever got into the room.
    was_in: bool,
    place: &'a mut Place,
}

impl Tail<'_> {
    fn follow(&mut self, member: &Member, gone: &Receiver<()>) -> Result<End, Failure> {
        loop {
            match member.next_or(gone, None) {
                Next::Happened(batch) => {
                    if let Some(end) = self.print(batch)? {
                        return Ok(end);
                    }
                }
                Next::Stop => return Ok(End::Stop),
                Next::Own(()) => return Err(Failure::BrokenPipe),
                Next::Late => {}
                Next::Ended => return Err(Failure::ended()),
            }
        }
    }

    /// Prints what happened, up to where the program or the session has to end.
    fn print(&mut self, batch: Vec<Stamped>) -> Result<Option<End>, Failure> {
        let (mut out, mut end) = (String::new(), Ok(None));
        let is_missed = |stamped: &Stamped| matches!(stamped.event, Event::Missed { .. });
        let missed = batch.iter().position(is_missed);
        for (at, stamped) in batch.into_iter().enumerate() {
            if is_missed(&stamped) && self.place.is_known() {
                end = Ok(Some(End::Missed));
                break;
            }
            out.push_str(&self.lines.line(&stamped));
            // A place that is told before a hole may lie after it: texts are thrown away, and what tells of the place
            // stays.
            let is_before_hole = missed.is_some_and(|missed| at < missed);
            if !(is_before_hole && matches!(stamped.event, Event::CaughtUp { .. })) {
                self.place.pass(&stamped.event);
            }
            if let Err(failure) = self.judge(&stamped.event) {
                end = Err(failure);
                break;
            }
        }
        self.place.print(&out)?;
        end
    }

    /// Whether the program goes on after this event.
    fn judge(&mut self, event: &Event) -> Outcome {
        match event {
            Event::Granted { .. } | Event::Joined { .. } => self.was_in = true,
            // The server's own words may be those of a refusal.
            Event::Said { name, .. } => self.was_in |= name != Username::SERVER.as_str(),
            Event::Replaced => {
                let words =
                    "the same member has connected elsewhere, perhaps with the same state file";
                return Err(Failure::new(Status::CutOff, words));
            }
            Event::Lost { cause, why, .. } => {
                // Later, a refusal has its time: the room is full, or our old connection still has the name.
                let never_was_in = !self.was_in
                    && (cause.is_refusal() || matches!(cause, Cause::Unreachable | Cause::NotChat));
                let is_end = self.ends && !cause.is_passing();
                // Only a person can mend these.
                let is_stuck = matches!(cause, Cause::Plain | Cause::BadFile);
                if never_was_in || is_end || is_stuck {
                    return Err(Failure::lost(cause, why));
                }
                self.was_in |= *cause == Cause::CutOff;
                // The end of a connection is said once, and not every attempt that fails after it.
                if *cause != Cause::Unreachable {
                    say(&format!("{why}; connecting again"));
                }
            }
            other => {
                say_what_is_not_kept(other);
                return refusal::check(other);
            }
        }
        Ok(())
    }
}
