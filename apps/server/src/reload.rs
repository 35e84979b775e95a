//! Reading again, at SIGHUP, what the server has read from files. Nobody is dropped for it, and the room goes on meanwhile,
//! however long the disk takes. Whatever cannot be used leaves what there was.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use flume::{Receiver, Sender};
use hubbub_server::event::Event;
use hubbub_server::motd::{self, MotdError};
use hubbub_server::runtime::timeout;
use hubbub_server::service::Supervisor;
use tracing::{info, warn};

/// How long reading a file may take. A disk that sleeps needs a few seconds, and a mount that hangs would need for ever:
/// the service manager waits for the end of a reload.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the files again each time this is `asked`, and sends what is in them as `changes`. Ends with those who ask.
pub(crate) async fn run(
    asked: Receiver<()>,
    motd: Option<PathBuf>,
    supervisor: Supervisor,
    changes: Sender<Event>,
) {
    while asked.recv_async().await.is_ok() {
        let is_told = supervisor.reloading().await;
        match &motd {
            None => info!("nothing to read again: there is no --motd"),
            Some(file) => match read(file).await {
                Ok(text) => {
                    let _ = changes.send_async(Event::Motd(text)).await;
                }
                Err(why) => {
                    warn!(?file, %why, "message of the day stays: the new one cannot be used")
                }
            },
        }
        if is_told {
            supervisor.ready().await;
        }
    }
}

async fn read(file: &Path) -> Result<Option<String>, MotdError> {
    let file = file.to_owned();
    within(PATIENCE, move || motd::read(&file)).await
}

/// Reads something in a thread of its own, which nobody else waits for. Beyond this time, whatever it reads is thrown away.
async fn within<T: Send + 'static>(
    time: Duration,
    read: impl FnOnce() -> Result<T, MotdError> + Send + 'static,
) -> Result<T, MotdError> {
    let (give, taken) = flume::bounded(1);
    thread::Builder::new()
        .name("reload".to_owned())
        .spawn(move || {
            let _ = give.send(read());
        })
        .map_err(MotdError::Unreadable)?;
    let cannot = |why| Err(MotdError::Unreadable(io::Error::other(why)));
    match timeout(time, taken.recv_async()).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => cannot("it cannot be read".to_owned()),
        Err(_) => cannot(format!(
            "reading it took longer than {time:?}; look whether its disk answers, and reload again"
        )),
    }
}

#[cfg(test)]
mod tests {
    use hubbub_server::runtime::block_on;

    use super::*;

    #[test]
    fn what_is_read_in_time_counts_and_what_takes_longer_is_given_up() {
        let soon = within(Duration::from_secs(30), || Ok("Be kind."));
        assert_eq!(block_on(soon).unwrap(), "Be kind.");
        let (end, ends) = flume::bounded::<()>(0);
        let hangs = within(Duration::from_millis(50), move || {
            let _ = ends.recv();
            Ok("Be kind.")
        });
        let given_up = block_on(timeout(Duration::from_secs(30), hangs));
        let why = given_up.expect("it hangs").unwrap_err().to_string();
        assert!(why.contains("took longer than 50ms"), "{why}");
        drop(end);
    }
}
