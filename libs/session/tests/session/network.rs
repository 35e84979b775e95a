//! A network between a window and the server, as bad as the test wants it: slow, narrow, dead in one direction, cut in
//! the middle of a frame, or cut at one end only. It passes bytes on and knows no frames but their length.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// How often a connection looks whether it was cut.
const TICK: Duration = Duration::from_millis(5);

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToWindow,
}

/// How bad the network is at the moment.
#[derive(Clone, Copy)]
pub(crate) struct Weather {
    /// How long each piece is on its way; the next one waits for it.
    pub(crate) delay: Duration,
    /// Most bytes of one piece.
    pub(crate) piece: usize,
    /// The direction in which nothing moves, and nothing is lost.
    pub(crate) dead: Option<Way>,
    /// Most bytes that get to the server on one connection. The next byte finds it cut.
    pub(crate) to_server: usize,
}

const FAIR: Weather = Weather {
    delay: Duration::ZERO,
    piece: 64 * 1024,
    dead: None,
    to_server: usize::MAX,
};

/// A port that leads to the server, in fair weather at first. It lives until the test process ends.
pub(crate) struct Network {
    pub(crate) port: u16,
    state: Arc<State>,
}

struct State {
    /// The port of the server.
    server: AtomicU16,
    weather: Mutex<Weather>,
    connections: Mutex<Vec<Connection>>,
}

struct Connection {
    /// Nothing goes through any more.
    is_cut: Arc<AtomicBool>,
    /// Keeps the server's end open.
    server: TcpStream,
}

impl Network {
    /// Leads to the server at `port` of loopback.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(State {
                server: AtomicU16::new(port),
                weather: Mutex::new(FAIR),
                connections: Mutex::default(),
            }),
        };
        let state = Arc::clone(&network.state);
        thread::spawn(move || {
            for window in listener.incoming().map_while(Result::ok) {
                let port = state.server.load(Ordering::Relaxed);
                join(&state, window, connect_narrow(port));
            }
        });
        network
    }

    /// New connections get to another server.
    pub(crate) fn lead_to(&self, port: u16) {
        self.state.server.store(port, Ordering::Relaxed);
    }

    /// What the weather is, for the test to change.
    pub(crate) fn weather(&self) -> MutexGuard<'_, Weather> {
        self.state.weather.lock().unwrap()
    }

    /// All is well from now on.
    pub(crate) fn clear_up(&self) {
        *self.weather() = FAIR;
    }

    /// Resets all connections at both ends. What is on its way is lost.
    pub(crate) fn cut(&self) {
        self.state.cut();
    }

    /// Resets all connections at the window's end. The server notices nothing until [`cut`](Self::cut).
    pub(crate) fn cut_off_the_window(&self) {
        for connection in self.state.connections.lock().unwrap().iter() {
            connection.is_cut.store(true, Ordering::Relaxed);
        }
    }
}

impl State {
    fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            connection.is_cut.store(true, Ordering::Relaxed);
            reset_when_closed(&connection.server);
        }
    }
}

/// Sockets that hold little: less than 1 MiB that nobody reads is on its way to the window.
fn connect_narrow(port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_tcp_mss(1400).unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    socket.connect(&address.into()).unwrap();
    socket.into()
}

fn join(state: &Arc<State>, window: TcpStream, server: TcpStream) {
    let is_cut = Arc::new(AtomicBool::new(false));
    state.connections.lock().unwrap().push(Connection {
        is_cut: Arc::clone(&is_cut),
        server: server.try_clone().unwrap(),
    });
    for (way, from, to) in [
        (Way::ToServer, &window, &server),
        (Way::ToWindow, &server, &window),
    ] {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        from.set_read_timeout(Some(TICK)).unwrap();
        to.set_write_timeout(Some(TICK)).unwrap();
        to.set_nodelay(true).unwrap();
        let (state, is_cut) = (Arc::clone(state), Arc::clone(&is_cut));
        thread::spawn(move || {
            let mut line = Line {
                state,
                is_cut,
                way,
                from,
                to,
                passed: 0,
            };
            while line.pass_a_piece() {}
        });
    }
}

/// One direction of one connection.
struct Line {
    state: Arc<State>,
    is_cut: Arc<AtomicBool>,
    way: Way,
    from: TcpStream,
    to: TcpStream,
    passed: usize,
}

impl Line {
    /// False when there is nothing more to do.
    fn pass_a_piece(&mut self) -> bool {
        let mut piece = vec![0; self.weather().piece];
        let Some(len) = self.patiently(|line| line.from.read(&mut piece)) else {
            return false;
        };
        if len == 0 {
            // Fails when the other end has closed too, which is fine.
            let _ = self.to.shutdown(Shutdown::Write);
            return false;
        }
        thread::sleep(self.weather().delay);
        while self.weather().dead == Some(self.way) && !self.is_cut.load(Ordering::Relaxed) {
            thread::sleep(TICK);
        }
        let may_pass = match self.way {
            Way::ToServer => self.weather().to_server.saturating_sub(self.passed),
            Way::ToWindow => usize::MAX,
        };
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

    /// Does it again and again until something comes of it. `None` when the connection is no more.
    fn patiently(
        &mut self,
        mut act: impl FnMut(&mut Self) -> std::io::Result<usize>,
    ) -> Option<usize> {
        while !self.is_cut.load(Ordering::Relaxed) {
            match act(self) {
                Ok(bytes) => return Some(bytes),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(_) => self.state.cut(),
            }
        }
        reset_when_closed(&self.from);
        reset_when_closed(&self.to);
        None
    }

    fn weather(&self) -> Weather {
        *self.state.weather.lock().unwrap()
    }
}

fn reset_when_closed(stream: &TcpStream) {
    // Fails when the connection has ended in another way before.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
