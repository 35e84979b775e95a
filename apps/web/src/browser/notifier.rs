//! Notifier: shows notifications one at a time, each in the place of the last, where the browser and the user let it. A
//! click on one leads to its message.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use flume::{Receiver, Sender};
use futures::future::{Either, select};
use hubbub_client::news::{News, Notification, Order};
use hubbub_session::Clock;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{NotificationOptions, NotificationPermission};

use super::{global_of, window, words};

/// The shortest time between two notifications. If others come meanwhile, the first of them is shown after it; the
/// title counts them all.
const NOTIFY_PAUSE: Duration = Duration::from_secs(3);

/// All notifications have it, so that each takes the place of the last.
const TAG: &str = "hubbub";

const NOT_SECURE: &str =
    "browsers show notifications only for pages with https, and this one came without it";
const NOT_THERE: &str = "this browser shows no notifications for pages like this one";
const DENIED: &str = "this browser does not allow notifications of this page: allow them in the browser's settings for \
    this site";

thread_local! {
    /// Where the window hears what the user says. There is one window in a page.
    static NEWS: RefCell<Option<Sender<News>>> = const { RefCell::new(None) };
    static IS_TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Does what is ordered, until the page ends. Says at once whether notifications are shown.
pub(crate) fn start(orders: Receiver<Order>, news: Sender<News>) {
    NEWS.set(Some(news));
    tell(News::Notifications(is_allowed()));
    spawn_local(run(orders));
}

/// Asks the user whether notifications may be shown.
pub(crate) fn ask() {
    if !window().is_secure_context() {
        return refuse(NOT_SECURE);
    }
    if global_of("Notification").is_none() {
        return refuse(NOT_THERE);
    }
    spawn_local(async {
        if let Ok(asked) = web_sys::Notification::request_permission() {
            // A user who does not answer has denied it for now.
            let _ = JsFuture::from(asked).await;
        }
        if is_allowed() {
            tell(News::Notifications(true));
        } else {
            refuse(DENIED);
        }
    });
}

/// Says in the window what went wrong, if there is a window.
pub(crate) fn trouble(why: &str) {
    tell(News::Trouble(why.to_owned()));
}

/// The same, but only the first time in this page.
pub(crate) fn trouble_once(why: &str) {
    if !IS_TOLD.replace(true) {
        trouble(why);
    }
}

fn is_allowed() -> bool {
    global_of("Notification").is_some()
        && web_sys::Notification::permission() == NotificationPermission::Granted
}

fn refuse(why: &str) {
    tell(News::Notifications(false));
    trouble(why);
}

fn tell(what: News) {
    NEWS.with_borrow(|news| {
        if let Some(news) = news {
            // It fails when there is no window any more.
            let _ = news.send(what);
        }
    });
}

async fn run(orders: Receiver<Order>) {
    let clock = Clock::system();
    let mut shown = None;
    while let Ok(order) = orders.recv_async().await {
        match order {
            Order::Withdraw => withdraw(&mut shown),
            Order::Show(first) => {
                shown = show(&first);
                let mut next = None;
                let mut pause = clock.sleep(NOTIFY_PAUSE);
                loop {
                    match select(orders.recv_async(), pause).await {
                        Either::Left((Ok(Order::Show(another)), rest)) => {
                            next.get_or_insert(another);
                            pause = rest;
                        }
                        Either::Left((Ok(Order::Withdraw), rest)) => {
                            withdraw(&mut shown);
                            next = None;
                            pause = rest;
                        }
                        Either::Left((Err(_), _)) => return,
                        Either::Right(_) => match next.take() {
                            Some(waiting) => {
                                shown = show(&waiting);
                                pause = clock.sleep(NOTIFY_PAUSE);
                            }
                            None => break,
                        },
                    }
                }
            }
        }
    }
}

/// What is shown.
struct Shown {
    notification: web_sys::Notification,
    /// What a click does, for as long as there is something to click on.
    _click: Closure<dyn Fn()>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.notification.set_onclick(None);
    }
}

fn withdraw(shown: &mut Option<Shown>) {
    if let Some(shown) = shown.take() {
        shown.notification.close();
    }
}

fn show(what: &Notification) -> Option<Shown> {
    if !is_allowed() {
        tell(News::Notifications(false));
        return None;
    }
    let options = NotificationOptions::new();
    options.set_body(&what.body);
    options.set_tag(TAG);
    // One that takes the place of another is else shown without a sound. The binding has no word for it.
    let _ = js_sys::Reflect::set(&options, &"renotify".into(), &true.into());
    options.set_icon("icon-192.png");
    match web_sys::Notification::new_with_options(&what.summary, &options) {
        Ok(notification) => {
            let line = what.line;
            let click = Closure::<dyn Fn()>::new(move || tell(News::Chosen(line)));
            notification.set_onclick(Some(click.as_ref().unchecked_ref()));
            Some(Shown {
                notification,
                _click: click,
            })
        }
        // Phones have them for programs that run without a page, which this is not.
        Err(why) => {
            refuse(&format!("{NOT_THERE} ({})", words(&why)));
            None
        }
    }
}
