//! The talk of all members, and what a test does meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, Engines, Program, TROUBLE};

use crate::checker::{Checker, Number};
use crate::house::Plan;
use crate::member::Member;

/// How many texts are on their way at most. Who misses more than 20,000 is told of a gap.
const MOST_OPEN: usize = 15_000;

/// How often the talkers look how many texts are due.
const TICK: Duration = Duration::from_millis(20);

/// What a test does to the house while everybody talks.
pub(crate) struct Events<'a> {
    pub(crate) engines: &'a mut Engines,
    pub(crate) members: &'a [Member],
    pub(crate) nodes: &'a mut Vec<Option<Program>>,
    pub(crate) checker: &'a Mutex<Checker>,
    pub(crate) plan: &'a Plan,
}

/// Ends the talk when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Events<'_> {
    /// Lets everybody talk while something happens. Returns what it returns.
    pub(crate) fn while_all_talk<T>(
        mut self,
        pace: u64,
        something: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let is_over = AtomicBool::new(false);
        let (members, checker) = (self.members, self.checker);
        thread::scope(|scope| {
            let talker = scope.spawn(|| talk(members, checker, pace, &is_over));
            // Also where this panics: the talk ends, and the test with it.
            let over = Over(&is_over);
            let result = something(&mut self);
            drop(over);
            talker.join().unwrap();
            result
        })
    }

    /// Starts a node again, and waits until it listens.
    pub(crate) fn begin(&mut self, node: usize) {
        let mut program = self.plan.begin(node);
        program.port();
        program.show(TROUBLE);
        self.nodes[node] = Some(program);
    }

    /// Waits until so many more texts were said. Ends the test at the first fault, and also when nobody talks any more
    /// because somebody hears nothing and too many texts are on their way.
    #[track_caller]
    pub(crate) fn talk(&self, texts: u64) {
        let mut last = (self.checker().said(), Instant::now());
        let due = last.0 + texts;
        loop {
            let (said, faults) = {
                let checker = self.checker();
                (checker.said(), checker.faults())
            };
            assert_eq!(faults, []);
            if said >= due {
                return;
            }
            if said != last.0 {
                last = (said, Instant::now());
            }
            let is_late = last.1.elapsed() > 2 * DEADLINE;
            assert!(
                !is_late,
                "nobody talks any more, {} on their way",
                self.checker().open()
            );
            thread::sleep(TICK);
        }
    }

    /// Waits until everybody has heard something that was said after this was called. Fails when somebody waits for that
    /// who has heard nothing at all for too long.
    #[track_caller]
    pub(crate) fn until_talk_goes_on(&self) {
        let said = self.checker().said_by_each();
        let mut progress: BTreeMap<Number, (u64, Instant)> = BTreeMap::new();
        loop {
            let deaf = self.checker().deaf_since(&said);
            if deaf.is_empty() {
                return;
            }
            for number in deaf {
                let member = &self.members[number];
                let heard = member.heard();
                let (before, since) = progress.entry(number).or_insert((heard, Instant::now()));
                if *before != heard {
                    (*before, *since) = (heard, Instant::now());
                }
                let is_late = since.elapsed() > 2 * DEADLINE;
                let told = || member.story() + &member.tail();
                assert!(!is_late, "it hears nothing any more:\n{}", told());
                member.hurry();
            }
            thread::sleep(TICK);
        }
    }

    fn checker(&self) -> MutexGuard<'_, Checker> {
        lock(self.checker)
    }
}

/// Lets one member after the other say something, at an even pace. On a machine that is too busy for that, they wait for
/// each other.
fn talk(members: &[Member], checker: &Mutex<Checker>, pace: u64, is_over: &AtomicBool) {
    let (mut due, mut looked) = (0.0, Instant::now());
    while !is_over.load(Ordering::Relaxed) {
        let is_too_much = lock(checker).open() >= MOST_OPEN;
        let passed = looked.elapsed().as_secs_f64();
        looked = Instant::now();
        if !is_too_much {
            due += passed.min(1.0) * pace as f64;
        }
        while due >= 1.0 {
            members[fastrand::usize(..members.len())].say();
            due -= 1.0;
        }
        thread::sleep(TICK);
    }
}

/// The checker, also after a failure.
pub(crate) fn lock(checker: &Mutex<Checker>) -> MutexGuard<'_, Checker> {
    checker.lock().unwrap_or_else(PoisonError::into_inner)
}
