//! Ids: how the parts of the server refer to a connection and to a member.

use std::sync::Arc;

use hubbub_wire::Username;

/// A connection. Ids count up from 0 and are never used again, so a late event of a connection that is gone cannot
/// affect another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

impl PeerId {
    /// The sender of the server's own messages. No connection ever gets this id.
    pub const SERVER: Self = Self(u64::MAX);
}

/// A member's name, shared by everything that holds it.
pub type Name = Arc<Username<'static>>;
