//! Who: prints who is in the room, one name a line. Only a server that grants the extension tells that.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use hubbub_session::Event;

use crate::arguments;
use crate::clean;
use crate::member::{Member, Next};
use crate::status::{Failure, Outcome, Status};

/// How long the server may take to tell. A grant that comes later does not count.
const WITHIN: Duration = Duration::from_secs(5);

pub(crate) fn run(arguments: &arguments::Who) -> Outcome {
    let member = Member::start(&arguments.room, None, 0)?;
    let names = present(&member);
    member.leave();
    let lines: String = names?
        .iter()
        .map(|name| format!("{}\n", clean::line(name)))
        .collect();
    io::stdout()
        .write_all(lines.as_bytes())
        .map_err(|error| Failure::output(&error))
}

/// Waits until the server has told who is here.
fn present(member: &Member) -> Result<Vec<String>, Failure> {
    let mut by = None;
    loop {
        let batch = match member.next(by) {
            Next::Happened(batch) => batch,
            Next::Stop => return Err(Failure::new(Status::Interrupted, "interrupted")),
            Next::Late | Next::Ended | Next::Own(_) => break,
        };
        for stamped in batch {
            match stamped.event {
                Event::Connected => by = Some(Instant::now() + WITHIN),
                Event::Present { names } => return Ok(names),
                Event::Lost { why, cause, .. } => return Err(Failure::lost(&cause, why)),
                _ => {}
            }
        }
    }
    let words = "this server does not tell who is here: it speaks plain CHAT/1.0";
    Err(Failure::new(Status::NotChat, words))
}
