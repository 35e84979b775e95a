//! The work of decoding: how many bytes are looked at or copied. Tests and the fuzzer hold it against the bytes that
//! came. Everywhere else nothing is counted.

#[cfg(any(test, fuzzing))]
extern crate std;

#[cfg(not(any(test, fuzzing)))]
pub(crate) const fn count(_bytes: usize) {}

#[cfg(any(test, fuzzing))]
pub(crate) fn count(bytes: usize) {
    WORK.set(WORK.get() + bytes as u64);
}

#[cfg(any(test, fuzzing))]
std::thread_local! {
    /// The work of this thread so far.
    pub static WORK: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests;
