//! Place: where the window stood when it closed, in a file next to the settings. Nobody edits that file, so a broken
//! one counts as missing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::shelf::Shelf;
use super::{SettingsFile, disk};

/// The smallest width and height of the window, in pixels.
pub const LEAST: (i32, i32) = (360, 400);

/// The height that is kept free for the title bar, which is not part of the size of the window, in pixels.
const TITLE_BAR: i32 = 40;

/// A place on the screens, in pixels: the corner of the frame, and the size inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// How wide.
    pub width: i32,
    /// How high.
    pub height: i32,
    /// Whether it fills the screen. The other fields then say where it goes when it no longer does.
    pub maximized: bool,
}

/// The part of one screen that windows may use, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// How wide.
    pub width: i32,
    /// How high.
    pub height: i32,
}

impl Place {
    /// This place, moved and shrunk to fit these screens. If the screen is gone or smaller now, the window comes wholly
    /// into view on the screen that holds the largest part of it.
    #[must_use]
    pub fn on(self, screens: &[Area]) -> Self {
        let Some(screen) = screens.iter().max_by_key(|screen| self.shared_with(screen)) else {
            return self;
        };
        let inside = |at: i32, size: i32, from: i32, room: i32| {
            at.min(from.saturating_add(room).saturating_sub(size))
                .max(from)
        };
        let width = self.width.min(screen.width).max(LEAST.0);
        let height = self.height.min(screen.height - TITLE_BAR).max(LEAST.1);
        Self {
            x: inside(self.x, width, screen.x, screen.width),
            y: inside(self.y, height + TITLE_BAR, screen.y, screen.height),
            width,
            height,
            ..self
        }
    }

    fn shared_with(&self, screen: &Area) -> i64 {
        let shared = |at: i32, size: i32, from: i32, room: i32| {
            let end = at.saturating_add(size).min(from.saturating_add(room));
            i64::from(end.saturating_sub(at.max(from)).max(0))
        };
        shared(self.x, self.width, screen.x, screen.width)
            * shared(self.y, self.height, screen.y, screen.height)
    }
}

impl SettingsFile {
    /// Where the last window stood, if one did.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let text = disk::read(&self.place_file()?).ok()??;
        basic_toml::from_str(&text).ok()
    }

    /// Keeps a place for the next window. If that fails, the next window opens where the first one did.
    pub fn keep_place(&self, place: Place) {
        if let (Some(file), Ok(text)) = (self.place_file(), basic_toml::to_string(&place)) {
            let _ = disk::write(&file, &text);
        }
    }

    /// A browser places its windows by itself.
    fn place_file(&self) -> Option<PathBuf> {
        match self.0.as_ref()? {
            Shelf::File(path) => Some(path.with_file_name("window.toml")),
            Shelf::Entry(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Area = Area {
        x: 0,
        y: 24,
        width: 1600,
        height: 876,
    };
    const SECOND: Area = Area {
        x: 1600,
        y: 0,
        width: 1280,
        height: 1024,
    };

    fn place(x: i32, y: i32, width: i32, height: i32) -> Place {
        Place {
            x,
            y,
            width,
            height,
            maximized: false,
        }
    }

    #[test]
    fn a_place_that_is_still_there_stays_to_the_pixel() {
        for kept in [
            place(0, 24, 1600, 836),
            place(600, 60, 1000, 800),
            place(1700, 10, 900, 700),
        ] {
            assert_eq!(kept.on(&[SCREEN, SECOND]), kept);
        }
    }

    #[test]
    fn a_window_comes_wholly_into_view_when_the_screens_are_others_now() {
        for (kept, seen) in [
            (place(0, 25, 1600, 836), place(0, 24, 1600, 836)),
            (place(0, 24, 1601, 837), place(0, 24, 1600, 836)),
            (place(601, 61, 1000, 800), place(600, 60, 1000, 800)),
            (place(1700, 10, 900, 700), place(700, 24, 900, 700)),
            (place(-500, -500, 900, 700), place(0, 24, 900, 700)),
            (place(10, 30, 10, 10), place(10, 30, 360, 400)),
            (
                place(i32::MAX, i32::MIN, i32::MAX, -1),
                place(0, 24, 1600, 400),
            ),
        ] {
            assert_eq!(kept.on(&[SCREEN]), seen, "{kept:?}");
        }
        assert_eq!(place(5, 5, 5, 5).on(&[]), place(5, 5, 5, 5));
    }

    #[test]
    fn it_is_kept_beside_the_settings_and_a_broken_one_counts_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let file = SettingsFile::at(directory.path().join("settings.toml"));
        assert_eq!(file.place(), None);
        let kept = Place {
            maximized: true,
            ..place(-1, 2, 3, 4)
        };
        file.keep_place(kept);
        assert_eq!(file.place(), Some(kept));
        std::fs::write(directory.path().join("window.toml"), "x = \"left\"\n").unwrap();
        assert_eq!(file.place(), None);
        file.keep_place(kept);
        assert_eq!(file.place(), Some(kept));
    }
}
