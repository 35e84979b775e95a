//! The house: engines, nodes, members, and the talk of all of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{DEADLINE, Engines, HeldPort, Program, TROUBLE, server};

use crate::checker::{self, Account};
use crate::member::{Member, What};

/// How many texts a second are said by all members together.
const TEXTS_PER_SECOND: u64 = 500;

/// How often the talkers look how many texts are due.
const TICK: Duration = Duration::from_millis(20);

/// All of it.
pub(crate) struct House {
    pub(crate) engines: Engines,
    pub(crate) nodes: Vec<Option<Program>>,
    pub(crate) members: Vec<Member>,
    plan: Plan,
}

/// How nodes are started.
struct Plan {
    ports: Vec<HeldPort>,
    urls: Vec<String>,
    options: Vec<String>,
    replicas: usize,
}

impl Plan {
    /// Starts a node. It may take a while before it listens.
    fn begin(&self, node: usize) -> Program {
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
            self.members.push(Member::new(&name, ports));
        }
        self.until_all_are_here(from);
    }

    #[track_caller]
    fn until_all_are_here(&self, from: usize) {
        for member in &self.members[from..] {
            let deadline = Instant::now() + DEADLINE;
            while !member.is_here() {
                let tail = member.tail(10);
                assert!(Instant::now() < deadline, "not in the room:\n{tail}");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Lets everybody talk while something happens. Returns what it returns. From then on, what nodes say of trouble is
    /// shown.
    pub(crate) fn talk_while<T>(&mut self, something: impl FnOnce(&mut Events<'_>) -> T) -> T {
        self.show();
        let is_over = AtomicBool::new(false);
        let said = AtomicU64::new(0);
        let Self {
            engines,
            nodes,
            members,
            plan,
        } = self;
        thread::scope(|scope| {
            let talker = scope.spawn(|| talk(members, &said, &is_over));
            let mut events = Events {
                engines,
                nodes,
                plan,
                said: &said,
            };
            // Also where this panics: the talk ends, and the test with it.
            let over = Over(&is_over);
            let result = something(&mut events);
            drop(over);
            talker.join().unwrap();
            result
        })
    }

    /// Waits until everybody has heard everything, and judges it.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        let deadline = Instant::now() + 2 * DEADLINE;
        let said: u64 = self.members.iter().map(|member| member.said).sum();
        for member in &self.members {
            let due = |member: &Member| {
                let others = (said - member.said) as usize;
                let heard = member.count(|what| matches!(what, What::Heard(..)));
                let arrived = member.count(|what| matches!(what, What::Arrived(_)));
                (heard, arrived) >= (others, 0) && arrived as u64 >= member.said
            };
            while !due(member) && Instant::now() < deadline {
                member.hurry();
                thread::sleep(Duration::from_millis(50));
            }
        }
        let faults = self.faults();
        let mut shown: String = faults
            .iter()
            .take(20)
            .map(|fault| format!("{fault}\n"))
            .collect();
        if !faults.is_empty() {
            let is_blamed = |member: &&Member| {
                faults
                    .iter()
                    .any(|fault| fault.starts_with(&format!("{}:", member.name)))
            };
            for member in self.members.iter().filter(is_blamed).take(5) {
                shown.push_str(&member.story());
                shown.push_str(&member.tail(5));
            }
        }
        assert!(faults.is_empty(), "{} faults:\n{shown}", faults.len());
        println!("{said} texts, {} members, no fault", self.members.len());
    }

    fn faults(&self) -> Vec<String> {
        let accounts = self.members.iter().map(|member| Account {
            name: member.name.clone(),
            said: member.said,
            told: member.told().clone(),
        });
        checker::check(&accounts.collect::<Vec<_>>())
    }

    /// Nobody was told that anybody has left.
    #[track_caller]
    pub(crate) fn assert_nobody_left(&self) {
        for member in &self.members {
            let left = member.count(|what| matches!(what, What::Went(_)));
            assert_eq!(left, 0, "{}:\n{}", member.name, member.tail(10));
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
            let (name, here, tail) = (&odd.name, odd.here(), odd.tail(5));
            let is_late = Instant::now() > deadline;
            assert!(!is_late, "{name}: {here:?}, not {first:?}\n{tail}");
            thread::sleep(TICK);
        }
    }
}

/// What a test does to the house while everybody talks.
pub(crate) struct Events<'a> {
    pub(crate) engines: &'a mut Engines,
    pub(crate) nodes: &'a mut Vec<Option<Program>>,
    plan: &'a Plan,
    said: &'a AtomicU64,
}

/// Ends the talk when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Events<'_> {
    /// Starts a node again, and waits until it listens.
    pub(crate) fn begin(&mut self, node: usize) {
        let mut program = self.plan.begin(node);
        program.port();
        program.show(TROUBLE);
        self.nodes[node] = Some(program);
    }

    /// Waits until so many texts more were said.
    pub(crate) fn talk(&self, texts: u64) {
        let due = self.said.load(Ordering::Relaxed) + texts;
        while self.said.load(Ordering::Relaxed) < due {
            thread::sleep(TICK);
        }
    }
}

/// Lets one member after the other say something, at an even pace.
fn talk(members: &mut [Member], said: &AtomicU64, is_over: &AtomicBool) {
    let began = Instant::now();
    let mut count = 0;
    while !is_over.load(Ordering::Relaxed) {
        let due = began.elapsed().as_millis() as u64 * TEXTS_PER_SECOND / 1000;
        while count < due {
            let index = fastrand::usize(..members.len());
            members[index].say();
            count += 1;
        }
        said.store(count, Ordering::Relaxed);
        thread::sleep(TICK);
    }
}
