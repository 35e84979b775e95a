//! Tour: which of a room's addresses is tried next. Each run of the program has an order of its own, so that the members
//! of a server that has died do not all come to the same one. A page begins where it was loaded from. It knows no clock.

use hubbub_transport::{Address, Addresses};

/// The addresses of a room, in the order in which they are tried, again and again.
#[derive(Debug)]
pub(crate) struct Tour {
    order: Vec<Address>,
    at: usize,
    /// How many others are tried at once when the present one is lost. After that there is a wait.
    left: usize,
}

impl Tour {
    /// The tour of a run of the program. `draw` gives numbers from 0 to 1.
    pub(crate) fn new(addresses: &Addresses, mut draw: impl FnMut() -> f64) -> Self {
        let mut order: Vec<_> = addresses.iter().cloned().collect();
        for end in (1..order.len()).rev() {
            // A draw of exactly 1 would lead beyond the end.
            let other = (draw() * (end + 1) as f64) as usize;
            order.swap(end, other.min(end));
        }
        let left = order.len() - 1;
        Self { order, at: 0, left }
    }

    /// The present address is given up for the next one.
    pub(crate) fn go_on(&mut self) {
        self.at = (self.at + 1) % self.order.len();
    }

    /// Whether the next address is tried without a wait.
    pub(crate) fn is_at_once(&mut self) -> bool {
        let is_at_once = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_at_once
    }

    /// Each address may be tried again.
    pub(crate) fn begin(&mut self) {
        self.left = self.order.len() - 1;
    }

    /// All addresses, the present one first.
    pub(crate) fn round(&self) -> Vec<Address> {
        let (before, after) = self.order.split_at(self.at);
        [after, before].concat()
    }

    /// This is the present address.
    pub(crate) fn go_to(&mut self, address: &Address) {
        let at = self.order.iter().position(|known| known == address);
        self.at = at.unwrap_or(self.at);
    }

    /// All addresses have just been tried in vain.
    pub(crate) fn is_exhausted(&mut self) {
        self.left = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tour(hosts: &str, draw: f64) -> Tour {
        Tour::new(&Addresses::from_hosts(hosts, 1).unwrap(), || draw)
    }

    fn round(tour: &Tour) -> String {
        let hosts: Vec<_> = tour.round().into_iter().map(|it| it.host).collect();
        hosts.join(",")
    }

    #[test]
    fn every_address_may_come_first_and_none_is_left_out() {
        let numbers = [0.0, 0.3, 0.5, 0.7, 1.0];
        let mut first = Vec::new();
        for (one, two) in numbers
            .iter()
            .flat_map(|one| numbers.map(|two| (*one, two)))
        {
            let mut draws = [one, two].into_iter();
            let addresses = Addresses::from_hosts("a,b,c", 1).unwrap();
            let order = round(&Tour::new(&addresses, || draws.next().unwrap()));
            let mut hosts: Vec<_> = order.split(',').collect();
            first.push(hosts[0].to_owned());
            hosts.sort_unstable();
            assert_eq!(hosts, ["a", "b", "c"]);
        }
        first.sort_unstable();
        first.dedup();
        assert_eq!(first, ["a", "b", "c"]);
    }

    #[test]
    fn the_addresses_are_gone_through_in_turn_from_the_one_that_stood_last() {
        let mut tour = tour("a,b,c", 1.0);
        assert_eq!(round(&tour), "a,b,c");
        tour.go_on();
        assert_eq!(round(&tour), "b,c,a");
        tour.go_to(&tour.order[0].clone());
        assert_eq!(round(&tour), "a,b,c");
        tour.go_on();
        tour.go_on();
        tour.go_on();
        assert_eq!(round(&tour), "a,b,c");
    }

    #[test]
    fn each_other_address_is_tried_at_once_and_then_there_is_a_wait() {
        let mut three = tour("a,b,c", 1.0);
        for _ in 0..2 {
            let tried = [(); 4].map(|()| three.is_at_once());
            assert_eq!(tried, [true, true, false, false]);
            three.begin();
        }
        three.is_exhausted();
        assert!(!three.is_at_once());
        let mut only = tour("a", 1.0);
        only.begin();
        assert!(!only.is_at_once());
        only.go_on();
        assert_eq!(round(&only), "a");
    }
}
