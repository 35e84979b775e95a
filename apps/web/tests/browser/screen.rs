//! How large a page is, and what is seen of it.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::keys::PHONE;
use crate::tab::Tab;

impl Tab {
    /// Makes the page as large as in a window of this size, in pixels.
    pub(crate) fn is_a_desktop(&self, width: u32, height: u32) {
        self.page().has_size(width, height, 1, false);
    }

    /// Makes it as large as on a phone, which is touched and has no mouse.
    pub(crate) fn is_a_phone(&self) {
        self.page().has_size(PHONE.0, PHONE.1, 2, true);
    }

    /// Makes the page of a phone only so high, as its keyboard does.
    pub(crate) fn has_height(&self, height: u32) {
        self.page().has_size(PHONE.0, height, 2, true);
    }

    /// Makes it as large as on another phone.
    pub(crate) fn is_a_phone_of(&self, width: u32, height: u32) {
        self.page().has_size(width, height, 2, true);
    }

    /// Waits until all that the page has to show is painted.
    pub(crate) fn paints(&self) {
        self.ask("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(() => painted(0))))");
    }

    /// What is seen of the page, as a PNG in base64.
    pub(crate) fn picture(&self) -> String {
        self.paints();
        self.page().picture()
    }

    /// Saves what is seen of the page as a PNG.
    pub(crate) fn photographs(&self, picture: &Path) {
        let bytes = STANDARD.decode(self.picture()).unwrap();
        fs::create_dir_all(picture.parent().unwrap()).unwrap();
        fs::write(picture, bytes).unwrap();
    }
}
