//! How an idle member's memory is divided: many of each part are made in this process, and its growth is measured.
//!
//! Only what a part holds on the heap counts; the part itself lies in the member's task or in a row of the hub. All
//! parts are kept until the last one is measured, so that none is made of memory that another one freed.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process;

use async_io::Async;
use hubbub_server::id::PeerId;
use hubbub_server::outbox::outbox;
use hubbub_server::room::Room;
use hubbub_server::said::Seq;
use hubbub_testing::{kernel_bytes, name_of, resident_bytes};
use hubbub_wire::{Decoder, Limits, Username};

/// How many of each are made, as far as the limit on open files allows.
const MANY: usize = 10_000;

/// The average size of each part, in bytes.
pub(crate) struct Parts {
    queue: f64,
    room: f64,
    reactor: f64,
    kernel: f64,
}

impl Parts {
    /// Measures with this many descriptors at most.
    pub(crate) fn measure(descriptors: usize) -> io::Result<Self> {
        let peer = |number| PeerId(number as u64);
        let (queue, _queues) = growth(MANY, |number| Ok(outbox(peer(number), usize::MAX, None)))?;
        let mut members = Room::default();
        let (room, _names) = growth(MANY, |number| {
            let name = Username::new(name_of(number), Limits::DEFAULT.max_name)
                .map_err(io::Error::other)?
                .into_owned();
            let joined = members.join(
                peer(number),
                name,
                Seq {
                    generation: 0,
                    count: 0,
                },
            );
            joined.map_err(|why| io::Error::other(format!("{why:?}")))
        })?;
        // The first socket starts the reactor.
        let _first = Async::new(TcpListener::bind("127.0.0.1:0")?)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let pairs = MANY.min(descriptors / 2);
        let before = kernel_bytes();
        let (reactor, _pairs) = growth(pairs, |_| {
            let outer = TcpStream::connect(address)?;
            let (inner, _) = listener.accept()?;
            Ok((outer, Async::new(inner)?))
        })?;
        // Only one end of each pair would be the server's; both cost nearly the same.
        let kernel = kernel_bytes().saturating_sub(before) as f64 / (2 * pairs) as f64;
        Ok(Self {
            queue,
            room,
            reactor,
            kernel,
        })
    }

    /// Prints the parts of a member that costs `total` bytes.
    pub(crate) fn print(&self, total: f64) {
        let decoder = size_of::<Decoder>() as f64;
        let rest = total - decoder - self.queue - self.room - self.reactor;
        println!("\n| part of an idle member | bytes |\n|:--|--:|");
        for (part, bytes) in [
            ("its place in the reactor", self.reactor),
            ("its queue", self.queue),
            ("its name and its rows in the room", self.room),
            ("its decoder, in its task", decoder),
            ("the rest of its task, and its row in the hub", rest),
            ("total", total),
            ("not included: its socket in the kernel", self.kernel),
        ] {
            println!("| {part} | {bytes:.0} |");
        }
    }
}

/// Makes `count` parts. Returns by how many bytes this process grew for each, and all of them.
fn growth<T>(
    count: usize,
    mut make: impl FnMut(usize) -> io::Result<T>,
) -> io::Result<(f64, Vec<Option<T>>)> {
    // The space for the values is allocated and written to before, so that only what they hold is counted.
    let mut made: Vec<Option<T>> = (0..count).map(|_| None).collect();
    let before = resident_bytes(process::id());
    for (number, place) in made.iter_mut().enumerate() {
        *place = Some(make(number)?);
    }
    let grown = resident_bytes(process::id()).saturating_sub(before);
    Ok((grown as f64 / count as f64, made))
}
