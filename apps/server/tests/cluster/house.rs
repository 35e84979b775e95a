//! The house: engines, nodes and members, and what they know in the end.

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, Engines, HeldPort, Program, TROUBLE, server};

use crate::checker::Checker;
use crate::member::{Member, What};
use crate::talk::{Events, lock};

/// How many texts a second are said by all members together, where a test does not say otherwise.
const TEXTS_PER_SECOND: u64 = 500;

/// All of it.
pub(crate) struct House {
    pub(crate) engines: Engines,
    pub(crate) nodes: Vec<Option<Program>>,
    pub(crate) members: Vec<Member>,
    /// How many texts a second are said by all members together.
    pub(crate) pace: u64,
    checker: Arc<Mutex<Checker>>,
    plan: Plan,
}

/// How nodes are started.
pub(crate) struct Plan {
    ports: Vec<HeldPort>,
    urls: Vec<String>,
    options: Vec<String>,
    replicas: usize,
}

impl Plan {
    /// Starts a node. It may take a while before it listens.
    pub(crate) fn begin(&self, node: usize) -> Program {
        let mut command = server();
        command
            .args(["--listen", "127.0.0.1", "--port"])
            .arg(self.ports[node].number().to_string())
            .args(["--cluster", &self.urls[node], "--cluster-replicas"])
            .arg(self.replicas.to_string())
            .args(&self.options);
        Program::run(command)
    }
}

/// The engines and so many nodes.
pub(crate) fn open(engines: usize, nodes: usize, options: &[&str]) -> House {
    let engines = Engines::start(engines);
    let urls = vec![engines.urls(); nodes];
    House::on(engines, urls, options)
}

impl House {
    /// Nodes on these engines, each with the way that it takes to them.
    pub(crate) fn on(engines: Engines, urls: Vec<String>, options: &[&str]) -> Self {
        let nodes = urls.len();
        let plan = Plan {
            ports: (0..nodes).map(|_| HeldPort::new()).collect(),
            urls,
            options: options.iter().map(|&option| option.to_owned()).collect(),
            replicas: engines.count(),
        };
        let mut house = Self {
            engines,
            nodes: (0..nodes).map(|_| None).collect(),
            members: Vec::new(),
            pace: TEXTS_PER_SECOND,
            checker: Arc::default(),
            plan,
        };
        for node in 0..nodes {
            house.begin(node);
        }
        for node in 0..nodes {
            house.wait_for(node);
        }
        house
    }

    /// Starts a node. It may take a while before it listens.
    pub(crate) fn begin(&mut self, node: usize) {
        self.nodes[node] = Some(self.plan.begin(node));
    }

    /// Waits until a node listens.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, node: usize) {
        self.node(node).port();
    }

    pub(crate) fn node(&mut self, node: usize) -> &mut Program {
        self.nodes[node].as_mut().unwrap()
    }

    /// From now on, what nodes say of trouble is shown.
    fn show(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            node.show(TROUBLE);
        }
    }

    /// Kills a node as a power failure does.
    pub(crate) fn kill(&mut self, node: usize) {
        drop(self.nodes[node].take());
    }

    pub(crate) fn port(&self, node: usize) -> u16 {
        self.plan.ports[node].number()
    }

    /// Members of this node alone, which are in the room when this returns.
    pub(crate) fn enter(&mut self, node: usize, count: usize) {
        let ports = [self.port(node)];
        self.enter_by(&ports, &format!("n{node}m"), count);
    }

    /// Members that know all nodes.
    pub(crate) fn enter_anywhere(&mut self, count: usize) {
        let ports: Vec<_> = self.plan.ports.iter().map(HeldPort::number).collect();
        self.enter_by(&ports, "any", count);
    }

    fn enter_by(&mut self, ports: &[u16], prefix: &str, count: usize) {
        let from = self.members.len();
        for number in 0..count {
            let name = format!("{prefix}{number}");
            let member = Member::checked(&name, ports, &self.checker);
            self.members.push(member);
        }
        self.until_all_are_here(from);
    }

    #[track_caller]
    fn until_all_are_here(&self, from: usize) {
        for member in &self.members[from..] {
            let deadline = Instant::now() + DEADLINE;
            while !member.is_here() {
                let tail = member.tail();
                assert!(Instant::now() < deadline, "not in the room:\n{tail}");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Lets everybody talk while something happens. Returns what it returns. From then on, what nodes say of trouble is
    /// shown.
    #[track_caller]
    pub(crate) fn talk_while<T>(&mut self, something: impl FnOnce(&mut Events<'_>) -> T) -> T {
        self.show();
        let Self {
            engines,
            nodes,
            members,
            pace,
            checker,
            plan,
        } = self;
        let events = Events {
            engines,
            members,
            nodes,
            checker,
            plan,
        };
        events.while_all_talk(*pace, something)
    }

    /// Waits until everybody has heard everything, as long as something goes on, and judges it.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        let mut last = (self.checker().open(), Instant::now());
        while last.0 > 0 && last.1.elapsed() < 2 * DEADLINE {
            self.members.iter().for_each(Member::hurry);
            thread::sleep(Duration::from_millis(50));
            let open = self.checker().open();
            if open != last.0 {
                last = (open, Instant::now());
            }
        }
        let (said, most_open, faults) = {
            let mut checker = self.checker();
            checker.end();
            (checker.said(), checker.most_open(), checker.faults())
        };
        let mut shown: String = faults
            .iter()
            .take(20)
            .map(|(name, words)| format!("{name}: {words}\n"))
            .collect();
        let is_blamed = |member: &&Member| faults.iter().any(|(name, _)| *name == member.name);
        for member in self.members.iter().filter(is_blamed).take(5) {
            shown.push_str(&member.story());
            shown.push_str(&member.tail());
        }
        assert!(faults.is_empty(), "{} faults:\n{shown}", faults.len());
        let (members, silence) = (self.members.len(), self.longest_silence());
        println!(
            "{said} texts, {members} members, no fault; {most_open} on their way at most; longest silence {silence:?}"
        );
    }

    fn checker(&self) -> MutexGuard<'_, Checker> {
        lock(&self.checker)
    }

    /// The longest time between two texts, by the time of the stream: everybody has heard the same.
    pub(crate) fn longest_silence(&self) -> Duration {
        let silences = self.members.iter().map(Member::longest_silence);
        silences.max().unwrap_or_default()
    }

    /// Nobody was told that anybody has left.
    #[track_caller]
    pub(crate) fn assert_nobody_left(&self) {
        for member in &self.members {
            let left = member.count(|what| matches!(what, What::Went(_)));
            assert_eq!(left, 0, "{}:\n{}", member.name, member.tail());
        }
    }

    /// Waits until everybody takes the same to be here: so many.
    #[track_caller]
    pub(crate) fn until_all_see(&self, count: usize) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let first = self.members[0].here();
            let mut others = self.members.iter();
            let odd = others.find(|member| member.here().len() != count || member.here() != first);
            let Some(odd) = odd else {
                return;
            };
            let (name, here, tail) = (&odd.name, odd.here(), odd.tail());
            let is_late = Instant::now() > deadline;
            assert!(!is_late, "{name}: {here:?}, not {first:?}\n{tail}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}
