//! One address: how much its peers say together, how often they come, and how much of that is logged. With this, nobody
//! gains anything by connecting again, or many times.
//!
//! Knows no sockets; the time is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tracing::info;

pub use self::known::{Addresses, MOST_ADDRESSES, Origin, Place};
use crate::allowance::{Allowance, BURST};

pub use self::network::{Host, Network};

mod known;
mod network;

/// All peers of one address together may say as much as this many peers. That is enough for a class of forty, of whom
/// hardly anybody uses up an allowance, and no more than ten floods.
pub const PEERS_WORTH: u32 = 10;

/// As many visits as are allowed in this time may come at once, as when a class sits down.
const VISITS_BURST: Duration = Duration::from_secs(60);

/// How many passwords of one address may be compared in a second. More wait, so that nobody can try many, and a program
/// that comes again and again with an old one keeps nobody out.
#[cfg(feature = "tls")]
pub const COMPARISONS_PER_SECOND: u32 = 10;
/// What one comparison costs. None are saved up.
#[cfg(feature = "tls")]
const COMPARISON: Duration = Duration::from_millis(1000 / COMPARISONS_PER_SECOND as u64);

/// How many lines about an address may be logged in a minute: one for each of a class of forty, and no flood.
pub const LINES_PER_MINUTE: u32 = 60;
/// As many lines as are allowed in this time may be logged at once.
const LINES_BURST: Duration = Duration::from_secs(60);

/// Logs a line at a level if [`Address::line`] allowed it, and at debug level if not.
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
    network: Network,
    /// The zero of the times below, which are in nanoseconds.
    known_since: Instant,
    /// When all that its peers have said is paid for.
    said: AtomicU64,
    /// When its visits are paid for.
    visits: AtomicU64,
    /// When the passwords that were compared for it are paid for.
    #[cfg(feature = "tls")]
    compared: AtomicU64,
    /// When its lines in the log are paid for.
    lines: AtomicU64,
    /// How many lines were left out since the last one that was logged.
    left_out: AtomicU32,
    /// How many of its peers have a place.
    peers: AtomicUsize,
    /// How many peers of all addresses have a place.
    all: Arc<AtomicUsize>,
    /// How many members that came from it have lost their connection and are still members.
    absent: AtomicUsize,
}

impl Address {
    fn new(network: Network, all: &Arc<AtomicUsize>, now: Instant) -> Self {
        Self {
            network,
            known_since: now,
            said: AtomicU64::new(0),
            visits: AtomicU64::new(0),
            #[cfg(feature = "tls")]
            compared: AtomicU64::new(0),
            lines: AtomicU64::new(0),
            left_out: AtomicU32::new(0),
            peers: AtomicUsize::new(0),
            all: Arc::clone(all),
            absent: AtomicUsize::new(0),
        }
    }

    /// What counts as this address.
    #[must_use]
    pub fn network(&self) -> Network {
        self.network
    }

    fn nanos(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.known_since))
    }

    /// Counts what one of its peers said. Returns how long none of them may say more; zero for most addresses.
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

    /// How long none of its peers may say anything, for what they have said before.
    #[must_use]
    pub fn pause(&self, now: Instant) -> Duration {
        let owed = self.said.load(Ordering::Acquire);
        Duration::from_nanos(owed.saturating_sub(self.nanos(now) + nanos(BURST)))
    }

    /// Whether one more peer may come, where this many may come in a minute. 0 is no bound. A peer that may not come
    /// does not count.
    #[must_use]
    pub fn may_visit(&self, visits_per_minute: u32, now: Instant) -> bool {
        let cost = Duration::from_secs(60).checked_div(visits_per_minute);
        cost.is_none_or(|cost| self.may(&self.visits, cost, VISITS_BURST, now))
    }

    /// Whether one more password that came from it may be compared, which then counts.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn may_compare(&self, now: Instant) -> bool {
        self.may(&self.compared, COMPARISON, COMPARISON, now)
    }

    /// When the next password may be compared, if that is not at once.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn compares_at(&self) -> Instant {
        self.known_since + Duration::from_nanos(self.compared.load(Ordering::Acquire))
    }

    /// Whether one more line may be logged of a kind that peers can cause as often as they like. If so, returns how
    /// many were left out before it.
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

    /// How many members that came from it are absent.
    #[must_use]
    pub fn absent(&self) -> usize {
        self.absent.load(Ordering::Acquire)
    }

    /// How long it still owes something, in nanoseconds. At zero it can be forgotten, and nobody gains anything by
    /// that.
    fn owes(&self, now: Instant) -> u64 {
        let paid_at = [
            &self.said,
            &self.visits,
            &self.lines,
            #[cfg(feature = "tls")]
            &self.compared,
        ];
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

/// How many lines were left out before a line. `None` for zero, so that the line does not mention it.
pub type LeftOut = Option<u32>;

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A member that has lost its connection and is still a member. It counts for its address until this is dropped.
#[derive(Debug)]
pub struct Absence {
    address: Arc<Address>,
}

impl Absence {
    /// One more that came from this address.
    #[must_use]
    pub fn begin(address: &Arc<Address>) -> Self {
        address.absent.fetch_add(1, Ordering::AcqRel);
        Self {
            address: Arc::clone(address),
        }
    }
}

impl Drop for Absence {
    fn drop(&mut self) {
        self.address.absent.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(now: Instant) -> Address {
        Address::new(
            Network::of(Ipv4Addr::LOCALHOST.into()),
            &Arc::default(),
            now,
        )
    }

    #[test]
    fn a_minutes_visits_may_come_at_once_and_one_more_when_its_share_of_the_minute_is_over() {
        let now = Instant::now();
        let address = address(now);
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
        let now = Instant::now();
        let address = address(now);
        let burst = 5 * BURST.as_secs() as usize;
        for _ in 0..PEERS_WORTH {
            assert!(address.says(allowance, burst, 0, now).is_zero());
        }
        let wait = address.says(allowance, 5, 0, now);
        assert!(wait <= SECOND / 10 && wait > SECOND / 20, "{wait:?}");
        assert!(address.pause(now) > SECOND / 20);
        assert!(address.pause(now + SECOND).is_zero());
        let unlimited = Allowance::UNLIMITED;
        assert!(address.says(unlimited, 1 << 30, 0, now).is_zero());
    }

    #[cfg(feature = "tls")]
    #[test]
    fn ten_passwords_a_second_are_compared_and_none_is_saved_up() {
        let start = Instant::now();
        let address = address(start);
        let ms = |ms| start + Duration::from_millis(ms);
        // Somebody tries every millisecond, after a quiet hour.
        let hour = 3_600_000;
        let tried = (hour..hour + 1000).filter(|&at| address.may_compare(ms(at)));
        let tried: Vec<u64> = tried.collect();
        let expected: Vec<u64> = (0..10).map(|at| hour + 100 * at).collect();
        assert_eq!(tried, expected);
        assert_eq!(address.compares_at(), ms(hour + 1000));
        assert!(!address.may_compare(ms(hour + 999)));
        assert!(address.may_compare(ms(hour + 1000)));
        assert!(address.owes(ms(hour + 1099)) > 0);
        assert_eq!(address.owes(ms(hour + 1100)), 0);
    }

    #[test]
    fn lines_beyond_a_minutes_worth_are_left_out_and_counted() {
        let now = Instant::now();
        let address = address(now);
        for _ in 0..LINES_PER_MINUTE {
            assert_eq!(address.line(now), Some(None));
        }
        for _ in 0..5 {
            assert_eq!(address.line(now), None);
        }
        assert_eq!(address.line(now + 2 * SECOND), Some(Some(5)));
        assert_eq!(address.line(now + 4 * SECOND), Some(None));
    }
}
