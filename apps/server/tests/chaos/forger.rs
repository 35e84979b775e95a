//! A forger: something between a member and the server that changes what the server says, as no server and no network
//! may. It shows that the checker finds it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// What is done to the stamped text with this number, counted on each connection from 1. Past texts count too.
#[derive(Clone, Copy)]
pub(crate) enum Forgery {
    Swallow(u32),
    Double(u32),
    /// It changes places with the next one.
    Swap(u32),
}

/// Starts one that leads to this port. The port for the member.
pub(crate) fn forger(server: u16, forgery: Forgery) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                join(client, server, forgery);
            }
        }
    });
    port
}

fn join(client: TcpStream, server: TcpStream, forgery: Forgery) {
    let [mut from, mut to] = [&client, &server].map(|end| end.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        forge(&server, &client, forgery);
        let _ = client.shutdown(Shutdown::Both);
    });
}

fn forge(mut from: &TcpStream, mut to: &TcpStream, forgery: Forgery) {
    let (mut unread, mut piece) = (Vec::new(), [0; 16 * 1024]);
    let (mut texts, mut held) = (0, Vec::new());
    while let Ok(len @ 1..) = from.read(&mut piece) {
        unread.extend_from_slice(&piece[..len]);
        let mut passed = Vec::new();
        while let Some((len, is_stamped)) = first_frame(&unread) {
            let frame: Vec<u8> = unread.drain(..len).collect();
            texts += u32::from(is_stamped);
            match forgery {
                Forgery::Swallow(number) if is_stamped && number == texts => {}
                Forgery::Double(number) if is_stamped && number == texts => {
                    passed.extend([&frame[..], &frame].concat());
                }
                Forgery::Swap(number) if is_stamped && number == texts => held = frame,
                _ => {
                    passed.extend(frame);
                    if is_stamped {
                        passed.append(&mut held);
                    }
                }
            }
        }
        if to.write_all(&passed).is_err() {
            return;
        }
    }
}

/// The length of the first frame, if all of it is there, and whether it is a stamped text.
fn first_frame(bytes: &[u8]) -> Option<(usize, bool)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let value = |key: &str| head.lines().find_map(|line| line.strip_prefix(key));
    let payload: usize = value("Msg-len: ").map_or(0, |len| len.parse().unwrap());
    let is_stamped = head.starts_with("CHAT/1.0 TEXT") && value("Seq: ").is_some();
    (bytes.len() >= end + payload).then_some((end + payload, is_stamped))
}
