//! Whether the checker finds what it is there for.

use super::Checker;
use crate::member::What;

/// Who is told what, in the order in which it happens.
type Story = Vec<(usize, What)>;

fn heard(who: &str, number: u64, count: u64) -> What {
    What::Heard(who.to_owned(), number, format!("a-{count}"), false)
}

fn here(names: &[&str]) -> What {
    What::Here(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Ann and ben have said two texts each, and cleo, who listens, has gone.
fn good() -> Story {
    vec![
        (0, here(&["ann"])),
        (0, What::Came("ben".to_owned())),
        (0, What::Came("cleo".to_owned())),
        (1, here(&["ann", "ben", "cleo"])),
        (2, here(&["ann", "ben", "cleo"])),
        (0, What::Arrived(1)),
        (1, heard("ann", 1, 1)),
        (2, heard("ann", 1, 1)),
        (0, heard("ben", 1, 2)),
        (0, heard("ben", 2, 3)),
        (1, What::Arrived(1)),
        (1, What::Arrived(2)),
        (2, heard("ben", 1, 2)),
        (2, heard("ben", 2, 3)),
        (1, heard("ann", 2, 4)),
        (0, What::Arrived(2)),
        (2, heard("ann", 2, 4)),
        (0, What::Went("cleo".to_owned())),
    ]
}

/// Judges the story after a change.
fn judge(change: impl FnOnce(&mut Story)) -> (Checker, Vec<String>) {
    let mut checker = Checker::default();
    let numbers = ["ann", "ben", "cleo"].map(|name| checker.enter(name));
    assert_eq!(numbers, [0, 1, 2]);
    for _ in 0..2 {
        checker.says(0);
        checker.says(1);
    }
    let mut story = good();
    change(&mut story);
    for (member, what) in &story {
        checker.told(*member, what);
    }
    checker.end();
    let faults = checker.faults();
    let words = faults
        .iter()
        .map(|(name, words)| format!("{name}: {words}"));
    let words = words.collect();
    (checker, words)
}

#[test]
fn what_is_right_is_not_blamed_and_nothing_of_it_is_kept() {
    let (checker, faults) = judge(|_| {});
    assert_eq!(faults, [""; 0]);
    assert_eq!(checker.open(), 0);
    assert!(checker.log.is_empty(), "{:?}", checker.log);
    assert_eq!(checker.most_open(), 4);
}

#[test]
fn each_fault_is_found() {
    type Change = fn(&mut Story);
    let changes: [(&str, Change); 22] = [
        // Loss.
        ("ann: heard 1 of 2 texts of ben", |story| {
            drop(story.remove(9))
        }),
        ("ann: 2 of ben follows 0", |story| drop(story.remove(8))),
        ("cleo: heard 1 of 2 texts of ann", |story| {
            drop(story.remove(16))
        }),
        ("ann: 1 of 2 have arrived", |story| drop(story.remove(15))),
        ("ben: 2 arrives after 0", |story| drop(story.remove(10))),
        ("ann: something is missing", |story| {
            story.push((0, What::Gap))
        }),
        // Doubling: at once, when it is through, at another place, and long after.
        ("ann: 1 of ben comes twice", |story| {
            story.insert(9, story[8].clone())
        }),
        ("ann: 2 of ben comes twice", |story| {
            story.push((0, heard("ben", 2, 3)))
        }),
        ("ann: 2 of ben comes twice", |story| {
            story.push((0, heard("ben", 2, 5)))
        }),
        ("cleo: 1 of ann comes twice", |story| {
            story.push((2, heard("ann", 1, 1)))
        }),
        ("ann: 2 arrives after 2", |story| {
            story.push((0, What::Arrived(2)))
        }),
        // Disorder.
        ("ben: 2 of ann follows 0", |story| story.swap(6, 14)),
        ("cleo: 1 of ben at", |story| {
            story[7] = (2, heard("ann", 1, 6))
        }),
        ("ann: 1 of ben and another", |story| {
            story[6] = (1, heard("ann", 1, 2));
            story.remove(7);
        }),
        ("cleo: 2 of ann has two", |story| {
            story[16] = (2, heard("ann", 2, 5))
        }),
        ("ann: 2 of ben at", |story| {
            story[9] = (0, heard("ben", 2, 2))
        }),
        ("ann: 3 arrives after 2", |story| {
            story.push((0, What::Arrived(3)))
        }),
        // What was never said, or of those who are not here.
        ("ann: 3 of ben, which it has", |story| {
            story.push((0, heard("ben", 3, 5)))
        }),
        ("ann: 1 of dan, which nobody", |story| {
            story.push((0, heard("dan", 1, 5)))
        }),
        ("ann: 1 of ben, who is not here", |story| {
            drop(story.remove(1))
        }),
        ("ann: cleo goes and is not here", |story| {
            drop(story.remove(2))
        }),
        ("ben: replaced", |story| {
            story.push((1, What::Wrong("replaced".to_owned())))
        }),
    ];
    for (words, change) in changes {
        let (_, faults) = judge(change);
        let is_found = faults.iter().any(|fault| fault.starts_with(words));
        assert!(is_found, "{words}: {faults:?}");
    }
}

#[test]
fn a_text_that_is_through_stays_so_when_the_past_shows_it_to_its_sender() {
    let (checker, faults) = judge(|story| story.push((0, heard("ann", 2, 4))));
    assert_eq!(faults, [""; 0]);
    assert_eq!(checker.open(), 0);
    assert!(checker.log.is_empty(), "{:?}", checker.log);
}

#[test]
fn what_is_not_through_is_kept() {
    for missing in [15, 16] {
        let (checker, _) = judge(|story| drop(story.remove(missing)));
        assert_eq!(checker.open(), 1, "{missing}");
        assert_eq!(checker.log.len(), 1, "{missing}");
    }
    // A text of its own that the past shows does not count for another one's.
    let (checker, _) = judge(|story| story[16] = (0, heard("ann", 2, 4)));
    assert_eq!(checker.open(), 1);
}

#[test]
fn a_text_of_long_ago_that_comes_again_is_found_when_nothing_of_it_is_kept() {
    for place in [1, 20_001] {
        let mut checker = Checker::default();
        let [ann, ben] = ["ann", "ben"].map(|name| checker.enter(name));
        for number in 1..=20_000 {
            assert_eq!(checker.says(ann), number);
            checker.told(ben, &heard("ann", number, number));
            checker.told(ann, &What::Arrived(number));
        }
        assert_eq!((checker.open(), checker.most_open()), (0, 1));
        assert_eq!(checker.faults(), []);
        checker.told(ben, &heard("ann", 1, place));
        let faults = checker.faults();
        let words = "1 of ann comes twice, after 20000".to_owned();
        assert_eq!(faults, [("ben".to_owned(), words)]);
    }
}

#[test]
fn who_has_heard_nothing_newer_is_deaf() {
    let mut checker = Checker::default();
    let [ann, ben] = ["ann", "ben"].map(|name| checker.enter(name));
    checker.says(ann);
    checker.says(ben);
    let said = checker.said_by_each();
    checker.told(ann, &heard("ben", 1, 1));
    checker.told(ben, &heard("ann", 1, 2));
    checker.says(ann);
    checker.says(ben);
    checker.told(ben, &heard("ann", 2, 3));
    assert_eq!(checker.deaf_since(&said), [ann]);
    checker.told(ann, &heard("ben", 2, 4));
    assert!(checker.deaf_since(&said).is_empty());
}
