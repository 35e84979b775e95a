//! Nodes of a cluster: what members of one hear of what happens at another, and what happens when the stream is away.

use super::stream::{Engine, Tap};
use super::*;
use crate::cluster::NodeId;
use crate::log::{AWAY, Cluster, LIFE, PATIENCE};

mod anew;
mod earlier;
mod gone;
mod pauses;
mod races;

const SECOND: Duration = Duration::from_secs(1);

/// How long a node may say nothing.
const NODE_TIMEOUT: Duration = Duration::from_secs(45);

struct Nodes {
    engine: Engine,
    hubs: Vec<Hub>,
    taps: Vec<Tap>,
    start: Instant,
    now: Duration,
    /// These are not served.
    asleep: Vec<usize>,
}

impl Nodes {
    /// So many nodes that have their places in the room.
    fn new(count: usize) -> Self {
        let mut nodes = Self::none();
        for _ in 0..count {
            nodes.begin();
        }
        nodes.settle();
        nodes
    }

    fn none() -> Self {
        Self {
            engine: Engine::new(),
            hubs: Vec::new(),
            taps: Vec::new(),
            start: Instant::now(),
            now: Duration::ZERO,
            asleep: Vec::new(),
        }
    }

    fn begin(&mut self) {
        let (tap, link) = self.engine.tap();
        let memory = Memory::new(ROOMY);
        let cluster = Cluster {
            link,
            node: NodeId(100 + self.hubs.len() as u64),
            node_timeout: NODE_TIMEOUT,
            keep: Duration::from_secs(3600),
        };
        let now = self.start + self.now;
        let log = Log::with_stream(cluster, Arc::clone(&memory), now).unwrap();
        let settings = Settings::default();
        let unfinished = Memory::new(ROOMY);
        let hub = Hub::new(log, memory, unfinished, settings, now, Arc::default());
        self.hubs.push(hub);
        self.taps.push(tap);
    }

    /// A turn of one hub.
    fn turn(&mut self, node: usize) {
        let hub = &mut self.hubs[node];
        hub.now = self.start + self.now;
        hub.listen_to_log();
        hub.flush();
        hub.take_all(Mail::new());
        hub.flush();
    }

    /// Everything that is on its way arrives.
    fn settle(&mut self) {
        for _ in 0..6 {
            for node in 0..self.hubs.len() {
                if self.asleep.contains(&node) {
                    continue;
                }
                self.turn(node);
                self.taps[node].settle(&mut self.engine, self.now);
                self.turn(node);
            }
        }
    }

    /// So much time passes, second by second.
    fn passes(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now = until.min(self.now + SECOND);
            self.settle();
        }
    }

    /// A member with a grant, which has taken its welcome.
    fn ours(&mut self, node: usize, peer: PeerId, name: &'static str, secret: u128) -> Pending {
        self.ours_again(node, peer, name, secret, 1)
    }

    fn ours_again(
        &mut self,
        node: usize,
        peer: PeerId,
        name: &'static str,
        secret: u128,
        attempt: u64,
    ) -> Pending {
        let mut pending = self.hubs[node].offers(peer, name, secret, attempt);
        self.settle();
        let told = taken(&mut pending);
        assert!(told.contains("\r\nGrant: "), "{told}");
        pending
    }

    /// A member without one.
    fn plain(&mut self, node: usize, peer: PeerId, name: &'static str) -> Pending {
        let mut pending = self.hubs[node].member(peer, name, ROOMY);
        self.settle();
        assert_eq!(taken(&mut pending), "");
        pending
    }

    fn says(&mut self, node: usize, peer: PeerId, name: &'static str, payload: &str) {
        self.hubs[node].says(peer, name, payload);
    }
}

#[test]
fn members_of_two_nodes_hear_each_other_come_talk_and_go() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.plain(0, ADA, "ada");
    let mut bob = nodes.plain(1, ADA, "bob");
    assert_eq!(taken(&mut ada), join("bob"));
    nodes.says(0, ADA, "ada", "one");
    nodes.says(1, ADA, "bob", "two");
    nodes.settle();
    assert_eq!(taken(&mut ada), text("bob", "two"));
    assert_eq!(taken(&mut bob), text("ada", "one"));
    nodes.hubs[1].leaves(ADA, "bob");
    nodes.settle();
    assert_eq!(taken(&mut ada), leave("bob"));
    assert_eq!(taken(&mut bob), "");
    assert!(is_over(&mut bob));
}

#[test]
fn who_comes_to_one_node_is_told_of_those_on_the_others_and_of_what_was_said_there() {
    let mut nodes = Nodes::new(2);
    let _ada = nodes.plain(0, ADA, "ada");
    nodes.says(0, ADA, "ada", "early");
    nodes.settle();
    let mut bob = nodes.hubs[1].offers(BOB, "bob", 1, 1);
    nodes.settle();
    let told = taken(&mut bob);
    assert!(told.contains("ada\nbob"), "{told}");
    assert!(told.contains("\r\n\r\nearly"), "{told}");
    assert!(told.contains("Kept: 1h"), "{told}");
}

#[test]
fn a_node_that_begins_with_a_snapshot_knows_everybody_who_is_elsewhere() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let _bob = nodes.plain(0, BOB, "bob");
    let _eve = nodes.plain(1, EVE, "eve");
    // Nothing stands behind the snapshot that tells of them.
    let before = nodes.engine.snapshots;
    nodes.passes(360 * SECOND);
    assert!(nodes.engine.snapshots > before);
    nodes.begin();
    nodes.settle();
    let mut names: Vec<_> = nodes.hubs[2].room.names().collect();
    names.sort_unstable();
    assert_eq!(names, ["ada", "bob", "eve"]);
    let mut fay = nodes.plain(2, FAY, "fay");
    // Each of them is whom it was: it leaves, and a member with a grant can move here.
    nodes.hubs[0].leaves(BOB, "bob");
    nodes.hubs[1].leaves(EVE, "eve");
    nodes.settle();
    assert_eq!(taken(&mut fay), leave("bob") + &leave("eve"));
    let _moved = nodes.ours_again(2, ADA, "ada", 1, 2);
    assert!(taken(&mut ada).contains("Code: replaced"));
    assert_eq!(taken(&mut fay), "");
}

#[test]
fn a_name_of_another_node_is_refused_at_once_and_free_when_it_is_free_there() {
    let mut nodes = Nodes::new(2);
    let _ada = nodes.plain(0, ADA, "ada");
    let mut bob = nodes.hubs[1].member(BOB, "ada", ROOMY);
    assert!(is_over_after_words(&mut bob));
    nodes.hubs[0].leaves(ADA, "ada");
    nodes.settle();
    let _eve = nodes.plain(1, EVE, "ada");
}

#[test]
fn who_moves_to_another_node_takes_its_place_and_nobody_hears_of_it() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(0, BOB, "bob");
    let mut before = nodes.ours(0, ADA, "ada", 1);
    assert_eq!(taken(&mut bob), join("ada"));
    let mut after = nodes.ours_again(1, ADA, "ada", 1, 2);
    assert_eq!(taken(&mut bob), "");
    assert!(taken(&mut before).contains("Code: replaced"));
    assert!(is_over(&mut before));
    nodes.says(1, ADA, "ada", "from there");
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "from there"));
    // Nor does anybody hear of the way back, and what the one before says is void.
    let _back = nodes.ours_again(0, EVE, "ada", 1, 3);
    assert!(taken(&mut after).contains("Code: replaced"));
    nodes.says(1, ADA, "ada", "void");
    nodes.settle();
    assert_eq!(taken(&mut bob), "");
}

#[test]
fn who_comes_under_another_name_on_another_node_leaves_the_first() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(0, BOB, "bob");
    let mut before = nodes.ours(0, ADA, "ada", 1);
    assert_eq!(taken(&mut bob), join("ada"));
    let _after = nodes.ours_again(1, ADA, "countess", 1, 2);
    assert_eq!(taken(&mut bob), leave("ada") + &join("countess"));
    assert!(taken(&mut before).contains("Code: replaced"));
    assert!(is_over(&mut before));
}

#[test]
fn an_offer_after_the_join_is_granted_when_the_stream_has_it() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.plain(0, ADA, "ada");
    nodes.hubs[0].take(Event::Offered {
        peer: ADA,
        name: Some(username("ada")),
        offered: offered(1, 1),
    });
    nodes.hubs[0].flush();
    assert_eq!(taken(&mut ada), "");
    nodes.settle();
    assert!(taken(&mut ada).contains("\r\nGrant: "));
    // So it can move.
    let _there = nodes.ours_again(1, ADA, "ada", 1, 2);
    assert!(taken(&mut ada).contains("Code: replaced"));
}

#[test]
fn an_offer_that_comes_while_the_join_is_on_its_way_is_granted_too() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.hubs[0].connect(ADA, ROOMY);
    nodes.hubs[0].joins(ADA, "ada");
    nodes.hubs[0].take(Event::Offered {
        peer: ADA,
        name: Some(username("ada")),
        offered: offered(1, 1),
    });
    nodes.settle();
    assert!(taken(&mut ada).contains("\r\nGrant: "));
    // The stream knows of it too.
    let _there = nodes.ours_again(1, ADA, "ada", 1, 2);
    assert!(taken(&mut ada).contains("Code: replaced"));
}

#[test]
fn a_join_that_counts_when_its_peer_has_gone_is_followed_by_a_leave() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.hubs[0].connect(ADA, ROOMY);
    nodes.hubs[0].joins(ADA, "ada");
    nodes.hubs[0].depart(ADA, Departure::NeverJoined);
    nodes.settle();
    assert_eq!(taken(&mut bob), join("ada") + &leave("ada"));
}

#[test]
fn a_member_with_a_grant_that_has_gone_when_its_join_counts_keeps_its_place_for_its_grace() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.hubs[0].offers(ADA, "ada", 1, 1);
    nodes.hubs[0].depart(ADA, Departure::NeverJoined);
    nodes.settle();
    assert_eq!(taken(&mut bob), join("ada"));
    let _again = nodes.ours_again(1, EVE, "ada", 1, 2);
    nodes.passes(30 * SECOND);
    assert_eq!(taken(&mut bob), "");
}

#[test]
fn no_record_bears_a_secret() {
    let mut nodes = Nodes::new(1);
    let secret = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128;
    let _ada = nodes.ours(0, ADA, "ada", secret);
    let mut bob = nodes.plain(0, BOB, "bob");
    nodes.hubs[0].take(Event::Offered {
        peer: BOB,
        name: Some(username("bob")),
        offered: offered(secret + 1, 1),
    });
    nodes.settle();
    assert!(taken(&mut bob).contains("\r\nGrant: "));
    let bytes = nodes.engine.bytes();
    for secret in [secret, secret + 1] {
        for part in [secret.to_be_bytes(), secret.to_le_bytes()] {
            for half in part.chunks(8) {
                assert!(!bytes.windows(8).any(|window| window == half));
            }
        }
    }
}

#[test]
fn what_is_older_than_memory_is_read_from_the_stream() {
    let mut nodes = Nodes::new(1);
    let _bob = nodes.plain(0, BOB, "bob");
    for number in 1..=1300 {
        nodes.says(0, BOB, "bob", &format!("text {number}."));
        if number % 100 == 0 {
            nodes.settle();
        }
    }
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let generation = nodes.hubs[0].log.generation();
    for (before, most, first) in [(251, 200, 51), (51, 200, 1), (1, 200, 1)] {
        let peer = ADA;
        let place = Seq {
            generation,
            count: before,
        };
        nodes.hubs[0].take(Event::Earlier {
            peer,
            before: place.token().unwrap(),
            count: most,
        });
        nodes.settle();
        assert_eq!(ada.fill().now_or_never(), Some(true));
        if ada.is_unsettled() {
            assert_eq!(ada.settle().now_or_never(), Some(true));
        }
        let told = taken(&mut ada);
        for number in first..before {
            assert!(
                told.contains(&format!("\r\n\r\ntext {number}.")),
                "{number}"
            );
        }
        assert_eq!(told.matches("CHAT/1.0 TEXT").count() as u64, before - first);
        assert_eq!(told.contains("More: yes"), first > 1, "{told}");
        assert!(!told.contains("Lost: yes"), "{told}");
    }
}

/// Ada, who has a grant, says texts whose numbers begin with this one.
fn says_counted(hub: &mut Hub, first: u64, payloads: &[&str]) {
    let mut texts = Texts::default();
    for payload in payloads {
        texts.push(Payload::new(payload.as_bytes()).unwrap());
    }
    hub.happens(Event::Said {
        peer: ADA,
        name: username("ada"),
        own: Some(Id {
            session: Hex64(2),
            count: first,
        }),
        texts,
        held: hub.unfinished.hold(0),
    });
}

#[test]
fn what_a_member_says_twice_is_acknowledged_and_does_not_come_into_the_stream() {
    let mut nodes = Nodes::new(1);
    let mut bob = nodes.plain(0, BOB, "bob");
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    assert_eq!(taken(&mut bob), join("ada"));
    let hub = &mut nodes.hubs[0];
    says_counted(hub, 1, &["one", "two"]);
    // Also before it has come back.
    says_counted(hub, 1, &["one", "two"]);
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "one") + &text("ada", "two"));
    let before = nodes.engine.bytes().len();
    taken(&mut ada);
    for _ in 0..3 {
        says_counted(&mut nodes.hubs[0], 2, &["two"]);
        nodes.settle();
        assert!(taken(&mut ada).contains("CHAT/1.0 ACK"));
    }
    assert_eq!(nodes.engine.bytes().len(), before);
    // Of texts that are new in part, only these are published.
    says_counted(&mut nodes.hubs[0], 2, &["two", "three"]);
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "three"));
}

#[test]
fn what_a_member_has_said_on_another_node_is_acknowledged_when_it_says_it_again_and_nobody_hears_it_twice()
 {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _before = nodes.ours(0, ADA, "ada", 1);
    says_counted(&mut nodes.hubs[0], 1, &["one", "two"]);
    nodes.settle();
    let heard = join("ada") + &text("ada", "one") + &text("ada", "two");
    assert_eq!(taken(&mut bob), heard);
    let mut after = nodes.ours_again(1, ADA, "ada", 1, 2);
    says_counted(&mut nodes.hubs[1], 1, &["one", "two"]);
    nodes.settle();
    assert!(taken(&mut after).contains("CHAT/1.0 ACK"));
    assert_eq!(taken(&mut bob), "");
}

#[test]
fn a_member_is_put_out_on_its_own_node_only() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.plain(0, ADA, "ada");
    let order = || crate::orders::Order::Kick(username("ada"));
    for (node, is_out) in [(1, false), (0, true)] {
        let (reply, answer) = flume::bounded(1);
        nodes.hubs[node].take(Event::Admin {
            order: order(),
            reply,
        });
        nodes.settle();
        let answer = answer.recv().unwrap();
        assert_eq!(matches!(answer, crate::orders::Answer::Kicked), is_out);
        assert_eq!(is_over_after_words(&mut ada), is_out);
    }
}
