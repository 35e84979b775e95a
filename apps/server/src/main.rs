//! The program `hubbub-server`: its arguments, its log and its signals. The rest is in the library.

#[cfg(feature = "tls")]
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
#[cfg(feature = "tls")]
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
#[cfg(feature = "tls")]
use hubbub_server::password::{self, Password, PasswordFile};
use hubbub_server::service::Supervisor;
use hubbub_server::{Operator, Settings, descriptors, listen, listen_on, motd, runtime, serve_for};
#[cfg(feature = "tls")]
use hubbub_server::{core_files, identity, tls::Tls};
#[cfg(feature = "tls")]
use tracing::info;
use tracing::{Level, warn};

use crate::arguments::Arguments;
#[cfg(feature = "tls")]
use crate::arguments::Source;
use crate::form::Form;
use crate::stderr::Lines;

mod arguments;
#[cfg(feature = "tls")]
mod exposed;
mod form;
#[cfg(feature = "service")]
mod passed;
mod reload;
mod signals;
mod stderr;
mod variables;

#[cfg(all(without_unwinding, panic = "unwind"))]
compile_error!(
    "opt-level z is for `--profile small`: build.rs leaves out the tables for unwinding"
);

/// The socket that was passed, if one was, or what is wrong with it.
type Passed = Result<Option<TcpListener>, String>;

#[cfg(not(feature = "service"))]
mod passed {
    pub(crate) fn socket() -> super::Passed {
        Ok(None)
    }
}

fn main() -> ExitCode {
    let passed = passed::socket();
    let (arguments, note) = variables::parse(!matches!(passed, Ok(None)));
    let form = Form::of_stderr(arguments.wants_json());
    let Ok(lines) = Lines::start(form) else {
        let line = form.line(Level::ERROR, "cannot start a thread");
        let _ = io::stderr().write_all(line.as_bytes());
        return ExitCode::FAILURE;
    };
    let log = lines.clone();
    tracing_subscriber::fmt()
        .with_writer(move || log.clone())
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        .with_max_level(arguments.log)
        .log_internal_errors(false)
        .event_format(form)
        .init();
    if let Some(note) = note {
        warn!("{note}");
    }
    let ended = run(&arguments, passed);
    if let Err(message) = &ended {
        lines.put(form.line(Level::ERROR, message).as_bytes());
    }
    lines.flush();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(arguments: &Arguments, passed: Passed) -> Result<(), String> {
    runtime::size_executor();
    let settings = settings(arguments)?;
    let listener = match (passed?, arguments.address()) {
        (Some(passed), _) => Ok(passed),
        (None, Some(address)) => listen_on(address),
        (None, None) => listen(arguments.port),
    };
    let listener = listener.map_err(|error| explain_listen(arguments, &error))?;
    let supervisor = Supervisor::from_environment();
    let (reload, asked) = flume::bounded(1);
    let (change, changes) = flume::bounded(1);
    let shutdown = signals::that_stop(reload)
        .map_err(|error| format!("cannot listen for signals: {error}"))?;
    #[cfg(feature = "tls")]
    let (renew, identities) = flume::bounded(1);
    let files = reload::Files {
        motd: arguments.motd().map(Into::into),
        #[cfg(feature = "tls")]
        certificate: arguments
            .certificate()
            .zip(settings.tls.as_ref().map(|tls| tls.identity.clone())),
        #[cfg(feature = "tls")]
        password: settings.password_file.clone(),
        changes: change,
        #[cfg(feature = "tls")]
        identities: renew,
    };
    runtime::spawn(reload::run(asked, files, supervisor.clone()));
    let operator = Operator {
        supervisor,
        changes,
        #[cfg(feature = "tls")]
        identities,
    };
    let served = runtime::spawn(serve_for(operator, listener, settings, shutdown));
    runtime::block_on(served).map_err(|error| format!("cannot serve: {error}"))
}

/// The settings, with what is read from files.
fn settings(arguments: &Arguments) -> Result<Settings, String> {
    #[cfg(feature = "web")]
    let web = arguments.web()?;
    #[cfg(feature = "web")]
    let has_page = web.is_some();
    #[cfg(not(feature = "web"))]
    let has_page = false;
    let mut settings = arguments.settings(max_peers(arguments.max_peers, has_page)?);
    #[cfg(feature = "tls")]
    {
        settings.tls = tls(arguments)?;
        settings.password = password(arguments)?;
        if settings.tls.is_some() {
            warn_of_exposed(arguments);
        }
        settings.password_file = arguments
            .password_file()
            .map(|(file, _)| PasswordFile::new(file));
    }
    #[cfg(feature = "web")]
    {
        settings.web = web;
    }
    if let Some(file) = arguments.motd() {
        let explain = |why| {
            format!(
                "the message of the day in {} cannot be used: {why}",
                file.display()
            )
        };
        settings.motd = motd::read(file).map_err(explain)?;
    }
    Ok(settings)
}

/// The TLS that is asked for. Says in the log what the server is known by.
#[cfg(feature = "tls")]
fn tls(arguments: &Arguments) -> Result<Option<Tls>, String> {
    let state = arguments.state();
    let Some(asked) = arguments.tls(state.as_deref()) else {
        return Ok(None);
    };
    core_files::forbid();
    let mut tls = match asked.source {
        Source::Own { state, has_next } => Tls {
            next: has_next.then(|| identity::next(state)).transpose()?,
            ..Tls::own(identity::own(state)?)
        },
        Source::Files { cert, key } => Tls {
            is_own: false,
            ..Tls::own(identity::read(cert, key)?)
        },
    };
    if let (Some(why), false) = (identity::untimely(&tls.identity), tls.is_own) {
        warn!("nobody believes the certificate: it {why}");
    }
    tls.also_plain = asked.also_plain;
    let fingerprint = tls.identity.pin().fingerprint();
    let days_left = tls.ends().and(identity::days_left(&tls.identity));
    info!(days_left, %fingerprint, "TLS: this is the fingerprint of the server's key");
    if let Some(next) = tls.next {
        let fingerprint = next.fingerprint();
        info!(%fingerprint, "TLS: this is the fingerprint of the key to come");
    }
    Ok(Some(tls))
}

/// Says which secrets others can read.
#[cfg(feature = "tls")]
fn warn_of_exposed(arguments: &Arguments) {
    let certificate = arguments.certificate();
    let key = certificate.as_ref().map(|[_, key]| key.as_path());
    let state = arguments.state();
    let own = match (key, &state) {
        (None, Some(state)) => {
            let keys = [identity::KEY, identity::NEXT_KEY].map(|name| state.join(name));
            [vec![state.clone()], keys.to_vec()].concat()
        }
        _ => Vec::new(),
    };
    let password = arguments.password_file().map(|(file, _)| file);
    let own = own.iter().map(PathBuf::as_path);
    exposed::warn_of(own.chain(key).chain(password));
}

/// The password of the room, which is made if that is asked for and there is none.
#[cfg(feature = "tls")]
fn password(arguments: &Arguments) -> Result<Option<Password>, String> {
    let Some((file, is_made)) = arguments.password_file() else {
        return Ok(None);
    };
    if is_made && matches!(fs::exists(file), Ok(false)) {
        password::write_new(file)?;
        info!(?file, "password made");
    }
    let explain = |why| format!("the password in {} cannot be used: {why}", file.display());
    password::read(file).map(Some).map_err(explain)
}

/// How many peers there may be: as many as `asked` for, or else as many as there are descriptors for.
///
/// # Errors
///
/// There are not enough descriptors for what is asked.
fn max_peers(asked: Option<u32>, has_page: bool) -> Result<usize, String> {
    let reserved = descriptors::reserved(has_page);
    let possible = descriptors::raise_limit().saturating_sub(reserved);
    match asked.map(|asked| asked as usize) {
        Some(asked) if asked > possible => Err(format!(
            "--max-peers {asked} is more than the limit on open files allows, which is {possible} peers; \
             raise that limit (ulimit -n) or ask for fewer"
        )),
        Some(asked) => Ok(asked),
        None => Ok(possible),
    }
}

fn explain_listen(arguments: &Arguments, error: &io::Error) -> String {
    let port = arguments.port;
    let address = arguments.address();
    let place = address.map_or_else(String::new, |address| format!(" of {}", address.ip()));
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port}{place} is in use; stop what uses it or choose another with --port")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("cannot listen on port {port}{place}: that is no address of this machine")
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "cannot listen on port {port}{place} without more rights; choose one above 1023"
            )
        }
        _ if address.is_some_and(lacks_zone) => {
            format!(
                "cannot listen on port {port}{place}: a link-local address needs its interface, as in fe80::1%eth0"
            )
        }
        _ => format!("cannot listen on port {port}{place}: {error}"),
    }
}

fn lacks_zone(address: SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(v6) if v6.scope_id() == 0 && v6.ip().is_unicast_link_local())
}
