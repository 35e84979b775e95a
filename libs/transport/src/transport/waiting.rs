//! What was decrypted or unpacked, and for which its reader had no room. Pure.

/// Bytes that wait for the next read. Empty, it holds no buffer.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<u8>);

impl Waiting {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are kept for it.
    pub(crate) const fn held(&self) -> usize {
        self.0.capacity()
    }

    /// Moves what waits to `bytes`. Returns how much that is.
    pub(crate) fn take(&mut self, bytes: &mut [u8]) -> usize {
        let len = self.0.len().min(bytes.len());
        bytes[..len].copy_from_slice(&self.0[..len]);
        if len == self.0.len() {
            self.0 = Vec::new();
        } else {
            self.0.drain(..len);
        }
        len
    }

    /// Gives `payload` to a reader who has `taken` so many of `bytes` already. What it has no room for waits.
    pub(crate) fn give(&mut self, payload: &[u8], bytes: &mut [u8], taken: &mut usize) {
        let now = payload.len().min(bytes.len() - *taken);
        bytes[*taken..*taken + now].copy_from_slice(&payload[..now]);
        *taken += now;
        self.0.extend_from_slice(&payload[now..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_taken_once_and_in_order_whatever_room_there_is() {
        let said: Vec<u8> = (0..100).collect();
        for room in [1, 3, 50, 100, 200] {
            let mut waiting = Waiting::default();
            let mut bytes = vec![0; room];
            let mut taken = 0;
            for part in said.chunks(30) {
                waiting.give(part, &mut bytes, &mut taken);
            }
            assert_eq!(taken, room.min(said.len()));
            let mut all = bytes[..taken].to_vec();
            while !waiting.is_empty() {
                let taken = waiting.take(&mut bytes);
                all.extend_from_slice(&bytes[..taken]);
            }
            assert_eq!((all, waiting.held()), (said.clone(), 0));
        }
    }
}
