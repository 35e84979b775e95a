//! Passwords: which one the next offer has. One that was refused is not repeated in this run, unless somebody types it
//! again. Pure.

use hubbub_transport::Password;

/// The passwords of this run of the program.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// That of the invitation, or what the user has typed since.
    given: Option<Password>,
    refused: Vec<Password>,
    /// What the connection of now has sent.
    pub(crate) sent: Option<Password>,
}

impl Passwords {
    pub(crate) fn new(given: Option<Password>) -> Self {
        Self {
            given,
            refused: Vec::new(),
            sent: None,
        }
    }

    /// The user has typed one. It may be one that was refused: an operator may have changed it meanwhile.
    pub(crate) fn take(&mut self, password: Password) {
        self.refused.retain(|refused| *refused != password);
        self.given = Some(password);
    }

    /// The one for the connection that begins. `kept` is what is known of the server.
    pub(crate) fn choose(
        &mut self,
        kept: impl IntoIterator<Item = Password>,
    ) -> Option<hubbub_wire::Password<'static>> {
        let candidates = self.given.clone().into_iter().chain(kept);
        self.sent = candidates
            .into_iter()
            .find(|it| !self.refused.contains(it) && on_the_wire(it).is_some());
        self.sent.as_ref().and_then(on_the_wire)
    }

    /// Whether the connection of now has sent what was given in this run.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn has_sent_given(&self) -> bool {
        self.sent.is_some() && self.sent == self.given
    }

    /// The server wants one, or another one than it got. Returns what it got.
    pub(crate) fn refuse(&mut self) -> Option<Password> {
        let refused = self.sent.take()?;
        self.given.take_if(|password| *password == refused);
        self.refused.push(refused.clone());
        Some(refused)
    }
}

/// A password as an offer has it. `None`: it is empty or too long, so that no server can ever get it.
fn on_the_wire(password: &Password) -> Option<hubbub_wire::Password<'static>> {
    hubbub_wire::Password::new(password.as_bytes().to_vec())
}
