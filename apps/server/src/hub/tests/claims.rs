//! JOINs that wait for a name.

use super::*;

/// A bearer of a name, a newcomer that wants it, and a member that hears everything.
struct Claim {
    hub: Hub,
    bearer: Pending,
    intake: Intake,
    newcomer: Pending,
    hears: Pending,
}

impl Claim {
    /// ada bears her name, and bob's JOIN under it waits.
    fn new() -> Self {
        let mut hub = hub();
        let bearer = hub.member(ADA, "ada", ROOMY);
        let intake = bearer.intake(&hub.unfinished);
        let mut hears = hub.member(EVE, "eve", ROOMY);
        let newcomer = hub.connect(BOB, ROOMY);
        assert!(!is_asked(&intake));
        hub.joins(BOB, "ada");
        hub.flush();
        assert!(is_asked(&intake));
        assert_eq!(taken(&mut hears), "");
        Self {
            hub,
            bearer,
            intake,
            newcomer,
            hears,
        }
    }

    fn heard(&mut self) -> String {
        self.hub.flush();
        taken(&mut self.hears)
    }
}

#[test]
fn who_wants_a_name_gets_it_when_its_bearer_turns_out_to_be_gone_with_all_that_it_said_meanwhile() {
    let mut claim = Claim::new();
    claim.hub.says(BOB, "ada", "first");
    claim.hub.joins(BOB, "bob");
    claim.hub.says(BOB, "bob", "under a wrong name");
    claim.hub.says(ADA, "ada", "my last words");
    assert_eq!(claim.heard(), text("ada", "my last words"));
    claim.hub.is_gone(ADA, Departure::Closed);
    let came = [leave("ada"), join("ada"), text("ada", "first")];
    assert_eq!(claim.heard(), came.concat());
    claim.hub.says(BOB, "ada", "second");
    assert_eq!(claim.heard(), text("ada", "second"));
    claim.hub.says(EVE, "eve", "welcome");
    claim.hub.flush();
    assert_eq!(taken(&mut claim.newcomer), text("eve", "welcome"));
    taken(&mut claim.bearer);
    assert!(is_over(&mut claim.bearer));
}

#[test]
fn who_wants_a_name_and_has_gone_again_before_it_is_free_is_heard_all_the_same() {
    for ends_by_leave in [true, false] {
        let mut claim = Claim::new();
        claim.hub.says(BOB, "ada", "just this");
        if ends_by_leave {
            claim.hub.leaves(BOB, "ada");
        }
        claim.hub.is_gone(BOB, Departure::Closed);
        claim.hub.leaves(ADA, "ada");
        let visit = [join("ada"), text("ada", "just this"), leave("ada")];
        assert_eq!(claim.heard(), [leave("ada"), visit.concat()].concat());
        assert_eq!(taken(&mut claim.newcomer), "");
        assert!(is_over(&mut claim.newcomer));
        assert_eq!(claim.hub.lobby.outboxes().count(), 0);
    }
}

#[test]
fn of_two_who_want_a_name_the_first_gets_it_and_is_asked_for_it_by_the_second() {
    let mut claim = Claim::new();
    let first = claim.newcomer.intake(&claim.hub.unfinished);
    let mut second = claim.hub.connect(FAY, ROOMY);
    claim.hub.joins(FAY, "ada");
    claim.hub.is_gone(ADA, Departure::Closed);
    assert_eq!(claim.heard(), [leave("ada"), join("ada")].concat());
    claim.hub.says(BOB, "ada", "it is mine");
    claim.hub.says(FAY, "ada", "it is not");
    assert_eq!(claim.heard(), text("ada", "it is mine"));
    assert!(is_asked(&first));
    claim.hub.happens(Event::StillHere { peer: BOB });
    assert!(taken(&mut second).contains("taken"));
    assert!(is_over(&mut second));
    assert_eq!(claim.heard(), "");
}

/// The bearer may have gone after it looked and before the second newcomer came.
#[test]
fn an_answer_counts_for_nobody_who_came_after_the_bearer_has_looked() {
    let mut claim = Claim::new();
    let mut second = claim.hub.connect(FAY, ROOMY);
    claim.hub.joins(FAY, "ada");
    claim.hub.happens(Event::StillHere { peer: ADA });
    assert!(is_over_after_words(&mut claim.newcomer));
    assert_eq!(taken(&mut second), "");
    assert!(is_asked(&claim.intake));
    claim.hub.is_gone(ADA, Departure::Closed);
    assert_eq!(claim.heard(), [leave("ada"), join("ada")].concat());
}

#[test]
fn an_answer_counts_for_all_who_came_before_the_bearer_looked() {
    let mut hub = hub();
    let bearer = hub.member(ADA, "ada", ROOMY);
    let mut newcomers = [BOB, EVE, FAY].map(|peer| {
        let pending = hub.connect(peer, ROOMY);
        hub.joins(peer, "ada");
        pending
    });
    assert!(is_asked(&bearer.intake(&hub.unfinished)));
    hub.happens(Event::StillHere { peer: ADA });
    assert!(newcomers.iter_mut().all(is_over_after_words));
    assert_eq!(hub.lobby.outboxes().count(), 0);
}

#[test]
fn who_says_too_much_while_it_waits_for_a_name_waits_no_longer() {
    let mut claim = Claim::new();
    let said = "x".repeat(CLAIM_BYTES);
    // There is room for one text of any length, and for nothing after it.
    claim.hub.says(BOB, "ada", &said);
    assert_eq!(taken(&mut claim.newcomer), "");
    claim.hub.says(BOB, "ada", "x");
    assert!(is_over_after_words(&mut claim.newcomer));
    claim.hub.is_gone(ADA, Departure::Closed);
    assert_eq!(claim.heard(), leave("ada"));
}
