//! Tuning: what every socket of a room is told, on both of its sides.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// A silent connection is asked for a sign of life after this time (in a quiet room, that is one small packet), ...
const PROBE_AFTER: Duration = Duration::from_secs(20);
/// ... then this often, ...
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// ... and given up after so many questions: who died in silence is gone within a minute.
const PROBES: u32 = 3;
/// The same for one that owes an answer: written bytes are unacknowledged for this long. All this makes 50 s, because
/// the kernel's timers run up to 3 s late.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(50);

/// Has a socket send small frames at once and notice within a minute that the other side is dead.
///
/// # Errors
///
/// The other side is gone already.
pub(crate) fn tune(socket: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    let probes = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_EVERY)
        .with_retries(PROBES);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}
