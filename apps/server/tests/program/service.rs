//! What a service manager hears. The test plays it.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, Program, join, leave, text, until};

/// A played service manager, and where its socket is.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hubbub-notify-{}-{count}", std::process::id());
        let path = env::temp_dir().join(name);
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self { socket, path }
    }

    /// A server that it has started.
    fn start(&self, watchdog: &str) -> Program {
        let path = self.path.to_str().unwrap();
        let variables = [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", watchdog)];
        Program::with(&[], &variables)
    }

    #[track_caller]
    fn hears(&self) -> String {
        hears(&self.socket)
    }

    /// Waits until it hears this.
    #[track_caller]
    fn waits_for(&self, words: &str) {
        while self.hears() != words {}
    }
}

#[track_caller]
fn hears(socket: &UnixDatagram) -> String {
    let mut words = [0; 1000];
    let len = loop {
        match socket.recv(&mut words) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            heard => break heard.expect("nothing was heard in time"),
        }
    };
    String::from_utf8(words[..len].to_vec()).unwrap()
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[test]
fn it_hears_that_the_server_is_ready_how_many_members_there_are_and_that_it_stops() {
    let manager = Manager::new();
    let mut program = manager.start("");
    let mut first = [manager.hears(), manager.hears()];
    first.sort();
    assert_eq!(first, ["READY=1", "STATUS=0 members"]);
    let room = program.room();
    manager.waits_for("STATUS=1 member");
    let members: Vec<_> = (0..11)
        .map(|number| room.member(&format!("member {number}")))
        .collect();
    manager.waits_for("STATUS=12 members");
    drop(members);
    manager.waits_for("STATUS=1 member");
    program.signal("TERM");
    assert_eq!(manager.hears(), "STOPPING=1");
    assert_eq!(program.end().status.code(), Some(0));
}

#[test]
fn the_watchdog_is_fed_after_each_half_of_its_time_and_nothing_else_wakes_the_server() {
    const HALF: Duration = Duration::from_millis(500);
    const FEEDS: u32 = 6;
    let manager = Manager::new();
    let mut program = manager.start(&(2 * HALF).as_micros().to_string());
    let room = program.room();
    manager.waits_for("STATUS=1 member");
    manager.waits_for("WATCHDOG=1");
    manager.waits_for("WATCHDOG=1");
    // A busy machine may be late now and then.
    until("it is fed in time, and sleeps between", || {
        let (since, before) = (Instant::now(), program.context_switches());
        for _ in 0..FEEDS {
            assert_eq!(manager.hears(), "WATCHDOG=1");
        }
        let right = HALF * (FEEDS - 1)..HALF * FEEDS * 3 / 2;
        let switches = program.context_switches() - before;
        // Threads wake each other about ten times for a feed, and lose the processor to others. A server that looked
        // around every 10 ms would come to several hundred.
        right.contains(&since.elapsed()) && switches <= u64::from(25 * FEEDS)
    });
    drop(room);
}

#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let manager = Manager::new();
    let path = manager.path.to_str().unwrap();
    let variables = [
        ("NOTIFY_SOCKET", path),
        ("WATCHDOG_USEC", "20000"),
        ("WATCHDOG_PID", "1"),
    ];
    let program = Program::with(&[], &variables);
    for _ in 0..2 {
        assert_ne!(manager.hears(), "WATCHDOG=1");
    }
    program.signal("TERM");
    assert_eq!(manager.hears(), "STOPPING=1");
}

#[test]
fn an_abstract_socket_is_one_too() {
    let name = format!("hubbub-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let _program = Program::with(&[], &[("NOTIFY_SOCKET", &format!("@{name}"))]);
    while hears(&socket) != "READY=1" {}
}

#[test]
fn a_socket_that_is_gone_or_was_never_one_costs_one_line_and_nothing_else() {
    let gone = Manager::new().path.to_str().unwrap().to_owned();
    for name in [&*gone, "relative", "vsock:2:1", "/", "@"] {
        let mut program =
            Program::with(&[], &[("NOTIFY_SOCKET", name), ("WATCHDOG_USEC", "20000")]);
        let room = program.room();
        let [mut alice, mut bob] = room.members(["alice", "bob"]);
        alice.send(text("alice", "hi"));
        bob.expect(text("alice", "hi"));
        program.signal("TERM");
        let log = program.end().stderr;
        let lines = log.lines().filter(|line| line.contains("service manager"));
        assert_eq!(lines.count(), 1, "{name}: {log}");
    }
}

#[test]
fn a_socket_that_nobody_reads_stops_nothing() {
    let manager = Manager::new();
    manager.socket.set_nonblocking(true).unwrap();
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    while filler.send_to(b"X=1", &manager.path).is_ok() {}
    let mut program = manager.start("200000");
    let room = program.room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", "hi"));
    bob.expect(text("alice", "hi"));
    bob.send(leave("bob"));
    alice.expect(leave("bob"));
    alice.send(join("again"));
    program.signal("TERM");
    assert_eq!(program.end().status.code(), Some(0));
}
