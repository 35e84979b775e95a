//! Connection: the life of one transport, from the JOIN to its end. Reading, writing, time and the user's wishes take
//! turns: each is served when it is ready, and none of them waits for another.

use std::future;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use hubbub_transport::Transport;
use hubbub_wire::Decoder;

use crate::member::{Kind, Line, Outgoing};
use crate::network::{Network, Wish, approach};
use crate::runtime::Sleep;
use crate::why::{CLOSED, why};
use crate::{Cause, draw};

/// The size of one read, in bytes. Larger reads are not faster, and between two of them the user's intents are taken.
const CHUNK: usize = 16 * 1024;
/// The pause between texts that had to wait, and between them and a LEAVE. Many clients take one read for one frame and
/// lose the second of two that arrive together. Frames this far apart arrive in different reads. A server that grants
/// reads frames however they come, and passes them on to such clients in its own pieces.
const APART: Duration = Duration::from_millis(20);
/// How long all that waits may take to be written and, where the server tells it, to arrive; and the LEAVE to be
/// written. After that the connection ends without them, so that a server that does not read cannot hold up the user.
const LEAVE_WITHIN: Duration = Duration::from_millis(500);
/// The last part of that time is for the LEAVE: no text is begun in it, however many wait.
const LAST_WORD: Duration = Duration::from_millis(100);
/// How long we wait after the LEAVE for the server to close first. Closing a socket with unread bytes throws away what
/// is still on its way. Together with [`LEAVE_WITHIN`] this stays well below a second, the longest that a user waits.
const LINGER: Duration = Duration::from_millis(200);

pub(crate) use end::{End, Lost};

mod end;
mod hearing;

/// One transport and what goes through it.
pub(crate) struct Connection<'n> {
    network: &'n mut Network,
    transport: Transport,
    decoder: Decoder,
    /// The frame that is being written.
    frame: Option<Outgoing>,
    /// While it lasts, no frame is begun.
    pause: Option<Sleep>,
    /// When a frame that has begun counts as broken off, unless more of it comes.
    silent_at: Option<Duration>,
    /// The user wants to leave. At this time the connection ends, whether the LEAVE is written or not.
    leave_by: Option<Duration>,
    /// Whether the LEAVE waits for the server: to tell that a text has arrived, or to take texts.
    waits_to_leave: bool,
    /// Whether the LEAVE was begun.
    said_leave: bool,
    /// Whether the server has said anything.
    has_heard: bool,
    /// Why writing failed. What the server said before that is still read.
    broken: Option<io::Error>,
    timer: Option<(Duration, Sleep)>,
}

enum Step {
    Wish(Wish),
    Due,
    Wrote(io::Result<usize>),
    Read(io::Result<usize>),
}

impl<'n> Connection<'n> {
    pub(crate) fn new(network: &'n mut Network, transport: Transport, line: Option<Line>) -> Self {
        let now = network.now();
        network.member.connect(draw::nonce(), line, now);
        network.keep();
        Self {
            decoder: Decoder::new(network.options.limits),
            frame: network.member.next(false, now),
            network,
            transport,
            pause: None,
            silent_at: None,
            leave_by: None,
            waits_to_leave: false,
            said_leave: false,
            has_heard: false,
            broken: None,
            timer: None,
        }
    }

    pub(crate) async fn run(mut self) -> End {
        let mut chunk = vec![0; CHUNK];
        loop {
            let step = future::poll_fn(|cx| self.poll_step(cx, &mut chunk)).await;
            let end = match step {
                Step::Wish(Wish::Retry) => None,
                Step::Wish(Wish::Wake) => {
                    let now = self.network.now();
                    self.network.member.doubt_connection(now);
                    None
                }
                Step::Wish(Wish::Leave) => {
                    let within = LEAVE_WITHIN + self.network.options.patience;
                    self.leave_by = Some(self.now() + within);
                    None
                }
                Step::Due => self.due(),
                Step::Wrote(wrote) => {
                    self.broken = wrote.and_then(|bytes| self.wrote(bytes)).err();
                    None
                }
                Step::Read(Ok(0)) => {
                    let why = self.broken.as_ref().map_or_else(|| CLOSED.to_owned(), why);
                    let has_left = self.said_leave && self.frame.is_none();
                    Some(if has_left && self.broken.is_none() {
                        self.left(End::Parted)
                    } else {
                        self.closed(&why)
                    })
                }
                Step::Read(Ok(bytes)) => self.read(&chunk[..bytes]),
                Step::Read(Err(error)) => Some(self.closed(&why(&error))),
            };
            if let Some(end) = end {
                return end;
            }
            if self.network.is_contested && self.leave_by.is_none() {
                return End::Lost(Lost::contested());
            }
        }
    }

    /// The first thing that can be done now. Reading comes last, so that a flood holds up nothing else.
    fn poll_step(&mut self, cx: &mut Context<'_>, chunk: &mut [u8]) -> Poll<Step> {
        if self.leave_by.is_some() {
            self.network.outlet.poll(cx);
        } else if let Poll::Ready(wish) = self.network.poll_screen(cx) {
            return Poll::Ready(Step::Wish(wish));
        }
        self.take_up_frame(cx);
        if self.poll_timer(cx).is_ready() {
            return Poll::Ready(Step::Due);
        }
        if let (Some(frame), None) = (&self.frame, &self.broken)
            && let Poll::Ready(wrote) = self.transport.poll_write(cx, frame.rest())
        {
            return Poll::Ready(Step::Wrote(wrote));
        }
        match self.transport.poll_read(cx, chunk) {
            Poll::Ready(read) => Poll::Ready(Step::Read(read)),
            Poll::Pending => match self.broken.take() {
                Some(error) => Poll::Ready(Step::Read(Err(error))),
                None => Poll::Pending,
            },
        }
    }

    /// Ready when the next deadline has passed. Without a deadline there is no timer.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.now();
        let deadline = match self.leave_by {
            Some(leave_by) if self.waits_to_leave => Some(leave_by.saturating_sub(LAST_WORD)),
            Some(leave_by) => Some(leave_by),
            None => {
                let deadlines = [
                    self.network.member.deadline(self.network.now()),
                    self.silent_at,
                ];
                deadlines.into_iter().flatten().min()
            }
        };
        let Some(deadline) = deadline else {
            self.timer = None;
            return Poll::Pending;
        };
        let timer = match self.timer.take() {
            Some((at, timer)) if at == deadline => timer,
            _ => self.network.clock.sleep(deadline.saturating_sub(now)),
        };
        let (_, timer) = self.timer.insert((deadline, timer));
        let over = timer.poll_unpin(cx);
        if over.is_ready() {
            self.timer = None;
        }
        over
    }

    fn due(&mut self) -> Option<End> {
        let now = self.network.now();
        if let Some(leave_by) = self.leave_by {
            return (leave_by <= now.awake).then_some(End::Left);
        }
        let ending = self.network.member.due(now);
        self.network.publish();
        if let Some(ending) = ending {
            return Some(self.end(ending));
        }
        match self.silent_at {
            Some(at) if at <= now.awake => self.silence(),
            _ => None,
        }
    }

    /// Takes up the next frame when none is being written. A text stays with the member until its first byte is
    /// written.
    fn take_up_frame(&mut self, cx: &mut Context<'_>) {
        if self.frame.is_some() || self.said_leave || self.is_pausing(cx) {
            return;
        }
        let now = self.network.now();
        let is_leaving = self.leave_by.is_some();
        let may_say = self.leave_by.is_none_or(|by| now.awake + LAST_WORD < by);
        if may_say {
            self.frame = self.network.member.next(is_leaving, now);
            self.network.publish();
        }
        let is_idle = is_leaving && self.frame.is_none();
        self.waits_to_leave = is_idle && may_say && !self.network.member.is_done();
        if is_idle && !self.waits_to_leave {
            self.said_leave = true;
            self.frame = Some(self.network.member.leave());
        }
    }

    fn is_pausing(&mut self, cx: &mut Context<'_>) -> bool {
        let is_over = |pause: &mut Sleep| pause.poll_unpin(cx).is_ready();
        self.pause.take_if(is_over);
        self.pause.is_some()
    }

    fn wrote(&mut self, bytes: usize) -> io::Result<()> {
        let Some(frame) = &mut self.frame else {
            return Ok(());
        };
        if bytes == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let first = frame.is_untouched();
        frame.advance(bytes);
        let (kind, done) = (frame.kind(), frame.is_done());
        let now = self.network.now();
        if first {
            self.network.member.began(kind, now);
            self.network.keep();
        }
        if !done {
            return Ok(());
        }
        self.frame = None;
        self.network.member.wrote(kind, now);
        self.network.publish();
        match kind {
            Kind::Join | Kind::Earlier | Kind::Ping { .. } => {}
            Kind::Text { .. } => {
                // What is typed while nothing waits goes out at once, and so does all that goes to a server that is no
                // naive one: it has granted.
                let waits = self.network.member.has_texts() || self.leave_by.is_some();
                if waits && !self.network.member.is_granted() {
                    self.pause = Some(self.network.clock.sleep(APART));
                }
            }
            Kind::Leave => {
                // An error means that the connection is gone, and the next read says the same.
                let _ = self.transport.finish();
                let linger = LINGER.max(self.network.options.patience);
                self.leave_by = Some(self.now() + linger);
            }
        }
        Ok(())
    }

    fn closed(&mut self, why: &str) -> End {
        if self.leave_by.is_some() {
            return self.left(End::Left);
        }
        if let Some(end) = self.silence() {
            return end;
        }
        let now = self.network.now();
        if self.network.member.is_kicked() {
            self.network.member.ended(now);
            return End::Out;
        }
        let is_private = self.network.options.is_private;
        let told = approach::told(&self.transport);
        let lost = match (self.network.member.ended(now), told) {
            (Some(refusal), _) if !is_private && refusal.wants_tls() => Lost::wants_tls(),
            (Some(refusal), told) => Lost::refused(refusal, told),
            (None, Some(told)) => told,
            (None, None) if self.network.member.is_put_off() => Lost::because(Cause::PutOff, why),
            (None, None) => Lost::because(Cause::CutOff, why),
        };
        if is_private && lost.cause.wants_password() {
            return End::AsksPassword;
        }
        End::Lost(lost)
    }

    /// The server has closed the connection after the user's wish to leave.
    fn left(&mut self, end: End) -> End {
        let now = self.network.now();
        // Words that came long before the close are no refusal.
        let _ = self.network.member.due(now);
        let is_kicked = self.network.member.is_kicked();
        match self.network.member.ended(now) {
            Some(refusal) if !is_kicked => End::Barred(Lost::refused(refusal, None)),
            Some(_) => End::Left,
            None => end,
        }
    }

    /// Writes the LEAVE of a connection that we give up, if the socket takes it at once and it does not cut into a
    /// frame. A server that has granted keeps our place instead, for the next connection.
    fn part_at_once(&mut self) {
        // Bytes that the socket has refused may be offered again, and no others in their place. The end would be such.
        if self.frame.is_none() && !self.network.member.is_granted() {
            let leave = self.network.member.leave();
            let wrote = self.transport.try_write(leave.rest());
            if wrote.is_ok_and(|bytes| bytes == leave.rest().len()) {
                let _ = self.transport.finish();
            }
        }
    }

    fn now(&self) -> Duration {
        self.network.clock.awake()
    }
}
