//! A hall: a server, and members of one kind that speak and read.

use std::fmt;
use std::io;

use hubbub_testing::{Crowd, Offer, Program, TROUBLE, name_of};

use crate::directory;
use crate::speaker::{Progress, Speaker};

/// What the members are, and where their messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Members without a grant.
    Plain,
    /// Members with grants. Messages are in memory.
    Granted,
    /// Members with grants and a server with `--history`.
    Kept,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Granted => "with grants",
            Self::Kept => "with grants, `--history`",
        })
    }
}

pub(crate) struct Hall {
    pub(crate) kind: Kind,
    pub(crate) program: Program,
    pub(crate) crowd: Crowd,
    /// The members with the lowest numbers.
    pub(crate) speakers: Vec<Speaker>,
    pub(crate) readers: usize,
}

impl Hall {
    pub(crate) fn open(kind: Kind, speakers: usize, readers: usize) -> io::Result<Self> {
        let mut program = match kind {
            Kind::Kept => start(&directory("remember")?.to_string_lossy()),
            Kind::Plain | Kind::Granted => Program::with(&[], &[]),
        };
        let mut crowd = Crowd::new(program.address())?;
        program.show(TROUBLE);
        let members = speakers + readers;
        let offers: Vec<Offer> = (0..members).map(|n| Offer::new(&name_of(n))).collect();
        match kind {
            Kind::Plain => crowd.join_until(members)?,
            Kind::Granted | Kind::Kept => crowd.offer(&offers)?,
        }
        crowd.read_all()?;
        crowd.received().fill(0);
        let speaker = |number| {
            let offer: &Offer = &offers[number];
            Speaker::new(number, (kind != Kind::Plain).then(|| offer.clone()))
        };
        Ok(Self {
            kind,
            program,
            crowd,
            speakers: (0..speakers).map(speaker).collect(),
            readers,
        })
    }

    /// How far a reader is that has got nothing.
    pub(crate) fn begin(&self) -> Progress {
        Progress::new(self.kind != Kind::Plain)
    }

    /// Lets the speakers send what they have said, as far as their sockets take it.
    pub(crate) fn push(&mut self) -> io::Result<()> {
        let crowd = &mut self.crowd;
        self.speakers
            .iter_mut()
            .try_for_each(|speaker| speaker.push(crowd))
    }

    /// How many bytes the reader has got that has got the fewest.
    pub(crate) fn slowest(&mut self) -> u64 {
        let readers = &self.crowd.received()[self.speakers.len()..];
        readers.iter().min().copied().unwrap_or(0)
    }
}

/// The server with a history in this directory.
pub(crate) fn start(dir: &str) -> Program {
    Program::with(&["--history", dir], &[])
}
