//! A keyboard with another layout, until it is dropped. xdotool presses its keys by their numbers: 38 is `A` on a Latin
//! keyboard, 41 is `F`.

use crate::screen::Screen;
use crate::window::Window;

pub(crate) struct Keyboard(Screen);

impl Keyboard {
    /// Sets this layout, with these additional arguments of setxkbmap.
    pub(crate) fn with(screen: &Screen, layout: &str, more: &[&str]) -> Keyboard {
        set(screen, layout, more);
        Keyboard(screen.clone())
    }

    /// Waits until the window knows the layout: the key of `A` writes `letter` there. Leaves the field empty.
    pub(crate) fn is_known_to(&self, window: &mut Window, letter: &str) {
        window.focus();
        window.has_focus_in("draft");
        window.press("38");
        window.holds(letter);
        window.press("BackSpace");
        window.holds("");
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        set(&self.0, "us", &["-variant", "", "-option", ""]);
    }
}

fn set(screen: &Screen, layout: &str, more: &[&str]) {
    let status = screen
        .command("setxkbmap")
        .args(["-layout", layout])
        .args(more)
        .status()
        .unwrap_or_else(|error| panic!("setxkbmap: {error}; `just setup` installs it"));
    assert!(status.success(), "setxkbmap {layout}: {status}");
}
