//! Where peers come from: what those of one address say together, how often they come, and how much of that is logged.
//! So nobody has more of anything by coming again, or by coming many times.
//!
//! An IPv6 network of 64 bits is one address, since a host there takes as many as it likes, and an IPv4 address that is
//! written as IPv6 is what it was. Knows no sockets; the time is given.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tracing::info;

use crate::allowance::{Allowance, BURST};

/// All peers of one address together may say as much as so many peers: enough for a class of forty that talks, since
/// hardly anybody uses an allowance up, and no more than ten floods.
pub const PEERS_WORTH: u32 = 10;

/// As many visits as this time allows may come at once: a class that sits down.
const VISITS_BURST: Duration = Duration::from_secs(60);

/// How many lines an address may log in a minute, and at once: each of a class of forty that comes, and no flood.
pub const LINES_PER_MINUTE: u32 = 60;
const LINES_BURST: Duration = Duration::from_secs(60);

/// How many addresses are known at most beside those that have peers here, at about 200 bytes each. Beyond that the
/// ones are forgotten that owe least.
pub const MOST_ADDRESSES: usize = 65_536;

/// So few addresses are not looked through for some to forget.
const FEW_ADDRESSES: usize = 1024;

/// Logs at a level what an address may still log, and at debug what it may not.
macro_rules! thinned {
    ($level:ident, $line:expr, $($fields:tt)*) => {
        match $line {
            Some(left_out) => tracing::$level!(left_out, $($fields)*),
            None => tracing::debug!($($fields)*),
        }
    };
}
pub(crate) use thinned;

/// One address.
#[derive(Debug)]
pub struct Address {
    network: IpAddr,
    /// The times below are in nanoseconds since then.
    known_since: Instant,
    /// When all that its peers said is paid for.
    said: AtomicU64,
    /// The same for its visits, ...
    visits: AtomicU64,
    /// ... and for its lines in the log.
    lines: AtomicU64,
    /// How many lines were left out since the last one.
    left_out: AtomicU32,
    /// How many of its peers have a place.
    peers: AtomicUsize,
    /// How many peers of all addresses have one.
    all: Arc<AtomicUsize>,
}

impl Address {
    fn new(network: IpAddr, all: &Arc<AtomicUsize>, now: Instant) -> Self {
        Self {
            network,
            known_since: now,
            said: AtomicU64::new(0),
            visits: AtomicU64::new(0),
            lines: AtomicU64::new(0),
            left_out: AtomicU32::new(0),
            peers: AtomicUsize::new(0),
            all: Arc::clone(all),
        }
    }

    fn nanos(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.known_since))
    }

    /// Takes what one of its peers said, and answers how long none of them may say more; zero for most.
    #[must_use]
    pub fn says(
        &self,
        allowance: Allowance,
        messages: usize,
        bytes: usize,
        now: Instant,
    ) -> Duration {
        let cost = allowance.cost(messages, bytes) / PEERS_WORTH;
        if cost.is_zero() {
            return Duration::ZERO;
        }
        let at = self.nanos(now);
        let pay = |paid_at: u64| Some(paid_at.max(at).saturating_add(nanos(cost)));
        let _always = self
            .said
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, pay);
        self.pause(now)
    }

    /// How long none of its peers may say anything yet, for what was said before.
    #[must_use]
    pub fn pause(&self, now: Instant) -> Duration {
        let owed = self.said.load(Ordering::Acquire);
        Duration::from_nanos(owed.saturating_sub(self.nanos(now) + nanos(BURST)))
    }

    /// May one more come, where so many may in a minute? 0 is no bound. One that may not costs nothing.
    #[must_use]
    pub fn may_visit(&self, visits_per_minute: u32, now: Instant) -> bool {
        let cost = Duration::from_secs(60).checked_div(visits_per_minute);
        cost.is_none_or(|cost| self.may(&self.visits, cost, VISITS_BURST, now))
    }

    /// May one more line be logged that its peers can cause as often as they like? Answers how many were left out before.
    #[must_use]
    pub fn line(&self, now: Instant) -> Option<LeftOut> {
        let cost = Duration::from_secs(60) / LINES_PER_MINUTE;
        if self.may(&self.lines, cost, LINES_BURST, now) {
            let count = self.left_out.swap(0, Ordering::AcqRel);
            Some((count > 0).then_some(count))
        } else {
            self.left_out.fetch_add(1, Ordering::AcqRel);
            None
        }
    }

    fn may(&self, paid_at: &AtomicU64, cost: Duration, burst: Duration, now: Instant) -> bool {
        let now = self.nanos(now);
        let pay = |paid_at: u64| {
            let paid_at = paid_at.max(now).saturating_add(nanos(cost));
            (paid_at <= now + nanos(burst)).then_some(paid_at)
        };
        paid_at
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, pay)
            .is_ok()
    }

    /// How long it still owes something; zero when it can be forgotten and nobody has more by it.
    fn owes(&self, now: Instant) -> u64 {
        let paid_at = [&self.said, &self.visits, &self.lines];
        let last = paid_at.map(|at| at.load(Ordering::Acquire)).into_iter();
        last.max().unwrap_or(0).saturating_sub(self.nanos(now))
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        let left_out = *self.left_out.get_mut();
        if left_out > 0 {
            info!(address = %self.network, left_out, "lines about peers of this address were left out");
        }
    }
}

/// How many lines were left out before one; none is nothing to say.
pub type LeftOut = Option<u32>;

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Where one peer comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    socket: SocketAddr,
    address: Arc<Address>,
}

impl Origin {
    /// One whose address nobody else has.
    #[must_use]
    pub fn alone(socket: SocketAddr) -> Self {
        Addresses::default().origin(socket, Instant::now())
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

    /// How many peers of its address have a place.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.address.peers.load(Ordering::Acquire)
    }

    /// A place for one more of its peers.
    #[must_use]
    pub fn place(&self) -> Place {
        let address = Arc::clone(&self.address);
        address.peers.fetch_add(1, Ordering::AcqRel);
        address.all.fetch_add(1, Ordering::AcqRel);
        Place { address }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}

/// A peer's place among all and among those of its address, free again when it is dropped. It is one pointer in every
/// idle peer's task.
#[derive(Debug)]
pub struct Place {
    address: Arc<Address>,
}

impl Place {
    /// What it shares with all that come from there.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.address.peers.fetch_sub(1, Ordering::AcqRel);
        self.address.all.fetch_sub(1, Ordering::AcqRel);
    }
}

/// All addresses that are known. Those without a peer are forgotten when they owe nothing, or when there are too many.
#[derive(Debug, Default)]
pub struct Addresses {
    known: HashMap<IpAddr, Arc<Address>>,
    /// How many there are when they are looked through again.
    look_at: usize,
    peers: Arc<AtomicUsize>,
}

impl Addresses {
    /// How many peers have a place, of all addresses together.
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
        let network = network(socket.ip());
        let address = self
            .known
            .entry(network)
            .or_insert_with(|| Arc::new(Address::new(network, &self.peers, now)));
        Origin {
            socket,
            address: Arc::clone(address),
        }
    }

    fn forget(&mut self, now: Instant) {
        let is_idle = |address: &Arc<Address>| Arc::strong_count(address) == 1;
        self.known
            .retain(|_, address| !is_idle(address) || address.owes(now) > 0);
        let mut idle: Vec<(u64, IpAddr)> = self
            .known
            .iter()
            .filter(|(_, address)| is_idle(address))
            .map(|(&network, address)| (address.owes(now), network))
            .collect();
        if idle.len() >= MOST_ADDRESSES {
            // Half of them at a time: looking through all costs too much to be done for each newcomer.
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

/// What counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            Ipv6Addr::from_bits(network).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn socket(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Are these two one address?
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
    fn a_minutes_visits_may_come_at_once_and_one_more_when_its_share_of_the_minute_is_over() {
        let now = Instant::now();
        let address = Origin::alone(socket("192.0.2.1:1"));
        assert!((0..60).all(|_| address.may_visit(60, now)));
        // Those that may not come cost nothing.
        assert!((0..60).all(|_| !address.may_visit(60, now)));
        assert!(!address.may_visit(60, now + SECOND - Duration::from_millis(1)));
        assert!(address.may_visit(60, now + SECOND + Duration::from_millis(1)));
        assert!((0..10_000).all(|_| address.may_visit(0, now)));
    }

    #[test]
    fn all_peers_of_an_address_may_say_as_much_as_ten_and_a_message_more_waits() {
        let allowance = Allowance {
            messages_per_second: 5,
            bytes_per_second: 0,
        };
        let origin = Origin::alone(socket("192.0.2.1:1"));
        let now = Instant::now();
        let burst = 5 * BURST.as_secs() as usize;
        for _ in 0..PEERS_WORTH {
            let wait = origin.address.says(allowance, burst, 0, now);
            // What lies between `now` and the moment before it at which the address became known is its own.
            assert_eq!(wait.as_millis(), 0);
        }
        let wait = origin.address.says(allowance, 5, 0, now);
        assert!(wait <= SECOND / 10 && wait > SECOND / 20, "{wait:?}");
        assert!(origin.address.pause(now) > SECOND / 20);
        assert!(origin.address.pause(now + SECOND).is_zero());
        let unlimited = Allowance::UNLIMITED;
        assert!(origin.address.says(unlimited, 1 << 30, 0, now).is_zero());
    }

    #[test]
    fn lines_beyond_a_minutes_worth_are_left_out_and_counted() {
        let origin = Origin::alone(socket("192.0.2.1:1"));
        let now = Instant::now();
        for _ in 0..LINES_PER_MINUTE {
            assert_eq!(origin.address.line(now), Some(None));
        }
        for _ in 0..5 {
            assert_eq!(origin.address.line(now), None);
        }
        assert_eq!(origin.address.line(now + 2 * SECOND), Some(Some(5)));
        assert_eq!(origin.address.line(now + 4 * SECOND), Some(None));
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
            [1, 2, 3].map(|number| addresses.known.contains_key(&nth(number).ip()))
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
        assert!(addresses.known.contains_key(&nth(1).ip()));
    }
}
