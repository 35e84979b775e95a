//! The names by which the rooms of the server speak of a connection and of a member.

use std::sync::Arc;

use hubbub_wire::Username;

/// One connection. Ids count up from 0 and are never used again, so that late news of a connection that is gone cannot
/// hit another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

impl PeerId {
    /// The sender of the server's own words. No connection ever counts up to it.
    pub const SERVER: Self = Self(u64::MAX);
}

/// A member's name, shared by all that hold it.
pub type Name = Arc<Username<'static>>;
