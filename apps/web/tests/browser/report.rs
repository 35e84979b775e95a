//! What the pages of a browser have told without being asked, until a test looks at it.

/// Something that a page has told.
#[derive(Clone, Debug)]
struct Report {
    /// The browser's name for the tab.
    tab: String,
    /// What it is about.
    kind: Kind,
    /// Its words.
    words: String,
}

/// The kinds of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An error, or something that the content security policy does not allow.
    Trouble,
    /// The page asked the user something, and was told yes.
    Dialog,
}

/// All that nobody has looked at.
#[derive(Debug, Default)]
pub(crate) struct Reports(Vec<Report>);

impl Reports {
    /// Keeps one more.
    pub(crate) fn keep(&mut self, tab: &str, kind: Kind, words: String) {
        self.0.push(Report {
            tab: tab.to_owned(),
            kind,
            words,
        });
    }

    /// What has come of this kind from this tab, since it was last taken.
    pub(crate) fn take(&mut self, tab: &str, kind: Kind) -> Vec<String> {
        let is_it = |report: &mut Report| report.tab == tab && report.kind == kind;
        self.0.extract_if(.., is_it).map(|it| it.words).collect()
    }

    /// Whether something of this kind has come from this tab, since it was last taken.
    pub(crate) fn has(&self, tab: &str, kind: Kind) -> bool {
        self.0.iter().any(|it| it.tab == tab && it.kind == kind)
    }
}
