//! Naming: what somebody may be called in a room. Pure.

use hubbub_wire::{Limits, Username};

/// Reads a name to use in the room.
///
/// # Errors
///
/// The text is no name, or it is the server's; why, in words for the user.
pub fn username(text: &str) -> Result<Username<'static>, String> {
    if text == Username::SERVER.as_str() {
        return Err("this name is reserved for the server itself; choose another one".to_owned());
    }
    Username::new(text, Limits::DEFAULT.max_name)
        .map(Username::into_owned)
        .map_err(|error| error.to_string())
}
