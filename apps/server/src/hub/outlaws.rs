//! Outlaws: who may not join, by address or by name. Plain data, the time is given.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hubbub_wire::{Time, Username};

use crate::address::Network;
use crate::bans::{Bans, Board, left};
use crate::room::Refusal;

/// How long somebody who was kicked stays out: long enough to cool down, and for an operator who wants more to find the
/// address.
pub(super) const OUT_FOR: Duration = Duration::from_secs(OUT_SECONDS as u64);
/// The same in seconds.
pub(super) const OUT_SECONDS: u32 = 60;

/// How many kicks are remembered at most. If there are more within [`OUT_FOR`], the first are forgotten.
const MOST_KICKS: usize = 1024;

/// Who may not join.
#[derive(Debug, Default)]
pub(super) struct Outlaws {
    pub(super) bans: Arc<Bans>,
    /// Where the door finds the bans.
    board: Option<Board>,
    /// The oldest first.
    kicks: VecDeque<Kick>,
}

/// Somebody who was kicked.
#[derive(Debug)]
struct Kick {
    until: Instant,
    name: Username<'static>,
    network: Option<Network>,
}

/// Who wants to join.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comer<'a> {
    pub(super) name: &'a Username<'static>,
    pub(super) network: Network,
    /// Whether it is a member already, which comes from another connection.
    pub(super) is_member: bool,
}

impl Outlaws {
    /// Takes over the bans of an earlier start.
    pub(super) fn begin(&mut self, bans: Arc<Bans>, board: Board) {
        board.put(Arc::clone(&bans));
        self.bans = bans;
        self.board = Some(board);
    }

    /// Changes the bans, and lets the door know.
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut Bans) -> T) -> T {
        let version = self.bans.version();
        let result = change(Arc::make_mut(&mut self.bans));
        if let Some(board) = &self.board
            && self.bans.version() > version
        {
            board.put(Arc::clone(&self.bans));
        }
        result
    }

    /// Notes that somebody was kicked.
    pub(super) fn kick(&mut self, name: Username<'static>, network: Option<Network>, now: Instant) {
        self.forget(now);
        if self.kicks.len() >= MOST_KICKS {
            self.kicks.pop_front();
        }
        self.kicks.push_back(Kick {
            until: now + OUT_FOR,
            name,
            network,
        });
    }

    fn forget(&mut self, now: Instant) {
        while self.kicks.front().is_some_and(|kick| kick.until <= now) {
            self.kicks.pop_front();
        }
    }

    /// Why somebody may not join, if so. The address of a kick does not count for a member: whoever shares it with
    /// somebody who was kicked keeps its place when its line breaks.
    pub(super) fn refusal(
        &mut self,
        comer: Comer<'_>,
        now: Instant,
        time: Time,
    ) -> Option<Refusal> {
        if let Some(until) = self.bans.of(comer.network, time) {
            return Some(Refusal::Banned {
                seconds: left(until, time),
            });
        }
        self.forget(now);
        let is_out = |kick: &&Kick| {
            let is_network = kick.network == Some(comer.network);
            kick.name == *comer.name || is_network && !comer.is_member
        };
        let kick = self.kicks.iter().rev().find(is_out)?;
        let left = kick.until.saturating_duration_since(now);
        // It is a minute at most.
        let seconds = left.as_millis().div_ceil(1000) as u32;
        Some(Refusal::Kicked { seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TIME: Time = Time::from_unix_ms(0);

    fn name(text: &str) -> Username<'static> {
        Username::new(text, 64).unwrap().into_owned()
    }

    fn network(text: &str) -> Network {
        Network::parse(text).unwrap()
    }

    fn refusal(outlaws: &mut Outlaws, who: &str, from: &str, now: Instant) -> Option<Refusal> {
        let comer = Comer {
            name: &name(who),
            network: network(from),
            is_member: false,
        };
        outlaws.refusal(comer, now, TIME)
    }

    #[test]
    fn who_was_kicked_is_out_for_a_minute_by_name_and_by_address() {
        let (mut outlaws, now) = (Outlaws::default(), Instant::now());
        outlaws.kick(name("bob"), Some(network("192.0.2.1")), now);
        let last = now + OUT_FOR - SECOND;
        let out = Some(Refusal::Kicked { seconds: 1 });
        assert_eq!(refusal(&mut outlaws, "bob", "192.0.2.9", last), out);
        assert_eq!(refusal(&mut outlaws, "eve", "192.0.2.1", last), out);
        assert_eq!(refusal(&mut outlaws, "eve", "192.0.2.9", last), None);
        for (who, refusal) in [("eve", None), ("bob", out)] {
            let comer = Comer {
                name: &name(who),
                network: network("192.0.2.1"),
                is_member: true,
            };
            assert_eq!(outlaws.refusal(comer, last, TIME), refusal, "{who}");
        }
        assert_eq!(
            refusal(&mut outlaws, "bob", "192.0.2.1", now + OUT_FOR),
            None
        );
    }

    #[test]
    fn as_many_kicks_as_the_bound_are_remembered_and_with_one_more_the_first_is_forgotten() {
        let (mut outlaws, now) = (Outlaws::default(), Instant::now());
        for number in 0..MOST_KICKS {
            outlaws.kick(name(&number.to_string()), None, now);
        }
        assert!(refusal(&mut outlaws, "0", "192.0.2.1", now).is_some());
        outlaws.kick(name("more"), None, now);
        assert!(refusal(&mut outlaws, "0", "192.0.2.1", now).is_none());
        assert!(refusal(&mut outlaws, "1", "192.0.2.1", now).is_some());
        assert!(refusal(&mut outlaws, "more", "192.0.2.1", now).is_some());
    }

    #[test]
    fn the_door_learns_of_each_change_and_of_nothing_else() {
        let (board, door) = Board::new();
        let mut outlaws = Outlaws::default();
        outlaws.begin(Arc::default(), board);
        assert!(door.try_recv().is_ok());
        let address = network("192.0.2.1");
        assert_eq!(outlaws.change(|bans| bans.ban(address, None, TIME)), Ok(()));
        assert_eq!(
            refusal(&mut outlaws, "eve", "192.0.2.1", Instant::now()),
            Some(Refusal::Banned { seconds: None })
        );
        assert_eq!(door.try_recv().unwrap().of(address, TIME), Some(None));
        assert!(!outlaws.change(|bans| bans.unban(network("192.0.2.2"), TIME)));
        assert!(door.try_recv().is_err());
    }
}
