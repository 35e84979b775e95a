//! Who gets which part of a batch, and who goes because of it.

use super::*;

#[test]
fn who_leaves_gets_what_was_said_before_and_not_its_own_leave() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    hub.says(ADA, "ada", "before");
    hub.leaves(BOB, "bob");
    hub.says(ADA, "ada", "after");
    hub.flush();
    assert_eq!(taken(&mut bob), text("ada", "before"));
    assert!(is_over(&mut bob));
    assert_eq!(taken(&mut ada), [join("bob"), leave("bob")].concat());
}

#[test]
fn who_joins_in_the_middle_of_a_batch_gets_only_what_comes_behind_it() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.connect(BOB, ROOMY);
    hub.says(ADA, "ada", "before");
    hub.joins(BOB, "bob");
    hub.says(BOB, "bob", "hello");
    hub.says(ADA, "ada", "after");
    hub.flush();
    assert_eq!(taken(&mut bob), text("ada", "after"));
    assert_eq!(
        taken(&mut ada),
        [join("bob"), text("bob", "hello")].concat()
    );
    hub.says(ADA, "ada", "the next batch");
    hub.flush();
    assert_eq!(taken(&mut bob), text("ada", "the next batch"));
}

#[test]
fn who_comes_and_goes_within_one_batch_gets_what_was_said_meanwhile() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.connect(BOB, ROOMY);
    hub.says(ADA, "ada", "before");
    hub.joins(BOB, "bob");
    hub.says(ADA, "ada", "meanwhile");
    hub.leaves(BOB, "bob");
    hub.says(ADA, "ada", "after");
    hub.flush();
    assert_eq!(taken(&mut bob), text("ada", "meanwhile"));
    assert!(is_over(&mut bob));
    assert_eq!(taken(&mut ada), [join("bob"), leave("bob")].concat());
}

#[test]
fn a_name_may_change_hands_within_one_batch() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    let mut eve = hub.connect(EVE, ROOMY);
    hub.leaves(BOB, "bob");
    hub.joins(EVE, "bob");
    hub.says(EVE, "bob", "I am new");
    hub.flush();
    assert_eq!(taken(&mut bob), "");
    assert_eq!(taken(&mut eve), "");
    let seen = [
        join("bob"),
        leave("bob"),
        join("bob"),
        text("bob", "I am new"),
    ];
    assert_eq!(taken(&mut ada), seen.concat());
}

#[test]
fn a_second_join_on_a_connection_changes_nothing() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _bob = hub.member(BOB, "bob", ROOMY);
    hub.joins(BOB, "bob");
    hub.joins(BOB, "robert");
    hub.says(BOB, "robert", "under my second name");
    hub.says(BOB, "bob", "under my first name");
    hub.flush();
    let heard = [join("bob"), text("bob", "under my first name")];
    assert_eq!(taken(&mut ada), heard.concat());
    let _robert = hub.member(EVE, "robert", ROOMY);
    assert_eq!(taken(&mut ada), join("robert"), "the name is still free");
}

#[test]
fn late_words_of_one_that_is_gone_are_not_heard_and_its_leave_is_sent_once() {
    for why in [Departure::Left, Departure::Closed, Departure::TooSlow] {
        let mut hub = hub();
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let _bob = hub.member(BOB, "bob", ROOMY);
        hub.is_gone(BOB, why);
        hub.says(BOB, "bob", "late");
        hub.happens(Event::TooLong {
            peer: BOB,
            len: 9,
            limit: 8,
        });
        hub.leaves(BOB, "bob");
        hub.joins(BOB, "bob");
        hub.flush();
        hub.is_gone(BOB, Departure::Closed);
        hub.says(BOB, "bob", "later");
        hub.flush();
        assert_eq!(taken(&mut ada), [join("bob"), leave("bob")].concat());
    }
}

#[test]
fn who_was_refused_is_told_why_and_let_go_and_nobody_else_hears_of_it() {
    for name in ["ada", "server"] {
        let mut hub = hub();
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let mut second = hub.connect(BOB, ROOMY);
        hub.joins(BOB, name);
        hub.says(BOB, name, "I am in");
        hub.joins(BOB, "bob");
        hub.happens(Event::StillHere { peer: ADA });
        hub.flush();
        let told = taken(&mut second);
        assert!(
            told.starts_with("CHAT/1.0 TEXT\r\nUsername: server\r\n"),
            "{told}"
        );
        assert!(told.ends_with("join under another one"), "{told}");
        assert!(is_over(&mut second));
        hub.is_gone(BOB, Departure::Left);
        hub.flush();
        assert_eq!(taken(&mut ada), "");
    }
}

#[test]
fn a_text_that_is_too_long_is_told_to_its_sender_alone_and_to_no_stranger() {
    let mut hub = hub();
    let [mut ada, mut bob] = [hub.member(ADA, "ada", ROOMY), hub.member(BOB, "bob", ROOMY)];
    let mut stranger = hub.connect(EVE, ROOMY);
    assert_eq!(taken(&mut ada), join("bob"));
    for peer in [BOB, EVE] {
        let (len, limit) = (4711, 4710);
        hub.happens(Event::TooLong { peer, len, limit });
    }
    hub.flush();
    let told = taken(&mut bob);
    assert!(told.contains("4711") && told.contains("4710"), "{told}");
    assert_eq!(taken(&mut ada), "");
    assert_eq!(taken(&mut stranger), "");
}

#[test]
fn a_slow_consumer_goes_and_the_others_hear_its_leave_once() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let slow = hub.member(EVE, "eve", 1);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    // The queue of one byte took the JOIN of bob, since an empty queue takes anything. Now it is full.
    assert!(!is_evicted(&slow));
    hub.says(ADA, "ada", "one");
    hub.flush();
    assert!(is_evicted(&slow));
    // The last event of its write half.
    hub.is_gone(EVE, Departure::TooSlow);
    hub.flush();
    assert_eq!(taken(&mut bob), [text("ada", "one"), leave("eve")].concat());
    let seen = [join("eve"), join("bob"), leave("eve")];
    assert_eq!(taken(&mut ada), seen.concat());
}

#[test]
fn several_slow_consumers_go_together_and_none_hears_of_the_others() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut slow = [hub.member(EVE, "eve", 1), hub.member(FAY, "fay", 1)];
    hub.says(ADA, "ada", "one");
    hub.flush();
    hub.says(ADA, "ada", "two");
    hub.flush();
    assert!(slow.iter().all(is_evicted));
    let seen = taken(&mut ada);
    let came = [join("eve"), join("fay")].concat();
    let [first, second] = [
        [leave("eve"), leave("fay")].concat(),
        [leave("fay"), leave("eve")].concat(),
    ];
    let left = seen.strip_prefix(&came);
    assert!(left == Some(&first) || left == Some(&second), "{seen}");
    // The queue of eve took the JOIN of fay and was full; that of fay took the first text.
    assert_eq!(taken(&mut slow[0]), join("fay"));
    assert_eq!(taken(&mut slow[1]), text("ada", "one"));
}

#[test]
fn an_ack_names_the_last_text_of_its_batch_so_that_nobody_goes_back_to_a_text_of_its_own() {
    let mut hub = hub();
    let mut bob = hub.offers(BOB, "bob", 1, 1);
    let _ada = hub.member(ADA, "ada", ROOMY);
    taken(&mut bob);
    let (session, count) = (Hex64(2), 1);
    let mut own = hub.speech(BOB, "bob", "own");
    if let Event::Said { own, .. } = &mut own {
        *own = Some(Id { session, count });
    }
    hub.happens(own);
    hub.says(ADA, "ada", "others");
    hub.flush();
    let told = taken(&mut bob);
    let (text, ack) = told.split_at(told.find("CHAT/1.0 ACK").unwrap());
    let place = |frame: &str| {
        let line = frame.lines().find(|line| line.starts_with("Seq: "));
        line.unwrap().to_owned()
    };
    assert!(text.contains("others"), "{told}");
    assert_eq!(place(text), place(ack));
}
