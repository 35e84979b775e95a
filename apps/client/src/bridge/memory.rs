//! Memory: what outlives a page. The program that draws the page can die; the next page begins with what is here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hubbub_session::CarriedText;
use hubbub_transport::Password;

use super::Action;
use crate::settings::Settings;
use crate::timeline::Timeline;

/// What the next page begins with. A root context, the same for every page of the window.
#[derive(Clone)]
pub struct Memory(Rc<Kept>);

struct Kept {
    /// Laid down when a page goes, taken up by the next.
    laid_down: RefCell<Option<(Timeline, Settings)>>,
    draft: RefCell<String>,
    /// What the user said to an earlier run of the program, and is not known to have arrived.
    carried: RefCell<Vec<CarriedText>>,
    /// The password of the room that the user typed last.
    password: RefCell<Option<Password>>,
    /// What the user did on one page and the bridge has not taken is done on the next.
    actions: (flume::Sender<Action>, flume::Receiver<Action>),
    unsettled: Arc<AtomicUsize>,
    asks_to_close: Cell<bool>,
}

impl Default for Memory {
    fn default() -> Self {
        Self(Rc::new(Kept {
            laid_down: RefCell::default(),
            draft: RefCell::default(),
            carried: RefCell::default(),
            password: RefCell::default(),
            actions: flume::unbounded(),
            unsettled: Arc::default(),
            asks_to_close: Cell::default(),
        }))
    }
}

impl Memory {
    /// The text in the composer, which was not sent.
    #[must_use]
    pub fn draft(&self) -> String {
        self.0.draft.borrow().clone()
    }

    /// Keeps the text that is in the composer now.
    pub fn keep_draft(&self, draft: String) {
        self.0.draft.replace(draft);
    }

    /// The window begins with these texts, which the session carries on.
    pub fn carry(&self, texts: impl IntoIterator<Item = CarriedText>) {
        self.0.carried.borrow_mut().extend(texts);
    }

    pub(super) fn carried(&self) -> Vec<CarriedText> {
        self.0.carried.take()
    }

    pub(super) fn keep_password(&self, password: Password) {
        self.0.password.replace(Some(password));
    }

    pub(super) fn password(&self) -> Option<Password> {
        self.0.password.borrow().clone()
    }

    /// Whether the window may close without a question: nothing would be lost, or the user was asked and closes it
    /// again.
    #[must_use]
    pub fn may_close(&self) -> bool {
        self.0.unsettled.load(Ordering::Relaxed) == 0 || self.0.asks_to_close.replace(true)
    }

    /// The user keeps the window. It asks again the next time.
    pub(super) fn stay(&self) {
        self.0.asks_to_close.set(false);
    }

    /// Whether the user was asked if the window may close, and has not answered.
    pub(super) fn is_asking_to_close(&self) -> bool {
        self.0.asks_to_close.get()
    }

    /// How many messages would be lost if the program ended now. Another thread may look at it.
    #[must_use]
    pub fn unsettled(&self) -> Arc<AtomicUsize> {
        self.0.unsettled.clone()
    }

    pub(super) fn count_unsettled(&self, texts: usize) {
        self.0.unsettled.store(texts, Ordering::Relaxed);
    }

    pub(super) fn lay_down(&self, timeline: Timeline, settings: Settings) {
        self.0.laid_down.replace(Some((timeline, settings)));
    }

    pub(super) fn take_up(&self) -> Option<(Timeline, Settings)> {
        self.0.laid_down.take()
    }

    pub(super) fn actions(&self) -> (flume::Sender<Action>, flume::Receiver<Action>) {
        self.0.actions.clone()
    }
}
