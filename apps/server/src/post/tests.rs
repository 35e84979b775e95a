//! The post alone: what each member's queue holds after a batch.

use std::sync::Arc;

use hubbub_wire::{Hex64, Id, Username};

use super::*;
use crate::batch::tests::{frame_in, says};
use crate::batch::{Draft, Forms};
use crate::outbox::tests::{is_over, taken};
use crate::outbox::{Intake, Pending, outbox};

const ADA: PeerId = PeerId(0);
const BOB: PeerId = PeerId(1);
const EVE: PeerId = PeerId(2);

/// Enough room for everything that a test says.
const ROOMY: usize = 1 << 20;

fn post() -> Post {
    Post::new(Memory::new(ROOMY))
}

fn name() -> Name {
    Arc::new(Username::new("a", 1).unwrap())
}

impl Post {
    fn member(&mut self, peer: PeerId, form: Form) -> Pending {
        self.member_with(peer, form, ROOMY)
    }

    fn member_with(&mut self, peer: PeerId, form: Form, limit: usize) -> Pending {
        let (outbox, pending) = outbox(peer, limit, None);
        self.admit(peer, outbox, 0, Notes::default(), form);
        pending
    }

    /// Sends these texts as one batch.
    fn say(&mut self, texts: &[(PeerId, &str)]) -> Vec<PeerId> {
        let mut draft = Draft::default();
        for (peer, text) in texts {
            says(&mut draft, *peer, &name(), text);
        }
        let slow = self.send(draft);
        self.flushed();
        slow
    }

    fn acks(&mut self, peer: PeerId, count: u64) {
        let session = Hex64(7);
        let id = Id { session, count };
        let seq = Seq {
            generation: 1,
            count: 10 + count,
        };
        self.acknowledge(peer, &name(), id, seq);
    }

    fn alone(&self, text: &str) -> Delivery {
        Delivery::all(Batch::alone(text.into(), &self.queued))
    }

    fn exempt(&self, text: &str) -> Delivery {
        self.alone(text).exempt()
    }
}

fn ack(count: u64) -> String {
    let seq = 10 + count;
    format!(
        "CHAT/1.0 ACK\r\nUsername: a\r\nId: 0000000000000007-{count}\r\nSeq: 0000000000000001-{seq}\r\n\r\n"
    )
}

fn intake(pending: &Pending) -> Intake {
    pending.intake(&Memory::new(0))
}

#[test]
fn of_one_batch_each_member_gets_its_own_form_without_what_it_said() {
    let mut post = post();
    let forms = [Form::Plain, Form::Stamped, Form::Stamped, Form::Plain];
    let mut members: Vec<_> = (0..)
        .zip(forms)
        .map(|(number, form)| (form, post.member(PeerId(number), form)))
        .collect();
    let texts: Vec<_> = (0..4).map(|number| (PeerId(number), "hello")).collect();
    assert_eq!(post.say(&texts), []);
    for (form, pending) in &mut members {
        assert_eq!(taken(pending), frame_in(*form, "hello").repeat(3));
    }
}

#[test]
fn a_form_is_made_while_somebody_reads_it_and_no_longer() {
    let mut post = post();
    let forms = |forms: &[Form]| forms.iter().copied().collect::<Forms>();
    let (plain, stamped, both) = (forms(&[Form::Plain]), forms(&[Form::Stamped]), Form::ALL);
    assert_eq!(post.forms(), forms(&[]));
    let _ada = post.member(ADA, Form::Plain);
    let _bob = post.member(BOB, Form::Plain);
    assert_eq!(post.forms(), plain);
    post.stamp(ADA);
    post.stamp(ADA);
    assert_eq!(post.forms(), forms(&both));
    post.stamp(BOB);
    assert_eq!(post.forms(), stamped);
    let _eve = post.member(EVE, Form::Plain);
    assert_eq!(post.forms(), forms(&both));
    post.dismiss(EVE, 1);
    assert_eq!(post.forms(), forms(&both), "one that leaves has a share");
    assert_eq!(post.say(&[(ADA, "hello")]), []);
    assert_eq!(post.forms(), stamped);
    post.absent(ADA);
    post.evict(BOB);
    assert_eq!(post.forms(), forms(&[]));
    let (outbox, _pending) = outbox(EVE, ROOMY, None);
    post.replace(ADA, EVE, outbox, 0, Form::Stamped);
    assert_eq!(post.forms(), stamped);
    post.dismiss(EVE, 0);
    post.dismiss(BOB, 0);
    assert_eq!(post.say(&[(ADA, "hello")]), []);
    assert_eq!(post.forms(), forms(&[]));
}

#[test]
fn a_grant_that_comes_after_the_join_counts_from_the_next_batch_on() {
    let mut post = post();
    let mut ada = post.member(ADA, Form::Plain);
    assert!(!intake(&ada).has_grant());
    post.say(&[(BOB, "before")]);
    post.stamp(ADA);
    post.say(&[(BOB, "after")]);
    let wanted = frame_in(Form::Plain, "before") + &frame_in(Form::Stamped, "after");
    assert_eq!(taken(&mut ada), wanted);
    assert!(intake(&ada).has_grant());
    let bob = post.member(BOB, Form::Stamped);
    assert!(intake(&bob).has_grant());
}

#[test]
fn a_welcome_comes_after_what_is_queued_and_right_before_the_share_of_the_batch() {
    let mut post = post();
    let mut ada = post.member(ADA, Form::Stamped);
    post.say(&[(BOB, "queued")]);
    let welcome = [post.exempt("grant"), post.exempt("past")];
    post.welcome(ADA, welcome.into());
    post.welcome(ADA, vec![post.exempt("end")]);
    post.say(&[(BOB, "live")]);
    let [queued, live] = ["queued", "live"].map(|text| frame_in(Form::Stamped, text));
    assert_eq!(taken(&mut ada), queued + "grantpastend" + &live);
    post.say(&[(BOB, "next")]);
    assert_eq!(taken(&mut ada), frame_in(Form::Stamped, "next"));
}

#[test]
fn a_welcome_and_an_ack_come_without_a_batch_too() {
    let mut post = post();
    let mut ada = post.member(ADA, Form::Stamped);
    post.welcome(ADA, vec![post.exempt("grant")]);
    post.acks(ADA, 1);
    assert_eq!(post.say(&[]), []);
    assert_eq!(taken(&mut ada), "grant".to_owned() + &ack(1));
    assert_eq!(post.say(&[]), []);
    assert_eq!(taken(&mut ada), "");
}

#[test]
fn the_highest_ack_comes_once_and_behind_the_batch_even_if_all_of_it_is_its_own() {
    let mut post = post();
    let mut ada = post.member(ADA, Form::Stamped);
    for count in [1, 3, 2] {
        post.acks(ADA, count);
    }
    post.say(&[(ADA, "own"), (BOB, "others")]);
    assert_eq!(taken(&mut ada), frame_in(Form::Stamped, "others") + &ack(3));
    post.acks(ADA, 4);
    post.say(&[(ADA, "own")]);
    assert_eq!(taken(&mut ada), ack(4));
}

#[test]
fn an_ack_names_the_place_up_to_which_everything_was_sent_before_it() {
    let mut post = post();
    let mut ada = post.member(ADA, Form::Stamped);
    post.acks(ADA, 1);
    let (generation, count) = (1, 12);
    post.reach(Seq { generation, count });
    post.say(&[(ADA, "own"), (BOB, "others")]);
    let ack = ack(1).replace("-11\r\n", "-12\r\n");
    assert_eq!(taken(&mut ada), frame_in(Form::Stamped, "others") + &ack);
}

#[test]
fn one_that_leaves_gets_its_welcome_its_share_and_its_ack_before_it_is_let_go() {
    let mut post = post();
    let mut ada = post.member(ADA, Form::Stamped);
    post.welcome(ADA, vec![post.exempt("grant")]);
    post.acks(ADA, 1);
    post.dismiss(ADA, 1);
    post.say(&[(BOB, "meanwhile"), (BOB, "after")]);
    let meanwhile = frame_in(Form::Stamped, "meanwhile");
    assert_eq!(taken(&mut ada), "grant".to_owned() + &meanwhile + &ack(1));
    assert!(is_over(&mut ada));
}

#[test]
fn an_ack_that_fits_exactly_is_sent_and_one_byte_less_makes_a_slow_consumer() {
    let cost = |post: &Post, text: &str| post.alone(text).cost();
    for (room, slow) in [(0, vec![]), (1, vec![ADA])] {
        let mut post = post();
        let limit = cost(&post, "x") + cost(&post, &ack(1)) - room;
        let mut ada = post.member_with(ADA, Form::Stamped, limit);
        post.give(ADA, vec![post.alone("x")]).unwrap();
        post.acks(ADA, 1);
        assert_eq!(post.say(&[]), slow);
        let wanted = if slow.is_empty() {
            ack(1)
        } else {
            String::new()
        };
        assert_eq!(taken(&mut ada), "x".to_owned() + &wanted);
    }
}

#[test]
fn what_is_given_comes_now_and_what_does_not_fit_is_said() {
    let mut post = post();
    let cost = post.alone("12345").cost();
    let mut ada = post.member_with(ADA, Form::Stamped, 2 * cost);
    let given = [post.alone("12345"), post.exempt("67"), post.alone("89012")];
    assert_eq!(post.give(ADA, given.into()), Ok(()));
    assert_eq!(post.give(ADA, vec![post.exempt("3")]), Ok(()));
    assert_eq!(post.give(ADA, vec![post.alone("4")]), Err(Full));
    assert_eq!(taken(&mut ada), "1234567890123");
    assert_eq!(post.give(BOB, vec![post.alone("nobody")]), Ok(()));
}

#[test]
fn one_that_is_absent_gets_what_is_queued_and_then_nothing_until_it_has_another_connection() {
    let mut post = post();
    let mut old = post.member(ADA, Form::Stamped);
    post.say(&[(BOB, "queued")]);
    post.welcome(ADA, vec![post.exempt("grant")]);
    post.acks(ADA, 1);
    post.absent(ADA);
    assert!(post.outbox(ADA).is_none());
    assert_eq!(post.give(ADA, vec![post.alone("given")]), Ok(()));
    assert_eq!(post.say(&[(BOB, "missed")]), []);
    assert_eq!(taken(&mut old), frame_in(Form::Stamped, "queued"));
    assert!(is_over(&mut old));
    assert_eq!(post.members(), 1);
    let (outbox, mut new) = outbox(EVE, ROOMY, None);
    post.replace(ADA, EVE, outbox, 1, Form::Stamped);
    assert_eq!(post.members(), 1);
    post.say(&[(BOB, "before"), (BOB, "live")]);
    assert_eq!(taken(&mut new), frame_in(Form::Stamped, "live"));
}

#[test]
fn a_connection_that_is_replaced_gets_what_is_queued_and_nothing_of_the_draft() {
    let mut post = post();
    let mut old = post.member(ADA, Form::Stamped);
    post.notes(ADA).unwrap().unlogged = true;
    post.give(ADA, vec![post.alone("replaced")]).unwrap();
    let (outbox, mut new) = outbox(EVE, ROOMY, None);
    post.replace(ADA, EVE, outbox, 0, Form::Plain);
    post.welcome(EVE, vec![post.exempt("grant")]);
    post.say(&[(BOB, "live")]);
    assert_eq!(taken(&mut old), "replaced");
    assert!(is_over(&mut old));
    assert_eq!(
        taken(&mut new),
        "grant".to_owned() + &frame_in(Form::Plain, "live")
    );
    assert!(post.notes(EVE).unwrap().unlogged);
    assert!(post.notes(ADA).is_none());
}

#[test]
fn one_that_is_cut_stays_and_nothing_of_what_is_queued_is_written() {
    let mut post = post();
    let ada = post.member(ADA, Form::Stamped);
    post.say(&[(BOB, "queued")]);
    post.cut(ADA);
    assert!(ada.is_evicted());
    assert!(post.evicted() > 0);
    assert_eq!(post.members(), 1);
}

/// Three members with grants. What is exempt waits for two of them, most of it for the first.
fn loaded(limit: usize) -> (Post, [Pending; 3]) {
    let mut post = Post::new(Memory::new(limit));
    let pending = [ADA, BOB, EVE].map(|peer| post.member(peer, Form::Stamped));
    post.give(ADA, vec![post.exempt(&"x".repeat(3000))])
        .unwrap();
    post.give(BOB, vec![post.exempt(&"x".repeat(2000))])
        .unwrap();
    post.flushed();
    (post, pending)
}

/// What the texts of [`loaded`] and these cost.
fn cost(more: &[usize]) -> usize {
    let post = post();
    let sizes = [3000, 2000].iter().chain(more);
    sizes
        .map(|&size| post.alone(&"x".repeat(size)).cost())
        .sum()
}

#[test]
fn at_the_memory_limit_what_is_exempt_counts_and_the_one_goes_for_whom_most_waits() {
    for (less, slow) in [(0, vec![]), (1, vec![ADA])] {
        let (mut post, _pending) = loaded(cost(&[4000]) - less);
        post.give(EVE, vec![post.exempt(&"x".repeat(4000))])
            .unwrap();
        assert_eq!(post.say(&[]), slow, "{less} bytes less");
    }
}

#[test]
fn nobody_goes_for_what_it_was_just_given_and_next_time_it_counts() {
    let (mut post, _pending) = loaded(1000);
    post.flushed();
    post.welcome(EVE, vec![post.exempt(&"x".repeat(9000))]);
    assert_eq!(post.say(&[]), [ADA, BOB]);
    post.evict(ADA);
    post.evict(BOB);
    post.give(EVE, vec![post.exempt("y")]).unwrap();
    assert_eq!(post.say(&[]), [EVE]);
}

#[test]
fn who_takes_what_it_was_given_never_goes() {
    let (mut post, [_ada, _bob, mut eve]) = loaded(1000);
    for _ in 0..5 {
        post.give(EVE, vec![post.exempt(&"x".repeat(9000))])
            .unwrap();
        let slow = post.say(&[]);
        assert!(!slow.contains(&EVE));
        assert_eq!(taken(&mut eve).len(), 9000);
    }
}

#[cfg(feature = "metrics")]
mod tally;
