//! Asks the page inside a window, through the inspector that WebKit offers when its environment names a port for it.
//!
//! Two layers of JSON: the inspector speaks of *targets* (the page is one), and a question for the page travels as a
//! string inside a message to its target. Answers come back in the same way, between messages about other things.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::wait::PATIENCE;

/// The page of one window.
pub(crate) struct Page {
    socket: WebSocket<TcpStream>,
    target: String,
    path: String,
    questions: u64,
}

impl Page {
    /// Attaches to the page, or returns nothing while there is none. Attaching too early would stall its loading.
    pub(crate) fn attach(port: u16) -> Option<Page> {
        let html = index(port)?;
        let path = page_path(&html)?.to_owned();
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (mut socket, _) = tungstenite::client(url, stream).expect("the inspector refused");
        let target = loop {
            let message = receive(&mut socket);
            let created = &message["params"]["targetInfo"];
            if message["method"] == "Target.targetCreated" && created["type"] == "page" {
                break created["targetId"].as_str().unwrap().to_owned();
            }
        };
        Some(Page {
            socket,
            target,
            path,
            questions: 0,
        })
    }

    /// Attaches to the page that follows this one, as soon as it is the only one.
    pub(crate) fn follow(&self, port: u16) -> Option<Page> {
        let html = index(port)?;
        (!html.contains(&self.path) && page_path(&html)? != self.path)
            .then(|| Self::attach(port))
            .flatten()
    }

    /// The value of a JavaScript expression in the page.
    pub(crate) fn ask(&mut self, expression: &str) -> Value {
        self.questions += 1;
        let number = self.questions;
        let parameters = json!({ "expression": expression, "returnByValue": true });
        let question =
            json!({ "id": number, "method": "Runtime.evaluate", "params": parameters }).to_string();
        let parameters = json!({ "targetId": self.target, "message": question });
        let envelope =
            json!({ "id": number, "method": "Target.sendMessageToTarget", "params": parameters });
        self.socket
            .send(Message::text(envelope.to_string()))
            .unwrap();
        loop {
            let envelope = receive(&mut self.socket);
            if envelope["method"] != "Target.dispatchMessageFromTarget" {
                continue;
            }
            let answer: Value =
                serde_json::from_str(envelope["params"]["message"].as_str().unwrap()).unwrap();
            if answer["id"] == number {
                assert_ne!(
                    answer["result"]["wasThrown"], true,
                    "{expression}: {answer}"
                );
                return answer["result"]["result"]["value"].clone();
            }
        }
    }
}

/// The inspector's list of what can be inspected.
fn index(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut html = Vec::new();
    let mut piece = [0; 4096];
    // The inspector keeps the connection open after it has sent the page.
    while !html.ends_with(b"</html>") {
        match stream.read(&mut piece).ok()? {
            0 => break,
            length => html.extend_from_slice(&piece[..length]),
        }
    }
    String::from_utf8(html).ok()
}

/// The first address of a web page in that list.
fn page_path(html: &str) -> Option<&str> {
    const END: &str = "/WebPage";
    let (_, rest) = html.split_once("/socket/")?;
    let length = rest.find(END)? + END.len();
    let start = html.len() - rest.len() - "/socket/".len();
    html.get(start..html.len() - rest.len() + length)
}

/// The next message of the inspector. Pings and the like are not for the test.
fn receive(socket: &mut WebSocket<TcpStream>) -> Value {
    loop {
        let message = socket.read().expect("the window's page does not answer");
        if let Message::Text(text) = message {
            return serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("the inspector says {text:?}: {error}"));
        }
    }
}
