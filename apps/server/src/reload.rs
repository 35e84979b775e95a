//! Reading again, at SIGHUP, what the server has read from files. Nobody is dropped for it, and the room goes on meanwhile,
//! however long the disk takes. Whatever cannot be used leaves what there was.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use flume::{Receiver, Sender};
use hubbub_server::event::Event;
use hubbub_server::motd::{self, MotdError};
use hubbub_server::service::Supervisor;
use tracing::{info, warn};

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

/// Reads the file in a thread of its own, which nobody else waits for.
async fn read(file: &Path) -> Result<Option<String>, MotdError> {
    let (give, text) = flume::bounded(1);
    let file = file.to_owned();
    thread::Builder::new()
        .name("reload".to_owned())
        .spawn(move || {
            let _ = give.send(motd::read(&file));
        })
        .map_err(MotdError::Unreadable)?;
    let text = text.recv_async().await;
    text.unwrap_or_else(|_| Err(MotdError::Unreadable(io::Error::other("it cannot be read"))))
}
