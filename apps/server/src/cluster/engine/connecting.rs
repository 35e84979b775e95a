//! The connection: which engine is tried next, as whom this server comes to it, and why none could be reached.
//!
//! The client of the engines asks this before each of its tries, the first and those after a connection has ended.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io};

use async_nats::rustls::pki_types::CertificateDer;
use async_nats::rustls::pki_types::pem::PemObject;
use async_nats::rustls::{self, CertificateError, RootCertStore};
use async_nats::{
    Auth, Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ReconnectToServer, Server,
    ServerAddr,
};
use tokio::time::sleep;
use tracing::warn;

use super::address::{EngineAddress, Login};
use super::{AGAIN, ANSWER, PING, explain};
use crate::settings::Cluster;

/// How often the log says why no engine can be reached, at most.
const TELL: Duration = Duration::from_secs(60);

/// Connects to one of the engines, when there is one. `change` hears of what happens to the connection.
///
/// # Errors
///
/// In words for the operator: the engines cannot be used with these settings. The words are empty if nobody
/// `is_wanted` any more.
pub(super) async fn connect(
    cluster: &Cluster,
    change: flume::Sender<()>,
    is_wanted: impl Fn() -> bool,
) -> Result<Client, String> {
    if let Some(file) = &cluster.authorities {
        check_authorities(file)?;
    }
    let credentials = cluster.credentials.as_deref().map(read_credentials);
    let credentials = credentials.transpose()?;
    let places = cluster.engines.iter().map(EngineAddress::place);
    let places: Vec<ServerAddr> = places.cloned().collect();
    // Not all servers begin with the same engine.
    let begin = usize::try_from(crate::runtime::draw() >> 32).unwrap_or(0);
    let tries = Arc::new(Mutex::new(Tries::new(&cluster.engines, begin)));
    loop {
        let mut refusal = None;
        for _ in &places {
            let options = options(cluster, credentials.as_deref(), &tries, change.clone())?;
            match options.connect(&places[..]).await {
                Ok(client) => return Ok(client),
                Err(error) => {
                    let why = tls_error(&error).map_or_else(|| explain(&error), explain_tls);
                    let place = lock(&tries).failed(why);
                    refusal = refused(&error)
                        .map(|why| format!("the engine {place} cannot be used: {why}"))
                        .or(refusal);
                }
            }
            if !is_wanted() {
                return Err(String::new());
            }
        }
        if let Some(why) = refusal {
            return Err(why);
        }
        lock(&tries).tell(Instant::now());
        sleep(AGAIN).await;
    }
}

/// How to connect.
fn options(
    cluster: &Cluster,
    credentials: Option<&str>,
    tries: &Arc<Mutex<Tries>>,
    change: flume::Sender<()>,
) -> Result<ConnectOptions, String> {
    let options = match (credentials, &cluster.credentials) {
        (Some(words), Some(file)) => ConnectOptions::with_credentials(words)
            .map_err(|error| cannot_use("credentials", file, &error))?,
        _ => {
            let tries = Arc::clone(tries);
            ConnectOptions::with_auth_callback(move |_| {
                let auth: Auth = lock(&tries).login.auth();
                std::future::ready(Ok(auth))
            })
        }
    };
    let tried = Arc::clone(tries);
    let changed = move |event| {
        if matches!(event, Event::Connected) {
            lock(&tried).reached();
        }
        if matches!(event, Event::Connected | Event::Disconnected) {
            // One is enough: whoever hears it looks at the connection.
            let _ = change.try_send(());
        }
        std::future::ready(())
    };
    let next = {
        let tries = Arc::clone(tries);
        move |servers: Vec<Server>, _| {
            let addr = lock(&tries).next(&servers, Instant::now());
            std::future::ready(addr.map(|addr| ReconnectToServer { addr, delay: None }))
        }
    };
    let options = options
        .name("hubbub-server")
        .ping_interval(PING)
        .connection_timeout(ANSWER)
        .request_timeout(Some(ANSWER))
        .reconnect_delay_callback(|attempts| AGAIN.min(Duration::from_millis(attempts as u64 * 10)))
        .reconnect_to_server_callback(next)
        .event_callback(changed)
        // The client takes addresses of engines from others of them, without a word of TLS.
        .require_tls(cluster.engines.iter().all(EngineAddress::is_encrypted));
    Ok(match &cluster.authorities {
        Some(file) => options.add_root_certificates(file.clone()),
        None => options,
    })
}

/// Nobody panics while it is held.
fn lock(tries: &Mutex<Tries>) -> MutexGuard<'_, Tries> {
    tries.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The client reads the file again for each connection, and would try for ever with one that is broken.
fn check_authorities(file: &Path) -> Result<(), String> {
    let cannot = |why: &dyn Display| cannot_use("authorities", file, why);
    let pem = fs::read(file).map_err(|error| cannot(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| cannot(&error))?;
        roots.add(certificate).map_err(|error| cannot(&error))?;
    }
    if roots.is_empty() {
        return Err(cannot(
            &"there is no certificate in it; they have to be PEM",
        ));
    }
    Ok(())
}

fn read_credentials(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| cannot_use("credentials", file, &error))
}

fn cannot_use(what: &str, file: &Path, why: &dyn Display) -> String {
    format!("the {what} in {} cannot be used: {why}", file.display())
}

/// Why an engine can never be used with these settings. `None` if it may be another time.
fn refused(error: &ConnectError) -> Option<String> {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation => Some(
            "it does not let this server in (authorization violation); \
             give a user and a password in its URL, or --cluster-creds FILE, as the engine has them"
                .to_owned(),
        ),
        ConnectErrorKind::ServerParse | ConnectErrorKind::Authentication => Some(explain(error)),
        _ => tls_error(error)
            .filter(|error| is_final(error))
            .map(explain_tls),
    }
}

/// Whether waiting mends nothing. An engine that only starts may be silent, or its proxy answer without TLS; and a
/// clock that is still to be set may be behind a certificate's time.
const fn is_final(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. }
                | CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
        )
    )
}

/// The error of TLS from which another one comes.
fn tls_error(error: &ConnectError) -> Option<&rustls::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        let within = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(error) = within.and_then(|error| error.downcast_ref()) {
            return Some(error);
        }
        source = error.source();
    }
    None
}

fn explain_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => "its certificate is signed by an authority that is not believed; \
             give that authority with --cluster-ca FILE"
            .to_owned(),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!("{error}; write the host as the certificate names it"),
        rustls::Error::InvalidMessage(_) => {
            format!("it does not speak TLS, although its URL begins with tls:// ({error})")
        }
        _ => error.to_string(),
    }
}

/// The tries to connect.
struct Tries {
    addresses: Vec<EngineAddress>,
    /// Which of those that the client knows is next.
    next: usize,
    /// The last one that was tried, and how often it had failed before. `None` if nothing has to be found out about it.
    last: Option<(ServerAddr, usize)>,
    /// As whom this server comes to it.
    login: Login,
    /// Why engines could not be reached since one was.
    why: BTreeMap<String, String>,
    /// When the log said so.
    told: Option<Instant>,
}

impl Tries {
    /// The first one is that with the number `begin`, counted around.
    fn new(addresses: &[EngineAddress], begin: usize) -> Self {
        Self {
            addresses: addresses.to_vec(),
            next: begin,
            last: None,
            login: Login::Nobody,
            why: BTreeMap::new(),
            told: None,
        }
    }

    /// Which of those that the client knows is tried next.
    fn next(&mut self, servers: &[Server], now: Instant) -> Option<ServerAddr> {
        self.look(servers);
        if self.why.len() >= servers.len() {
            self.tell(now);
        }
        let server = servers.get(self.next.checked_rem(servers.len())?)?;
        self.next = self.next.wrapping_add(1);
        let place = &server.addr;
        // An engine of which others have told is of the same cluster. It is told what the one before it was.
        let of_list = self.addresses.iter().find(|known| known.place() == place);
        if let Some(address) = of_list {
            self.login = address.login().clone();
        }
        self.last = Some((place.clone(), server.failed_attempts));
        Some(place.clone())
    }

    /// The last one could not be reached. Returns its place.
    fn failed(&mut self, why: String) -> String {
        let Some((place, _)) = self.last.take() else {
            return String::new();
        };
        let place = place.as_url_str().to_owned();
        self.why.insert(place.clone(), why);
        place
    }

    /// The last one was reached.
    fn reached(&mut self) {
        self.last = None;
        self.why.clear();
    }

    /// Finds out why the last one was not reached. The client says nothing of a name that was not found.
    fn look(&mut self, servers: &[Server]) {
        let Some((place, failed)) = &self.last else {
            return;
        };
        let Some(server) = servers.iter().find(|server| server.addr == *place) else {
            return;
        };
        let why = if server.failed_attempts > *failed {
            server.last_error.clone().unwrap_or_default()
        } else {
            "its name is not found".to_owned()
        };
        self.failed(why);
    }

    /// Says in the log why no engine can be reached, unless it said so a moment ago.
    fn tell(&mut self, now: Instant) {
        if let Some(why) = self.words_at(now) {
            warn!("no engine can be reached: {why}; trying again until one can");
        }
    }

    /// What is to be said at this time, if anything is.
    fn words_at(&mut self, now: Instant) -> Option<String> {
        if self.told.is_some_and(|told| now < told + TELL) {
            return None;
        }
        self.told = Some(now);
        let why = self.why.iter();
        let why: Vec<_> = why.map(|(place, why)| format!("{place} ({why})")).collect();
        Some(why.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str, failed: usize) -> Server {
        Server {
            addr: url.parse().unwrap(),
            failed_attempts: failed,
            did_connect: false,
            is_discovered: false,
            last_error: (failed > 0).then(|| format!("error {failed}")),
        }
    }

    fn tries(urls: &[&str], begin: usize) -> Tries {
        let addresses: Vec<_> = urls.iter().map(|url| url.parse().unwrap()).collect();
        Tries::new(&addresses, begin)
    }

    /// Where it goes next, and as whom.
    fn next(tries: &mut Tries, servers: &[Server]) -> (String, Option<String>) {
        let place = tries.next(servers, Instant::now()).unwrap();
        (place.as_url_str().to_owned(), tries.login.auth().username)
    }

    #[test]
    fn engines_have_turns_and_each_hears_its_own_user() {
        let mut tries = tries(&["nats://a", "nats://two:x@b", "nats://three:y@c"], 4);
        let mut servers =
            ["nats://a", "nats://b", "nats://c", "nats://d"].map(|url| server(url, 0));
        let user = |name: &str| Some(name.to_owned());
        let places = &servers[..3];
        assert_eq!(
            next(&mut tries, places),
            ("nats://b".to_owned(), user("two"))
        );
        assert_eq!(
            next(&mut tries, places),
            ("nats://c".to_owned(), user("three"))
        );
        assert_eq!(next(&mut tries, places), ("nats://a".to_owned(), None));
        // One that others have told of: as whoever came to the one before.
        tries.next = 2;
        servers[3].is_discovered = true;
        next(&mut tries, &servers);
        assert_eq!(
            next(&mut tries, &servers),
            ("nats://d".to_owned(), user("three"))
        );
        assert_eq!(tries.next(&[], Instant::now()), None);
    }

    #[test]
    fn why_no_engine_is_reached_is_told_when_all_were_tried_and_then_once_a_minute() {
        let mut tries = tries(&["nats://a", "nats://b"], 0);
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let mut servers = ["nats://a", "nats://b"].map(|url| server(url, 0));
        tries.next(&servers, at(0));
        servers[0] = server("nats://a", 1);
        tries.next(&servers, at(1));
        assert_eq!(tries.told, None);
        // The other one has no address, which the client does not count.
        tries.next(&servers, at(2));
        assert_eq!(tries.told, Some(at(2)));
        servers[0] = server("nats://a", 2);
        tries.next(&servers, at(61));
        assert_eq!(tries.told, Some(at(2)));
        let why = tries.words_at(at(62)).unwrap();
        assert_eq!(why, "nats://a (error 2), nats://b (its name is not found)");
        assert_eq!(tries.words_at(at(63)), None);
    }

    #[test]
    fn what_was_wrong_before_an_engine_was_reached_is_forgotten() {
        let mut tries = tries(&["nats://a"], 0);
        let mut servers = [server("nats://a", 0)];
        tries.next(&servers, Instant::now());
        servers[0] = server("nats://a", 1);
        tries.look(&servers);
        assert_eq!(tries.why.len(), 1);
        tries.next(&servers, Instant::now());
        servers[0] = server("nats://a", 0);
        servers[0].did_connect = true;
        tries.reached();
        assert!(tries.why.is_empty());
        // It has ended the connection since. That is no try.
        tries.look(&servers);
        assert!(tries.why.is_empty());
    }

    #[test]
    fn of_engines_that_were_reached_a_name_that_is_found_no_more_is_told_with_the_others() {
        let mut tries = tries(&["nats://a", "nats://b"], 0);
        let mut servers = ["nats://a", "nats://b"].map(|url| server(url, 0));
        servers[0].did_connect = true;
        tries.next(&servers, Instant::now());
        tries.reached();
        tries.next(&servers, Instant::now());
        servers[1] = server("nats://b", 1);
        tries.next(&servers, Instant::now());
        assert_eq!(tries.told, None);
        tries.next(&servers, Instant::now());
        assert!(tries.told.is_some());
        let places: Vec<_> = tries.why.into_iter().collect();
        let why = |place: &str, why: &str| (place.to_owned(), why.to_owned());
        let unfound = why("nats://a", "its name is not found");
        assert_eq!(places, [unfound, why("nats://b", "error 1")]);
    }

    #[test]
    fn what_may_be_mended_by_waiting_is_no_reason_to_end() {
        use rustls::{Error, InvalidMessage};
        for (why, is_last) in [
            (CertificateError::UnknownIssuer, true),
            (CertificateError::BadSignature, true),
            (CertificateError::NotValidForName, true),
            (CertificateError::Expired, true),
            (CertificateError::NotValidYet, false),
        ] {
            let error = Error::InvalidCertificate(why);
            assert_eq!(is_final(&error), is_last, "{error}");
        }
        let plain = Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert!(!is_final(&plain));
        assert!(explain_tls(&plain).contains("does not speak TLS"));
    }
}
