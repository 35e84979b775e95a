//! Administration: a Unix socket through which operators talk to the hub, and the disk that keeps their bans.
//!
//! The server begins with the line `hubbub-admin 1`. A request is one line of at most 16 KiB: a command and what
//! belongs to it, with tabs between them. An answer is any number of lines `- FIELD<tab>FIELD...` and then one that
//! ends it: `ok WORDS` if it was done, `no WORDS` if it could not be done, `bad WORDS` if the request makes no sense.
//! In a field, `\\`, `\t`, `\n` and `\r` stand for a backslash, a tab and line ends. There may be several requests on
//! one connection, one at a time. Whoever takes longer than 10 s for a request or an answer is cut off, and four may be
//! connected at a time.
//!
//! Nobody waits for an administrator, and nothing of this knows the room. It ends when it is dropped.

use std::future;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::io::AsyncWriteExt;
use futures::stream::FuturesUnordered;
use tracing::{info, warn};

use self::lines::{Line, Lines, MAX_LINE, put};
use self::requests::{Request, Requested};
use self::socket::Socket;
use crate::Settings;
use crate::bans::file::Keeper;
use crate::bans::{Bans, Board};
use crate::event::{Event, Mail};
use crate::orders::{Answer, Order};
#[cfg(feature = "tls")]
use crate::password::PasswordFile;
use crate::runtime::{self, Async, timeout};
use crate::shortage::Shortage;

mod answers;
#[cfg(feature = "tls")]
mod invitations;
mod lines;
mod requests;
mod socket;

/// What the server says first.
const GREETING: &str = "hubbub-admin 1\n";

/// How many administrators may be connected at a time: more than there are people who run a room.
const MOST_VISITORS: usize = 4;

/// How long an administrator may take for a request or for taking an answer, and the hub and the disk for theirs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long accepting pauses when it fails, as when there are no descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Where administrators are served.
pub(crate) struct Office {
    /// `None` if there is no administration. Bans that are kept count all the same.
    socket: Option<Socket>,
    /// What keeps the bans, if something does.
    keeper: Option<Arc<Mutex<Keeper>>>,
    /// Where the history is, if there is one.
    history: Option<PathBuf>,
    /// Where a new password is written.
    #[cfg(feature = "tls")]
    password_file: Option<PasswordFile>,
    /// The page for browsers, if there is one.
    #[cfg(feature = "tls")]
    page: Option<invitations::Page>,
    /// The port of the room.
    #[cfg(feature = "tls")]
    port: u16,
    opened: Instant,
}

impl Office {
    /// Makes the socket and reads the bans, for the room at this `port`. Also returns what the hub has to know first,
    /// and what the door has to know.
    ///
    /// # Errors
    ///
    /// In words for the operator: the socket cannot be made, or the bans cannot be kept.
    pub(crate) fn open(
        settings: &Settings,
        #[cfg(feature = "tls")] port: u16,
    ) -> Result<(Self, Event, flume::Receiver<Arc<Bans>>), String> {
        let (mut keeper, mut bans) = (None, Bans::default());
        if let Some(dir) = &settings.state {
            let (kept, read) = Keeper::open(dir)?;
            keeper = Some(Arc::new(Mutex::new(kept)));
            bans = read;
        }
        let office = Self {
            socket: settings.admin.as_deref().map(Socket::bind).transpose()?,
            keeper,
            history: settings.history.as_ref().map(|history| history.dir.clone()),
            #[cfg(feature = "tls")]
            password_file: settings.password_file.clone(),
            #[cfg(feature = "tls")]
            page: invitations::Page::of(settings),
            #[cfg(feature = "tls")]
            port,
            opened: runtime::now(),
        };
        let (board, door) = Board::new();
        let bans = Arc::new(bans);
        Ok((office, Event::Bans { bans, board }, door))
    }

    /// Serves administrators until it is dropped.
    pub(crate) async fn serve(self, inbox: flume::Sender<Mail>) {
        let Some(socket) = &self.socket else {
            return future::pending().await;
        };
        let (mut visitors, mut shortage) = (FuturesUnordered::new(), Shortage::default());
        loop {
            match runtime::meanwhile(&mut visitors, socket.listener.accept()).await {
                Ok((stream, _)) if visitors.len() < MOST_VISITORS => {
                    visitors.push(self.attend(stream, &inbox));
                }
                Ok((stream, _)) => turn_away(&stream),
                Err(error) => {
                    if shortage.begins(runtime::now()) {
                        warn!(%error, "cannot accept an administrator; trying again every second");
                    }
                    runtime::meanwhile(&mut visitors, runtime::sleep(ACCEPT_PAUSE)).await;
                }
            }
        }
    }

    /// Serves one of them. However it ends, nobody else notices.
    async fn attend(&self, stream: Async<UnixStream>, inbox: &flume::Sender<Mail>) {
        let _ = self.serve_all(&stream, inbox).await;
    }

    async fn serve_all(
        &self,
        stream: &Async<UnixStream>,
        inbox: &flume::Sender<Mail>,
    ) -> io::Result<()> {
        let visitor = Visitor::of(stream);
        let (mut lines, mut out) = (Lines::new(stream), stream);
        timed(out.write_all(GREETING.as_bytes())).await?;
        loop {
            let requested = match timed(lines.next()).await? {
                Line::End => return Ok(()),
                Line::Whole(line) => requests::parse(&line),
                Line::TooLong => Err(format!("a request has {MAX_LINE} bytes at most")),
            };
            let answer = self.answer(requested, &visitor, inbox).await;
            timed(out.write_all(answer.as_bytes())).await?;
        }
    }

    async fn answer(
        &self,
        requested: Result<Requested, String>,
        visitor: &Visitor,
        inbox: &flume::Sender<Mail>,
    ) -> String {
        let mut answer = String::new();
        let Requested { request, what } = match requested {
            Ok(requested) => requested,
            Err(words) => {
                visitor.log("a request that makes no sense", &words);
                put(&mut answer, "bad", [&*words]);
                return answer;
            }
        };
        let work = self.perform(request, inbox, &mut answer);
        let done = timeout(PATIENCE, work).await.unwrap_or_else(|_| {
            Err(format!(
                "that took longer than {PATIENCE:?}; it may still be done"
            ))
        });
        match done {
            Ok(words) => {
                visitor.log(&what, &words);
                put(&mut answer, "ok", [&*words]);
            }
            Err(words) => {
                visitor.log(&what, &words);
                put(&mut answer, "no", [&*words]);
            }
        }
        answer
    }

    /// Does what is requested, and adds the data to the answer. Returns the words that end it.
    async fn perform(
        &self,
        request: Request,
        inbox: &flume::Sender<Mail>,
        answer: &mut String,
    ) -> Result<String, String> {
        match request {
            Request::Motd(text) => {
                let words = match &text {
                    Some(_) => {
                        "set; if it is another one, programs of Hubbub are told, and others with --plain-motd"
                    }
                    None => "there is no message of the day any more",
                };
                let mail = vec![Event::Motd(text)];
                inbox.send_async(mail).await.map_err(gone)?;
                Ok(words.to_owned())
            }
            Request::Order(order) => self.tell(ask(inbox, order).await?, answer).await,
            #[cfg(feature = "tls")]
            Request::Invite(wanted) => match ask(inbox, Order::Invitation).await? {
                Answer::Invitation(room) => wanted.put(answer, room, self.port, self.page.as_ref()),
                said => self.tell(said, answer).await,
            },
            #[cfg(feature = "tls")]
            Request::NewPassword => self.tell(self.change_password(inbox).await?, answer).await,
        }
    }

    /// Keeps a list of bans, and says for how long it is kept.
    async fn keep(&self, bans: Arc<Bans>) -> Result<&'static str, String> {
        let Some(keeper) = self.keeper.clone() else {
            return Ok("until the server ends, since it has no --state");
        };
        let keep = move || {
            let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
            keeper.keep(&bans, runtime::wall())
        };
        match runtime::blocking(keep).await.flatten() {
            Ok(()) => Ok("kept"),
            Err(error) => {
                warn!(%error, "bans cannot be kept");
                Err(format!(
                    "done, but only until the server ends: the bans cannot be kept: {error}"
                ))
            }
        }
    }
}

/// What the hub answers.
async fn ask(inbox: &flume::Sender<Mail>, order: Order) -> Result<Answer, String> {
    let (reply, replied) = flume::bounded(1);
    let mail = vec![Event::Admin { order, reply }];
    inbox.send_async(mail).await.map_err(gone)?;
    replied.recv_async().await.map_err(gone)
}

fn gone<E>(_: E) -> String {
    "the server stops".to_owned()
}

/// Waits for one thing, but not for ever.
async fn timed<T>(what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| Err(io::ErrorKind::TimedOut.into());
    timeout(PATIENCE, what).await.unwrap_or_else(late)
}

/// Tells an administrator that there are enough. Nobody waits for that.
fn turn_away(stream: &Async<UnixStream>) {
    let words =
        format!("{MOST_VISITORS} administrators are connected, which is the most; try again later");
    let mut answer = GREETING.to_owned();
    put(&mut answer, "no", [&*words]);
    let _ = io::Write::write(&mut stream.get_ref(), answer.as_bytes());
    Visitor::of(stream).log("a connection", &words);
}

/// Who is connected, as the system says.
struct Visitor {
    uid: Option<u32>,
    pid: Option<i32>,
}

impl Visitor {
    #[cfg(target_os = "linux")]
    fn of(stream: &Async<UnixStream>) -> Self {
        let credentials = rustix::net::sockopt::socket_peercred(stream.get_ref()).ok();
        Self {
            uid: credentials.map(|credentials| credentials.uid.as_raw()),
            pid: credentials.map(|credentials| credentials.pid.as_raw_nonzero().get()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of(_: &Async<UnixStream>) -> Self {
        let (uid, pid) = (None, None);
        Self { uid, pid }
    }

    fn log(&self, what: &str, outcome: &str) {
        info!(
            uid = self.uid,
            pid = self.pid,
            what,
            outcome,
            "administered"
        );
    }
}
