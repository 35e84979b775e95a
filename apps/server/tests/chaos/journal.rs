//! The journal of a run: everything that members, server and disk did, in the order in which the test saw it. Each
//! entry is a line of words, so that a journal can be read by a person, kept in a file, and written by hand in a test.

use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use hubbub_testing::DEADLINE;

use crate::words::TextId;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// When the test saw it, counted from the beginning.
    pub(crate) at: Duration,
    /// A member, `server` or `disk`.
    pub(crate) who: String,
    /// Which run of the program; for a plain member which connection. From 1.
    pub(crate) run: u32,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A member was told to say its text with this number.
    Says(u64),
    /// A member was told to leave. It says of what has not arrived that it may not have.
    Leaves,
    /// This run of a program, or this connection of a plain member, is over.
    Ends,
    /// A plain member has sent its JOIN.
    Plain,
    /// A session has a connection.
    Connected,
    /// A session has none any more, or was refused.
    Lost { refused: bool, why: String },
    /// The server granted the extension, in the room of this id.
    Granted(String),
    /// A member was shown a text.
    Heard {
        text: TextId,
        /// Its place in the log; none for a plain member.
        place: Option<String>,
        past: bool,
        /// The number of the member's own text that it is.
        own: Option<u64>,
    },
    /// A member was shown something that is no text of this run, or not whole.
    Damaged(String),
    /// A member was told that something is missing.
    Gap,
    /// The past is complete up to this place. Whether there is something older than what was shown.
    CaughtUp(String, bool),
    /// A member is told to ask for earlier messages from now on, and shows them backwards.
    Asks,
    /// The answer to a wish for earlier messages is complete. Whether there is more.
    Earlier(bool),
    /// A member's own text is in the log, at this place or before it.
    Arrived(u64, String),
    /// A member's own text may not have arrived.
    Unsure(u64),
    /// Who is here, as a member knows it.
    Here(Vec<String>),
    /// Somebody came.
    Came(String),
    /// Somebody went.
    Went(String),
    /// The server told something, with this code.
    Notice(String),
    /// The server listens.
    Starts,
    /// The server was ended, in this way.
    Stops(String),
    /// The disk has no room any more.
    Full,
    /// Another program has locked the database.
    Locked,
    /// The disk is as it should be.
    Fine,
    /// What no rule depends on, for the reader of the journal.
    Note(String),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Says(number) => write!(f, "says {number}"),
            Self::Leaves => write!(f, "leaves"),
            Self::Ends => write!(f, "ends"),
            Self::Plain => write!(f, "plain"),
            Self::Connected => write!(f, "connected"),
            Self::Lost { refused, why } => write!(f, "lost {refused} {why}"),
            Self::Granted(room) => write!(f, "granted {room}"),
            Self::Heard {
                text,
                place,
                past,
                own,
            } => {
                let (place, past) = (
                    place.as_deref().unwrap_or("-"),
                    if *past { "past" } else { "live" },
                );
                write!(f, "heard {text} {place} {past}")?;
                own.map_or(Ok(()), |number| write!(f, " {number}"))
            }
            Self::Damaged(words) => write!(f, "damaged {words}"),
            Self::Gap => write!(f, "gap"),
            Self::CaughtUp(last, more) => write!(f, "caught-up {last} {more}"),
            Self::Asks => write!(f, "asks"),
            Self::Earlier(more) => write!(f, "earlier {more}"),
            Self::Arrived(number, place) => write!(f, "arrived {number} {place}"),
            Self::Unsure(number) => write!(f, "unsure {number}"),
            Self::Here(names) => write!(f, "here {}", names.join(" ")),
            Self::Came(name) => write!(f, "came {name}"),
            Self::Went(name) => write!(f, "went {name}"),
            Self::Notice(code) => write!(f, "notice {code}"),
            Self::Starts => write!(f, "starts"),
            Self::Stops(how) => write!(f, "stops {how}"),
            Self::Full => write!(f, "full"),
            Self::Locked => write!(f, "locked"),
            Self::Fine => write!(f, "fine"),
            Self::Note(words) => write!(f, "note {words}"),
        }
    }
}

impl What {
    /// Reads what [`Display`](fmt::Display) wrote. `None` for any other line.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(match (verb, &words[..]) {
            ("says", [number]) => Self::Says(number.parse().ok()?),
            ("leaves", []) => Self::Leaves,
            ("ends", []) => Self::Ends,
            ("plain", []) => Self::Plain,
            ("connected", []) => Self::Connected,
            ("lost", [refused, why @ ..]) => Self::Lost {
                refused: refused.parse().ok()?,
                why: why.join(" "),
            },
            ("granted", [room]) => Self::Granted((*room).to_owned()),
            ("heard", [text, place, past, own @ ..]) => Self::Heard {
                text: TextId::parse(text)?,
                place: (*place != "-").then(|| (*place).to_owned()),
                past: *past == "past",
                own: own.first().map(|own| own.parse()).transpose().ok()?,
            },
            ("damaged", _) => Self::Damaged(rest.to_owned()),
            ("gap", []) => Self::Gap,
            ("caught-up", [last, more]) => Self::CaughtUp((*last).to_owned(), more.parse().ok()?),
            ("asks", []) => Self::Asks,
            ("earlier", [more]) => Self::Earlier(more.parse().ok()?),
            ("arrived", [number, place]) => {
                Self::Arrived(number.parse().ok()?, (*place).to_owned())
            }
            ("unsure", [number]) => Self::Unsure(number.parse().ok()?),
            ("here", names) => Self::Here(names.iter().map(|&name| name.to_owned()).collect()),
            ("came", [name]) => Self::Came((*name).to_owned()),
            ("went", [name]) => Self::Went((*name).to_owned()),
            ("notice", [code]) => Self::Notice((*code).to_owned()),
            ("starts", []) => Self::Starts,
            ("stops", [how]) => Self::Stops((*how).to_owned()),
            ("full", []) => Self::Full,
            ("locked", []) => Self::Locked,
            ("fine", []) => Self::Fine,
            ("note", _) => Self::Note(rest.to_owned()),
            _ => return None,
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, who, run, what } = self;
        write!(f, "{:9.3} {who}.{run} {what}", at.as_secs_f64())
    }
}

impl Entry {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (at, rest) = line.trim().split_once(' ')?;
        let (who, what) = rest.split_once(' ')?;
        let (who, run) = who.rsplit_once('.')?;
        Some(Self {
            at: Duration::from_secs_f64(at.parse().ok()?),
            who: who.to_owned(),
            run: run.parse().ok()?,
            what: What::parse(what)?,
        })
    }
}

/// The journal while the run goes on. It is written to a file too, for the evidence.
pub(crate) struct Journal {
    began: Instant,
    pages: Mutex<Pages>,
    grown: Condvar,
}

struct Pages {
    entries: Vec<Entry>,
    file: BufWriter<File>,
    /// What comes after the end is not judged, so it does not stand there.
    has_ended: bool,
}

impl Journal {
    pub(crate) fn begin(file: &Path) -> Self {
        let entries = Vec::new();
        let file = BufWriter::new(File::create(file).unwrap());
        Self {
            began: Instant::now(),
            pages: Mutex::new(Pages {
                entries,
                file,
                has_ended: false,
            }),
            grown: Condvar::new(),
        }
    }

    pub(crate) fn add(&self, who: &str, run: u32, what: What) {
        let mut pages = self.lock();
        if pages.has_ended {
            return;
        }
        let entry = Entry {
            at: self.began.elapsed(),
            who: who.to_owned(),
            run,
            what,
        };
        writeln!(pages.file, "{entry}").unwrap();
        pages.entries.push(entry);
        self.grown.notify_all();
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Waits until the entries are as they should be. Fails after [`DEADLINE`] with the last of them.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&[Entry]) -> bool) {
        assert!(
            self.comes_within(DEADLINE, is_so),
            "not in time: {what}\n{}",
            self.tail(40)
        );
    }

    /// Whether the entries are as they should be, or become so within this time.
    pub(crate) fn comes_within(&self, time: Duration, is_so: impl Fn(&[Entry]) -> bool) -> bool {
        let (pages, _) = self
            .grown
            .wait_timeout_while(self.lock(), time, |pages| !is_so(&pages.entries))
            .unwrap();
        is_so(&pages.entries)
    }

    /// All of it. The file is complete then.
    pub(crate) fn end(&self) -> Vec<Entry> {
        let mut pages = self.lock();
        pages.file.flush().unwrap();
        pages.has_ended = true;
        pages.entries.clone()
    }

    fn tail(&self, count: usize) -> String {
        let pages = self.lock();
        let from = pages.entries.len().saturating_sub(count);
        let last = pages.entries[from..]
            .iter()
            .map(|entry| format!("{entry}\n"));
        last.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap()
    }
}

#[test]
fn an_entry_is_read_as_it_was_written() {
    let lines = [
        "    0.001 server.1 starts",
        "    0.002 ann.1 granted 3f",
        "    0.003 ann.1 says 1",
        "    0.004 ben.1 heard ann.1.1 a-7 live",
        "    0.005 ann.1 heard ann.1.1 a-7 past 1",
        "    0.006 pia.3 heard ann.1.1 - live",
        "    0.007 ann.1 arrived 1 a-7",
        "    0.008 ann.1 lost false the server closed the connection",
        "    0.009 ann.1 here ann ben",
        "    0.010 ann.1 caught-up a-7 false",
        "    0.011 disk.1 full",
    ];
    for line in lines {
        assert_eq!(Entry::parse(line).unwrap().to_string(), line);
    }
}
