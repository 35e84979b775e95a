//! The log with a disk for which the test stands in: it takes the orders and answers when it likes.

use std::time::Duration;

use hubbub_wire::{Hex64, Hex128, Time};

use super::super::keeping::{Counting, Order};
use super::super::tests::{payloads, place, says};
use super::super::{Ask, Past};
use super::*;
use crate::said::{Own, Seq};

/// The test's end of the queues.
struct Fake {
    orders: flume::Receiver<Order>,
    answers: flume::Sender<Answer>,
    /// The clock.
    now: Instant,
    kept: u64,
}

/// A log of the room 7 and the generation 9, with a disk that knows this.
fn log_with(sessions: Vec<Counting>, has_past: bool) -> (Log, Fake) {
    let newest = has_past.then_some(Seq {
        generation: 8,
        count: 3,
    });
    let (give, orders) = flume::unbounded();
    let (answer, answers) = flume::unbounded();
    let disk = Disk {
        room: Hex128(7),
        generation: 9,
        time: Time::from_unix_ms(5),
        newest,
        sessions,
        keep: Duration::from_secs(60),
        orders: give,
        answers,
    };
    let fake = Fake {
        orders,
        answers: answer,
        now: crate::runtime::now(),
        kept: 0,
    };
    (Log::on_disk(disk, Memory::new(usize::MAX)), fake)
}

fn log() -> (Log, Fake) {
    log_with(Vec::new(), false)
}

impl Fake {
    /// The texts of the orders that wait, each order in brackets.
    fn given(&self) -> String {
        let mut all = String::new();
        for order in self.orders.try_iter() {
            let said = match order {
                Order::Keep { said, .. } => vec![said],
                Order::CatchUp { said, .. } => said,
                Order::Recall { number, .. } => {
                    all += &format!("?{number}");
                    continue;
                }
            };
            let texts = said.iter().flat_map(|said| said.texts.iter());
            let texts = texts.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
            all += &format!("[{}]", texts.collect::<String>());
        }
        all
    }

    fn answer(&self, log: &mut Log, answer: Answer) {
        self.answers.send(answer).unwrap();
        log.listen(self.now);
    }

    /// So many more orders are kept.
    fn keeps(&mut self, log: &mut Log, orders: u64) {
        self.kept += orders;
        let orders = self.kept;
        self.answer(log, Answer::Kept { orders });
    }

    fn fails(&self, log: &mut Log) {
        let why = "it is full".to_owned();
        self.answer(log, Answer::Failed { why });
    }

    fn recalls(&self, log: &mut Log, number: u64) {
        let texts = Some(b"old".to_vec());
        let (more, lost) = (true, false);
        self.answer(
            log,
            Answer::Recalled {
                number,
                texts,
                after: None,
                more,
                lost,
            },
        );
    }

    /// Time passes, and the log is told.
    fn waits(&mut self, log: &mut Log, time: Duration) {
        log.deadline(|| self.now);
        self.now += time;
        log.listen(self.now);
    }
}

fn say(log: &mut Log, text: &str) {
    says(log, None, &[text]);
}

fn own(count: u64) -> Option<Own> {
    let (session, key) = (Hex64(5), Hex64(6));
    let id = hubbub_wire::Id { session, count };
    Some(Own { id, key })
}

/// What comes out now: texts, `+` for a JOIN, `=` for what is known, `!` for what is broken.
fn out(log: &mut Log) -> String {
    let mut out = String::new();
    while let Some(ordered) = log.next() {
        match ordered {
            #[cfg(feature = "cluster")]
            Ordered::InCluster(_) => unreachable!("there is no cluster"),
            Ordered::Said { said, .. } => {
                for text in said.texts.iter() {
                    out += &String::from_utf8_lossy(text.as_bytes());
                }
            }
            Ordered::Join { .. } => out.push('+'),
            Ordered::Left { .. } => out.push('-'),
            Ordered::Known { .. } => out.push('='),
            Ordered::Broken { .. } => out.push('!'),
        }
    }
    out
}

fn joins(log: &mut Log) {
    let peer = crate::id::PeerId(3);
    log.propose(super::super::Proposal::Join { peer }, log.time());
}

#[test]
fn a_text_comes_out_when_it_is_kept_and_not_sooner() {
    let (mut log, mut disk) = log();
    say(&mut log, "a");
    say(&mut log, "b");
    assert_eq!(disk.given(), "[a][b]");
    assert_eq!(out(&mut log), "");
    assert!(log.is_waiting() && log.answers().is_some());
    assert_eq!((log.size(), log.last().count), (0, 0));
    disk.keeps(&mut log, 1);
    assert!(log.size() > 0);
    assert_eq!(out(&mut log), "a");
    assert_eq!(log.last().count, 1);
    disk.keeps(&mut log, 1);
    assert_eq!(out(&mut log), "b");
    assert!(!log.is_waiting() && log.answers().is_none());
}

#[test]
fn what_follows_a_text_waits_for_it_and_what_stands_before_it_does_not() {
    let (mut log, mut disk) = log();
    joins(&mut log);
    assert_eq!(out(&mut log), "+");
    says(&mut log, own(1), &["a"]);
    joins(&mut log);
    says(&mut log, own(1), &["a"]);
    says(&mut log, own(3), &["c"]);
    assert_eq!(out(&mut log), "");
    disk.keeps(&mut log, 1);
    assert_eq!(out(&mut log), "a+=!");
    joins(&mut log);
    assert_eq!(out(&mut log), "+");
}

#[test]
fn a_session_has_arrived_as_far_as_is_kept() {
    let (mut log, mut disk) = log();
    says(&mut log, own(1), &["a", "b"]);
    disk.keeps(&mut log, 1);
    assert_eq!(log.arrived(Hex64(6)), 0);
    out(&mut log);
    assert_eq!(log.arrived(Hex64(6)), 2);
}

#[test]
fn a_session_of_an_earlier_start_is_known_and_may_go_on_with_any_count_once() {
    let counting = Counting {
        key: Hex64(6),
        count: 4,
        place: Seq {
            generation: 8,
            count: 3,
        },
        heard: Time::from_unix_ms(5),
    };
    let (mut log, mut disk) = log_with(vec![counting], true);
    assert_eq!(log.arrived(Hex64(6)), 4);
    says(&mut log, own(4), &["d"]);
    assert!(matches!(log.next(), Some(Ordered::Known { seq, .. }) if seq == counting.place));
    // A power failure has taken 5, which was acknowledged.
    says(&mut log, own(6), &["f"]);
    says(&mut log, own(8), &["h"]);
    disk.keeps(&mut log, 1);
    assert_eq!(out(&mut log), "f!");
}

#[test]
fn a_disk_that_fails_holds_nobody_up_and_gets_what_it_missed_when_it_works_again() {
    let (mut log, mut disk) = log();
    say(&mut log, "a");
    disk.fails(&mut log);
    assert_eq!(log.notice(), Some(Notice::KeepingStopped));
    assert_eq!(out(&mut log), "a");
    say(&mut log, "b");
    disk.fails(&mut log);
    assert_eq!(log.notice(), None, "once is enough");
    assert_eq!(out(&mut log), "b");
    say(&mut log, "c");
    assert_eq!(disk.given(), "[a]");
    // c has not come out yet, and is kept all the same.
    disk.keeps(&mut log, 1);
    assert_eq!(disk.given(), "[bc]");
    say(&mut log, "d");
    assert_eq!(
        out(&mut log),
        "cd",
        "the disk has still to show that it works"
    );
    assert_eq!(log.notice(), None);
    disk.keeps(&mut log, 1);
    assert_eq!(log.notice(), Some(Notice::KeepingResumed));
    assert_eq!(disk.given(), "[d]");
    say(&mut log, "e");
    assert_eq!(out(&mut log), "");
    disk.keeps(&mut log, 2);
    assert_eq!((out(&mut log), disk.given()), ("e".into(), "[e]".into()));
}

#[test]
fn a_disk_that_fails_and_works_again_before_anything_is_said_has_missed_nothing() {
    let (mut log, mut disk) = log();
    say(&mut log, "a");
    disk.fails(&mut log);
    disk.keeps(&mut log, 1);
    assert_eq!(log.notice(), Some(Notice::KeepingResumed));
    assert_eq!(disk.given(), "[a]");
}

#[test]
fn two_seconds_are_too_long_and_a_millisecond_less_is_not() {
    let (mut log, mut disk) = log();
    let ms = Duration::from_millis(1);
    say(&mut log, "a");
    disk.waits(&mut log, PATIENCE - ms);
    assert_eq!((log.notice(), out(&mut log)), (None, "".into()));
    assert_eq!(log.deadline(|| disk.now), Some(disk.now + ms));
    disk.waits(&mut log, ms);
    assert_eq!(log.notice(), Some(Notice::KeepingStopped));
    assert_eq!(out(&mut log), "a");
    assert_eq!(log.deadline(|| disk.now), None);
    disk.waits(&mut log, PATIENCE);
    assert_eq!(log.notice(), None);
    disk.keeps(&mut log, 1);
    assert_eq!(log.notice(), Some(Notice::KeepingResumed));
}

#[test]
fn a_disk_that_has_always_something_to_do_is_not_late_as_long_as_it_answers() {
    let (mut log, mut disk) = log();
    for _ in 0..10 {
        say(&mut log, "a");
        disk.waits(&mut log, PATIENCE * 3 / 4);
        say(&mut log, "b");
        disk.keeps(&mut log, 1);
    }
    assert_eq!(log.notice(), None);
    assert!(log.is_waiting());
}

#[test]
fn a_disk_with_nothing_to_do_is_never_late() {
    let (mut log, mut disk) = log();
    assert_eq!(log.deadline(|| disk.now), None);
    disk.waits(&mut log, PATIENCE);
    say(&mut log, "a");
    disk.keeps(&mut log, 1);
    disk.waits(&mut log, PATIENCE);
    say(&mut log, "b");
    log.listen(disk.now);
    assert_eq!(log.notice(), None);
}

#[test]
fn the_log_is_full_when_four_mebibytes_wait_for_the_disk() {
    let (mut log, mut disk) = log();
    let mut orders = 0;
    while log.waiting < MAX_WAITING {
        assert!(!log.is_full());
        says(&mut log, None, &[&"x".repeat(100_000)]);
        orders += 1;
    }
    assert!(log.is_full());
    disk.keeps(&mut log, 1);
    assert!(!log.is_full());
    disk.keeps(&mut log, orders - 1);
    assert_eq!(log.waiting, 0);
    let mut memory = super::super::tests::log();
    says(&mut memory, None, &[&"x".repeat(MAX_WAITING)]);
    assert!(!memory.is_full());
}

#[test]
fn what_memory_has_lost_while_keeping_was_suspended_is_a_hole_but_its_counts_are_kept() {
    let (mut log, mut disk) = log();
    say(&mut log, "a");
    disk.fails(&mut log);
    says(&mut log, own(1), &["b"]);
    for _ in 0..1000 {
        says(&mut log, None, &["x"]);
    }
    out(&mut log);
    disk.keeps(&mut log, 1);
    disk.orders.try_recv().unwrap();
    let Ok(Order::CatchUp { said, counted }) = disk.orders.try_recv() else {
        panic!("it has missed something");
    };
    assert_eq!((said.len(), said[0].first.count), (1000, 3));
    let counting = Counting {
        key: Hex64(6),
        count: 1,
        place: Seq {
            generation: 9,
            count: 2,
        },
        heard: log.time(),
    };
    assert_eq!(counted, [counting]);
}

#[test]
fn a_thread_that_ends_is_a_disk_that_fails() {
    let (mut log, disk) = log();
    say(&mut log, "a");
    let now = disk.now;
    drop(disk);
    log.listen(now);
    assert_eq!(log.notice(), Some(Notice::KeepingStopped));
    say(&mut log, "b");
    assert_eq!(out(&mut log), "ab");
    assert!(log.answers().is_none(), "nobody waits for it");
}

#[test]
fn a_log_that_ends_gives_the_disk_what_it_has_missed() {
    let (mut log, disk) = log();
    say(&mut log, "a");
    disk.fails(&mut log);
    say(&mut log, "b");
    let answers = log.end().unwrap();
    assert_eq!(disk.given(), "[a][b]");
    assert!(disk.orders.is_disconnected());
    drop(disk);
    assert!(answers.is_disconnected());
    assert!(log.end().is_none());
}

fn since(count: u64) -> Ask {
    Ask::Since(Hex128(7), place(count))
}

fn asks(log: &mut Log, ask: &Ask) -> Past {
    asks_after(log, ask, None)
}

/// Somebody asks who had seen everything up to there.
fn asks_after(log: &mut Log, ask: &Ask, seen: Option<Seq>) -> Past {
    let until = log.last();
    log.replay(ask, until, seen)
}

#[test]
fn memory_answers_what_it_has_and_the_disk_is_asked_for_the_rest() {
    let (mut log, mut disk) = log_with(Vec::new(), true);
    for text in ["a", "b", "c"] {
        say(&mut log, text);
    }
    disk.keeps(&mut log, 3);
    out(&mut log);
    disk.given();
    let before = |count, most| Ask::Before(place(count), most);
    for (ask, here) in [
        (since(3), true),
        (since(1), true),
        (since(0), false),
        (Ask::Recent(0), true),
        (Ask::Recent(2), true),
        (Ask::Recent(3), false),
        (before(3, 1), true),
        (before(3, 2), false),
        (before(9, 1), false),
        (Ask::Since(Hex128(8), place(2)), false),
    ] {
        match asks(&mut log, &ask) {
            Past::Here(replay) => {
                assert!(here, "{ask:?}");
                let more = !matches!(ask, Ask::Since(..));
                assert_eq!((replay.more, replay.lost), (more, false), "{ask:?}");
            }
            Past::Later(_) => assert!(!here, "{ask:?}"),
        }
    }
    assert_eq!(disk.given(), "?1?2?3?4?5");
}

#[test]
fn before_anything_is_said_only_an_earlier_start_has_something_older() {
    for has_past in [false, true] {
        for ask in [since(0), Ask::Recent(0)] {
            let (mut log, _disk) = log_with(Vec::new(), has_past);
            let Past::Here(replay) = asks(&mut log, &ask) else {
                panic!("nothing was missed");
            };
            let more = has_past && ask == Ask::Recent(0);
            assert!(replay.more == more && !replay.lost && replay.texts.is_none());
        }
    }
}

#[test]
fn who_asks_the_disk_the_same_gets_the_same_answer_for_one_question() {
    let (mut log, disk) = log_with(Vec::new(), true);
    let [Past::Later(first), Past::Later(second)] =
        [5, 5].map(|most| asks(&mut log, &Ask::Recent(most)))
    else {
        panic!("memory has nothing");
    };
    let Past::Later(other) = asks(&mut log, &Ask::Recent(4)) else {
        panic!("memory has nothing");
    };
    assert_eq!(disk.given(), "?1?2");
    assert!(log.is_waiting());
    disk.recalls(&mut log, 1);
    let [first, second] = [first, second].map(|later| later.try_recv().unwrap());
    let texts = first.texts.unwrap();
    assert!(Arc::ptr_eq(&texts, &second.texts.unwrap()));
    assert!(first.more && !first.lost);
    assert!(other.try_recv().is_err());
    // As long as somebody holds it, the disk is not asked again.
    let Past::Here(third) = asks(&mut log, &Ask::Recent(5)) else {
        panic!("it was answered just now");
    };
    assert!(Arc::ptr_eq(&texts, third.texts.as_ref().unwrap()));
    drop((texts, third));
    assert!(matches!(asks(&mut log, &Ask::Recent(5)), Past::Later(_)));
}

#[test]
fn who_waits_for_a_disk_that_fails_gets_what_memory_has() {
    let (mut log, mut disk) = log_with(Vec::new(), true);
    say(&mut log, "a");
    disk.keeps(&mut log, 1);
    out(&mut log);
    let Past::Later(later) = asks(&mut log, &Ask::Recent(5)) else {
        panic!("the disk has more");
    };
    // A question alone shows that the disk hangs.
    disk.waits(&mut log, PATIENCE);
    let replay = later.try_recv().unwrap();
    assert_eq!(
        (payloads(&replay), replay.more, replay.lost),
        (vec!["a".to_owned()], false, true)
    );
    let Past::Here(replay) = asks(&mut log, &Ask::Recent(5)) else {
        panic!("nobody should wait for it");
    };
    assert!(!replay.more && replay.lost);
    assert_eq!(log.notice(), Some(Notice::KeepingStopped));
    disk.recalls(&mut log, 1);
    assert_eq!(log.notice(), Some(Notice::KeepingResumed));
    assert!(matches!(asks(&mut log, &Ask::Recent(5)), Past::Later(_)));
}

#[test]
fn while_keeping_is_suspended_the_disk_still_tells_what_memory_does_not_have() {
    let (mut log, mut disk) = log_with(Vec::new(), true);
    say(&mut log, "a");
    disk.keeps(&mut log, 1);
    let Past::Later(under_way) = asks(&mut log, &Ask::Recent(9)) else {
        panic!("the disk has more");
    };
    say(&mut log, "b");
    disk.fails(&mut log);
    assert_eq!(out(&mut log), "ab");
    assert!(under_way.is_empty() && !under_way.is_disconnected());
    let Past::Here(replay) = asks(&mut log, &Ask::Recent(9)) else {
        panic!("what the disk may not have is in memory");
    };
    assert_eq!(payloads(&replay), ["a", "b"]);
    assert!(replay.more && !replay.lost, "the rest is kept");
    let Past::Later(rest) = asks(&mut log, &Ask::Before(place(1), 9)) else {
        panic!("memory has nothing older");
    };
    disk.recalls(&mut log, 2);
    assert!(!rest.try_recv().unwrap().lost);
}

#[test]
fn while_keeping_is_suspended_the_disk_tells_who_comes_back_whether_it_has_what_memory_has_not() {
    let earlier = Seq {
        generation: 8,
        count: 2,
    };
    let older = Ask::Since(Hex128(7), earlier.token().unwrap());
    let (after, none) = (Some(earlier), None);
    for (texts, answer, wanted) in [
        (2, Some((true, false)), (after, true, false)),
        (2, Some((false, true)), (none, false, true)),
        (2, Some((false, false)), (none, false, false)),
        // The disk does not answer.
        (2, None, (none, false, true)),
        // A page does not reach down to what the disk may have.
        (200, Some((false, true)), (none, false, true)),
        (201, Some((false, true)), (after, true, false)),
    ] {
        let (mut log, mut disk) = log_with(Vec::new(), true);
        (0..texts).for_each(|_| say(&mut log, "x"));
        disk.fails(&mut log);
        out(&mut log);
        disk.given();
        let Past::Later(later) = asks(&mut log, &older) else {
            panic!("memory does not know");
        };
        let Ok(Order::Recall { number, ask, until }) = disk.orders.try_recv() else {
            panic!("the disk is not asked");
        };
        assert_eq!(ask, Ask::Whether(Hex128(7), earlier.token().unwrap()));
        assert_eq!((until.generation, until.count), (9, 0));
        if let Some((more, lost)) = answer {
            let recalled = Answer::Recalled {
                number,
                texts: None,
                after,
                more,
                lost,
            };
            disk.answer(&mut log, recalled);
        } else {
            disk.waits(&mut log, PATIENCE);
        }
        let replay = later.try_recv().unwrap();
        assert_eq!(payloads(&replay).len(), texts.min(200));
        assert_eq!((replay.after, replay.more, replay.lost), wanted, "{texts}");
    }
}

#[test]
fn the_disk_tells_what_is_below_memory_also_where_something_between_them_is_lost() {
    for (more, lost) in [(1000, 0), (1001, 1)] {
        let (mut log, mut disk) = log_with(Vec::new(), true);
        for text in ["a", "b", "c"] {
            say(&mut log, text);
        }
        disk.keeps(&mut log, 3);
        out(&mut log);
        say(&mut log, "d");
        disk.fails(&mut log);
        for _ in 1..more {
            say(&mut log, "x");
        }
        out(&mut log);
        disk.given();
        // The first in memory is the fourth of all, or the fifth where the fourth is lost.
        let before = Ask::Before(place(4 + lost), 9);
        assert!(matches!(asks(&mut log, &before), Past::Later(_)));
        let asked = disk.orders.try_recv();
        assert!(matches!(asked, Ok(Order::Recall { ask, .. }) if ask == before));
        let earlier = Seq {
            generation: 8,
            count: 2,
        };
        for seen in [earlier.token().unwrap(), place(2)] {
            let since = Ask::Since(Hex128(7), seen.clone());
            assert!(matches!(asks(&mut log, &since), Past::Later(_)));
            let Ok(Order::Recall { ask, until, .. }) = disk.orders.try_recv() else {
                panic!("the disk is not asked");
            };
            assert_eq!(ask, Ask::Whether(Hex128(7), seen));
            assert_eq!(until.count, 3 + lost);
        }
    }
}

/// What the disk was given and has not kept yet, it may keep after it has answered.
#[test]
fn who_has_seen_what_the_disk_may_still_keep_is_told_only_that_the_rest_is_lost() {
    let (mut log, mut disk) = log_with(Vec::new(), true);
    say(&mut log, "a");
    disk.keeps(&mut log, 1);
    out(&mut log);
    say(&mut log, "b");
    disk.fails(&mut log);
    for _ in 0..1001 {
        say(&mut log, "x");
    }
    out(&mut log);
    disk.given();
    for count in [1, 2] {
        let seen = Seq {
            generation: 9,
            count,
        };
        let since = Ask::Since(Hex128(7), place(count));
        // Memory has more than a page, and none of that is lost.
        let Past::Here(page) = asks_after(&mut log, &since, Some(seen)) else {
            panic!("the disk was asked");
        };
        assert!(page.more && !page.lost);
        let Past::Here(end) = asks_after(&mut log, &Ask::Before(place(4), 9), Some(seen)) else {
            panic!("the disk was asked");
        };
        assert!(!end.more && end.lost);
    }
    // The numbers of another start are others.
    let seen = Seq {
        generation: 8,
        count: 2,
    };
    let before = asks_after(&mut log, &Ask::Before(place(4), 9), Some(seen));
    assert!(matches!(before, Past::Later(_)));
}

#[test]
fn a_disk_that_did_not_answer_in_time_is_asked_again_when_it_answers_anything() {
    let (mut log, mut disk) = log_with(Vec::new(), true);
    let ask = Ask::Recent(9);
    say(&mut log, "a");
    disk.waits(&mut log, PATIENCE / 2);
    disk.fails(&mut log);
    out(&mut log);
    let before = Ask::Before(place(1), 9);
    let Past::Later(late) = asks(&mut log, &before) else {
        panic!("the disk is full, but can be read");
    };
    disk.waits(&mut log, PATIENCE - Duration::from_nanos(1));
    assert!(late.is_empty());
    disk.waits(&mut log, Duration::from_nanos(1));
    assert!(late.try_recv().unwrap().lost);
    assert!(matches!(asks(&mut log, &before), Past::Here(_)));
    let Past::Here(replay) = asks(&mut log, &ask) else {
        panic!("nobody waits for it");
    };
    assert!(replay.lost);
    disk.fails(&mut log);
    let Past::Later(later) = asks(&mut log, &before) else {
        panic!("it answers again");
    };
    // The time counts from the question.
    disk.waits(&mut log, PATIENCE - Duration::from_nanos(1));
    assert!(later.is_empty());
}

#[test]
fn a_start_that_has_taken_nothing_names_the_newest_message_of_an_earlier_one() {
    let (mut log, mut disk) = log_with(Vec::new(), true);
    let (none, newest) = (log.last(), Seq::parse("0000000000000008-3").unwrap());
    assert_eq!((none.count, log.message_at(none)), (0, newest));
    say(&mut log, "a");
    disk.keeps(&mut log, 1);
    out(&mut log);
    assert_eq!(
        (log.message_at(log.last()), log.message_at(none)),
        (log.last(), newest)
    );
    let (empty, _) = log_with(Vec::new(), false);
    assert_eq!(empty.message_at(none), none);
}
