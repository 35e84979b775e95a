//! Offers, grants, and servers that want neither.

use hubbub_transport::Pin;
use hubbub_wire::{MAX_PASSWORD, Password};

use super::*;
use crate::{BACKLOG_BYTES, BACKLOG_EVENTS, Cause, Reason};

const THREE_SECONDS: Duration = Duration::from_secs(3);

fn words_of(side: &mut Side, waits: &str) -> Vec<String> {
    side.says(1, waits);
    side.sends()
}

#[test]
fn an_offer_says_who_we_are_and_how_often_we_came() {
    let mut side = Side::new();
    let offer = side.joins().unwrap();
    let first = Offer {
        version: EXTENSION,
        nonce: Hex64(1),
        session: SESSION,
        attempt: 1,
        secret: SECRET,
        since: None,
        recent: 20,
        password: None,
    };
    assert_eq!(offer, first);
    side.hears(&side.grant(ROOM, 0));
    side.hears(&replayed("a-7"));
    side.ends();
    let second = Offer {
        nonce: Hex64(2),
        attempt: 2,
        since: Some((ROOM, token("a-7"))),
        ..first
    };
    assert_eq!(side.joins(), Some(second));
}

#[test]
fn join_and_offer_are_one_write_of_less_than_900_bytes_whatever_name_place_and_password_are() {
    let long = "ü".repeat(32);
    let mut member = Member::new(Profile {
        username: name(&long).into_owned(),
        recent: u32::MAX,
        ..profile_that_has_seen(&"x".repeat(64))
    });
    let now = Side::new().now;
    let line = Line {
        pin: Some(Pin::of_key(b"key")),
        reason: Reason::Pin,
        since: now.wall,
        password: Password::new(vec![b'x'; MAX_PASSWORD]),
        is_bound: true,
    };
    member.connect(Hex64(u64::MAX), Some(line), now);
    let join = member.next(false, now).unwrap();
    let bytes = join.rest();
    let has = |words: &str| String::from_utf8_lossy(bytes).contains(words);
    assert!(has("\r\nRecent: 200\r\n") && has("\r\nPassword: eHh4"));
    let longest_attempt = u64::MAX.to_string().len() - "1".len();
    assert!(bytes.len() + longest_attempt < 900, "{}", bytes.len());
}

#[test]
fn a_place_that_cannot_be_written_is_not_offered() {
    let mut side = Side::of(profile_that_has_seen("two words"));
    assert_eq!(side.joins().unwrap().since, None);
}

#[test]
fn a_plain_member_offers_nothing() {
    let mut side = Side::of(Profile {
        plain: true,
        ..profile_that_has_seen("a-1")
    });
    assert_eq!(side.joins(), None);
    side.passes(Duration::from_millis(500));
    assert_eq!(words_of(&mut side, "hi"), ["hi"]);
}

#[test]
fn a_grant_counts_once() {
    let mut side = Side::new();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    side.hears(&side.grant(OTHER_ROOM, 0));
    assert_eq!(side.tells(), [Event::Connected, granted(false)]);
}

#[test]
fn a_grant_counts_only_with_our_name_version_and_nonce() {
    let right = |side: &Side| match side.grant(ROOM, 0) {
        Frame::Grant { grant, .. } => grant,
        _ => unreachable!(),
    };
    let wrong: [fn(&mut Grant); 3] = [
        |grant| grant.version += 1,
        |grant| grant.nonce.0 += 1,
        |grant| grant.arrived = u64::MAX,
    ];
    for make_wrong in wrong {
        let mut side = Side::new();
        side.joins();
        let mut grant = right(&side);
        make_wrong(&mut grant);
        let username = name("alice");
        side.hears(&Frame::Grant { username, grant });
        assert_eq!(side.tells(), [Event::Connected], "{grant:?}");
    }
    let mut side = Side::new();
    side.joins();
    let (username, grant) = (name("bob"), right(&side));
    side.hears(&Frame::Grant { username, grant });
    assert_eq!(side.tells(), [Event::Connected]);
    side.hears(&side.grant(ROOM, 0));
    assert_eq!(side.tells(), [granted(false)]);
}

#[test]
fn a_grant_of_an_earlier_connection_does_not_count() {
    let mut side = Side::new();
    side.joins();
    let old = side.grant(ROOM, 0);
    side.passes(THREE_SECONDS);
    side.ends();
    side.joins();
    side.tells();
    side.hears(&old);
    assert_eq!(side.tells(), []);
}

#[test]
fn a_grant_counts_within_five_seconds_and_later_ends_the_connection() {
    let given_up = Ending::GiveUp {
        why: "the server answered too late",
        cause: Cause::CutOff,
    };
    for (late, ending) in [(Duration::ZERO, None), (INSTANT, Some(given_up))] {
        let mut side = Side::new();
        side.joins();
        side.passes(Duration::from_secs(5) + late);
        let grant = side.grant(ROOM, 0);
        assert_eq!(side.hears_last(&grant), ending);
    }
}

#[test]
fn an_echo_of_the_offer_is_no_grant() {
    let mut side = Side::new();
    let offer = side.joins().unwrap();
    let username = name("alice");
    side.hears(&Frame::join(username.clone()));
    side.hears(&Frame::Offer { username, offer });
    assert_eq!(side.tells(), [Event::Connected]);
}

#[test]
fn a_server_that_closes_within_three_seconds_gets_no_offer_the_next_time() {
    for (stood, offers) in [(THREE_SECONDS - INSTANT, false), (THREE_SECONDS, true)] {
        let mut side = Side::new();
        assert!(side.joins().is_some());
        side.passes(stood);
        side.ends();
        assert_eq!(side.joins().is_some(), offers, "{stood:?}");
    }
}

#[test]
fn a_connection_that_ended_before_its_join_was_written_says_nothing_about_offers() {
    let mut side = Side::new();
    side.member.connect(Hex64(1), None, side.now);
    side.ends();
    assert!(side.joins().is_some());
}

#[test]
fn a_server_is_plain_for_good_when_it_stands_three_seconds_without_an_offer() {
    for (stood, offers) in [(THREE_SECONDS - INSTANT, true), (THREE_SECONDS, false)] {
        let mut side = Side::new();
        side.joins();
        side.ends();
        assert!(side.joins().is_none());
        side.passes(stood);
        side.ends();
        assert_eq!(side.joins().is_some(), offers, "{stood:?}");
    }
}

#[test]
fn a_refusal_is_not_taken_for_a_server_that_dislikes_offers() {
    for words in [plain("server", "taken"), notice("name", "taken")] {
        let mut side = Side::new();
        side.joins();
        side.hears(&words);
        let refusal = side.member.ended(side.now).unwrap();
        assert_eq!(refusal.words, "taken");
        assert!(side.joins().is_some());
    }
}

#[test]
fn a_server_that_has_granted_in_this_run_always_gets_an_offer() {
    let mut side = Side::granted("a-1");
    side.ends();
    for _ in 0..5 {
        assert!(side.joins().is_some());
        side.ends();
    }
}

#[test]
fn a_server_that_granted_in_an_earlier_run_gets_an_offer_however_often_it_closes() {
    let mut side = Side::of(profile_that_has_seen("a-1"));
    for _ in 0..5 {
        assert!(side.joins().is_some());
        side.ends();
    }
}

#[test]
fn where_grants_are_known_texts_wait_for_the_end_of_the_replay() {
    for mut side in [Side::of(profile_that_has_seen("a-1")), {
        let mut side = Side::granted("a-1");
        side.ends();
        side
    }] {
        side.joins();
        side.says(1, "hi");
        side.passes(THREE_SECONDS);
        assert_eq!(side.sends(), [""; 0]);
        side.hears(&side.grant(ROOM, 0));
        assert_eq!(side.sends(), [""; 0]);
        side.hears(&replayed("a-1"));
        assert_eq!(side.sends(), ["1 hi"]);
    }
}

#[test]
fn where_nothing_is_known_texts_go_as_ever_and_a_grant_comes_on_top() {
    let mut side = Side::new();
    side.joins();
    side.says(1, "early");
    assert_eq!(side.sends(), [""; 0]);
    side.passes(Duration::from_millis(500));
    assert_eq!(side.sends(), ["early"]);
    side.hears(&side.grant(ROOM, 0));
    side.hears(&replayed("a-1"));
    side.says(2, "late");
    assert_eq!(side.sends(), ["1 late"]);
    let written = |id| Event::Written { id };
    let told = side.tells();
    assert_eq!(
        told,
        [
            Event::Connected,
            written(1),
            granted(false),
            caught_up("a-1", false),
            written(2)
        ]
    );
}

#[test]
fn what_was_sent_before_the_grant_is_not_shown_again_when_it_is_replayed() {
    let mut side = Side::new();
    side.joins();
    side.says(1, "early");
    side.passes(Duration::from_millis(500));
    side.sends();
    side.hears(&side.grant(ROOM, 0));
    side.hears(&text("alice", "early", stamp("a-1", "a-1", true)));
    side.hears(&text("alice", "in another run", stamp("a-2", "a-2", true)));
    side.tells();
    side.hears(&replayed("a-2"));
    let mark = Some(Mark {
        seq: "a-2".to_owned(),
        id: "a-2".to_owned(),
        past: true,
        own: None,
    });
    let said = Event::Said {
        name: "alice".to_owned(),
        text: "in another run".to_owned(),
        bytes: None,
        mark,
    };
    assert_eq!(side.tells(), [said, caught_up("a-2", false)]);
}

fn frames_of_bob() -> [Frame<'static>; 3] {
    let bob = || name("bob");
    [Frame::join(bob()), Frame::leave(bob()), plain("bob", "hi")]
}

#[test]
fn somebody_who_is_heard_and_no_grant_within_five_seconds_show_that_nobody_grants_here_any_more() {
    for frame in frames_of_bob() {
        let mut side = Side::of(profile_that_has_seen("a-1"));
        side.joins();
        side.says(1, "hi");
        side.tells();
        side.hears(&frame);
        side.passes(Duration::from_secs(5) - INSTANT);
        assert_eq!(side.due(), None);
        assert_eq!(
            side.member.deadline(side.now),
            Some(side.now.awake + INSTANT)
        );
        assert_eq!((side.sends(), side.tells()), (vec![], vec![]));
        side.passes(INSTANT);
        assert_eq!(side.due(), None);
        assert_eq!(side.tells().len(), 1);
        assert_eq!(side.sends(), ["hi"]);
    }
}

#[test]
fn where_nothing_is_known_what_others_say_waits_half_a_second_for_a_grant() {
    for frame in frames_of_bob() {
        let mut side = Side::new();
        side.joins();
        side.says(1, "hi");
        side.tells();
        side.hears(&frame);
        side.passes(Duration::from_millis(500) - INSTANT);
        assert_eq!(side.due(), None);
        assert_eq!(
            side.member.deadline(side.now),
            Some(side.now.awake + INSTANT)
        );
        assert_eq!((side.sends(), side.tells()), (vec![], vec![]));
        side.passes(INSTANT);
        assert_eq!(side.due(), None);
        assert_eq!(side.tells().len(), 1);
        assert_eq!(side.member.deadline(side.now), None);
        side.hears(&frame);
        assert_eq!(side.tells().len(), 1);
        assert_eq!(side.sends(), ["hi"]);
    }
}

#[test]
fn what_others_said_before_a_grant_comes_after_the_past() {
    for mut side in [Side::new(), Side::of(profile_that_has_seen("a-1"))] {
        side.joins();
        side.hears(&plain("bob", "between"));
        side.hears(&side.grant(ROOM, 0));
        side.hears(&past("a-2"));
        side.tells();
        side.hears(&replayed("a-3"));
        let told = side.tells();
        let wanted = [heard("a-2", true), heard_plain("bob", "between")];
        assert_eq!([&told[0], &told[2]], [&wanted[0], &wanted[1]]);
        side.ends();
        assert_eq!(side.joins().unwrap().since, Some((ROOM, token("a-3"))));
    }
}

#[test]
fn what_others_said_before_the_end_is_left_to_the_replay_where_there_will_be_one() {
    let mut side = Side::of(profile_that_has_seen("a-1"));
    side.joins();
    side.tells();
    side.hears(&plain("bob", "hi"));
    side.ends();
    assert_eq!(side.tells(), []);
    assert!(side.joins().unwrap().since.is_some());
    let mut side = Side::new();
    side.joins();
    side.tells();
    side.hears(&plain("bob", "hi"));
    side.passes(THREE_SECONDS);
    side.ends();
    assert_eq!(side.tells(), [heard_plain("bob", "hi")]);
    assert_eq!(side.joins().unwrap().recent, 0);
}

#[test]
fn as_much_as_the_window_holds_waits_for_a_grant_and_no_more() {
    let mut side = Side::of(profile_that_has_seen("a-1")).told();
    side.joins();
    side.tells();
    (0..BACKLOG_EVENTS).for_each(|_| side.hears(&plain("bob", "hi")));
    assert_eq!(side.tells(), []);
    side.hears(&plain("bob", "hi"));
    assert_eq!(side.tells().len(), BACKLOG_EVENTS + 1);
    let half = "x".repeat(BACKLOG_BYTES / 2 - "bob".len());
    for (more, waits) in [("", true), ("x", false)] {
        let mut side = Side::of(profile_that_has_seen("a-1")).told();
        side.joins();
        side.tells();
        side.hears(&plain("bob", &half));
        side.hears(&plain("bob", &format!("{half}{more}")));
        assert_eq!(side.tells().is_empty(), waits);
    }
}

#[test]
fn words_of_the_server_before_a_grant_do_not() {
    let mut side = Side::of(profile_that_has_seen("a-1"));
    side.joins();
    side.says(1, "hi");
    side.passes(Duration::from_secs(6));
    side.hears(&plain("server", "please wait"));
    assert_eq!(side.sends(), [""; 0]);
}

#[test]
fn a_server_of_an_earlier_run_that_says_nothing_for_half_a_minute_gets_texts_as_ever() {
    let mut side = Side::of(profile_that_has_seen("a-1"));
    side.joins();
    side.says(1, "hi");
    side.passes(Duration::from_secs(30) - INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(
        side.member.deadline(side.now),
        Some(side.now.awake + INSTANT)
    );
    assert_eq!(side.sends(), [""; 0]);
    side.passes(INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(side.sends(), ["hi"]);
}

#[test]
fn a_server_that_has_granted_in_this_run_and_says_nothing_gets_none() {
    let mut side = Side::granted("a-1");
    side.ends();
    side.joins();
    side.says(1, "hi");
    side.passes(Duration::from_secs(3_600));
    assert_eq!(side.due(), None);
    assert_eq!(side.sends(), [""; 0]);
}

#[test]
fn messages_whose_place_nobody_knows_are_not_replayed_afterwards() {
    let mut side = Side::granted("a-1");
    side.ends();
    side.joins();
    side.hears(&plain("bob", "a plain server is here now"));
    side.passes(Duration::from_secs(5));
    side.due();
    side.ends();
    let offer = side.joins().unwrap();
    assert_eq!((offer.since, offer.recent), (None, 0));
}

#[test]
fn what_a_plain_server_passes_on_of_the_extension_is_nothing() {
    let mut side = Side::new().told();
    side.joins();
    side.hears(&past("a-1"));
    side.hears(&replayed("a-1"));
    side.hears(&ack(1, "a-1"));
    side.hears(&live("a-2"));
    side.hears(&notice("replaced", "somebody lies"));
    side.ends();
    assert_eq!(side.tells(), [Event::Connected, heard_plain("bob", "a-2")]);
}

#[test]
fn a_new_name_is_taken_for_the_next_connection_and_forgotten_when_this_one_is_in_the_room() {
    let mut side = Side::new();
    side.joins();
    side.member.rename(name("alice2").into_owned());
    assert!(side.member.is_renamed());
    side.ends();
    side.joins();
    assert_eq!(side.member.username.as_str(), "alice2");
    side.member.rename(name("alice3").into_owned());
    side.hears(&Frame::join(name("bob")));
    assert!(!side.member.is_renamed());
}

#[test]
fn who_comes_and_goes_without_a_word_leaves_the_place_as_it_is() {
    let mut side = Side::of(profile_that_has_seen("a-1"));
    side.joins();
    side.hears(&Frame::join(name("bob")));
    side.passes(Duration::from_secs(5));
    side.due();
    side.ends();
    assert!(side.joins().unwrap().since.is_some());
}

#[test]
fn somebody_looks_when_the_wait_for_a_grant_is_over() {
    for says in [false, true] {
        let mut side = Side::new();
        side.joins();
        // An echo shows that we are in the room, and not whether somebody grants.
        let heard = if says { "alice" } else { "bob" };
        side.hears(&Frame::join(name(heard)));
        if says {
            side.says(1, "hi");
        }
        let due = side.now.awake + Duration::from_millis(500);
        assert_eq!(side.member.deadline(side.now), Some(due));
    }
}
