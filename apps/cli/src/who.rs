//! Who: prints who is in the room, one name a line. Only a server that grants the extension tells that.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use hubbub_session::Event;

use crate::arguments;
use crate::clean;
use crate::member::{Member, Profile, Watch};
use crate::room::Room;
use crate::status::{Failure, Outcome, Status};

/// How long the server may take to tell. A grant that comes later does not count.
const WITHIN: Duration = Duration::from_secs(5);

pub(crate) fn run(arguments: &arguments::Who) -> Outcome {
    let room = Room::of(&arguments.room)?;
    let mut watch = Watch::new(Member::start(&room, Profile::default())?);
    let names = present(&mut watch);
    watch.leave();
    let lines: String = names?
        .iter()
        .map(|name| format!("{}\n", clean::line(name)))
        .collect();
    io::stdout()
        .write_all(lines.as_bytes())
        .map_err(|error| Failure::output(&error))
}

/// Waits until the server has told who is here.
fn present(watch: &mut Watch) -> Result<Vec<String>, Failure> {
    watch.until(None, |it| it.event == Event::Connected)?;
    let mut here = Vec::new();
    let is_told = watch.until(Some(Instant::now() + WITHIN), |it| {
        let Event::Present { names } = &it.event else {
            return false;
        };
        here.clone_from(names);
        true
    })?;
    if !is_told {
        let words = "this server does not tell who is here: it speaks plain CHAT/1.0";
        return Err(Failure::new(Status::NotChat, words));
    }
    Ok(here)
}
