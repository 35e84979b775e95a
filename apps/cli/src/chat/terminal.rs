//! Terminal: one thread edits the line that is being typed, another shows lines above it. Neither makes the
//! conversation wait, not even where the user stops the output or searches what was typed before.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use flume::{Receiver, Sender};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{ColorMode, Config, Context, Editor, ExternalPrinter, Helper};

use super::queue::{Intake, Outlet, queue};
use super::screen::{Style, Typed};

/// How long the end may wait for lines to be shown.
const LAST_LINES: Duration = Duration::from_millis(500);

/// What a terminal is told so that it no longer marks what is pasted.
const NO_MARKS: &str = "\x1b[?2004l";

/// The terminal of the user.
pub(super) struct Terminal {
    before: Termios,
    editing: Arc<Editing>,
    lines: Option<Intake>,
    shown: Receiver<()>,
    style: Style,
}

impl Terminal {
    /// Begins to edit lines, and sends what is typed. `None` if this terminal is too simple for it.
    pub(super) fn open(name: &str, typed: Sender<Typed>) -> io::Result<Option<Self>> {
        let before = tcgetattr(io::stdin())?;
        let is_coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let style = if is_coloured {
            Style::COLOURS
        } else {
            Style::PLAIN
        };
        // Always, so that `Typing` sees all that is drawn. It uses colours only where they are wanted.
        let config = Config::builder().color_mode(ColorMode::Forced).build();
        let history = MemHistory::with_config(&config);
        let editor = Editor::with_history(config, history);
        let mut editor: Editor<Typing, MemHistory> = editor.map_err(io::Error::other)?;
        let Ok(printer) = editor.create_external_printer() else {
            return Ok(None);
        };
        let editing = Arc::new(Editing::default());
        editor.set_helper(Some(Typing {
            editing: editing.clone(),
            prompt: format!("{}> ", style.name(name)),
        }));
        let prompt = format!("{}> ", Style::PLAIN.name(name));
        let (lines, to_show) = queue();
        let (done, shown) = flume::bounded(0);
        let gate = editing.clone();
        let show = move || {
            show_lines(printer, &to_show, &gate);
            drop(done);
        };
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(show)?;
        let gate = editing.clone();
        let edit = move || edit_lines(&mut editor, &prompt, &typed, &gate);
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(edit)?;
        Ok(Some(Self {
            before,
            editing,
            lines: Some(lines),
            shown,
            style,
        }))
    }

    /// How lines are to be written.
    pub(super) fn style(&self) -> Style {
        self.style
    }

    /// Shows a line, which has an end.
    pub(super) fn print(&mut self, line: String) {
        if let Some(lines) = &mut self.lines {
            lines.put(line);
        }
    }

    /// Shows the last lines, and leaves the terminal as it was.
    pub(super) fn close(&mut self) {
        // An editor that is only beginning a line would change the terminal after us.
        self.editing.wait_until_typing();
        self.editing.set(State::Over);
        self.lines = None;
        // It fails when the thread has ended, and is late when the terminal takes nothing.
        let _ = self.shown.recv_timeout(LAST_LINES);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
        let mut out = io::stdout().lock();
        let _ = out
            .write_all(NO_MARKS.as_bytes())
            .and_then(|()| out.flush());
    }
}

/// Whether a line is being typed. Lines are shown only then or at the end: in between, they could get into the prompt.
#[derive(Default)]
struct Editing {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Typing,
    Over,
}

impl Editing {
    fn set(&self, state: State) {
        let mut now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *now != State::Over {
            *now = state;
        }
        self.changed.notify_all();
    }

    fn wait_until_typing(&self) {
        let now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_between = |now: &mut State| *now == State::Between;
        drop(self.changed.wait_timeout_while(now, LAST_LINES, is_between));
    }

    fn wait_until_lines_may_be_shown(&self) {
        let now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_between = |now: &mut State| *now == State::Between;
        drop(self.changed.wait_while(now, is_between));
    }
}

fn show_lines(mut printer: impl ExternalPrinter, lines: &Outlet, editing: &Editing) {
    while let Some(together) = lines.take() {
        editing.wait_until_lines_may_be_shown();
        if printer.print(together).is_err() {
            return;
        }
    }
}

fn edit_lines(
    editor: &mut Editor<Typing, MemHistory>,
    prompt: &str,
    typed: &Sender<Typed>,
    editing: &Editing,
) {
    loop {
        let line = editor.readline(prompt);
        editing.set(State::Between);
        let next = match line {
            Ok(line) => {
                // It is only a help for the user.
                let _ = editor.add_history_entry(&*line);
                Typed::Text(line.chars().filter(|c| is_harmless(*c)).collect())
            }
            Err(ReadlineError::Interrupted) => Typed::Stop,
            Err(_) => Typed::End,
        };
        let is_last = !matches!(next, Typed::Text(_));
        if is_last {
            editing.set(State::Over);
        }
        if typed.send(next).is_err() || is_last {
            return;
        }
    }
}

/// Whether a character of what is pasted does nothing to a terminal.
fn is_harmless(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t')
}

/// Sees what is drawn of the line that is being typed.
struct Typing {
    editing: Arc<Editing>,
    prompt: String,
}

impl Hinter for Typing {
    type Hint = String;

    /// It is asked whenever the line is about to be drawn, from the first time on.
    fn hint(&self, _: &str, _: usize, _: &Context<'_>) -> Option<String> {
        self.editing.set(State::Typing);
        None
    }
}

impl Highlighter for Typing {
    /// Control characters have no width here, so that leaving them out moves nothing.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if line.chars().all(is_harmless) {
            return line.into();
        }
        line.chars()
            .filter(|c| is_harmless(*c))
            .collect::<String>()
            .into()
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        default: bool,
    ) -> Cow<'b, str> {
        if default {
            self.prompt.as_str().into()
        } else {
            prompt.into()
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        false
    }
}

impl Completer for Typing {
    type Candidate = String;
}

impl Validator for Typing {}

impl Helper for Typing {}
