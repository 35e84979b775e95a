//! Reading again, at SIGHUP, what the server has read from files, and certificates once a day as well. Nobody is
//! dropped for it, and the room goes on meanwhile, however long the disk takes. Whatever cannot be used leaves what
//! there was.

use std::fmt::Display;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use flume::{Receiver, Sender};
use hubbub_server::event::Event;
use hubbub_server::motd;
use hubbub_server::runtime::timeout;
use hubbub_server::service::Supervisor;
#[cfg(feature = "tls")]
use hubbub_server::{identity, password, password::PasswordFile, tls::Identity};
#[cfg(feature = "tls")]
use tracing::debug;
use tracing::{info, warn};

/// How long reading a file may take. A disk that sleeps needs a few seconds, and a mount that hangs would need for
/// ever: the service manager waits for the end of a reload.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a certificate is read again without being asked to. They are renewed weeks before they end.
#[cfg(feature = "tls")]
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is read again, and who is told what was in it.
pub(crate) struct Files {
    pub(crate) motd: Option<PathBuf>,
    pub(crate) changes: Sender<Event>,
    #[cfg(feature = "tls")]
    pub(crate) password: Option<PasswordFile>,
    /// A certificate and its key, and what was in them last.
    #[cfg(feature = "tls")]
    pub(crate) certificate: Option<([PathBuf; 2], Identity)>,
    #[cfg(feature = "tls")]
    pub(crate) identities: Sender<Identity>,
}

/// Reads the files again each time this is `asked`. Ends with those who ask.
pub(crate) async fn run(asked: Receiver<()>, mut files: Files, supervisor: Supervisor) {
    loop {
        match files.wait(&asked).await {
            Asked::Reload => {
                let is_told = supervisor.reloading().await;
                files.read_all().await;
                if is_told {
                    supervisor.ready().await;
                }
            }
            #[cfg(feature = "tls")]
            Asked::Day => files.read_certificate(Asked::Day).await,
            Asked::End => return,
        }
    }
}

/// What is to be done next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Reload,
    /// A day is over.
    #[cfg(feature = "tls")]
    Day,
    End,
}

impl Files {
    async fn wait(&self, asked: &Receiver<()>) -> Asked {
        let asked = asked.recv_async();
        #[cfg(feature = "tls")]
        let asked = match self.certificate {
            None => asked.await,
            Some(_) => match timeout(DAY, asked).await {
                Ok(asked) => asked,
                Err(_) => return Asked::Day,
            },
        };
        #[cfg(not(feature = "tls"))]
        let asked = asked.await;
        asked.map_or(Asked::End, |()| Asked::Reload)
    }

    async fn read_all(&mut self) {
        self.read_motd().await;
        #[cfg(feature = "tls")]
        {
            self.read_certificate(Asked::Reload).await;
            self.read_password().await;
        }
        if !self.has_some() {
            info!("nothing to read again: no option names a file");
        }
    }

    fn has_some(&self) -> bool {
        #[cfg(feature = "tls")]
        if self.certificate.is_some() || self.password.is_some() {
            return true;
        }
        self.motd.is_some()
    }

    async fn read_motd(&self) {
        let Some(file) = self.motd.clone() else {
            return;
        };
        let path = file.clone();
        match within(PATIENCE, move || motd::read(&path)).await {
            Ok(text) => {
                let _ = self.changes.send_async(Event::Motd(text)).await;
            }
            Err(why) => {
                warn!(?file, %why, "message of the day stays: the new one cannot be used");
            }
        }
    }

    #[cfg(feature = "tls")]
    async fn read_certificate(&mut self, asked: Asked) {
        let Some((paths, last)) = &mut self.certificate else {
            return;
        };
        let [cert, key] = paths.clone();
        let read = within(PATIENCE, move || identity::read(&cert, &key)).await;
        let identity = match read {
            Ok(identity) => identity,
            Err(why) => return warn!(%why, "certificate stays: the new one cannot be used"),
        };
        if let (Some(why), None) = (identity::untimely(&identity), identity::untimely(last)) {
            let file = &paths[0];
            return warn!(?file, "certificate stays: the new one {why}");
        }
        log_change(last, &identity, asked);
        *last = identity.clone();
        // Unchanged as far as it is shown, it may have another chain.
        let _ = self.identities.send_async(identity).await;
    }

    #[cfg(feature = "tls")]
    async fn read_password(&self) {
        let Some(file) = self.password.clone() else {
            return;
        };
        let path = file.path().to_owned();
        let why = match timeout(PATIENCE, file.turn()).await {
            Ok(turn) => match within(PATIENCE, move || password::read(&path)).await {
                Ok(password) => {
                    let change = Event::Password(password, turn);
                    let _ = self.changes.send_async(change).await;
                    return;
                }
                Err(why) => why,
            },
            Err(_) => "an administrator changes it, and its disk does not answer".to_owned(),
        };
        let file = file.path();
        warn!(?file, %why, "password stays: the new one cannot be used");
    }
}

/// Says what is another one in a certificate. That nothing is, only somebody who has asked wants to know.
#[cfg(feature = "tls")]
fn log_change(last: &Identity, identity: &Identity, asked: Asked) {
    let (is_same_key, is_same_end) = (last.pin() == identity.pin(), last.ends() == identity.ends());
    let fingerprint = identity.pin().fingerprint();
    let days_left = identity::days_left(identity);
    match (is_same_key, is_same_end) {
        (false, _) => info!(%fingerprint, days_left, "certificate changed, and its key too"),
        (true, false) => info!(%fingerprint, days_left, "certificate changed, with the same key"),
        (true, true) if asked == Asked::Day => {
            debug!(%fingerprint, days_left, "certificate unchanged")
        }
        (true, true) => info!(%fingerprint, days_left, "certificate unchanged"),
    }
}

/// Reads something in a thread of its own, which nobody else waits for. Beyond this time, whatever it reads is thrown
/// away.
async fn within<T: Send + 'static, E: Display>(
    time: Duration,
    read: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, String> {
    let (give, taken) = flume::bounded(1);
    thread::Builder::new()
        .name("reload".to_owned())
        .spawn(move || {
            let _ = give.send(read().map_err(|why| why.to_string()));
        })
        .map_err(|error| error.to_string())?;
    match timeout(time, taken.recv_async()).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err("it cannot be read".to_owned()),
        Err(_) => Err(format!(
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
        let soon = within(Duration::from_secs(30), || Ok::<_, String>("Be kind."));
        assert_eq!(block_on(soon).unwrap(), "Be kind.");
        let (end, ends) = flume::bounded::<()>(0);
        let hangs = within(Duration::from_millis(50), move || {
            let _ = ends.recv();
            Ok::<_, String>("Be kind.")
        });
        let given_up = block_on(timeout(Duration::from_secs(30), hangs));
        let why = given_up.expect("it hangs").unwrap_err();
        assert!(why.contains("took longer than 50ms"), "{why}");
        drop(end);
    }
}
