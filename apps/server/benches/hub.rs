//! The hub without sockets: frames a second by members. One member sends texts of 64 bytes. Every other member is a
//! task that takes what waits in its outbox, as a write half does, and writes it nowhere. An iteration ends when every
//! member has everything. `item/s` counts frames, and a frame is one delivery to each member.
//!
//! Apart from that: how long it takes to make the bytes of such texts in each form, which happens once for all readers.

use std::io::IoSlice;
use std::iter;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_std::task;
use divan::Bencher;
use divan::counter::ItemsCount;
use hubbub_server::Settings;
use hubbub_server::address::Origin;
use hubbub_server::batch::{Draft, Form};
use hubbub_server::event::{Event, Mail, Offered};
use hubbub_server::guests::Guest;
use hubbub_server::hub;
use hubbub_server::id::PeerId;
use hubbub_server::memory::Memory;
use hubbub_server::outbox::{Pending, outbox};
use hubbub_server::said::{Said, Seq};
use hubbub_server::texts::Texts;
use hubbub_wire::{Frame, Payload, Time, Username, encode};

/// Frames in one iteration: enough that its beginning and end do not matter.
const FRAMES: usize = 1000;

/// The member that speaks. It is not one of those that are counted.
const SPEAKER: u64 = 0;

fn main() {
    divan::main();
}

#[divan::bench(args = [10, 100, 1000], max_time = 3)]
fn broadcast(bencher: Bencher<'_, '_>, members: usize) {
    let hall = task::block_on(Hall::open(members));
    bencher
        .counter(ItemsCount::new(FRAMES))
        .bench_local(|| task::block_on(hall.speak()));
}

#[divan::bench(args = [Form::Plain, Form::Stamped])]
fn seal(bencher: Bencher<'_, '_>, form: Form) {
    let memory = Memory::new(usize::MAX);
    let name = Arc::new(name(PeerId(SPEAKER)));
    let said = |count| {
        let mut texts = Texts::default();
        texts.push(PAYLOAD);
        Arc::new(Said {
            name: Arc::clone(&name),
            first: Seq {
                generation: u64::MAX,
                count,
            },
            time: Time::from_unix_ms(1_795_651_722_123),
            own: None,
            texts,
        })
    };
    bencher
        .counter(ItemsCount::new(FRAMES))
        .with_inputs(|| {
            let mut draft = Draft::default();
            for count in 0..FRAMES {
                draft.said(PeerId(SPEAKER), said(count as u64), memory.hold(0));
            }
            draft
        })
        .bench_local_values(|draft| draft.seal(iter::once(form).collect(), &memory));
}

/// A running hub and its members.
struct Hall {
    inbox: flume::Sender<Mail>,
    members: usize,
    /// One message from each member that has got everything that was due.
    complete: flume::Receiver<()>,
}

impl Hall {
    async fn open(members: usize) -> Self {
        let (inbox, mail) = flume::bounded(hub::INBOX);
        let (report, complete) = flume::unbounded();
        let unlimited = Memory::new(usize::MAX);
        task::spawn(hub::run(
            mail,
            Arc::clone(&unlimited),
            unlimited,
            Settings::default(),
        ));
        let from = Origin::alone(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 1));
        for number in 0..=members {
            let peer = PeerId(number as u64);
            let (outbox, pending) = outbox(peer, usize::MAX, None);
            let join = Event::Join {
                peer,
                name: name(peer).into_owned(),
                offered: Offered::NotYet,
            };
            send(
                &inbox,
                vec![
                    Event::Connected {
                        peer,
                        outbox,
                        from: from.clone(),
                        guest: Guest::default(),
                    },
                    join,
                ],
            )
            .await;
            let joins = (members - number) * encoded(&Frame::join(name(peer))).len();
            task::spawn(member(pending, joins, report.clone()));
        }
        let hall = Self {
            inbox,
            members,
            complete,
        };
        hall.hear_from(members + 1).await;
        hall
    }

    async fn speak(&self) {
        let peer = PeerId(SPEAKER);
        let memory = Memory::new(usize::MAX);
        for _ in 0..FRAMES {
            let name = name(peer).into_owned();
            let mut texts = Texts::default();
            texts.push(PAYLOAD);
            let event = Event::Said {
                peer,
                name,
                own: None,
                texts,
                held: memory.hold(0),
            };
            send(&self.inbox, vec![event]).await;
        }
        self.hear_from(self.members).await;
    }

    async fn hear_from(&self, members: usize) {
        for _ in 0..members {
            let heard = self.complete.recv_async().await;
            assert!(heard.is_ok(), "the members are gone");
        }
    }
}

async fn send(inbox: &flume::Sender<Mail>, mail: Mail) {
    let sent = inbox.send_async(mail).await;
    assert!(sent.is_ok(), "the hub is gone");
}

/// Takes what comes. Reports when it has the `due` bytes of the JOINs, and then after each iteration.
async fn member(mut pending: Pending, mut due: usize, report: flume::Sender<()>) {
    loop {
        if due == 0 {
            if report.send(()).is_err() {
                return;
            }
            due = FRAMES * text().len();
        }
        if pending.is_written() && !pending.fill().await {
            return;
        }
        let mut slices = [IoSlice::new(&[]); 64];
        let used = pending.slices(&mut slices);
        let bytes = slices[..used].iter().map(|slice| slice.len()).sum();
        assert!(bytes <= due, "{bytes} bytes came and {due} were due");
        due -= bytes;
        pending.advance(bytes);
    }
}

fn name(peer: PeerId) -> Username<'static> {
    let name = format!("m{:05}", peer.0);
    match Username::new(&name, name.len()) {
        Ok(name) => name.into_owned(),
        Err(why) => unreachable!("{name} is a name: {why}"),
    }
}

/// What the speaker sends each time.
const PAYLOAD: Payload<'_> = match Payload::new(&[b'x'; 64]) {
    Some(payload) => payload,
    None => unreachable!(),
};

fn text() -> Vec<u8> {
    encoded(&Frame::text(name(PeerId(SPEAKER)), PAYLOAD))
}

fn encoded(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    bytes
}
