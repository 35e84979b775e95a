//! A peer that speaks raw bytes over a blocking socket. Every wait has a deadline and fails with what had come so far.
//! Knows the exact form of the server's frames, and nothing of the server's code.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::{DEADLINE, shown, until};

/// One connection to the server.
pub(crate) struct TestPeer {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl TestPeer {
    /// Connects, and sends nothing yet.
    #[track_caller]
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::connect_by(socket_for(address), address)
    }

    /// Connects by sockets that hold little, so that what this peer does not read waits in the server: less than
    /// 1 MiB is on its way, where ordinary sockets on loopback hold more than 4 MiB.
    #[track_caller]
    pub(crate) fn connect_narrow(address: SocketAddr) -> Self {
        let socket = socket_for(address);
        socket.set_tcp_mss(1400).unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        Self::connect_by(socket, address)
    }

    /// Connects from another address of loopback than all others do.
    #[track_caller]
    pub(crate) fn connect_from(from: [u8; 4], address: SocketAddr) -> Self {
        let socket = socket_for(address);
        let from = SocketAddr::from((from, 0));
        socket.bind(&from.into()).unwrap();
        Self::connect_by(socket, address)
    }

    #[track_caller]
    fn connect_by(socket: Socket, address: SocketAddr) -> Self {
        if let Err(error) = socket.connect_timeout(&address.into(), DEADLINE) {
            panic!("no connection to {address}: {error}");
        }
        socket.set_tcp_nodelay(true).unwrap();
        socket.set_write_timeout(Some(DEADLINE)).unwrap();
        Self {
            stream: socket.into(),
            unread: Vec::new(),
        }
    }

    /// This end's address, by which the server's end can be found.
    pub(crate) fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// A second handle to write with, for another thread.
    pub(crate) fn writer(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if let Err(error) = self.stream.write_all(bytes) {
            panic!("could not send {}: {error}", shown(bytes));
        }
    }

    /// Sends bytes as they are, to a server that may have ended the connection meanwhile.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Takes exactly these bytes as the next ones.
    #[track_caller]
    pub(crate) fn expect(&mut self, wanted: impl AsRef<[u8]>) {
        let wanted = wanted.as_ref();
        let until = Instant::now() + DEADLINE;
        loop {
            let common = self.unread.len().min(wanted.len());
            let agrees = self.unread[..common] == wanted[..common];
            if agrees && common == wanted.len() {
                self.unread.drain(..common);
                return;
            }
            let end = if agrees {
                match self.read_until(until) {
                    Ok(1..) => continue,
                    Ok(0) => "then closed".to_owned(),
                    Err(error) => format!("then {error}"),
                }
            } else {
                let same = self.unread.iter().zip(wanted).take_while(|(a, b)| a == b);
                format!("they differ at byte {}", same.count())
            };
            let (wanted, unread) = (shown(wanted), shown(&self.unread));
            panic!("{end}\n  wanted {wanted}\n     got {unread}");
        }
    }

    /// Takes one frame in the server's exact form.
    #[track_caller]
    pub(crate) fn frame(&mut self) -> Vec<u8> {
        match self.next_frame(Instant::now() + DEADLINE) {
            Ok(Some(frame)) => frame,
            Ok(None) => panic!("closed instead of a frame, behind {}", shown(&self.unread)),
            Err(error) => panic!("{error} instead of a frame, {}", shown(&self.unread)),
        }
    }

    /// The next frame, or `None` when the stream ends first. Panics at bytes that are not in the exact form.
    #[track_caller]
    pub(crate) fn next_frame(&mut self, until: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(len) = frame_len(&self.unread) {
                return Ok(Some(self.unread.drain(..len).collect()));
            }
            if self.read_until(until)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes one TEXT from `server` in one line of ASCII, and gives that line.
    #[track_caller]
    pub(crate) fn expect_notice(&mut self) -> String {
        let frame = self.frame();
        let is_text = frame.starts_with(b"CHAT/1.0 TEXT\r\nUsername: server\r\n");
        assert!(is_text, "no TEXT from server, but {}", shown(&frame));
        let payload = &frame[head_len(&frame).unwrap()..];
        let is_line = payload.iter().all(|byte| (b' '..=b'~').contains(byte));
        assert!(is_line, "not one line of ASCII: {}", shown(&frame));
        String::from_utf8(payload.to_vec()).unwrap()
    }

    /// Waits for the orderly end of the stream, with no byte before it.
    #[track_caller]
    pub(crate) fn expect_closed(&mut self) {
        match self.read_until(Instant::now() + DEADLINE) {
            Ok(0) if self.unread.is_empty() => {}
            Ok(_) => panic!("not closed, but {}", shown(&self.unread)),
            Err(error) => panic!("not closed, but {error}; {}", shown(&self.unread)),
        }
    }

    /// Waits until the server has ended the connection in whatever way, and gives what came before.
    #[track_caller]
    pub(crate) fn expect_gone(&mut self) -> Vec<u8> {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => return std::mem::take(&mut self.unread),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return std::mem::take(&mut self.unread);
                }
                Err(error) => panic!("still connected: {error}; {}", shown(&self.unread)),
            }
        }
    }

    /// Reads a single byte, or finds that the server has ended the connection.
    pub(crate) fn take_a_byte(&mut self) {
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let _ = self.stream.read(&mut [0]);
    }

    /// Whether the server has ended the connection, or does so within this time.
    pub(crate) fn ends_within(&mut self, time: Duration) -> bool {
        match self.read_until(Instant::now() + time) {
            Ok(len) => len == 0,
            Err(error) => error.kind() != ErrorKind::TimedOut,
        }
    }

    /// Takes everything to the orderly end of the stream.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.read_until(until) {
                Ok(1..) => {}
                Ok(0) => return std::mem::take(&mut self.unread),
                Err(error) => panic!("{error}, behind {}", shown(&self.unread)),
            }
        }
    }

    /// Takes what a single `recv` gives, as programs in the wild do for a whole message.
    #[track_caller]
    pub(crate) fn recv(&mut self) -> Vec<u8> {
        assert!(self.unread.is_empty(), "unread: {}", shown(&self.unread));
        if let Err(error) = self.read_until(Instant::now() + DEADLINE) {
            panic!("{error}");
        }
        std::mem::take(&mut self.unread)
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub(crate) fn finish_sending(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Ends the connection as a crash does: by a reset.
    pub(crate) fn reset(self) {
        let socket = SockRef::from(&self.stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Waits until the other end's system has taken all that was sent, whether its program has read it or not.
    #[cfg(target_os = "linux")]
    #[track_caller]
    pub(crate) fn wait_until_taken(&self) {
        let [own, other] = [self.stream.local_addr(), self.stream.peer_addr()]
            .map(|address| format!(":{:04X}", address.unwrap().port()));
        until("all that was sent is taken", || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            table.lines().any(|line| {
                let row: Vec<&str> = line.split_whitespace().collect();
                let is_this = row[1].ends_with(&own) && row[2].ends_with(&other);
                is_this && row[4].starts_with("00000000:")
            })
        });
    }

    /// Reads once, at most 64 KiB. `Ok(0)` is the end of the stream.
    fn read_until(&mut self, until: Instant) -> io::Result<usize> {
        let mut piece = [0; 65536];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(ErrorKind::TimedOut, "silence"));
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut piece) {
                Ok(len) => {
                    self.unread.extend_from_slice(&piece[..len]);
                    return Ok(len);
                }
                // The system resumes no read that has a timeout after it has stopped this process for a moment; and
                // the other is how Linux reports that the time is over.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn socket_for(address: SocketAddr) -> Socket {
    Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap()
}

/// Length of the frame at the front, once all of it is there. Panics at any byte that is not in the exact form.
#[track_caller]
fn frame_len(bytes: &[u8]) -> Option<usize> {
    let head = head_len(bytes)?;
    let lines = std::str::from_utf8(&bytes[..head])
        .unwrap_or_else(|_| panic!("a head that is not UTF-8: {}", shown(bytes)));
    let lines: Vec<&str> = lines.split("\r\n").collect();
    let payload = match lines[..] {
        ["CHAT/1.0 JOIN" | "CHAT/1.0 LEAVE", name, "", ""] if is_name(name) => Some(0),
        ["CHAT/1.0 TEXT", name, len, "", ""] if is_name(name) => {
            len.strip_prefix("Msg-len: ").and_then(decimal)
        }
        _ => None,
    };
    let len = head + payload.unwrap_or_else(|| panic!("not in the exact form: {}", shown(bytes)));
    (bytes.len() >= len).then_some(len)
}

fn head_len(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

fn is_name(line: &str) -> bool {
    line.strip_prefix("Username: ")
        .is_some_and(|name| !name.is_empty() && name == name.trim())
}

/// A positive number without sign or leading zero.
fn decimal(digits: &str) -> Option<usize> {
    let number: usize = digits.parse().ok()?;
    (number > 0 && number.to_string() == digits).then_some(number)
}
