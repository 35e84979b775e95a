//! Signs of life. The time between two of them is none at all here, so that nothing depends on how busy the machine is.

use std::future::poll_fn;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::task::Waker;
use std::thread;

use async_io::block_on;

use super::*;
use crate::Listener;

const PING: [u8; 2] = [0x89, 0];
/// A pong as a browser sends it.
const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

#[test]
fn three_questions_may_stay_without_an_answer_and_any_answer_begins_the_count_anew() {
    let mut state = State::new(Duration::ZERO);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10 {
        for _ in 0..3 {
            assert!(state.poll_pulse(&mut context).is_ready());
            assert!(!state.is_ended());
        }
        assert_eq!(state.take(&PONG, &mut []), 0);
    }
    for is_ended in [false, false, false, true] {
        assert!(state.poll_pulse(&mut context).is_ready());
        assert_eq!(state.is_ended(), is_ended);
    }
    assert!(state.poll_pulse(&mut context).is_pending());
}

#[test]
fn each_question_allows_as_many_frames_that_bring_nothing_as_the_first() {
    let mut state = State::new(Duration::ZERO);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        state.take(&PONG.repeat(1000), &mut []);
        assert!(!state.is_ended());
        assert!(state.poll_pulse(&mut context).is_ready());
    }
    state.take(&PONG.repeat(1001), &mut []);
    assert!(state.is_ended());
}

#[test]
fn whoever_gives_no_sign_of_life_is_asked_three_times_and_told_why_it_has_to_go() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::new(listener).unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (below, _) = block_on(listener.accept()).unwrap();
    let web = Web::with(below, Vec::new(), Duration::ZERO);
    block_on(poll_fn(|cx| web.poll_readable(cx))).unwrap();
    let silent = web.try_read(&mut [0; 16]).unwrap_err();
    assert_eq!(silent.kind(), ErrorKind::TimedOut);
    web.finish().unwrap();
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).unwrap();
    let close = [&[0x88, 8][..], &4012_u16.to_be_bytes(), b"silent"].concat();
    assert_eq!(heard, [&PING.repeat(3)[..], &close].concat());
}

/// A proxy in between ends what is silent for a minute, and the browser cannot be heard meanwhile.
#[test]
fn while_nobody_reads_it_is_asked_for_signs_of_life_and_misses_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::new(listener).unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let (below, _) = block_on(listener.accept()).unwrap();
    let web = Web::with(below, Vec::new(), Duration::from_millis(1));
    let reading = thread::spawn(move || {
        let mut heard = [0; 10 * PING.len()];
        peer.read_exact(&mut heard).unwrap();
        (peer, heard)
    });
    block_on(poll_fn(|cx| {
        web.keep_alive(cx);
        if reading.is_finished() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }));
    let (_peer, heard) = reading.join().unwrap();
    assert_eq!(heard.to_vec(), PING.repeat(10));
    assert!(!web.is_ended());
}

/// Else it would wait for the next message, which may never come.
#[test]
fn what_is_owed_goes_out_when_the_message_before_it_is_written() {
    const MESSAGE: usize = 16 * 1024 - 4;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::new(listener).unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (below, _) = block_on(listener.accept()).unwrap();
    let web = Web::with(below, Vec::new(), Duration::from_secs(20));
    let message = [b'x'; MESSAGE];
    let mut sent = 0;
    let error = loop {
        match web.try_write_vectored(&[IoSlice::new(&message[sent..])]) {
            Ok(len) => sent = (sent + len) % MESSAGE,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    web.state().outgoing.pong(b"hi");
    let reading = thread::spawn(move || {
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).unwrap();
        heard
    });
    while sent < MESSAGE {
        block_on(poll_fn(|cx| web.below.poll_writable(cx))).unwrap();
        match web.try_write_vectored(&[IoSlice::new(&message[sent..])]) {
            Ok(len) => sent += len,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    drop(web);
    let heard = reading.join().unwrap();
    assert!(
        heard.ends_with(b"x\x8a\x02hi"),
        "{:?}",
        heard.last_chunk::<8>()
    );
}

/// What the design says: asked every 20 s, and gone after a minute without an answer.
#[test]
fn the_fourth_question_would_come_a_minute_after_the_first() {
    assert_eq!(pulse::EVERY, Duration::from_secs(20));
    assert_eq!(
        pulse::EVERY * u32::from(pulse::MOST_UNANSWERED),
        Duration::from_secs(60)
    );
}
