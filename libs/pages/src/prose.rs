//! Prose: plain text with a little structure, as it stands in the help of a command, written for `man`. Pure.

use roff::{Inline, Roff, bold, roman};

/// How far a line that explains the one above is indented.
const EXPLAINS: usize = 6;

/// Appends paragraphs. Indented lines stand as they are, or are a list: a term and what it means, either on one line
/// with two blanks between them or on two.
pub(crate) fn append(roff: &mut Roff, text: &str) {
    let mut is_first = true;
    let paragraphs = text.split("\n\n").filter(|text| !text.trim().is_empty());
    for (number, paragraph) in paragraphs.enumerate() {
        if number > 0 && !paragraph.starts_with(' ') {
            roff.control("PP", []);
        }
        let mut lines = paragraph.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(entry) = line.strip_prefix(' ').map(str::trim) else {
                roff.text(inlines(line));
                is_first = false;
                continue;
            };
            let mut meaning = Vec::new();
            while let Some(line) = lines.next_if(|next| is_explanation(line, next)) {
                meaning.push(line.trim());
            }
            item(roff, entry, &meaning, is_first);
            is_first = false;
        }
    }
}

/// Whether the second line says more about the first.
fn is_explanation(line: &str, next: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    indent(next) >= EXPLAINS && indent(next) > indent(line)
}

fn item(roff: &mut Roff, entry: &str, further: &[&str], is_first: bool) {
    let (term, meaning) = match entry.split_once("  ") {
        Some((term, meaning)) => (term, Some(meaning.trim())),
        None => (entry, None),
    };
    if meaning.is_some() || !further.is_empty() {
        roff.control("TP", []);
        roff.text([bold(term)]);
        for line in meaning.iter().chain(further) {
            roff.text(inlines(line.trim()));
        }
    } else {
        if !is_first {
            roff.control("PP", []);
        }
        roff.control("RS", ["4"]);
        roff.control("nf", []);
        roff.text([bold(entry)]);
        roff.control("fi", []);
        roff.control("RE", []);
    }
}

/// The words of a line. What stands between backticks is bold, and so is the name of another page.
fn inlines(line: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for (part, is_code) in line.split('`').zip([false, true].into_iter().cycle()) {
        if is_code {
            inlines.push(bold(part));
            continue;
        }
        for word in part.split_inclusive(' ') {
            match word
                .find("(1)")
                .or_else(|| word.find("(8)"))
                .or_else(|| word.find("(5)"))
            {
                Some(at) => inlines.extend([bold(&word[..at]), roman(&word[at..])]),
                None => inlines.push(roman(word)),
            }
        }
    }
    inlines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        let mut roff = Roff::new();
        append(&mut roff, text);
        roff.to_roff()
    }

    #[test]
    fn a_list_is_a_term_and_what_it_means() {
        let lists = "  0  done\n 77  refused\n";
        assert!(
            page(lists).contains(".TP\n\\fB0\\fR\ndone\n"),
            "{}",
            page(lists)
        );
        let both = "  HUP  ends\n      it\n";
        assert_eq!(page(both), ".TP\n\\fBHUP\\fR\nends\nit\n");
        let examples = "  hubbub \\-x\n      says it\n      to all\n";
        assert_eq!(
            page(examples),
            ".TP\n\\fBhubbub \\\\\\-x\\fR\nsays it\nto all\n"
        );
    }

    #[test]
    fn other_indented_lines_stand_as_they_are() {
        assert_eq!(
            page("First.\n\n  .x y\n"),
            "First.\n.PP\n.RS 4\n.nf\n\\fB.x y\\fR\n.fi\n.RE\n"
        );
    }

    #[test]
    fn paragraphs_stay_apart_and_other_pages_are_bold() {
        assert_eq!(
            page("One\ntwo.\n\nSee a(1), `b`."),
            "One\ntwo.\n.PP\nSee \\fBa\\fR(1), \\fBb\\fR.\n"
        );
    }
}
