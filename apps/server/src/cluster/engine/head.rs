//! The head of a snapshot: what stands in the stream after its pieces. Plain bytes.

/// The first bytes of a head, with the number of its format.
const MARK: &[u8; 8] = b"hubbub\0\x01";

/// How much of a snapshot stands in a message, in bytes.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// The most pieces of a snapshot. It is more than any room needs.
pub(super) const PIECES: usize = 256;

/// A snapshot, whose pieces stand before this.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The place up to which everything is in it.
    pub(super) place: u64,
    /// A digest of it.
    pub(super) hash: [u8; 32],
    /// The places of its pieces, in order.
    pub(super) pieces: Vec<u64>,
}

impl Head {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        bytes.extend(self.place.to_be_bytes());
        bytes.extend(self.hash);
        for piece in &self.pieces {
            bytes.extend(piece.to_be_bytes());
        }
        bytes
    }

    /// Reads what anybody may have written.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(MARK)?;
        let (place, bytes) = bytes.split_first_chunk()?;
        let (hash, bytes) = bytes.split_first_chunk()?;
        let (pieces, rest) = bytes.as_chunks();
        (rest.is_empty() && !pieces.is_empty() && pieces.len() <= PIECES).then(|| Self {
            place: u64::from_be_bytes(*place),
            hash: *hash,
            pieces: pieces
                .iter()
                .map(|piece| u64::from_be_bytes(*piece))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, PIECES};

    fn head(pieces: usize) -> Head {
        Head {
            place: 1 << 40,
            hash: [7; 32],
            pieces: (1..=pieces as u64).collect(),
        }
    }

    #[test]
    fn a_head_is_read_as_it_was_written() {
        for pieces in [1, 2, PIECES] {
            let head = head(pieces);
            assert_eq!(Head::parse(&head.to_bytes()), Some(head));
        }
    }

    #[test]
    fn what_is_no_head_is_not_read_as_one() {
        let bytes = head(2).to_bytes();
        for end in 0..bytes.len() {
            let has_one_piece = end == bytes.len() - 8;
            assert_eq!(Head::parse(&bytes[..end]).is_some(), has_one_piece, "{end}");
        }
        assert_eq!(Head::parse(&head(0).to_bytes()), None);
        assert_eq!(Head::parse(&head(PIECES + 1).to_bytes()), None);
        assert_eq!(Head::parse(b"{\"place\": 1}"), None);
    }
}
