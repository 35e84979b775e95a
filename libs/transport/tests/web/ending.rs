//! How it ends: by the browser, by us, and by neither.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

use futures::FutureExt;
use hubbub_transport::Goodbye;

use crate::support::{
    BINARY, CLOSE, LAST, TEXT, browser, closing, end, frame, hear, message, read, wait, write,
};

#[test]
fn a_browser_that_closes_is_heard_to_the_end_and_answered_with_its_own_code() {
    for (said, answered) in [
        (closing(1000, ""), closing(1000, "")),
        (closing(4321, "done"), closing(4321, "done")),
        (Vec::new(), Vec::new()),
        // A code that nobody may send (RFC 6455, 7.4.1).
        (closing(1006, ""), closing(1002, "Protocol violation")),
    ] {
        let (transport, mut peer) = browser();
        peer.write_all(&message(b"bye")).unwrap();
        peer.write_all(&frame(LAST | CLOSE, &said)).unwrap();
        assert_eq!(read(&transport).unwrap(), b"bye");
        assert_eq!(read(&transport).unwrap(), b"");
        assert!(transport.has_ended());
        let refused = transport.try_write(b"too late").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
        transport.finish().unwrap();
        assert_eq!(hear(&mut peer), Some((LAST | CLOSE, answered)));
        assert_eq!(hear(&mut peer), None);
    }
}

#[test]
fn what_comes_after_a_close_is_not_read() {
    let (transport, mut peer) = browser();
    let all = [frame(LAST | CLOSE, b""), message(b"more")].concat();
    peer.write_all(&all).unwrap();
    assert_eq!(read(&transport).unwrap(), b"");
    assert_eq!(read(&transport).unwrap(), b"");
    assert_eq!(transport.held(), 0);
}

#[test]
fn a_browser_that_goes_without_a_word_has_ended() {
    let (transport, mut peer) = browser();
    // In the middle of a frame.
    peer.write_all(&message(b"bye")[..5]).unwrap();
    drop(peer);
    assert_eq!(read(&transport).unwrap(), b"");
    assert!(transport.has_ended());
}

#[test]
fn the_first_goodbye_is_said_when_our_half_ends_after_all_that_was_written_and_we_still_hear() {
    for why in Goodbye::ALL {
        let (transport, mut peer) = browser();
        write(&transport, b"last words");
        transport.goodbye(why);
        transport.goodbye(Goodbye::Full);
        transport.finish().unwrap();
        assert_eq!(hear(&mut peer), Some((LAST | BINARY, b"last words".into())));
        let close = closing(why.code(), why.reason());
        assert_eq!(hear(&mut peer), Some((LAST | CLOSE, close.clone())));
        assert_eq!(hear(&mut peer), None);
        let refused = transport.try_write(b"x").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
        peer.write_all(&message(b"so long")).unwrap();
        peer.write_all(&frame(LAST | CLOSE, &close)).unwrap();
        assert_eq!(read(&transport).unwrap(), b"so long");
        assert_eq!(read(&transport).unwrap(), b"");
    }
}

/// Whoever waits for the end of the other side does not turn in circles.
#[test]
fn after_a_broken_rule_and_our_own_end_there_is_nothing_to_read_until_the_other_side_ends() {
    let (transport, mut peer) = browser();
    peer.write_all(&frame(LAST | TEXT, b"hello")).unwrap();
    let broken = read(&transport).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::InvalidData);
    let readable = || std::future::poll_fn(|cx| transport.poll_readable(cx));
    assert!(readable().now_or_never().is_some());
    transport.finish().unwrap();
    assert!(readable().now_or_never().is_none());
    drop(peer);
    wait(readable()).unwrap();
}

#[test]
fn after_a_cut_what_had_arrived_is_read_and_nothing_is_written() {
    let (transport, mut peer) = browser();
    peer.write_all(&message(b"bye")).unwrap();
    wait(std::future::poll_fn(|cx| transport.poll_readable(cx))).unwrap();
    transport.cut().unwrap();
    let refused = transport.try_write(b"x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    assert_eq!(read(&transport).unwrap(), b"bye");
    assert_eq!(read(&transport).unwrap(), b"");
    assert_eq!(hear(&mut peer), None);
}

#[test]
fn a_reset_breaks_the_connection_when_it_is_dropped() {
    let (transport, mut peer) = browser();
    transport.reset().unwrap();
    drop(transport);
    let broken = peer.read(&mut [0; 16]).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
}

/// A socket that is closed with unread bytes resets the connection, and the close would be lost.
#[test]
fn who_breaks_the_rules_and_sends_on_still_hears_why_it_was_closed() {
    let (transport, mut peer) = browser();
    let huge = vec![7; 3 << 20];
    let speaker = std::thread::spawn(move || {
        let mut said = frame(LAST | BINARY, &huge);
        said.extend(message(b"and more"));
        peer.write_all(&said).unwrap();
        let close = hear(&mut peer);
        peer.shutdown(Shutdown::Write).unwrap();
        (close, hear(&mut peer))
    });
    let broken = read(&transport).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::InvalidData);
    end(&transport);
    drop(transport);
    let close = closing(1009, "too-big");
    let heard = speaker.join().unwrap();
    assert_eq!(heard, (Some((LAST | CLOSE, close)), None));
}

/// Nothing can be said in the middle of a message, and nobody finishes this one.
#[test]
fn an_end_in_the_middle_of_a_message_is_one_without_a_close() {
    let (transport, mut peer) = browser();
    let text = vec![7; 16 << 20];
    let mut written = 0;
    while let Ok(more) = transport.try_write(&text[written..]) {
        written += more;
    }
    transport.finish().unwrap();
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).unwrap();
    let heads = 4 * (1 + written / (16 * 1024 - 4));
    assert!((written..=written + heads).contains(&heard.len()));
}
