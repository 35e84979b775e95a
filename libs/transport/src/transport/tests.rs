use std::future::poll_fn;
use std::net::TcpListener;
use std::pin::pin;

use async_io::{Timer, block_on};
use futures::future::{Either, select};

use super::*;
use crate::Listener;

/// Nothing here takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(30);

fn wait<T>(work: impl Future<Output = T>) -> T {
    match block_on(select(pin!(work), Timer::after(PATIENCE))) {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("it waited in vain"),
    }
}

fn pair() -> (Transport, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let transport = wait(Transport::connect(listener.local_addr().unwrap())).unwrap();
    let (peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    (transport, peer)
}

fn read(transport: &Transport) -> Vec<u8> {
    let mut bytes = [0; 16];
    let len = wait(poll_fn(|cx| transport.poll_read(cx, &mut bytes))).unwrap();
    bytes[..len].to_vec()
}

/// A connection that came in, and the one that it came from.
fn accepted() -> (Transport, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::new(listener).unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (transport, from) = wait(listener.accept()).unwrap();
    assert_eq!(from, peer.local_addr().unwrap());
    (transport, peer)
}

fn wait_readable(transport: &Transport) {
    wait(poll_fn(|cx| transport.poll_readable(cx))).unwrap();
}

#[test]
fn a_connection_sends_small_frames_at_once_and_notices_a_dead_server_within_a_minute() {
    let (transport, _peer) = pair();
    expect_tuned(&transport);
}

#[test]
fn a_connection_that_came_in_notices_a_dead_client_within_a_minute_too() {
    let (transport, _peer) = accepted();
    expect_tuned(&transport);
}

fn expect_tuned(transport: &Transport) {
    let socket = SockRef::from(transport.socket().unwrap().get_ref());
    assert!(socket.tcp_nodelay().unwrap());
    assert!(socket.keepalive().unwrap());
    let probes = socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
    let silent = socket.tcp_keepalive_time().unwrap() + probes;
    assert!(silent <= Duration::from_secs(60), "{silent:?}");
    #[cfg(target_os = "linux")]
    assert_eq!(
        socket.tcp_user_timeout().unwrap(),
        Some(Duration::from_secs(50))
    );
}

#[test]
fn a_side_that_finishes_is_heard_to_the_end_and_still_hears() {
    let (transport, mut peer) = pair();
    assert_eq!(transport.try_write(b"bye").unwrap(), 3);
    transport.finish().unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "bye");
    peer.write_all(b"so long").unwrap();
    assert_eq!(read(&transport), b"so long");
    drop(peer);
    assert_eq!(read(&transport), b"");
}

#[test]
fn a_try_waits_for_nothing_and_readiness_says_when_the_next_one_is_worth_it() {
    let (transport, mut peer) = pair();
    let silence = transport.try_read(&mut [0; 16]);
    assert_eq!(silence.unwrap_err().kind(), ErrorKind::WouldBlock);
    let block = vec![0; 1 << 20];
    let mut sent = 0;
    let full = loop {
        match transport.try_write(&block) {
            Ok(bytes) => sent += bytes,
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    let mut taken = vec![0; sent];
    peer.read_exact(&mut taken).unwrap();
    let more = wait(poll_fn(|cx| transport.poll_write(cx, &block))).unwrap();
    assert!(more > 0);
    peer.write_all(b"hi").unwrap();
    assert_eq!(read(&transport), b"hi");
}

#[test]
fn a_reset_breaks_the_connection_when_it_is_dropped() {
    let (transport, mut peer) = pair();
    transport.reset().unwrap();
    drop(transport);
    let broken = peer.read(&mut [0; 16]).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn bytes_from_several_places_are_written_in_order_and_none_at_all_are_no_end() {
    let (transport, mut peer) = pair();
    let slices = ["one ", "two ", "three"].map(|text| IoSlice::new(text.as_bytes()));
    for used in [0, 1, 3] {
        let bytes: usize = slices[..used].iter().map(|slice| slice.len()).sum();
        let written = transport.try_write_vectored(&slices[..used]).unwrap();
        assert_eq!(written, bytes);
    }
    transport.finish().unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "one one two three");
}

#[test]
fn an_end_is_known_before_what_came_before_it_is_read() {
    for breaks in [false, true] {
        let (transport, mut peer) = pair();
        peer.write_all(b"bye").unwrap();
        wait_readable(&transport);
        assert!(!transport.has_ended());
        if breaks {
            SockRef::from(&peer)
                .set_linger(Some(Duration::ZERO))
                .unwrap();
        }
        drop(peer);
        wait_readable(&transport);
        assert!(transport.has_ended());
        if !breaks {
            assert_eq!(read(&transport), b"bye");
        }
    }
}

#[test]
fn after_a_cut_what_had_arrived_is_read_and_nothing_is_written() {
    let (transport, mut peer) = pair();
    peer.write_all(b"bye").unwrap();
    wait_readable(&transport);
    transport.cut().unwrap();
    let refused = transport.try_write(b"x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    assert_eq!(read(&transport), b"bye");
    assert_eq!(read(&transport), b"");
}
