//! Doctored journals in which the disk takes nothing, a plain member hears what is in memory only, and the server is
//! killed.

use super::{Kind, judge, kinds};

/// Ann's third text and ben's second one are heard by pia only, and then forgotten. Both are said again in another
/// order, with a new text between them.
const FORGOTTEN: &str = "\
0.0 server.1 starts
0.1 ann.1 granted 3f
0.1 ann.1 caught-up a-0 true
0.2 ben.1 granted 3f
0.2 ben.1 caught-up a-0 true
0.2 eve.1 granted 3f
0.2 eve.1 caught-up a-0 true
0.3 pia.1 plain
1.0 ann.1 says 1
1.1 ben.1 heard ann.1.1 a-1 live
1.1 eve.1 heard ann.1.1 a-1 live
1.1 pia.1 heard ann.1.1 - live
1.1 ann.1 arrived 1 a-1
3.2 disk.1 full
3.3 ann.1 says 2
3.4 ben.1 heard ann.1.2 a-2 live
3.4 eve.1 heard ann.1.2 a-2 live
3.4 pia.1 heard ann.1.2 - live
3.4 ann.1 arrived 2 a-2
3.5 ben.1 says 1
3.6 ann.1 heard ben.1.1 a-3 live
3.6 eve.1 heard ben.1.1 a-3 live
3.6 pia.1 heard ben.1.1 - live
3.6 ben.1 arrived 1 a-3
3.6 ann.1 says 3
3.7 ben.1 heard ann.1.3 a-4 live
3.7 eve.1 heard ann.1.3 a-4 live
3.7 pia.1 heard ann.1.3 - live
3.7 ann.1 arrived 3 a-4
3.8 ann.1 says 4
3.8 ben.1 says 2
3.8 pia.1 heard ann.1.4 - live
3.8 pia.1 heard ben.1.2 - live
3.8 pia.1 ends
3.8 server.1 stops killed
4.0 disk.1 fine
4.1 server.2 starts
4.2 ann.1 granted 3f
4.2 ann.1 caught-up a-4 true
4.2 ben.1 granted 3f
4.2 ben.1 caught-up a-4 true
4.2 eve.1 granted 3f
4.2 eve.1 caught-up a-4 true
4.3 pia.2 plain
4.3 ben.1 says 3
4.4 ann.1 heard ben.1.2 b-1 live
4.4 eve.1 heard ben.1.2 b-1 live
4.4 pia.2 heard ben.1.2 - live
4.4 ann.1 heard ben.1.3 b-2 live
4.4 eve.1 heard ben.1.3 b-2 live
4.4 pia.2 heard ben.1.3 - live
4.4 ben.1 arrived 2 b-1
4.4 ben.1 arrived 3 b-2
4.5 ben.1 heard ann.1.4 b-3 live
4.5 eve.1 heard ann.1.4 b-3 live
4.5 pia.2 heard ann.1.4 - live
4.5 ann.1 arrived 4 b-3
";

/// What is found where a plain member heard b-3 and b-1 one after the other, and b-2 not at all, if that is not
/// forgiven.
const BOTH: [Kind; 2] = [Kind::OutOfOrder, Kind::Lost];

/// What the checker finds when these lines are replaced.
#[track_caller]
fn with(changes: &[(&str, &str)]) -> Vec<Kind> {
    let mut journal = FORGOTTEN.to_owned();
    for (line, by) in changes {
        let line = format!("{line}\n");
        assert_eq!(journal.matches(&line).count(), 1, "{line}");
        journal = journal.replace(&line, by);
    }
    kinds(&judge(&journal))
}

#[test]
fn what_a_plain_member_heard_before_it_was_forgotten_may_come_again_in_another_order() {
    let verdict = judge(FORGOTTEN);
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    assert_eq!(verdict.forgiven, 2);
}

#[test]
fn the_same_is_a_fault_if_the_disk_was_fine_or_the_server_did_not_end_then() {
    assert_eq!(with(&[("3.2 disk.1 full", "")]), BOTH);
    let after_it = ("3.8 pia.1 ends", "3.85 disk.1 full\n3.8 pia.1 ends\n");
    assert_eq!(with(&[("3.2 disk.1 full", ""), after_it]), BOTH);
    let killed = "3.8 server.1 stops killed";
    assert_eq!(with(&[(killed, "")]), BOTH);
    // What comes a moment after the end of the server was sent before it.
    for (at, found) in [("2.81", &[][..]), ("2.79", &BOTH[..])] {
        let earlier = format!("0.2 ben.1 caught-up a-0 true\n{at} server.1 stops killed\n");
        let earlier = ("0.2 ben.1 caught-up a-0 true", earlier.as_str());
        assert_eq!(with(&[(killed, ""), earlier]), found, "{at}");
    }
    // This connection is one to the next start.
    let late = ("0.3 pia.1 plain", "3.0 pia.1 plain\n");
    let earlier = (
        "1.0 ann.1 says 1",
        "1.0 ann.1 says 1\n2.9 server.1 stops killed\n",
    );
    assert_eq!(with(&[(killed, ""), earlier, late]), BOTH);
}

#[test]
fn the_same_is_a_fault_if_a_member_knew_of_that_start_of_the_server_before() {
    let journal = FORGOTTEN
        .replace(" b-3 ", " a-7 ")
        .replace(" b-3\n", " a-7\n");
    let journal = journal
        .replace(" b-2 ", " a-6 ")
        .replace(" b-2\n", " a-6\n");
    let journal = journal
        .replace(" b-1 ", " a-5 ")
        .replace(" b-1\n", " a-5\n");
    assert_eq!(kinds(&judge(&journal)), BOTH);
}

#[test]
fn what_a_plain_member_did_not_hear_then_or_heard_twice_or_in_another_order_is_found() {
    let line = "3.6 pia.1 heard ben.1.1 - live";
    let twice = format!("{line}\n{line}\n");
    let swapped = "3.7 pia.1 heard ann.1.3 - live\n3.7 pia.1 heard ben.1.1 - live\n";
    assert_eq!(with(&[(line, "")]), [Kind::Lost]);
    assert_eq!(with(&[(line, &twice)]), [Kind::Doubled]);
    let out_of_order = with(&[(line, ""), ("3.7 pia.1 heard ann.1.3 - live", swapped)]);
    assert!(out_of_order.contains(&Kind::OutOfOrder));
    let forgotten = "3.8 pia.1 heard ann.1.4 - live";
    let twice = format!("{forgotten}\n{forgotten}\n");
    assert_eq!(with(&[(forgotten, &twice)]), [Kind::Doubled]);
}

#[test]
fn what_a_plain_member_hears_of_the_next_start_is_not_forgiven() {
    let line = "4.4 pia.2 heard ben.1.3 - live";
    let next = "4.5 pia.2 heard ann.1.4 - live";
    let twice = format!("{line}\n{line}\n");
    let swapped = format!("{next}\n{line}\n");
    // Also not while the disk takes nothing for longer.
    for disk in ["4.0 disk.1 fine\n", ""] {
        let fine = ("4.0 disk.1 fine", disk);
        assert_eq!(with(&[fine, (line, "")]), [Kind::Lost]);
        assert_eq!(with(&[fine, (line, &twice)]), [Kind::Doubled]);
        assert!(with(&[fine, (line, ""), (next, &swapped)]).contains(&Kind::OutOfOrder));
    }
}

#[test]
fn what_a_member_with_a_grant_was_not_shown_then_or_twice_or_in_another_order_is_found() {
    let unkept = (
        "3.4 eve.1 heard ann.1.2 a-2 live",
        "3.6 eve.1 heard ben.1.1 a-3 live",
    );
    let said_again = (
        "4.4 eve.1 heard ben.1.2 b-1 live",
        "4.4 eve.1 heard ben.1.3 b-2 live",
    );
    for (line, next) in [unkept, said_again] {
        let twice = format!("{line}\n{line}\n");
        let swapped = format!("{next}\n{line}\n");
        assert_eq!(with(&[(line, &twice)]), [Kind::Doubled]);
        assert!(with(&[(line, ""), (next, &swapped)]).contains(&Kind::OutOfOrder));
    }
    assert_eq!(with(&[(unkept.0, "")]), [Kind::Lost]);
    assert_eq!(with(&[(said_again.1, "")]), [Kind::Lost]);
}
