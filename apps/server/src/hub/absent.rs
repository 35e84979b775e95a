//! Absent members: those with a grant that have lost their connection and keep their place for a while. Plain data, the
//! time is given. It does not know who they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::address::{Absence, Address};
use crate::event::Departure;
use crate::id::{ByPeer, PeerId};

/// How many members may be absent at a time. Each costs about half a kilobyte and no connection, so that somebody who
/// joins and drops the connection again and again could fill the memory with them. When a large room loses its line at
/// once, that many keep their places.
const MOST: usize = 4096;

/// The same for one address: more than a few classes.
const MOST_OF_ADDRESS: usize = 256;

/// The members that are absent.
#[derive(Debug, Default)]
pub(super) struct Absent {
    until: ByPeer<Instant>,
    /// The one that must leave first first.
    lost: BTreeMap<(Instant, PeerId), (Departure, Absence)>,
}

impl Absent {
    /// Whether there is room for one more that came from there.
    pub(super) fn has_room(&self, from: &Address) -> bool {
        self.lost.len() < MOST && from.absent() < MOST_OF_ADDRESS
    }

    /// Keeps the place of a member until then. One that is absent already gets the later end, and the first reason
    /// stays.
    pub(super) fn add(
        &mut self,
        peer: PeerId,
        why: Departure,
        from: &Arc<Address>,
        until: Instant,
    ) {
        let (until, why) = match self.take(peer) {
            Some((before, first)) => (before.max(until), first),
            None => (until, why),
        };
        self.until.insert(peer, until);
        self.lost.insert((until, peer), (why, Absence::begin(from)));
    }

    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.until.len()
    }

    /// Whether this member is absent.
    pub(super) fn has(&self, peer: PeerId) -> bool {
        self.until.contains_key(&peer)
    }

    /// Takes out a member that is back, or that leaves. Returns until when its place was kept, and why it is absent.
    pub(super) fn take(&mut self, peer: PeerId) -> Option<(Instant, Departure)> {
        let until = self.until.remove(&peer)?;
        let (why, _) = self.lost.remove(&(until, peer))?;
        Some((until, why))
    }

    /// Keeps all places for so much longer, but none beyond `most`.
    #[cfg(feature = "cluster")]
    pub(super) fn postpone(&mut self, by: std::time::Duration, most: Instant) {
        let later = |until: Instant| (until + by).min(most.max(until));
        let lost = std::mem::take(&mut self.lost).into_iter();
        let lost = lost.map(|((until, peer), lost)| ((later(until), peer), lost));
        self.lost = lost.collect();
        self.until
            .values_mut()
            .for_each(|until| *until = later(*until));
    }

    /// When the next of them must leave.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let (&(until, _), _) = self.lost.first_key_value()?;
        Some(until)
    }

    /// The next of them whose time is over.
    pub(super) fn late(&self, now: Instant) -> Option<PeerId> {
        let (&(until, peer), _) = self.lost.first_key_value()?;
        (until <= now).then_some(peer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::address::Origin;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(host: u8) -> Arc<Address> {
        let origin = Origin::alone(([192, 0, 2, host], 1).into());
        Arc::clone(origin.address())
    }

    fn fill(absent: &mut Absent, from: &Arc<Address>, first: u64, count: usize) {
        let now = Instant::now();
        for peer in (first..).take(count) {
            absent.add(PeerId(peer), Departure::Closed, from, now);
        }
    }

    #[test]
    fn as_many_of_one_address_as_the_bound_may_be_absent_and_one_more_may_not() {
        let mut absent = Absent::default();
        let [one, other] = [1, 2].map(address);
        fill(&mut absent, &one, 0, MOST_OF_ADDRESS - 1);
        assert!(absent.has_room(&one));
        fill(&mut absent, &one, 9999, 1);
        assert!(!absent.has_room(&one));
        assert!(absent.has_room(&other));
        assert!(absent.take(PeerId(9999)).is_some());
        assert!(absent.has_room(&one));
    }

    #[test]
    fn as_many_as_the_bound_may_be_absent_and_one_more_may_not() {
        let mut absent = Absent::default();
        for host in 0..16 {
            let from = address(host);
            let first = u64::from(host) * MOST_OF_ADDRESS as u64;
            fill(&mut absent, &from, first, MOST_OF_ADDRESS);
        }
        let from = address(99);
        assert_eq!(absent.lost.len(), MOST);
        assert!(!absent.has_room(&from));
        assert!(absent.take(PeerId(0)).is_some());
        assert!(absent.has_room(&from));
    }

    #[test]
    fn who_is_lost_again_keeps_its_place_for_longer_and_is_counted_once() {
        let (mut absent, now) = (Absent::default(), Instant::now());
        let from = address(1);
        let peer = PeerId(1);
        absent.add(peer, Departure::Closed, &from, now + 2 * SECOND);
        absent.add(peer, Departure::Replaced, &from, now + SECOND);
        assert_eq!(absent.late(now + SECOND), None);
        assert_eq!(absent.late(now + 2 * SECOND), Some(peer));
        assert_eq!(
            absent.take(peer),
            Some((now + 2 * SECOND, Departure::Closed))
        );
        assert_eq!((absent.has(peer), from.absent()), (false, 0));
        assert_eq!(absent.deadline(), None);
    }
}
