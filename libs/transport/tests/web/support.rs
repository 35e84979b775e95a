//! What the tests are told with: frames by hand, and both ends of a connection.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::time::Duration;

use async_io::{Timer, block_on};
use futures::future::{Either, select};
use hubbub_transport::{Listener, Transport};

/// Nothing here takes a tenth of this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const PART: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The bit of a frame that is the last of its message.
pub(crate) const LAST: u8 = 0x80;

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    match block_on(select(pin!(work), Timer::after(PATIENCE))) {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("it waited in vain"),
    }
}

/// A plain connection that came in, and the socket that it came from.
pub(crate) fn sockets() -> (Transport, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::new(listener).unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.set_write_timeout(Some(PATIENCE)).unwrap();
    peer.set_nodelay(true).unwrap();
    (wait(listener.accept()).unwrap().0, peer)
}

/// The connection of a browser, and the socket of the browser.
pub(crate) fn browser() -> (Transport, TcpStream) {
    let (transport, peer) = sockets();
    (transport.into_web(Vec::new()), peer)
}

/// A frame as a browser sends it.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let mut frame = head(first, payload.len() as u64);
    frame[1] |= 0x80;
    frame.extend(mask);
    frame.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// The head of a frame that is not masked.
pub(crate) fn head(first: u8, len: u64) -> Vec<u8> {
    let mut head = vec![first];
    match len {
        0..126 => head.push(len as u8),
        126..65_536 => {
            head.push(126);
            head.extend((len as u16).to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend(len.to_be_bytes());
        }
    }
    head
}

/// A message in one frame.
pub(crate) fn message(payload: &[u8]) -> Vec<u8> {
    frame(LAST | BINARY, payload)
}

/// What a close frame says.
pub(crate) fn closing(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// Reads one frame of a server: its first byte, and its payload. `None` at the end.
pub(crate) fn hear(peer: &mut impl Read) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    match peer.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return None,
        read => read.unwrap(),
    }
    let len = match head[1] {
        126 => {
            let mut len = [0; 2];
            peer.read_exact(&mut len).unwrap();
            u16::from_be_bytes(len).into()
        }
        127 => {
            let mut len = [0; 8];
            peer.read_exact(&mut len).unwrap();
            u64::from_be_bytes(len)
        }
        len if len < 126 => len.into(),
        _ => panic!("a server masks nothing"),
    };
    let mut payload = vec![0; len as usize];
    peer.read_exact(&mut payload).unwrap();
    Some((head[0], payload))
}

/// Reads messages until there are so many bytes. Other frames must not come.
pub(crate) fn hear_bytes(peer: &mut impl Read, len: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < len {
        let (first, payload) = hear(peer).unwrap();
        assert_eq!(first, LAST | BINARY);
        all.extend(payload);
    }
    all
}

pub(crate) fn read(transport: &Transport) -> io::Result<Vec<u8>> {
    read_at_most(transport, 64 * 1024)
}

pub(crate) fn read_at_most(transport: &Transport, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; most];
    let len = wait(poll_fn(|cx| transport.poll_read(cx, &mut bytes)))?;
    bytes.truncate(len);
    Ok(bytes)
}

/// Reads exactly so many bytes, with room for `most` at a time.
pub(crate) fn read_exact(transport: &Transport, len: usize, most: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < len {
        let more = read_at_most(transport, most).unwrap();
        assert!(!more.is_empty(), "it ended after {} bytes", all.len());
        all.extend(more);
    }
    assert_eq!(all.len(), len);
    all
}

pub(crate) fn write(transport: &Transport, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = wait(poll_fn(|cx| transport.poll_write(cx, bytes))).unwrap();
        bytes = &bytes[written..];
    }
}

/// Ends our half as a server does: it reads on until the other side has ended.
pub(crate) fn end(transport: &Transport) {
    transport.finish().unwrap();
    while let Ok(1..) = read(transport).map(|bytes| bytes.len()) {}
}
