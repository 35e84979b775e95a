//! Numbers and names as bytes: what records and snapshots are made of. Numbers have a fixed size, the lowest byte
//! first. Reading takes nothing on trust: there is no panic, and nothing is set aside for what does not stand there.

use std::sync::Arc;

use hubbub_wire::{Limits, Username};

use crate::id::Name;

/// The longest name, in bytes: that of a JOIN.
const MAX_NAME: usize = Limits::DEFAULT.max_name;

/// How many bytes a name takes.
pub(super) const fn len_of_name(len: usize) -> usize {
    1 + len
}

/// Writes numbers and names at the end of some bytes.
pub(super) trait Write {
    /// A number of one byte.
    fn put_u8(&mut self, number: u8);
    /// A number of two bytes.
    fn put_u16(&mut self, number: u16);
    /// A number of four bytes.
    fn put_u32(&mut self, number: u32);
    /// A number of eight bytes.
    fn put_u64(&mut self, number: u64);
    /// A number of sixteen bytes.
    fn put_u128(&mut self, number: u128);
    /// How many of something follow.
    fn put_len(&mut self, len: usize);
    /// A name.
    fn put_name(&mut self, name: &Username<'_>);
}

impl Write for Vec<u8> {
    fn put_u8(&mut self, number: u8) {
        self.push(number);
    }

    fn put_u16(&mut self, number: u16) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn put_u32(&mut self, number: u32) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn put_u64(&mut self, number: u64) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn put_u128(&mut self, number: u128) {
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn put_len(&mut self, len: usize) {
        self.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
    }

    fn put_name(&mut self, name: &Username<'_>) {
        let name = name.as_str().as_bytes();
        self.put_u8(u8::try_from(name.len()).unwrap_or(u8::MAX));
        self.extend_from_slice(name);
    }
}

/// Reads numbers and names from the beginning of some bytes. Each gives `None` if it does not stand there.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_le_bytes)
    }

    /// Whether something is so. There is one way to write each.
    pub(super) fn bool(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// How many of something follow.
    pub(super) fn len(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    /// A name that keeps the rules.
    pub(super) fn name(&mut self) -> Option<Name> {
        let len = self.u8()?.into();
        let name = str::from_utf8(self.bytes(len)?).ok()?;
        Some(Arc::new(Username::new(name, MAX_NAME).ok()?.into_owned()))
    }
}
