//! A room to test: the server in a thread of this process, or one that runs elsewhere, and its watcher.
//!
//! CHAT/1.0 has no answer to a JOIN. So that a test knows who is in, a member named `watcher` joins before everybody
//! else and reads all the time. A peer whose JOIN it has heard is a member.

mod visitors;

use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};
use hubbub_server::{Settings, serve};

use crate::program::other_server;
use crate::{DEADLINE, Ended, Offer, Ours, Peer, Program, join, leave, shown, text};
#[cfg(target_os = "linux")]
use crate::{tcp_sockets, until};

/// How long to wait before another peer shows whether the watcher is in.
const WATCHER_IS_LATE: Duration = Duration::from_millis(100);

/// One room, which stops when dropped.
pub struct Room {
    address: SocketAddr,
    /// Whether its members speak TLS.
    is_secure: bool,
    heard: Receiver<Vec<u8>>,
    server: Option<Server>,
}

enum Server {
    /// In a thread of this process.
    Thread {
        stop: Option<Sender<()>>,
        result: Receiver<io::Result<()>>,
    },
    /// The other server that is tested; see [`OTHER_SERVER`](crate::OTHER_SERVER).
    Other(Program),
}

impl Room {
    /// A room with the default settings.
    pub fn open() -> Self {
        Self::with(Settings::default())
    }

    /// A room with other settings.
    pub fn with(settings: Settings) -> Self {
        let (address, server) = start(settings);
        Self {
            address,
            is_secure: false,
            heard: watch(address),
            server: Some(server),
        }
    }

    /// A room without a watcher, so that the first member is alone.
    pub fn unwatched() -> Self {
        Self::unwatched_with(Settings::default())
    }

    /// The same with other settings.
    pub fn unwatched_with(settings: Settings) -> Self {
        let (address, server) = start(settings);
        Self {
            address,
            is_secure: false,
            heard: flume::bounded(0).1,
            server: Some(server),
        }
    }

    /// A room that somebody else has started and stops.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            is_secure: false,
            heard: watch(address),
            server: None,
        }
    }

    /// The same where everybody speaks TLS, the watcher too, with whatever certificate.
    pub fn secure_at(address: SocketAddr) -> Self {
        Self {
            address,
            is_secure: true,
            heard: watch_securely(address),
            server: None,
        }
    }

    /// The same without a watcher, so that the first member is alone.
    pub fn unwatched_at(address: SocketAddr) -> Self {
        Self {
            address,
            is_secure: false,
            heard: flume::bounded(0).1,
            server: None,
        }
    }

    /// The same where everybody connects by TLS.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.is_secure = true;
        self
    }

    /// Where the room listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection that has not joined.
    #[track_caller]
    pub fn connect(&self) -> Peer {
        self.over(Peer::connect(self.address))
    }

    /// A connection that has not joined, from this address of loopback.
    #[track_caller]
    pub fn connect_from(&self, from: [u8; 4]) -> Peer {
        self.over(Peer::connect_from(from, self.address))
    }

    #[track_caller]
    fn over(&self, peer: Peer) -> Peer {
        if self.is_secure { peer.secure() } else { peer }
    }

    /// A connection that has certainly joined.
    #[track_caller]
    pub fn member(&self, name: &str) -> Peer {
        self.enter(self.connect(), name)
    }

    /// A member with a grant.
    #[track_caller]
    pub fn ours(&self, name: &str) -> Ours {
        self.offering(&Offer::new(name))
    }

    /// A member with a grant, which offers this.
    #[track_caller]
    pub fn offering(&self, offer: &Offer) -> Ours {
        let mut peer = self.connect();
        peer.send(offer.with_join());
        Ours::welcomed(peer, offer.clone())
    }

    /// A connection that tries to join a room without a watcher. It sends a text longer than `max_payload`, to which
    /// the server replies if the JOIN succeeded. `Err` holds the refusal otherwise.
    #[track_caller]
    pub fn knock(&self, name: &str, max_payload: usize) -> Result<Peer, String> {
        let mut peer = self.connect();
        peer.send([join(name), text(name, vec![b'x'; max_payload + 1])].concat());
        let told = peer.expect_notice();
        if told.starts_with("your text") {
            Ok(peer)
        } else {
            // The connection is reset, and not closed, if this thread had no turn to send for longer than the server
            // lingers.
            peer.expect_gone();
            Err(told)
        }
    }

    /// A member with small socket buffers. What it does not read waits in the server.
    #[track_caller]
    pub fn narrow_member(&self, name: &str) -> Peer {
        self.enter(self.over(Peer::connect_narrow(self.address)), name)
    }

    #[track_caller]
    fn enter(&self, mut peer: Peer, name: &str) -> Peer {
        peer.send(join(name));
        self.hears(join(name));
        peer
    }

    /// Members that joined one after another and have read each other's JOINs.
    #[track_caller]
    pub fn members<const N: usize>(&self, names: [&str; N]) -> [Peer; N] {
        let mut members: Vec<Peer> = Vec::new();
        for name in names {
            let newcomer = self.member(name);
            for earlier in &mut members {
                earlier.expect(join(name));
            }
            members.push(newcomer);
        }
        members.try_into().ok().unwrap()
    }

    /// The next frame that the watcher hears.
    #[track_caller]
    pub fn next_heard(&self) -> Vec<u8> {
        match self.heard.recv_timeout(DEADLINE) {
            Ok(frame) => frame,
            Err(RecvTimeoutError::Timeout) => panic!("the room is silent"),
            Err(RecvTimeoutError::Disconnected) => panic!("the watcher's connection has ended"),
        }
    }

    /// Waits until the server has read everything that was sent to it. The kernel shows what still waits at both ends.
    #[cfg(target_os = "linux")]
    #[track_caller]
    pub fn wait_until_read(&self) {
        let port = self.address.port();
        until("the server has read what was sent", || {
            tcp_sockets().iter().all(|socket| {
                let (server, client) = (socket.local == port, socket.remote == port);
                !(server && socket.unread > 0 || client && socket.unsent > 0)
            })
        });
    }

    /// Waits until the watcher hears this frame, and skips what it hears before that.
    #[track_caller]
    pub fn hears(&self, wanted: impl AsRef<[u8]>) {
        let wanted = wanted.as_ref();
        let until = Instant::now() + DEADLINE;
        let mut passed = Vec::new();
        loop {
            match self.heard.recv_deadline(until) {
                Ok(frame) if frame == wanted => return,
                Ok(frame) => passed.push(frame),
                Err(end) => {
                    let passed: Vec<String> = passed.iter().map(|frame| shown(frame)).collect();
                    let wanted = shown(wanted);
                    panic!("{end:?}: the room did not hear {wanted}\nbut {passed:#?}");
                }
            }
        }
    }

    /// Tells the server to stop, and does not wait for it.
    pub fn begin_stop(&mut self) {
        match self.server.as_mut().unwrap() {
            Server::Thread { stop, .. } => *stop = None,
            Server::Other(program) => program.signal("TERM"),
        }
    }

    /// Stops the server and checks that it ended well.
    #[track_caller]
    pub fn stop(mut self) {
        self.end();
    }

    #[track_caller]
    fn end(&mut self) {
        match self.server.take() {
            None => {}
            Some(Server::Thread { stop, result }) => {
                drop(stop);
                match result.recv_timeout(DEADLINE) {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => panic!("the server ended with an error: {error}"),
                    Err(RecvTimeoutError::Timeout) => panic!("the server does not stop"),
                    Err(RecvTimeoutError::Disconnected) => panic!("the server panicked"),
                }
            }
            Some(Server::Other(program)) => {
                program.signal("TERM");
                let Ended { status, stderr, .. } = program.end();
                assert!(status.success(), "{status}: {stderr}");
            }
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.end();
        }
    }
}

/// Starts a server that runs until the test process ends, at this address. Returns its port.
pub fn serve_for_ever(address: Ipv4Addr, settings: Settings) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        async_std::task::block_on(serve(listener, settings, std::future::pending()))
    });
    port
}

fn start(settings: Settings) -> (SocketAddr, Server) {
    if let Some(other) = other_server() {
        return start_other(other, &settings);
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = flume::bounded(0);
    let (done, result) = flume::bounded(1);
    thread::spawn(move || {
        let shutdown = async move {
            // This ends when the sender is dropped. Nothing is ever sent.
            let _ = stopped.recv_async().await;
        };
        let _ = done.send(async_std::task::block_on(serve(
            listener, settings, shutdown,
        )));
    });
    let stop = Some(stop);
    (address, Server::Thread { stop, result })
}

/// Starts another server. A test in a room with other settings fails.
#[track_caller]
fn start_other(mut command: Command, settings: &Settings) -> (SocketAddr, Server) {
    let mut known = Settings::default();
    known.limits.max_payload = settings.limits.max_payload;
    assert_eq!(
        format!("{settings:?}"),
        format!("{known:?}"),
        "no other server is given settings besides the longest text"
    );
    let longest = known.limits.max_payload.to_string();
    command.args(["--port", "0", "--listen", "127.0.0.1"]);
    command.args(["--max-payload", &longest]);
    let mut program = Program::run(command);
    (program.address(), Server::Other(program))
}

/// Starts the watcher, and returns once it is certainly in.
fn watch(address: SocketAddr) -> Receiver<Vec<u8>> {
    let (heard, hears) = flume::unbounded();
    let mut second = Peer::connect(address);
    let mut leaver = second.writer();
    second.send(join("second"));
    listen(second, heard.clone());
    let mut watcher = Peer::connect(address);
    watcher.send(join("watcher"));
    listen(watcher, heard);

    // Whichever of the two came in first hears the other's JOIN.
    let first = hears.recv_timeout(DEADLINE);
    let first = first.unwrap_or_else(|_| panic!("nobody gets into the room at {address}"));
    assert!(first == join("second") || first == join("watcher"));
    leaver.write_all(&leave("second")).unwrap();
    let left = hears.recv_timeout(DEADLINE);
    assert_eq!(left.map(|frame| shown(&frame)), Ok(shown(&leave("second"))));
    hears
}

/// Starts the watcher of a room where everybody speaks TLS, and returns once it is certainly in.
fn watch_securely(address: SocketAddr) -> Receiver<Vec<u8>> {
    let (heard, hears) = flume::unbounded();
    let mut watcher = Peer::connect(address).secure();
    watcher.send(join("watcher"));
    listen(watcher, heard);
    let until = Instant::now() + DEADLINE;
    while Instant::now() < until {
        let mut second = Peer::connect(address).secure();
        second.send([join("second"), leave("second")].concat());
        second.expect_gone();
        // One that came before the watcher was in is not heard, or only while it leaves.
        while let Ok(frame) = hears.recv_timeout(WATCHER_IS_LATE) {
            if frame == leave("second") {
                return hears;
            }
        }
    }
    panic!("nobody gets into the room at {address}");
}

/// Reads frames until the connection ends.
fn listen(mut peer: Peer, heard: Sender<Vec<u8>>) {
    thread::spawn(move || {
        loop {
            match peer.next_frame(Instant::now() + DEADLINE) {
                Ok(Some(frame)) => {
                    if heard.send(frame).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => {}
                Ok(None) | Err(_) => return,
            }
        }
    });
}
