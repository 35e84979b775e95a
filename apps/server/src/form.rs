//! The form of the log's lines: words for people, the same for the journal of systemd, or JSON for programs.
//!
//! The journal adds the time itself, and takes the level from a number in front of the line, as sd-daemon(3) says.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

#[cfg(feature = "service")]
mod journal;
#[cfg(feature = "service")]
mod json;

/// The form of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Form {
    /// Whether the journal reads the lines.
    #[cfg(feature = "service")]
    is_journal: bool,
    /// Whether they are JSON.
    #[cfg(feature = "service")]
    is_json: bool,
}

#[cfg(feature = "service")]
impl Form {
    /// The form for stderr as it is: for the journal, if that reads it.
    pub(crate) fn of_stderr(is_json: bool) -> Self {
        Self {
            is_journal: journal::reads_stderr(),
            is_json,
        }
    }
}

#[cfg(not(feature = "service"))]
impl Form {
    /// The only form there is.
    pub(crate) fn of_stderr(_: bool) -> Self {
        Self::default()
    }

    fn write<S, N>(
        self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        N: for<'a> FormatFields<'a> + 'static,
    {
        let words = Format::default().with_target(false);
        words.format_event(context, writer, event)
    }

    /// A line that is no event of the log, with its line end.
    pub(crate) fn line(self, _: Level, words: &str) -> String {
        format!("hubbub-server: {words}\n")
    }
}

#[cfg(feature = "service")]
impl Form {
    fn write<S, N>(
        self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        N: for<'a> FormatFields<'a> + 'static,
    {
        let level = *event.metadata().level();
        if self.is_journal {
            writer.write_str(journal::prefix(level))?;
        }
        let words = Format::default().with_target(false);
        if self.is_json {
            json::write(&mut writer, !self.is_journal, event)
        } else if self.is_journal {
            let words = words.without_time().with_level(false);
            words.format_event(context, writer, event)
        } else {
            words.format_event(context, writer, event)
        }
    }

    /// A line that is no event of the log, with its line end.
    pub(crate) fn line(self, level: Level, words: &str) -> String {
        let prefix = if self.is_journal {
            journal::prefix(level)
        } else {
            ""
        };
        if self.is_json {
            format!("{prefix}{}\n", json::of(level, words))
        } else {
            format!("{prefix}hubbub-server: {words}\n")
        }
    }
}

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        // What the client of the engines has to say, the server says in its own words.
        #[cfg(feature = "cluster")]
        if event.metadata().target().starts_with("async_nats") {
            return Ok(());
        }
        self.write(context, writer, event)
    }
}
