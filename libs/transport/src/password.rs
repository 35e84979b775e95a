//! The room's password. It is shown nowhere: not in logs, not in messages, not by `{:?}`.

use std::fmt;

use subtle::ConstantTimeEq;

/// A room's password. Its `Debug` prints `[hidden]`, and comparing two takes a time that says nothing of their bytes,
/// apart from how many there are.
#[derive(Clone)]
pub struct Password(Box<[u8]>);

impl Password {
    /// Wraps a password.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into().into_boxed_slice())
    }

    /// What goes into an offer or a link, and nowhere else.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_equal_to_itself_alone() {
        let password = Password::new("correct horse");
        assert_eq!(password, Password::new(*b"correct horse"));
        for other in ["correct hors", "correct horse ", "correct Horse", ""] {
            assert_ne!(password, Password::new(other));
        }
    }

    #[test]
    fn a_password_is_hidden_from_whoever_prints_it() {
        let held = Some(Password::new("correct horse"));
        assert_eq!(format!("{held:?}"), "Some([hidden])");
        assert_eq!(format!("{held:#?}"), "Some(\n    [hidden],\n)");
    }
}
