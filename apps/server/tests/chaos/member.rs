//! The member program: a session without a window, in a process of its own. It takes wishes from stdin, one a line, and
//! prints each event as one line of the journal. It keeps nothing that it does not print, so it can be killed at any
//! time.
//!
//! It is this test binary, started again: nothing else has to be built for it.

use std::env;
use std::io::{self, BufRead};
use std::thread;

use flume::Sender;
use hubbub_session::{Event, Intent, Options, Ours, Seen, Stamped};
use hubbub_transport::Address;
use hubbub_wire::{Hex128, Username};

use crate::journal::What;
use crate::words::TextId;

/// What the program is told by its environment, apart from what is on stdin: these words, separated by blanks.
pub(crate) const VARIABLE: &str = "HUBBUB_CHAOS_MEMBER";

/// The path of the test that is the program.
pub(crate) const TEST: &str = "member::the_program";

/// Who a member is and what it has seen.
pub(crate) struct Orders {
    pub(crate) name: String,
    pub(crate) run: u32,
    pub(crate) port: u16,
    /// How many earlier messages it wants if it has seen none.
    pub(crate) recent: u32,
    /// Room and place of the last message that it has seen.
    pub(crate) seen: Option<(String, String)>,
}

impl Orders {
    pub(crate) fn to_line(&self) -> String {
        let Self {
            name,
            run,
            port,
            recent,
            seen,
        } = self;
        let mut line = format!("{name} {run} {port} {recent}");
        if let Some((room, place)) = seen {
            line.push_str(&format!(" {room} {place}"));
        }
        line
    }

    fn of_line(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let seen = words.get(4).zip(words.get(5));
        Self {
            name: words[0].to_owned(),
            run: words[1].parse().unwrap(),
            port: words[2].parse().unwrap(),
            recent: words[3].parse().unwrap(),
            seen: seen.map(|(room, place)| ((*room).to_owned(), (*place).to_owned())),
        }
    }

    fn options(&self) -> Options {
        let seen = self.seen.as_ref().map(|(room, seq)| Seen {
            room: Hex128::parse(room).unwrap(),
            seq: seq.clone(),
        });
        let address = Address {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        };
        let username = Username::new(&self.name, 64).unwrap().into_owned();
        Options {
            seen,
            recent: self.recent,
            ..Options::new(address, username)
        }
    }
}

#[test]
#[ignore = "it is the member program, which the other tests start"]
fn the_program() {
    let Ok(line) = env::var(VARIABLE) else {
        println!("SKIPPED: it is no test, but the member program");
        return;
    };
    let orders = Orders::of_line(&line);
    let (intents, wishes) = flume::unbounded();
    let (events, batches) = flume::bounded(1);
    let _ended = hubbub_session::start(orders.options(), wishes, events).unwrap();
    let (name, run) = (orders.name.clone(), orders.run);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            obey(&line, &name, run, &intents);
        }
        // The test is gone: the session leaves.
    });
    for batch in batches {
        for Stamped { event, .. } in batch {
            tell(event);
        }
    }
}

fn obey(line: &str, who: &str, run: u32, intents: &Sender<Intent>) {
    let words: Vec<&str> = line.split(' ').collect();
    let intent = match words[..] {
        ["say", number, padding] => {
            let id = TextId {
                who: who.to_owned(),
                run,
                number: number.parse().unwrap(),
            };
            let text = id.text(padding.parse().unwrap());
            Intent::Say {
                id: id.number,
                text,
            }
        }
        ["retry"] => Intent::Retry,
        ["earlier"] => Intent::Earlier,
        ["leave"] => Intent::Leave,
        _ => panic!("no wish: {line:?}"),
    };
    // A session that has ended takes nothing.
    let _ = intents.send(intent);
}

fn tell(event: Event) {
    if let Event::Earlier { messages, more, .. } = event {
        // From the latest to the earliest, so that all answers together are in one order.
        for Stamped { event, .. } in messages.into_iter().rev() {
            tell(event);
        }
        println!("{}", What::Earlier(more));
        return;
    }
    println!("{}", as_entry(event));
}

fn as_entry(event: Event) -> What {
    match event {
        Event::Connecting => What::Note("connecting".to_owned()),
        Event::Server { address } => What::Note(format!("at {address}")),
        Event::Connected => What::Connected,
        Event::Lost { cause, why, .. } => What::Lost {
            refused: cause.is_refusal(),
            why,
        },
        Event::Joined { name } => What::Came(name),
        Event::Left { name } => What::Went(name),
        Event::Granted { room, .. } => What::Granted(room.to_string()),
        Event::Present { names } => What::Here(names),
        Event::Said {
            name, text, mark, ..
        } => match TextId::of_text(&text).filter(|id| id.who == name) {
            Some(text) => What::Heard {
                text,
                past: mark.as_ref().is_some_and(|mark| mark.past),
                own: mark.as_ref().and_then(|mark| match mark.own? {
                    Ours::Here(id) => Some(id),
                    Ours::Before => None,
                }),
                place: mark.map(|mark| mark.seq),
            },
            None if name == Username::SERVER.as_str() => What::Note(one_line(&text)),
            None => What::Damaged(format!("from {name}: {}", one_line(&text))),
        },
        Event::Gap => What::Gap,
        Event::CaughtUp { last, more } => What::CaughtUp(last, more),
        Event::CutOff { name, missing, .. } => What::Note(format!("{name} cut off, {missing}")),
        Event::Written { id } => What::Note(format!("written {id}")),
        Event::Arrived { id, seq } => What::Arrived(id, seq),
        Event::Unsure { id } => What::Unsure(id),
        Event::Parted => What::Note("parted".to_owned()),
        Event::Pong { id } => What::Note(format!("pong {id}")),
        Event::Replaced => What::Damaged("replaced".to_owned()),
        Event::Kicked { why } => What::Damaged(format!("kicked: {why}")),
        Event::Notice { code, .. } => What::Notice(code),
        Event::Missed { events } => What::Damaged(format!("missed {events}")),
        Event::Earlier { .. } => What::Note("earlier".to_owned()),
        other @ (Event::AsksTrust { .. }
        | Event::KeyChanged { .. }
        | Event::AsksPassword { .. }
        | Event::Secured { .. }) => What::Damaged(format!("in a plain room: {other:?}")),
    }
}

/// The beginning of a text as a line for people.
fn one_line(text: &str) -> String {
    text.chars()
        .take(100)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
