//! The one connection to Firefox, which takes no second one: questions of all tests and their answers, and what comes
//! unasked between them. The words are those of WebDriver BiDi.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use flume::Sender;
use serde_json::{Map, Value, json};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

use crate::report::{Kind, Reports};
use crate::wait::PATIENCE;

/// The connection.
pub(crate) struct Bidi {
    writer: Mutex<WebSocket<TcpStream>>,
    questions: AtomicU64,
    heard: Arc<Heard>,
}

/// What the reader hears.
#[derive(Default)]
struct Heard {
    /// Who waits for the answer to which question. Nobody any more, once the connection has ended.
    waiting: Mutex<HashMap<u64, Sender<Value>>>,
    reports: Mutex<Reports>,
}

impl Bidi {
    /// Connects to the Firefox at this address, and reads what it says for as long as it says something.
    pub(crate) fn connect(address: &str) -> Bidi {
        let host = address.strip_prefix("ws://").unwrap();
        let stream = TcpStream::connect(host).expect("Firefox has gone");
        stream.set_nodelay(true).unwrap();
        let other = stream.try_clone().unwrap();
        // A picture of a page is one message.
        let config = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let session = format!("{address}/session");
        let (mut reader, _) =
            tungstenite::client::client_with_config(session, stream, Some(config))
                .expect("Firefox refuses");
        let heard = Arc::new(Heard::default());
        let hears = Arc::clone(&heard);
        thread::spawn(move || {
            while let Ok(message) = reader.read() {
                if let Message::Text(text) = message {
                    hears.note(serde_json::from_str(&text).unwrap());
                }
            }
            hears.waiting.lock().unwrap().clear();
        });
        Bidi {
            writer: Mutex::new(WebSocket::from_raw_socket(other, Role::Client, None)),
            questions: AtomicU64::new(1),
            heard,
        }
    }

    /// Calls a method.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, parameters: Value) -> Value {
        match self.try_call(method, parameters) {
            Ok(result) => result,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    /// The same, with Firefox's words where it cannot.
    pub(crate) fn try_call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        let number = self.questions.fetch_add(1, Ordering::Relaxed);
        let (answers, answer) = flume::bounded(1);
        self.heard.waiting.lock().unwrap().insert(number, answers);
        let message = json!({ "id": number, "method": method, "params": parameters });
        let sent = self
            .writer
            .lock()
            .unwrap()
            .send(Message::text(message.to_string()));
        sent.expect("Firefox has gone");
        let mut answer = answer.recv_timeout(PATIENCE).unwrap_or_else(|end| {
            panic!("{end}, after {PATIENCE:?} at most: Firefox does not answer to {method}")
        });
        match answer["type"].as_str() {
            Some("success") => Ok(answer["result"].take()),
            _ => Err(answer["message"].to_string()),
        }
    }

    /// The value of an expression in this tab, or what is said where there is none. A promise is waited for.
    pub(crate) fn evaluates(&self, context: &Value, expression: &str) -> Result<Value, String> {
        let question = json!({
            "expression": expression, "target": { "context": context }, "awaitPromise": true,
        });
        let answer = self.try_call("script.evaluate", question)?;
        match answer["exceptionDetails"]["text"].as_str() {
            Some(words) => Err(words.to_owned()),
            None => Ok(plain(&answer["result"])),
        }
    }

    /// What has come of this kind from this tab, since it was last taken.
    pub(crate) fn take(&self, tab: &str, kind: Kind) -> Vec<String> {
        self.heard.reports.lock().unwrap().take(tab, kind)
    }

    /// Whether something of this kind has come from it, since it was last taken.
    pub(crate) fn has(&self, tab: &str, kind: Kind) -> bool {
        self.heard.reports.lock().unwrap().has(tab, kind)
    }
}

impl Heard {
    /// Gives an answer to who waits for it, and keeps what is of interest in the rest.
    fn note(&self, message: Value) {
        if let Some(number) = message["id"].as_u64() {
            let asked = self.waiting.lock().unwrap().remove(&number);
            // A test that has failed does not wait any more.
            asked.map(|asked| asked.send(message));
            return;
        }
        let about = &message["params"];
        let (tab, kind, words) = match message["method"].as_str() {
            Some("log.entryAdded") if about["level"] == "error" => (
                &about["source"]["context"],
                Kind::Trouble,
                // As Chromium spells it.
                text(&about["text"]).replace("Content-Security-Policy", "Content Security Policy"),
            ),
            Some("network.responseCompleted")
                if about["response"]["status"].as_u64() >= Some(400) =>
            {
                let response = &about["response"];
                let words = format!(
                    "Failed to load resource: {} ({})",
                    response["status"],
                    text(&response["url"])
                );
                (&about["context"], Kind::Trouble, words)
            }
            Some("browsingContext.userPromptOpened") => {
                (&about["context"], Kind::Dialog, about["type"].to_string())
            }
            _ => return,
        };
        if let Some(tab) = tab.as_str() {
            self.reports.lock().unwrap().keep(tab, kind, words);
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A value of a page as JSON has it. What JSON does not have, such as an element, is an empty object, as in Chromium.
fn plain(remote: &Value) -> Value {
    let value = &remote["value"];
    match remote["type"].as_str() {
        Some("string" | "number" | "boolean") => value.clone(),
        Some("array") => value
            .as_array()
            .map(|all| all.iter().map(plain).collect())
            .unwrap_or_default(),
        Some("object") => {
            let entries = value.as_array().into_iter().flatten();
            let all: Map<_, _> = entries
                .map(|entry| (text(&entry[0]), plain(&entry[1])))
                .collect();
            all.into()
        }
        Some("null" | "undefined") => Value::Null,
        _ => json!({}),
    }
}
