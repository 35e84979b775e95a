//! The signals by which a user or the system asks a program to end. What a program then does is its own business.

use std::fs;
use std::io;

pub use async_signal::{Signal, Signals};

/// SIGINT, SIGTERM and, unless the program was started to outlive its terminal, SIGHUP. From now on they no longer end
/// the program by themselves.
///
/// # Errors
///
/// The system does not let the program listen for signals.
pub fn that_ask_to_end() -> io::Result<Signals> {
    let mut signals = Signals::new([Signal::Int, Signal::Term])?;
    if !is_hangup_ignored() {
        signals.add_signals([Signal::Hup])?;
    }
    Ok(signals)
}

/// Whether the program was started to outlive its terminal, as by `nohup`. Only Linux tells without unsafe code.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signal 1 is the lowest bit.
    ignored.is_some_and(|mask| mask & 1 == 1)
}
