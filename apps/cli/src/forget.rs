//! Forget: takes what is known of a room, its key and its password, out of the file of known rooms. Nobody is connected
//! to.

use std::path::PathBuf;

use hubbub_session::known::KnownRooms;
use hubbub_transport::Addresses;

use crate::arguments;
use crate::room;
use crate::status::{Failure, Outcome, Status, say};

pub(crate) fn run(arguments: &arguments::Forget) -> Outcome {
    forget(&room::invitation(&arguments.whereabouts)?.addresses)
}

/// Forgets the room at these addresses, and says whether anything was known of it.
pub(crate) fn forget(addresses: &Addresses) -> Outcome {
    say(&forget_in(KnownRooms::path_of_user(), addresses)?);
    Ok(())
}

fn forget_in(path: Option<PathBuf>, addresses: &Addresses) -> Result<String, Failure> {
    let Some(path) = path else {
        return Ok(format!(
            "nothing is known of {addresses}, nor of any room: there is no home directory; set HOME or XDG_STATE_HOME"
        ));
    };
    let was_known = KnownRooms::at(path)
        .forget(addresses)
        .map_err(|error| Failure::new(Status::BadFile, error.to_string()))?;
    Ok(if was_known {
        format!("the key of {addresses} is forgotten")
    } else {
        format!("nothing was known of {addresses}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_home_is_told_that_nothing_is_known() {
        let addresses = Addresses::from_hosts("h", 1).unwrap();
        let Ok(words) = forget_in(None, &addresses) else {
            panic!("it fails");
        };
        assert!(words.contains("there is no home directory"), "{words}");
    }
}
