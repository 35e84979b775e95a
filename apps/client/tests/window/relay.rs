//! Stands between a window and its server, and keeps what the window says.

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::tape::Tape;
use crate::wait::until;

/// A port that leads to the server. It lives until the test process ends.
pub(crate) struct Relay {
    pub(crate) port: u16,
    tapes: Arc<Mutex<Vec<Tape>>>,
}

impl Relay {
    /// Leads to the server at `port`. A connection that finds no server there is closed.
    pub(crate) fn to(port: u16) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay {
            port: listener.local_addr().unwrap().port(),
            tapes: Arc::default(),
        };
        let tapes = Arc::clone(&relay.tapes);
        thread::spawn(move || {
            for window in listener.incoming().map_while(Result::ok) {
                if let Ok(server) = TcpStream::connect(("localhost", port)) {
                    tapes.lock().unwrap().push(join(window, server));
                }
            }
        });
        relay
    }

    /// What the window said on its connection number `index`, counted from 0 among those that reached a server.
    pub(crate) fn connection(&self, index: usize) -> Tape {
        let tape = || self.tapes.lock().unwrap().get(index).cloned();
        until(tape, || {
            format!("the window did not connect {} times", index + 1)
        })
    }
}

fn join(window: TcpStream, server: TcpStream) -> Tape {
    let tape = Tape::default();
    one_way(
        tape.clone(),
        window.try_clone().unwrap(),
        server.try_clone().unwrap(),
    );
    one_way(Tape::default(), server, window);
    tape
}

fn one_way(tape: Tape, from: TcpStream, mut to: TcpStream) {
    to.set_nodelay(true).unwrap();
    thread::spawn(move || {
        tape.record(from, |piece| to.write_all(piece));
        // The other end has closed already when both directions end together.
        let _ = to.shutdown(Shutdown::Write);
    });
}
