//! Why: what is wrong with a connection, in words for a person. Pure.

use std::io::{self, ErrorKind};

/// Why a connection failed or ended, in words for a person.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        // In TLS a connection has not ended in good order before the server has said so.
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof => {
            "the server broke the connection".to_owned()
        }
        ErrorKind::BrokenPipe | ErrorKind::WriteZero => CLOSED.to_owned(),
        ErrorKind::TimedOut => "the server does not answer".to_owned(),
        ErrorKind::NetworkUnreachable => "no network".to_owned(),
        ErrorKind::HostUnreachable => "the server cannot be reached".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

/// The reason where a connection ended in good order.
pub(crate) const CLOSED: &str = "the server closed the connection";
