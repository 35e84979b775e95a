//! The room for browsers (`--web`): the files of the page, read once at the start, the names under which the room is
//! reached, the other nodes of the room, and the proxies that are believed. Plain data and plain decisions: what a request
//! gets is settled here, and `entrance` reads and writes.

use std::net::IpAddr;
#[cfg(all(feature = "admin", feature = "tls"))]
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;

pub(crate) use self::answer::{Around, Outcome, Reply, SOCKET, Status, answer};
pub use self::hosts::{HostName, Hosts};
pub(crate) use self::link::link;
pub use self::nodes::{MOST_NODES, Node, Nodes};
pub use self::site::{MOST_BYTES, MOST_FILES, Site};

// In reading order. The blank lines keep rustfmt from sorting it.

mod hosts;

mod nodes;

mod site;

pub(crate) mod head;

pub(crate) mod forwarded;

mod link;

mod refusal;

mod answer;

/// The room for browsers. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Web {
    /// The files of the page.
    pub site: Arc<Site>,
    /// The names under which the room is reached, besides its addresses.
    pub hosts: Arc<Hosts>,
    /// The nodes of the room at which a page may go on.
    pub(crate) nodes: Arc<Nodes>,
    /// What the page may do.
    policy: Arc<str>,
    /// The proxies that are believed when they say for whom they come.
    pub proxies: Arc<[IpAddr]>,
}

impl Web {
    /// With the files in this directory, and no names and no proxies. It waits for the disk.
    ///
    /// # Errors
    ///
    /// In words for the operator: what is wrong with the directory.
    pub fn read(dir: &Path) -> Result<Self, String> {
        Ok(Self {
            site: Arc::new(Site::read(dir)?),
            hosts: Arc::default(),
            nodes: Arc::default(),
            policy: answer::POLICY.into(),
            proxies: Arc::default(),
        })
    }

    /// The same for a room that has these nodes: each page may go on at each of them.
    ///
    /// # Errors
    ///
    /// In words for the operator: the page is one that knows its own server only.
    pub fn with_nodes(self, nodes: Nodes) -> Result<Self, String> {
        if nodes.is_empty() {
            return Ok(self);
        }
        Ok(Self {
            site: Arc::new(self.site.telling(&nodes)?),
            policy: nodes.added_to(answer::POLICY).into(),
            nodes: nodes.into(),
            ..self
        })
    }
}

/// Whether a browser that opens the room under this name gets the page: it is one of `hosts`, or leads to this machine
/// and nowhere else. Behind a router that passes connections on, the router's address does not.
#[cfg(all(feature = "admin", feature = "tls"))]
pub(crate) fn leads_here(hosts: &Hosts, host: &HostName) -> bool {
    let is_own = match host {
        HostName::Name(name) => name == "localhost",
        // The system lets nobody have an end at an address of another machine.
        HostName::Address(address) => {
            !address.is_unspecified()
                && !address.is_multicast()
                && UdpSocket::bind((*address, 0)).is_ok()
        }
    };
    is_own || hosts.names(host)
}
