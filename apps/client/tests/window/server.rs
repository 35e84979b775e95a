//! The servers that the windows talk to: the real one, and one that the test plays itself.

use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::tape::Tape;
use crate::wait::until;

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// The built `hubbub-server`. It is killed when dropped, as a power cut would.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn start(port: u16) -> Server {
        let binary = Path::new(env!("CARGO_BIN_EXE_hubbub-client")).with_file_name("hubbub-server");
        assert!(
            binary.exists(),
            "there is no {}: run `just test`, or `cargo build -p hubbub-server` before this test",
            binary.display()
        );
        let process = Command::new(binary)
            .args(["--port", &port.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Server(process);
        until(
            || {
                let ended = server.0.try_wait().unwrap();
                assert_eq!(
                    ended, None,
                    "the server ended at once; is port {port} taken?"
                );
                TcpStream::connect(("localhost", port)).ok()
            },
            || format!("the server does not listen on port {port}"),
        );
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A server that the test plays: it accepts, and does what the test does with the socket.
pub(crate) struct Played(TcpListener);

impl Played {
    pub(crate) fn start() -> Played {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Played(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) fn accept(&self) -> TcpStream {
        let accept = || match self.0.accept() {
            Ok((stream, _)) => Some(stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("accept: {error}"),
        };
        let stream = until(accept, || "no window connected".into());
        stream.set_nonblocking(false).unwrap();
        stream
    }
}

/// A member that is no window: raw bytes on a socket.
pub(crate) struct Peer {
    stream: TcpStream,
    pub(crate) heard: Tape,
}

impl Peer {
    pub(crate) fn join(port: u16, name: &str) -> Peer {
        let mut stream = TcpStream::connect(("localhost", port)).unwrap();
        write!(stream, "CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n").unwrap();
        let heard = Tape::of(&stream);
        Peer { stream, heard }
    }

    pub(crate) fn say(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).unwrap();
    }
}

/// The one form of a TEXT on the wire.
pub(crate) fn text(name: &str, text: &str) -> String {
    format!(
        "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {}\r\n\r\n{text}",
        text.len()
    )
}
