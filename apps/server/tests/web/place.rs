//! What the tests of this directory share: a page on the disk, rooms that show it, and what they answer.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hubbub_server::Settings;
use hubbub_server::web::{HostName, Hosts, Web};
use hubbub_testing::{Peer, Room};

/// What is in the index of the page.
pub(super) const INDEX: &str = "<!doctype html><title>Hubbub</title>";

/// The page in a directory of its own, which is removed in the end.
pub(super) struct Page(PathBuf);

impl Page {
    pub(super) fn new() -> Self {
        let page = Self(env::temp_dir().join(format!("hubbub-web-{:016x}", fastrand::u64(..))));
        page.has("index.html", INDEX);
        page.has("app-1/boot.js", "start()");
        page.has("app-1/boot.js.gz", "gz of it");
        page
    }

    /// Writes a file into it.
    pub(super) fn has(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0
    }

    /// As an argument of the program.
    pub(super) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Settings with the page, for a room that is known as `chat.example.org`.
pub(super) fn with_page() -> Settings {
    let mut web = Web::read(Page::new().dir()).unwrap();
    web.hosts = Hosts::new(vec![HostName::parse("chat.example.org").unwrap()]).into();
    Settings {
        web: Some(web),
        ..Settings::default()
    }
}

/// A room with the page.
pub(super) fn room() -> Room {
    Room::unwatched_with(with_page())
}

/// What the room says to this request, to its end.
#[track_caller]
pub(super) fn asked(address: SocketAddr, request: &str) -> String {
    let mut peer = Peer::connect(address);
    peer.send(request);
    String::from_utf8(peer.expect_gone()).unwrap()
}

/// A request for this with the right host.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// The value of a header of an answer.
pub(super) fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let front = format!("{name}: ");
    answer.lines().find_map(|line| line.strip_prefix(&front))
}

/// The status of an answer.
#[track_caller]
pub(super) fn status(answer: &str) -> &str {
    let line = answer.strip_prefix("HTTP/1.1 ");
    &line.unwrap_or_else(|| panic!("no answer: {answer}"))[..3]
}
