//! Trust in a browser, which encrypts and believes by itself and shows us no key. What is left is the password. Nothing
//! is stored here.

use std::convert::Infallible;
use std::time::SystemTime;

use hubbub_transport::{Address, Password, Pin};

use crate::member::Line;
use crate::passwords::Passwords;
use crate::{Options, Reason};

/// Why what was learnt is not kept. There is nothing to keep.
pub(crate) type NotKept = Infallible;

/// What is known of one server.
pub(crate) struct Trust {
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

    /// Nobody is ever asked.
    pub(crate) fn say_yes(&mut self, _: Pin) {}

    /// Which server that is: a page knows no other one.
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
