//! A web site of the test's own, for pages that the room's server would never serve.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A site on a free port of loopback. It lives until the test program ends.
pub(crate) struct Site {
    port: u16,
}

impl Site {
    /// Serves pages by their paths, each with more lines in its head.
    pub(crate) fn of(pages: &[(&str, &str, &str)]) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pages: Vec<_> = pages
            .iter()
            .map(|page| [page.0, page.1, page.2].map(str::to_owned))
            .collect();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let pages = pages.clone();
                // A browser opens connections that it does not use at once.
                thread::spawn(move || answer(&stream, &pages));
            }
        });
        Site { port }
    }

    /// The address of one of its pages.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// Answers one request. A browser that goes away in the middle is not the test's concern.
fn answer(mut stream: &TcpStream, pages: &[[String; 3]]) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let path = first.split(' ').nth(1)?;
    let page = pages.iter().find(|[at, ..]| at == path);
    let (status, head, body) = match page {
        Some([_, head, body]) => ("200 OK", head.as_str(), body.as_str()),
        // Browsers ask for it unasked.
        None if path == "/favicon.ico" => ("204 No Content", "", ""),
        None => ("404 Not Found", "", ""),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\
         {head}Connection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).ok()
}
