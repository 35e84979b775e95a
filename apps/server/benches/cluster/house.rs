//! The house: engines and nodes, or a single server, and the members, of whom some speak on each node and some hear.

use std::io;
use std::time::Duration;

use hubbub_testing::{Crowd, Engines, Offer, Processes, Program, TROUBLE, name_of};

use crate::ear::{self, Ear};

/// How many engines a cluster has.
pub(crate) const ENGINES: usize = 3;

/// How many speak on each node.
pub(crate) const SPEAKERS: usize = 4;

/// How many hear on each node.
pub(crate) const EARS: usize = 2;

/// How long nothing may come while something is still due.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct House {
    /// Before the engines, so that they end first.
    pub(crate) nodes: Vec<Program>,
    pub(crate) engines: Option<Engines>,
    /// The memory of a node before anybody came, in bytes.
    pub(crate) at_rest: u64,
    crowd: Crowd,
    speakers: Vec<Speaker>,
    ears: Vec<Ear>,
}

struct Speaker {
    offer: Offer,
    said: u64,
    /// What the socket has not taken yet.
    rest: Vec<u8>,
}

/// A text has come to somebody.
pub(crate) struct Came {
    pub(crate) speaker: usize,
    pub(crate) number: u64,
    /// Whether both are at the same node.
    pub(crate) is_near: bool,
}

/// Processor time in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) nodes: f64,
    pub(crate) engines: f64,
}

/// A node on these engines, or a single server if there are none, once it listens.
pub(crate) fn start(engines: Option<&Engines>) -> Program {
    let mut node = match engines {
        None => Program::with(&[], &[]),
        Some(engines) => {
            let replicas = engines.count().to_string();
            let urls = engines.urls();
            Program::with(&["--cluster", &urls, "--cluster-replicas", &replicas], &[])
        }
    };
    node.port();
    node
}

impl House {
    /// With so many nodes, and engines that flush each record at once or all of them seldom. A single server is no node,
    /// and needs no engine.
    pub(crate) fn open(nodes: usize, is_flushed: bool) -> io::Result<Self> {
        let engines = (nodes > 0).then(|| match is_flushed {
            true => Engines::start(ENGINES),
            false => Engines::flushing_seldom(ENGINES),
        });
        let mut programs: Vec<Program> =
            (0..nodes.max(1)).map(|_| start(engines.as_ref())).collect();
        let addresses: Vec<_> = programs.iter_mut().map(Program::address).collect();
        let at_rest = programs[0].resident_bytes();
        let (speakers, ears) = (SPEAKERS * addresses.len(), EARS * addresses.len());
        let mut crowd = Crowd::among(addresses)?;
        for program in &mut programs {
            program.show(TROUBLE);
        }
        let members = 0..speakers + ears;
        let offers: Vec<Offer> = members
            .map(|member| Offer::new(&name_of(member)).recent(0))
            .collect();
        crowd.offer(&offers)?;
        crowd.read_all()?;
        let speaker = |offer| Speaker {
            offer,
            said: 0,
            rest: Vec::new(),
        };
        Ok(Self {
            engines,
            nodes: programs,
            at_rest,
            crowd,
            speakers: offers.into_iter().take(speakers).map(speaker).collect(),
            ears: (0..ears).map(|_| Ear::new(speakers)).collect(),
        })
    }

    /// How many speak.
    pub(crate) fn speakers(&self) -> usize {
        self.speakers.len()
    }

    /// How many texts each has heard of one speaker, who has heard the fewest.
    fn heard(&self, speaker: usize) -> u64 {
        let heard = self.ears.iter().map(|ear| ear.heard()[speaker]);
        heard.min().unwrap_or(0)
    }

    /// How many texts of a speaker are under way: said, but not heard by everybody.
    pub(crate) fn under_way(&self, speaker: usize) -> u64 {
        self.speakers[speaker].said - self.heard(speaker)
    }

    /// The number of a speaker's next text.
    pub(crate) fn next(&self, speaker: usize) -> u64 {
        self.speakers[speaker].said + 1
    }

    /// How many texts were said.
    pub(crate) fn said(&self) -> u64 {
        self.speakers.iter().map(|speaker| speaker.said).sum()
    }

    /// Lets a speaker say something.
    pub(crate) fn say(&mut self, speaker: usize, texts: u64) -> io::Result<()> {
        let Speaker { offer, said, rest } = &mut self.speakers[speaker];
        for _ in 0..texts {
            *said += 1;
            rest.extend(offer.text(*said, &ear::text(speaker, *said)));
        }
        if !rest.is_empty() {
            let sent = self.crowd.send(speaker, rest)?;
            rest.drain(..sent);
        }
        Ok(())
    }

    /// Waits for what comes, and tells of each text that comes to somebody who hears.
    pub(crate) fn listen(
        &mut self,
        patience: Duration,
        mut tell: impl FnMut(Came),
    ) -> io::Result<bool> {
        let (speakers, nodes, ears) = (self.speakers.len(), self.nodes.len(), &mut self.ears);
        self.crowd.read_with(patience, |member, bytes| {
            let Some(ear) = member.checked_sub(speakers) else {
                // Who speaks gets all this too, and nobody looks at it.
                return Ok(());
            };
            ears[ear].hear(bytes, |speaker, number| {
                tell(Came {
                    speaker,
                    number,
                    is_near: speaker % nodes == member % nodes,
                });
            })
        })
    }

    /// Waits until everybody has heard everything, and looks whether it was in the same order.
    pub(crate) fn settle(&mut self, mut tell: impl FnMut(Came)) -> io::Result<()> {
        while (0..self.speakers()).any(|speaker| self.under_way(speaker) > 0) {
            for speaker in 0..self.speakers() {
                self.say(speaker, 0)?;
            }
            if !self.listen(PATIENCE, &mut tell)? {
                let missing: u64 = (0..self.speakers()).map(|at| self.under_way(at)).sum();
                return Err(io::Error::other(format!("{missing} texts do not come")));
            }
        }
        let mut digests = self.ears.iter().map(Ear::digest);
        let first = digests.next();
        if digests.any(|digest| Some(digest) != first) {
            return Err(io::Error::other("not everybody has heard the same order"));
        }
        Ok(())
    }

    /// How often those who hear were told that the room is paused.
    pub(crate) fn paused(&self) -> usize {
        self.ears.iter().map(Ear::paused).sum()
    }

    /// Until now.
    pub(crate) fn spent(&self) -> Spent {
        let of = |process| {
            let ran = Processes::of(process).ran();
            ran.values().map(|ran| ran.time.as_secs_f64()).sum::<f64>()
        };
        let engines = self.engines.iter();
        let engines = engines.flat_map(|them| (0..them.count()).map(|at| them.id(at)));
        Spent {
            nodes: self.nodes.iter().map(|node| of(node.id())).sum(),
            engines: engines.map(of).sum(),
        }
    }
}
