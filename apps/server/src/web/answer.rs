//! What a request gets: a file, a web socket, or a word why not. Pure: a request in, the bytes of an answer out. Every
//! answer is the last thing that its connection says, so that nothing can come behind a request but its end.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::SocketAddr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha1::{Digest, Sha1};

use super::Web;
use super::head::{Reader, Request, list, takes};
use super::hosts::Place;
use super::refusal;
use super::site::File;

/// Where a page enters the room.
const ROOM: &str = "/room";

/// The only version of web sockets that there is (RFC 6455, 4.1).
const SOCKET_VERSION: &str = "13";

/// What is added to a key, so that only somebody who knows web sockets answers it (RFC 6455, 1.3).
const SOCKET_KEY_END: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The length of a key, in bytes.
const SOCKET_KEY_BYTES: usize = 16;

/// The port of HTTP where an address names none.
const HTTP_PORT: u16 = 80;

/// What the page may do, which is what it needs: nothing comes from elsewhere, nothing of it is put together out of
/// texts, and nobody shows it within a page of theirs. Where the room has nodes, it connects to them as well.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; \
                      img-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The status of a request that a web socket follows, which the metrics count with the others.
pub(crate) const SOCKET: &str = "101";

/// How long a file that never changes may be kept.
const LASTING: &str = "public, max-age=31536000, immutable";

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    NotModified,
    Elsewhere,
    BadRequest,
    Forbidden,
    NotFound,
    NotAllowed,
    TooLate,
    OtherHost,
    WantsSocket,
    TooLarge,
    Unavailable,
}

impl Status {
    /// All of them.
    pub(crate) const ALL: [Self; 12] = [
        Self::Ok,
        Self::NotModified,
        Self::Elsewhere,
        Self::BadRequest,
        Self::Forbidden,
        Self::NotFound,
        Self::NotAllowed,
        Self::TooLate,
        Self::OtherHost,
        Self::WantsSocket,
        Self::TooLarge,
        Self::Unavailable,
    ];

    /// Its number, as the metrics show it.
    pub(crate) const fn number(self) -> &'static str {
        self.line().split_at(3).0
    }

    const fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::NotModified => "304 Not Modified",
            Self::Elsewhere => "308 Permanent Redirect",
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::NotAllowed => "405 Method Not Allowed",
            Self::TooLate => "408 Request Timeout",
            Self::OtherHost => "421 Misdirected Request",
            Self::WantsSocket => "426 Upgrade Required",
            Self::TooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable => "503 Service Unavailable",
        }
    }

    /// What a person reads, where there is nothing more to say.
    const fn text(self) -> &'static str {
        match self {
            Self::Ok | Self::NotModified => "",
            Self::Elsewhere => "this room wants TLS: its address begins with https",
            Self::BadRequest => "that is no request that this room understands",
            Self::Forbidden => "no",
            Self::NotFound => "there is no such page in this room; the room itself is at /",
            Self::NotAllowed => "this room answers GET and HEAD, and nothing else",
            Self::TooLate => "the request took too long to arrive; try again",
            Self::OtherHost => "this room has another name",
            Self::WantsSocket => {
                "here pages enter the room, by a web socket of version 13; to see the room, open /"
            }
            Self::TooLarge => {
                "the head of the request has more than 16 KiB or 64 headers, perhaps because of cookies; delete those of this site"
            }
            Self::Unavailable => "there is no place now; try again later",
        }
    }

    /// What has to be in the head of such an answer.
    const fn fields(self) -> &'static str {
        match self {
            Self::NotAllowed => "Allow: GET, HEAD\r\n",
            Self::WantsSocket => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            Self::Unavailable => "Retry-After: 10\r\n",
            _ => "",
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    pub(crate) status: Status,
    /// What it tells a person, if it is no file.
    words: Option<String>,
    kind: &'static str,
    /// What whoever shows it may do with it.
    policy: &'a str,
    /// More lines of the head.
    fields: String,
    body: Cow<'a, [u8]>,
    /// Whether only its head is wanted.
    is_head: bool,
}

impl<'a> Reply<'a> {
    /// One that says no more than this.
    pub(crate) fn of(status: Status) -> Self {
        Self::saying(status, status.text())
    }

    /// One that tells a person this.
    pub(crate) fn saying(status: Status, text: &str) -> Self {
        Self {
            status,
            words: Some(text.to_owned()),
            kind: "text/plain; charset=utf-8",
            policy: POLICY,
            fields: status.fields().to_owned() + "Cache-Control: no-store\r\n",
            body: format!("{text}\n").into_bytes().into(),
            is_head: false,
        }
    }

    /// The same as it is sent to this reader: for a browser that shows it to a person, words are a small page.
    pub(crate) fn to(mut self, reader: Reader) -> Self {
        self.is_head = reader.is_head;
        if let Some(words) = self.words.take_if(|_| reader.shows_html) {
            self.kind = refusal::KIND;
            self.policy = refusal::POLICY;
            self.body = refusal::page(&words).into_bytes().into();
        }
        self
    }

    /// A file, or the word that the browser has it already.
    fn file(file: &'a File, policy: &'a str, request: &Request) -> Self {
        let (form, bytes) = file.for_browser(|form| takes(&request.accept_encoding, form));
        let mut tag = format!("\"{}", file.tag);
        let mut fields = String::from("Vary: Accept-Encoding\r\n");
        if let Some(form) = form {
            // Writing to a string does not fail, here and below.
            let _ = write!(tag, "-{form}");
            let _ = write!(fields, "Content-Encoding: {form}\r\n");
        }
        tag.push('"');
        let keeping = if file.is_lasting { LASTING } else { "no-cache" };
        let _ = write!(fields, "ETag: {tag}\r\nCache-Control: {keeping}\r\n");
        let is_known = list(&request.if_none_match)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
        let (status, body) = if is_known {
            (Status::NotModified, &[][..])
        } else {
            (Status::Ok, bytes)
        };
        Self {
            status,
            words: None,
            kind: file.kind,
            policy,
            fields,
            body: body.into(),
            is_head: false,
        }
    }

    /// The head, with its empty line.
    pub(crate) fn head(&self) -> Vec<u8> {
        let Self {
            status,
            kind,
            policy,
            fields,
            body,
            ..
        } = self;
        // What a browser has already is described no further.
        let content = match status {
            Status::NotModified => String::new(),
            _ => format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len()),
        };
        let connection = match status {
            // Who names an upgrade names it here as well (RFC 9110, 7.8).
            Status::WantsSocket => "upgrade, close",
            _ => "close",
        };
        format!(
            "HTTP/1.1 {}\r\n{content}{fields}Content-Security-Policy: {policy}\r\nX-Content-Type-Options: nosniff\r\n\
             Referrer-Policy: no-referrer\r\nConnection: {connection}\r\n\r\n",
            status.line()
        )
        .into_bytes()
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&self.head(), self.body()].concat()
    }

    /// What comes after the head.
    pub(crate) fn body(&self) -> &[u8] {
        if self.is_head { &[] } else { &self.body }
    }
}

/// What is known of the connection that a request came by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    /// Where it is on our side.
    pub(crate) local: SocketAddr,
    /// Whether it has TLS.
    pub(crate) is_encrypted: bool,
    /// Whether everybody has to have it.
    pub(crate) wants_tls: bool,
}

/// What a request gets.
#[derive(Debug)]
pub(crate) enum Outcome<'a> {
    /// This, and the end.
    Reply(Reply<'a>),
    /// A web socket, which begins with these bytes.
    Socket(Vec<u8>),
}

/// What a request gets of this room.
pub(crate) fn answer<'a>(request: &Request, web: &'a Web, around: Around) -> Outcome<'a> {
    match granted(request, web, around) {
        Ok(socket) => Outcome::Socket(socket),
        Err(reply) => Outcome::Reply(reply.to(request.reader)),
    }
}

/// The beginning of a web socket.
///
/// # Errors
///
/// There is none. This is said in its place.
fn granted<'a>(request: &Request, web: &'a Web, around: Around) -> Result<Vec<u8>, Reply<'a>> {
    let place = Place::read(&request.host).ok_or_else(|| Reply::of(Status::BadRequest))?;
    if !web.hosts.allow(place.host(), around.local.ip()) {
        let host = place.host();
        let text = format!(
            "this room is not known as {host}; whoever runs it can say that it is, by --web-host {host}"
        );
        return Err(Reply::saying(Status::OtherHost, &text));
    }
    if around.wants_tls && !around.is_encrypted {
        let mut reply = Reply::of(Status::Elsewhere);
        let location = secure(&place);
        let _ = write!(
            reply.fields,
            "Location: https://{location}{}\r\n",
            request.target
        );
        return Err(reply);
    }
    let path = request.target.split('?').next().unwrap_or_default();
    if path == ROOM {
        return socket(request, web, &place, around.is_encrypted);
    }
    let file = web
        .site
        .file(path)
        .ok_or_else(|| Reply::of(Status::NotFound))?;
    Err(Reply::file(file, &web.policy, request))
}

/// Where a place is with TLS. The port is the one that the browser came by, also where that is the one that HTTP does
/// not name: whatever leads from there to us does so with TLS as well.
fn secure(place: &Place) -> String {
    if place.has_port() {
        place.to_string()
    } else {
        format!("{place}:{HTTP_PORT}")
    }
}

fn socket<'a>(
    request: &Request,
    web: &Web,
    place: &Place,
    is_encrypted: bool,
) -> Result<Vec<u8>, Reply<'a>> {
    let origin = request.origin.as_deref().unwrap_or_default();
    if !place.is_of(origin, is_encrypted) && !web.nodes.admit(origin, is_encrypted) {
        let text = if origin.is_empty() {
            "only pages enter the room here, and it was no page that asked".to_owned()
        } else {
            format!(
                "a page of another place may not enter this room, which is {place} here; a proxy has to pass on the Host \
                 that it was asked for"
            )
        };
        return Err(Reply::saying(Status::Forbidden, &text));
    }
    if request.reader.is_head || !request.wants_socket || request.socket_version != SOCKET_VERSION {
        return Err(Reply::of(Status::WantsSocket));
    }
    let key = &request.socket_key;
    let is_key = BASE64_STANDARD
        .decode(key)
        .is_ok_and(|bytes| bytes.len() == SOCKET_KEY_BYTES);
    if !is_key {
        return Err(Reply::of(Status::BadRequest));
    }
    let accept = accept(key);
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    Ok(head.into_bytes())
}

/// The answer to the key of a web socket.
fn accept(key: &str) -> String {
    let hash = Sha1::new().chain_update(key).chain_update(SOCKET_KEY_END);
    BASE64_STANDARD.encode(hash.finalize())
}

#[cfg(test)]
mod tests;
