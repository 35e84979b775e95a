//! The engines of a cluster, as programs on loopback: one, or three that are a cluster of their own. They can be
//! killed, stopped, started again and robbed of their disks.
//!
//! All ports are chosen beforehand, since engines have to know each other's, and a client has to find an engine again
//! that was away. They are held all the time, so that nobody else gets one while its engine does not run.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, process};

use crate::{HeldPort, signal, until};

/// How an engine's store is told to have on the disk what it says it has taken.
const FLUSHED: &str = ", sync_interval: always";

/// The engines. They are killed when dropped, and their disks go.
pub struct Engines {
    place: PathBuf,
    engines: Vec<Engine>,
}

/// One of them.
struct Engine {
    child: Option<Child>,
    /// For clients, for the other engines, for questions over HTTP.
    ports: [HeldPort; 3],
}

impl Engine {
    /// What it listens on, in the same order.
    fn ports(&self) -> [u16; 3] {
        self.ports.each_ref().map(HeldPort::number)
    }
}

impl Engines {
    /// So many, each of which can be used. What they have taken is on their disks.
    #[track_caller]
    pub fn start(count: usize) -> Self {
        Self::with(count, "")
    }

    /// The same with these additional lines of configuration.
    #[track_caller]
    pub fn with(count: usize, lines: &str) -> Self {
        Self::open(count, FLUSHED, lines)
    }

    /// So many as people start them who do not ask for more: they flush what they have taken every two minutes.
    #[track_caller]
    pub fn flushing_seldom(count: usize) -> Self {
        Self::open(count, "", "")
    }

    #[track_caller]
    fn open(count: usize, flush: &str, lines: &str) -> Self {
        let engine = |_| Engine {
            child: None,
            ports: Default::default(),
        };
        let engines: Vec<_> = (0..count).map(engine).collect();
        // The port is held, so nobody else has its number.
        let [number, ..] = engines[0].ports();
        let place = env::temp_dir().join(format!("hubbub-engines-{}-{number}", process::id()));
        fs::create_dir_all(&place).unwrap();
        let mut engines = Self { place, engines };
        for index in 0..count {
            let file = engines.file(index, "conf");
            fs::write(file, engines.configuration(index, flush, lines)).unwrap();
            engines.begin(index);
        }
        engines.wait();
        engines
    }

    fn configuration(&self, index: usize, flush: &str, lines: &str) -> String {
        let [port, route, http] = self.engines[index].ports();
        let store = self.file(index, "store");
        let mut text = format!(
            "server_name: e{index}\nlisten: 127.0.0.1:{port}\nhttp: 127.0.0.1:{http}\n\
             jetstream {{ store_dir: {store:?}{flush} }}\n{lines}\n"
        );
        if self.engines.len() > 1 {
            let routes = self.engines.iter().map(|engine| engine.ports()[1]);
            let routes: Vec<_> = routes
                .map(|route| format!("\"nats://127.0.0.1:{route}\""))
                .collect();
            writeln!(
                text,
                // A client that engines tell of each other would go around a network between it and them.
                "cluster {{ name: tests, listen: 127.0.0.1:{route}, no_advertise: true, routes: [{}] }}",
                routes.join(", ")
            )
            .unwrap();
        }
        text
    }

    fn file(&self, index: usize, name: &str) -> PathBuf {
        self.place.join(format!("e{index}.{name}"))
    }

    /// What `--cluster` takes: all of them.
    pub fn urls(&self) -> String {
        let urls = (0..self.engines.len()).map(|index| self.url(index));
        urls.collect::<Vec<_>>().join(",")
    }

    /// One of them.
    pub fn url(&self, index: usize) -> String {
        format!("nats://127.0.0.1:{}", self.engines[index].ports()[0])
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.engines.len()
    }

    /// Starts one again, with what it had on its disk. It may take a while before it can be used: see [`Self::wait`].
    #[track_caller]
    pub fn begin(&mut self, index: usize) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.file(index, "log"))
            .unwrap();
        let child = Command::new(engine())
            .arg("--config")
            .arg(self.file(index, "conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.engines[index].child = Some(child);
    }

    /// Waits until all that run can be used: they have found each other and have what they had missed.
    #[track_caller]
    pub fn wait(&mut self) {
        for index in 0..self.engines.len() {
            if self.engines[index].child.is_none() {
                continue;
            }
            until("an engine can be used", || {
                let child = self.engines[index].child.as_mut().unwrap();
                if let Some(status) = child.try_wait().unwrap() {
                    panic!("engine {index} has ended, {status}:\n{}", self.log(index));
                }
                self.ask(index, "/healthz")
                    .is_some_and(|answer| answer.contains("\"ok\""))
            });
        }
    }

    /// What one has written.
    pub fn log(&self, index: usize) -> String {
        fs::read_to_string(self.file(index, "log")).unwrap_or_default()
    }

    /// Kills one as a power failure does.
    #[track_caller]
    pub fn kill(&mut self, index: usize) {
        if let Some(mut child) = self.engines[index].child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The number of the process of one that runs.
    #[track_caller]
    pub fn id(&self, index: usize) -> u32 {
        self.engines[index].child.as_ref().unwrap().id()
    }

    /// Sends one a signal by its name: `STOP` and `CONT` let it sleep and wake.
    #[track_caller]
    pub fn signal(&self, index: usize, name: &str) {
        let child = self.engines[index].child.as_ref().unwrap();
        signal(name, child.id());
    }

    /// Robs one that does not run of its disk.
    #[track_caller]
    pub fn empty(&self, index: usize) {
        assert!(self.engines[index].child.is_none(), "{index} runs");
        let _ = fs::remove_dir_all(self.file(index, "store"));
    }

    /// Gives one that does not run what another one, which does not run either, has on its disk, in place of its own.
    #[track_caller]
    pub fn take_disk(&self, index: usize, from: &Self, of: usize) {
        assert!(from.engines[of].child.is_none(), "{of} runs");
        self.empty(index);
        let status = Command::new("cp")
            .arg("-a")
            .args([from.file(of, "store"), self.file(index, "store")])
            .status()
            .unwrap();
        assert!(status.success(), "cp: {status}");
    }

    /// Which one leads the stream, if it has a leader that the others know.
    pub fn leader_of(&self, stream: &str) -> Option<usize> {
        (0..self.engines.len()).find_map(|index| {
            let answer = self.ask(index, "/jsz?streams=true")?;
            let (_, of_stream) = answer.split_once(&format!("\"name\": \"{stream}\""))?;
            let (_, leader) = of_stream.split_once("\"leader\": \"e")?;
            leader.split('"').next()?.parse().ok()
        })
    }

    /// Asks one over HTTP.
    fn ask(&self, index: usize, path: &str) -> Option<String> {
        let place = (Ipv4Addr::LOCALHOST, self.engines[index].ports()[2]);
        let mut socket = TcpStream::connect(place).ok()?;
        let wait = Some(Duration::from_secs(2));
        socket.set_read_timeout(wait).ok()?;
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        for index in 0..self.engines.len() {
            if let Some(mut child) = self.engines[index].child.take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// The program, which `just engine` fetches.
#[track_caller]
fn engine() -> PathBuf {
    let test = env::current_exe().unwrap();
    let target = test.ancestors().nth(3).map_or(Path::new(""), |path| path);
    let program = target.join("engine/nats-server");
    assert!(
        program.exists(),
        "there is no {}: run `just test-cluster`, or `just engine` before this test",
        program.display()
    );
    program
}
