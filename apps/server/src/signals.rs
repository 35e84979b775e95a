//! The signals: which of them stop the server, and which has it read its files again.

use std::fs::File;
use std::future::Future;
use std::io;

use flume::Sender;
use futures::StreamExt;
use hubbub_server::runtime;
use hubbub_signals::Signal;

/// Ready at the first SIGINT or SIGTERM, or SIGHUP with a terminal. A second SIGINT or SIGTERM ends the process at
/// once. A second SIGHUP does not: a terminal that goes away sends it twice, and a service manager may send it after
/// SIGTERM.
///
/// Without a terminal, SIGHUP stops nothing and asks for `reload`. Those that come before the last one was taken are
/// one.
///
/// # Errors
///
/// The system does not let the program listen for signals.
pub(crate) fn that_stop(reload: Sender<()>) -> io::Result<impl Future<Output = ()>> {
    let mut signals = hubbub_signals::that_ask_to_end()?;
    // As it was at the start: a terminal that has gone away is not there when its SIGHUP comes.
    let has_terminal = File::open("/dev/tty").is_ok();
    Ok(async move {
        while let Some(Ok(Signal::Hup)) = signals.next().await
            && !has_terminal
        {
            let _ = reload.try_send(());
        }
        runtime::spawn(async move {
            while let Some(Ok(Signal::Hup)) = signals.next().await {}
            std::process::exit(1);
        });
    })
}
