//! A storm: many members come at once. With a history, the server was killed before, and they want what they have
//! missed.

use std::fmt;
use std::io;
use std::time::Instant;

use hubbub_testing::{Crowd, Offer, Ours, Peer, Program, TROUBLE, name_of};

use crate::directory;
use crate::hall::start;

/// What those who come want.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Nothing: they are plain.
    Plain,
    /// A grant, and nothing of the past.
    Granted,
    /// What they have missed, of a server that was killed and started again.
    Back,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Plain, Kind::Granted, Kind::Back];

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("are plain"),
            Self::Granted => f.write_str("get a grant"),
            Self::Back => write!(
                f,
                "get a grant and {MISSED} texts, after `kill -9` and a restart"
            ),
        }
    }
}

/// How many texts each of them has missed.
const MISSED: usize = 150;

pub(crate) struct Storm {
    pub(crate) seconds: f64,
    /// CPU time of the server in seconds.
    pub(crate) cpu: f64,
    /// What all of them read, in bytes.
    pub(crate) bytes: f64,
}

pub(crate) fn measure(kind: Kind, members: usize) -> io::Result<Storm> {
    let offers = (0..members).map(|number| Offer::new(&name_of(number)).recent(0));
    let (mut program, offers): (Program, Vec<Offer>) = match kind {
        Kind::Plain | Kind::Granted => (Program::with(&[], &[]), offers.collect()),
        Kind::Back => {
            let dir = directory("remember")?;
            let dir = dir.to_string_lossy();
            let (room, seen) = talk(start(&dir));
            let since = offers.map(|offer| offer.since(&room, &seen));
            (start(&dir), since.collect())
        }
    };
    let mut crowd = Crowd::new(program.address())?;
    program.show(TROUBLE);
    let cpu = program.cpu_time();
    let began = Instant::now();
    match kind {
        Kind::Plain => crowd.join_until(members)?,
        Kind::Granted | Kind::Back => crowd.offer(&offers)?,
    }
    let seconds = began.elapsed().as_secs_f64();
    crowd.read_all()?;
    Ok(Storm {
        seconds,
        cpu: (program.cpu_time() - cpu).as_secs_f64(),
        bytes: crowd.received().iter().sum::<u64>() as f64,
    })
}

/// Lets a member say something and kills the server. Returns the room, and the message after which come as many as are
/// missed.
fn talk(mut program: Program) -> (String, String) {
    let offer = Offer::new("ada");
    let mut peer = Peer::connect(program.address());
    peer.send(offer.with_join());
    let mut ada = Ours::welcomed(peer, offer);
    let room = ada.grant.need("Room").to_owned();
    ada.says(1, "seen");
    let seen = ada.expect_ack(1);
    for count in 2..2 + MISSED as u64 {
        ada.says(
            count,
            "A message of ordinary length, as people write them all day long.",
        );
        ada.expect_ack(count);
    }
    program.signal("KILL");
    program.status();
    (room, seen)
}
