//! Forget: takes what is known of a room, its key and its password, out of the file of known rooms. Nobody is connected
//! to.

use std::path::PathBuf;

use hubbub_session::known::KnownRooms;
use hubbub_transport::Address;

use crate::arguments;
use crate::room;
use crate::status::{Failure, Outcome, Status, say};

pub(crate) fn run(arguments: &arguments::Forget) -> Outcome {
    forget(&room::invitation(&arguments.whereabouts)?.address)
}

/// Forgets the room at this address, and says whether anything was known of it.
pub(crate) fn forget(address: &Address) -> Outcome {
    say(&forget_in(KnownRooms::path_of_user(), address)?);
    Ok(())
}

fn forget_in(path: Option<PathBuf>, address: &Address) -> Result<String, Failure> {
    let Some(path) = path else {
        return Ok(format!(
            "nothing is known of {address}, nor of any room: there is no home directory; set HOME or XDG_STATE_HOME"
        ));
    };
    let was_known = KnownRooms::at(path)
        .forget(address)
        .map_err(|error| Failure::new(Status::BadFile, error.to_string()))?;
    Ok(if was_known {
        format!("the key of {address} is forgotten")
    } else {
        format!("nothing was known of {address}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_home_is_told_that_nothing_is_known() {
        let address = Address {
            host: "h".to_owned(),
            port: 1,
        };
        let Ok(words) = forget_in(None, &address) else {
            panic!("it fails");
        };
        assert!(words.contains("there is no home directory"), "{words}");
    }
}
