//! The program `hubbub-server`: its arguments, its log and its signals. The rest is in the library.

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use futures::StreamExt;
use hubbub_server::{descriptors, listen, listen_on, runtime, serve};
use hubbub_signals::Signal;
use tracing::warn;

use crate::arguments::Arguments;
use crate::stderr::Lines;

mod arguments;
mod stderr;
mod variables;

fn main() -> ExitCode {
    let (arguments, note) = variables::parse();
    let Ok(lines) = Lines::start() else {
        let _ = writeln!(io::stderr(), "hubbub-server: cannot start a thread");
        return ExitCode::FAILURE;
    };
    let log = lines.clone();
    tracing_subscriber::fmt()
        .with_writer(move || log.clone())
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        .with_max_level(arguments.log)
        .with_target(false)
        .log_internal_errors(false)
        .init();
    if let Some(note) = note {
        warn!("{note}");
    }
    let ended = run(&arguments);
    if let Err(message) = &ended {
        lines.put(format!("hubbub-server: {message}\n").as_bytes());
    }
    lines.flush();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    runtime::size_executor();
    let max_peers = max_peers(arguments.max_peers)?;
    let listener = match arguments.address() {
        Some(address) => listen_on(address),
        None => listen(arguments.port),
    };
    let listener = listener.map_err(|error| explain_listen(arguments, &error))?;
    let shutdown = stop_signal().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let served = runtime::spawn(serve(listener, arguments.settings(max_peers), shutdown));
    runtime::block_on(served).map_err(|error| format!("cannot serve: {error}"))
}

/// How many peers there may be: as many as `asked` for, or else as many as there are descriptors for.
///
/// # Errors
///
/// There are not enough descriptors for what is asked.
fn max_peers(asked: Option<u32>) -> Result<usize, String> {
    let possible = descriptors::raise_limit().saturating_sub(descriptors::RESERVED);
    match asked.map(|asked| asked as usize) {
        Some(asked) if asked > possible => Err(format!(
            "--max-peers {asked} is more than the limit on open files allows, which is {possible} peers; \
             raise that limit (ulimit -n) or ask for fewer"
        )),
        Some(asked) => Ok(asked),
        None => Ok(possible),
    }
}

/// Ready at the first SIGINT, SIGTERM or SIGHUP. A second SIGINT or SIGTERM ends the process at once. A second SIGHUP
/// does not: a terminal that goes away sends it twice, and a service manager may send it after SIGTERM.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut signals = hubbub_signals::that_ask_to_end()?;
    Ok(async move {
        signals.next().await;
        runtime::spawn(async move {
            while let Some(Ok(Signal::Hup)) = signals.next().await {}
            std::process::exit(1);
        });
    })
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
