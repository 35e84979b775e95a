//! Where an engine is, and as whom this server comes to it: what stands in one URL of `--cluster`.
//!
//! A user and a password are secrets. Nothing here writes them, neither in errors nor for programmers.

use std::fmt;
use std::str::FromStr;

use async_nats::{Auth, ServerAddr};
use percent_encoding::percent_decode_str;

/// How an address is written.
const FORM: &str = "write nats://HOST:PORT or tls://HOST:PORT, with commas between several";

/// Where an engine is, and as whom this server comes to it.
#[derive(Clone, PartialEq, Eq)]
pub struct EngineAddress {
    place: ServerAddr,
    login: Login,
}

/// As whom this server comes to an engine.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) enum Login {
    #[default]
    Nobody,
    Token(String),
    User {
        name: String,
        password: String,
    },
}

impl EngineAddress {
    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.place.tls_required()
    }

    /// Whether it says as whom this server comes.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.login != Login::Nobody
    }

    /// Where it is, without a word of who comes.
    pub(super) fn place(&self) -> &ServerAddr {
        &self.place
    }

    pub(super) fn login(&self) -> &Login {
        &self.login
    }
}

impl Login {
    /// The same, as the client of the engines wants it.
    pub(super) fn auth(&self) -> Auth {
        let mut auth = Auth::new();
        match self.clone() {
            Self::Nobody => {}
            Self::Token(token) => auth.token = Some(token),
            Self::User { name, password } => {
                auth.username = Some(name);
                auth.password = Some(password);
            }
        }
        auth
    }
}

impl FromStr for EngineAddress {
    type Err = &'static str;

    /// Reads `nats://HOST:PORT` or `tls://HOST:PORT`, with `USER:PASSWORD@` or `TOKEN@` before the host if the engine
    /// wants that. The port is 4222 unless it is given.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(FORM)?;
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (parse_login(login)?, place),
            None => (Login::Nobody, rest),
        };
        if !matches!(scheme, "nats" | "tls") || place.contains(['/', '?', '#']) {
            return Err(FORM);
        }
        let place: ServerAddr = format!("{scheme}://{place}").parse().map_err(|_| FORM)?;
        if place.host().is_empty() {
            return Err(FORM);
        }
        Ok(Self { place, login })
    }
}

/// Reads what stands before the host. A `%` with two hexadecimal digits is a byte.
fn parse_login(text: &str) -> Result<Login, &'static str> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded.map_or(
            Err("what % and digits stand for in a user or a password has to be UTF-8"),
            |text| Ok(text.into_owned()),
        )
    };
    match text.split_once(':') {
        Some((name, password)) => Ok(Login::User {
            name: decode(name)?,
            password: decode(password)?,
        }),
        None if text.is_empty() => Err("before @ there has to be a user, or a token"),
        None => Ok(Login::Token(decode(text)?)),
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.place.as_url_str())
    }
}

impl fmt::Debug for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{EngineAddress, Login};

    fn parse(text: &str) -> EngineAddress {
        text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[track_caller]
    fn assert_user(text: &str, name: &str, password: &str) {
        let (name, password) = (name.to_owned(), password.to_owned());
        let login = Login::User { name, password };
        assert!(*parse(text).login() == login, "{text}");
    }

    #[test]
    fn an_address_is_a_place_with_a_scheme() {
        for (text, host, port) in [
            ("nats://a", "a", 4222),
            ("nats://a.example.org:1", "a.example.org", 1),
            ("tls://127.0.0.1:65535", "127.0.0.1", 65535),
            ("tls://[::1]:4223", "::1", 4223),
        ] {
            let address = parse(text);
            let place = address.place();
            assert_eq!((place.host(), place.port()), (host, port));
            assert_eq!(address.is_encrypted(), text.starts_with("tls"));
            assert!(!address.has_login());
        }
        for text in [
            "",
            "a",
            "a:4222",
            "nats://",
            "nats://me:secret@",
            "ws://a",
            "nats://a b",
            "nats://a/b",
            "nats://a?b",
            "nats://a#b",
            "nats://a:65536",
            "nats://a:b",
            "nats://@a",
            "nats://me:%ff@a",
        ] {
            assert!(text.parse::<EngineAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn users_and_passwords_are_decoded() {
        assert_user("nats://me:secret@a:1", "me", "secret");
        assert_user("tls://m%40e:p%2Cw%3a%25@a", "m@e", "p,w:%");
        assert_user("nats://me:p:@/#?@a", "me", "p:@/#?");
        assert_user("nats://me:100%@a", "me", "100%");
        assert_user("nats://me:@a", "me", "");
        let token = parse("nats://s%20c@a");
        assert!(*token.login() == Login::Token("s c".to_owned()) && token.has_login());
    }

    #[test]
    fn nothing_shows_a_secret() {
        let address = parse("nats://me:secret@a:1");
        assert_eq!(address.to_string(), "nats://a:1");
        assert_eq!(format!("{address:?}"), "nats://a:1");
        let why = "nats://me:secret@a:b".parse::<EngineAddress>().unwrap_err();
        assert!(!why.contains("secret"), "{why}");
    }
}
