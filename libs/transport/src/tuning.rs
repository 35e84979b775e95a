//! Tuning: the options that every socket of a room has, on both sides.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// After this much silence, the system asks the other side for a sign of life, which costs one small packet each way,
/// ...
const PROBE_AFTER: Duration = Duration::from_secs(20);
/// ... then asks again at this interval, ...
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// ... and gives the connection up after this many questions. That makes 50 s: the kernel's timers run up to 3 s late,
/// and a dead connection is to be gone within a minute.
const PROBES: u32 = 3;
/// How long written bytes may stay unacknowledged before the connection is given up. While some are, the system does
/// not ask for signs of life.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(50);

/// Makes a socket send small frames at once, and notice within a minute that the other side is dead.
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
