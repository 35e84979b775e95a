//! Manual: the man pages of a command and of its subcommands, as roff.

use clap::Command;
use roff::{Roff, bold, roman};

use crate::{Section, options, prose};

/// In which order sections stand. Others come before these.
const ORDER: [&str; 7] = [
    "EXIT STATUS",
    "SIGNALS",
    "AS A SERVICE",
    "ENVIRONMENT",
    "FILES",
    "EXAMPLES",
    "SEE ALSO",
];

/// The pages by their names.
pub(crate) fn pages(command: Command, sections: &[Section]) -> Vec<(String, String)> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let all: Vec<_> = std::iter::once(&command)
        .chain(commands(&command))
        .collect();
    let names = all
        .iter()
        .map(|command| name_of(command))
        .collect::<Vec<_>>();
    let page = |command: &&Command| (name_of(command), page(command, sections, &names));
    all.iter().map(page).collect()
}

fn commands(command: &Command) -> impl Iterator<Item = &Command> {
    let shown = |command: &&Command| !command.is_hide_set();
    command.get_subcommands().filter(shown)
}

fn name_of(command: &Command) -> String {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command, sections: &[Section], names: &[String]) -> String {
    let name = name_of(command);
    let help = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    let (more, description) = of_help(&help.map(ToString::to_string).unwrap_or_default());
    let mut page = Roff::new().render();
    // No date: the same sources always make the same page.
    let (title, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    page += &format!(".TH {title} 1 \"\" \"Hubbub {version}\" \"Hubbub\"\n");
    page += &titled("NAME", &format!("{name} - {}", summary(command)));
    page += &synopsis(command);
    page += &titled("DESCRIPTION", &[about(command), description].join("\n\n"));
    let mut roff = Roff::new();
    options::append(&mut roff, "ARGUMENTS", command.get_positionals());
    let named = command.get_arguments().filter(|arg| !arg.is_positional());
    options::append(&mut roff, "OPTIONS", named);
    page += without_preamble(&roff.render());
    page += &titled("COMMANDS", &list(command));
    for (heading, text) in ordered(more, sections, &name, names) {
        page += &titled(&heading, &text);
    }
    page
}

/// What the command is for, as the list of all pages shows it: without a capital.
fn summary(command: &Command) -> String {
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut letters = about.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => about,
    }
}

/// What the command does. Its first sentence has a full stop here, which clap takes away.
fn about(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let (first, rest) = about.split_once("\n\n").unwrap_or((&about, ""));
    format!("{}.\n\n{rest}", first.trim_end_matches('.'))
}

/// How the command is called, as its help says it.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for (number, line) in usage.trim_start_matches("Usage:").lines().enumerate() {
        if number > 0 {
            roff.control("br", []);
        }
        match line.trim().strip_prefix(name) {
            Some(rest) => roff.text([bold(name), roman(rest)]),
            None => roff.text([roman(line.trim())]),
        };
    }
    without_preamble(&roff.render()).to_owned()
}

/// The subcommands with what they are for.
fn list(command: &Command) -> String {
    let line = |command| format!("  {}(1)\n      {}\n", name_of(command), summary(command));
    commands(command).map(line).collect()
}

/// Splits what the help says at its end into sections, which begin with a line such as `Examples:`, and the rest.
fn of_help(help: &str) -> (Vec<(String, String)>, String) {
    let mut sections = Vec::new();
    let mut rest = Vec::new();
    for paragraph in help.split("\n\n") {
        match paragraph
            .split_once(":\n")
            .filter(|(first, _)| !first.contains('\n'))
        {
            Some(("Example", text)) => sections.push(("EXAMPLES".to_owned(), text.to_owned())),
            Some((first, text)) => sections.push((first.to_uppercase(), text.to_owned())),
            None => rest.push(paragraph),
        }
    }
    (sections, rest.join("\n\n"))
}

/// All sections after the options, each once.
fn ordered(
    of_help: Vec<(String, String)>,
    sections: &[Section],
    name: &str,
    names: &[String],
) -> Vec<(String, String)> {
    let of_page = sections
        .iter()
        .filter(|section| section.page == name || section.page == "*");
    let of_page = of_page.map(|section| (section.heading.to_owned(), section.text.to_owned()));
    let others = names
        .iter()
        .filter(|other| *other != name)
        .map(|other| format!("{other}(1)"));
    let others = others.collect::<Vec<_>>().join(", ");
    let see_also = Some(("SEE ALSO".to_owned(), others)).filter(|(_, others)| !others.is_empty());
    let mut all: Vec<(String, String)> = Vec::new();
    for (heading, text) in of_help.into_iter().chain(see_also).chain(of_page) {
        match all.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, before)) if heading == "SEE ALSO" => *before += &format!(", {text}"),
            Some((_, before)) => *before += &format!("\n\n{text}"),
            None => all.push((heading, text)),
        }
    }
    let place = |heading: &str| ORDER.iter().position(|known| *known == heading);
    all.sort_by_key(|(heading, _)| place(heading));
    all
}

/// A section of prose; nothing if it is empty.
fn titled(heading: &str, text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    prose::append(&mut roff, text);
    without_preamble(&roff.render()).to_owned()
}

/// Each part comes with the same first lines, which a page needs once: they say how an apostrophe is written.
fn without_preamble(part: &str) -> &str {
    part.strip_prefix(&Roff::new().render()).unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    fn all() -> Vec<(String, String)> {
        let say = Command::new("say")
            .about("Say something")
            .after_help("Example:\n  tool say hi")
            .arg(Arg::new("words").value_name("WORDS").required(true))
            .arg(
                Arg::new("loud")
                    .long("loud")
                    .action(clap::ArgAction::SetTrue)
                    .help("Cry"),
            )
            .arg(Arg::new("secret").long("secret").hide(true));
        let tool = Command::new("tool")
            .about("A tool")
            .after_help("Exit status:\n  0  done\n\nIt is small.")
            .subcommand(say)
            .subcommand(Command::new("hidden").hide(true));
        let see_also = Section {
            page: "tool",
            heading: "SEE ALSO",
            text: "spoon(1)",
        };
        pages(tool, &[see_also])
    }

    #[test]
    fn a_command_and_each_of_its_subcommands_has_a_page() {
        let names: Vec<_> = all().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["tool", "tool-say"]);
    }

    #[test]
    fn a_page_says_everything_in_the_usual_order() {
        let [(_, tool), (_, say)] = &all()[..] else {
            panic!("two pages");
        };
        let sections = |page: &str| -> Vec<String> {
            let headings = page.lines().filter_map(|line| line.strip_prefix(".SH "));
            headings.map(ToOwned::to_owned).collect()
        };
        assert_eq!(
            sections(tool),
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "COMMANDS",
                "\"EXIT STATUS\"",
                "\"SEE ALSO\""
            ]
        );
        for words in [
            "\ntool \\- a tool\n",
            "\nA tool.\n.PP\nIt is small.\n",
            "\n\\fBtool\\-say(1)\\fR\nsay something\n",
            "\n\\fBtool\\-say\\fR(1), \\fBspoon\\fR(1)\n",
        ] {
            assert!(tool.contains(words), "{words:?} in {tool}");
        }
        assert_eq!(
            sections(say),
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "ARGUMENTS",
                "OPTIONS",
                "EXAMPLES",
                "\"SEE ALSO\""
            ]
        );
        for words in [
            "\n\\fBtool say\\fR [OPTIONS] <WORDS>\n",
            "\n.TP\n\\fB\\-\\-loud\\fR\nCry\n",
            "\n.nf\n\\fBtool say hi\\fR\n.fi\n",
        ] {
            assert!(say.contains(words), "{words:?} in {say}");
        }
        assert!(!say.contains("secret"), "{say}");
    }
}
