//! As much of HTTP/1.1 as it takes to be read by Prometheus, a browser, `curl` or a load balancer: GET and HEAD of two
//! paths, and one answer a connection. Plain: bytes in, bytes out.

/// The longest head of a request, in bytes. Prometheus sends about 300, a browser less than 2,000.
pub(super) const MAX_HEAD: usize = 4096;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Metrics,
    Health,
}

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    BadRequest,
    NotFound,
    NotAllowed,
    Unavailable,
}

impl Status {
    const fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::NotAllowed => "405 Method Not Allowed",
            Self::Unavailable => "503 Service Unavailable",
        }
    }

    /// What a person reads.
    const fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok\n",
            Self::BadRequest => {
                "that is no request of HTTP/1.1 with a head of 4096 bytes at most\n"
            }
            Self::NotFound => "there are /metrics and /healthz\n",
            Self::NotAllowed => "only GET and HEAD are answered\n",
            Self::Unavailable => "the room does not answer\n",
        }
    }
}

/// What ends a head.
pub(super) const END: &[u8] = b"\r\n\r\n";

/// Whether the end of the head is in here.
pub(super) fn has_end(head: &[u8]) -> bool {
    head.windows(END.len()).any(|end| end == END)
}

/// Reads the head of a request. Returns what it asks for, and whether it wants the body too.
///
/// # Errors
///
/// It is answered with this status.
pub(super) fn read(head: &[u8]) -> Result<(Asked, bool), Status> {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = str::from_utf8(line).map_err(|_| Status::BadRequest)?;
    let parts: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = parts[..] else {
        return Err(Status::BadRequest);
    };
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_http = matches!(version, "HTTP/1.0" | "HTTP/1.1");
    if !is_method || !is_http || !target.starts_with('/') {
        return Err(Status::BadRequest);
    }
    let path = target.split('?').next().unwrap_or_default();
    let asked = match path {
        "/metrics" => Asked::Metrics,
        "/healthz" => Asked::Health,
        _ => return Err(Status::NotFound),
    };
    match method {
        "GET" => Ok((asked, true)),
        "HEAD" => Ok((asked, false)),
        _ => Err(Status::NotAllowed),
    }
}

/// An answer.
pub(super) struct Reply {
    status: Status,
    kind: &'static str,
    body: String,
    has_body: bool,
}

impl Reply {
    /// One that says no more than this.
    pub(super) fn of(status: Status) -> Self {
        Self {
            status,
            kind: "text/plain; charset=utf-8",
            body: status.text().to_owned(),
            has_body: true,
        }
    }

    /// The metrics.
    pub(super) const fn page(body: String) -> Self {
        Self {
            status: Status::Ok,
            kind: "text/plain; version=0.0.4; charset=utf-8",
            body,
            has_body: true,
        }
    }

    /// The same for who wants to know only what it would be.
    pub(super) const fn without_body(mut self) -> Self {
        self.has_body = false;
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let Self {
            status, kind, body, ..
        } = self;
        let allowed = match status {
            Status::NotAllowed => "Allow: GET, HEAD\r\n",
            _ => "",
        };
        let body_shown = if self.has_body { body } else { "" };
        format!(
            "HTTP/1.1 {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{allowed}Connection: close\r\n\r\n{body_shown}",
            status.line(),
            body.len(),
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_what_is_none_is_refused() {
        let get = |asked| Ok((asked, true));
        for (line, wanted) in [
            ("GET /metrics HTTP/1.1", get(Asked::Metrics)),
            ("GET /metrics HTTP/1.0", get(Asked::Metrics)),
            ("GET /metrics?name[]=up HTTP/1.1", get(Asked::Metrics)),
            ("GET /healthz HTTP/1.1", get(Asked::Health)),
            ("HEAD /metrics HTTP/1.1", Ok((Asked::Metrics, false))),
            ("GET / HTTP/1.1", Err(Status::NotFound)),
            ("GET /metrics/ HTTP/1.1", Err(Status::NotFound)),
            ("GET /Metrics HTTP/1.1", Err(Status::NotFound)),
            ("POST /metrics HTTP/1.1", Err(Status::NotAllowed)),
            ("DELETE /healthz HTTP/1.1", Err(Status::NotAllowed)),
            ("POST / HTTP/1.1", Err(Status::NotFound)),
            ("get /metrics HTTP/1.1", Err(Status::BadRequest)),
            ("GET /metrics", Err(Status::BadRequest)),
            ("GET  /metrics HTTP/1.1", Err(Status::BadRequest)),
            ("GET /metrics HTTP/2.0", Err(Status::BadRequest)),
            ("GET metrics HTTP/1.1", Err(Status::BadRequest)),
            (" /metrics HTTP/1.1", Err(Status::BadRequest)),
            ("CHAT/1.0 JOIN", Err(Status::BadRequest)),
            ("", Err(Status::BadRequest)),
        ] {
            let head = format!("{line}\r\nHost: localhost\r\n\r\n");
            assert_eq!(read(head.as_bytes()), wanted, "{line}");
        }
        assert_eq!(read(b"GET /\xff HTTP/1.1\r\n\r\n"), Err(Status::BadRequest));
    }

    #[test]
    fn a_head_is_complete_with_its_empty_line_and_not_a_byte_before() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        assert!(has_end(head));
        assert!((0..head.len()).all(|len| !has_end(&head[..len])));
    }

    #[test]
    fn an_answer_to_head_has_the_length_of_the_body_and_no_body() {
        let reply = Reply::page("a 1\n".to_owned()).without_body().bytes();
        let reply = String::from_utf8(reply).unwrap();
        assert!(reply.contains("\r\nContent-Length: 4\r\n"), "{reply}");
        assert!(reply.ends_with("\r\n\r\n"), "{reply}");
    }
}
