//! One connection to Chromium's inspector: questions and their answers, and what comes unasked between them.
//!
//! A connection serves one visitor. Everything that a page reports as wrong is kept until the test has looked at it.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::TcpStream;

use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

use crate::report::{Kind, Reports};
use crate::wait::PATIENCE;

/// The connection.
pub(crate) struct Devtools {
    socket: RefCell<WebSocket<TcpStream>>,
    questions: Cell<u64>,
    reports: RefCell<Reports>,
}

impl Devtools {
    /// Connects to the inspector at this address.
    pub(crate) fn connect(address: &str) -> Devtools {
        let host = address
            .strip_prefix("ws://")
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let stream = TcpStream::connect(host).expect("Chromium's inspector has gone");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        // A picture of a page is one message.
        let config = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let (socket, _) = tungstenite::client::client_with_config(address, stream, Some(config))
            .expect("Chromium's inspector refuses");
        Devtools {
            socket: RefCell::new(socket),
            questions: Cell::new(0),
            reports: RefCell::default(),
        }
    }

    /// Calls a method of the browser, or of the tab with this session.
    #[track_caller]
    pub(crate) fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        match self.try_call(session, method, parameters) {
            Ok(result) => result,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    /// The same, with the browser's words where it cannot.
    pub(crate) fn try_call(
        &self,
        session: Option<&str>,
        method: &str,
        parameters: Value,
    ) -> Result<Value, String> {
        let number = self.send(session, method, parameters);
        loop {
            let mut message = self.receive(method);
            if message["id"] == number {
                return match message.get("error") {
                    Some(error) => Err(error["message"].as_str().unwrap_or_default().to_owned()),
                    None => Ok(message["result"].take()),
                };
            }
            self.note(&message);
        }
    }

    /// What has come of this kind from the tab with this session, since it was last taken.
    pub(crate) fn take(&self, session: &str, kind: Kind) -> Vec<String> {
        self.reports.borrow_mut().take(session, kind)
    }

    /// Whether something of this kind has come from it, since it was last taken.
    pub(crate) fn has(&self, session: &str, kind: Kind) -> bool {
        self.reports.borrow().has(session, kind)
    }

    fn send(&self, session: Option<&str>, method: &str, parameters: Value) -> u64 {
        let number = self.questions.get() + 1;
        self.questions.set(number);
        let mut message = json!({ "id": number, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let sent = self
            .socket
            .borrow_mut()
            .send(Message::text(message.to_string()));
        sent.expect("Chromium's inspector has gone");
        number
    }

    /// The next message. `waiting_for` is what the test waits for, in case that none comes.
    fn receive(&self, waiting_for: &str) -> Value {
        loop {
            match self.socket.borrow_mut().read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    panic!("waited {PATIENCE:?}: Chromium does not answer to {waiting_for}")
                }
                Err(error) => panic!("Chromium does not answer to {waiting_for}: {error}"),
            }
        }
    }

    /// Keeps what is of interest in a message that nobody asked for.
    fn note(&self, message: &Value) {
        let (Some(method), Some(session)) =
            (message["method"].as_str(), message["sessionId"].as_str())
        else {
            return;
        };
        let about = &message["params"];
        let (kind, words) = match method {
            "Page.javascriptDialogOpening" => {
                // Until there is an answer, the page stands still. Nobody waits for the browser's answer to this one.
                self.send(
                    Some(session),
                    "Page.handleJavaScriptDialog",
                    json!({ "accept": true }),
                );
                (Kind::Dialog, Some(about["type"].to_string()))
            }
            _ => (Kind::Trouble, trouble(method, about)),
        };
        if let Some(words) = words {
            self.reports.borrow_mut().keep(session, kind, words);
        }
    }
}

/// The words of an event that tells of something wrong.
fn trouble(method: &str, about: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match method {
        "Runtime.exceptionThrown" => {
            let details = &about["exceptionDetails"];
            Some(format!(
                "{} {}",
                text(&details["text"]),
                text(&details["exception"]["description"])
            ))
        }
        "Runtime.consoleAPICalled" if about["type"] == "error" || about["type"] == "assert" => {
            let words =
                about["args"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|word| match &word["value"] {
                        Value::String(words) => words.clone(),
                        Value::Null => text(&word["description"]),
                        other => other.to_string(),
                    });
            Some(words.collect::<Vec<_>>().join(" "))
        }
        "Log.entryAdded" if about["entry"]["level"] == "error" => {
            let entry = &about["entry"];
            Some(format!(
                "{} ({})",
                text(&entry["text"]),
                text(&entry["url"])
            ))
        }
        "Audits.issueAdded" if about["issue"]["code"] == "ContentSecurityPolicyIssue" => {
            let details = &about["issue"]["details"]["contentSecurityPolicyIssueDetails"];
            Some(format!("Content Security Policy: {details}"))
        }
        "Inspector.targetCrashed" => Some("the page has crashed".to_owned()),
        _ => None,
    }
}
