//! The command line, together with the environment variables that stand for options. Says where a bad value came from,
//! and ignores variables that are empty, or that somebody else sets under one of our names. Shows no secret.

use std::env;
use std::ffi::OsStr;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::arguments::Arguments;

/// The variable that Kubernetes sets to something like `tcp://10.96.0.7:8765` where there is a service named hubbub.
const PORT: &str = "HUBBUB_PORT";

/// Reads the command line and the variables. If something is wrong with them, or help was asked for, prints that and
/// ends the program. May also return a line for the log.
///
/// Where a socket `is_passed`, it is wrong to say where to listen.
pub(crate) fn parse(is_passed: bool) -> (Arguments, Option<String>) {
    let service = env::var(PORT).ok().filter(|value| is_of_a_service(value));
    let note = service.map(|value| {
        format!(
            "{PORT}={value} is ignored: Kubernetes sets it for a service named hubbub; \
             set a number, or use --port"
        )
    });
    let arguments = read(is_passed).unwrap_or_else(|error| error.exit());
    (arguments, note)
}

fn read(is_passed: bool) -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command().mut_args(|arg| {
        if arg.get_env().is_some_and(counts_as_unset) {
            without_variable(arg)
        } else {
            arg
        }
    });
    let matches = command
        .clone()
        .try_get_matches()
        .map_err(|error| without_secret(naming_the_variable(error, &mut command)))?;
    if is_passed
        && let Some(place) = ["listen", "port"].into_iter().find(|id| {
            matches.value_source(id) != Some(ValueSource::DefaultValue) && matches.contains_id(id)
        })
    {
        let place = shown(place, &command, &matches);
        let why = format!(
            "{place} cannot be used, since the service manager has passed a socket that listens elsewhere; \
             leave it out, or do without the socket unit"
        );
        return Err(command.error(ErrorKind::ArgumentConflict, why));
    }
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    let is_given = |id: &str| {
        matches
            .value_source(id)
            .is_some_and(|source| source != ValueSource::DefaultValue)
    };
    arguments.follow(is_given);
    match arguments.contradiction(|id| shown(id, &command, &matches), is_given) {
        Some(why) => Err(command.error(ErrorKind::ValueValidation, why)),
        None => Ok(arguments),
    }
}

fn counts_as_unset(variable: &OsStr) -> bool {
    env::var(variable)
        .is_ok_and(|value| value.is_empty() || (variable == PORT && is_of_a_service(&value)))
}

fn is_of_a_service(value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme))
}

fn without_variable(arg: Arg) -> Arg {
    arg.env(Resettable::Reset)
}

/// Adds the name of the variable to an error that comes from a variable.
fn naming_the_variable(mut error: clap::Error, command: &mut Command) -> clap::Error {
    let alone = command.clone().mut_args(without_variable);
    if alone.try_get_matches().is_err() {
        return error;
    }
    // Only after this does an option write its name as the error does.
    command.build();
    let variable = |of: &dyn Fn(&Arg, &OsStr) -> bool| {
        let mut args = command.get_arguments();
        args.find_map(|arg| {
            let variable = arg.get_env()?;
            of(arg, variable).then(|| variable.display().to_string())
        })
    };
    if error.kind() == ErrorKind::InvalidUtf8 {
        let is_no_text =
            |name: &OsStr| env::var_os(name).is_some_and(|text| text.to_str().is_none());
        if let Some(variable) = variable(&|_, name| is_no_text(name)) {
            return command.error(error.kind(), format!("{variable} is not UTF-8"));
        }
    } else if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some(variable) = variable(&|arg, _| arg.to_string() == *option)
    {
        let both = ContextValue::String(format!("{variable} ({option})"));
        error.insert(ContextKind::InvalidArg, both);
    }
    error
}

/// Takes the user and the password out of a URL that stands where an option should.
fn without_secret(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(text)) = error.get(ContextKind::InvalidArg)
        && let Some((scheme, rest)) = text.split_once("://")
        && let Some((_, place)) = rest.rsplit_once('@')
    {
        let shown = ContextValue::String(format!("{scheme}://...@{place}"));
        error.insert(ContextKind::InvalidArg, shown);
    }
    error
}

/// Writes an option, or its variable, with the value that counts, as it was given; without it, if it may be a secret.
fn shown(id: &str, command: &Command, matches: &ArgMatches) -> String {
    let option = format!("--{}", id.replace('_', "-"));
    let value = matches.get_raw(id).and_then(|mut values| values.next());
    let value = value.unwrap_or_default().display();
    let arg = command.get_arguments().find(|arg| arg.get_id() == id);
    if let Some(arg) = arg
        && arg.is_hide_env_values_set()
    {
        let variable = arg.get_env().filter(|_| {
            let source = matches.value_source(id);
            source == Some(ValueSource::EnvVariable)
        });
        return variable.map_or(option, |variable| variable.display().to_string());
    }
    match (matches.value_source(id), arg.and_then(Arg::get_env)) {
        (Some(ValueSource::EnvVariable), Some(variable)) => {
            format!("{}={value}", variable.display())
        }
        (Some(ValueSource::DefaultValue), _) => format!("{option} {value} (the default)"),
        _ => format!("{option} {value}"),
    }
}
