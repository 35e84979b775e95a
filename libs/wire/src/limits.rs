//! How much a decoder takes from a peer.

/// How much a decoder takes from a peer. Settings, with the defaults in [`Limits::DEFAULT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload, in bytes. A longer one is skipped without being stored. 1 MiB holds any text that a person
    /// pastes, and a thousand peers in the middle of one still fit into the memory of a small machine.
    pub max_payload: usize,
    /// Longest head, in bytes, from the start line to the blank line. In the exact form a head has at most 125, and one
    /// of the extension less than 600, so 4 KiB leaves plenty for headers of other people.
    pub max_head: usize,
    /// Most headers in a head. The protocol has two and the extension eight at most, so 32 leaves plenty for those of
    /// other people.
    pub max_headers: usize,
    /// Longest name, in bytes of UTF-8. 64 is enough for a full name in any script, and still fits on a line of a
    /// window.
    pub max_name: usize,
    /// Most noise in a row, in bytes. Beyond it the stream is given up. Known programs that send noise send one message
    /// of it, which is a line or two, so 4 KiB is ample.
    pub max_noise: usize,
}

impl Limits {
    /// The limits that both programs start with.
    pub const DEFAULT: Self = Self {
        max_payload: 1024 * 1024,
        max_head: 4096,
        max_headers: 32,
        max_name: 64,
        max_noise: 4096,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
