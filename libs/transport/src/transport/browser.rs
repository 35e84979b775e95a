//! Transport in a browser: a WebSocket. The binary messages that go through it are the bytes of a connection, cut
//! anywhere. Reading and writing never wait; waiting for the moment when they are worth a try is separate.
//!
//! The browser reads for us whether we want it or not, and takes all that is written, so that only writing has a bound
//! of ours. It tells why a connection has ended only where the server did ([`Transport::closing`]).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use gloo_timers::future::TimeoutFuture;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// The most bytes in one message. The server takes four times as many.
const MOST_IN_ONE: usize = 16 * 1024;
/// While this many bytes have not left the browser, it gets no more, so that a question to the server never stands
/// behind more than a second of them on a slow line.
const MOST_UNSENT: u32 = 64 * 1024;
/// How often it is looked whether they have left. The browser does not tell. A person does not notice so short a time.
const UNSENT_CHECK_MS: u32 = 20;

/// One connection. Dropping it closes it.
pub struct Transport {
    socket: WebSocket,
    state: Rc<RefCell<State>>,
    /// While it lasts, the browser gets no more.
    pause: RefCell<Option<TimeoutFuture>>,
    _listeners: Listeners,
}

/// What the browser has told.
#[derive(Default)]
struct State {
    is_open: bool,
    /// The messages that have arrived and are not yet read.
    incoming: VecDeque<Uint8Array>,
    /// How many bytes of the first of them are read.
    read: u32,
    end: Option<End>,
    /// Who waits for any of it.
    waker: Option<Waker>,
}

/// How a connection has ended.
enum End {
    /// Somebody said the last word, and the other side has answered.
    Closed { code: u16, reason: String },
    /// Nobody knows why.
    Broken,
    /// The server has sent a message that is text.
    Text,
}

/// What the browser calls. They must live as long as it may do so.
struct Listeners {
    _open: Closure<dyn FnMut(Event)>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Transport {
    /// Connects to a URL that begins with `ws://` or `wss://`. It waits for the server as long as that takes. Dropping
    /// the future gives the attempt up.
    ///
    /// # Errors
    ///
    /// There is no connection. The browser tells nobody why.
    pub async fn open(url: &str) -> io::Result<Self> {
        let socket = WebSocket::new(url).map_err(|_| {
            io::Error::new(
                ErrorKind::InvalidInput,
                "the browser allows no connection to this address",
            )
        })?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let state = Rc::default();
        let transport = Self {
            _listeners: Listeners::to(&socket, &state),
            pause: RefCell::default(),
            socket,
            state,
        };
        future::poll_fn(|cx| transport.poll_open(cx)).await?;
        Ok(transport)
    }

    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state.borrow_mut();
        if state.is_open {
            return Poll::Ready(Ok(()));
        }
        if state.end.is_some() {
            return Poll::Ready(Err(no_way().into()));
        }
        state.waits(cx)
    }

    /// Reads what has arrived. 0 means that the other side has ended the connection in good order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] when nothing has arrived. After any other error the connection is broken.
    pub fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        self.state.borrow_mut().read(bytes)
    }

    /// Writes as much as goes into one message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] when too much has not left the browser yet. After any other error the connection is
    /// broken.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if self.socket.ready_state() != WebSocket::OPEN {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if self.socket.buffered_amount() >= MOST_UNSENT {
            return Err(ErrorKind::WouldBlock.into());
        }
        let bytes = &bytes[..bytes.len().min(MOST_IN_ONE)];
        let sent = self.socket.send_with_u8_array(bytes);
        sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    /// Reads like [`try_read`](Self::try_read), but waits for something to arrive.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    pub fn poll_read(&self, cx: &mut Context<'_>, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut state = self.state.borrow_mut();
        match state.read(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => state.waits(cx),
            done => Poll::Ready(done),
        }
    }

    /// Writes like [`try_write`](Self::try_write), but waits for the browser to have room.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    pub fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
            let mut pause = self.pause.borrow_mut();
            let wait = pause.get_or_insert_with(|| TimeoutFuture::new(UNSENT_CHECK_MS));
            if Future::poll(std::pin::Pin::new(wait), cx).is_pending() {
                return Poll::Pending;
            }
            *pause = None;
        }
    }

    /// The code and the reason with which the connection was closed, if it was, and the other side has agreed.
    #[must_use]
    pub fn closing(&self) -> Option<(u16, String)> {
        match &self.state.borrow().end {
            Some(End::Closed { code, reason }) => Some((*code, reason.clone())),
            _ => None,
        }
    }

    /// Ends the connection: the other side reads all that was written, and then the end. What it says until then is
    /// not told by the browser.
    ///
    /// # Errors
    ///
    /// The connection has already ended.
    pub fn finish(&self) -> io::Result<()> {
        let closed = self.socket.close();
        closed.map_err(|_| ErrorKind::NotConnected.into())
    }
}

impl State {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut taken = 0;
        while let Some(first) = self.incoming.front()
            && taken < bytes.len()
        {
            let room = u32::try_from(bytes.len() - taken).unwrap_or(u32::MAX);
            let end = first.length().min(self.read.saturating_add(room));
            let part = first.subarray(self.read, end);
            let after = taken + part.length() as usize;
            part.copy_to(&mut bytes[taken..after]);
            taken = after;
            self.read = end;
            if self.read == first.length() {
                self.incoming.pop_front();
                self.read = 0;
            }
        }
        if taken > 0 || bytes.is_empty() {
            return Ok(taken);
        }
        match &self.end {
            None => Err(ErrorKind::WouldBlock.into()),
            Some(End::Closed { .. }) => Ok(0),
            Some(End::Broken) => Err(ErrorKind::ConnectionAborted.into()),
            Some(End::Text) => {
                let why = "the server sent text where only bytes may stand";
                Err(io::Error::new(ErrorKind::InvalidData, why))
            }
        }
    }

    fn waits<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Listeners {
    fn to(socket: &WebSocket, state: &Rc<RefCell<State>>) -> Self {
        let told = Rc::clone(state);
        let open = Closure::new(move |_: Event| {
            let mut state = told.borrow_mut();
            state.is_open = true;
            state.wake();
        });
        let told = Rc::clone(state);
        let message = Closure::new(move |message: MessageEvent| {
            let mut state = told.borrow_mut();
            match message.data().dyn_into::<ArrayBuffer>() {
                Ok(bytes) if state.end.is_none() => {
                    state.incoming.push_back(Uint8Array::new(&bytes))
                }
                Ok(_) => {}
                Err(_) => state.end = Some(End::Text),
            }
            state.wake();
        });
        let told = Rc::clone(state);
        let close = Closure::new(move |close: CloseEvent| {
            let mut state = told.borrow_mut();
            let end = if close.was_clean() {
                let (code, reason) = (close.code(), close.reason());
                End::Closed { code, reason }
            } else {
                End::Broken
            };
            state.end.get_or_insert(end);
            state.wake();
        });
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        // An error says nothing, and a close always follows it.
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Self {
            _open: open,
            _message: message,
            _close: close,
        }
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // One that has ended already is none the worse.
        let _ = self.socket.close();
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

/// Why there is no connection, as far as it can be known.
fn no_way() -> ErrorKind {
    let is_offline = web_sys::window().is_some_and(|window| !window.navigator().on_line());
    if is_offline {
        ErrorKind::NetworkUnreachable
    } else {
        ErrorKind::HostUnreachable
    }
}
