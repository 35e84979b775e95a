//! The payloads of TEXTs on their way from a peer to a batch. Knows nothing of who said them.

use hubbub_wire::Payload;

/// The payloads of TEXTs that arrived together. They lie in one allocation, each after its length.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    count: usize,
}

/// The size of a length in front of a payload, in bytes.
const LENGTH: usize = size_of::<usize>();

impl Texts {
    /// Adds a payload.
    pub fn push(&mut self, payload: Payload<'_>) {
        let payload = payload.as_bytes();
        self.bytes.reserve(LENGTH + payload.len());
        self.bytes.extend_from_slice(&payload.len().to_ne_bytes());
        self.bytes.extend_from_slice(payload);
        self.count += 1;
    }

    /// Lets go of the first `count` of them.
    pub fn skip(&mut self, count: usize) {
        let mut bytes = 0;
        for payload in self.iter().take(count) {
            bytes += LENGTH + payload.as_bytes().len();
        }
        self.bytes.drain(..bytes);
        self.count = self.count.saturating_sub(count);
    }

    /// How much memory the texts take, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How much memory is set aside for the texts, in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// How many bytes the payloads have together, the same on every machine.
    #[must_use]
    pub const fn payload(&self) -> usize {
        self.bytes.len() - self.count * LENGTH
    }

    /// How many they are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The payloads, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Payload<'_>> {
        let mut rest = &self.bytes[..];
        std::iter::from_fn(move || {
            let (length, after) = rest.split_first_chunk::<LENGTH>()?;
            let (payload, after) = after.split_at_checked(usize::from_ne_bytes(*length))?;
            rest = after;
            Payload::new(payload)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_as_they_went_in_whatever_bytes_they_are() {
        let mut texts = Texts::default();
        assert_eq!(texts.iter().count(), 0);
        let payloads = [&b"a"[..], &[0; 300], b"\0\x01\xff", &[8; 8]];
        for payload in payloads {
            texts.push(Payload::new(payload).unwrap());
        }
        let came: Vec<&[u8]> = texts.iter().map(|payload| payload.as_bytes()).collect();
        assert_eq!(came, payloads);
        let payload = 1 + 300 + 3 + 8;
        assert_eq!((texts.size(), texts.count()), (4 * LENGTH + payload, 4));
        assert_eq!(texts.payload(), payload);
    }

    #[test]
    fn the_first_can_be_let_go_of_up_to_all_of_them() {
        for (skipped, left) in [
            (0, &[&b"a"[..], b"bc", b"d"][..]),
            (2, &[b"d"]),
            (3, &[]),
            (4, &[]),
        ] {
            let mut texts = Texts::default();
            for payload in [&b"a"[..], b"bc", b"d"] {
                texts.push(Payload::new(payload).unwrap());
            }
            texts.skip(skipped);
            let came: Vec<&[u8]> = texts.iter().map(|payload| payload.as_bytes()).collect();
            assert_eq!((&came[..], texts.count()), (left, left.len()));
        }
    }
}
