//! Options: what a man page says of each argument.

use clap::Arg;
use roff::{Inline, Roff, bold, italic, roman};

use crate::prose;

/// Appends the arguments that this holds for, in the order of their definition. Those that have a heading of their own
/// come after the others. Nothing if there are none.
pub(crate) fn append<'a>(roff: &mut Roff, heading: &str, arguments: impl Iterator<Item = &'a Arg>) {
    let arguments: Vec<_> = arguments.filter(|arg| !arg.is_hide_set()).collect();
    if arguments.is_empty() {
        return;
    }
    let mut headings: Vec<_> = arguments.iter().map(|arg| arg.get_help_heading()).collect();
    headings.sort_by_key(Option::is_some);
    headings.dedup();
    roff.control("SH", [heading]);
    let mut known = Vec::new();
    for part in headings {
        if known.contains(&part) {
            continue;
        }
        known.push(part);
        if let Some(part) = part {
            roff.control("SS", [part]);
        }
        let of_part = arguments
            .iter()
            .filter(|arg| arg.get_help_heading() == part);
        of_part.for_each(|arg| item(roff, arg));
    }
}

fn item(roff: &mut Roff, arg: &Arg) {
    roff.control("TP", []);
    roff.text(term(arg));
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let mut body = help.map(ToString::to_string).unwrap_or_default();
    let takes_values = arg.get_action().takes_values();
    let values = arg.get_possible_values();
    let values: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).collect();
    if takes_values && !values.is_empty() {
        let values: Vec<_> = values.iter().map(|value| value.get_name()).collect();
        body += &format!(": {}", values.join(", "));
    }
    let default = arg.get_default_values();
    if takes_values && let Some(default) = default.first().and_then(|default| default.to_str()) {
        body += &format!(" [default: {default}]");
    }
    prose::append(roff, &body);
    if let Some(variable) = arg.get_env().and_then(|variable| variable.to_str()) {
        roff.control("br", []);
        roff.text([roman("Variable: "), bold(variable)]);
    }
}

/// `-o, --option VALUE`, or the name of what stands without an option.
fn term(arg: &Arg) -> Vec<Inline> {
    let names = arg.get_value_names().unwrap_or_default().join(" ");
    if arg.is_positional() {
        return vec![italic(names)];
    }
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let names_of_option: Vec<_> = short.into_iter().chain(long).collect();
    let mut term = vec![bold(names_of_option.join(", "))];
    if arg.get_action().takes_values() {
        term.extend([roman(" "), italic(names)]);
    }
    term
}
