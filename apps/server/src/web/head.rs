//! The head of a request: what is read of it, and its bounds. Whoever sends something that two readers could understand
//! in two ways is refused. Pure: bytes in, a request out.

use httparse::{EMPTY_HEADER, Error, Header, Status as Parsed};

use super::answer::Status;

/// The longest head of a request, in bytes. A browser sends less than 2,000, and besides that all cookies of other
/// programs under the same name.
pub(crate) const MOST_BYTES: usize = 16 * 1024;

/// The most headers of a request. A browser sends about twenty, and a proxy some more.
pub(crate) const MOST_HEADERS: usize = 64;

/// What whoever asks can do with an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reader {
    /// Whether it wants no more than the head of the answer.
    pub(crate) is_head: bool,
    /// Whether it shows an answer in HTML to a person.
    pub(crate) shows_html: bool,
}

impl Reader {
    /// Who sends a request with this head, which may be cut short at both ends or wrong.
    pub(crate) fn of(head: &[u8]) -> Self {
        let lines = head
            .split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii_end);
        let shows_html = lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| str::from_utf8(line).ok()?.split_once(':'))
            .any(|(name, value)| name.eq_ignore_ascii_case("accept") && takes(value, "text/html"));
        Self {
            is_head: head.starts_with(b"HEAD "),
            shows_html,
        }
    }
}

/// What a browser asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) reader: Reader,
    /// What it asks for, with a slash in front, as it was sent.
    pub(crate) target: String,
    /// Under which name it asks.
    pub(crate) host: String,
    /// Which page asks, if a page does.
    pub(crate) origin: Option<String>,
    /// The forms of a file that it reads.
    pub(crate) accept_encoding: String,
    /// The tags of the files that it has.
    pub(crate) if_none_match: String,
    /// For whom a proxy comes, and through which others, the nearest last.
    pub(crate) forwarded_for: String,
    /// Whether it wants a web socket in place of an answer.
    pub(crate) wants_socket: bool,
    /// The version of it.
    pub(crate) socket_version: String,
    /// What the answer to that is made of.
    pub(crate) socket_key: String,
}

/// Reads the head of a request, of which the bytes before `seen` were not all of it. Returns the same as [`read`],
/// without the work for bytes that cannot end it.
pub(crate) fn read_further(bytes: &[u8], seen: usize) -> Result<Option<(Request, usize)>, Status> {
    let tail = &bytes[seen.saturating_sub(2)..];
    let may_end =
        tail.windows(2).any(|end| end == b"\n\n") || tail.windows(3).any(|end| end == b"\n\r\n");
    if may_end || bytes.len() >= MOST_BYTES {
        read(bytes)
    } else {
        Ok(None)
    }
}

/// Reads the head of a request. Returns it with its length in bytes. `None`: it is not all here.
///
/// # Errors
///
/// It is answered with this status.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Request, usize)>, Status> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let len = match parsed.parse(bytes) {
        Ok(Parsed::Complete(len)) => len,
        Ok(Parsed::Partial) if bytes.len() >= MOST_BYTES => return Err(Status::TooLarge),
        Ok(Parsed::Partial) => return Ok(None),
        Err(Error::TooManyHeaders) => return Err(Status::TooLarge),
        Err(_) => return Err(Status::BadRequest),
    };
    let (Some(method), Some(target)) = (parsed.method, parsed.path) else {
        return Err(Status::BadRequest);
    };
    if len > MOST_BYTES {
        return Err(Status::TooLarge);
    }
    if has_bare_line_end(&bytes[..len]) || !target.starts_with('/') {
        return Err(Status::BadRequest);
    }
    if !matches!(method, "GET" | "HEAD") {
        return Err(Status::NotAllowed);
    }
    let fields = Fields(parsed.headers);
    if fields.has_body()? {
        return Err(Status::BadRequest);
    }
    let request = Request {
        reader: Reader::of(&bytes[..len]),
        target: target.to_owned(),
        host: fields.one("host")?.ok_or(Status::BadRequest)?,
        origin: fields.one("origin")?,
        accept_encoding: fields.all("accept-encoding")?,
        if_none_match: fields.all("if-none-match")?,
        forwarded_for: fields.all("x-forwarded-for")?,
        // HTTP/1.0 knows no other protocol.
        wants_socket: parsed.version == Some(1)
            && list(&fields.all("connection")?).any(|word| word.eq_ignore_ascii_case("upgrade"))
            && list(&fields.all("upgrade")?).any(|word| word.eq_ignore_ascii_case("websocket")),
        socket_version: fields.one("sec-websocket-version")?.unwrap_or_default(),
        socket_key: fields.one("sec-websocket-key")?.unwrap_or_default(),
    };
    Ok(Some((request, len)))
}

/// The words of a list with commas.
pub(crate) fn list(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

/// Whether a list with commas names this, and does not weigh it with nothing.
pub(crate) fn takes(said: &str, wanted: &str) -> bool {
    list(said).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(wanted));
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map(str::parse::<f32>);
        is_named && weight.is_none_or(|weight| weight.is_ok_and(|weight| weight > 0.0))
    })
}

/// Some readers take a line end of one character for one, and others do not.
fn has_bare_line_end(head: &[u8]) -> bool {
    let mut before = 0;
    for &byte in head {
        if (byte == b'\n') != (before == b'\r') {
            return true;
        }
        before = byte;
    }
    false
}

struct Fields<'a>(&'a [Header<'a>]);

impl Fields<'_> {
    fn values(&self, name: &str) -> impl Iterator<Item = Result<&str, Status>> {
        let named = self
            .0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| {
            str::from_utf8(header.value)
                .map(str::trim)
                .map_err(|_| Status::BadRequest)
        })
    }

    /// What stands in a header of which there must not be two.
    fn one(&self, name: &str) -> Result<Option<String>, Status> {
        let mut values = self.values(name);
        let first = values.next().transpose()?.map(str::to_owned);
        if values.next().is_some() {
            return Err(Status::BadRequest);
        }
        Ok(first)
    }

    /// What stands in all headers of a name, with commas between them.
    fn all(&self, name: &str) -> Result<String, Status> {
        let values: Result<Vec<&str>, Status> = self.values(name).collect();
        Ok(values?.join(","))
    }

    /// Nobody who only asks sends one, and it would be read as what comes after the request.
    fn has_body(&self) -> Result<bool, Status> {
        let len = self.one("content-length")?;
        Ok(len.is_some_and(|len| len != "0") || self.one("transfer-encoding")?.is_some())
    }
}

#[cfg(test)]
mod tests;
