//! Passwords: which one the next offer has. What somebody types goes to the server that has asked, and to others of its room
//! only if they have the same key. A password that was refused is not repeated in this run, unless somebody types it again. Pure.

use hubbub_transport::Password;

/// The passwords of this run of the program.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// That of the invitation, for all servers of the room.
    given: Option<Password>,
    /// What the user has typed, and for which server.
    typed: Vec<(String, Password)>,
    refused: Vec<Password>,
    /// What the connection of now has sent.
    pub(crate) sent: Option<Password>,
}

impl Passwords {
    pub(crate) fn new(given: Option<Password>) -> Self {
        Self {
            given,
            typed: Vec::new(),
            refused: Vec::new(),
            sent: None,
        }
    }

    /// The user has typed one for this server. It may be one that was refused: an operator may have changed it meanwhile.
    pub(crate) fn take(&mut self, server: String, password: Password) {
        self.refused.retain(|refused| *refused != password);
        self.typed.retain(|(before, _)| *before != server);
        self.typed.push((server, password));
    }

    /// The one for the connection to this server that begins. `kept` is what is known of it.
    pub(crate) fn choose(
        &mut self,
        server: &str,
        kept: impl IntoIterator<Item = Password>,
    ) -> Option<hubbub_wire::Password<'static>> {
        let typed = self.typed.iter().find(|(known, _)| known == server);
        let typed = typed.map(|(_, password)| password.clone());
        let candidates = typed.into_iter().chain(self.given.clone()).chain(kept);
        self.sent = candidates
            .into_iter()
            .find(|it| !self.refused.contains(it) && on_the_wire(it).is_some());
        self.sent.as_ref().and_then(on_the_wire)
    }

    /// Whether the connection of now has sent that of the invitation.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn has_sent_given(&self) -> bool {
        self.sent.is_some() && self.sent == self.given
    }

    /// This server wants one, or another one than it got. Returns what it got.
    pub(crate) fn refuse(&mut self, server: &str) -> Option<Password> {
        let refused = self.sent.take()?;
        self.typed
            .retain(|(known, typed)| known != server || *typed != refused);
        self.given.take_if(|password| *password == refused);
        self.refused.push(refused.clone());
        Some(refused)
    }
}

/// A password as an offer has it. `None`: it is empty or too long, so that no server can ever get it.
fn on_the_wire(password: &Password) -> Option<hubbub_wire::Password<'static>> {
    hubbub_wire::Password::new(password.as_bytes().to_vec())
}
