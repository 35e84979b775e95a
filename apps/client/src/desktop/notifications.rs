//! Notifications: one at a time, each in the place of the last. A click on one leads to its message.
//!
//! A desktop that is absent or fails is not an error.

use std::rc::Rc;
use std::time::{Duration, Instant};

use async_std::future::{pending, timeout};
use async_std::task::sleep;
use flume::{Receiver, Sender};
use futures::future::{FutureExt, LocalBoxFuture, select_all};
use notify_rust::{Hint, NotificationHandle, NotificationResponse};

use crate::background;
use crate::news::{News, Notification, Order};

/// The shortest time between two notifications. If others come meanwhile, the first of them is shown after it; the
/// title counts them all.
const NOTIFY_PAUSE: Duration = Duration::from_secs(3);

/// How long to wait for an answer of the desktop.
const NOTIFY_WITHIN: Duration = Duration::from_secs(5);

/// The capability of a desktop that reads the body as markup. The body is escaped for such a desktop, and only for it.
const MARKUP: &str = "body-markup";

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// What happened next.
enum Next {
    Ordered(Order),
    /// The notification was clicked (`true`) or went away (`false`).
    Gone(bool),
    Due,
    Ended,
}

/// Does what is ordered, until the orders end.
pub(super) async fn run(orders: Receiver<Order>, chosen: Sender<News>) {
    let mut desk = Desk::default();
    loop {
        match desk.next(&orders).await {
            Next::Ordered(Order::Show(notification)) => {
                desk.waiting.get_or_insert(notification);
            }
            Next::Ordered(Order::Withdraw) => desk.withdraw().await,
            Next::Gone(is_chosen) => {
                if let Some(shown) = desk.shown.take()
                    && is_chosen
                {
                    // It fails when the window is gone, and then nobody wants to know.
                    let _ = chosen.send(News::Chosen(shown.line));
                }
            }
            Next::Due => desk.show().await,
            Next::Ended => return,
        }
    }
}

#[derive(Default)]
struct Desk {
    waiting: Option<Notification>,
    shown: Option<Shown>,
    last: Option<Instant>,
    knows_markup: Option<bool>,
}

struct Shown {
    line: i64,
    /// Holds the connection, because some desktops take a notification away when its connection closes.
    handle: Rc<NotificationHandle>,
    gone: LocalBoxFuture<'static, bool>,
}

impl Desk {
    async fn next(&mut self, orders: &Receiver<Order>) -> Next {
        let pause = self.last.map_or(Duration::ZERO, |last| {
            NOTIFY_PAUSE.saturating_sub(last.elapsed())
        });
        let is_waiting = self.waiting.is_some();
        let shown = &mut self.shown;
        let order = async {
            let order = orders.recv_async().await;
            order.map_or(Next::Ended, Next::Ordered)
        };
        let gone = async {
            match shown {
                Some(shown) => Next::Gone(shown.gone.as_mut().await),
                None => pending().await,
            }
        };
        let due = async {
            if !is_waiting {
                return pending().await;
            }
            sleep(pause).await;
            Next::Due
        };
        let all = [order.boxed_local(), gone.boxed_local(), due.boxed_local()];
        select_all(all).await.0
    }

    async fn show(&mut self) {
        let Some(Notification {
            line,
            summary,
            body,
        }) = self.waiting.take()
        else {
            return;
        };
        self.last = Some(Instant::now());
        let body = if self.knows_markup().await {
            escaped(&body)
        } else {
            body
        };
        let mut notification = notify_rust::Notification::new();
        notification.appname("Hubbub").summary(&summary).body(&body);
        notification.hint(Hint::Category("im.received".to_owned()));
        // What a click on the notification itself means. Desktops do not show the words.
        notification.action("default", "Show");
        if let Some(shown) = &self.shown {
            notification.id(shown.handle.id());
        }
        if let Ok(Ok(handle)) = timeout(NOTIFY_WITHIN, notification.show_async()).await {
            let handle = Rc::new(handle);
            let gone = waits(handle.clone()).boxed_local();
            self.shown = Some(Shown { line, handle, gone });
        }
        self.last = Some(Instant::now());
    }

    async fn withdraw(&mut self) {
        self.waiting = None;
        if let Some(shown) = self.shown.take() {
            // A desktop that does not answer keeps it, and the next one takes its place.
            let _ = timeout(NOTIFY_WITHIN, shown.handle.close_async()).await;
        }
    }

    /// Asks the desktop once. One that does not answer is taken for one that reads markup: visible escapes are better
    /// than words that are taken for markup.
    async fn knows_markup(&mut self) -> bool {
        if let Some(known) = self.knows_markup {
            return known;
        }
        let asked = background::run("capabilities", notify_rust::get_capabilities);
        let known = match timeout(NOTIFY_WITHIN, asked).await {
            Ok(Ok(Ok(capabilities))) => capabilities.iter().any(|capability| capability == MARKUP),
            // There is no desktop. There may be one next time.
            Ok(Ok(Err(_)) | Err(_)) => return true,
            // The thread that asked still waits. One such thread is enough.
            Err(_) => true,
        };
        *self.knows_markup.insert(known)
    }
}

/// Waits until the notification is clicked (`true`) or gone (`false`).
async fn waits(handle: Rc<NotificationHandle>) -> bool {
    let mut chosen = false;
    let hear = |response: &NotificationResponse| {
        chosen = matches!(response, NotificationResponse::Default);
    };
    handle.wait_for_action_async(hear).await;
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_for_those_who_know_it() {
        assert_eq!(
            escaped("<b>alice</b> & \"co\""),
            "&lt;b&gt;alice&lt;/b&gt; &amp; \"co\""
        );
    }
}
