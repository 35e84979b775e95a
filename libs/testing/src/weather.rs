//! A network between a client and its server, as bad as the test wants it: slow, narrow, dead in one direction, cut in
//! the middle of a frame, or cut at one end only. It passes bytes on, keeps what the client said, and knows no frames.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use crate::{DEADLINE, Tape};

/// How often a connection checks whether it was cut.
const TICK: Duration = Duration::from_millis(5);

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

/// How bad the network is at the moment.
#[derive(Clone, Copy)]
pub struct Weather {
    /// How long each piece is under way. The next piece waits for it.
    pub delay: Duration,
    /// The largest piece, in bytes.
    pub piece: usize,
    /// The direction in which nothing moves. Nothing is lost.
    pub dead: Option<Way>,
    /// Whether nothing moves in either direction. Nothing is lost.
    pub still: bool,
    /// How many bytes get to the server on one connection. The connection is cut before the next byte.
    pub to_server: usize,
}

const FAIR: Weather = Weather {
    delay: Duration::ZERO,
    piece: 64 * 1024,
    dead: None,
    still: false,
    to_server: usize::MAX,
};

/// How many more bytes pass in one direction before all connections are cut.
struct Rest {
    way: Way,
    bytes: usize,
}

/// A port that leads to the server, in fair weather at first. It lives until the test process ends.
pub struct Network {
    port: u16,
    state: Arc<State>,
}

struct State {
    /// The port of the server.
    server: AtomicU16,
    weather: Mutex<Weather>,
    rest: Mutex<Option<Rest>>,
    connections: Mutex<Vec<Connection>>,
    /// What the client said on each connection that there has been.
    tapes: Mutex<Vec<Tape>>,
    connected: Condvar,
}

struct Connection {
    /// Nothing goes through any more.
    is_cut: Arc<AtomicBool>,
    /// Keeps the server's end open.
    server: TcpStream,
}

impl Network {
    /// Leads to the server at `port` of loopback. A connection that finds no server there is closed.
    pub fn to(port: u16) -> Self {
        Self::that_waits(port, Duration::ZERO)
    }

    /// The same, but a connection that finds no server there waits for it so long, as one on its way does.
    pub fn that_waits(port: u16, patience: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(State {
                server: AtomicU16::new(port),
                weather: Mutex::new(FAIR),
                rest: Mutex::default(),
                connections: Mutex::default(),
                tapes: Mutex::default(),
                connected: Condvar::new(),
            }),
        };
        let state = Arc::clone(&network.state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if patience.is_zero() {
                    state.lead(client, patience);
                } else {
                    let state = Arc::clone(&state);
                    thread::spawn(move || state.lead(client, patience));
                }
            }
        });
        network
    }

    /// The port for the client.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// New connections get to another server.
    pub fn lead_to(&self, port: u16) {
        self.state.server.store(port, Ordering::Relaxed);
    }

    /// What the client said on its connection number `index`, counted from 0 among those that reached a server.
    #[track_caller]
    pub fn connection(&self, index: usize) -> Tape {
        let tapes = self.state.tapes.lock().unwrap();
        let (tapes, _) = self
            .state
            .connected
            .wait_timeout_while(tapes, DEADLINE, |tapes| tapes.len() <= index)
            .unwrap();
        let tape = tapes.get(index).cloned();
        drop(tapes);
        tape.unwrap_or_else(|| panic!("nobody connected {} times", index + 1))
    }

    /// The weather, which the test can change.
    pub fn weather(&self) -> MutexGuard<'_, Weather> {
        self.state.weather.lock().unwrap()
    }

    /// All is well from now on.
    pub fn clear_up(&self) {
        *self.weather() = FAIR;
    }

    /// Resets all connections at both ends. What is on its way is lost.
    pub fn cut(&self) {
        self.state.cut();
    }

    /// Resets all connections after so many more bytes in this direction, in the middle of a frame or not.
    pub fn cut_after(&self, way: Way, bytes: usize) {
        *self.state.rest.lock().unwrap() = Some(Rest { way, bytes });
    }

    /// Ends all connections at both ends in good order. What is on its way is lost.
    pub fn close(&self) {
        for connection in self.state.connections.lock().unwrap().iter() {
            // This fails if the connection has already ended in another way. The end goes on to the client by itself.
            let _ = connection.server.shutdown(Shutdown::Both);
        }
    }

    /// Resets all connections at the client's end. The server notices nothing until [`cut`](Self::cut).
    pub fn cut_off_the_client(&self) {
        for connection in self.state.connections.lock().unwrap().iter() {
            connection.is_cut.store(true, Ordering::Relaxed);
        }
    }
}

impl State {
    fn lead(self: &Arc<Self>, client: TcpStream, patience: Duration) {
        let until = Instant::now() + patience;
        loop {
            if let Ok(server) = connect_narrow(self.server.load(Ordering::Relaxed)) {
                return join(self, client, server);
            }
            if Instant::now() >= until {
                return;
            }
            thread::sleep(TICK);
        }
    }

    /// How many of `len` bytes pass. When it is fewer, the connections are to be cut, and later ones are whole again.
    fn take_of_the_rest(&self, way: Way, len: usize) -> usize {
        let mut rest = self.rest.lock().unwrap();
        let Some(left) = rest.as_mut().filter(|rest| rest.way == way) else {
            return len;
        };
        let may_pass = len.min(left.bytes);
        left.bytes -= may_pass;
        rest.take_if(|_| may_pass < len);
        may_pass
    }

    fn cut(&self) {
        self.cut_where(|_| true);
    }

    fn cut_where(&self, is_it: impl Fn(&Connection) -> bool) {
        let mut connections = self.connections.lock().unwrap();
        for connection in connections.extract_if(.., |connection| is_it(connection)) {
            connection.is_cut.store(true, Ordering::Relaxed);
            reset_when_closed(&connection.server);
        }
    }
}

/// Sockets with small buffers: less than 1 MiB that nobody reads is under way to the client.
fn connect_narrow(port: u16) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_tcp_mss(1400)?;
    socket.set_recv_buffer_size(16 * 1024)?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    socket.connect(&address.into())?;
    Ok(socket.into())
}

fn join(state: &Arc<State>, client: TcpStream, server: TcpStream) {
    let is_cut = Arc::new(AtomicBool::new(false));
    state.connections.lock().unwrap().push(Connection {
        is_cut: Arc::clone(&is_cut),
        server: server.try_clone().unwrap(),
    });
    let tape = Tape::default();
    for (way, from, to, tape) in [
        (Way::ToServer, &client, &server, Some(tape.clone())),
        (Way::ToClient, &server, &client, None),
    ] {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        from.set_read_timeout(Some(TICK)).unwrap();
        to.set_write_timeout(Some(TICK)).unwrap();
        to.set_nodelay(true).unwrap();
        let (state, is_cut) = (Arc::clone(state), Arc::clone(&is_cut));
        let mut line = Line {
            state,
            is_cut,
            way,
            from,
            to,
            tape,
            passed: 0,
        };
        thread::spawn(move || {
            while line.pass_a_piece() {}
            line.tape.iter().for_each(Tape::end);
        });
    }
    state.tapes.lock().unwrap().push(tape);
    state.connected.notify_all();
}

/// One direction of one connection.
struct Line {
    state: Arc<State>,
    is_cut: Arc<AtomicBool>,
    way: Way,
    from: TcpStream,
    to: TcpStream,
    tape: Option<Tape>,
    passed: usize,
}

impl Line {
    /// False if there is nothing more to do.
    fn pass_a_piece(&mut self) -> bool {
        let mut piece = vec![0; self.weather().piece];
        let Some(len) = self.patiently(|line| line.from.read(&mut piece)) else {
            return false;
        };
        if len == 0 {
            // This fails if the other end has closed too, which is fine.
            let _ = self.to.shutdown(Shutdown::Write);
            return false;
        }
        self.tape.iter().for_each(|tape| tape.keep(&piece[..len]));
        thread::sleep(self.weather().delay);
        while self.is_stopped() && !self.is_cut.load(Ordering::Relaxed) {
            thread::sleep(TICK);
        }
        let may_pass = match self.way {
            Way::ToServer => self.weather().to_server.saturating_sub(self.passed),
            Way::ToClient => usize::MAX,
        };
        let may_pass = may_pass.min(self.state.take_of_the_rest(self.way, len));
        let mut rest = &piece[..len.min(may_pass)];
        self.passed += rest.len();
        while !rest.is_empty() {
            let Some(written) = self.patiently(|line| line.to.write(rest)) else {
                return false;
            };
            rest = &rest[written..];
        }
        if len > may_pass {
            self.state.cut();
        }
        true
    }

    /// Repeats an operation until it has a result. `None` if the connection is gone.
    fn patiently(
        &mut self,
        mut act: impl FnMut(&mut Self) -> std::io::Result<usize>,
    ) -> Option<usize> {
        while !self.is_cut.load(Ordering::Relaxed) {
            match act(self) {
                Ok(bytes) => return Some(bytes),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                // Browsers reset connections that they have no use for. The others have nothing to do with it.
                Err(_) => self
                    .state
                    .cut_where(|other| Arc::ptr_eq(&other.is_cut, &self.is_cut)),
            }
        }
        reset_when_closed(&self.from);
        reset_when_closed(&self.to);
        None
    }

    fn is_stopped(&self) -> bool {
        let weather = self.weather();
        weather.still || weather.dead == Some(self.way)
    }

    fn weather(&self) -> Weather {
        *self.state.weather.lock().unwrap()
    }
}

fn reset_when_closed(stream: &TcpStream) {
    // This fails if the connection has already ended in another way.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
