//! Bans: the addresses that may not come in, and until when. Plain data, the time is given.
//!
//! The hub owns them. The door reads a copy, which it gets from the hub's [`Board`], so that neither waits for the
//! other. How they are kept on a disk stands in `file`.

use std::collections::BTreeMap;
use std::sync::Arc;

use hubbub_wire::Time;

use crate::address::Network;

pub(crate) mod file;

/// The most bans at a time. A person keeps fewer, and a list of this length takes 300 kB.
pub const MOST_BANS: usize = 4096;

/// Until when somebody is banned. `None` is for good.
pub type Until = Option<Time>;

/// There are [`MOST_BANS`] already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// The addresses that may not come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bans {
    until: BTreeMap<Network, Until>,
    /// Counts the changes, so that nobody takes an older list for a newer one.
    version: u64,
}

impl Bans {
    /// Bans an address. One that is banned already is banned until the new time.
    ///
    /// # Errors
    ///
    /// There are too many bans.
    pub fn ban(&mut self, network: Network, until: Until, now: Time) -> Result<(), TooMany> {
        self.until.retain(|_, until| lasts(*until, now));
        if self.until.len() >= MOST_BANS && !self.until.contains_key(&network) {
            return Err(TooMany);
        }
        self.until.insert(network, until);
        self.version += 1;
        Ok(())
    }

    /// Lets an address in again. Returns whether it was banned.
    pub fn unban(&mut self, network: Network, now: Time) -> bool {
        let until = self.until.remove(&network);
        let was_banned = until.is_some_and(|until| lasts(until, now));
        self.version += u64::from(was_banned);
        was_banned
    }

    /// Until when an address is banned. `None` if it is not.
    #[must_use]
    pub fn of(&self, network: Network, now: Time) -> Option<Until> {
        let until = self.until.get(&network).copied();
        until.filter(|&until| lasts(until, now))
    }

    /// Whether there is none, not even one that is over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }

    /// Which list this is. A later one has a higher number.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Those that last, in the order of the addresses.
    pub fn iter(&self, now: Time) -> impl Iterator<Item = (Network, Until)> {
        let bans = self.until.iter().map(|(&network, &until)| (network, until));
        bans.filter(move |&(_, until)| lasts(until, now))
    }
}

fn lasts(until: Until, now: Time) -> bool {
    until.is_none_or(|until| now < until)
}

/// How many seconds it is until then. `None` is for ever.
#[must_use]
pub fn left(until: Until, now: Time) -> Option<u32> {
    let left = until?.unix_ms().saturating_sub(now.unix_ms());
    Some(u32::try_from(left.div_ceil(1000)).unwrap_or(u32::MAX))
}

/// Where the hub puts the newest list. Whoever has not read the one before gets only the newest.
#[derive(Clone, Debug)]
pub struct Board {
    put: flume::Sender<Arc<Bans>>,
    take: flume::Receiver<Arc<Bans>>,
}

impl Board {
    /// An empty board, and the end at which one reader takes what is new.
    #[must_use]
    pub fn new() -> (Self, flume::Receiver<Arc<Bans>>) {
        let (put, take) = flume::bounded(1);
        let reader = take.clone();
        (Self { put, take }, reader)
    }

    /// Puts another list there.
    pub fn put(&self, bans: Arc<Bans>) {
        let _older = self.take.try_recv();
        // There is room, since nobody else puts anything there.
        let _ = self.put.try_send(bans);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_unix_ms(ms)
    }

    fn nth(number: usize) -> Network {
        Network::of(Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into())
    }

    #[test]
    fn a_ban_with_a_time_lasts_until_then_and_one_without_for_good() {
        let mut bans = Bans::default();
        bans.ban(nth(1), Some(at(1000)), at(0)).unwrap();
        bans.ban(nth(2), None, at(0)).unwrap();
        assert_eq!(bans.of(nth(1), at(999)), Some(Some(at(1000))));
        assert_eq!(bans.of(nth(1), at(1000)), None);
        assert_eq!(bans.of(nth(2), Time::MAX), Some(None));
        assert_eq!(bans.of(nth(3), at(0)), None);
        let listed: Vec<_> = bans.iter(at(1000)).collect();
        assert_eq!(listed, [(nth(2), None)]);
        assert!(!bans.unban(nth(1), at(1000)), "it was over");
        assert!(bans.unban(nth(2), at(1000)));
        assert!(!bans.unban(nth(2), at(1000)));
        assert!(bans.is_empty());
    }

    #[test]
    fn as_many_as_the_bound_are_banned_and_one_more_is_not_until_one_is_over() {
        let mut bans = Bans::default();
        for number in 0..MOST_BANS {
            assert_eq!(bans.ban(nth(number), Some(at(1000)), at(0)), Ok(()));
        }
        assert_eq!(bans.ban(nth(MOST_BANS), None, at(999)), Err(TooMany));
        assert_eq!(bans.ban(nth(0), None, at(999)), Ok(()), "it is there");
        assert_eq!(bans.ban(nth(MOST_BANS), None, at(1000)), Ok(()));
        assert_eq!(bans.iter(at(1000)).count(), 2);
    }

    #[test]
    fn the_board_has_the_newest_list_and_none_twice() {
        let (board, reader) = Board::new();
        let mut bans = Bans::default();
        for number in 0..3 {
            bans.ban(nth(number), None, at(0)).unwrap();
            board.put(Arc::new(bans.clone()));
        }
        assert_eq!(reader.try_recv().as_deref(), Ok(&bans));
        assert!(reader.try_recv().is_err());
    }

    #[test]
    fn what_is_left_of_a_ban_is_told_in_whole_seconds_that_are_enough() {
        assert_eq!(left(Some(at(2000)), at(1000)), Some(1));
        assert_eq!(left(Some(at(2001)), at(1000)), Some(2));
        assert_eq!(left(Some(at(999)), at(1000)), Some(0));
        assert_eq!(left(None, at(1000)), None);
    }
}
