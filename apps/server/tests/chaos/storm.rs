//! The storm: what befalls a scene, by a seed, for as long as it is told to. The seed determines what is done and to
//! whom; how programs and system take it is never twice the same.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hubbub_testing::Way;

use crate::journal::What;
use crate::scene::{Scene, road_to};

/// The time between turns.
const TURN: Duration = Duration::from_millis(20);

/// In each turn each member says something with this probability: about two texts a second.
const TALKS: f64 = 0.04;

/// In each turn something happens with this probability: about twice a second.
const HAPPENS: f64 = 0.04;

/// What a slow network passes on at a time, in bytes. Relays read as much; in smaller pieces an offer would not stand
/// behind its JOIN.
const PIECE: usize = 1024;

/// Members of ours, by how they connect. Nothing befalls the first of them, so there is somebody who is told everything
/// at once. The others are killed and stopped, and those with a road are cut off.
const WITNESS: &str = "wil";
const DIRECT: &str = "ann";
const BY_ROAD: [&str; 4] = ["ben", "cleo", "dan", "eve"];

/// Plain members, on the server's own port and on a road of its own.
const PLAIN: [&str; 2] = ["pia", "pete"];

/// How much has happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) kills: u32,
    pub(crate) restarts: u32,
    pub(crate) cuts: u32,
    pub(crate) stalls: u32,
    pub(crate) sleeps: u32,
    pub(crate) programs: u32,
    pub(crate) fills: u32,
    pub(crate) locks: u32,
}

/// What is undone at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undo {
    /// The server starts again.
    Serve,
    /// The network of this member is fair again.
    ClearUp(usize),
    /// This stopped member goes on.
    GoOn(usize),
    /// This member's program starts again.
    Start(usize),
    /// The disk is as it should be.
    Mend,
}

/// A storm over a scene.
pub(crate) struct Storm {
    random: Rng,
    pub(crate) scene: Scene,
    pub(crate) counts: Counts,
    undo: Vec<(Instant, Undo)>,
    /// Keeps the road of a plain member.
    plain_road: hubbub_testing::Network,
}

impl Storm {
    pub(crate) fn over(mut scene: Scene, seed: u64) -> Self {
        scene.direct(WITNESS);
        scene.direct(DIRECT);
        for name in BY_ROAD {
            scene.by_road(name);
        }
        let plain_road = road_to(scene.house.port());
        scene.plain_member(PLAIN[0], scene.house.port());
        scene.plain_member(PLAIN[1], plain_road.port());
        Self {
            random: Rng::with_seed(seed),
            scene,
            counts: Counts::default(),
            undo: Vec::new(),
            plain_road,
        }
    }

    /// Lets it rage until then.
    pub(crate) fn rage_until(&mut self, end: Instant) {
        while Instant::now() < end {
            self.undo_what_is_due();
            self.talk(TALKS);
            self.scene
                .actors
                .iter_mut()
                .for_each(crate::actor::Actor::hurry);
            if self.scene.house.has_crashed() {
                self.serve();
            }
            if self.random.f64() < HAPPENS {
                self.strike();
            }
            thread::sleep(TURN);
        }
    }

    fn undo_what_is_due(&mut self) {
        let now = Instant::now();
        let (due, later): (Vec<_>, Vec<_>) = self.undo.drain(..).partition(|(at, _)| *at <= now);
        self.undo = later;
        for (_, undo) in due {
            match undo {
                Undo::Serve => self.serve(),
                Undo::ClearUp(member) => {
                    self.scene.actors[member].note("its network is fair");
                    self.scene.road(member).clear_up();
                }
                Undo::GoOn(member) => self.scene.actors[member].go_on(),
                Undo::Start(member) => self.scene.actors[member].start(),
                Undo::Mend => self.scene.disk.mend(),
            }
        }
    }

    /// Starts the server. One that cannot because of the disk starts when the disk is as it should be.
    fn serve(&mut self) {
        if self.scene.house.start() {
            return;
        }
        assert!(
            !self.scene.disk.is_fine(),
            "the server does not start although the disk is fine"
        );
        self.undo.retain(|(_, undo)| *undo != Undo::Mend);
        self.scene.disk.mend();
        assert!(
            self.scene.house.start(),
            "the server does not start although the disk is fine again"
        );
    }

    fn talk(&mut self, probability: f64) {
        for member in 0..self.scene.actors.len() {
            if self.random.f64() < probability && self.scene.actors[member].is_awake() {
                let padding = self.padding();
                self.scene.actors[member].say(padding);
            }
        }
        for plain in 0..self.scene.plain.len() {
            if self.random.f64() < probability {
                let padding = self.padding();
                self.scene.plain[plain].say(padding);
            }
        }
    }

    /// Most texts are short. A few are longer than a read, and very few than a replay.
    fn padding(&mut self) -> usize {
        match self.random.u32(..1000) {
            0 => self.random.usize(..300_000),
            1..10 => self.random.usize(..30_000),
            10..150 => self.random.usize(..2_000),
            _ => self.random.usize(..60),
        }
    }

    /// Lets something happen.
    fn strike(&mut self) {
        let member = self.random.usize(1..self.scene.actors.len());
        match self.random.u32(..100) {
            0..35 => self.cut(),
            35..55 => self.stall(),
            55..65 => self.sleep(member),
            65..78 => self.end_program(member),
            78..90 => self.end_server(),
            90..95 => self.fill(),
            _ => self.lock(),
        }
    }

    fn later(&mut self, most: f64, undo: Undo) {
        let time = Duration::from_secs_f64(self.random.f64() * most);
        self.undo.push((Instant::now() + time, undo));
    }

    /// A time in seconds: mostly a moment, sometimes longer than the grace and the timeouts.
    fn most(&mut self) -> f64 {
        if self.random.u8(..4) == 0 { 8.0 } else { 2.0 }
    }

    fn someone_on_a_road(&mut self) -> usize {
        let first = self.scene.actors.len() - BY_ROAD.len();
        self.random.usize(first..self.scene.actors.len())
    }

    fn cut(&mut self) {
        self.counts.cuts += 1;
        if self.random.u8(..8) == 0 {
            return self.plain_road.cut();
        }
        let member = self.someone_on_a_road();
        let bytes = self.random.usize(..2_000);
        let kind = self.random.u8(..6);
        let (road, words) = (
            self.scene.road(member),
            ["reset", "closed", "cut off", "cut off alone"],
        );
        let words = match kind {
            0 | 1 => {
                road.cut();
                words[0]
            }
            2 => {
                road.close();
                words[1]
            }
            3 | 4 => {
                let way = if kind == 3 {
                    Way::ToServer
                } else {
                    Way::ToClient
                };
                road.cut_after(way, bytes);
                words[2]
            }
            _ => {
                road.cut_off_the_client();
                words[3]
            }
        };
        self.scene.actors[member].note(words);
    }

    fn stall(&mut self) {
        self.counts.stalls += 1;
        let (member, most) = (self.someone_on_a_road(), self.most());
        let kind = self.random.u8(..4);
        {
            let mut weather = self.scene.road(member).weather();
            match kind {
                0 => weather.still = true,
                1 => weather.dead = Some(Way::ToServer),
                2 => weather.dead = Some(Way::ToClient),
                _ => {
                    weather.piece = PIECE;
                    weather.delay = Duration::from_millis(50);
                }
            }
        }
        let words = ["still", "dead to the server", "dead to the client", "slow"];
        self.scene.actors[member].note(&format!("its network is {}", words[usize::from(kind)]));
        self.later(most, Undo::ClearUp(member));
    }

    fn sleep(&mut self, member: usize) {
        if self.scene.actors[member].is_awake() {
            self.counts.sleeps += 1;
            self.scene.actors[member].stop();
            let most = self.most();
            self.later(most, Undo::GoOn(member));
        }
    }

    fn end_program(&mut self, member: usize) {
        if !self.scene.actors[member].is_awake() {
            return;
        }
        self.counts.programs += 1;
        if self.random.u8(..4) == 0 {
            self.scene.actors[member].leave();
        } else {
            // In the middle of talking.
            self.scene.actors[member].say(100);
            self.scene.actors[member].kill();
        }
        let most = self.most();
        self.later(most, Undo::Start(member));
    }

    fn end_server(&mut self) {
        if !self.scene.house.runs() {
            return;
        }
        // Something is on its way then.
        self.talk(0.7);
        thread::sleep(Duration::from_micros(self.random.u64(..5_000)));
        if self.random.u8(..3) == 0 {
            self.counts.restarts += 1;
            self.scene.house.stop();
        } else {
            self.counts.kills += 1;
            self.scene.house.kill();
        }
        let most = if self.random.u8(..4) == 0 { 6.0 } else { 0.5 };
        self.later(most, Undo::Serve);
    }

    fn fill(&mut self) {
        if !self.scene.disk.can_be_filled() || !self.scene.disk.is_fine() {
            return;
        }
        self.counts.fills += 1;
        self.scene.disk.fill();
        // The database has some room of its own, which long texts use up. They fit into memory.
        for _ in 0..4 {
            self.scene.actors[0].say(200_000);
        }
        self.later(10.0, Undo::Mend);
    }

    fn lock(&mut self) {
        if !self.scene.disk.is_fine() || !self.scene.disk.lock() {
            return;
        }
        self.counts.locks += 1;
        let most = self.most();
        self.later(most, Undo::Mend);
    }

    /// Says in the journal what was asked for.
    pub(crate) fn note(&self, words: fmt::Arguments<'_>) {
        self.scene
            .journal
            .add("server", 0, What::Note(words.to_string()));
    }
}
