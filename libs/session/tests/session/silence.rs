//! Texts that stop in the middle: what comes two seconds later is heard, and nobody waits for the rest.

use std::time::Duration;

use hubbub_session::Event;
use hubbub_testing::{Peer, ScriptedServer, join, leave, text};

use crate::harness::{Window, joined, left, said};

const SILENCE: Duration = Duration::from_secs(2);
const INSTANT: Duration = Duration::from_millis(1);

/// A text of 37 bytes, as its head says, of which four come.
const HALF: &[u8] = b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 37\r\n\r\nhalf";

fn cut_off(name: &str, text: &str, missing: usize) -> Event {
    Event::CutOff {
        name: name.to_owned(),
        text: text.to_owned(),
        missing,
    }
}

/// A window that has read the first half of a text.
fn after_half_a_text(server: &ScriptedServer) -> (Window, Peer) {
    let (mut window, mut peer) = Window::connected(server);
    peer.send([&join("bob"), HALF].concat());
    window.expect(joined("bob"));
    window.time.expect_nap(SILENCE);
    (window, peer)
}

#[test]
fn a_length_that_lies_makes_nobody_deaf_for_longer_than_two_seconds() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = after_half_a_text(&server);
    window.time.advance(SILENCE);
    peer.send([leave("bob"), text("cy", "does anybody hear me?")].concat());
    window.expect(cut_off("al", "half", 33));
    window.expect(left("bob"));
    window.expect(said("cy", "does anybody hear me?"));
}

#[test]
fn a_text_that_goes_on_within_two_seconds_takes_its_bytes_whatever_they_are() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = after_half_a_text(&server);
    window.time.advance(SILENCE - INSTANT);
    let bytes = leave("bob");
    assert_eq!(bytes.len(), 33);
    peer.send([bytes, leave("cy")].concat());
    window.expect(said("al", "halfCHAT/1.0 LEAVE\nUsername: bob\n\n"));
    window.expect(left("cy"));
}

#[test]
fn a_text_that_only_pauses_is_shown_whole() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = after_half_a_text(&server);
    window.time.advance(SILENCE);
    peer.send(b"CHAT/1.0 is what we speak in here");
    window.expect(said("al", "halfCHAT/1.0 is what we speak in here"));
}

#[test]
fn each_byte_that_comes_begins_the_two_seconds_anew() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = after_half_a_text(&server);
    window.time.advance(SILENCE - INSTANT);
    peer.send(b".");
    window.time.expect_nap(SILENCE);
    window.time.advance(SILENCE - INSTANT);
    peer.send([leave("cy"), leave("bob")].concat());
    assert_eq!(leave("cy").len(), 32);
    window.expect(said("al", "half.CHAT/1.0 LEAVE\nUsername: cy\n\n"));
    window.expect(left("bob"));
}

#[test]
fn a_head_that_stops_in_the_middle_makes_nobody_deaf_either() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 3");
    window.time.expect_nap(SILENCE);
    window.time.advance(SILENCE);
    peer.send(leave("bob"));
    window.expect(left("bob"));
}

#[test]
fn nobody_waits_between_frames() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(text("bob", "hi"));
    window.expect(said("bob", "hi"));
    assert_eq!(window.time.naps(), 0);
}

#[test]
fn a_text_counted_in_characters_is_shown_whole() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send("CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 7\r\n\r\nhéllo €");
    window.expect(said("bob", "héllo €"));
}

#[test]
fn a_text_whose_end_is_in_doubt_is_shown_after_two_seconds_or_at_the_end() {
    // Five of the six characters are here, and nobody knows whether the noise belongs to them.
    let doubtful = "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 8\r\n\r\néééé..";
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(doubtful);
    window.time.expect_nap(SILENCE);
    window.expect_no_event();
    window.time.advance(SILENCE);
    window.expect(said("bob", "éééé"));
    drop(peer);
    let (_, _, retry_in) = window.expect_lost();
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    peer.send(doubtful);
    drop(peer);
    window.expect(said("bob", "éééé"));
    window.expect_lost();
}
