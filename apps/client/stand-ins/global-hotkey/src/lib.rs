//! What dioxus-desktop asks of the crate `global-hotkey` (keys that a program hears while another one has the focus),
//! without the keys.
//!
//! The real one starts a thread that looks for keys every 50 ms for as long as the window is open, wanted or not;
//! nothing in dioxus-desktop turns that off. The window wants none, and at rest it shall not run at all.
//! `[patch.crates-io]` in the workspace puts this crate in its place. It goes when dioxus-desktop starts the thread
//! only for those who ask.

use std::fmt;

use crate::hotkey::HotKey;

/// A key and its modifiers.
pub mod hotkey {
    use std::str::FromStr;

    pub use keyboard_types::{Code, Modifiers};

    use crate::Error;

    /// A key and its modifiers, which nobody listens for.
    #[derive(Clone, Copy, Debug)]
    pub struct HotKey;

    impl HotKey {
        /// Takes any key.
        #[must_use]
        pub fn new(_mods: Option<Modifiers>, _key: Code) -> Self {
            Self
        }

        /// All keys are the same here.
        #[must_use]
        pub fn id(&self) -> u32 {
            0
        }
    }

    impl FromStr for HotKey {
        type Err = Error;

        fn from_str(key: &str) -> Result<Self, Error> {
            Err(Error::HotKeyParseError(key.to_owned()))
        }
    }
}

/// There are no hot keys.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// This one cannot be made from text.
    HotKeyParseError(String),
    /// None can be registered.
    FailedToRegister,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this program has no global hot keys: see its stand-in for the crate global-hotkey",
        )
    }
}

impl std::error::Error for Error {}

/// Whether the key went down or up.
#[derive(Clone, Copy, Debug)]
pub enum HotKeyState {
    /// Down.
    Pressed,
    /// Up.
    Released,
}

/// A key was pressed or released; never happens.
#[derive(Clone, Copy, Debug)]
pub struct GlobalHotKeyEvent {
    /// [`HotKey::id`] of the key.
    pub id: u32,
    /// What happened to it.
    pub state: HotKeyState,
}

impl GlobalHotKeyEvent {
    /// Forgets the handler: there is nothing to call it for.
    pub fn set_event_handler<F: Fn(Self) + Send + Sync + 'static>(_handler: Option<F>) {}
}

/// Registers nothing.
#[derive(Debug)]
pub struct GlobalHotKeyManager;

impl GlobalHotKeyManager {
    /// Starts nothing.
    ///
    /// # Errors
    ///
    /// None.
    pub fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    /// Refuses.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn register(&self, _key: HotKey) -> Result<(), Error> {
        Err(Error::FailedToRegister)
    }

    /// Nothing is registered, so nothing is left to do.
    ///
    /// # Errors
    ///
    /// None.
    pub fn unregister(&self, _key: HotKey) -> Result<(), Error> {
        Ok(())
    }

    /// The same for many.
    ///
    /// # Errors
    ///
    /// None.
    pub fn unregister_all(&self, _keys: &[HotKey]) -> Result<(), Error> {
        Ok(())
    }
}
