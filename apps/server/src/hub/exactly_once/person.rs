//! A person at a client program: what the program knows is the session's own [`Member`], and the screen is what a
//! checker can hold against the log.

use std::time::{Duration, SystemTime};

use fastrand::Rng;
use hubbub_session::MessageId;
use hubbub_session::member::{Ending, Kind, Member, Now, Outgoing, Profile};
use hubbub_wire::{Decoder, Hex64, Hex128, Limits, Username};

use super::line::Line;
use super::screen::{Kept, Screen};

/// Somebody who uses the room, whichever program runs at the moment.
pub(super) struct Person {
    pub(super) name: &'static str,
    /// How many texts the person has said, in all runs.
    pub(super) said: u64,
    /// Whether the person's programs count what arrives as seen.
    pub(super) counts_arrivals: bool,
    pub(super) run: Run,
}

/// One run of a program.
pub(super) struct Run {
    pub(super) member: Member,
    pub(super) screen: Screen,
    /// The connection, as this side sees it.
    pub(super) connection: Option<Connection>,
    /// No attempt to connect is made before this time. `None` after [`Event::Replaced`]: the person has to wish for it.
    pub(super) next_attempt: Option<Duration>,
}

/// One connection of a program.
pub(super) struct Connection {
    pub(super) line: Line,
    decoder: Decoder,
    writing: Option<(Outgoing, usize)>,
}

/// How long a program waits before it connects again. The real times matter to nobody here.
const AGAIN: Duration = Duration::from_millis(500);

impl Run {
    pub(super) fn new(
        name: &'static str,
        kept: Option<Kept>,
        counts_arrivals: bool,
        random: &mut Rng,
    ) -> Self {
        let profile = Profile {
            username: Username::new(name, Limits::DEFAULT.max_name).unwrap(),
            seen: kept.as_ref().map(|kept| kept.seen.clone()),
            recent: random.u32(..=200),
            plain: false,
            session: Hex64(random.u64(..)),
            secret: Hex128(random.u128(..)),
        };
        Self {
            member: Member::new(profile),
            screen: Screen::new(kept, counts_arrivals),
            connection: None,
            next_attempt: Some(Duration::ZERO),
        }
    }

    /// The person says something.
    pub(super) fn say(&mut self, id: MessageId, text: String) {
        self.screen.says(id, &text);
        self.member.say(id, text);
    }

    /// Whether it is time to connect.
    pub(super) fn wants_connection(&self, now: Duration) -> bool {
        self.connection.is_none() && self.next_attempt.is_some_and(|at| at <= now)
    }

    pub(super) fn connect(&mut self, line: Line, nonce: Hex64, now: Duration) {
        self.member.connect(nonce, None, moment(now));
        self.connection = Some(Connection {
            line,
            decoder: Decoder::new(Limits::DEFAULT),
            writing: None,
        });
        self.show();
    }

    /// The socket takes up to so many bytes of what goes out next.
    pub(super) fn write(&mut self, mut most: usize, now: Duration) {
        let now = moment(now);
        while most > 0 {
            let Some(connection) = &mut self.connection else {
                break;
            };
            if connection.writing.is_none() {
                let Some(next) = self.member.next(false, now) else {
                    break;
                };
                connection.writing = Some((next, 0));
            }
            let Some((frame, written)) = &mut connection.writing else {
                break;
            };
            let kind = frame.kind();
            if *written == 0 {
                self.member.began(kind, now);
                if let Kind::Text { id, count: None } = kind {
                    self.screen.goes_plain(id);
                }
            }
            let rest = &frame.rest()[*written..];
            // It is one short write, which no network cuts in two.
            let bytes = match kind {
                Kind::Join => rest.len(),
                _ => most.min(rest.len()),
            };
            connection.line.push(&rest[..bytes]);
            *written += bytes;
            most = most.saturating_sub(bytes);
            if bytes == rest.len() {
                connection.writing = None;
                self.member.wrote(kind, now);
            }
        }
        self.show();
    }

    /// Bytes of the server come.
    pub(super) fn hear(&mut self, mut bytes: &[u8], now: Duration) {
        let mut ending = None;
        if let Some(connection) = &mut self.connection {
            while ending.is_none()
                && let Some(item) = connection.decoder.next(&mut bytes).unwrap()
            {
                ending = self.member.hear(&item, moment(now));
            }
        }
        self.show();
        if let Some(ending) = ending {
            self.gives_up(&ending, now);
        }
    }

    /// What was to happen by now.
    pub(super) fn due(&mut self, now: Duration) {
        let at = self.member.deadline(moment(now));
        let ending = match at {
            Some(at) if at <= now => self.member.due(moment(now)),
            _ => None,
        };
        self.show();
        if let Some(ending) = ending {
            self.gives_up(&ending, now);
        }
    }

    fn gives_up(&mut self, ending: &Ending, now: Duration) {
        self.lost(now);
        if matches!(ending, Ending::Replaced | Ending::Kicked) {
            self.next_attempt = None;
        }
    }

    /// The connection has ended, as this side sees it.
    pub(super) fn lost(&mut self, now: Duration) {
        if self.connection.take().is_some() {
            self.member.ended(moment(now));
            self.next_attempt = Some(now + AGAIN);
            self.show();
        }
    }

    /// Whether everything that was said has arrived.
    pub(super) fn is_done(&self) -> bool {
        self.member.is_done()
    }

    fn show(&mut self) {
        for stamped in self.member.events() {
            self.screen.show(stamped.event);
        }
    }
}

/// Both clocks run alike: nobody sleeps here.
fn moment(now: Duration) -> Now {
    Now {
        awake: now,
        wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + now,
    }
}
