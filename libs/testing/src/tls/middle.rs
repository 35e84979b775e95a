//! A man in the middle: to the client a server with a certificate of the test's choice, to the server a client. It
//! passes on all that both say, and keeps what the client said.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};

use super::{Caller, Certificate, Line};
use crate::{DEADLINE, Tape};

/// A port in the middle. It lives until the test process ends.
pub struct Middle {
    port: u16,
    tapes: Arc<(Mutex<Vec<Tape>>, Condvar)>,
}

impl Middle {
    /// In the middle between its clients and the server at this port of loopback, which speaks TLS.
    pub fn before(server: u16, certificate: &Certificate) -> Self {
        Self::start(server, certificate, true)
    }

    /// The same for a server that speaks no TLS.
    pub fn before_plain(server: u16, certificate: &Certificate) -> Self {
        Self::start(server, certificate, false)
    }

    fn start(server: u16, certificate: &Certificate, is_secure: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let tapes = Arc::<(Mutex<Vec<Tape>>, Condvar)>::default();
        let middle = Self {
            port,
            tapes: Arc::clone(&tapes),
        };
        let certificate = certificate.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let tape = Tape::default();
                tapes.0.lock().unwrap().push(tape.clone());
                tapes.1.notify_all();
                let certificate = certificate.clone();
                thread::spawn(move || {
                    // Nobody is told why a connection ended. Its tape shows what was said until then.
                    let _ = pass(client, server, is_secure, &certificate, &tape);
                    tape.end();
                });
            }
        });
        middle
    }

    /// The port for the client.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the client said inside TLS on its connection number `index`, counted from 0. It has ended once the
    /// connection has, also when there was no handshake.
    #[track_caller]
    pub fn connection(&self, index: usize) -> Tape {
        let (tapes, came) = &*self.tapes;
        let tapes = tapes.lock().unwrap();
        let (tapes, _) = came
            .wait_timeout_while(tapes, DEADLINE, |tapes| tapes.len() <= index)
            .unwrap();
        let tape = tapes.get(index).cloned();
        drop(tapes);
        tape.unwrap_or_else(|| panic!("nobody connected {} times", index + 1))
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.tapes.0.lock().unwrap().len()
    }
}

fn pass(
    client: TcpStream,
    server: u16,
    is_secure: bool,
    certificate: &Certificate,
    tape: &Tape,
) -> std::io::Result<()> {
    client.set_read_timeout(Some(DEADLINE))?;
    let mut client = Line::answer(client, certificate)?;
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    let mut server = if is_secure {
        Line::call(server, &Caller::believing_all(), "localhost")?
    } else {
        Line::plain(server)
    };
    // Each way ends by itself: a client that has said all may still be told something.
    let (mut to_server, mut to_client) = (true, true);
    loop {
        to_server = to_server && pass_what_waits(&mut client, &mut server, Some(tape))?;
        to_client = to_client && pass_what_waits(&mut server, &mut client, None)?;
        let mut open = Vec::new();
        for (is_open, end) in [(to_server, &client), (to_client, &server)] {
            if is_open {
                open.push(PollFd::new(&end.stream, PollFlags::IN));
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        poll(&mut open, None)?;
    }
}

/// Passes on what can be read without waiting. False at the end.
fn pass_what_waits(from: &mut Line, to: &mut Line, tape: Option<&Tape>) -> std::io::Result<bool> {
    let mut piece = [0; 16 * 1024];
    loop {
        from.stream.set_nonblocking(true)?;
        let read = from.read(&mut piece);
        from.stream.set_nonblocking(false)?;
        let len = match read {
            Ok(0) => {
                say_the_end(to)?;
                return Ok(false);
            }
            Ok(len) => len,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        };
        if let Some(tape) = tape {
            tape.keep(&piece[..len]);
        }
        to.write_all(&piece[..len])?;
    }
}

fn say_the_end(to: &mut Line) -> std::io::Result<()> {
    if let Some(tls) = &mut to.tls {
        tls.send_close_notify();
    }
    to.send_what_waits()?;
    to.stream.shutdown(Shutdown::Write)
}
