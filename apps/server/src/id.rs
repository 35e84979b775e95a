//! Ids: how the parts of the server refer to a connection and to a member.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use hubbub_wire::Username;

/// A connection. Ids count up from 0 and are never used again, so a late event of a connection that is gone cannot
/// affect another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

impl PeerId {
    /// The sender of the server's own messages. No connection ever gets this id.
    pub const SERVER: Self = Self(u64::MAX);

    /// Whether it stands for a member of another node. Those count down from the top, and no node lives long enough for
    /// them to meet its own.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub(crate) const fn is_elsewhere(self) -> bool {
        self.0 > u64::MAX / 2
    }
}

/// Something of each peer, found by its id.
pub type ByPeer<T> = HashMap<PeerId, T, BuildHasherDefault<Spread>>;

/// Hashes an id by one multiplication, since each text costs several look-ups. Nobody can choose ids that collide, as
/// the server gives them.
#[derive(Debug, Default)]
pub struct Spread(u64);

impl Spread {
    /// 2^64 divided by the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
}

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(Self::FACTOR);
    }

    /// A table takes some of the highest bits and some of the lowest. Of a product, the lowest depend on the least.
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

/// A member's name, shared by everything that holds it.
pub type Name = Arc<Username<'static>>;
