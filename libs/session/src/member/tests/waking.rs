//! Sleep, takeovers, and what the server tells.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

impl Side {
    /// The lid is closed, and opened after this time.
    fn sleeps(&mut self, time: Duration) {
        self.now.wall += time;
    }

    /// The next look at the clocks.
    fn looks(&mut self) -> Vec<String> {
        self.passes(SECOND);
        assert_eq!(self.due(), None);
        self.sends()
    }
}

#[test]
fn a_computer_that_slept_five_seconds_asks_whether_the_server_is_there_and_a_shorter_jump_does_not()
{
    let mut side = Side::granted("a-0");
    assert_eq!(
        side.member.deadline(side.now),
        Some(side.now.awake + SECOND)
    );
    side.sleeps(5 * SECOND - INSTANT);
    assert_eq!(side.looks(), [""; 0]);
    side.sleeps(5 * SECOND);
    assert_eq!(side.looks(), ["PING wake-1"]);
    assert_eq!(side.looks(), [""; 0]);
}

#[test]
fn no_answer_within_three_seconds_ends_the_connection() {
    let mut side = Side::granted("a-0");
    side.sleeps(60 * SECOND);
    side.looks();
    side.passes(3 * SECOND - INSTANT);
    assert_eq!(side.due(), None);
    assert_eq!(
        side.member.deadline(side.now),
        Some(side.now.awake + INSTANT)
    );
    side.passes(INSTANT);
    assert_eq!(side.due(), Some(Ending::Asleep));
}

#[test]
fn an_answer_keeps_the_connection_if_it_is_to_this_question() {
    for (id, ending) in [("wake-1", None), ("wake-0", Some(Ending::Asleep))] {
        let mut side = Side::granted("a-0");
        side.sleeps(60 * SECOND);
        side.looks();
        let (username, id) = (name("alice"), token(id));
        side.hears(&Frame::Pong { username, id });
        side.passes(3 * SECOND);
        assert_eq!(side.due(), ending);
    }
}

#[test]
fn each_sleep_asks_anew() {
    let mut side = Side::granted("a-0");
    for id in ["wake-1", "wake-2"] {
        side.sleeps(60 * SECOND);
        assert_eq!(side.looks(), [format!("PING {id}")]);
        let (username, id) = (name("alice"), token(id));
        side.hears(&Frame::Pong { username, id });
    }
}

#[test]
fn a_question_that_is_open_is_not_asked_again_and_not_for_longer() {
    let mut side = Side::granted("a-0");
    side.sleeps(60 * SECOND);
    side.looks();
    side.sleeps(60 * SECOND);
    assert_eq!(side.looks(), [""; 0]);
    side.passes(2 * SECOND);
    assert_eq!(side.due(), Some(Ending::Asleep));
}

#[test]
fn a_plain_server_is_not_asked() {
    let mut side = Side::new();
    side.joins();
    assert_eq!(side.member.deadline(side.now), None);
    side.sleeps(60 * SECOND);
    assert_eq!(side.looks(), [""; 0]);
    assert_eq!(side.member.deadline(side.now), None);
}

#[test]
fn who_was_replaced_says_so_and_a_takeover_back_is_a_later_attempt_with_the_same_secret() {
    let mut side = Side::granted("a-0");
    side.says(1, "sent");
    side.sends();
    side.tells();
    let ending = side.hears_last(&notice("replaced", "you are here from elsewhere"));
    assert_eq!(ending, Some(Ending::Replaced));
    assert_eq!(side.tells(), [Event::Replaced]);
    side.ends();
    let offer = side.joins().unwrap();
    assert_eq!((offer.attempt, offer.secret), (2, SECRET));
    side.hears(&side.grant(ROOM, 0));
    side.hears(&replayed("a-0"));
    assert_eq!(side.sends(), ["1 sent"]);
}

#[test]
fn who_was_kicked_says_so_with_the_servers_words() {
    let mut side = Side::granted("a-0").told();
    let ending = side.hears_last(&notice("kicked", "an operator put you out\nfor a minute"));
    assert_eq!(ending, Some(Ending::Kicked));
    let why = "an operator put you out".to_owned();
    assert_eq!(side.tells(), [Event::Kicked { why }]);
}

#[test]
fn every_other_notice_is_told() {
    let mut side = Side::granted("a-0").told();
    side.hears(&notice("unheard-of", "line one\r\nline two"));
    let told = Event::Notice {
        code: "unheard-of".to_owned(),
        text: "line one\nline two".to_owned(),
    };
    assert_eq!(side.tells(), [told]);
}

#[test]
fn the_same_message_of_the_day_is_told_once_however_often_we_come() {
    let motd = |words: &str| {
        let (code, text) = ("motd".to_owned(), words.to_owned());
        Event::Notice { code, text }
    };
    let mut side = Side::granted("a-7").told();
    side.hears(&notice("motd", "be kind"));
    assert_eq!(side.tells().pop(), Some(motd("be kind")));
    side.ends();
    side.joins();
    side.hears(&side.grant(ROOM, 0));
    side.hears(&replayed("a-7"));
    side.tells();
    side.hears(&notice("motd", "be kind"));
    assert_eq!(side.tells(), []);
    side.hears(&notice("motd", "be quick"));
    assert_eq!(side.tells(), [motd("be quick")]);
}
