//! Lines on which nobody reads along: what goes out on them, and what is told of them.

use hubbub_transport::Pin;
use hubbub_wire::Password;

use super::*;
use crate::Reason;

const FIVE_SECONDS: Duration = Duration::from_secs(5);

fn password() -> Password<'static> {
    Password::new(b"correct horse".to_vec()).unwrap()
}

fn line() -> Line {
    Line {
        pin: Some(Pin::of_key(b"key")),
        reason: Reason::Asked,
        since: SystemTime::UNIX_EPOCH,
        password: None,
        is_bound: false,
    }
}

fn with_password() -> Line {
    Line {
        password: Some(password()),
        is_bound: true,
        ..line()
    }
}

fn secured(all_private: bool) -> Event {
    let Line {
        pin, reason, since, ..
    } = line();
    Event::Secured {
        reason,
        since,
        pin,
        all_private,
    }
}

#[test]
fn a_password_stands_in_the_offer_of_its_own_line_and_of_no_other() {
    let mut side = Side::new();
    let offer = side.joins_on(Some(with_password())).unwrap();
    assert_eq!(offer.password, Some(password()));
    for other in [None, Some(line())] {
        side.hears(&side.grant(ROOM, 0));
        side.ends();
        assert_eq!(side.joins_on(other).unwrap().password, None);
    }
}

#[test]
fn a_line_is_told_directly_after_the_grant_and_with_it_whether_all_have_one() {
    for all_private in [false, true] {
        let mut side = Side::new();
        side.joins_on(Some(line()));
        assert_eq!(side.tells(), [Event::Connected]);
        let Frame::Grant { username, grant } = side.grant(ROOM, 0) else {
            unreachable!()
        };
        let private = all_private;
        let grant = Grant { private, ..grant };
        side.hears(&Frame::Grant { username, grant });
        assert_eq!(side.tells(), [granted(false), secured(all_private)]);
        side.passes(FIVE_SECONDS);
        side.due();
        assert_eq!(side.tells(), []);
    }
}

#[test]
fn a_line_to_a_server_that_does_not_grant_is_told_once_after_five_seconds_and_a_word() {
    let mut side = Side::new();
    side.joins_on(Some(line()));
    side.hears(&Frame::join(name("bob")));
    side.passes(FIVE_SECONDS - INSTANT);
    side.due();
    side.tells();
    assert_eq!(
        side.member.deadline(side.now),
        Some(side.now.awake + INSTANT)
    );
    side.passes(INSTANT);
    side.due();
    assert_eq!(side.tells(), [secured(false)]);
    assert_eq!(side.member.deadline(side.now), None);
    side.passes(FIVE_SECONDS);
    side.due();
    assert_eq!(side.tells(), []);
}

#[test]
fn a_silent_server_is_told_nothing_of_however_long_that_is() {
    let mut side = Side::new();
    side.joins_on(Some(line()));
    side.tells();
    assert_eq!(side.member.deadline(side.now), None);
    side.passes(2 * FIVE_SECONDS);
    side.due();
    assert_eq!(side.tells(), []);
    // These words may be a refusal, until it has not closed for a second.
    side.hears(&notice("password", "this room wants a password"));
    side.due();
    assert_eq!(side.tells(), []);
    side.passes(Duration::from_secs(1));
    side.due();
    assert!(side.tells().contains(&secured(false)));
}

#[test]
fn a_line_is_told_by_a_grant_only_where_one_is_expected_or_the_offer_is_bound() {
    let is_bound = true;
    let bound = Line { is_bound, ..line() };
    for (profile, line) in [
        (profile(), bound),
        (profile(), with_password()),
        (profile_that_has_seen("a-1"), line()),
    ] {
        let mut side = Side::of(profile);
        side.joins_on(Some(line));
        side.hears(&Frame::join(name("bob")));
        side.passes(2 * FIVE_SECONDS);
        side.due();
        assert!(!side.tells().contains(&secured(false)));
    }
}

#[test]
fn nothing_is_told_of_a_line_before_the_join_is_written_or_in_plain() {
    let mut side = Side::new();
    side.joins();
    side.tells();
    side.passes(FIVE_SECONDS);
    side.due();
    side.hears(&side.grant(ROOM, 0));
    assert_eq!(side.tells(), [granted(false)]);
    side.ends();
    side.member.connect(Hex64(7), Some(line()), side.now);
    side.passes(FIVE_SECONDS);
    side.due();
    assert_eq!(side.tells(), []);
}

#[test]
fn a_line_that_is_closed_early_goes_on_without_an_offer_unless_it_is_bound() {
    for is_bound in [false, true] {
        let line = Line { is_bound, ..line() };
        let mut side = Side::new();
        assert!(side.joins_on(Some(line.clone())).is_some());
        side.ends();
        assert_eq!(side.member.is_put_off(), !is_bound);
        assert_eq!(side.joins_on(Some(line)).is_some(), is_bound);
    }
}

#[test]
fn a_private_line_goes_on_without_an_offer_once_and_with_one_after_a_refusal() {
    for is_refused in [false, true] {
        let mut side = Side::new();
        for has_offer in [true, false, true, true] {
            assert_eq!(side.joins_on(Some(line())).is_some(), has_offer);
            if is_refused && !has_offer {
                side.hears(&plain("server", "this room wants a password"));
                assert!(side.member.ended(side.now).is_some());
            } else {
                side.ends();
            }
        }
    }
}

#[test]
fn a_plain_line_that_was_refused_without_an_offer_goes_on_with_one() {
    let mut side = Side::new();
    for has_offer in [true, false, true, false] {
        assert_eq!(side.joins().is_some(), has_offer);
        if has_offer {
            side.ends();
        } else {
            side.hears(&plain("server", "no"));
            assert!(side.member.ended(side.now).is_some());
        }
    }
}

#[test]
fn a_plain_client_offers_nothing_but_a_password() {
    let mut side = Side::of(Profile {
        plain: true,
        ..profile()
    });
    for (line, has_offer) in [(line(), false), (with_password(), true)] {
        let is_bound = true;
        let offer = side.joins_on(Some(Line { is_bound, ..line }));
        assert_eq!(offer.is_some(), has_offer);
        side.ends();
    }
}

#[test]
fn texts_wait_for_the_grant_where_a_password_was_sent() {
    for (line, sent) in [(line(), &["hi"][..]), (with_password(), &[])] {
        let mut side = Side::new();
        side.joins_on(Some(line));
        side.says(1, "hi");
        side.passes(Duration::from_secs(4));
        assert_eq!(side.sends(), sent);
    }
}

#[test]
fn a_refusal_for_the_password_is_one_however_late_it_comes() {
    for waits in [Duration::ZERO, 2 * FIVE_SECONDS] {
        let mut side = Side::new();
        side.joins_on(Some(with_password()));
        side.passes(waits);
        side.hears(&notice("password", "this is not the password"));
        let refusal = side.member.ended(side.now).unwrap();
        assert_eq!(refusal.code.as_deref(), Some("password"));
    }
}

#[test]
fn the_key_to_come_is_taken_from_a_granted_line_only_and_is_shown_to_nobody() {
    let next = Pin::of_key(b"next");
    let words = next.to_string();
    for (line, announced) in [(None, None), (Some(line()), Some(next))] {
        let mut side = Side::new();
        side.joins_on(line);
        side.hears(&side.grant(ROOM, 0));
        side.tells();
        side.hears(&notice("next-key", &words));
        assert_eq!((side.member.announced(), side.tells()), (announced, vec![]));
        assert_eq!(side.member.announced(), None);
        side.hears(&notice("next-key", "sha256-x"));
        assert_eq!((side.member.announced(), side.tells()), (None, vec![]));
    }
    let mut side = Side::new();
    side.joins_on(Some(line()));
    side.hears(&notice("next-key", &words));
    assert_eq!(side.member.announced(), None);
}

#[test]
fn nothing_that_is_printed_of_a_member_has_its_password_its_secret_or_its_texts() {
    let mut side = Side::new();
    side.says(1, "hush");
    side.joins_on(Some(with_password()));
    let profile = profile();
    let outgoing = side.member.leave();
    let printed = format!("{:?} {profile:?} {outgoing:?}", side.member.line());
    for bytes in [&b"correct horse"[..], b"Y29ycmVjdCBob3JzZQ", b"4be1"] {
        let words = str::from_utf8(bytes).unwrap();
        let as_numbers = format!("{bytes:?}");
        let as_numbers = as_numbers.trim_matches(['[', ']']);
        assert!(
            !printed.contains(words) && !printed.contains(as_numbers),
            "{printed}"
        );
    }
    assert!(printed.contains("[hidden]"), "{printed}");
}
