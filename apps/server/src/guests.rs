//! Guests: connections that have not joined, where their number has a bound. The door counts them, the entrance and the
//! lobby know which of them is silent, and who was heard longest ago goes first: of an address that has too many, or of
//! the one that has most. So a flood from many addresses crowds out itself, and whoever comes alone stays. Where all of
//! an address wait for us, it is the newcomer who goes.
//!
//! Pure: there is no clock, and the order in which they are heard is a count. A guest is one until its last handle but
//! the door's is dropped.

use std::sync::Arc;
#[cfg(any(feature = "tls", feature = "web"))]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

#[cfg(any(feature = "tls", feature = "web"))]
use futures::task::AtomicWaker;

#[cfg(any(feature = "tls", feature = "web"))]
use crate::address::Network;
#[cfg(any(feature = "tls", feature = "web"))]
use crate::id::PeerId;

/// The most connections at a time that have not joined. A newcomer joins within two round trips, so that in a second as
/// many as a thousand come in.
#[cfg(any(feature = "tls", feature = "web"))]
pub const MOST_GUESTS: usize = 256;

/// The most of them of one address: enough for a class whose machines wake up, and not more than a part of all.
#[cfg(any(feature = "tls", feature = "web"))]
pub const MOST_GUESTS_OF_ADDRESS: usize = 16;

/// A handle to a connection that has not joined. There is nothing behind it where their number has no bound.
#[derive(Clone, Debug, Default)]
pub struct Guest(Option<Arc<Shared>>);

#[cfg(not(any(feature = "tls", feature = "web")))]
#[derive(Debug)]
enum Shared {}

#[cfg(any(feature = "tls", feature = "web"))]
#[derive(Debug)]
struct Shared {
    peer: PeerId,
    /// `None` where that says nothing, since a proxy comes for many.
    network: Option<Network>,
    since: Instant,
    /// What was heard before this one was heard last, and whether it waits for us.
    rank: AtomicU64,
    heard: Arc<AtomicU64>,
    is_crowded_out: AtomicBool,
    is_dismissed: AtomicBool,
    is_in_lobby: AtomicBool,
    task: AtomicWaker,
}

/// It waits for us: it is not silent. None of its own address takes its place, and others only if nobody is silent.
#[cfg(any(feature = "tls", feature = "web"))]
const BUSY: u64 = 1 << 63;

impl Guest {
    /// When it came, if that counts.
    #[must_use]
    pub fn since(&self) -> Option<Instant> {
        #[cfg(any(feature = "tls", feature = "web"))]
        return self.0.as_ref().map(|shared| shared.since);
        #[cfg(not(any(feature = "tls", feature = "web")))]
        self.0.as_ref().map(|shared| match **shared {})
    }

    /// From now on it waits for us.
    pub fn waits(&self) {
        #[cfg(any(feature = "tls", feature = "web"))]
        if let Some(shared) = &self.0 {
            shared.rank.fetch_or(BUSY, Ordering::AcqRel);
        }
    }

    /// From now on it counts by when it was heard last, whatever it waits for.
    pub fn waits_no_longer(&self) {
        #[cfg(any(feature = "tls", feature = "web"))]
        if let Some(shared) = &self.0 {
            shared.rank.fetch_and(!BUSY, Ordering::AcqRel);
        }
    }

    /// Whether it has to go.
    #[must_use]
    pub fn is_dismissed(&self) -> bool {
        #[cfg(any(feature = "tls", feature = "web"))]
        return self
            .0
            .as_ref()
            .is_some_and(|shared| shared.is_dismissed.load(Ordering::SeqCst));
        #[cfg(not(any(feature = "tls", feature = "web")))]
        false
    }
}

#[cfg(any(feature = "tls", feature = "web"))]
pub(crate) use self::counted::Guests;

#[cfg(any(feature = "tls", feature = "web"))]
mod counted {
    use std::collections::{HashMap, HashSet};
    use std::task::{Context, Poll};

    use super::*;

    impl Shared {
        fn is_busy(&self) -> bool {
            self.rank.load(Ordering::Acquire) & BUSY != 0
        }
    }

    impl Guest {
        /// Something came of it. From now on we wait for it.
        pub(crate) fn is_heard(&self) {
            if let Some(shared) = &self.0 {
                let rank = shared.heard.fetch_add(1, Ordering::AcqRel);
                shared.rank.store(rank, Ordering::Release);
            }
        }

        /// The hub learns of it now, and is told if it has to go.
        pub(crate) fn enters_lobby(&self) {
            if let Some(shared) = &self.0 {
                shared.is_in_lobby.store(true, Ordering::SeqCst);
            }
        }

        /// Ready when it has to go, with whether that is for others. If not, the door closes.
        pub(crate) fn poll_dismissed(&self, context: &Context<'_>) -> Poll<bool> {
            let Some(shared) = &self.0 else {
                return Poll::Pending;
            };
            shared.task.register(context.waker());
            if self.is_dismissed() {
                Poll::Ready(shared.is_crowded_out.load(Ordering::SeqCst))
            } else {
                Poll::Pending
            }
        }
    }

    /// All that have not joined. When this is dropped, those that the hub does not know yet have to go.
    #[derive(Debug)]
    pub(crate) struct Guests {
        all: Vec<Arc<Shared>>,
        heard: Arc<AtomicU64>,
        most_of_address: usize,
        is_closed: bool,
    }

    impl Default for Guests {
        fn default() -> Self {
            Self {
                all: Vec::new(),
                heard: Arc::default(),
                most_of_address: MOST_GUESTS_OF_ADDRESS,
                is_closed: false,
            }
        }
    }

    impl Guests {
        /// Those of whom an address may have as many as there may be at all.
        #[cfg(feature = "web")]
        pub(crate) fn of_any_address() -> Self {
            let mut guests = Self::default();
            guests.most_of_address = usize::MAX;
            guests
        }

        /// From now on nobody is taken in, and those that the hub does not know yet have to go.
        pub(crate) fn close(&mut self) {
            self.is_closed = true;
            while !self.all.is_empty() {
                self.dismiss(0);
            }
        }

        /// Takes in one more, and dismisses another one if there are too many. Also returns the one that the hub has to
        /// let go. `None`: there is no place, since as many of this address as there may be wait for us.
        pub(crate) fn take_in(
            &mut self,
            peer: PeerId,
            network: Option<Network>,
            since: Instant,
        ) -> Option<(Guest, Option<PeerId>)> {
            if self.is_closed {
                return None;
            }
            self.all.retain(|guest| Arc::strong_count(guest) > 1);
            let is_of_address =
                |guest: &&Arc<Shared>| network.is_some() && guest.network == network;
            let of_address = self.all.iter().filter(is_of_address).count();
            let goes = if of_address >= self.most_of_address {
                let oldest = self.oldest(is_of_address);
                if oldest.is_some_and(|at| self.all[at].is_busy()) {
                    return None;
                }
                oldest
            } else if self.all.len() >= MOST_GUESTS {
                let (most, is_more_than_one) = self.most_of_address();
                let is_one_of_most = |guest: &&Arc<Shared>| match guest.network {
                    Some(network) => most.contains(&network),
                    None => !is_more_than_one,
                };
                self.oldest(is_one_of_most)
            } else {
                None
            };
            let told = goes.and_then(|goes| {
                self.all[goes].is_crowded_out.store(true, Ordering::SeqCst);
                self.dismiss(goes)
            });
            let guest = Guest(Some(Arc::new(Shared {
                peer,
                network,
                since,
                rank: AtomicU64::default(),
                heard: Arc::clone(&self.heard),
                is_crowded_out: AtomicBool::default(),
                is_dismissed: AtomicBool::default(),
                is_in_lobby: AtomicBool::default(),
                task: AtomicWaker::new(),
            })));
            guest.is_heard();
            self.all.extend(guest.0.clone());
            Some((guest, told))
        }

        /// The addresses of which there are most, and whether that is more than one. Whose address says nothing is
        /// alone.
        fn most_of_address(&self) -> (HashSet<Network>, bool) {
            let mut counts: HashMap<Network, usize> = HashMap::new();
            for network in self.all.iter().filter_map(|guest| guest.network) {
                *counts.entry(network).or_default() += 1;
            }
            let most = counts.values().copied().max();
            counts.retain(|_, count| Some(*count) == most);
            (counts.into_keys().collect(), most > Some(1))
        }

        /// Where the one of these stands that was heard longest ago.
        fn oldest(&self, is_one: impl Fn(&&Arc<Shared>) -> bool) -> Option<usize> {
            let ranked = self.all.iter().enumerate();
            let ranked = ranked.filter(|(_, guest)| is_one(guest));
            let oldest = ranked.min_by_key(|(_, guest)| guest.rank.load(Ordering::Acquire));
            oldest.map(|(at, _)| at)
        }

        /// Lets one go. Returns which, if the hub knows it.
        fn dismiss(&mut self, at: usize) -> Option<PeerId> {
            let guest = self.all.swap_remove(at);
            guest.is_dismissed.store(true, Ordering::SeqCst);
            guest.task.wake();
            let is_known = guest.is_in_lobby.load(Ordering::SeqCst);
            is_known.then_some(guest.peer)
        }
    }

    impl Drop for Guests {
        fn drop(&mut self) {
            self.close();
        }
    }
}

#[cfg(test)]
#[cfg(any(feature = "tls", feature = "web"))]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    /// Guests, the `count`th of which comes from the address with the number `count / share`.
    fn come(guests: &mut Guests, count: usize, share: usize) -> Vec<Guest> {
        let come = |count| comes(guests, count, count / share).0;
        (0..count).map(come).collect()
    }

    /// One more comes, from the address with this number, and finds a place.
    fn comes(guests: &mut Guests, peer: usize, address: usize) -> (Guest, Option<PeerId>) {
        let come = guests.take_in(PeerId(peer as u64), network(address), Instant::now());
        come.expect("a place")
    }

    fn network(number: usize) -> Option<Network> {
        let number = u32::try_from(number).unwrap();
        Some(Network::of(IpAddr::V4(Ipv4Addr::from_bits(number))))
    }

    fn dismissed(guests: &[Guest]) -> Vec<usize> {
        let all = guests.iter().enumerate();
        let gone = all.filter(|(_, guest)| guest.is_dismissed());
        gone.map(|(at, _)| at).collect()
    }

    #[test]
    fn as_many_as_the_bound_stay_and_with_one_more_the_oldest_goes() {
        let mut guests = Guests::default();
        let mut here = come(&mut guests, MOST_GUESTS, 1);
        assert_eq!(dismissed(&here), [0; 0]);
        let (more, told) = comes(&mut guests, 1000, 1000);
        assert_eq!((dismissed(&here), told), (vec![0], None));
        assert!(!more.is_dismissed());
        // Who joins or goes makes room for another one.
        here.pop();
        let (_last, _) = comes(&mut guests, 1001, 1001);
        assert_eq!(dismissed(&here), [0]);
    }

    #[test]
    fn as_many_of_one_address_as_its_bound_stay_and_with_one_more_the_oldest_of_them_goes() {
        let mut guests = Guests::default();
        let _other = comes(&mut guests, 1000, 1000);
        let here = come(&mut guests, MOST_GUESTS_OF_ADDRESS, MOST_GUESTS_OF_ADDRESS);
        assert_eq!(dismissed(&here), [0; 0]);
        let (_more, _) = comes(&mut guests, 1001, 0);
        assert_eq!(dismissed(&here), [0]);
    }

    #[test]
    fn who_comes_alone_stays_while_those_crowd_each_other_out_who_come_in_numbers() {
        let mut guests = Guests::default();
        let (alone, _) = comes(&mut guests, 1000, 1000);
        // A hundred addresses with two or three each.
        let crowd = |number: usize| comes(&mut guests, number, number % 100).0;
        let crowd: Vec<Guest> = (0..1000).map(crowd).collect();
        assert!(!alone.is_dismissed());
        assert_eq!(dismissed(&crowd).len(), 1000 + 1 - MOST_GUESTS);
    }

    #[test]
    fn who_was_heard_stays_longer_and_who_waits_for_us_stays() {
        let mut guests = Guests::default();
        let here = come(&mut guests, MOST_GUESTS_OF_ADDRESS, MOST_GUESTS_OF_ADDRESS);
        here[0].is_heard();
        here[1].waits();
        let mut more = Vec::new();
        for number in 2..MOST_GUESTS_OF_ADDRESS {
            let (guest, _) = comes(&mut guests, 100 + number, 0);
            guest.waits();
            more.push(guest);
        }
        let silent: Vec<usize> = (2..MOST_GUESTS_OF_ADDRESS).collect();
        assert_eq!(dismissed(&here), silent);
        let (last, _) = comes(&mut guests, 200, 0);
        last.waits();
        assert!(here[0].is_dismissed() && !here[1].is_dismissed());
        // Now all wait for us, and the newcomer is the one that goes.
        let no_place = guests.take_in(PeerId(300), network(0), Instant::now());
        assert!(no_place.is_none() && dismissed(&more).is_empty());
        let _other = comes(&mut guests, 301, 1);
        // One that does not wait any longer counts by when it was heard, which is before the others.
        here[1].waits_no_longer();
        let _newcomer = comes(&mut guests, 302, 0);
        assert!(here[1].is_dismissed() && dismissed(&more).is_empty());
    }

    #[test]
    fn whoever_comes_alone_finds_a_place_even_if_all_others_wait_for_us() {
        let mut guests = Guests::default();
        let here = come(&mut guests, MOST_GUESTS, MOST_GUESTS_OF_ADDRESS);
        here.iter().for_each(Guest::waits);
        let _alone = comes(&mut guests, 1000, 1000);
        assert_eq!(dismissed(&here).len(), 1);
    }

    #[test]
    fn the_hub_is_told_of_those_that_it_knows() {
        let mut guests = Guests::default();
        let here = come(&mut guests, MOST_GUESTS_OF_ADDRESS, MOST_GUESTS_OF_ADDRESS);
        here[0].enters_lobby();
        let mut comes = || super::tests::comes(&mut guests, 100, 0).1;
        assert_eq!([comes(), comes()], [Some(PeerId(0)), None]);
    }

    #[test]
    fn those_of_a_proxy_have_no_bound_of_their_own_and_go_only_where_everybody_is_alone() {
        let mut guests = Guests::default();
        let mut of_proxy = |number: usize| {
            let taken_in = guests.take_in(PeerId(number as u64), None, Instant::now());
            taken_in.expect("a place").0
        };
        let here: Vec<Guest> = (0..MOST_GUESTS - 2).map(&mut of_proxy).collect();
        let two = [1000, 1001].map(|number| comes(&mut guests, number, 0).0);
        assert_eq!(dismissed(&here), [0; 0]);
        let (three, _) = comes(&mut guests, 1002, 1);
        assert!(two[0].is_dismissed() && dismissed(&here).is_empty());
        let (four, _) = comes(&mut guests, 1003, 2);
        assert_eq!(dismissed(&here), [0]);
        assert!(!three.is_dismissed() && !four.is_dismissed());
    }

    #[test]
    #[cfg(feature = "web")]
    fn of_those_of_any_address_the_oldest_goes_only_where_there_are_too_many_at_all() {
        let mut guests = Guests::of_any_address();
        let here = come(&mut guests, MOST_GUESTS, MOST_GUESTS);
        assert_eq!(dismissed(&here), [0; 0]);
        let (_more, _) = comes(&mut guests, 1000, 0);
        assert_eq!(dismissed(&here), [0]);
    }

    #[test]
    fn when_the_door_closes_all_have_to_go() {
        let mut guests = Guests::default();
        let here = come(&mut guests, 3, 1);
        drop(guests);
        assert_eq!(dismissed(&here), [0, 1, 2]);
    }
}
