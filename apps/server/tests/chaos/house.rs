//! The server as a program that is killed, stopped and started again on one port, with its history in one directory.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use hubbub_testing::{DEADLINE, HeldPort, server, signal, until};

use crate::journal::{Journal, What};

/// Words in the server's log on which the checker depends, and the codes under which members are told the same.
const NEWS: [(&str, &str); 2] = [
    ("keeping messages has stopped", "keeping-stopped"),
    ("messages are kept again", "keeping-resumed"),
];

/// The server between its runs, and while it runs.
pub(crate) struct House {
    journal: Arc<Journal>,
    port: HeldPort,
    /// A name of its own for the program, since a newer one may be built during a long run.
    program: PathBuf,
    history: PathBuf,
    options: Vec<String>,
    /// All that it wrote to stderr in all runs.
    log: Arc<Mutex<File>>,
    running: Option<Child>,
    run: u32,
}

impl House {
    /// A server that keeps its history in `history`, with these options. It does not run yet.
    pub(crate) fn new(
        journal: &Arc<Journal>,
        history: &Path,
        log: &Path,
        options: &[&str],
    ) -> Self {
        let program = log.with_file_name("hubbub-server");
        let _ = fs::remove_file(&program);
        // A copy could not be started while another thread starts a program, which holds the copy open for writing
        // then.
        fs::hard_link(server().get_program(), &program).unwrap();
        let log = OpenOptions::new().create(true).append(true).open(log);
        Self {
            journal: Arc::clone(journal),
            port: HeldPort::new(),
            program,
            history: history.to_owned(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            log: Arc::new(Mutex::new(log.unwrap())),
            running: None,
            run: 0,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.number()
    }

    pub(crate) fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Starts it, and waits until it listens. False if it ends instead.
    pub(crate) fn start(&mut self) -> bool {
        assert!(self.running.is_none());
        self.run += 1;
        let mut command = Command::new(&self.program);
        command
            .args(["--listen", "127.0.0.1", "--port", &self.port().to_string()])
            .arg("--history")
            .arg(&self.history)
            .args(&self.options)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let (listens, listening) = flume::bounded(1);
        let log = Arc::clone(&self.log);
        let (journal, run) = (Arc::clone(&self.journal), self.run);
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                writeln!(log.lock().unwrap(), "{line}").unwrap();
                if line.contains("listening") {
                    let _ = listens.try_send(());
                }
                let news = NEWS.iter().find(|(words, _)| line.contains(words));
                if let Some((_, code)) = news {
                    journal.add("server", run, What::Notice((*code).to_owned()));
                }
            }
        });
        match listening.recv_timeout(DEADLINE) {
            Ok(()) => {
                self.running = Some(child);
                self.add(What::Starts);
                true
            }
            Err(flume::RecvTimeoutError::Disconnected) => {
                let status = child.wait().unwrap();
                self.add(What::Note(format!("did not start: {status}")));
                false
            }
            Err(flume::RecvTimeoutError::Timeout) => panic!("the server neither listens nor ends"),
        }
    }

    /// Ends it by `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.add(What::Stops("killed".to_owned()));
    }

    /// Ends it in good order.
    pub(crate) fn stop(&mut self) {
        let mut child = self.running.take().unwrap();
        signal("TERM", child.id());
        let mut status = None;
        until("the server stops", || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        let status = status.unwrap();
        self.add(What::Stops("stopped".to_owned()));
        if !status.success() {
            self.add(What::Damaged(format!("it stopped with {status}")));
        }
    }

    /// Whether it has ended although nobody ended it.
    pub(crate) fn has_crashed(&mut self) -> bool {
        let ended = self
            .running
            .as_mut()
            .and_then(|child| child.try_wait().unwrap());
        if let Some(status) = ended {
            self.running = None;
            self.add(What::Stops("crashed".to_owned()));
            self.add(What::Damaged(format!("it ended by itself with {status}")));
        }
        ended.is_some()
    }

    fn add(&self, what: What) {
        self.journal.add("server", self.run, what);
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(child) = &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
