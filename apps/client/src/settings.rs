//! Settings: what a window remembers from one start to the next, and the one file that holds it.
//!
//! The file is TOML: four lines that a person can edit. A broken file is set aside and reported. In a browser the same
//! lines are kept in its storage. Knows no Dioxus.

#[cfg(not(target_arch = "wasm32"))]
mod disk;
mod lines;
#[cfg(not(target_arch = "wasm32"))]
mod place;
mod rooms;
mod shelf;
mod trail;

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use lines::{Line, Value};
use shelf::{Kept, Shelf};

#[cfg(not(target_arch = "wasm32"))]
pub use place::{Area, LEAST, Place};
pub use rooms::{KEPT_ROOMS, Known, LastSeen, Mute, RoomsError, RoomsFile, UsedRoom, Visit};
pub use shelf::Store;
pub use trail::Trail;

/// What a window remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// How large everything is.
    pub zoom: Zoom,
    /// Whether a mention raises a desktop notification while the window does not have the focus.
    pub notifications: bool,
    /// Whether a wide window shows the panel of people.
    pub people: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            zoom: Zoom::default(),
            notifications: true,
            people: true,
        }
    }
}

/// One setting, as the user wants it from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// [`Settings::theme`].
    Theme(Theme),
    /// [`Settings::zoom`].
    Zoom(Zoom),
    /// [`Settings::notifications`].
    Notifications(bool),
    /// [`Settings::people`].
    PeoplePanel(bool),
}

impl Settings {
    /// Changes one of them.
    pub fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Theme(theme) => self.theme = theme,
            Setting::Zoom(zoom) => self.zoom = zoom,
            Setting::Notifications(on) => self.notifications = on,
            Setting::PeoplePanel(open) => self.people = open,
        }
    }
}

impl Kept for Settings {
    fn from_lines(lines: Vec<Line>) -> Result<Self, String> {
        let mut settings = Self::default();
        for line in lines {
            let Line::Field(name, value) = line else {
                return Err("settings have no list".to_owned());
            };
            match (&*name, value) {
                ("theme", Value::Text(theme)) => {
                    let mut themes = [Theme::System, Theme::Light, Theme::Dark].into_iter();
                    let found = themes.find(|known| known.as_str() == theme);
                    settings.theme = found.ok_or_else(|| format!("there is no theme {theme}"))?;
                }
                ("zoom", Value::Number(percent)) => settings.zoom = percent.try_into()?,
                ("notifications", Value::Is(on)) => settings.notifications = on,
                ("people", Value::Is(open)) => settings.people = open,
                _ => return Err(format!("there is no setting {name} of this kind")),
            }
        }
        Ok(settings)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn from_file(text: &str) -> Result<Self, String> {
        basic_toml::from_str(text).map_err(|why| why.to_string())
    }

    fn lines(&self) -> Vec<Line> {
        vec![
            Line::field("theme", Value::Text(self.theme.as_str().to_owned())),
            Line::field("zoom", Value::Number(self.zoom.into())),
            Line::field("notifications", Value::Is(self.notifications)),
            Line::field("people", Value::Is(self.people)),
        ]
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The theme that the switch leads to.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Its name in the file and in the style sheet.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How large everything is, in percent: from [`Zoom::SMALLEST`] to [`Zoom::LARGEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub struct Zoom(u16);

impl Zoom {
    /// Below it the text of the times would be smaller than 6 px.
    pub const SMALLEST: Self = Self(50);
    /// What WCAG asks for at least. The narrowest window still shows a message next to its avatar.
    pub const LARGEST: Self = Self(200);
    /// The sizes that the keys go through: those of web browsers.
    const STEPS: [u16; 11] = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200];

    /// The size after this key.
    #[must_use]
    pub fn pressed(self, key: ZoomKey) -> Self {
        let mut steps = Self::STEPS.into_iter();
        let next = match key {
            ZoomKey::Larger => steps.find(|step| *step > self.0),
            ZoomKey::Smaller => steps.rfind(|step| *step < self.0),
            ZoomKey::Natural => return Self::default(),
        };
        next.map_or(self, Self)
    }

    /// 1 is the natural size.
    #[must_use]
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// A key for the size of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ZoomKey {
    /// One step up.
    Larger,
    /// One step down.
    Smaller,
    /// Back to the natural size.
    Natural,
}

impl Default for Zoom {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u16> for Zoom {
    type Error = String;

    fn try_from(percent: u16) -> Result<Self, String> {
        let (least, most) = (Self::SMALLEST.0, Self::LARGEST.0);
        if (least..=most).contains(&percent) {
            Ok(Self(percent))
        } else {
            Err(format!(
                "zoom is {percent}; it must be from {least} to {most}"
            ))
        }
    }
}

impl From<Zoom> for u16 {
    fn from(zoom: Zoom) -> Self {
        zoom.0
    }
}

/// Where the settings are kept.
#[derive(Clone, Debug)]
pub struct SettingsFile(Option<Shelf>);

impl SettingsFile {
    /// The entry `settings.toml` in the storage of a browser.
    #[must_use]
    pub fn stored(store: Store) -> Self {
        Self(Some(Shelf::Entry(store, "settings.toml")))
    }

    /// The file of the user: `hubbub/settings.toml` under XDG_CONFIG_HOME, or under `.config` in the home directory.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn of_user() -> Self {
        let file = dirs::config_dir().map(|directory| directory.join("hubbub/settings.toml"));
        Self(file.map(Shelf::File))
    }

    /// The file at this path.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(Some(Shelf::File(path)))
    }

    /// Reads the file. If that fails, returns the defaults and the reason. A broken file is set aside.
    #[must_use]
    pub fn load(&self) -> (Settings, Option<SettingsError>) {
        match self.0.as_ref().map_or(Ok(None), Shelf::read) {
            Ok(settings) => (settings.unwrap_or_default(), None),
            Err(trouble) => (Settings::default(), Some(trouble)),
        }
    }

    /// Writes one setting into the file. The others in it stay, because another window may have set them. If there is
    /// no file, `settings` is written.
    ///
    /// # Errors
    ///
    /// The file could not be written, or there is nowhere to write it. A broken file is replaced and then reported.
    pub fn keep(&self, settings: Settings, setting: Setting) -> Result<(), SettingsError> {
        let shelf = self.0.as_ref().ok_or(SettingsError::Homeless)?;
        let found = shelf.read::<Settings>();
        let mut kept = match found {
            Ok(Some(found)) => found,
            Ok(None) | Err(SettingsError::Broken { .. }) => settings,
            // A file that cannot be read is not ours to overwrite.
            Err(SettingsError::Unreadable(path, error)) => {
                return Err(SettingsError::Unwritable(path, error));
            }
            Err(trouble) => return Err(trouble),
        };
        kept.set(setting);
        let written = shelf.write(&kept);
        written.map_err(|error| SettingsError::Unwritable(shelf.path(), error))?;
        found.map(drop)
    }
}

/// Why settings were not read or will not be kept, in words for the window.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file does not hold settings.
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        why: String,
        /// Where it is now, unless it could not be moved.
        aside: Option<PathBuf>,
    },
    /// The system does not let us read it.
    Unreadable(PathBuf, io::Error),
    /// The system does not let us write it.
    Unwritable(PathBuf, io::Error),
    /// The user has no directory for it.
    Homeless,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { path, why, aside } => {
                write!(f, "the settings in {} are broken ({why})", path.display())?;
                match aside {
                    Some(aside) => write!(f, "; they are now in {}", aside.display()),
                    None => write!(f, "; delete the file"),
                }
            }
            Self::Unreadable(path, error) => {
                write!(f, "cannot read the settings in {}: {error}", path.display())
            }
            Self::Unwritable(path, error) => write!(
                f,
                "what you set here will be forgotten: cannot write {}: {error}",
                path.display()
            ),
            Self::Homeless => write!(
                f,
                "what you set here will be forgotten: neither XDG_CONFIG_HOME nor HOME says where to keep it"
            ),
        }
    }
}

impl Error for SettingsError {}

#[cfg(test)]
mod tests;
