//! A node dies: how soon its members go on with another one, and how soon a node that is started after that takes
//! members.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use flume::{Receiver, Sender};
use hubbub_session::{Event, Intent, Options};
use hubbub_testing::{DEADLINE, Offer, Ours, Peer, Program, name_of};
use hubbub_transport::Addresses;
use hubbub_wire::Username;

use crate::house::{self, House};

/// How many members know all nodes. Each goes to one at random.
const WANDERERS: usize = 30;

/// How long a member may take to find out that its node has gone. It does at once.
const NOTICED: Duration = Duration::from_secs(1);

/// What was measured, from the death of the node and from the start of the next one.
pub(crate) struct Again {
    /// Until each of its members was in the room again and had all that was missed, sorted.
    pub(crate) members: Vec<Duration>,
    /// Until somebody who comes is in the room and has what was said last.
    pub(crate) node: Duration,
}

/// A session as the window has one, which knows all nodes. It leaves when dropped.
struct Wanderer {
    /// Whether it is in the room, each time that this changes.
    is_here: Receiver<(Instant, bool)>,
    _intents: Sender<Intent>,
}

pub(crate) fn measure(mut house: House) -> io::Result<Again> {
    let link = link_to_all(&mut house.nodes);
    let name = |number| format!("w{}", name_of(number));
    let wanderers: Vec<_> = (0..WANDERERS)
        .map(|number| Wanderer::new(&link, &name(number)))
        .collect::<io::Result<_>>()?;
    for wanderer in &wanderers {
        wanderer.until_here()?;
    }
    let is_alone = house.nodes.len() == 1;
    let killed = Instant::now();
    drop(house.nodes.pop());
    let mut members = Vec::new();
    for wanderer in wanderers.iter().filter(|_| !is_alone) {
        if wanderer.is_here.recv_timeout(NOTICED).is_ok() {
            members.push(wanderer.until_here()? - killed);
        }
    }
    members.sort_unstable();
    drop(wanderers);
    let began = Instant::now();
    let mut node = house::start(house.engines.as_ref());
    let mut peer = Peer::connect(node.address());
    let offer = Offer::new("late");
    peer.send(offer.with_join());
    Ours::welcomed(peer, offer);
    let node = began.elapsed();
    Ok(Again { members, node })
}

fn link_to_all(nodes: &mut [Program]) -> String {
    let addresses = nodes.iter_mut().map(|node| node.address().to_string());
    format!("chat://{}", addresses.collect::<Vec<_>>().join(","))
}

impl Wanderer {
    fn new(link: &str, name: &str) -> io::Result<Self> {
        let addresses = Addresses::from_link(link, 0).map_err(io::Error::other)?;
        let username = Username::new(name, 64).map_err(io::Error::other)?;
        let (intents, wishes) = flume::unbounded();
        let (events, batches) = flume::bounded(1);
        let options = Options::new(addresses, username.into_owned());
        let session = hubbub_session::start(options, wishes, events)?;
        let (tell, is_here) = flume::unbounded();
        thread::spawn(move || {
            for stamped in batches.into_iter().flatten() {
                let is_here = match stamped.event {
                    Event::CaughtUp { .. } => true,
                    Event::Lost { .. } => false,
                    _ => continue,
                };
                let _ = tell.send((Instant::now(), is_here));
            }
            drop(session);
        });
        Ok(Self {
            is_here,
            _intents: intents,
        })
    }

    fn until_here(&self) -> io::Result<Instant> {
        loop {
            let news = self.is_here.recv_timeout(DEADLINE);
            if let (at, true) = news.map_err(io::Error::other)? {
                return Ok(at);
            }
        }
    }
}
