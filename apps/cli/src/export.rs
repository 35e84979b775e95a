//! Export: prints what a server has kept, out of its history directory. It changes nothing there and needs no server.

use std::io::{self, BufWriter, Write};

use hubbub_wire::Time;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::arguments;
use crate::clean;
use crate::json;
use crate::status::{Failure, Outcome};

use self::history::{History, Kept};

mod history;

/// Prints the messages that are asked for, the oldest first.
pub(crate) fn run(arguments: &arguments::Export) -> Outcome {
    let since = arguments.since.map_or(i64::MIN, Timestamp::as_millisecond);
    let words: Vec<String> = arguments
        .find
        .iter()
        .flat_map(|words| words.split_whitespace().map(str::to_uppercase))
        .collect();
    let zone = TimeZone::system();
    let mut history = History::open(&arguments.dir)?;
    let mut out = BufWriter::new(io::stdout().lock());
    loop {
        let page = history.next_page(since)?;
        if page.is_empty() {
            return out.flush().map_err(|error| Failure::output(&error));
        }
        for kept in page.iter().filter(|kept| holds(kept, &words)) {
            let line = if arguments.json {
                as_json(kept)
            } else {
                as_line(kept, &zone)
            };
            let written = out.write_all(line.as_bytes());
            written.map_err(|error| Failure::output(&error))?;
        }
    }
}

/// Whether a message has all of these words in its text or its sender's name. They are in capitals, since that folds
/// more than small letters do.
fn holds(kept: &Kept, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = String::from_utf8_lossy(&kept.text);
    let all = format!("{}\n{text}", kept.name).to_uppercase();
    words.iter().all(|word| all.contains(word))
}

fn as_json(kept: &Kept) -> String {
    let time = Time::from_unix_ms(kept.ms.unsigned_abs()).to_string();
    let text = json::Text {
        time: &time,
        id: Some(kept.id.as_deref().unwrap_or(&kept.seq)),
        seq: Some(&kept.seq),
        from: &kept.name,
        text: &kept.text,
        past: true,
    };
    text.line()
}

/// `2026-11-23 08:00:00 bob: hi`, in the time of this machine. Further lines of a text are indented.
fn as_line(kept: &Kept, zone: &TimeZone) -> String {
    let time = Timestamp::from_millisecond(kept.ms).unwrap_or_default();
    let time = time.to_zoned(zone.clone());
    let text = String::from_utf8_lossy(&kept.text).replace("\r\n", "\n");
    let (name, text) = (clean::line(&kept.name), clean::text(&text));
    format!("{} {name}: {text}\n", time.strftime("%Y-%m-%d %H:%M:%S"))
}
