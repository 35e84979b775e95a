//! Invitation: what stands after `#` in the address of the page. It is the same as in a `chats://` link: the room is
//! the one that the page comes from, so only the password is of use. A browser believes the server by itself and needs
//! no pin. Pure.

use hubbub_transport::{Address, Invitation, InvitationError, Password};

/// The password in what stands after `#`, if there is one.
///
/// # Errors
///
/// It is no part of an invitation, in words that do not repeat it.
pub fn read(fragment: &str) -> Result<Option<Password>, InvitationError> {
    // Where it leads does not matter here.
    let link = format!("chats://localhost/#{fragment}");
    Invitation::parse(&link, hubbub_wire::PORT).map(|invitation| invitation.password)
}

/// The same as text, for [`read`].
#[must_use]
pub fn write(password: Password) -> String {
    let address = Address {
        host: "localhost".to_owned(),
        port: hubbub_wire::PORT,
    };
    let invitation = Invitation {
        addresses: address.into(),
        is_private: true,
        pins: Vec::new(),
        password: Some(password),
    };
    let link = invitation.to_link();
    link.split_once('#').unwrap_or_default().1.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_comes_out_of_a_fragment_and_a_pin_is_passed_over() {
        let horse = Some(Password::new("correct, horse"));
        let pin = "pin=sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        for (fragment, password) in [
            ("", None),
            ("key=correct%2C%20horse", horse.clone()),
            (pin, None),
            (&format!("{pin},key=correct%2c%20horse"), horse),
        ] {
            assert_eq!(read(fragment), Ok(password), "{fragment}");
        }
    }

    #[test]
    fn a_damaged_one_is_refused_without_its_words() {
        for fragment in ["horse", "key=", "key=a,key=b", "key=%zz", "name=horse", "#"] {
            let why = read(fragment).unwrap_err().to_string();
            assert!(!why.contains("horse"), "{why}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for password in [
            &b"horse"[..],
            b"a,b=c#d%e f",
            &[0, 255, 10],
            "\u{e9}\u{20ac}".as_bytes(),
        ] {
            let password = Password::new(password);
            assert_eq!(read(&write(password.clone())), Ok(Some(password)));
        }
    }
}
