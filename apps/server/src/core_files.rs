//! Core files: a process that crashes leaves none where it knows a key or a password, which would stand in it. The unit
//! says the same, for all that it starts.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on this process leaves none. Where the system passes them to a program, that one decides, by the same
/// limit.
pub fn forbid() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Lowering a limit is always allowed.
    let _ = setrlimit(Resource::Core, none);
}
