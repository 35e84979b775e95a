//! The message of the day: who gets it, when, and in which form.

use super::*;

fn with_motd(plain: bool) -> Hub {
    let mut hub = hub();
    hub.settings.motd = Some("Be kind.".to_owned());
    hub.settings.plain_motd = plain;
    hub
}

fn notice(name: &str, words: &str) -> String {
    let len = words.len();
    format!("CHAT/1.0 NOTICE\r\nUsername: {name}\r\nCode: motd\r\nMsg-len: {len}\r\n\r\n{words}")
}

impl Hub {
    fn changes_motd(&mut self, words: Option<&str>) {
        self.happens(Event::Motd(words.map(str::to_owned)));
        self.flush();
    }
}

#[test]
fn a_member_with_a_grant_gets_it_right_after_the_welcome_and_others_get_nothing() {
    let mut hub = with_motd(false);
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.offers(BOB, "bob", 1, 1);
    hub.flush();
    let got = taken(&mut bob);
    let welcome = got.strip_suffix(&notice("bob", "Be kind."));
    assert!(is_welcome(welcome.expect(&got)), "{got}");
    assert_eq!(taken(&mut ada), join("bob"));
}

#[test]
fn where_the_settings_say_so_others_get_it_before_all_else() {
    let mut hub = with_motd(true);
    let mut ada = hub.connect(ADA, ROOMY);
    hub.joins(ADA, "ada");
    let _bob = hub.connect(BOB, ROOMY);
    hub.joins(BOB, "bob");
    hub.flush();
    assert_eq!(
        taken(&mut ada),
        [text("server", "Be kind."), join("bob")].concat()
    );
}

#[test]
fn a_new_one_goes_to_all_who_may_get_it_and_the_same_or_none_to_nobody() {
    for is_plain in [false, true] {
        let mut hub = with_motd(is_plain);
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let mut bob = hub.offers(BOB, "bob", 1, 1);
        hub.flush();
        taken(&mut ada);
        taken(&mut bob);
        hub.changes_motd(Some("Be quick."));
        let plain = [text("server", "Be quick."), String::new()];
        assert_eq!(taken(&mut ada), plain[usize::from(!is_plain)]);
        assert_eq!(taken(&mut bob), notice("bob", "Be quick."));
        hub.changes_motd(Some("Be quick."));
        hub.changes_motd(None);
        assert_eq!(taken(&mut ada) + &taken(&mut bob), "");
        let _eve = hub.ours(EVE, "eve", 2, 1);
    }
}

#[test]
fn who_comes_while_it_changes_gets_the_new_one_alone() {
    for is_plain in [false, true] {
        let mut hub = with_motd(is_plain);
        let mut bob = hub.offers(BOB, "bob", 1, 1);
        hub.apply_some();
        hub.changes_motd(Some("Be quick."));
        let got = taken(&mut bob);
        let welcome = got.strip_suffix(&notice("bob", "Be quick."));
        assert!(is_welcome(welcome.expect(&got)), "{got}");
    }
}

#[test]
fn an_offer_that_comes_after_its_join_brings_it_once() {
    for is_plain in [false, true] {
        let mut hub = with_motd(is_plain);
        let mut bob = hub.member(BOB, "bob", ROOMY);
        let plain = [String::new(), text("server", "Be kind.")];
        assert_eq!(taken(&mut bob), plain[usize::from(is_plain)]);
        hub.happens(Event::Offered {
            peer: BOB,
            name: Some(username("bob")),
            offered: offered(1, 1),
        });
        hub.flush();
        let got = taken(&mut bob);
        assert_eq!(got.ends_with(&notice("bob", "Be kind.")), !is_plain);
    }
}

#[test]
fn a_welcome_is_beyond_the_limit_of_an_outbox_and_a_change_counts() {
    let mut hub = with_motd(true);
    let mut ada = hub.member(ADA, "ada", 1);
    // What fits nowhere is taken where nothing else waits.
    hub.changes_motd(Some("Be quick."));
    assert_eq!(hub.room.len(), 1);
    hub.changes_motd(Some("Be slow."));
    assert_eq!(hub.room.len(), 0);
    assert!(is_evicted(&ada));
    taken(&mut ada);
}
