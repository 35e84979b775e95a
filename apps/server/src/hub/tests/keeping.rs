//! A log with a disk for which the test stands in: what members are told of it, and what its answers cost.

use super::*;
use crate::log::Answer;
use crate::log::keeping::{Disk, Order};
use crate::outbox::tests::taken;
use hubbub_wire::Token;

const STOPPED: &str = "\r\nCode: keeping-stopped\r\n";
const RESUMED: &str = "\r\nCode: keeping-resumed\r\n";

/// The test's end of the disk's queues.
struct Fake {
    orders: flume::Receiver<Order>,
    answers: flume::Sender<Answer>,
}

/// A hub in a memory of this many bytes, with a disk that has a past.
fn on_disk(limit: usize) -> (Hub, Fake) {
    let (give, orders) = flume::unbounded();
    let (answer, answers) = flume::unbounded();
    let disk = Disk {
        room: Hex128(7),
        generation: 9,
        time: Time::from_unix_ms(5),
        newest: Some(Seq {
            generation: 8,
            count: 3,
        }),
        sessions: Vec::new(),
        keep: Duration::from_secs(60),
        orders: give,
        answers,
    };
    let queued = Memory::new(limit);
    let log = Log::on_disk(disk, Arc::clone(&queued));
    let unfinished = Memory::new(ROOMY);
    let settings = Settings::default();
    let hub = Hub::new(
        log,
        queued,
        unfinished,
        settings,
        Instant::now(),
        Arc::default(),
    );
    let answers = answer;
    (hub, Fake { orders, answers })
}

impl Fake {
    fn answers(&self, hub: &mut Hub, answer: Answer) {
        self.answers.send(answer).unwrap();
        hub.listen_to_log();
        hub.flush();
    }

    fn fails(&self, hub: &mut Hub) {
        let why = "it is full".to_owned();
        self.answers(hub, Answer::Failed { why });
    }

    fn keeps(&self, hub: &mut Hub, orders: u64) {
        self.answers(hub, Answer::Kept { orders });
    }

    /// Answers every question that was asked, with this many bytes of texts.
    fn recalls(&self, hub: &mut Hub, bytes: usize) {
        for order in self.orders.try_iter().collect::<Vec<_>>() {
            if let Order::Recall { number, .. } = order {
                let answer = Answer::Recalled {
                    number,
                    texts: Some(vec![b'x'; bytes]),
                    after: None,
                    more: true,
                    lost: false,
                };
                self.answers(hub, answer);
            }
        }
    }
}

#[test]
fn who_gets_a_grant_while_messages_are_not_kept_is_told_after_it_and_who_is_here_when_it_changes() {
    let (mut hub, disk) = on_disk(ROOMY);
    let mut ada = hub.offers(ADA, "ada", 1, 1);
    hub.flush();
    disk.recalls(&mut hub, 1);
    assert!(!taken(&mut ada).contains("NOTICE"));
    // Bob has joined and is not told of his grant yet when it changes.
    let mut bob = hub.offers(BOB, "bob", 2, 1);
    hub.apply_some();
    hub.says(ADA, "ada", "hi");
    disk.fails(&mut hub);
    disk.recalls(&mut hub, 1);
    let mut eve = hub.offers(EVE, "eve", 3, 1);
    hub.flush();
    disk.recalls(&mut hub, 1);
    assert_eq!(taken(&mut ada).matches(STOPPED).count(), 1);
    for pending in [&mut bob, &mut eve] {
        let told = taken(pending);
        let [grant, past, stopped] =
            ["Grant: ", "REPLAYED", STOPPED].map(|word| told.find(word).expect(&told));
        assert!(grant < past && past < stopped, "{told}");
        assert_eq!(told.matches(STOPPED).count(), 1, "{told}");
    }
    // So is one that has joined and is not told when it changes back, and then there is nothing to tell.
    let mut fay = hub.offers(FAY, "fay", 4, 1);
    hub.apply_some();
    disk.keeps(&mut hub, 1);
    disk.recalls(&mut hub, 1);
    assert!(taken(&mut eve).contains(RESUMED));
    assert!(!taken(&mut fay).contains("NOTICE"));
}

#[test]
fn who_does_not_read_what_it_asked_the_disk_goes_when_that_is_too_much_though_nobody_speaks() {
    let answer = 100 * 1024;
    let (mut hub, disk) = on_disk(3 * answer);
    let mut all: Vec<_> = [(ADA, "ada"), (BOB, "bob"), (EVE, "eve"), (FAY, "fay")]
        .into_iter()
        .map(|(peer, name)| hub.offers(peer, name, u128::from(peer.0), 1))
        .collect();
    hub.flush();
    disk.recalls(&mut hub, 1);
    all.iter_mut().for_each(|pending| drop(taken(pending)));
    let asks = |hub: &mut Hub, peer: u64, pending: &mut Pending| {
        // Each asks something else, so that no answer serves two.
        let before = Token::new(format!("{:016x}-{}", 8, peer + 1)).unwrap();
        let peer = PeerId(peer);
        let count = 200;
        hub.happens(Event::Earlier {
            peer,
            before,
            count,
        });
        hub.flush();
        disk.recalls(hub, answer);
        // Its task takes the answer, and the socket takes nothing.
        assert_eq!(pending.fill().now_or_never(), Some(true));
        assert_eq!(pending.settle().now_or_never(), Some(true));
    };
    for peer in 0..2 {
        asks(&mut hub, peer, &mut all[peer as usize]);
    }
    assert!(!all.iter().any(is_evicted));
    asks(&mut hub, 2, &mut all[2]);
    let gone: Vec<_> = all.iter().map(is_evicted).collect();
    // Of those that had the time to read, the last.
    assert_eq!(gone, [false, true, false, false]);
}
