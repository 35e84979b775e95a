//! The addresses that are known, where each peer comes from, and how many peers have a place.
//!
//! An IPv6 network of 64 bits counts as one address, since a host in it can take as many as it likes. An IPv4 address
//! that is written as IPv6 counts as IPv4.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::{Address, LeftOut, Network};

/// The most addresses that are known besides those that have peers here, at about 200 bytes each. Beyond that, those
/// that owe least are forgotten.
pub const MOST_ADDRESSES: usize = 65_536;

/// With fewer addresses than this, none are forgotten.
const FEW_ADDRESSES: usize = 1024;

/// Where a peer comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    socket: SocketAddr,
    address: Arc<Address>,
}

impl Origin {
    /// An origin whose address no other peer has.
    #[must_use]
    pub fn alone(socket: SocketAddr) -> Self {
        Addresses::default().origin(socket, Instant::now())
    }

    /// The address alone, as it is written by itself.
    #[must_use]
    pub fn ip(&self) -> IpAddr {
        self.socket.ip()
    }

    /// See [`Address::line`].
    #[must_use]
    pub fn line(&self, now: Instant) -> Option<LeftOut> {
        self.address.line(now)
    }

    /// See [`Address::may_visit`].
    #[must_use]
    pub fn may_visit(&self, visits_per_minute: u32, now: Instant) -> bool {
        self.address.may_visit(visits_per_minute, now)
    }

    /// Its address, which it shares with all others that come from there.
    #[must_use]
    pub fn address(&self) -> &Arc<Address> {
        &self.address
    }

    /// How many peers of its address have a place.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.address.peers.load(Ordering::Acquire)
    }

    /// Takes a place for one more of its peers.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of(Arc::clone(&self.address))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever comes by a proxy has no port here.
        match self.socket.port() {
            0 => self.socket.ip().fmt(f),
            _ => self.socket.fmt(f),
        }
    }
}

/// A peer's place among all peers and among those of its address. Dropping it frees the place. It is one pointer, since
/// the task of every idle peer holds one.
#[derive(Debug)]
pub struct Place {
    address: Arc<Address>,
}

impl Place {
    fn of(address: Arc<Address>) -> Self {
        address.peers.fetch_add(1, Ordering::AcqRel);
        address.all.fetch_add(1, Ordering::AcqRel);
        Self { address }
    }

    /// A place that counts nowhere, for somebody from there.
    #[cfg(feature = "web")]
    pub(crate) fn nowhere(from: &Origin) -> Self {
        Origin::alone(from.socket).place()
    }

    /// The address that the peer shares with all others that come from there.
    #[must_use]
    pub fn address(&self) -> &Arc<Address> {
        &self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.address.peers.fetch_sub(1, Ordering::AcqRel);
        self.address.all.fetch_sub(1, Ordering::AcqRel);
    }
}

/// All addresses that are known. One without a peer is forgotten when it owes nothing, or when there are too many.
#[derive(Debug, Default)]
pub struct Addresses {
    known: HashMap<Network, Arc<Address>>,
    /// How many there must be before some are forgotten again.
    look_at: usize,
    peers: Arc<AtomicUsize>,
}

impl Addresses {
    /// How many peers of all addresses have a place.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.peers.load(Ordering::Acquire)
    }

    /// Where a connection comes from.
    pub fn origin(&mut self, socket: SocketAddr, now: Instant) -> Origin {
        let socket = SocketAddr::new(socket.ip().to_canonical(), socket.port());
        if self.known.len() >= self.look_at.max(FEW_ADDRESSES) {
            self.forget(now);
        }
        let network = Network::of(socket.ip());
        let address = self
            .known
            .entry(network)
            .or_insert_with(|| Arc::new(Address::new(network, &self.peers, now)));
        Origin {
            socket,
            address: Arc::clone(address),
        }
    }

    /// Takes a place for somebody of whom it is not known yet whether it is a peer. It counts among all, and not among
    /// those of its address.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn place_apart(&self, from: &Origin, now: Instant) -> Place {
        let address = Address::new(from.address.network, &self.peers, now);
        Place::of(Arc::new(address))
    }

    fn forget(&mut self, now: Instant) {
        let is_idle = |address: &Arc<Address>| Arc::strong_count(address) == 1;
        self.known
            .retain(|_, address| !is_idle(address) || address.owes(now) > 0);
        let mut idle: Vec<(u64, Network)> = self
            .known
            .iter()
            .filter(|(_, address)| is_idle(address))
            .map(|(&network, address)| (address.owes(now), network))
            .collect();
        if idle.len() >= MOST_ADDRESSES {
            // Half of them at a time: looking through all of them for each newcomer would cost too much.
            idle.sort_unstable();
            for (_, network) in &idle[..idle.len() - MOST_ADDRESSES / 2] {
                self.known.remove(network);
            }
            idle.clear();
        }
        let busy = self.known.len() - idle.len();
        self.look_at = (2 * self.known.len()).min(busy + MOST_ADDRESSES);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn socket(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Whether the two count as one address.
    fn are_one(first: &str, second: &str) -> bool {
        let mut addresses = Addresses::default();
        let [first, second] =
            [first, second].map(|text| addresses.origin(socket(text), Instant::now()));
        Arc::ptr_eq(&first.address, &second.address)
    }

    #[test]
    fn an_address_is_an_ipv4_address_however_it_is_written_or_an_ipv6_network_of_64_bits() {
        assert!(are_one("192.0.2.1:1", "192.0.2.1:2"));
        assert!(are_one("192.0.2.1:1", "[::ffff:192.0.2.1]:2"));
        assert!(!are_one("192.0.2.1:1", "192.0.2.2:1"));
        assert!(!are_one("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1"));
        assert!(are_one("[2001:db8::1]:1", "[2001:db8::ffff:0:0:2]:2"));
        assert!(!are_one("[2001:db8::1]:1", "[2001:db8:0:1::1]:1"));
    }

    #[test]
    fn the_origin_is_written_as_ipv4_where_it_is_that() {
        let mut addresses = Addresses::default();
        let origin = addresses.origin(socket("[::ffff:192.0.2.1]:7"), Instant::now());
        assert_eq!(origin.to_string(), "192.0.2.1:7");
    }

    #[test]
    fn a_place_counts_for_its_address_and_for_all_until_it_is_dropped() {
        let mut addresses = Addresses::default();
        let now = Instant::now();
        let [first, second] =
            ["192.0.2.1:1", "192.0.2.2:1"].map(|text| addresses.origin(socket(text), now));
        let [one, two, three] = [first.place(), first.place(), second.place()];
        assert_eq!(
            (first.peers(), second.peers(), addresses.peers()),
            (2, 1, 3)
        );
        drop((one, three));
        assert_eq!(
            (first.peers(), second.peers(), addresses.peers()),
            (1, 0, 1)
        );
        drop(two);
        assert_eq!(addresses.peers(), 0);
    }

    fn nth(number: u32) -> SocketAddr {
        SocketAddr::new(IpAddr::from(number.to_be_bytes()), 1)
    }

    #[test]
    fn an_address_is_forgotten_when_nobody_is_here_from_it_and_it_owes_nothing_and_not_before() {
        let mut addresses = Addresses::default();
        let now = Instant::now();
        let _place = addresses.origin(nth(1), now).place();
        assert!(addresses.origin(nth(2), now).may_visit(60, now));
        let _ = addresses.origin(nth(3), now);
        addresses.forget(now);
        let known = |addresses: &Addresses| {
            [1, 2, 3].map(|number| addresses.known.contains_key(&Network::of(nth(number).ip())))
        };
        assert_eq!(known(&addresses), [true, true, false]);
        addresses.forget(now + 2 * SECOND);
        assert_eq!(known(&addresses), [true, false, false]);
    }

    #[test]
    fn a_flood_of_addresses_that_all_owe_something_is_forgotten_down_to_a_bound_and_the_worst_last()
    {
        let mut addresses = Addresses::default();
        let now = Instant::now();
        let worst = addresses.origin(nth(1), now);
        assert!((0..60).all(|_| worst.may_visit(60, now)));
        drop(worst);
        let mut most = 0;
        for number in 2..150_000 {
            assert!(addresses.origin(nth(number), now).may_visit(60, now));
            most = most.max(addresses.known.len());
        }
        assert!(most > MOST_ADDRESSES / 2, "{most}");
        assert!(most <= MOST_ADDRESSES + 1, "{most}");
        assert!(addresses.known.contains_key(&Network::of(nth(1).ip())));
    }
}
