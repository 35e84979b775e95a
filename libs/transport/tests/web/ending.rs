//! How it ends: by the browser, by us, and by neither.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

use hubbub_transport::Goodbye;

use crate::support::{
    BINARY, CLOSE, LAST, browser, closing, end, frame, hear, message, read, wait, write,
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
