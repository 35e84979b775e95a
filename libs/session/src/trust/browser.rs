//! Trust in a browser, which encrypts and believes by itself and shows us no key. What is left is the password. Nothing
//! is stored here.
//!
//! The servers of the room are those that the page's own server has named, by the page itself: nobody else can write that
//! list, and whoever could needs no password. So there is one password here, that of the room, also where it was typed: it
//! goes to each of these servers, through TLS to the name that was named, and to no other.

use std::convert::Infallible;
use std::time::SystemTime;

use hubbub_transport::{Address, Password, Pin};

use crate::member::Line;
use crate::passwords::Passwords;
use crate::{Options, Reason};

/// Why what was learnt is not kept. There is nothing to keep.
pub(crate) type NotKept = Infallible;

/// What is known of the room.
pub(crate) struct Trust {
    /// The server of now.
    server: Address,
    passwords: Passwords,
}

/// What came of what was learnt.
#[derive(Debug)]
pub(crate) enum Learnt {
    /// It holds.
    Holds(Result<(), NotKept>),
    /// Another program has learnt otherwise.
    #[expect(dead_code, reason = "there is no other program here")]
    Otherwise,
}

impl Trust {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            server: options.addresses.first().clone(),
            passwords: Passwords::new(options.password.clone()),
        }
    }

    /// The server of now is this one. Returns whether it was another one.
    pub(crate) fn turn_to(&mut self, server: &Address) -> bool {
        let is_other = self.server != *server;
        self.server = server.clone();
        is_other
    }

    /// Nobody is ever asked.
    pub(crate) fn say_yes(&mut self, _: Pin) {}

    /// Which server that is.
    pub(crate) fn server(&self) -> Address {
        self.server.clone()
    }

    /// The user has typed a password.
    pub(crate) fn take_password(&mut self, _: Address, password: Password) {
        self.passwords.take(String::new(), password);
    }

    /// A connection to a server that the browser believes.
    pub(crate) fn line(&mut self, now: SystemTime) -> Line {
        Line {
            pin: None,
            reason: Reason::Browser,
            since: now,
            password: self.passwords.choose("", None),
            is_bound: true,
        }
    }

    /// The server has let us in.
    pub(crate) fn learn(&mut self, _: &Line, _: bool) -> Learnt {
        Learnt::Holds(Ok(()))
    }

    /// The server announces the key that it will have.
    pub(crate) fn announced(&mut self, _: Pin, _: Pin) -> Result<(), NotKept> {
        Ok(())
    }

    /// The server wants a password, or another one than it got, which is never sent again by itself. Returns whether it
    /// got one.
    pub(crate) fn password_refused(&mut self) -> (bool, Result<(), NotKept>) {
        (self.passwords.refuse("").is_some(), Ok(()))
    }
}
