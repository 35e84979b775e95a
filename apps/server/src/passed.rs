//! A socket that a service manager has opened for the server, so that connections wait while the server is away.

use std::net::TcpListener;

use hubbub_server::listens;
use listenfd::ListenFd;

/// Takes the socket that was passed, if one was. To be called before there are threads, since it changes the
/// environment.
///
/// # Errors
///
/// What was passed is more than one socket, or no TCP socket that listens.
pub(crate) fn socket() -> Result<Option<TcpListener>, String> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => return Ok(None),
        1 => {}
        many => {
            return Err(format!(
                "{many} sockets were passed, and one is the most; give one ListenStream= in the socket unit"
            ));
        }
    }
    let socket = passed.take_tcp_listener(0).map_err(|error| {
        format!("the passed socket cannot be used: {error}; give a port or an IP address with one as ListenStream=")
    })?;
    if socket.as_ref().is_some_and(|socket| !listens(socket)) {
        return Err(
            "the passed socket does not listen; set Accept=no in the socket unit".to_owned(),
        );
    }
    Ok(socket)
}
