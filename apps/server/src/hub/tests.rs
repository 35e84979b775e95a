//! The hub without sockets: events go in, and what each peer's queue then holds is compared. Nothing else runs, so each
//! test decides what is in one batch.

use futures::FutureExt;
use std::future::poll_fn;
use std::io::IoSlice;

use super::*;
use crate::address::Origin;
use crate::lobby::CLAIM_BYTES;
use crate::outbox::{Call, Intake, Outbox, Pending, outbox};
use crate::post::{CATCH_UP, STALLED};
use crate::texts::Texts;
use hubbub_wire::Payload;

const ADA: PeerId = PeerId(0);
const BOB: PeerId = PeerId(1);
const EVE: PeerId = PeerId(2);
const FAY: PeerId = PeerId(3);

/// Enough room for everything that a test says.
const ROOMY: usize = 1024 * 1024;

fn hub() -> Hub {
    with_memory(ROOMY)
}

fn with_memory(limit: usize) -> Hub {
    Hub::with(Memory::new(limit), Memory::new(ROOMY))
}

pub(super) fn username(name: &'static str) -> Username<'static> {
    Username::new(name, 64).unwrap()
}

/// The queue of a member.
fn outbox_of(hub: &Hub, peer: PeerId) -> &Outbox {
    hub.post.outbox(peer).unwrap()
}

/// The bytes that a peer sends and that the others get.
pub(super) fn join(name: &str) -> String {
    format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n")
}

pub(super) fn leave(name: &str) -> String {
    format!("CHAT/1.0 LEAVE\r\nUsername: {name}\r\n\r\n")
}

pub(super) fn text(name: &str, payload: &str) -> String {
    let len = payload.len();
    format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n{payload}")
}

pub(super) fn somewhere() -> Origin {
    Origin::alone("192.0.2.1:1".parse().unwrap())
}

impl Hub {
    pub(super) fn with(queued: Arc<Memory>, unfinished: Arc<Memory>) -> Self {
        // The clock stands still unless a test moves it.
        Self::new(queued, unfinished, Settings::default(), Instant::now())
    }

    /// An event comes, and the log orders it at once.
    pub(super) fn happens(&mut self, event: Event) {
        self.take(event);
        self.apply_some();
    }

    pub(super) fn connect(&mut self, peer: PeerId, limit: usize) -> Pending {
        let (outbox, pending) = outbox(peer, limit, None);
        let from = somewhere();
        self.happens(Event::Connected { peer, outbox, from });
        pending
    }

    pub(super) fn joins(&mut self, peer: PeerId, name: &'static str) {
        let name = username(name);
        let offered = Offered::NotYet;
        self.happens(Event::Join {
            peer,
            name,
            offered,
        });
    }

    pub(super) fn says(&mut self, peer: PeerId, name: &'static str, payload: &str) {
        let event = self.speech(peer, name, payload);
        self.happens(event);
    }

    fn speech(&self, peer: PeerId, name: &'static str, payload: &str) -> Event {
        let mut texts = Texts::default();
        texts.push(Payload::new(payload.as_bytes()).unwrap());
        Event::Said {
            peer,
            name: username(name),
            own: None,
            texts,
            held: self.unfinished.hold(0),
        }
    }

    pub(super) fn leaves(&mut self, peer: PeerId, name: &'static str) {
        let name = username(name);
        self.happens(Event::Leave { peer, name });
    }

    pub(super) fn is_gone(&mut self, peer: PeerId, why: Departure) {
        self.happens(Event::Gone { peer, why });
    }

    /// A member, whose JOIN is a batch of its own.
    pub(super) fn member(&mut self, peer: PeerId, name: &'static str, limit: usize) -> Pending {
        let pending = self.connect(peer, limit);
        self.joins(peer, name);
        self.flush();
        pending
    }
}

/// Takes everything that waits, as a peer's write half does.
pub(super) fn taken(pending: &mut Pending) -> String {
    let mut got = Vec::new();
    while pending.fill().now_or_never() == Some(true) {
        while !pending.is_written() {
            let mut slices = [IoSlice::new(&[]); 16];
            let used = pending.slices(&mut slices);
            let before = got.len();
            slices[..used]
                .iter()
                .for_each(|slice| got.extend_from_slice(slice));
            pending.advance(got.len() - before);
        }
    }
    String::from_utf8(got).unwrap()
}

/// Whether the hub has let go of the queue and nothing is left in it.
fn is_over(pending: &mut Pending) -> bool {
    pending.fill().now_or_never() == Some(false)
}

pub(super) fn is_evicted(pending: &Pending) -> bool {
    pending.evicted().now_or_never().is_some()
}

/// Whether the peer's task is asked whether its connection stands. This takes the question.
pub(super) fn is_asked(intake: &Intake) -> bool {
    poll_fn(|context| intake.poll_call(context)).now_or_never() == Some(Call::Ask)
}

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

/// The log may take a while to order a JOIN.
#[test]
fn a_peer_whose_join_waits_for_the_log_may_say_as_much_as_it_likes() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _bob = hub.connect(BOB, ROOMY);
    let name = username("bob");
    hub.take(Event::Join {
        peer: BOB,
        name,
        offered: Offered::NotYet,
    });
    let long = "x".repeat(CLAIM_BYTES);
    for _ in 0..3 {
        let said = hub.speech(BOB, "bob", &long);
        hub.take(said);
    }
    assert_eq!(taken(&mut ada), "");
    hub.flush();
    let wanted = [join("bob"), text("bob", &long).repeat(3)].concat();
    assert!(taken(&mut ada) == wanted);
}

/// Whether the queue holds a message of the server and then ends.
fn is_over_after_words(pending: &mut Pending) -> bool {
    taken(pending).contains("Username: server") && is_over(pending)
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

/// A member that stopped reading first, one that stopped later, and one that reads.
struct Readers {
    hub: Hub,
    first: Pending,
    later: Pending,
    reads: Pending,
    speaks: Pending,
}

/// The length of each text in the tests of the memory limit, in bytes.
const TEXT: usize = 1000;

impl Readers {
    /// Ten texts wait for `first` and five for `later`, in a memory for twelve.
    fn new() -> Self {
        let mut hub = with_memory(12 * TEXT);
        let mut readers = Self {
            speaks: hub.member(ADA, "ada", ROOMY),
            first: hub.member(BOB, "first", ROOMY),
            later: hub.member(EVE, "later", ROOMY),
            reads: hub.member(FAY, "reads", ROOMY),
            hub,
        };
        taken(&mut readers.first);
        (0..5).for_each(|_| readers.hear());
        taken(&mut readers.later);
        (0..5).for_each(|_| readers.hear());
        assert_eq!(readers.gone(), [false; 3]);
        readers
    }

    fn hear(&mut self) {
        taken(&mut self.reads);
        taken(&mut self.speaks);
        self.hub.says(ADA, "ada", &"x".repeat(TEXT - 200));
        self.hub.flush();
    }

    fn gone(&self) -> [bool; 3] {
        [&self.first, &self.later, &self.reads].map(is_evicted)
    }
}

#[test]
fn at_the_memory_limit_the_one_goes_for_whom_most_waits() {
    let mut readers = Readers::new();
    let mut heard = 10;
    while readers.gone() == [false; 3] {
        assert!(heard < 15, "nobody goes, though {heard} texts wait");
        readers.hear();
        heard += 1;
    }
    assert_eq!(readers.gone(), [true, false, false], "after {heard} texts");
    assert!(heard >= 11, "after only {heard} texts");
}

#[test]
fn when_the_slowest_is_gone_its_memory_is_there_for_the_others() {
    let mut readers = Readers::new();
    while readers.gone() == [false; 3] {
        readers.hear();
    }
    let (_outbox, over) = outbox(BOB, ROOMY, None);
    drop(std::mem::replace(&mut readers.first, over));
    let mut more = 0;
    while !is_evicted(&readers.later) {
        assert!(more < 15, "later stays, though {more} more texts wait");
        readers.hear();
        more += 1;
    }
    assert!(more >= 4, "after only {more} more texts");
    assert!(!is_evicted(&readers.reads));
}

/// A peer that was told to go takes some time to end. Until then its memory is still counted.
#[test]
fn while_the_slowest_is_going_nobody_else_goes_in_its_place() {
    let mut readers = Readers::new();
    while readers.gone() == [false; 3] {
        readers.hear();
    }
    readers.hear();
    assert_eq!(readers.gone(), [true, false, false]);
}

#[test]
fn at_the_memory_limit_those_who_have_left_go_before_those_who_are_here() {
    let mut readers = Readers::new();
    readers.hub.leaves(BOB, "first");
    let mut heard = 10;
    while !is_evicted(&readers.first) {
        assert!(heard < 15, "first stays, though {heard} texts wait");
        readers.hear();
        heard += 1;
    }
    assert_eq!(readers.gone(), [true, false, false], "after {heard} texts");
    let (_outbox, over) = outbox(BOB, ROOMY, None);
    drop(std::mem::replace(&mut readers.first, over));
    readers.hear();
    assert!(!is_evicted(&readers.later), "there is memory again");
}

/// The LEAVE of a slow consumer is a batch of its own, right after the one that it could not take.
#[test]
fn a_leave_behind_a_batch_costs_nobody_a_place_who_had_no_time_to_take_the_batch() {
    let mut hub = with_memory(10);
    let _ada = hub.member(ADA, "ada", ROOMY);
    let slow = hub.member(EVE, "eve", 1);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    taken(&mut bob);
    hub.says(ADA, "ada", &"x".repeat(TEXT));
    hub.flush();
    assert!(is_evicted(&slow));
    assert!(!is_evicted(&bob));
}

#[test]
fn a_batch_beyond_the_memory_limit_costs_nobody_a_place_who_is_up_to_date() {
    let mut hub = with_memory(10);
    let _ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    for number in 0..10 {
        hub.says(ADA, "ada", &number.to_string());
        hub.flush();
        assert_eq!(taken(&mut bob), text("ada", &number.to_string()));
    }
    assert!(!is_evicted(&bob));
}

#[test]
fn the_servers_own_words_stay_within_the_memory_limit_and_cost_nobody_a_place() {
    let mut hub = with_memory(12 * TEXT);
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", ROOMY);
    let stalled = hub.member(EVE, "stalled", ROOMY);
    taken(&mut ada);
    taken(&mut bob);
    for _ in 0..1000 {
        let (peer, len, limit) = (EVE, 4711, 4710);
        hub.happens(Event::TooLong { peer, len, limit });
    }
    let waiting = outbox_of(&hub, EVE).waiting();
    assert!(
        waiting > 12 * TEXT,
        "{waiting} bytes: the limit was not met"
    );
    // One of them may pass the limit, and none comes after that one.
    assert!(waiting < 12 * TEXT + 250, "{waiting} bytes wait");
    hub.flush();
    assert!(!is_evicted(&stalled));
    // They count: texts of others do not fit next to them, and the member for which most waits goes.
    for _ in 0..2 {
        hub.says(ADA, "ada", &"x".repeat(TEXT));
        hub.flush();
        taken(&mut bob);
    }
    assert!(is_evicted(&stalled));
    assert!(!is_evicted(&bob));
}

/// Members that hold these many bytes of unfinished texts, in a memory for ten.
fn who_hold<const N: usize>(held: [usize; N]) -> (Hub, Arc<Memory>, [(Pending, Intake); N]) {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let unfinished = Memory::new(10);
    let mut hub = Hub::with(Memory::new(ROOMY), Arc::clone(&unfinished));
    let mut number = 0;
    let peers = held.map(|held| {
        let pending = hub.member(PeerId(number), NAMES[number as usize], ROOMY);
        number += 1;
        let intake = pending.intake(&unfinished);
        intake.set_unfinished(held);
        (pending, intake)
    });
    (hub, unfinished, peers)
}

fn is_told_and_let_go((pending, _): &mut (Pending, Intake)) -> bool {
    taken(pending).contains("no room") && is_over(pending)
}

#[test]
fn when_unfinished_texts_pass_the_memory_limit_who_holds_most_goes_and_is_told_why() {
    for (held, go) in [
        ([5, 3, 2], [false; 3]),
        ([5, 4, 2], [true, false, false]),
        ([2, 3, 6], [false, false, true]),
        ([9, 8, 2], [true, false, false]),
        ([9, 9, 9], [false, true, true]),
        ([1, 1, 20], [false, false, true]),
    ] {
        let (mut hub, _, mut peers) = who_hold(held);
        let peer = PeerId(0);
        hub.happens(Event::NoRoom { peer });
        hub.flush();
        let gone = peers.each_mut().map(is_told_and_let_go);
        assert_eq!(gone, go, "{held:?}");
    }
}

#[test]
fn who_has_not_joined_or_waits_for_a_name_goes_too_when_it_holds_most() {
    for name in [None, Some("a")] {
        let (mut hub, unfinished, mut peers) = who_hold([5]);
        let pending = hub.connect(FAY, ROOMY);
        let intake = pending.intake(&unfinished);
        if let Some(name) = name {
            hub.joins(FAY, name);
        }
        intake.set_unfinished(6);
        hub.happens(Event::NoRoom { peer: ADA });
        hub.flush();
        assert!(is_told_and_let_go(&mut (pending, intake)), "{name:?}");
        assert!(!is_told_and_let_go(&mut peers[0]));
    }
}

/// A peer that was told to go takes some time to free its text.
#[test]
fn while_who_holds_most_is_going_nobody_else_goes_in_its_place() {
    let (mut hub, _, mut peers) = who_hold([5, 6]);
    for _ in 0..3 {
        hub.happens(Event::NoRoom { peer: ADA });
        hub.flush();
    }
    let [first, second] = &mut peers;
    assert!(!is_told_and_let_go(first) && is_told_and_let_go(second));
    second.1.set_unfinished(0);
    first.1.set_unfinished(11);
    hub.happens(Event::NoRoom { peer: ADA });
    hub.flush();
    assert!(is_told_and_let_go(first));
}

/// The limit of an outbox that lags by a single text of `TEXT` bytes.
const LAG: usize = 4 * TEXT;

#[test]
fn a_quarter_of_the_outbox_is_no_lag_and_a_byte_more_is() {
    let mut hub = hub();
    let _ada = hub.member(ADA, "ada", ROOMY);
    let (outbox, mut bob) = outbox(BOB, ROOMY, None);
    hub.happens(Event::Connected {
        peer: BOB,
        outbox,
        from: somewhere(),
    });
    hub.joins(BOB, "bob");
    hub.flush();
    taken(&mut bob);
    hub.says(ADA, "ada", "x");
    hub.flush();
    let cost = outbox_of(&hub, BOB).waiting();
    for (limit, lags) in [(4 * cost, false), (4 * cost - 1, true)] {
        let mut hub = self::hub();
        let _ada = hub.member(ADA, "ada", ROOMY);
        let _bob = hub.member(BOB, "bob", limit);
        hub.says(ADA, "ada", "x");
        hub.flush();
        assert_eq!(outbox_of(&hub, BOB).is_lagging(), lags);
    }
}

/// A room whose first member speaks, and whose last `lagging` members have not read.
fn room_that_lags(others: usize, lagging: usize) -> (Hub, Vec<Pending>) {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let mut hub = hub();
    let mut pending = vec![hub.member(ADA, "ada", LAG)];
    for (number, name) in (1..).zip(&NAMES[..others]) {
        pending.push(hub.member(PeerId(number), name, LAG));
    }
    pending.iter_mut().for_each(|pending| drop(taken(pending)));
    hub.says(ADA, "ada", &"x".repeat(TEXT));
    hub.flush();
    let reading = pending.len() - lagging;
    pending[..reading]
        .iter_mut()
        .for_each(|pending| drop(taken(pending)));
    (hub, pending)
}

impl Hub {
    /// Whether the hub waits for a member after this much time.
    fn waits_after(&mut self, time: Duration) -> bool {
        self.post.is_to_wait(self.now + time)
    }
}

#[test]
fn the_hub_waits_for_those_who_lag_and_for_nobody_else() {
    for (others, lagging) in [(0, 0), (1, 0), (3, 0), (1, 1), (2, 1), (3, 1), (4, 4)] {
        let (mut hub, _pending) = room_that_lags(others, lagging);
        let waits = hub.waits_after(Duration::ZERO);
        assert_eq!(waits, lagging > 0, "{lagging} of {others} and a speaker");
    }
}

#[test]
fn the_hub_goes_on_as_soon_as_the_room_has_caught_up() {
    let (mut hub, mut pending) = room_that_lags(2, 2);
    assert!(hub.waits_after(Duration::ZERO));
    taken(&mut pending[1]);
    assert!(hub.waits_after(CATCH_UP_STEP));
    taken(&mut pending[2]);
    assert!(!hub.waits_after(CATCH_UP_STEP));
}

#[test]
fn the_hub_waits_once_for_those_who_stall_and_again_after_they_have_read() {
    let (mut hub, mut pending) = room_that_lags(2, 2);
    assert!(hub.waits_after(Duration::ZERO));
    assert!(hub.waits_after(STALLED - CATCH_UP_STEP));
    assert!(!hub.waits_after(STALLED));
    let waits_for_one_more = |hub: &mut Hub| {
        hub.says(ADA, "ada", &"x".repeat(TEXT));
        hub.flush();
        hub.waits_after(STALLED)
    };
    assert!(!waits_for_one_more(&mut hub));
    pending.iter_mut().for_each(|pending| drop(taken(pending)));
    assert!(!hub.waits_after(STALLED));
    assert!(waits_for_one_more(&mut hub));
}

#[test]
fn the_hub_waits_longer_for_one_that_reads_but_not_for_ever() {
    let mut hub = hub();
    let _ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.member(BOB, "bob", 4 * LAG);
    taken(&mut bob);
    for _ in 0..8 {
        hub.says(ADA, "ada", &"x".repeat(TEXT));
        hub.flush();
    }
    assert_eq!(bob.fill().now_or_never(), Some(true));
    assert!(hub.waits_after(Duration::ZERO));
    // It takes one text each time, just before it would count as stalled and just before the wait is over.
    for time in [STALLED, CATCH_UP].map(|time| time - CATCH_UP_STEP) {
        bob.advance(text("ada", &"x".repeat(TEXT)).len());
        assert!(hub.waits_after(time));
    }
    bob.advance(text("ada", &"x".repeat(TEXT)).len());
    assert!(!hub.waits_after(CATCH_UP));
}
