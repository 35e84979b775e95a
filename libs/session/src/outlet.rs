//! Outlet: events to the screen, in batches, at the pace that the screen asked for. It never waits for the screen:
//! while the screen takes nothing, one batch waits to enter the channel, and the rest goes to the bounded backlog.

use std::rc::Rc;
use std::task::Context;
use std::time::Duration;

use flume::Sender;
use flume::r#async::SendFut;
use futures::FutureExt;

use crate::backlog::Backlog;
use crate::runtime::Sleep;
use crate::{Clock, Stamped};

/// The way out to the screen.
pub(crate) struct Outlet {
    screen: Sender<Vec<Stamped>>,
    pace: Duration,
    clock: Rc<Clock>,
    backlog: Backlog,
    sending: Option<SendFut<'static, Vec<Stamped>>>,
    pause: Option<Sleep>,
    sent_at: Option<Duration>,
}

impl Outlet {
    pub(crate) fn new(screen: Sender<Vec<Stamped>>, pace: Duration, clock: Rc<Clock>) -> Self {
        Self {
            screen,
            pace,
            clock,
            backlog: Backlog::default(),
            sending: None,
            pause: None,
            sent_at: None,
        }
    }

    /// Adds an event. The first [`poll`](Self::poll) that the pace allows sends it.
    pub(crate) fn push(&mut self, stamped: Stamped) {
        self.backlog.push(stamped);
    }

    /// Sends what can be sent now, and wakes the task when more can be. There is no timer while nothing waits.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        loop {
            if let Some(sending) = &mut self.sending {
                // A screen that is gone counts as taking everything: the channel of intents tells that it is gone.
                if sending.poll_unpin(cx).is_pending() {
                    return;
                }
                self.sending = None;
                self.sent_at = Some(self.clock.awake());
            }
            if self.backlog.is_empty() || self.is_too_early(cx) {
                return;
            }
            let batch = self.backlog.take();
            self.sending = Some(self.screen.clone().into_send_async(batch));
        }
    }

    /// Hands over what waits if the screen takes it at once, whatever the pace. Nobody waits for a screen at the end.
    pub(crate) fn finish(mut self) {
        let sending = self.sending.take().map(FutureExt::now_or_never);
        if !matches!(sending, Some(None)) && !self.backlog.is_empty() {
            // A screen that is gone, or takes nothing, misses it.
            let _ = self.screen.try_send(self.backlog.take());
        }
    }

    fn is_too_early(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(sent_at) = self.sent_at else {
            return false;
        };
        let (clock, due) = (&self.clock, sent_at.saturating_add(self.pace));
        let pause = self
            .pause
            .get_or_insert_with(|| clock.sleep(due.saturating_sub(clock.awake())));
        if pause.poll_unpin(cx).is_pending() {
            return true;
        }
        self.pause = None;
        false
    }
}
