//! Programs of somebody else, which know no TLS, in a private room: through a wrapper, typed as the README has it.

use std::process::{Child, Command, Output, Stdio};

use hubbub_testing::{HeldPort, Peer, Program, Room, join, leave, text, until};
use tempfile::TempDir;

use crate::readme::block_with;

/// Takes the server's certificate, and shows the fingerprint of its key.
fn look() -> &'static str {
    block_with("openssl s_client")
}

/// Lets plain programs in, to this server alone.
fn wrap() -> &'static str {
    block_with("socat TCP-LISTEN")
}

/// A private room with a key of its own.
struct Private {
    server: Program,
    dir: TempDir,
    fingerprint: String,
}

impl Private {
    fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    /// The server ends and starts again.
    fn restarted(self) -> Self {
        let Self { server, dir, .. } = self;
        drop(server);
        Self::at(dir)
    }

    fn at(dir: TempDir) -> Self {
        let state = dir.path().join("state");
        let mut server = Program::with(&["--tls", "--state", state.to_str().unwrap()], &[]);
        let line = server.line_with("fingerprint=");
        let (_, fingerprint) = line.split_once("fingerprint=").unwrap();
        let fingerprint = fingerprint.replace([' ', '"', '\n'], "");
        server.port();
        Self {
            server,
            dir,
            fingerprint,
        }
    }

    /// The commands for this room, in a directory of their own.
    fn shell(&mut self, commands: &str, port: u16) -> Command {
        let commands = commands
            .replace("localhost:8765", &self.server.address().to_string())
            .replace("8766", &port.to_string());
        let mut shell = Command::new("sh");
        shell.args(["-c", &commands]).current_dir(self.dir.path());
        shell.stdin(Stdio::null());
        shell
    }

    /// Looks at the certificate, which is the server's.
    #[track_caller]
    fn look(&mut self) {
        let Output { stdout, .. } = self.shell(look(), 0).output().unwrap();
        let seen = String::from_utf8(stdout).unwrap();
        assert_eq!(seen.split(' ').next().unwrap(), self.fingerprint, "{seen}");
    }
}

/// A program that is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It fails if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_plain_program_comes_into_a_private_room_through_socat_also_after_a_restart() {
    let mut private = Private::new();
    private.look();
    let mut private = private.restarted();
    let room = Room::secure_at(private.server.address());
    let port = HeldPort::new();
    let wrap = format!("exec {}", wrap());
    let _socat = Running(private.shell(&wrap, port.number()).spawn().unwrap());
    until("socat listens", || Peer::try_connect(port.number()).is_ok());
    let mut old = Peer::join(port.number(), "old");
    room.hears(join("old"));
    old.send(text("old", "hi"));
    room.hears(text("old", "hi"));
    let mut bob = room.member("bob");
    old.expect(join("bob"));
    bob.send(text("bob", "hello"));
    old.expect(text("bob", "hello"));
    old.send(leave("old"));
    room.hears(text("bob", "hello"));
    room.hears(leave("old"));
}

#[test]
fn a_wrapper_does_not_go_to_another_server_at_the_same_place() {
    let (mut private, mut other) = (Private::new(), Private::new());
    private.look();
    let certificate = private.dir.path().join("room.pem");
    std::fs::copy(certificate, other.dir.path().join("room.pem")).unwrap();
    let port = HeldPort::new();
    let wrap = format!("exec {}", wrap());
    let _socat = Running(other.shell(&wrap, port.number()).spawn().unwrap());
    until("socat listens", || Peer::try_connect(port.number()).is_ok());
    let mut old = Peer::try_connect(port.number()).unwrap();
    old.try_send(join("old"));
    assert_eq!(old.expect_gone(), b"");
}
