//! An HTTP request, head by head, with nothing that a test has not asked for.

use std::fmt::Display;

/// Keys of a handshake, each with what the server must make of it. The first pair is that of RFC 6455, 1.3.
pub const KEYS: [(&str, &str); 2] = [
    ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ("AAECAwQFBgcICQoLDA0ODw==", "Bz3qJYTGdOe8gUSpLosEdiLKDrk="),
];

/// The head of a request.
#[derive(Clone, Debug)]
pub struct Request {
    line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// With this method and target, and without any header.
    pub fn of(method: &str, target: &str) -> Self {
        Self {
            line: format!("{method} {target} HTTP/1.1"),
            headers: Vec::new(),
        }
    }

    /// A GET of this target.
    pub fn get(target: &str, host: impl Display) -> Self {
        Self::of("GET", target).with("Host", host)
    }

    /// What a browser asks for a WebSocket to the room, from a page of this origin.
    pub fn upgrade(host: impl Display, origin: impl Display) -> Self {
        Self::get("/room", host)
            .with("Connection", "Upgrade")
            .with("Pragma", "no-cache")
            .with("Cache-Control", "no-cache")
            .with("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
            .with("Upgrade", "websocket")
            .with("Origin", origin)
            .with("Sec-WebSocket-Version", "13")
            .with("Accept-Encoding", "gzip, deflate, br, zstd")
            .with("Sec-WebSocket-Key", KEYS[0].0)
            .with(
                "Sec-WebSocket-Extensions",
                "permessage-deflate; client_max_window_bits",
            )
    }

    /// With this first line instead, whatever it says.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        line.clone_into(&mut self.line);
        self
    }

    /// With this header: in the place of the one of this name, or at the end.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        match self.headers.iter_mut().find(|(other, _)| other == name) {
            Some(header) => header.1 = value,
            None => self.headers.push((name.to_owned(), value)),
        }
        self
    }

    /// With one more header, whatever is there already.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Without the headers of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Whether no more than the head of an answer is wanted.
    pub(crate) fn is_head(&self) -> bool {
        self.line.starts_with("HEAD ")
    }

    /// As it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        self.lines("\r\n")
    }

    /// The same with other line ends.
    pub fn lines(&self, end: &str) -> Vec<u8> {
        let mut head = format!("{}{end}", self.line);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, end]);
        }
        head.push_str(end);
        head.into_bytes()
    }
}
