//! Neighbours: the other tabs with this page, over a channel that only they have. What is to be done is decided in
//! [`crate::tabs`]. A browser that has no such channel has no neighbours, and two tabs of it take the room from each
//! other.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hubbub_session::Clock;
use hubbub_wire::Hex128;
use wasm_bindgen::JsCast;
use web_sys::{BroadcastChannel, MessageEvent};

use super::{now, on, storage, window};
use crate::tabs::{Luggage, Said, Step, Tabs};

/// How long a page that opens waits for an answer where nothing says that another tab is in the room. It answers in a
/// few milliseconds, or when it has drawn what it is at. Whoever comes here waits as long.
const ANSWER_WITHIN: Duration = Duration::from_millis(50);

/// How long it waits where a tab has noted that it is in the room. It may have ended without a word, or sleep.
const NOTED_WITHIN: Duration = Duration::from_secs(1);

/// Where a tab notes that it is in the room, for all tabs.
const NOTE: &str = "open";

/// How long a page that takes the room over waits for what the other hands on. One that sleeps does not answer.
const HANDED_WITHIN: Duration = Duration::from_secs(1);

/// The other tabs.
#[derive(Clone)]
pub(crate) struct Neighbours(Rc<Inner>);

struct Inner {
    tabs: RefCell<Tabs>,
    channel: Option<BroadcastChannel>,
    clock: Clock,
    steps: flume::Sender<Step>,
}

impl Neighbours {
    /// Says to the other tabs that this page has opened. What follows from what they say comes over the channel that is
    /// returned.
    #[must_use]
    pub(crate) fn meet(page: Hex128, tab: Hex128) -> (Self, flume::Receiver<Step>) {
        let (steps, taken) = flume::unbounded();
        let (tabs, said) = Tabs::open(page, tab, now());
        let own = Self(Rc::new(Inner {
            tabs: RefCell::new(tabs),
            channel: BroadcastChannel::new("hubbub").ok(),
            clock: Clock::system(),
            steps,
        }));
        if let Some(channel) = &own.0.channel {
            let hearing = own.clone();
            on(channel, "message", move |event| hearing.hear(&event));
        }
        let going = own.clone();
        on(&window(), "pagehide", move |_| going.go());
        own.say(&said);
        (own, taken)
    }

    /// Waits until it is known whether another tab is in the room.
    pub(crate) async fn look(&self, steps: &flume::Receiver<Step>) -> Step {
        let is_noted = storage::of_all(NOTE).is_some();
        let within = if is_noted {
            NOTED_WITHIN
        } else {
            ANSWER_WITHIN
        };
        self.next_within(steps, within).await
    }

    /// Stays at the door for now.
    pub(crate) fn wait_outside(&self) {
        self.0.tabs.borrow_mut().wait_outside();
    }

    /// The same as [`look`](Self::look), when the page leaves the door.
    pub(crate) async fn look_again(&self, steps: &flume::Receiver<Step>) -> Step {
        let said = self.0.tabs.borrow_mut().ask_again(now());
        self.say(&said);
        self.look(steps).await
    }

    /// Whether this tab is in the room.
    pub(crate) fn is_inside(&self) -> bool {
        self.0.tabs.borrow().wake(now()).is_some()
    }

    /// Takes the room over. Returns what the other tab has handed on, if it has.
    pub(crate) async fn take(&self, steps: &flume::Receiver<Step>) -> Option<Luggage> {
        let said = self.0.tabs.borrow_mut().take(now());
        self.say(&said);
        let step = self.next_within(steps, HANDED_WITHIN).await;
        self.enter();
        match step {
            Step::Enter(luggage) => Some(luggage),
            _ => None,
        }
    }

    /// Hands the room on to this page.
    pub(crate) fn give(&self, page: Hex128, luggage: Luggage) {
        self.say(&Said::Give { page, luggage });
    }

    /// Says that this tab is in the room, since it may have slept.
    pub(crate) fn wake(&self) {
        let said = self.0.tabs.borrow().wake(now());
        self.say_inside(said);
    }

    /// The page may be gone in a moment.
    fn go(&self) {
        if self.is_inside() {
            storage::keep_for_all(NOTE, "");
        }
    }

    async fn next_within(&self, steps: &flume::Receiver<Step>, time: Duration) -> Step {
        if self.0.channel.is_none() {
            return Step::Nothing;
        }
        let step = std::pin::pin!(steps.recv_async());
        match futures::future::select(step, self.0.clock.sleep(time)).await {
            futures::future::Either::Left((Ok(step), _)) => step,
            _ => Step::Nothing,
        }
    }

    /// Nobody has answered: this tab is in the room.
    pub(crate) fn enter(&self) {
        let said = self.0.tabs.borrow_mut().enter(now());
        self.say_inside(said);
    }

    fn say_inside(&self, said: Option<Said>) {
        if let Some(said) = said {
            storage::keep_for_all(NOTE, "yes");
            self.say(&said);
        }
    }

    fn hear(&self, event: &web_sys::Event) {
        let Some(event) = event.dyn_ref::<MessageEvent>() else {
            return;
        };
        let Some(said) = event.data().as_string().and_then(|line| Said::read(&line)) else {
            return;
        };
        let step = self.0.tabs.borrow_mut().hear(&said, now());
        match step {
            Step::Nothing => {}
            Step::Say(said) => self.say(&said),
            // The page holds the other end for as long as it is there.
            step => drop(self.0.steps.send(step)),
        }
    }

    fn say(&self, said: &Said) {
        if let Some(channel) = &self.0.channel {
            // It fails when the channel is closed, which it never is.
            let _ = channel.post_message(&said.write().into());
        }
    }
}
