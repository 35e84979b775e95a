//! A terminal with a screen, in which the program runs as somebody sits before it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use hubbub_testing::{Room, signal, until};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// The terminal and the program in it, which is killed when this is dropped.
pub(crate) struct Screen {
    ours: File,
    /// Keeps the terminal alive after the program.
    theirs: File,
    child: Child,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

impl Screen {
    /// `hubbub chat` in this room under this name.
    pub(crate) fn chat(room: &Room, name: &str, options: &[&str]) -> Self {
        Self::chat_at(&room.address().to_string(), name, options)
    }

    /// The same at an address, with options or variables, which have a `=` and no dash.
    pub(crate) fn chat_at(address: &str, name: &str, options: &[&str]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = File::options().read(true).write(true).open(path).unwrap();
        resize(&ours, 24, 60);
        let mut command = Command::new("setsid");
        command
            .args([
                "--ctty",
                env!("CARGO_BIN_EXE_hubbub"),
                "chat",
                address,
                "--username",
                name,
            ])
            .env("TERM", "xterm-256color")
            .env("TZ", "UTC")
            .env("XDG_STATE_HOME", crate::NO_STATE)
            .env_remove("NO_COLOR");
        for option in options {
            match option.split_once('=').filter(|_| !option.starts_with('-')) {
                Some((variable, value)) => command.env(variable, value),
                None => command.arg(option),
            };
        }
        let end = || Stdio::from(theirs.try_clone().unwrap());
        let child = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(24, 60, 500),
            bytes: Vec::new(),
        }));
        let ours = File::from(ours);
        let (mut reader, shared) = (ours.try_clone().unwrap(), seen.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It fails when the terminal is gone.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let mut seen = shared.lock().unwrap();
                seen.parser.process(&bytes[..count]);
                seen.bytes.extend(&bytes[..count]);
            }
        });
        Self {
            ours,
            theirs,
            child,
            seen,
        }
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) {
        self.ours.write_all(keys.as_bytes()).unwrap();
    }

    /// The rows of the screen, without empty ones at its end.
    pub(crate) fn text(&self) -> String {
        let seen = self.seen.lock().unwrap();
        let screen = seen.parser.screen();
        let rows: Vec<_> = screen.rows(0, screen.size().1).collect();
        rows.join("\n").trim_end().to_owned()
    }

    /// All bytes that came.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    /// Waits until the screen holds this.
    #[track_caller]
    pub(crate) fn shows(&self, words: &str) {
        self.becomes(words, |text| text.contains(words));
    }

    /// Waits until the screen is so.
    #[track_caller]
    pub(crate) fn becomes(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(what, || is_so(&self.text()));
        }));
        assert!(
            result.is_ok(),
            "no {what:?} on the screen:\n{}",
            self.text()
        );
    }

    /// Whether typed characters are shown by the terminal itself, as they are outside of an editor.
    pub(crate) fn is_as_before(&self) -> bool {
        let modes = tcgetattr(&self.theirs).unwrap().local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// Waits until the terminal was told to mark what is pasted no more.
    #[track_caller]
    pub(crate) fn leaves_pasted_text_unmarked(&self) {
        until("pasted text is not marked any more", || {
            let bytes = String::from_utf8_lossy(&self.bytes()).into_owned();
            bytes.rfind("\u{1b}[?2004h") < bytes.rfind("\u{1b}[?2004l")
        });
    }

    /// Makes the terminal so large.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let mut seen = self.seen.lock().unwrap();
        seen.parser.screen_mut().set_size(rows, columns);
        resize(&self.ours, rows, columns);
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Waits until the program has ended.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> ExitStatus {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

fn resize(terminal: impl AsFd, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It fails if the program has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
