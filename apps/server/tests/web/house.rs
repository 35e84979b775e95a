//! A server with a page, in its own process, and what must be true of every answer of it.

use std::fs;
use std::net::{IpAddr, SocketAddr};

use hubbub_testing::tls::Directory;
use hubbub_testing::web::{Answer, Request};
use hubbub_testing::{Peer, Program, Room, is_from, join, leave, shown};

/// What stands beside the page, where no visitor may come.
pub(crate) const BESIDE: &str = "stands beside the page";

/// The page.
pub(crate) const INDEX: &str =
    "<!doctype html><title>A room</title><script src=app-0123/boot.js></script>";

/// What the page runs, which never changes.
pub(crate) const SCRIPT: &str = "console.log('in a room');";

/// What such a script is when it is squeezed. Nobody looks into it.
pub(crate) const SQUEEZED: [(&str, &str); 2] = [("br", "squeezed by brotli"), ("gz", "by gzip")];

/// A server that serves a page, and its room.
pub(crate) struct House {
    pub(crate) program: Program,
    pub(crate) room: Room,
    pub(crate) directory: Directory,
}

/// A directory with a page, and something beside it.
pub(crate) fn page() -> Directory {
    let directory = Directory::new();
    let write = |name: &str, text: &str| fs::write(directory.of(name), text).unwrap();
    write("beside.html", BESIDE);
    fs::create_dir_all(directory.of("page/app-0123")).unwrap();
    write("page/index.html", INDEX);
    write("page/manifest.webmanifest", "{}");
    write("page/app-0123/boot.js", SCRIPT);
    for (end, text) in SQUEEZED {
        write(&format!("page/app-0123/boot.js.{end}"), text);
    }
    directory
}

impl House {
    /// A room for everybody.
    pub(crate) fn open(options: &[&str]) -> Self {
        Self::begin(options, "127.0.0.1", Room::at)
    }

    /// The same, at this address. Nobody watches the room.
    pub(crate) fn at(address: &str, options: &[&str]) -> Self {
        Self::begin(options, address, Room::unwatched_at)
    }

    /// A room that wants TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn private(options: &[&str]) -> Self {
        Self::begin(
            &[&["--tls"], options].concat(),
            "127.0.0.1",
            Room::secure_at,
        )
    }

    /// The same, and nobody watches it.
    #[cfg(feature = "tls")]
    pub(crate) fn private_and_unwatched(options: &[&str]) -> Self {
        Self::begin(&[&["--tls"], options].concat(), "127.0.0.1", |address| {
            Room::unwatched_at(address).with_tls()
        })
    }

    fn begin(options: &[&str], address: &str, room: impl Fn(SocketAddr) -> Room) -> Self {
        let directory = page();
        let (page, state) = (directory.of("page"), directory.of("state"));
        let mut all = vec!["--port", "0", "--listen", address, "--web", &page];
        if options.contains(&"--tls") {
            all.extend(["--state", &state]);
        }
        all.extend(options);
        let mut program = Program::start(&all);
        let ip: IpAddr = address.parse().unwrap();
        let room = room((ip, program.port()).into());
        Self {
            program,
            room,
            directory,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.room.address()
    }

    /// A request for this target, with the right host.
    pub(crate) fn get(&self, target: &str) -> Request {
        Request::get(target, self.address())
    }

    /// A request for a WebSocket as the page makes it.
    pub(crate) fn upgrade(&self) -> Request {
        self.room.browser().upgrade_request()
    }

    /// The whole answer, after which the server ends the connection.
    #[track_caller]
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        self.room.browser().ask(request)
    }

    /// The whole answer to bytes that need not be a request. There is one at most.
    #[track_caller]
    pub(crate) fn answer_to(&self, bytes: impl AsRef<[u8]>) -> Option<Answer> {
        let mut browser = self.room.browser();
        browser.send(bytes);
        self.only_answer(&mut browser)
    }

    /// What a browser is still told, which is one answer at most.
    #[track_caller]
    pub(crate) fn only_answer(&self, browser: &mut Peer) -> Option<Answer> {
        let told = browser.expect_gone();
        (!told.is_empty()).then(|| Answer::of(&told))
    }

    /// The code of the answer.
    #[track_caller]
    pub(crate) fn status(&self, request: &Request) -> u16 {
        self.ask(request).status
    }

    /// Nothing of this name was heard in the room before somebody who comes now.
    #[track_caller]
    pub(crate) fn assert_unheard(&self, name: &str) {
        let mut honest = self.room.connect();
        honest.send([join("honest"), leave("honest")].concat());
        loop {
            let frame = self.room.next_heard();
            assert!(!is_from(&frame, name), "heard: {}", shown(&frame));
            if frame == leave("honest") {
                return;
            }
        }
    }
}
