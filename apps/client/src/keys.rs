//! Keys that only begin a letter: dead keys and the compose key. The toolkit composes letters only in a field that has
//! the focus. So when such a key is pressed elsewhere, it waits until the composer has the focus. Plain letters need no
//! help: the page gives the composer the focus before it takes them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use dioxus_desktop::DesktopContext;
use gtk::gdk::{EventKey, ModifierType, keys::constants::Multi_key};
use gtk::glib::Propagation;
use gtk::prelude::*;
use webkit2gtk::{SettingsExt, WebViewExt};
use wry::WebViewExtUnix;

/// The dead keys, of all scripts.
const DEAD: std::ops::RangeInclusive<u32> = 0xfe50..=0xfe93;

/// The keys that wait for the composer of a window.
pub(crate) struct Keys {
    window: DesktopContext,
    /// Whether there is a composer and the focus is in no field.
    elsewhere: Cell<bool>,
    held: RefCell<Vec<EventKey>>,
}

impl Keys {
    /// Looks at every key before the page does.
    pub(crate) fn watch(window: DesktopContext) -> Rc<Keys> {
        let keys = Rc::new(Keys {
            window,
            elsewhere: Cell::new(false),
            held: RefCell::default(),
        });
        let watching = Rc::downgrade(&keys);
        let pressed = move |_: &_, key: &EventKey| match watching.upgrade() {
            Some(keys) => keys.pressed(key),
            None => Propagation::Proceed,
        };
        let view = keys.window.webview.webview();
        view.connect_key_press_event(pressed);
        // On layouts whose letters are not Latin, the page knows the shortcut for pasting by the place of the key, and
        // pastes itself.
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_javascript_can_access_clipboard(true);
        }
        keys
    }

    /// Notes that the focus is in no field though there is a composer (`true`), or is back in one (`false`).
    pub(crate) fn focus(&self, elsewhere: bool) {
        self.elsewhere.set(elsewhere);
        if !elsewhere {
            let view = self.window.webview.webview();
            for key in self.held.take() {
                view.event(&key);
            }
        }
    }

    fn pressed(&self, key: &EventKey) -> Propagation {
        let waits = begins_letter(key) || !self.held.borrow().is_empty();
        if !self.elsewhere.get() || !waits {
            return Propagation::Proceed;
        }
        self.held.borrow_mut().push(key.clone());
        // It fails for a page that is gone, which takes no keys either.
        let _ = self.window.webview.evaluate_script("hubbub.closeDrawer()");
        Propagation::Stop
    }
}

fn begins_letter(key: &EventKey) -> bool {
    let shortcut = ModifierType::CONTROL_MASK | ModifierType::MOD1_MASK | ModifierType::SUPER_MASK;
    let keyval = key.keyval();
    !key.state().intersects(shortcut) && (keyval == Multi_key || DEAD.contains(&*keyval))
}
