//! One run: people, their programs, the lines, the server and its disk, step by step, as the seed says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use fastrand::Rng;
use hubbub_wire::{Hex64, Hex128};

use super::super::*;
use super::Tally;
use super::disk::{Directory, Keeper};
use super::line::Line;
use super::person::{Person, Run};
use super::screen::{Own, Truth};
use super::serving::Server;

/// Everybody. Two of them have one name, so that one of the two is refused for as long as the other is here.
const PEOPLE: [&str; 6] = ["ada", "bob", "eve", "fay", "twin", "twin"];

/// The limits of outboxes, in bytes: with the first, members are slow consumers now and then.
const OUTBOX: [usize; 2] = [20_000, 1_000_000];

/// How long a member that is absent keeps its place.
const GRACE: Duration = Duration::from_secs(15);

/// How long the answer to an offer takes at most: less than a program waits for it.
const ANSWER: Duration = Duration::from_secs(2);

/// The longest texts, in bytes. The second is longer than a page of a replay may be.
const LONG: [usize; 2] = [300, 300_000];

/// Where the server keeps what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// In memory: what a server that ends knew is lost.
    Memory,
    /// On a disk that works, sooner or later. Nothing is ever lost.
    Disk,
    /// On a disk that fills up and hangs. The server goes on from memory, and is not killed meanwhile.
    BadDisk,
}

/// One start of the server, as it has ended.
struct Life {
    room: Hex128,
    generation: String,
    /// What came out of its log.
    said: Vec<(String, String)>,
}

pub(super) struct World {
    random: Rng,
    kind: Kind,
    /// Whether a JOIN may come without the offer that was written with it. Then the answer may take too long.
    cuts_offers: bool,
    start: Instant,
    now: Duration,
    server: Server,
    keeper: Option<Keeper>,
    directory: Directory,
    lives: Vec<Life>,
    /// When all programs that came last heard the answers to their offers.
    answered: Duration,
    people: Vec<Person>,
    outbox: usize,
    pub(super) tally: Tally,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let start = Instant::now();
        let outbox = OUTBOX[random.usize(..OUTBOX.len())];
        let people = PEOPLE.iter().enumerate().map(|(number, &name)| {
            let counts_arrivals = number % 2 == 0;
            Person {
                name,
                said: 0,
                counts_arrivals,
                run: Run::new(name, None, counts_arrivals, &mut random),
            }
        });
        let people = people.collect();
        let kind = [Kind::Memory, Kind::Disk, Kind::Disk, Kind::BadDisk][random.usize(..4)];
        let cuts_offers = random.u8(..3) == 0;
        let directory = Directory::new();
        let (server, keeper) = begin(
            kind,
            cuts_offers,
            &directory,
            start,
            Duration::ZERO,
            &mut random,
        );
        let mut world = Self {
            server,
            keeper,
            directory,
            kind,
            cuts_offers,
            lives: Vec::new(),
            answered: Duration::ZERO,
            people,
            random,
            start,
            now: Duration::ZERO,
            outbox,
            tally: Tally::default(),
        };
        // The programs get to know the server. A first connection that ends before the grant makes a plain member.
        if world.random.u8(..8) > 0 {
            world.comes_to_rest();
        }
        world
    }

    pub(super) fn step(&mut self) {
        match self.random.u32(0..1000) {
            0..40 => self.says(),
            40..120 => self.keeps(),
            120..320 => self.writes(),
            320..500 => self.reads(),
            500..600 => self.server.hub.flush(),
            600..760 => self.sends(),
            760..930 => self.hears(),
            930..950 => self.cuts(),
            950..960 => self.looks(),
            960..988 => self.passes(),
            988..990 => self.restarts_program(),
            990..993 => self.breaks(),
            993..995 => self.stops_or_crashes(),
            995..997 => self.disk_changes(),
            _ => self.returns(),
        }
        self.connects();
    }

    fn someone(&mut self) -> usize {
        self.random.usize(..self.people.len())
    }

    fn some(&mut self) -> usize {
        // Whole reads and writes, and some that cut frames anywhere.
        match self.random.u8(..4) {
            0 => self.random.usize(..40),
            1 => self.random.usize(..400),
            _ => usize::MAX,
        }
    }

    fn says(&mut self) {
        let who = self.someone();
        let many = if self.random.u8(..8) == 0 { 60 } else { 3 };
        for _ in 0..self.random.usize(1..=many) {
            let long = match self.random.u32(..400) {
                0 => LONG[1],
                1..40 => LONG[0],
                _ => 0,
            };
            let person = &mut self.people[who];
            person.said += 1;
            let number = person.said;
            let text = format!("{who}.{number}{}", ".".repeat(long));
            person.run.say(number, text);
            self.tally.said += 1;
        }
    }

    fn writes(&mut self) {
        let (who, most) = (self.someone(), self.some());
        let run = &mut self.people[who].run;
        run.due(self.now);
        run.write(most, self.now);
    }

    fn hears(&mut self) {
        let (who, most) = (self.someone(), self.some());
        self.hear(who, most);
    }

    fn hear(&mut self, who: usize, most: usize) {
        let run = &mut self.people[who].run;
        let Some(connection) = &run.connection else {
            return;
        };
        match connection.line.take(most) {
            Some(bytes) => run.hear(&bytes, self.now),
            None => run.lost(self.now),
        }
    }

    fn reads(&mut self) {
        let most = self.some();
        if let Some(peer) = self.server.some(&mut self.random) {
            self.server.read(peer, most);
        }
    }

    fn sends(&mut self) {
        let most = self.some();
        if let Some(peer) = self.server.some(&mut self.random) {
            self.server.write(peer, most);
        }
    }

    fn looks(&mut self) {
        let peers: Vec<_> = self.server.peers.keys().copied().collect();
        for peer in peers {
            self.server.looks(peer);
        }
    }

    /// A line breaks. What is on its way is lost, or a part of it.
    fn cuts(&mut self) {
        let who = self.someone();
        let [lost_out, lost_into] = [(); 2].map(|()| self.some());
        if let Some(connection) = &self.people[who].run.connection {
            connection.line.cut(lost_out, lost_into);
            self.tally.cuts += 1;
        }
    }

    /// The server sees a connection fail of which the program still thinks that it stands.
    fn breaks(&mut self) {
        if let Some(peer) = self.server.some(&mut self.random) {
            let why = Departure::Failed(std::io::ErrorKind::ConnectionReset);
            self.server.goes(peer, why);
        }
    }

    fn passes(&mut self) {
        let most = if self.random.u8(..30) == 0 {
            30_000
        } else {
            300
        };
        let time = self.random.u64(..most);
        self.wait(Duration::from_millis(time));
    }

    fn wait(&mut self, time: Duration) {
        if self.kind == Kind::Disk {
            self.keep_everything();
        }
        if self.now + time > self.answered + ANSWER {
            self.answers_come();
            self.answered = self.now;
        }
        self.now += time;
        self.server.hub.now = self.start + self.now;
        let ms = self.server.hub.time.unix_ms() + u64::try_from(time.as_millis()).unwrap();
        self.server.hub.time = Time::from_unix_ms(ms);
        self.server.tell(Mail::new());
        for person in &mut self.people {
            person.run.due(self.now);
        }
    }

    /// Programs that come hear the answer to their offer, which they expect within seconds.
    fn answers_come(&mut self) {
        self.server.hear_who_comes();
        self.keep_everything();
        self.server.write_all();
        for who in 0..self.people.len() {
            if !self.people[who].run.screen.is_live {
                self.hear(who, usize::MAX);
            }
        }
    }

    /// A program is killed and started again. What it has not sent is lost, and what it kept may be old.
    fn restarts_program(&mut self) {
        let who = self.someone();
        let screen = &self.people[who].run.screen;
        let kept = match self.random.u8(..3) {
            0 if self.random.bool() => None,
            0 => screen.kept_early(),
            _ => screen.kept(),
        };
        self.check(who, false);
        let person = &mut self.people[who];
        self.tally.kept += usize::from(kept.is_some());
        person.run = Run::new(person.name, kept, person.counts_arrivals, &mut self.random);
        person.run.next_attempt = Some(self.now);
        self.tally.programs += 1;
    }

    /// Somebody whose room is open elsewhere wants it back.
    fn returns(&mut self) {
        let who = self.someone();
        let run = &mut self.people[who].run;
        if run.connection.is_none() && run.next_attempt.is_none() {
            run.next_attempt = Some(self.now);
        }
    }

    fn connects(&mut self) {
        for person in &mut self.people {
            if person.run.wants_connection(self.now) {
                let (near, far) = Line::new();
                let nonce = Hex64(self.random.u64(..));
                person.run.connect(near, nonce, self.now);
                self.server.accept(far, self.outbox);
                self.tally.connections += 1;
            }
        }
    }

    /// The disk does something, and the hub hears of it sooner or later.
    fn keeps(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.step(&mut self.random);
        }
        if self.random.bool() {
            self.server.tell(Mail::new());
        }
    }

    fn keep_everything(&mut self) {
        // The hub may have an answer to hear.
        self.server.tell(Mail::new());
        while let Some(keeper) = &mut self.keeper
            && keeper.is_busy()
        {
            keeper.step(&mut self.random);
            self.server.tell(Mail::new());
        }
    }

    fn disk_changes(&mut self) {
        if self.kind == Kind::BadDisk
            && let Some(keeper) = &mut self.keeper
        {
            keeper.changes(&mut self.random);
        }
    }

    fn stops_or_crashes(&mut self) {
        match (self.kind, self.random.bool()) {
            (Kind::BadDisk, _) => {}
            (_, true) => self.stops(),
            (_, false) => self.crashes(),
        }
    }

    /// The server is told to stop, and stops when everything is kept and written. Then it is started again.
    fn stops(&mut self) {
        self.server.tell(vec![Event::Stop]);
        self.server.hub.flush();
        self.keep_everything();
        self.server.hub.flush();
        self.server.stop();
        self.keep_everything();
        self.tally.stops += 1;
        self.begins_again();
    }

    /// The server is killed, and started again.
    fn crashes(&mut self) {
        self.tally.crashes += 1;
        self.begins_again();
    }

    fn begins_again(&mut self) {
        self.lives.push(life(&self.server.hub.log));
        self.keeper = None;
        let (mut server, keeper) = begin(
            self.kind,
            self.cuts_offers,
            &self.directory,
            self.start,
            self.now,
            &mut self.random,
        );
        server.hub.time = server.hub.time.max(self.server.hub.time);
        (self.server, self.keeper) = (server, keeper);
        if self.kind == Kind::Disk {
            self.everything_that_came_out_is_kept();
        }
    }

    /// Log first: whatever anybody has seen survives.
    fn everything_that_came_out_is_kept(&self) {
        let kept = self.kept();
        let kept: HashSet<&str> = kept.iter().map(|(seq, _)| seq.as_str()).collect();
        for (seq, text) in self.lives.iter().flat_map(|life| &life.said) {
            assert!(
                kept.contains(seq.as_str()),
                "{text} came out and is not kept"
            );
        }
    }

    fn kept(&self) -> Vec<(String, String)> {
        self.keeper
            .as_ref()
            .map_or_else(Vec::new, Keeper::everything)
    }

    /// What stands in the logs, whether it came out or was only kept.
    fn truths(&self) -> HashMap<Hex128, Truth> {
        let mut truths: HashMap<Hex128, Truth> = HashMap::new();
        let kept = self.kept();
        let now = life(&self.server.hub.log);
        for life in self.lives.iter().chain([&now]) {
            let truth = truths.entry(life.room).or_default();
            truth.begin(&life.generation);
            let kept = kept
                .iter()
                .filter(|(seq, _)| seq.starts_with(&life.generation));
            let all = kept.chain(&life.said).map(|(seq, text)| {
                let count: u64 = seq.rsplit_once('-').unwrap().1.parse().unwrap();
                (count, (seq, text))
            });
            for (seq, text) in all.collect::<BTreeMap<_, _>>().into_values() {
                truth.push(seq.clone(), text.clone());
            }
        }
        truths
    }

    /// Lets everything come to rest, and checks what everybody has seen and that everything has arrived.
    pub(super) fn end(mut self) -> Tally {
        if let Some(keeper) = &mut self.keeper {
            keeper.recovers();
        }
        self.comes_to_rest();
        for who in 0..self.people.len() {
            let run = &self.people[who].run;
            let is_twin = self
                .people
                .iter()
                .filter(|person| person.name == self.people[who].name);
            let is_up_to_date = run.screen.is_live && run.connection.is_some();
            assert!(
                is_up_to_date || run.screen.is_plain || is_twin.count() > 1,
                "{} is not back in the room",
                self.people[who].name
            );
            if is_up_to_date {
                assert!(run.is_done(), "{} waits for ever", self.people[who].name);
            }
            self.check(who, is_up_to_date);
        }
        self.everything_is_once_in_the_log();
        self.tally
    }

    fn comes_to_rest(&mut self) {
        for _ in 0..60 {
            self.wait(Duration::from_millis(500));
            self.returns();
            self.connects();
            for _ in 0..20 {
                self.settle();
            }
        }
    }

    fn settle(&mut self) {
        self.keep_everything();
        for who in 0..self.people.len() {
            self.people[who].run.write(usize::MAX, self.now);
        }
        self.looks();
        let peers: Vec<_> = self.server.peers.keys().copied().collect();
        for peer in &peers {
            self.server.read(*peer, usize::MAX);
        }
        self.server.hub.flush();
        for peer in peers {
            self.server.write(peer, usize::MAX);
        }
        for who in 0..self.people.len() {
            self.hear(who, usize::MAX);
        }
    }

    /// Holds what the program of somebody has shown against the logs.
    fn check(&mut self, who: usize, is_up_to_date: bool) {
        let truths = self.truths();
        let person = &self.people[who];
        let screen = &person.run.screen;
        screen.check(person.name, &truths, is_up_to_date);
        let mut times: HashMap<&str, usize> = HashMap::new();
        for text in truths.values().flat_map(|truth| &truth.texts) {
            *times.entry(text).or_default() += 1;
        }
        // Somebody whose name is taken may wait for it longer than for the answer to an offer.
        let may_be_unsure = self.kind != Kind::Disk || self.cuts_offers || person.name == "twin";
        for (text, own, is_counted) in screen.own() {
            let count = times.get(text).copied().unwrap_or(0);
            match own {
                Own::Arrived => assert_eq!(count, 1, "{text} has arrived"),
                Own::Waiting | Own::Written | Own::Unsure => {
                    assert!(count <= 1, "{text} is doubled");
                }
            }
            let is_unsure = own == Own::Unsure;
            assert!(
                may_be_unsure || !is_counted || !is_unsure,
                "{text} may not have arrived"
            );
            self.tally.unsure += usize::from(is_unsure);
            self.tally.arrived += usize::from(own == Own::Arrived);
        }
        assert!(
            self.kind != Kind::Disk || screen.gaps == 0,
            "{} is told that something is lost",
            person.name
        );
        self.tally.gaps += screen.gaps;
        self.tally.resumed += screen.resumed;
        self.tally.missed += screen.missed;
        self.tally.plain += usize::from(screen.is_plain);
    }

    /// No text stands twice in any log, and those of each person stand in the order in which they were said.
    fn everything_is_once_in_the_log(&self) {
        for truth in self.truths().values() {
            let mut last: HashMap<&str, u64> = HashMap::new();
            for text in &truth.texts {
                let (who, number) = text.trim_end_matches('.').split_once('.').unwrap();
                let number = number.parse().unwrap();
                let before = last.insert(who, number);
                assert!(
                    before.is_none_or(|before| before < number),
                    "{text} after {before:?}"
                );
            }
        }
    }
}

/// What came out of a log.
fn life(log: &Log) -> Life {
    let said = log.all.iter().flat_map(|said| {
        said.iter().map(|(seq, _, payload)| {
            let text = String::from_utf8(payload.as_bytes().to_vec()).unwrap();
            (seq.to_string(), text)
        })
    });
    Life {
        room: log.room(),
        generation: Hex64(log.generation()).to_string(),
        said: said.collect(),
    }
}

/// A server that starts, with its disk if it has one.
fn begin(
    kind: Kind,
    cuts_offers: bool,
    directory: &Directory,
    start: Instant,
    now: Duration,
    random: &mut Rng,
) -> (Server, Option<Keeper>) {
    let memory = Memory::new(usize::MAX);
    let settings = Settings {
        grace: GRACE,
        ..Settings::default()
    };
    let time = Time::from_unix_ms(1_700_000_000_000);
    let (log, keeper) = match kind {
        Kind::Memory => {
            let (room, generation) = (Hex128(random.u128(..)), random.u64(..));
            (Log::new(room, generation, Arc::clone(&memory)), None)
        }
        Kind::Disk | Kind::BadDisk => {
            let (keeper, disk) = Keeper::open(directory, time, random);
            (Log::on_disk(disk, Arc::clone(&memory)), Some(keeper))
        }
    };
    let mut hub = Hub::new(
        log,
        Arc::clone(&memory),
        Arc::clone(&memory),
        settings,
        start + now,
        Arc::default(),
    );
    hub.time = time;
    (Server::new(hub, memory, cuts_offers), keeper)
}
