//! What TLS costs an idle member besides, which has a bound.

use std::env;
use std::fs;
use std::io;

use hubbub_testing::{Crowd, Program, TROUBLE};

use super::{a_member, look, print_head};

/// How many there are. Each of them decrypts what it hears of the others, which takes its time.
const MEMBERS: usize = 1000;

/// The most that TLS may cost an idle member, in bytes.
const MOST: f64 = 12_000.0;

/// Lets members join, plain ones and then as many with TLS, and prints the table of the latter.
///
/// # Errors
///
/// TLS costs too much.
pub(super) fn watch(possible: usize) -> io::Result<()> {
    let members = MEMBERS.min(possible);
    let plain = cost(members, false)?;
    let secured = cost(members, true)?;
    let besides = secured - plain;
    println!("\nTLS costs {besides:.0} bytes a member, and may cost {MOST:.0}.");
    if besides > MOST {
        return Err(io::Error::other(format!(
            "TLS costs {besides:.0} bytes a member"
        )));
    }
    Ok(())
}

/// Members of one of the two kinds, in servers of the same kind.
fn cost(members: usize, with_tls: bool) -> io::Result<f64> {
    let state = env::temp_dir().join(format!("hubbub-idle-{:016x}", fastrand::u64(..)));
    let options = ["--tls", "--also-plain", "--state"];
    let mut program = Program::with(&[&options[..], &[&state.to_string_lossy()]].concat(), &[]);
    let address = program.address();
    program.show(TROUBLE);
    print_head(if with_tls {
        "members with TLS"
    } else {
        "members without"
    });
    let empty = look(&program, 0, None)?;
    let mut crowd = if with_tls {
        Crowd::secure(address)?
    } else {
        Crowd::new(address)?
    };
    crowd.join_until(members)?;
    let resident = look(&program, members, Some(empty))?;
    fs::remove_dir_all(state)?;
    Ok(a_member(resident, empty, members))
}
