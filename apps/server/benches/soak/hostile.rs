//! The hostile peers of a soak, each under a name that is never used again: readers that stall until they are dropped,
//! connections that are reset in mid-frame, and a flood from time to time.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use hubbub_testing::{join, leave, name_of, text};
use socket2::{Domain, SockRef, Socket, Type};

use crate::payload;

/// How many readers are stalled at a time. When one is dropped, another one comes.
const STALLED: usize = 4;

/// How many connections are in mid-frame at a time. They are reset one a turn, the oldest first.
const HALF: usize = 10;

/// The texts of one flood, written as fast as the server takes them and followed by a LEAVE.
const FLOOD: u32 = 20_000;

/// From the end of one flood to the beginning of the next.
const BETWEEN_FLOODS: Duration = Duration::from_secs(2);

/// All hostile peers, and how many of each kind there were.
pub(crate) struct Hostile {
    address: SocketAddr,
    /// The number of the next name.
    next: usize,
    stalled: Vec<TcpStream>,
    half: VecDeque<TcpStream>,
    flood: Option<Flood>,
    flood_at: Instant,
    /// Floods that have begun.
    pub(crate) floods: u32,
    /// Readers that stalled and were dropped.
    pub(crate) dropped: u32,
    /// Connections that were reset in mid-frame.
    pub(crate) cut: u32,
}

/// A member that sends everything without a pause.
struct Flood {
    socket: TcpStream,
    frames: Vec<u8>,
    sent: usize,
}

impl Hostile {
    /// No peers yet. The names with numbers from `first` on are free.
    pub(crate) fn new(address: SocketAddr, first: usize) -> Self {
        Self {
            address,
            next: first,
            stalled: Vec::new(),
            half: VecDeque::new(),
            flood: None,
            flood_at: Instant::now(),
            floods: 0,
            dropped: 0,
            cut: 0,
        }
    }

    /// How many of their texts the members must hear: those of the floods.
    pub(crate) fn texts(&self) -> u64 {
        u64::from(self.floods) * u64::from(FLOOD)
    }

    /// Lets every hostile peer do a little. A flood begins only when the members have heard all but a few of the texts.
    pub(crate) fn take_turn(&mut self, may_flood: bool) -> io::Result<()> {
        self.stall()?;
        self.cut_one()?;
        if self.is_flooding() {
            self.go_on_flooding()?;
        } else if may_flood && Instant::now() >= self.flood_at {
            self.begin_flood()?;
        }
        Ok(())
    }

    fn stall(&mut self) -> io::Result<()> {
        let before = self.stalled.len();
        // The server resets a connection that it drops. Checking for that reads nothing of what waits.
        self.stalled
            .retain(|socket| matches!(socket.take_error(), Ok(None)));
        self.dropped += (before - self.stalled.len()) as u32;
        while self.stalled.len() < STALLED {
            let (mut socket, number) = self.connect()?;
            socket.write_all(&join(&name_of(number)))?;
            self.stalled.push(socket);
        }
        Ok(())
    }

    fn cut_one(&mut self) -> io::Result<()> {
        let (mut socket, number) = self.connect()?;
        let half = text(&name_of(number), payload(0));
        socket.write_all(&[join(&name_of(number)), half[..half.len() / 2].to_vec()].concat())?;
        self.half.push_back(socket);
        if self.half.len() > HALF
            && let Some(socket) = self.half.pop_front()
        {
            SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
            self.cut += 1;
        }
        Ok(())
    }

    fn begin_flood(&mut self) -> io::Result<()> {
        let (socket, number) = self.connect()?;
        let mut frames = join(&name_of(number));
        for text_number in 0..FLOOD {
            frames.extend(text(&name_of(number), payload(text_number)));
        }
        frames.extend(leave(&name_of(number)));
        self.floods += 1;
        self.flood = Some(Flood {
            socket,
            frames,
            sent: 0,
        });
        Ok(())
    }

    /// Whether there is a flood that the server has not completely taken.
    pub(crate) fn is_flooding(&self) -> bool {
        self.flood.is_some()
    }

    /// Writes as much of the flood as the server takes.
    pub(crate) fn go_on_flooding(&mut self) -> io::Result<()> {
        if let Some(flood) = &mut self.flood
            && flood.go_on()?
        {
            self.flood = None;
            self.flood_at = Instant::now() + BETWEEN_FLOODS;
        }
        Ok(())
    }

    /// Ends all of them.
    pub(crate) fn go(&mut self) {
        self.stalled.clear();
        self.half.clear();
        self.flood = None;
    }

    /// A connection with a small socket buffer, so that what it does not read waits in the server.
    fn connect(&mut self) -> io::Result<(TcpStream, usize)> {
        let socket = Socket::new(Domain::for_address(self.address), Type::STREAM, None)?;
        socket.set_recv_buffer_size(16 * 1024)?;
        socket.connect(&self.address.into())?;
        socket.set_nonblocking(true)?;
        let number = self.next;
        self.next += 1;
        Ok((socket.into(), number))
    }
}

impl Flood {
    /// Writes what the socket takes, and reads what there is so as not to be dropped. Returns whether the server has
    /// closed the connection after the LEAVE.
    fn go_on(&mut self) -> io::Result<bool> {
        match self.socket.write(&self.frames[self.sent..]) {
            Ok(taken) => self.sent += taken,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let mut ignored = [0; 64 * 1024];
        loop {
            match self.socket.read(&mut ignored) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }
}
