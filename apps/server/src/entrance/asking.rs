//! Browsers: what one asks for, and what it gets. Every answer ends its connection. A request that is read leaves its
//! place among the guests to others, so that a class that opens the page at the same time does not crowd itself out.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{Either, select};
use hubbub_transport::Transport;

use super::{Arrival, Failed, Opened, note_turned_away};
use crate::address::{Origin, Place, thinned};
use crate::door::{TurnedAway, Who};
use crate::event::Departure;
use crate::guests::Guests;
use crate::peer::{self, Early};
use crate::runtime::{self, timeout};
use crate::web::forwarded;
use crate::web::head::{self, Reader, Request};
use crate::web::{Around, Outcome, Reply, SOCKET, Status, Web, answer};

/// How long the head of a request may take. A browser sends it at once.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long an answer may take. At 50 kbit/s the largest file of the page takes a minute.
const ANSWER_TIME: Duration = Duration::from_secs(300);

/// What a page is told that comes through a trusted proxy which does not say for whom.
const NOBODY_NAMED: &str = "the proxy in front of this room does not say for whom it comes, so that nobody enters through \
                            it; it has to send X-Forwarded-For";

/// The size of one read, in bytes. It holds the head of most requests.
const READ_BYTES: usize = 2048;

/// Where browsers are answered.
#[derive(Clone)]
pub(super) struct Desk {
    web: Web,
    /// Those that are being answered. They have been heard out, so that they keep nobody from the entrance; but a
    /// reader that takes nothing goes for one that comes.
    answered: Arc<Mutex<Guests>>,
}

/// A request.
pub(super) struct Asked {
    /// What it is, or how one that cannot be read is answered.
    request: Result<Request, Status>,
    reader: Reader,
    /// What came after it.
    early: Vec<u8>,
}

impl Desk {
    pub(super) fn new(web: Web) -> Self {
        Self {
            web,
            answered: Arc::new(Mutex::new(Guests::of_any_address())),
        }
    }

    /// Who somebody from there is.
    pub(super) fn who(&self, from: &Origin) -> Who {
        if self.web.proxies.contains(&from.ip()) {
            Who::Proxy
        } else {
            Who::Unknown
        }
    }

    /// What is served.
    pub(super) fn web(&self) -> Web {
        self.web.clone()
    }

    pub(super) fn close(&self) {
        self.answered().close();
    }

    fn answered(&self) -> MutexGuard<'_, Guests> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrival {
    /// Reads what a browser asks for. `early` was read before.
    pub(super) async fn ask(&self, transport: Transport, early: Early) -> Result<Opened, Failed> {
        let mut bytes = early.bytes().to_vec();
        let count = |len| self.house.metrics.received_bytes.add(len);
        let request = match timeout(HEAD_TIME, read_head(&transport, &mut bytes, count)).await {
            Ok(Ok(request)) => request,
            Ok(Err(error)) => return Err(Departure::Failed(error.kind()).into()),
            Err(_) => Err(Status::TooLate),
        };
        let (request, len) = match request {
            Ok((request, len)) => (Ok(request), len),
            Err(status) => (Err(status), bytes.len()),
        };
        let asked = Asked {
            request,
            reader: Reader::of(&bytes[..len]),
            early: bytes.split_off(len),
        };
        Ok(Opened::Asks(transport, Box::new(asked)))
    }

    /// Gives a browser what it asks for.
    pub(super) async fn answer(mut self, transport: Transport, asked: Asked) {
        let Some(desk) = self.manners.desk.clone() else {
            return;
        };
        let known = match &asked.request {
            Ok(request) => self.know_visitor(&desk, request),
            Err(_) => Ok(()),
        };
        if let Err(why) = known {
            note_turned_away(&self.house, &self.newcomer.from, why);
        }
        let outcome = match &asked.request {
            Err(status) => Outcome::Reply(Reply::of(*status).to(asked.reader)),
            Ok(request) => match around(&transport, self.manners.wants_tls()) {
                Ok(around) => self.known(answer(request, &desk.web, around), asked.reader),
                Err(error) => return self.goes(Departure::Failed(error.kind()).into()),
            },
        };
        match (outcome, known) {
            (Outcome::Socket(head), known) => {
                let early = asked.early;
                self.open_socket(transport, &head, early, known).await;
            }
            (Outcome::Reply(_), Err(why)) => {
                let reply = Reply::saying(why.status(), &why.to_string()).to(asked.reader);
                self.reply(&desk, transport, reply, None).await;
            }
            (Outcome::Reply(reply), Ok(())) => {
                let target = asked.request.as_ref().ok().map(|request| &*request.target);
                self.reply(&desk, transport, reply, target).await;
            }
        }
    }

    /// The outcome, unless a page comes through a proxy that does not say for whom. All who come like that would be one
    /// person, and be put out with one.
    fn known<'a>(&self, outcome: Outcome<'a>, reader: Reader) -> Outcome<'a> {
        match outcome {
            // Somebody at the proxy's own machine has its address.
            Outcome::Socket(_)
                if !self.is_through && self.manners.who(&self.newcomer.from).is_proxy() =>
            {
                Outcome::Reply(Reply::saying(Status::Forbidden, NOBODY_NAMED).to(reader))
            }
            outcome => outcome,
        }
    }

    /// Lets a page become a peer, unless there is no place for its visitor. `early` is what it has said already.
    async fn open_socket(
        self,
        transport: Transport,
        head: &[u8],
        early: Vec<u8>,
        known: Result<(), TurnedAway>,
    ) {
        self.house.metrics.answered.count(SOCKET);
        if let Err(error) = write_all(&self, &transport, head).await {
            return self.goes(Departure::Failed(error.kind()).into());
        }
        let visitor = (self.newcomer.from.ip(), 0).into();
        let is_through = self.is_through;
        let mut transport = transport.into_web(early);
        if is_through {
            transport = transport.standing_for(visitor);
        }
        let house = Arc::clone(&self.house);
        let admitted = match known {
            Err(why) => {
                house.metrics.ended.add(1);
                Err((self.manners.turning_away.one_more(), why))
            }
            Ok(()) => self.admitted(),
        };
        match admitted {
            Ok(newcomer) => {
                newcomer.guest.enters_lobby();
                newcomer.enter(transport, Early::default(), &house).await;
            }
            Err((Some(_one), why)) => {
                transport.goodbye(why.goodbye());
                peer::turn_away(transport, why.to_string()).await;
            }
            Err((None, _)) => {}
        }
    }

    /// Finds out for whom a proxy comes, and takes that for where the connection is from.
    ///
    /// # Errors
    ///
    /// There is no place for somebody from there.
    fn know_visitor(&mut self, desk: &Desk, request: &Request) -> Result<(), TurnedAway> {
        if desk.who(&self.newcomer.from) != Who::Proxy {
            return Ok(());
        }
        let proxies = &desk.web.proxies;
        let Some(visitor) = forwarded::visitor(&request.forwarded_for, proxies) else {
            let line = self.newcomer.from.line(runtime::now());
            thinned!(warn, line, proxy = %self.newcomer.from,
                "a trusted proxy does not say in X-Forwarded-For for whom it comes");
            return Ok(());
        };
        let register = &self.manners.register;
        self.newcomer.from = register.origin((visitor, 0).into());
        self.is_through = true;
        self.newcomer.place = register.admit(&self.newcomer.from, Who::Unknown, &self.house)?;
        Ok(())
    }

    /// Writes an answer, and ends.
    async fn reply(
        mut self,
        desk: &Desk,
        transport: Transport,
        reply: Reply<'_>,
        target: Option<&str>,
    ) {
        let network = self.newcomer.from.address().network();
        let taken_in = desk
            .answered()
            .take_in(self.newcomer.peer, Some(network), self.since);
        let Some((guest, _)) = taken_in else {
            return self.goes(Failed {
                why: None,
                error: None,
            });
        };
        self.newcomer.guest = guest;
        // It is one of the answered now, and its place in the room is free for others.
        self.newcomer.place = Place::nowhere(&self.newcomer.from);
        self.note(&reply, target);
        let written = {
            let written = pin!(self.write(&transport, &reply));
            let guest = self.guest();
            let dismissed = poll_fn(|context| guest.poll_dismissed(context));
            match timeout(ANSWER_TIME, select(written, dismissed)).await {
                Ok(Either::Left((written, _))) => written,
                Ok(Either::Right(_)) | Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        };
        match written {
            Ok(()) => peer::close(&transport).await,
            Err(_) => drop(transport.reset()),
        }
        self.goes(Departure::Answered.into());
    }

    async fn write(&self, transport: &Transport, reply: &Reply<'_>) -> io::Result<()> {
        write_all(self, transport, &reply.head()).await?;
        write_all(self, transport, reply.body()).await
    }

    /// What an operator may have to know of an answer stands in the log.
    fn note(&self, reply: &Reply<'_>, target: Option<&str>) {
        let (status, address) = (reply.status.number(), &self.newcomer.from);
        self.house.metrics.answered.count(status);
        let line = match reply.status {
            Status::Forbidden | Status::OtherHost => address.line(runtime::now()),
            _ => None,
        };
        thinned!(info, line, status, target, %address, "a browser is answered");
    }
}

/// What there is to know of a connection that a request comes by.
pub(super) fn around(transport: &Transport, wants_tls: bool) -> io::Result<Around> {
    #[cfg(feature = "tls")]
    let is_encrypted = transport.is_encrypted();
    #[cfg(not(feature = "tls"))]
    let is_encrypted = false;
    Ok(Around {
        local: transport.local_addr()?,
        is_encrypted,
        wants_tls,
    })
}

/// Reads until the end of the head. What came before it is in `bytes`, and so is what comes; `count` is told how much of
/// that is the head's. The rest is counted by whoever reads it.
pub(super) async fn read_head(
    transport: &Transport,
    bytes: &mut Vec<u8>,
    count: impl Fn(u64),
) -> io::Result<Result<(Request, usize), Status>> {
    loop {
        let before = bytes.len();
        let room = READ_BYTES.min(head::MOST_BYTES - before);
        bytes.resize(before + room, 0);
        let read = poll_fn(|context| transport.poll_read(context, &mut bytes[before..]));
        let len = read.await?;
        bytes.truncate(before + len);
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let read = head::read_further(bytes, before);
        let of_head = match &read {
            Ok(Some((_, end))) => end - before,
            _ => len,
        };
        count(of_head as u64);
        if let Some(done) = read.transpose() {
            return Ok(done);
        }
    }
}

async fn write_all(arrival: &Arrival, transport: &Transport, mut bytes: &[u8]) -> io::Result<()> {
    let patience = arrival.house.settings.write_timeout;
    while !bytes.is_empty() {
        let written = poll_fn(|context| transport.poll_write(context, bytes));
        let written = timeout(patience, written).await;
        let len = written.map_err(|_| io::ErrorKind::TimedOut)??;
        arrival.house.metrics.sent_bytes.add(len as u64);
        arrival.guest().is_heard();
        bytes = &bytes[len..];
    }
    Ok(())
}
