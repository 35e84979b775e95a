//! Many connections, all read by one thread that waits with epoll. It counts the bytes that each of them gets. For the
//! benches, on Linux.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::time::Timespec;

use crate::tls::{Caller, Line};
use crate::web::{Answer, Framing, Request};
use crate::{Offer, join};

/// How long nothing may come while something is still due.
const PATIENCE: Duration = Duration::from_secs(10);

/// After how long without anything all has come.
const QUIET: Duration = Duration::from_millis(300);

/// The size of one read, which is more than ever waits for a connection.
const READ_BYTES: usize = 64 * 1024;

/// After this many joins the crowd reads what they brought, so that no socket buffer gets full.
const JOINS_AT_ONCE: usize = 16;

/// The start of what ends the past of a member with a grant.
const REPLAYED: &[u8; 19] = b"CHAT/1.0 REPLAYED\r\n";

/// Whether `cargo bench` has started this. `cargo test --all-targets` starts benches too, without this argument.
pub fn is_asked_for() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// The name of the member with this number. Up to 100,000 members, all names have the same length.
pub fn name_of(number: usize) -> String {
    format!("m{number:05}")
}

/// Connections to one server, or to several that are one room. Those that have joined are members with the numbers from
/// 0.
pub struct Crowd {
    addresses: Vec<SocketAddr>,
    /// Who does the handshakes, if the members speak TLS.
    caller: Option<Caller>,
    /// They speak WebSocket.
    is_web: bool,
    sockets: Vec<Line>,
    /// How much each connection has got, in bytes.
    received: Vec<u64>,
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
    scratch: Vec<u8>,
}

impl Crowd {
    /// An empty crowd.
    pub fn new(address: SocketAddr) -> io::Result<Self> {
        Self::among(vec![address])
    }

    /// An empty crowd, whose members will go to these servers by turns.
    pub fn among(addresses: Vec<SocketAddr>) -> io::Result<Self> {
        Ok(Self {
            addresses,
            caller: None,
            is_web: false,
            sockets: Vec::new(),
            received: Vec::new(),
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            ready: Vec::with_capacity(1024),
            scratch: vec![0; READ_BYTES],
        })
    }

    /// An empty crowd, whose members will speak TLS, with whatever certificate. They count what was encrypted.
    pub fn secure(address: SocketAddr) -> io::Result<Self> {
        let mut crowd = Self::new(address)?;
        crowd.caller = Some(Caller::believing_all());
        Ok(crowd)
    }

    /// An empty crowd, whose members will come as browsers do. They count what was in the messages.
    pub fn browsing(address: SocketAddr) -> io::Result<Self> {
        let mut crowd = Self::new(address)?;
        crowd.is_web = true;
        Ok(crowd)
    }

    /// Connects until there are this many.
    ///
    /// # Errors
    ///
    /// The server does not take a connection.
    pub fn connect_until(&mut self, connections: usize) -> io::Result<()> {
        while self.sockets.len() < connections {
            self.connect()?;
        }
        Ok(())
    }

    fn connect(&mut self) -> io::Result<()> {
        let address = self.addresses[self.sockets.len() % self.addresses.len()];
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let mut line = match &self.caller {
            None => Line::plain(socket),
            Some(caller) => Line::call(socket, caller, "localhost")?,
        };
        if self.is_web {
            line.web = Some(Box::new(agree(&mut line, address)?));
        }
        line.stream.set_nonblocking(true)?;
        let number = EventData::new_u64(self.sockets.len() as u64);
        epoll::add(&self.epoll, &line.stream, number, EventFlags::IN)?;
        self.sockets.push(line);
        self.received.push(0);
        Ok(())
    }

    /// Connects and joins until there are `members`, and waits until each has heard the JOINs of all later ones.
    pub fn join_until(&mut self, members: usize) -> io::Result<()> {
        let mut due = self.received_in_all();
        for number in self.sockets.len()..members {
            self.connect()?;
            let join = join(&name_of(number));
            // Of two members exactly one hears the other join, whichever comes first.
            due += (number * join.len()) as u64;
            self.send(number, &join)?;
            if number % JOINS_AT_ONCE == 0 {
                self.read(Duration::ZERO)?;
            }
        }
        while self.received_in_all() < due {
            self.read_some()?;
        }
        Ok(())
    }

    /// Connects and joins with these offers, and waits until the past of each of them is complete.
    pub fn offer(&mut self, offers: &[Offer]) -> io::Result<()> {
        let mut waiting = Waiting::default();
        for (at, offer) in offers.iter().enumerate() {
            let number = self.sockets.len();
            self.connect()?;
            waiting.ends.insert(number, Vec::new());
            self.send(number, &offer.with_join())?;
            if at % JOINS_AT_ONCE == 0 {
                self.read_with(Duration::ZERO, |number, bytes| waiting.see(number, bytes))?;
            }
        }
        while !waiting.ends.is_empty() {
            let came = self.read_with(PATIENCE, |number, bytes| waiting.see(number, bytes))?;
            if !came {
                return Err(missing());
            }
        }
        Ok(())
    }

    /// Reads until nothing comes any more.
    pub fn read_all(&mut self) -> io::Result<()> {
        while self.read(QUIET)? {}
        Ok(())
    }

    /// Sends as much of `bytes` as the socket of this connection takes.
    pub fn send(&mut self, number: usize, bytes: &[u8]) -> io::Result<usize> {
        match self.sockets[number].write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    /// Waits until something comes, and reads it.
    ///
    /// # Errors
    ///
    /// Nothing has come for a long time, or a connection has ended.
    pub fn read_some(&mut self) -> io::Result<()> {
        if self.read(PATIENCE)? {
            return Ok(());
        }
        Err(missing())
    }

    /// Waits for at most `patience` and reads once where something is. Returns whether there was anything.
    pub fn read(&mut self, patience: Duration) -> io::Result<bool> {
        self.read_with(patience, |_, _| Ok(()))
    }

    /// The same, and hands out what came, with the number of the connection.
    pub fn read_with(
        &mut self,
        patience: Duration,
        mut hand_out: impl FnMut(usize, &[u8]) -> io::Result<()>,
    ) -> io::Result<bool> {
        let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
        self.ready.clear();
        epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.ready),
            Some(&patience),
        )?;
        for event in &self.ready {
            let number = event.data.u64() as usize;
            let line = &mut self.sockets[number];
            loop {
                match line.read(&mut self.scratch) {
                    Ok(0) => {
                        return Err(io::Error::other(format!(
                            "connection {number} was ended by the server"
                        )));
                    }
                    Ok(bytes) => {
                        self.received[number] += bytes as u64;
                        hand_out(number, &self.scratch[..bytes])?;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
                // What has been decrypted or was in a message would wait here, and epoll would not tell of it.
                if line.tls.is_none() && line.web.is_none() {
                    break;
                }
            }
        }
        Ok(!self.ready.is_empty())
    }

    /// How much each connection has got since it connected, or since this was set to 0, in bytes.
    pub fn received(&mut self) -> &mut [u64] {
        &mut self.received
    }

    fn received_in_all(&self) -> u64 {
        self.received.iter().sum()
    }
}

/// Those whose past is not complete, each with the end of what it has got.
#[derive(Default)]
struct Waiting {
    ends: HashMap<usize, Vec<u8>>,
}

impl Waiting {
    fn see(&mut self, number: usize, bytes: &[u8]) -> io::Result<()> {
        let Some(end) = self.ends.get_mut(&number) else {
            return Ok(());
        };
        // What is looked for may begin in one read and end in the next.
        end.extend_from_slice(bytes);
        if end.windows(REPLAYED.len()).any(|place| place == REPLAYED) {
            self.ends.remove(&number);
        } else {
            let too_many = end.len().saturating_sub(REPLAYED.len() - 1);
            end.drain(..too_many);
        }
        Ok(())
    }
}

/// Asks for a WebSocket, and waits until the server agrees.
fn agree(line: &mut Line, address: SocketAddr) -> io::Result<Framing> {
    let request = Request::upgrade(address, format!("http://{address}"));
    line.write_all(&request.bytes())?;
    let mut head = Vec::new();
    let answer = loop {
        if let Some(answer) = Answer::begun(&head) {
            break answer;
        }
        let mut more = [0; 1024];
        match line.read(&mut more)? {
            0 => return Err(io::Error::other("an end in the place of a WebSocket")),
            len => head.extend_from_slice(&more[..len]),
        }
    };
    if answer.status == 101 {
        Ok(Framing::after(answer.body))
    } else {
        Err(io::Error::other(format!("no WebSocket, but {answer:?}")))
    }
}

fn missing() -> io::Error {
    let seconds = PATIENCE.as_secs();
    io::Error::other(format!(
        "something is missing: nothing has come for {seconds} s"
    ))
}
