//! A server without a service manager, in builds without the feature `service`. It costs nothing.

use std::time::Instant;

/// No service manager.
#[derive(Clone, Debug, Default)]
pub struct Supervisor(());

impl Supervisor {
    /// There is none.
    #[must_use]
    pub fn from_environment() -> Self {
        Self(())
    }

    /// Nobody hears it.
    pub async fn ready(&self) {}

    /// Nobody hears it.
    pub async fn reloading(&self) -> bool {
        false
    }
}

/// Nothing is told.
#[derive(Debug, Default)]
pub struct Watch(());

impl Watch {
    /// A hub begins.
    #[must_use]
    pub fn new(_: Supervisor, _: Instant) -> Self {
        Self(())
    }

    /// Never.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Nobody hears it.
    pub fn turn(&mut self, _: usize, _: Instant) {}

    /// Nobody hears it.
    pub fn stopping(&self) {}
}
