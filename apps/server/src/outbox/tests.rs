//! Queues of one peer: what they take, who writes, and what they cost.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use futures::FutureExt;

use super::*;
use crate::batch::tests::{batch, frame};
use crate::memory::Memory;
use crate::runtime::block_on;

const READER: PeerId = PeerId(1);
const OTHER: PeerId = PeerId(2);

/// Takes everything that waits, as a peer's write half does.
pub(crate) fn taken(pending: &mut Pending) -> String {
    let mut got = Vec::new();
    while pending.fill().now_or_never() == Some(true) {
        while !pending.is_written() {
            if pending.is_unsettled() {
                assert_eq!(pending.settle().now_or_never(), Some(true));
            }
            let mut slices = [IoSlice::new(&[]); 16];
            let used = pending.slices(&mut slices);
            let before = got.len();
            for slice in &slices[..used] {
                got.extend_from_slice(slice);
            }
            pending.advance(got.len() - before);
        }
    }
    String::from_utf8(got).unwrap()
}

/// Whether the hub has let go of the queue and nothing is left in it.
pub(crate) fn is_over(pending: &mut Pending) -> bool {
    pending.fill().now_or_never() == Some(false)
}

#[test]
fn a_queue_takes_exactly_its_limit_and_not_a_byte_more() {
    let one = Part::all(batch(&[(OTHER, "0123456789")]));
    for (limit, fourth) in [(4 * one.cost(), Ok(())), (4 * one.cost() - 1, Err(Full))] {
        let (outbox, _pending) = outbox(READER, limit, None);
        for _ in 0..3 {
            assert_eq!(outbox.push(one.clone().into()), Ok(()));
        }
        assert_eq!(outbox.push(one.clone().into()), fourth);
    }
}

#[test]
fn an_empty_queue_takes_one_batch_of_any_size() {
    let one = Part::all(batch(&[(OTHER, "longer than the limit")]));
    let (outbox, _pending) = outbox(READER, 1, None);
    assert_eq!(outbox.push(one.clone().into()), Ok(()));
    assert_eq!(outbox.push(one.into()), Err(Full));
}

#[test]
fn what_is_exempt_always_fits_and_leaves_the_limit_and_the_lag_as_they_are() {
    let one = Part::all(batch(&[(OTHER, "0123456789")]));
    let cost = one.cost();
    let (outbox, mut pending) = outbox(READER, 4 * cost, None);
    let exempt = || Delivery::from(one.clone()).exempt();
    for _ in 0..10 {
        assert_eq!(outbox.push(exempt()), Ok(()));
    }
    assert!(!outbox.is_lagging());
    for lags in [false, true, true, true] {
        assert_eq!(outbox.push(one.clone().into()), Ok(()));
        assert_eq!(outbox.is_lagging(), lags);
    }
    assert_eq!(outbox.push(one.clone().into()), Err(Full));
    assert_eq!(outbox.push(exempt()), Ok(()));
    assert_eq!(
        (outbox.waiting(), outbox.watch().waiting()),
        (15 * cost, 15 * cost)
    );
    assert_eq!(pending.fill().now_or_never(), Some(true));
    // Ten that are exempt and one that is not.
    pending.advance(11 * frame("0123456789").len());
    assert_eq!((outbox.waiting(), outbox.is_lagging()), (4 * cost, true));
    assert_eq!(outbox.push(one.clone().into()), Ok(()));
    assert_eq!(outbox.push(one.into()), Err(Full));
}

/// A peer's outbox over a connection, its pending end, and the other end of the connection.
fn over_a_connection() -> (Outbox, Pending, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let transport = Transport::connect(listener.local_addr().unwrap());
    let transport = block_on(transport).unwrap();
    let (socket, _) = listener.accept().unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let (outbox, pending) = outbox(READER, usize::MAX, Some(transport));
    (outbox, pending, socket)
}

#[track_caller]
fn expect(socket: &mut TcpStream, text: &str) {
    let mut came = vec![0; text.len()];
    socket.read_exact(&mut came).unwrap();
    assert!(came == text.as_bytes(), "other bytes came");
}

#[test]
fn a_part_is_written_at_once_while_nothing_waits_and_not_before_what_does() {
    let (outbox, mut pending, mut socket) = over_a_connection();
    let texts = [(OTHER, "one"), (READER, "own"), (OTHER, "two")];
    let direct = |text| outbox.deliver(READER, Part::all(batch(&[(OTHER, text)])));
    outbox.deliver(READER, Part::all(batch(&texts))).unwrap();
    expect(&mut socket, &(frame("one") + &frame("two")));
    assert_eq!((outbox.waiting(), outbox.writes()), (0, 1));
    let second = Part::all(batch(&[(OTHER, "second")]));
    outbox.push(second.into()).unwrap();
    direct("third").unwrap();
    assert_eq!(pending.fill().now_or_never(), Some(true));
    direct("fourth").unwrap();
    pending.advance((frame("second") + &frame("third")).len());
    assert_eq!(pending.fill().now_or_never(), Some(true));
    pending.advance(frame("fourth").len());
    direct("fifth").unwrap();
    expect(&mut socket, &frame("fifth"));
}

#[test]
fn the_hub_writes_nothing_before_what_is_exempt_comes_later_or_is_the_peers_own() {
    let waits: [fn(&Outbox, &Pending); 3] = [
        |outbox, _| {
            let exempt = Delivery::from(Part::all(batch(&[(OTHER, "first")]))).exempt();
            outbox.push(exempt).unwrap();
        },
        |outbox, _| {
            let first = Delivery::from(Part::all(batch(&[(OTHER, "first")])));
            let first = std::future::ready(Some(vec![first]));
            outbox.push(Delivery::later(first)).unwrap();
        },
        |_, pending| {
            let intake = pending.intake(&Memory::new(0));
            intake.push_own(frame("first").into_bytes()).unwrap();
        },
    ];
    for push in waits {
        let (outbox, mut pending, mut socket) = over_a_connection();
        push(&outbox, &pending);
        let direct = |text| outbox.deliver(READER, Part::all(batch(&[(OTHER, text)])));
        direct("second").unwrap();
        assert_eq!(pending.fill().now_or_never(), Some(true));
        assert_eq!(pending.settle().now_or_never(), Some(true));
        direct("third").unwrap();
        for text in ["first", "second"] {
            assert!(outbox.waiting() > 0);
            pending.advance(frame(text).len());
        }
        assert_eq!(pending.fill().now_or_never(), Some(true));
        pending.advance(frame("third").len());
        assert_eq!(outbox.waiting(), 0);
        direct("fourth").unwrap();
        expect(&mut socket, &frame("fourth"));
    }
}

#[test]
fn the_hub_may_not_write_when_the_task_has_pushed_something_just_before() {
    let (outbox, pending) = outbox(READER, usize::MAX, None);
    assert!(outbox.shared.claim());
    assert!(outbox.shared.has(DIRECT));
    let intake = pending.intake(&Memory::new(0));
    intake.push_own(b"pong".to_vec()).unwrap();
    assert!(!outbox.shared.claim());
}

#[test]
fn the_task_is_not_kept_from_writing_after_a_write_of_the_hub() {
    let (outbox, mut pending, mut socket) = over_a_connection();
    let direct = |text| outbox.deliver(READER, Part::all(batch(&[(OTHER, text)])));
    direct("written").unwrap();
    outbox.shared.transport.cut().unwrap();
    direct("left").unwrap();
    assert_eq!(pending.fill().now_or_never(), Some(true));
    expect(&mut socket, &frame("written"));
}

#[test]
fn the_peers_task_knows_of_a_grant() {
    let (outbox, pending) = outbox(READER, 1, None);
    let intake = pending.intake(&Memory::new(0));
    assert!(!intake.has_grant());
    assert!(outbox.ask());
    assert!(!intake.has_grant());
    outbox.grant();
    assert!(intake.has_grant());
}

#[test]
fn what_the_connection_does_not_take_at_once_is_queued_before_everything_else() {
    let (outbox, mut pending, mut socket) = over_a_connection();
    let text = "x".repeat(64 << 20);
    outbox
        .deliver(READER, Part::all(batch(&[(OTHER, &text)])))
        .unwrap();
    assert_eq!(pending.fill().now_or_never(), Some(true));
    let mut slices = [IoSlice::new(&[]); 2];
    assert_eq!(pending.slices(&mut slices), 1);
    let whole = frame(&text);
    let (written, rest) = whole.split_at(whole.len() - slices[0].len());
    assert!(!written.is_empty());
    assert!(*slices[0] == *rest.as_bytes(), "the rest is another one");
    expect(&mut socket, written);
}

#[test]
fn what_cannot_be_written_at_once_is_left_to_the_peers_task() {
    let (outbox, mut pending, _socket) = over_a_connection();
    outbox.shared.transport.cut().unwrap();
    let part = Part::all(batch(&[(OTHER, "unheard")]));
    let cost = part.cost();
    outbox.deliver(READER, part).unwrap();
    assert_eq!(outbox.waiting(), cost);
    assert_eq!(pending.fill().now_or_never(), Some(true));
}

#[test]
fn what_hub_and_peer_share_costs_an_idle_member_96_bytes() {
    assert_eq!(size_of::<Shared>(), 96);
}
