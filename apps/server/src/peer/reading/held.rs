//! Held at the gate: while what was said waits for the stream, a peer that has passed enough is not read.

use std::task::Context;

use super::Reading;
use crate::event::{Event, Mail};
use crate::gate::PASSED;

impl Reading<'_> {
    /// Whether nothing is read until the gate opens. A connection that has ended is read to its
    /// end all the same, since somebody waits for its name.
    pub(super) fn is_held(&self) -> bool {
        self.passed as usize >= PASSED && !self.hurried
    }

    /// If it is held, lets it go on when the gate is open, and has the task woken for that.
    pub(super) fn wait_at_gate(&mut self, context: &Context<'_>) {
        let connection = self.connection;
        if self.is_held()
            && connection
                .house
                .gate
                .poll_open(connection.peer, context)
                .is_ready()
        {
            self.passed = 0;
        }
    }

    /// This mail is on its way to the hub.
    pub(super) fn passes(&mut self, mail: &Mail) {
        self.passed = if self.connection.house.gate.is_closed() {
            let bytes: usize = mail.iter().map(Event::size).sum();
            self.passed
                .saturating_add(u16::try_from(bytes).unwrap_or(u16::MAX))
        } else {
            0
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::{Duration, Instant};

    use hubbub_transport::Transport;

    use super::*;
    use crate::Settings;
    use crate::address::Origin;
    use crate::event::Departure;
    use crate::gate::Gate;
    use crate::id::PeerId;
    use crate::memory::Memory;
    use crate::outbox::outbox;
    use crate::peer::{Connection, Early, House};
    use crate::runtime::block_on;

    const DEADLINE: Duration = Duration::from_secs(30);

    /// How long a connection may stop in the middle of a text.
    const TEXT_TIMEOUT: Duration = Duration::from_millis(1);

    /// A connection, what it sends, and what the hub gets.
    fn connection() -> (Connection, TcpStream, flume::Receiver<Mail>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let transport = Transport::connect(listener.local_addr().unwrap());
        let transport = block_on(transport).unwrap();
        let (socket, address) = listener.accept().unwrap();
        let peer = PeerId(1);
        let (_, pending) = outbox(peer, usize::MAX, Some(transport));
        let unfinished = Memory::new(usize::MAX);
        let (inbox, mail) = flume::unbounded();
        let connection = Connection {
            peer,
            intake: pending.intake(&unfinished),
            place: Origin::alone(address).place(),
            house: Arc::new(House {
                settings: Settings {
                    text_timeout: TEXT_TIMEOUT,
                    ..Settings::default()
                },
                inbox,
                queued: Memory::new(usize::MAX),
                unfinished,
                metrics: Arc::default(),
                #[cfg(feature = "admin")]
                bans: flume::bounded(0).1,
                gate: Arc::<Gate>::default(),
            }),
        };
        (connection, socket, mail)
    }

    /// Reads until the hub has so many bytes of mail.
    fn read_until(reading: &mut Reading<'_>, mail: &flume::Receiver<Mail>, bytes: usize) {
        let (until, mut came) = (Instant::now() + DEADLINE, 0);
        while came < bytes {
            assert!(Instant::now() < until, "only {came} bytes came");
            assert!(reading.read().end.is_none());
            let events = mail.try_iter().flatten();
            came += events.map(|event| event.size()).sum::<usize>();
        }
    }

    fn frame(payload: &str) -> Vec<u8> {
        let len = payload.len();
        format!("CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: {len}\r\n\r\n{payload}").into()
    }

    #[test]
    fn who_has_passed_enough_at_a_closed_gate_is_not_read_until_it_opens() {
        let (connection, mut socket, mail) = connection();
        let mut reading = Reading::new(&connection, Early::default());
        let context = Context::from_waker(Waker::noop());
        let gate = &connection.house.gate;
        let long = frame(&"x".repeat(PASSED));
        socket.write_all(&long).unwrap();
        read_until(&mut reading, &mail, PASSED);
        assert!(!reading.is_held());
        gate.close();
        socket.write_all(&frame("short")).unwrap();
        read_until(&mut reading, &mail, 5);
        assert!(!reading.is_held());
        socket.write_all(&long).unwrap();
        read_until(&mut reading, &mail, PASSED);
        assert!(reading.is_held());
        socket.write_all(&frame("waits")).unwrap();
        reading.wait_at_gate(&context);
        for _ in 0..1000 {
            assert!(reading.read().end.is_none());
        }
        assert!(mail.is_empty());
        gate.open();
        reading.wait_at_gate(&context);
        assert!(!reading.is_held());
        read_until(&mut reading, &mail, 5);
    }

    #[test]
    fn a_silence_in_a_text_is_nobodys_fault_while_nothing_is_read() {
        let (connection, mut socket, mail) = connection();
        let mut reading = Reading::new(&connection, Early::default());
        connection.house.gate.close();
        let mut bytes = frame(&"x".repeat(PASSED));
        bytes.extend_from_slice(b"CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 9\r\n\r\nhalf");
        socket.write_all(&bytes).unwrap();
        read_until(&mut reading, &mail, PASSED);
        let until = Instant::now() + DEADLINE;
        while !reading.decoder.awaits_payload() {
            assert!(Instant::now() < until, "the second half did not come");
            reading.passed = 0;
            assert!(reading.read().end.is_none());
        }
        std::thread::sleep(2 * TEXT_TIMEOUT);
        reading.passed = u16::MAX;
        assert_eq!(reading.ring(), Ok(()));
        reading.passed = 0;
        std::thread::sleep(2 * TEXT_TIMEOUT);
        assert_eq!(reading.ring(), Err(Departure::TextStalled));
    }
}
