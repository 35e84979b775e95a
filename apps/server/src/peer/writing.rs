//! The write half of a peer: writes what waits in its outbox. It ends when the hub has let go and all is written, or
//! when the peer takes too long. When writing fails, the read half decides when the peer has gone.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};

use futures::future::{Either, select};
use hubbub_transport::Transport;

use super::{Connection, Ending, REFUSAL_PAUSE};
use crate::event::Departure;
use crate::outbox::Pending;
use crate::runtime::{Timer, timeout};

/// The most slices of one vectored write. The rest waits for the next one.
const WRITE_SLICES: usize = 64;

/// The write half.
pub(super) struct Writing<'a> {
    connection: &'a Connection,
    pending: &'a mut Pending,
}

/// The outcome of one write.
enum Outcome {
    /// The socket has taken something, or takes something again.
    Written,
    /// The socket took nothing for too long, or the hub wants an end.
    TooSlow,
    /// What was to come next did not come.
    Unanswered,
    /// The connection is broken.
    Failed,
}

impl<'a> Writing<'a> {
    pub(super) fn new(connection: &'a Connection, pending: &'a mut Pending) -> Self {
        Self {
            connection,
            pending,
        }
    }

    /// Writes until the hub lets go of the outbox and all is written, or the peer takes too long.
    pub(super) async fn run(&mut self) -> Ending {
        while self.pending.fill().await {
            if self.pending.is_refusal() {
                Box::pin(self.pause_before_refusal()).await;
            }
            while !self.pending.is_written() {
                let outcome = if self.pending.is_unsettled() {
                    Box::pin(self.settle()).await
                } else {
                    match self.write() {
                        Ok(()) => Outcome::Written,
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {
                            Box::pin(self.wait_for_room()).await
                        }
                        Err(_) => Outcome::Failed,
                    }
                };
                match outcome {
                    Outcome::Written => {}
                    Outcome::TooSlow => return Ending::Gone(Departure::TooSlow),
                    Outcome::Unanswered => return Ending::Gone(Departure::Unanswered),
                    Outcome::Failed => {
                        Box::pin(self.forget()).await;
                        return Ending::LetGo;
                    }
                }
            }
        }
        Ending::LetGo
    }

    async fn pause_before_refusal(&mut self) {
        let pause = Timer::after(REFUSAL_PAUSE);
        select(pause, self.pending.evicted()).await;
    }

    /// Throws away all that is for the peer, until the hub lets go. Nothing can be written any more, but what the peer
    /// said before is still read, which may take long, and meanwhile it must not hold memory.
    async fn forget(&mut self) {
        // An error says that the connection has ended already.
        let _ = self.pending.transport().and_then(Transport::cut);
        self.pending.forget();
        while self.pending.fill().await {
            self.pending.forget();
        }
    }

    /// Waits until it is known what comes next. No longer than a peer may take for a write, whether the hub has let go
    /// or not: what comes behind it waits too, and a client that connects anew is better off.
    async fn settle(&mut self) -> Outcome {
        let patience = self.connection.house.settings.write_timeout;
        match timeout(patience, self.pending.settle()).await {
            Ok(true) => Outcome::Written,
            _ if self.pending.is_evicted() => Outcome::TooSlow,
            _ => Outcome::Unanswered,
        }
    }

    /// Writes once: as much of what waits as the socket takes.
    fn write(&mut self) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
        let used = self.pending.slices(&mut slices);
        let transport = self.pending.transport()?;
        let written = transport.try_write_vectored(&slices[..used])?;
        let metrics = &self.connection.house.metrics;
        metrics.sent_bytes.add(written as u64);
        self.pending.advance(written);
        Ok(())
    }

    /// Waits until the socket takes something again.
    async fn wait_for_room(&mut self) -> Outcome {
        let Ok(transport) = self.pending.transport() else {
            return Outcome::Failed;
        };
        let settings = &self.connection.house.settings;
        // What TLS has encrypted and cannot send waits as the rest does.
        let unsent = transport.unsent();
        let queued = &self.connection.house.queued;
        let _held = (unsent > 0).then(|| queued.hold(unsent));
        let writable = poll_fn(|context| transport.poll_writable(context));
        let writable = select(writable, self.pending.evicted());
        match timeout(settings.write_timeout, writable).await {
            Ok(Either::Left((Ok(()), _))) => Outcome::Written,
            Ok(Either::Left((Err(_), _))) => Outcome::Failed,
            Ok(Either::Right(_)) | Err(_) => Outcome::TooSlow,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::io::{BufRead, BufReader, Read};
    use std::net::{TcpListener, TcpStream};
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Poll;
    use std::thread::{self, JoinHandle};
    use std::time::{Duration, Instant};

    use futures::channel::oneshot;

    use super::super::House;
    use super::*;
    use crate::Settings;
    use crate::address::Origin;
    use crate::batch::Batch;
    use crate::id::PeerId;
    use crate::memory::Memory;
    use crate::outbox::{Delivery, Outbox, Part, outbox};
    use crate::runtime::block_on;

    const DEADLINE: Duration = Duration::from_secs(30);

    /// A write half that writes to `socket`, in a thread of its own.
    struct Writer {
        outbox: Option<Outbox>,
        socket: TcpStream,
        half: JoinHandle<Ending>,
    }

    impl Writer {
        fn new(write_timeout: Duration) -> Self {
            Self::with(write_timeout, false)
        }

        /// One whose task pushes frames itself all the time, if it is `busy`.
        fn with(write_timeout: Duration, busy: bool) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let transport = Transport::connect(listener.local_addr().unwrap());
            let transport = block_on(transport).unwrap();
            let (socket, address) = listener.accept().unwrap();
            socket.set_read_timeout(Some(DEADLINE)).unwrap();
            let peer = PeerId(1);
            let (outbox, mut pending) = outbox(peer, usize::MAX, Some(transport));
            let unfinished = Memory::new(usize::MAX);
            let intake = pending.intake(&unfinished);
            let settings = Settings {
                write_timeout,
                ..Settings::default()
            };
            let (inbox, _) = flume::unbounded();
            let house = Arc::new(House {
                settings,
                inbox,
                queued: Memory::new(usize::MAX),
                unfinished,
                metrics: Arc::default(),
                #[cfg(feature = "admin")]
                bans: flume::bounded(0).1,
                #[cfg(feature = "cluster")]
                gate: Arc::default(),
            });
            let place = Origin::alone(address).place();
            let connection = Connection {
                peer,
                house,
                intake,
                place,
            };
            let half = thread::spawn(move || {
                let mut writing = Writing::new(&connection, &mut pending);
                let pushing = poll_fn(|context| {
                    if busy {
                        // This also lets the task be woken when the frames before are written.
                        let _ = connection.intake.poll_call(context);
                        let _ = connection.intake.push_own(b"!".to_vec());
                    }
                    Poll::<()>::Pending
                });
                let writing = pin!(writing.run());
                let ended = block_on(timeout(2 * DEADLINE, select(writing, pushing)));
                match ended.unwrap() {
                    Either::Left((ending, _)) => ending,
                    Either::Right(_) => unreachable!(),
                }
            });
            Self {
                outbox: Some(outbox),
                socket,
                half,
            }
        }

        fn push(&self, delivery: Delivery) {
            self.outbox.as_ref().unwrap().push(delivery).unwrap();
        }

        #[track_caller]
        fn expect(&mut self, text: &str) {
            let mut came = vec![0; text.len()];
            self.socket.read_exact(&mut came).unwrap();
            assert_eq!(String::from_utf8_lossy(&came), text);
        }

        fn ending(self) -> Ending {
            self.half.join().unwrap()
        }
    }

    fn text(text: &str) -> Delivery {
        Delivery::all(Batch::alone(text.into(), &Memory::new(0)))
    }

    #[test]
    fn what_comes_later_is_waited_for_and_what_stands_before_it_is_written() {
        for is_let_go in [false, true] {
            let mut writer = Writer::new(DEADLINE);
            let (answer, asked) = oneshot::channel();
            writer.push(text("before"));
            writer.push(Delivery::later(async { asked.await.ok() }));
            writer.push(text("after"));
            writer.expect("before");
            if is_let_go {
                writer.outbox = None;
            }
            answer.send(vec![text("one"), text("two")]).unwrap();
            writer.expect("onetwoafter");
            writer.outbox = None;
            assert_eq!(writer.ending(), Ending::LetGo);
        }
    }

    #[test]
    fn what_does_not_come_is_waited_for_as_long_as_for_a_write_whether_the_hub_has_let_go_or_not() {
        for is_let_go in [false, true] {
            let mut writer = Writer::new(Duration::from_millis(50));
            writer.push(text("before"));
            writer.push(Delivery::later(pending()));
            writer.push(text("after"));
            if is_let_go {
                writer.outbox = None;
            }
            writer.expect("before");
            assert_eq!(writer.ending(), Ending::Gone(Departure::Unanswered));
        }
    }

    #[test]
    fn a_peer_for_which_nothing_will_come_goes_at_once() {
        let writer = Writer::new(3 * DEADLINE);
        writer.push(Delivery::later(async { None }));
        assert_eq!(writer.ending(), Ending::Gone(Departure::Unanswered));
    }

    #[test]
    fn one_that_waits_for_what_comes_later_is_evicted_at_once() {
        let mut writer = Writer::new(3 * DEADLINE);
        writer.push(text("before"));
        writer.push(Delivery::later(pending()));
        writer.expect("before");
        writer.outbox.as_ref().unwrap().watch().evict();
        assert_eq!(writer.ending(), Ending::Gone(Departure::TooSlow));
    }

    /// The hub and the peer's task write to one connection, and neither waits for the other.
    #[test]
    fn what_the_hub_writes_and_what_the_task_writes_never_mix() {
        let mut writer = Writer::with(DEADLINE, true);
        let outbox = writer.outbox.take().unwrap();
        // The long ones are more than the socket takes at once.
        let lengths = || (0..50).flat_map(|_| [20, 20, 20, 2 << 20]);
        let hub = thread::spawn(move || {
            for length in lengths() {
                let text = "x".repeat(length) + "\n";
                let batch = Batch::alone(text.into_bytes(), &Memory::new(0));
                outbox.deliver(PeerId(1), Part::all(batch)).unwrap();
                // Otherwise the hub would soon find something waiting each time.
                let since = Instant::now();
                while outbox.waiting() > 0 {
                    assert!(since.elapsed() < DEADLINE, "the task does not write");
                    thread::yield_now();
                }
            }
        });
        let mut own = 0;
        let mut socket = BufReader::new(&writer.socket);
        for length in lengths() {
            let mut line = String::new();
            socket.read_line(&mut line).unwrap();
            let text = line.trim_start_matches('!');
            own += line.len() - text.len();
            assert!(
                text.trim_end() == "x".repeat(length),
                "a frame got into another one"
            );
        }
        hub.join().unwrap();
        assert!(own > 0, "the task wrote nothing meanwhile");
        assert_eq!(writer.ending(), Ending::LetGo);
    }

    /// What is exempt from the limit of the outbox is not exempt from the limit on time.
    #[test]
    fn a_peer_that_takes_nothing_of_what_is_exempt_is_too_slow() {
        let writer = Writer::new(Duration::from_millis(50));
        let much = "x".repeat(64 << 20);
        writer.push(text(&much).exempt());
        assert_eq!(writer.ending(), Ending::Gone(Departure::TooSlow));
    }
}
