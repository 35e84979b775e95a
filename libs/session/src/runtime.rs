//! Runtime: how the session waits, and what runs beside it. The only file that names async-std, begins a thread or
//! looks up a name. `runtime/browser.rs` stands in for it in a browser.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

pub(crate) use async_std::task::block_on;

/// A wait.
pub type Sleep = BoxFuture<'static, ()>;

/// Waits for this time.
pub(crate) fn sleep(time: Duration) -> Sleep {
    async_std::task::sleep(time).boxed()
}

/// Runs what `begin` makes in a thread of its own, from which it never moves.
pub(crate) fn spawn<F: Future<Output = ()>>(
    begin: impl FnOnce() -> F + Send + 'static,
) -> io::Result<()> {
    spawn_blocking("network", move || block_on(begin()))
}

/// Looks up the addresses of a host, in the order of the system's resolver.
pub(crate) async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let (found, answer) = flume::bounded(1);
    spawn_blocking("resolver", move || {
        let addresses = (host.as_str(), port).to_socket_addrs();
        // Nobody waits for an answer that comes too late.
        let _ = found.send(addresses.map(Iterator::collect));
    })?;
    answer
        .recv_async()
        .await
        .unwrap_or_else(|_| Err(ErrorKind::Other.into()))
}

/// Does work that blocks in a thread that ends with it. A thread of async-std's own would stay and wake twice a second.
fn spawn_blocking(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(())
}

/// Does nothing for this time, and holds up its thread.
pub(crate) fn rest(time: Duration) {
    thread::sleep(time);
}
