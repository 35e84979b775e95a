//! A peer as a browser: what it asks over HTTP, and how it becomes a visitor.

use std::io::{self, ErrorKind};
use std::time::Instant;

use super::Peer;
use crate::web::{Answer, Frame, Framing, KEYS, Request};
use crate::{DEADLINE, shown};

impl Peer {
    /// Asks, and takes the whole answer and the orderly end after it.
    #[track_caller]
    pub fn ask(mut self, request: &Request) -> Answer {
        self.send(request.bytes());
        if request.is_head() {
            Answer::of_head(&self.rest())
        } else {
            self.answer()
        }
    }

    /// Takes the whole answer to what was sent, and the orderly end after it.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        Answer::of(&self.rest())
    }

    /// What a browser asks for a WebSocket to the room at the address that this peer has connected to, from a page of
    /// the same origin.
    #[track_caller]
    pub fn upgrade_request(&self) -> Request {
        let host = self.line.stream.peer_addr().unwrap();
        let scheme = if self.line.tls.is_some() {
            "https"
        } else {
            "http"
        };
        Request::upgrade(host, format_args!("{scheme}://{host}"))
    }

    /// Becomes a visitor: from now on it speaks in binary messages.
    #[track_caller]
    pub fn upgrade(self) -> Self {
        let request = self.upgrade_request();
        self.upgrade_by(&request)
    }

    /// The same by another request.
    #[track_caller]
    pub fn upgrade_by(mut self, request: &Request) -> Self {
        self.send(request.bytes());
        self.upgraded()
    }

    /// Takes the answer to a request for a WebSocket that was sent with [the first key](KEYS), and is a visitor then.
    #[track_caller]
    pub fn upgraded(mut self) -> Self {
        let until = Instant::now() + DEADLINE;
        let answer = loop {
            if let Some(answer) = Answer::begun(&self.unread) {
                break answer;
            }
            match self.read_until(until) {
                Ok(1..) => {}
                end => panic!("{end:?} instead of a head, after {}", shown(&self.unread)),
            }
        };
        assert_eq!(answer.status, 101, "{answer:?}");
        assert_eq!(answer.need("Upgrade"), "websocket");
        assert_eq!(answer.need("Connection"), "Upgrade");
        assert_eq!(answer.need("Sec-WebSocket-Accept"), KEYS[0].1);
        assert_eq!(answer.headers.len(), 3, "nobody asked for more: {answer:?}");
        self.unread.clear();
        self.line.web = Some(Box::new(Framing::after(answer.body)));
        self
    }

    /// Sends a frame as it is.
    #[track_caller]
    pub fn send_frame(&mut self, frame: &Frame) {
        self.send_past_web(frame.bytes());
    }

    /// Sends bytes past the framing of messages: frames and parts of them, or none of the kind.
    #[track_caller]
    pub fn send_past_web(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if let Err(error) = self.try_send_past_web(bytes) {
            panic!("could not send {}: {error}", shown(bytes));
        }
    }

    /// The same to an end that may have closed the connection by now.
    ///
    /// # Errors
    ///
    /// It has.
    pub fn try_send_past_web(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.line.write_below(bytes.as_ref())
    }

    /// From now on a visitor answers no ping, and no end, as one that has lost its network.
    #[track_caller]
    pub fn is_mute(&mut self) {
        self.framing().is_mute = true;
    }

    /// Waits for a ping, and returns what was in it.
    #[track_caller]
    pub fn expect_ping(&mut self) -> Vec<u8> {
        self.wait_for("a ping", |web| {
            (!web.pings.is_empty()).then(|| web.pings.remove(0))
        })
    }

    /// Waits for the answer to a ping, and returns what was in it.
    #[track_caller]
    pub fn expect_pong(&mut self) -> Vec<u8> {
        self.wait_for("a pong", |web| {
            (!web.pongs.is_empty()).then(|| web.pongs.remove(0))
        })
    }

    /// How many pings have come that were not waited for.
    #[track_caller]
    pub fn pings(&mut self) -> usize {
        self.framing().pings.len()
    }

    /// How many answers to pings have come that were not waited for.
    #[track_caller]
    pub fn pongs(&mut self) -> usize {
        self.framing().pongs.len()
    }

    /// How long the longest message was, in bytes.
    #[track_caller]
    pub fn longest_message(&mut self) -> usize {
        self.framing().longest
    }

    /// Waits until the server ends the connection by its word, and returns the code and the reason. What came before
    /// that can still be taken.
    #[track_caller]
    pub fn expect_closing(&mut self) -> (u16, String) {
        self.wait_for("the word of the end", |web| web.closing.clone())
    }

    #[track_caller]
    fn wait_for<T>(&mut self, what: &str, found: impl Fn(&mut Framing) -> Option<T>) -> T {
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = found(self.framing()) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "silence instead of {what}");
            self.line.stream.set_read_timeout(Some(left)).unwrap();
            let read = self.line.take_frames();
            match (found(self.framing()), read) {
                (Some(found), _) => return found,
                (None, Ok(1..)) => {}
                (None, Ok(0)) => panic!("closed instead of {what}"),
                (None, Err(error)) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::WouldBlock => {}
                    _ => panic!("{error} instead of {what}"),
                },
            }
        }
    }

    #[track_caller]
    fn framing(&mut self) -> &mut Framing {
        self.line.web.as_mut().expect("a visitor")
    }
}
