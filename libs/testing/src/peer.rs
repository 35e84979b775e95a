//! One end of a connection that speaks raw bytes over a blocking socket, with or without TLS or WebSocket. Every wait
//! has a deadline and fails with what had come so far. It knows the exact form of frames, and no code of ours.

mod secure;
mod web;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use crate::frames::{frame_len, head_len, same_bytes};
use crate::tls::Line;
use crate::{AnyFrame, DEADLINE, Tape, join, shown};
#[cfg(target_os = "linux")]
use crate::{TcpSocket, tcp_sockets, until};

/// One end of a connection: a client of the server under test, or what a scripted server has accepted.
pub struct Peer {
    line: Line,
    unread: Vec<u8>,
}

impl Peer {
    /// Connects, and sends nothing yet.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        Self::connect_by(socket_for(address), address)
    }

    /// Connects through sockets with small buffers, so that what this peer does not read waits in the server. Less than
    /// 1 MiB is on its way; ordinary sockets on loopback hold more than 4 MiB.
    #[track_caller]
    pub fn connect_narrow(address: SocketAddr) -> Self {
        let socket = socket_for(address);
        socket.set_tcp_mss(1400).unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        Self::connect_by(socket, address)
    }

    /// Connects from this address of loopback instead of the usual one.
    #[track_caller]
    pub fn connect_from(from: [u8; 4], address: SocketAddr) -> Self {
        let socket = socket_for(address);
        let from = SocketAddr::from((from, 0));
        socket.bind(&from.into()).unwrap();
        Self::connect_by(socket, address)
    }

    /// Connects to this port of IPv4 loopback, where perhaps nobody listens.
    ///
    /// # Errors
    ///
    /// There is no connection.
    pub fn try_connect(port: u16) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let socket = socket_for(address);
        socket.connect_timeout(&address.into(), DEADLINE)?;
        Ok(Self::on(socket.into()))
    }

    #[track_caller]
    fn connect_by(socket: Socket, address: SocketAddr) -> Self {
        if let Err(error) = socket.connect_timeout(&address.into(), DEADLINE) {
            panic!("no connection to {address}: {error}");
        }
        Self::on(socket.into())
    }

    pub(crate) fn on(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self {
            line: Line::plain(stream),
            unread: Vec::new(),
        }
    }

    /// Connects to this port of IPv4 loopback, and sends a JOIN.
    #[track_caller]
    pub fn join(port: u16, name: &str) -> Self {
        let mut peer = Self::connect(SocketAddr::from(([127, 0, 0, 1], port)));
        peer.send(join(name));
        peer
    }

    /// The address of this end, by which the other end can be found.
    pub fn local_address(&self) -> SocketAddr {
        self.line.stream.local_addr().unwrap()
    }

    /// A second handle to write with, for another thread. Without TLS and WebSocket only.
    #[track_caller]
    pub fn writer(&self) -> TcpStream {
        self.line.assert_is_plain();
        self.line.stream.try_clone().unwrap()
    }

    /// Keeps everything that comes from now on, so that the other end never waits for this one to read. Without TLS and
    /// WebSocket only.
    #[track_caller]
    pub fn tape(&self) -> Tape {
        self.line.assert_is_plain();
        assert!(self.unread.is_empty(), "unread: {}", shown(&self.unread));
        self.line.stream.set_read_timeout(None).unwrap();
        Tape::of(&self.line.stream)
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if let Err(error) = self.line.write_all(bytes) {
            panic!("could not send {}: {error}", shown(bytes));
        }
    }

    /// Sends bytes as they are, to an end that may have closed the connection by now.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.line.write_all(bytes.as_ref());
    }

    /// Takes exactly these bytes. Fails at the first byte that differs.
    #[track_caller]
    pub fn expect(&mut self, wanted: impl AsRef<[u8]>) {
        let wanted = wanted.as_ref();
        let until = Instant::now() + DEADLINE;
        let mut same = 0;
        let end = loop {
            // Whole slices at once: a reader that compares byte by byte falls behind a flood.
            let common = self.unread.len().min(wanted.len());
            if self.unread[same..common] != wanted[same..common] {
                break format!("they differ at byte {}", same_bytes(&self.unread, wanted));
            }
            same = common;
            if same == wanted.len() {
                self.unread.drain(..same);
                return;
            }
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => break "then closed".to_owned(),
                Err(error) => break format!("then {error}"),
            }
        };
        let (wanted, unread) = (shown(wanted), shown(&self.unread));
        panic!("{end}\n  wanted {wanted}\n     got {unread}");
    }

    /// Takes one frame in the server's exact form.
    #[track_caller]
    pub fn frame(&mut self) -> Vec<u8> {
        match self.next_frame(Instant::now() + DEADLINE) {
            Ok(Some(frame)) => frame,
            Ok(None) => panic!("closed instead of a frame, after {}", shown(&self.unread)),
            Err(error) => panic!("{error} instead of a frame, {}", shown(&self.unread)),
        }
    }

    /// The next frame, or `None` when the stream ends first. Panics at bytes that are not in the exact form.
    #[track_caller]
    pub fn next_frame(&mut self, until: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(len) = frame_len(&self.unread) {
                return Ok(Some(self.unread.drain(..len).collect()));
            }
            if self.read_until(until)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes the next head, with the empty line at its end, whatever its headers are. The payload is left.
    #[track_caller]
    pub fn head(&mut self) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(len) = head_len(&self.unread) {
                return String::from_utf8(self.unread.drain(..len).collect()).unwrap();
            }
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => panic!("closed instead of a head, after {}", shown(&self.unread)),
                Err(error) => panic!("{error} instead of a head, {}", shown(&self.unread)),
            }
        }
    }

    /// Takes one frame of CHAT/1.0 or of the extension.
    #[track_caller]
    pub fn any_frame(&mut self) -> AnyFrame {
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some((frame, len)) = AnyFrame::first(&self.unread) {
                self.unread.drain(..len);
                return frame;
            }
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => panic!("closed instead of a frame, after {}", shown(&self.unread)),
                Err(error) => panic!("{error} instead of a frame, {}", shown(&self.unread)),
            }
        }
    }

    /// Takes one TEXT from `server` in one line of ASCII, and returns that line.
    #[track_caller]
    pub fn expect_notice(&mut self) -> String {
        let frame = self.frame();
        let is_text = frame.starts_with(b"CHAT/1.0 TEXT\r\nUsername: server\r\n");
        assert!(is_text, "no TEXT from server, but {}", shown(&frame));
        let payload = &frame[head_len(&frame).unwrap()..];
        let is_line = payload.iter().all(|byte| (b' '..=b'~').contains(byte));
        assert!(is_line, "not one line of ASCII: {}", shown(&frame));
        String::from_utf8(payload.to_vec()).unwrap()
    }

    /// Waits for a NOTICE with this code, and returns its words.
    #[track_caller]
    pub fn expect_refusal(&mut self, code: &str) -> String {
        let frame = self.any_frame();
        let got = (&*frame.method, frame.header("Code"));
        assert_eq!(got, ("NOTICE", Some(code)), "{frame:?}");
        frame.payload
    }

    /// What has been read and not taken.
    pub fn untaken(&self) -> &[u8] {
        &self.unread
    }

    /// Fails if anything has come that was not taken.
    #[track_caller]
    pub fn expect_nothing_yet(&self) {
        assert!(self.unread.is_empty(), "unread: {}", shown(&self.unread));
        self.line.stream.set_nonblocking(true).unwrap();
        let peeked = self.line.stream.peek(&mut [0; 1]);
        let peeked = peeked.map_err(|error| error.kind());
        self.line.stream.set_nonblocking(false).unwrap();
        assert_eq!(peeked, Err(ErrorKind::WouldBlock));
    }

    /// Waits for the orderly end of the stream, with no byte before it.
    #[track_caller]
    pub fn expect_closed(&mut self) {
        match self.read_until(Instant::now() + DEADLINE) {
            Ok(0) if self.unread.is_empty() => {}
            Ok(_) => panic!("not closed, but {}", shown(&self.unread)),
            Err(error) => panic!("not closed, but {error}; {}", shown(&self.unread)),
        }
    }

    /// Waits until the server has ended the connection in any way, and returns what came before that. With TLS, an
    /// alert is one of the ways.
    #[track_caller]
    pub fn expect_gone(&mut self) -> Vec<u8> {
        use ErrorKind::{BrokenPipe, ConnectionReset, InvalidData, UnexpectedEof};
        let until = Instant::now() + DEADLINE;
        loop {
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => return std::mem::take(&mut self.unread),
                Err(error) => match error.kind() {
                    BrokenPipe | ConnectionReset | UnexpectedEof | InvalidData => {
                        return std::mem::take(&mut self.unread);
                    }
                    _ => panic!("still connected: {error}; {}", shown(&self.unread)),
                },
            }
        }
    }

    /// Reads a single byte, or finds that the server has ended the connection.
    pub fn take_a_byte(&mut self) {
        self.line.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let _ = self.line.read(&mut [0]);
    }

    /// Whether the server has ended the connection, or does so within this time.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        match self.read_until(Instant::now() + time) {
            Ok(len) => len == 0,
            Err(error) => error.kind() != ErrorKind::TimedOut,
        }
    }

    /// Takes everything to the orderly end of the stream.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => return std::mem::take(&mut self.unread),
                Err(error) => panic!("{error}, after {}", shown(&self.unread)),
            }
        }
    }

    /// Takes what a single `recv` returns, which other people's programs take for a whole message.
    #[track_caller]
    pub fn recv(&mut self) -> Vec<u8> {
        assert!(self.unread.is_empty(), "unread: {}", shown(&self.unread));
        if let Err(error) = self.read_until(Instant::now() + DEADLINE) {
            panic!("{error}");
        }
        std::mem::take(&mut self.unread)
    }

    /// Ends the connection in both directions at once, while other handles to it are still in use.
    pub fn shut(&self) {
        self.line.stream.shutdown(Shutdown::Both).unwrap();
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub fn finish_sending(&mut self) {
        self.say_the_end();
        self.line.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The same at an end that may have closed the connection by now.
    pub fn try_finish_sending(&mut self) {
        self.say_the_end();
        let _ = self.line.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection by a reset, as a crash does.
    pub fn reset(self) {
        let socket = SockRef::from(&self.line.stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Waits until the system at the other end has taken all that was sent, whether its program has read it or not.
    #[cfg(target_os = "linux")]
    #[track_caller]
    pub fn wait_until_taken(&self) {
        let [own, other] = [self.line.stream.local_addr(), self.line.stream.peer_addr()]
            .map(|address| address.unwrap().port());
        until("all that was sent is taken", || {
            let is_this = |socket: &TcpSocket| socket.local == own && socket.remote == other;
            let sockets = tcp_sockets();
            sockets
                .iter()
                .any(|socket| is_this(socket) && socket.unsent == 0)
        });
    }

    /// Reads once, at most 64 KiB. `Ok(0)` is the end of the stream.
    fn read_until(&mut self, until: Instant) -> io::Result<usize> {
        /// What has come by now is read, however late this thread gets its turn.
        const AT_LEAST: Duration = Duration::from_millis(1);
        let mut piece = [0; 65536];
        let now = Instant::now();
        let mut left = until.saturating_duration_since(now);
        // But not for ever, where the other end does not stop.
        if now < until + DEADLINE {
            left = left.max(AT_LEAST);
        }
        loop {
            if left.is_zero() {
                return Err(io::Error::new(ErrorKind::TimedOut, "silence"));
            }
            self.line.stream.set_read_timeout(Some(left))?;
            match self.line.read(&mut piece) {
                Ok(len) => {
                    self.unread.extend_from_slice(&piece[..len]);
                    return Ok(len);
                }
                // The system resumes no read that has a timeout after it has stopped this process for a moment; and
                // the other is how Linux reports that the time is over.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) =>
                {
                    left = until.saturating_duration_since(Instant::now());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn socket_for(address: SocketAddr) -> Socket {
    Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap()
}
