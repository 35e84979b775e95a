//! Doctored journals: one that is in order, and what the checker says when something in it is changed.

mod unkept;

use super::{Kind, Verdict, check};
use crate::journal::Entry;

/// Ann and ben have a grant, pia has none. The server is killed once, and ben's program too.
const GOOD: &str = "\
0.0 server.1 starts
0.1 ann.1 connected
0.1 ann.1 granted 3f
0.1 ann.1 caught-up a-0 true
0.2 ben.1 connected
0.2 ben.1 granted 3f
0.2 ben.1 caught-up a-0 true
0.3 pia.1 plain
1.0 ann.1 says 1
1.1 ben.1 heard ann.1.1 a-1 live
1.1 ann.1 arrived 1 a-1
1.1 pia.1 heard ann.1.1 - live
1.2 pia.1 says 1
1.3 ann.1 heard pia.1.1 a-2 live
1.3 ben.1 heard pia.1.1 a-2 live
1.4 ann.1 says 2
1.5 ben.1 heard ann.1.2 a-3 live
1.5 ann.1 arrived 2 a-3
1.5 pia.1 heard ann.1.2 - live
1.6 ben.1 says 1
1.7 ben.1 says 2
1.8 ann.1 heard ben.1.1 a-4 live
1.8 pia.1 heard ben.1.1 - live
2.0 server.1 stops killed
2.0 pia.1 ends
2.1 ben.1 arrived 1 a-4
2.2 ben.1 ends
2.3 ben.1 note its network is fair
3.0 server.2 starts
3.1 ann.1 granted 3f
3.1 ann.1 caught-up a-4 true
3.2 ann.1 says 3
3.3 ann.1 arrived 3 b-1
3.4 pia.2 plain
3.5 ben.2 granted 3f
3.5 ben.2 here ann ben pia
3.5 ben.2 heard ann.1.3 b-1 past
3.5 ben.2 caught-up b-1 true
3.6 ben.2 says 1
3.7 ben.2 arrived 1 b-2
3.7 ann.1 heard ben.2.1 b-2 live
3.7 pia.2 heard ben.2.1 - live
3.8 ann.1 says 4
3.9 ann.1 arrived 4 b-3
3.9 ben.2 heard ann.1.4 b-3 live
3.9 pia.2 heard ann.1.4 - live
4.0 eve.1 granted 3f
4.0 eve.1 heard ann.1.4 b-3 past
4.0 eve.1 caught-up b-3 true
4.1 eve.1 asks
4.2 eve.1 heard ben.2.1 b-2 past
4.2 eve.1 heard ann.1.3 b-1 past
4.2 eve.1 heard ben.1.1 a-4 past
4.2 eve.1 heard ann.1.2 a-3 past
4.3 eve.1 heard pia.1.1 a-2 past
4.3 eve.1 heard ann.1.1 a-1 past
4.3 eve.1 earlier false
4.4 ben.2 came eve
";

fn judge(journal: &str) -> Verdict {
    let entries: Vec<_> = journal
        .lines()
        .map(|line| Entry::parse(line).expect(line))
        .collect();
    check(&entries)
}

/// What the checker finds when one line of the good journal is replaced by others.
#[track_caller]
fn doctored(line: &str, by: &str) -> Vec<Kind> {
    assert_eq!(GOOD.matches(&format!("{line}\n")).count(), 1, "{line}");
    let lines = GOOD.replace(&format!("{line}\n"), by);
    kinds(&judge(&lines))
}

fn kinds(verdict: &Verdict) -> Vec<Kind> {
    verdict.faults.iter().map(|fault| fault.kind).collect()
}

#[test]
fn a_good_journal_is_good_and_each_of_its_deliveries_is_counted() {
    let verdict = judge(GOOD);
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    let Verdict {
        said,
        said_plainly,
        arrived,
        deliveries,
        forgiven,
        ..
    } = verdict;
    assert_eq!((said, said_plainly, arrived), (7, 1, 6));
    assert_eq!((deliveries, forgiven), (20, 0));
}

#[test]
fn a_lost_text_is_found() {
    assert_eq!(
        doctored("1.5 ben.1 heard ann.1.2 a-3 live", ""),
        [Kind::Lost]
    );
    assert_eq!(
        doctored("1.8 ann.1 heard ben.1.1 a-4 live", ""),
        [Kind::Lost]
    );
    assert_eq!(
        doctored("3.9 ben.2 heard ann.1.4 b-3 live", ""),
        [Kind::Lost]
    );
    assert_eq!(
        doctored("3.5 ben.2 heard ann.1.3 b-1 past", ""),
        [Kind::Lost]
    );
}

#[test]
fn a_gap_excuses_nothing_by_itself() {
    let gap = doctored("3.5 ben.2 heard ann.1.3 b-1 past", "3.5 ben.2 gap\n");
    assert_eq!(gap, [Kind::Lost]);
}

#[test]
fn a_doubled_text_is_found_also_after_a_restart_and_with_another_place() {
    let live = "1.5 ben.1 heard ann.1.2 a-3 live";
    assert_eq!(
        doctored(live, &format!("{live}\n{live}\n")),
        [Kind::Doubled]
    );
    let past = "3.5 ben.2 heard ann.1.3 b-1 past";
    let again = format!("3.5 ben.2 heard ann.1.2 a-3 past\n{past}\n");
    assert_eq!(doctored(past, &again), [Kind::Doubled]);
    let logged_again = "3.75 ann.1 heard ben.1.1 b-4 live\n3.8 ann.1 says 4\n";
    let found = doctored("3.8 ann.1 says 4", logged_again);
    let doubled = found.iter().filter(|kind| **kind == Kind::Doubled);
    assert_eq!(doubled.count(), 2, "two places, and shown twice");
    let to_its_sender = "3.7 ben.2 arrived 1 b-2\n3.7 ben.2 heard ben.2.1 b-2 live\n";
    assert_eq!(
        doctored("3.7 ben.2 arrived 1 b-2", to_its_sender),
        [Kind::Doubled]
    );
}

#[test]
fn swapped_texts_are_found() {
    let swapped = "1.3 ben.1 heard ann.1.2 a-3 live\n1.5 ben.1 heard pia.1.1 a-2 live\n";
    let rest = GOOD.replace("1.5 ben.1 heard ann.1.2 a-3 live\n", "");
    let lines = rest.replace("1.3 ben.1 heard pia.1.1 a-2 live\n", swapped);
    assert!(kinds(&judge(&lines)).contains(&Kind::OutOfOrder));
}

#[test]
fn a_text_that_overtakes_another_one_of_its_sender_is_found() {
    let lines = GOOD
        .replace("ann.1.1 ", "ann.1.9 ")
        .replace("ann.1.2 ", "ann.1.1 ");
    let lines = lines.replace("ann.1.9 ", "ann.1.2 ");
    assert_eq!(kinds(&judge(&lines)), [Kind::OutOfOrder]);
}

#[test]
fn a_text_whose_sender_does_not_know_that_it_arrived_is_found() {
    assert_eq!(doctored("3.9 ann.1 arrived 4 b-3", ""), [Kind::Unconfirmed]);
    let twice = "3.9 ann.1 arrived 4 b-3\n3.9 ann.1 arrived 4 b-3\n";
    assert_eq!(doctored("3.9 ann.1 arrived 4 b-3", twice), [Kind::Wrong]);
    let unsure = doctored("3.9 ann.1 arrived 4 b-3", "3.9 ann.1 unsure 4\n");
    assert_eq!(unsure, [Kind::Unconfirmed; 2]);
}

#[test]
fn a_program_that_leaves_may_say_that_something_may_not_have_arrived() {
    let said = "2.1 ben.1 arrived 1 a-4";
    let leaves = format!("{said}\n2.1 ben.1 leaves\n2.1 ben.1 unsure 2\n");
    assert_eq!(doctored(said, &leaves), []);
    let too_early = format!("{said}\n2.1 ben.1 unsure 2\n2.1 ben.1 leaves\n");
    assert_eq!(doctored(said, &too_early), [Kind::Unconfirmed]);
}

#[test]
fn a_text_that_arrived_and_was_shown_to_nobody_is_found() {
    let said = "2.1 ben.1 arrived 1 a-4";
    assert_eq!(
        doctored(said, &format!("{said}\n2.1 ben.1 arrived 2 a-5\n")),
        [Kind::Lost]
    );
}

#[test]
fn what_a_program_had_not_brought_into_the_log_when_it_was_killed_may_be_lost() {
    // Ben's second text is such a one. A later text of the same run may not overtake it.
    let lines = GOOD.replace("1.7 ben.1 says 2", "1.7 ben.1 says 2\n1.7 ben.1 says 3");
    let heard = "1.9 ann.1 heard ben.1.3 a-5 live\n2.0 server.1 stops killed";
    let lines = lines.replace("2.0 server.1 stops killed", heard);
    let in_the_log = "4.2 eve.1 heard ben.1.3 a-5 past\n4.2 eve.1 heard ben.1.1 a-4 past";
    let lines = lines.replace("4.2 eve.1 heard ben.1.1 a-4 past", in_the_log);
    assert_eq!(kinds(&judge(&lines)), [Kind::Lost]);
}

#[test]
fn what_a_plain_member_did_not_hear_or_heard_twice_or_in_another_order_is_found() {
    let line = "1.5 pia.1 heard ann.1.2 - live";
    assert_eq!(doctored(line, ""), [Kind::Lost]);
    assert_eq!(
        doctored(line, &format!("{line}\n{line}\n")),
        [Kind::Doubled]
    );
    let own = format!("{line}\n1.5 pia.1 heard pia.1.1 - live\n");
    assert_eq!(doctored(line, &own), [Kind::Doubled]);
    let last = "3.9 pia.2 heard ann.1.4 - live";
    assert_eq!(doctored(last, ""), [Kind::Lost]);
    let next = "1.8 pia.1 heard ben.1.1 - live";
    let rest = GOOD.replace(&format!("{line}\n"), "");
    let swapped = rest.replace(next, &format!("{next}\n{line}"));
    assert!(kinds(&judge(&swapped)).contains(&Kind::OutOfOrder));
}

#[test]
fn what_a_plain_member_said_and_no_member_was_shown_is_found() {
    let line = "3.7 pia.2 heard ben.2.1 - live";
    let more = format!("{line}\n3.75 pia.2 says 1\n");
    assert_eq!(doctored(line, &more), [Kind::Lost]);
    let line = "1.2 pia.1 says 1";
    let not_the_first = GOOD.replace(&format!("{line}\n"), "1.2 pia.1 says 1\n1.2 pia.1 says 2\n");
    let not_the_first = not_the_first.replace("heard pia.1.1 ", "heard pia.1.2 ");
    assert_eq!(kinds(&judge(&not_the_first)), [Kind::Lost]);
    let heard = "3.9 pia.2 heard ann.1.4 - live\n3.9 pia.2 heard kim.1.1 - live\n";
    assert_eq!(
        doctored("3.9 pia.2 heard ann.1.4 - live", heard),
        [Kind::Lost]
    );
}

#[test]
fn a_text_that_is_not_in_the_log_at_the_end_is_found() {
    assert_eq!(
        doctored("4.2 eve.1 heard ann.1.2 a-3 past", ""),
        [Kind::Lost]
    );
    let line = "4.2 eve.1 heard ann.1.2 a-3 past";
    assert_eq!(
        doctored(line, &format!("{line}\n{line}\n")),
        [Kind::OutOfOrder]
    );
}

#[test]
fn what_is_damaged_or_has_no_place_is_found() {
    let line = "3.9 ben.2 heard ann.1.4 b-3 live";
    assert!(doctored(line, "3.9 ben.2 damaged from ann\n").contains(&Kind::Wrong));
    assert!(doctored(line, "3.9 ben.2 heard ann.1.4 - live\n").contains(&Kind::Wrong));
    assert!(doctored(line, "3.9 ben.2 heard ann.1.4 b-2 live\n").contains(&Kind::Wrong));
}

#[test]
fn who_comes_back_with_a_place_that_was_forgotten_may_be_shown_everything_again() {
    let again = "3.1 ann.1 granted 3f\n3.1 ann.1 heard pia.1.1 a-2 past";
    let doubled = GOOD.replace("3.1 ann.1 granted 3f", again);
    let late = doubled.replace("1.3 ann.1 heard pia.1.1 a-2 live\n", "");
    for (lines, kind) in [(doubled, Kind::Doubled), (late, Kind::OutOfOrder)] {
        assert_eq!(kinds(&judge(&lines)), [kind]);
        let lines = lines.replace("1.6 ben.1 says 1", "1.55 disk.1 full\n1.6 ben.1 says 1");
        let lines = lines.replace(
            "3.0 server.2 starts",
            "2.9 disk.1 fine\n3.0 server.2 starts",
        );
        let verdict = judge(&lines);
        assert_eq!((kinds(&verdict), verdict.forgiven), (vec![], 1));
    }
}

#[test]
fn what_is_missing_is_forgiven_only_if_it_was_not_kept_and_the_server_ended_then_or_told_of_it() {
    let lost = GOOD.replace("1.8 ann.1 heard ben.1.1 a-4 live\n", "");
    let with = |from: &str, until: &str| {
        let lines = lost.replace("1.6 ben.1 says 1", &format!("{from}\n1.6 ben.1 says 1"));
        judge(&lines.replace(
            "3.0 server.2 starts",
            &format!("3.0 server.2 starts\n{until}"),
        ))
    };
    let full = with("1.55 disk.1 full", "3.0 disk.1 fine");
    assert_eq!((kinds(&full), full.forgiven), (vec![], 1));
    let full_before = with("1.55 disk.1 full\n1.56 disk.1 fine", "3.0 disk.1 fine");
    assert_eq!(kinds(&full_before), [Kind::Lost]);
    let locked_for_a_moment = with("1.55 disk.1 locked", "3.0 disk.1 fine");
    assert_eq!(kinds(&locked_for_a_moment), [Kind::Lost]);
    let told = lost.replace("2.0 server.1 stops killed\n", "");
    let told = told.replace(
        "3.1 ann.1 caught-up a-4 true",
        "3.1 ann.1 gap\n3.1 ann.1 caught-up a-4 true",
    );
    assert_eq!(kinds(&judge(&told)), [Kind::Lost]);
    let told = judge(&told.replace("1.6 ben.1 says 1", "1.55 disk.1 full\n1.6 ben.1 says 1"));
    assert_eq!((kinds(&told), told.forgiven), (vec![], 1));
    let ended_later = GOOD.replace("1.3 ann.1 heard pia.1.1 a-2 live\n", "");
    let ended_later = ended_later.replace("1.2 pia.1 says 1", "1.15 disk.1 full\n1.2 pia.1 says 1");
    assert_eq!(kinds(&judge(&ended_later)), [Kind::Lost]);
    // What comes a moment after the end of the server was said before it.
    for (stop, kind) in [("0.81", vec![]), ("0.79", vec![Kind::Lost])] {
        let ended = lost.replace("2.0 server.1 stops killed\n", "");
        let ended = ended.replace("1.6 ben.1 says 1", "1.55 disk.1 full\n1.6 ben.1 says 1");
        let ended = format!("{stop} server.1 stops killed\n{ended}");
        assert_eq!(kinds(&judge(&ended)), kind, "{stop}");
    }
    let not_ended = lost.replace("1.6 ben.1 says 1", "1.55 disk.1 full\n1.6 ben.1 says 1");
    let not_ended = not_ended.replace("2.0 server.1 stops killed\n", "");
    assert_eq!(kinds(&judge(&not_ended)), [Kind::Lost]);
}

#[test]
fn a_member_that_does_not_know_who_is_there_is_found() {
    assert_eq!(doctored("4.4 ben.2 came eve", ""), [Kind::Wrong]);
    let went = "4.4 ben.2 came eve\n4.4 ben.2 went pia\n";
    assert_eq!(doctored("4.4 ben.2 came eve", went), [Kind::Wrong]);
}
