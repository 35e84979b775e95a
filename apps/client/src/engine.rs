//! The engine below the renderer, WebKit and GTK: replaces pages that die, removes what belongs to a browser, and notes
//! where the window stands. Part of the binary.
//!
//! Another process draws the page, and it can die. What there is to show is in this process, so a new page, in a new
//! window at the same place, goes on from there.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dioxus::dioxus_core::{ScopeId, VirtualDom, consume_context};
use dioxus_desktop::tao::platform::unix::WindowExtUnix;
use dioxus_desktop::tao::window::Window;
use dioxus_desktop::{DesktopContext, DesktopService};
use gtk::glib::{self, ControlFlow, Priority, Propagation};
use gtk::prelude::*;
use hubbub_client::news::News;
use hubbub_client::settings::{Area, Place};
use webkit2gtk::{UserContentManagerExt, WebContextExt, WebView, WebViewExt};
use wry::WebViewExtUnix;

use crate::Pages;

/// How many pages may die within [`DEATHS_WITHIN`] and be replaced without a question. More is not an accident, and the
/// user is asked.
const DEATHS: usize = 3;
const DEATHS_WITHIN: Duration = Duration::from_secs(60);

/// How long a page may give no answer before it is ended. WebKit itself takes 3 seconds to say that there is none, but
/// a text of 1 MiB, on a slow computer, is a reason to wait longer.
const UNRESPONSIVE: Duration = Duration::from_secs(20);

/// Where the window stands now.
pub(crate) type Standing = Arc<Mutex<Option<Place>>>;

/// When pages died, the latest last.
#[derive(Default)]
pub(crate) struct Deaths(RefCell<VecDeque<Instant>>);

impl Deaths {
    /// Counts one more. Returns whether it is one too many.
    fn count(&self, now: Instant) -> bool {
        let mut deaths = self.0.borrow_mut();
        deaths.retain(|death| now.duration_since(*death) < DEATHS_WITHIN);
        deaths.push_back(now);
        deaths.len() > DEATHS
    }
}

/// Watches a new window and the page in it.
pub(crate) fn watch(pages: &Pages, window: &Window, dom: &VirtualDom) {
    note_place(window.gtk_window(), &pages.standing);
    // Before the renderer's own handler, which closes.
    let (memory, news) = (pages.memory.clone(), pages.news.clone());
    window.gtk_window().connect_delete_event(move |_, _| {
        if memory.may_close() {
            return Propagation::Proceed;
        }
        // It fails when the window is closing, and then nobody wants to know.
        let _ = news.send(News::Closing);
        Propagation::Stop
    });
    let pages = pages.clone();
    when_there(dom, move |desktop| tend(&pages, &desktop));
}

/// Watches the page that asks for a room. If it dies, the window closes: nothing is lost with it.
pub(crate) fn watch_asking(dom: &VirtualDom) {
    when_there(dom, |desktop| {
        let view = desktop.webview.webview();
        unbrowse(&view);
        on_edit(&view);
        let desktop = Rc::downgrade(&desktop);
        view.connect_web_process_terminated(move |_, _| {
            if let Some(desktop) = desktop.upgrade() {
                desktop.close();
            }
        });
    });
}

/// Calls `tend` when the page is in its window, which is as soon as the caller has returned.
fn when_there(dom: &VirtualDom, tend: impl Fn(DesktopContext) + 'static) {
    let runtime = Rc::downgrade(&dom.runtime());
    glib::idle_add_local_full(Priority::HIGH, move || {
        if let Some(runtime) = runtime.upgrade() {
            tend(runtime.in_scope(ScopeId::ROOT, consume_context::<DesktopContext>));
        }
        ControlFlow::Break
    });
}

/// Notes the place of the window whenever it changes.
fn note_place(window: &gtk::ApplicationWindow, standing: &Standing) {
    let standing = standing.clone();
    window.connect_configure_event(move |window, _| {
        let mut standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
        let maximized = window.is_maximized();
        let before = standing.filter(|_| maximized);
        let ((x, y), (width, height)) = (window.position(), window.size());
        let now = Place {
            x,
            y,
            width,
            height,
            maximized,
        };
        // A maximized window goes back to where it was before.
        *standing = Some(before.map_or(now, |before| Place {
            maximized,
            ..before
        }));
        false
    });
}

/// The parts of the screens that windows may use.
pub(crate) fn screens() -> Vec<Area> {
    let Some(display) = gtk::gdk::Display::default() else {
        return Vec::new();
    };
    let monitors = (0..display.n_monitors()).filter_map(|number| display.monitor(number));
    let areas = monitors.map(|monitor| {
        let area = monitor.workarea();
        Area {
            x: area.x(),
            y: area.y(),
            width: area.width(),
            height: area.height(),
        }
    });
    areas.collect()
}

/// Listens to what the page says and to what happens to it.
fn tend(pages: &Pages, desktop: &DesktopContext) {
    let view = desktop.webview.webview();
    unbrowse(&view);
    let fail = {
        let (pages, desktop) = (pages.clone(), Rc::downgrade(desktop));
        let is_over = Cell::new(false);
        Rc::new(move || {
            if let Some(desktop) = desktop.upgrade()
                && !is_over.replace(true)
            {
                follow(&pages, &desktop);
            }
        })
    };
    view.connect_web_process_terminated({
        let fail = fail.clone();
        move |_, _| fail()
    });
    view.connect_is_web_process_responsive_notify(|view| {
        if !view.is_web_process_responsive() {
            let view = view.downgrade();
            glib::timeout_add_local_once(UNRESPONSIVE, move || {
                if let Some(view) = view.upgrade()
                    && !view.is_web_process_responsive()
                {
                    view.terminate_web_process();
                }
            });
        }
    });
    let memory = pages.memory.clone();
    on_message(&view, "failed", move |_, _| fail());
    on_message(&view, "draft", move |_, draft| memory.keep_draft(draft));
    on_edit(&view);
}

/// Does what the page's own menu says to a field.
fn on_edit(view: &WebView) {
    on_message(view, "edit", |view, command| {
        view.execute_editing_command(&command);
    });
}

/// Calls `take` with what the page says under this name. It works without the renderer.
fn on_message(view: &WebView, name: &str, take: impl Fn(&WebView, String) + 'static) {
    let Some(manager) = view.user_content_manager() else {
        return;
    };
    let view = view.downgrade();
    manager.connect_script_message_received(Some(name), move |_, message| {
        if let (Some(view), Some(words)) = (view.upgrade(), message.js_value()) {
            take(&view, words.to_string());
        }
    });
    manager.register_script_message_handler(name);
}

/// Removes what belongs to a browser: its menu, printing and downloads.
fn unbrowse(view: &WebView) {
    view.connect_context_menu(|_, _, _, _| true);
    view.connect_print(|_, _| true);
    if let Some(context) = view.context() {
        context.connect_download_started(|_, download| {
            use webkit2gtk::DownloadExt;
            download.cancel();
        });
    }
}

/// Opens a page in the place of a dead one. When too many died, asks first.
fn follow(pages: &Pages, desktop: &DesktopContext) {
    if pages.deaths.count(Instant::now()) {
        ask(pages, desktop);
    } else {
        renew(pages, desktop);
    }
}

/// Opens a new page, in a new window that takes the place of the old one.
fn renew(pages: &Pages, desktop: &DesktopService) {
    let standing = *pages
        .standing
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let config = pages.config(standing, desktop.is_focused());
    // Both are done later, in this order.
    drop(desktop.new_window(pages.page(), config));
    desktop.close();
}

/// Asks in a dialog, which needs no page. Meanwhile the user stays in the room, and what was said and typed is kept.
fn ask(pages: &Pages, desktop: &DesktopContext) {
    let dialog = gtk::MessageDialog::builder()
        .transient_for(desktop.gtk_window())
        .modal(true)
        .title("Hubbub")
        .text("This window cannot be drawn: the program that draws it keeps failing")
        .secondary_text(
            "You are still in the room. What was said and what you typed is kept if you try again.",
        )
        .build();
    dialog.add_button("_Quit", gtk::ResponseType::Close);
    dialog.add_button("_Try again", gtk::ResponseType::Accept);
    dialog.set_default_response(gtk::ResponseType::Accept);
    let (pages, desktop) = (pages.clone(), Rc::downgrade(desktop));
    let is_answered = Cell::new(false);
    dialog.connect_response(move |dialog, answer| {
        // Closing the dialog is an answer, too.
        if is_answered.replace(true) {
            return;
        }
        dialog.close();
        if let Some(desktop) = desktop.upgrade() {
            if answer == gtk::ResponseType::Close {
                desktop.close();
            } else {
                renew(&pages, &desktop);
            }
        }
    });
    dialog.show();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_deaths_in_a_minute_are_an_accident_and_four_are_not() {
        let deaths = Deaths::default();
        let start = Instant::now();
        for death in 0..3 {
            assert!(!deaths.count(start + Duration::from_secs(death)));
        }
        assert!(deaths.count(start + Duration::from_millis(59_999)));
        // The first one is too old to count.
        let deaths = Deaths::default();
        for second in [0, 30, 40, 60, 90] {
            assert!(
                !deaths.count(start + Duration::from_secs(second)),
                "{second}"
            );
        }
    }
}
