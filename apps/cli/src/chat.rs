//! Chat: talks from a terminal, where the line that is typed stays below what comes in, or through a pipe: lines in,
//! lines out. What is said and told is decided in `conversation`, which knows no terminal.
//!
//! It ends at the end of the input, at Ctrl-C and at a signal, and has left the room then.

use std::io::IsTerminal as _;
use std::time::{Instant, SystemTime};

use hubbub_session::{Intent, Stamped};
use hubbub_wire::Limits;

use crate::arguments;
use crate::member::{Member, Next, Profile};
use crate::room::Room;
use crate::status::{Failure, Outcome, Status};

use self::conversation::Conversation;
use self::screen::{Input, Screen, Typed};
use self::settling::Settling;

mod conversation;

mod own;

mod words;

mod screen;

mod terminal;

mod queue;

mod settling;

/// How many earlier messages a terminal begins with: about a screen. A program begins with what comes.
const RECENT: u32 = 20;

/// How many messages may be on their way before a pipe waits: enough for a fast network, and a bound in an outage.
const ON_THE_WAY: usize = 256;

pub(crate) fn run(arguments: &arguments::Chat) -> Outcome {
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let recent = arguments
        .recent
        .unwrap_or(if is_terminal { RECENT } else { 0 });
    let profile = Profile {
        recent,
        ..Profile::default()
    };
    let room = Room::of(&arguments.room)?;
    let member = Member::start(&room, profile)?;
    let name = room.username.as_str();
    let (screen, input) = Screen::open(is_terminal, name)
        .map_err(|error| Failure::new(Status::CutOff, format!("cannot start: {error}")))?;
    let mut chat = Chat {
        conversation: Conversation::new(room.addresses()),
        screen,
        member,
        settling: Settling::default(),
    };
    let outcome = chat.until_the_end(&input);
    chat.end(outcome)
}

struct Chat {
    conversation: Conversation,
    screen: Screen,
    member: Member,
    settling: Settling,
}

/// Why the conversation is over, if it did not fail.
enum End {
    /// There was no more input, and what was said has arrived or cannot be waited for any longer.
    Input,
    /// The user or the system wanted it.
    Asked,
}

impl Chat {
    fn until_the_end(&mut self, input: &Input) -> Result<End, Failure> {
        loop {
            let now = Instant::now();
            let (is_in, is_settled) = (self.conversation.is_in(), self.conversation.is_settled());
            if self.settling.is_over(now, is_in, is_settled) {
                return Ok(End::Input);
            }
            let next = if self.takes_more() {
                &input.typed
            } else {
                &input.closed
            };
            match self.member.next_or(next, self.looks_again(now)) {
                Next::Happened(batch) => self.hear(batch)?,
                Next::Own(Typed::Text(text)) => self.say(text)?,
                Next::Own(Typed::NoMore) => self.settling.closes(now),
                Next::Own(Typed::End) => {
                    self.settling.begin(now);
                    if let count @ 1.. = self.conversation.waiting() {
                        let messages = words::messages(count);
                        let words = format!("waiting until {messages} arrived; Ctrl-C ends it now");
                        self.conversation.tell(SystemTime::now(), words);
                    }
                    self.show()?;
                }
                Next::Own(Typed::Stop) | Next::Stop => return Ok(End::Asked),
                Next::Late => {
                    self.conversation
                        .tell_what_is_late(SystemTime::now(), Instant::now());
                    self.show()?;
                }
                Next::Ended => return Err(Failure::new(Status::CutOff, "the session has ended")),
            }
        }
    }

    /// Whether more input is taken. What a terminal gives is always taken: its Ctrl-C comes the same way.
    fn takes_more(&self) -> bool {
        self.screen.is_terminal() || self.conversation.waiting() < ON_THE_WAY
    }

    /// When something changes although nothing happens.
    fn looks_again(&self, now: Instant) -> Option<Instant> {
        let ends = self.settling.looks_again(now);
        ends.into_iter().chain(self.conversation.tells_next()).min()
    }

    fn hear(&mut self, batch: Vec<Stamped>) -> Result<(), Failure> {
        let mut heard = Ok(());
        let waiting = self.conversation.waiting();
        for stamped in batch {
            heard = self.conversation.hear(stamped);
            if heard.is_err() {
                break;
            }
        }
        if self.conversation.waiting() < waiting {
            self.settling.progress(Instant::now());
        }
        self.show()?;
        heard
    }

    fn say(&mut self, text: String) -> Result<(), Failure> {
        let most = Limits::DEFAULT.max_payload;
        if text.len() > most {
            let words = format!("not sent: it is longer than {most} bytes, which is the most");
            self.conversation.tell(SystemTime::now(), words);
        } else if !text.trim().is_empty() {
            let id = self.conversation.say(&text, Instant::now());
            self.member.wants(Intent::Say { id, text });
        }
        self.show()
    }

    fn show(&mut self) -> Result<(), Failure> {
        let lines = self.conversation.take_lines();
        self.screen
            .show(&lines)
            .map_err(|error| Failure::output(&error))
    }

    /// Leaves, and says what did not arrive.
    fn end(mut self, outcome: Result<End, Failure>) -> Outcome {
        let rest = self.member.leave();
        if outcome.is_ok() {
            for stamped in rest {
                // After the end nothing can fail any more.
                let _ = self.conversation.hear(stamped);
            }
            let lines = self.conversation.take_lines();
            self.screen
                .show(&lines)
                .map_err(|error| Failure::output(&error))?;
        }
        self.screen.close();
        let lost = self.conversation.unsettled().map(|words| {
            let is_all = self.settling.has_ended() || !matches!(outcome, Ok(End::Input));
            let rest = if is_all {
                ""
            } else {
                ", and the rest of the input was not sent"
            };
            words + rest
        });
        if let (Ok(End::Input), Some(unreached)) = (&outcome, self.conversation.unreached()) {
            return Err(unreached);
        }
        match (outcome, lost) {
            (Err(failure), _) => Err(failure),
            (Ok(_), None) => Ok(()),
            (Ok(End::Asked), Some(words)) => {
                crate::status::say(&words);
                Ok(())
            }
            (Ok(End::Input), Some(words)) => Err(Failure::new(Status::CutOff, words)),
        }
    }
}
