//! Keys that begin a letter without being one: dead keys and the compose key. The toolkit composes only for a field that has
//! the focus, so such a key that is pressed elsewhere waits until the composer has it. Plain letters need no help: the page
//! gives the composer the focus before it takes them.

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

/// What waits for the field of a window.
pub(crate) struct Keys {
    window: DesktopContext,
    /// There is a composer, and the focus is in no field.
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
        // On layouts whose letters are not Latin the page pastes, when it is told to by its place of the key.
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_javascript_can_access_clipboard(true);
        }
        keys
    }

    /// The focus has left the fields though there is a composer (`true`), or is back in one.
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
