//! The program with `--metrics`, its room without a watcher, and what its page says.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, Peer, Program, Room, join, port_in, until};

use crate::page::Page;

/// A program whose metrics are read.
pub(crate) struct Watched {
    _program: Program,
    pub(crate) metrics: SocketAddr,
    pub(crate) room: Room,
}

impl Watched {
    /// The program with these options besides.
    #[track_caller]
    pub(crate) fn with(options: &[&str]) -> Self {
        Self::of(Program::with(&[&["--metrics", "0"], options].concat(), &[]))
    }

    /// A program that has just been started.
    #[track_caller]
    pub(crate) fn of(mut program: Program) -> Self {
        let port = port_in(&program.line_with("metrics are on"));
        let room = Room::unwatched_at(program.address());
        Self {
            _program: program,
            metrics: SocketAddr::from(([127, 0, 0, 1], port)),
            room,
        }
    }

    /// The answer to these bytes, head and body.
    #[track_caller]
    pub(crate) fn answer(&self, request: impl AsRef<[u8]>) -> (String, String) {
        let mut peer = Peer::connect(self.metrics);
        peer.send(request);
        let reply = String::from_utf8(peer.rest()).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// The answer to a GET.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (String, String) {
        self.answer(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    /// The page, after the hub has done all that it had to do.
    #[track_caller]
    pub(crate) fn page(&self) -> Page {
        // On a busy machine the hub may take longer than the answer waits for it.
        until("the hub is well", || {
            self.get("/healthz").0.starts_with("HTTP/1.1 200 OK\r\n")
        });
        let (head, body) = self.get("/metrics");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        Page::read(&body)
    }

    /// Waits until the page is as it should be.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut is_so: impl FnMut(&Page) -> bool) -> Page {
        let until = Instant::now() + DEADLINE;
        loop {
            let page = self.page();
            if is_so(&page) {
                return page;
            }
            assert!(Instant::now() < until, "not in time: {what}\n{page:#?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the counters of ours have moved since the page `before` by exactly this and no other has moved at
    /// all. Returns the page.
    #[track_caller]
    pub(crate) fn moves(&self, before: &Page, wanted: &[(&str, usize)]) -> Page {
        let wanted = wanted
            .iter()
            .map(|&(name, by)| (name.to_owned(), by as f64));
        let wanted = wanted.filter(|(_, by)| *by > 0.0).collect();
        let until = Instant::now() + DEADLINE;
        loop {
            let page = self.page();
            let moves = page.moves_since(before);
            if moves == wanted {
                return page;
            }
            assert!(
                Instant::now() < until,
                "wanted {wanted:#?}\n   got {moves:#?}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Members that joined one after another and have read each other's JOINs.
    #[track_caller]
    pub(crate) fn members<const N: usize>(&self, names: [&str; N]) -> [Peer; N] {
        let mut members: Vec<Peer> = Vec::new();
        for name in names {
            let before = self.page().value("hubbub_members");
            let mut newcomer = self.room.connect();
            newcomer.send(join(name));
            self.until("the member is in", |page| {
                page.value("hubbub_members") == before + 1.0
            });
            for earlier in &mut members {
                earlier.expect(join(name));
            }
            members.push(newcomer);
        }
        members.try_into().ok().unwrap()
    }
}
