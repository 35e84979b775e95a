//! Tabs: which of the tabs with this page is in the room. Plain: it says what to do, and its caller does it. The tabs
//! hear each other, but not themselves, and what is said to a tab that sleeps may never arrive.
//!
//! A page that opens asks whether another one is in the room, and goes in if nobody answers. A person may take the
//! room over, and then the other tab hands on what it was in the room with, so that nobody there sees a change. If two
//! are in the room after all, the answer was late, and who came first stays; or the first one slept, and who came
//! later stays.

use hubbub_wire::Hex128;

use crate::words;

/// So long after a page has asked, in milliseconds, it gives way to an answer that comes late. A tab that is that busy
/// is rare, and one that answers later still was asleep.
const SURE_AFTER: u64 = 10_000;

/// What a member needs to go on in another tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Luggage {
    /// The name in the room.
    pub name: String,
    /// The password of the room, as [`crate::invitation`] writes it. Empty: there is none.
    pub invitation: String,
    /// What the session carries from one page to the next. Who has it is this member.
    pub carried: String,
    /// What was being typed.
    pub draft: String,
}

/// What one tab says to all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// This page has opened in this tab. Is another one in the room?
    Ask {
        /// Drawn for each page.
        page: Hex128,
        /// Kept by the tab. A tab that is duplicated begins with that of the other.
        tab: Hex128,
    },
    /// This page is in the room.
    Here {
        /// Which page.
        page: Hex128,
        /// In which tab.
        tab: Hex128,
        /// When it came, in milliseconds since 1970.
        since: u64,
        /// Whether a person took the room over to it, or nobody has answered for long.
        is_sure: bool,
    },
    /// This page wants to be in the room instead of the one that is.
    Take {
        /// Which page.
        page: Hex128,
    },
    /// Here is what this page needs for that.
    Give {
        /// To which page.
        page: Hex128,
        /// What it needs.
        luggage: Luggage,
    },
}

/// What follows from something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// Say this to all others.
    Say(Said),
    /// The room is open in another tab. If `is_copy`, this tab is a duplicate of that one: what it keeps is not its
    /// own.
    Elsewhere {
        /// Whether it is a duplicate.
        is_copy: bool,
    },
    /// Another tab is in the room, too, and stays there: leave the room to it without a word. `is_copy` as above.
    GiveWay {
        /// Whether this tab or the other is a duplicate.
        is_copy: bool,
    },
    /// Another tab takes the room over: give it what it needs, and leave the room to it without a word.
    HandOver {
        /// To which page.
        page: Hex128,
    },
    /// The room is this tab's now. Go in with this.
    Enter(Luggage),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Is at the door, which any number of tabs can be.
    Outside,
    /// Has asked and waits for an answer.
    Asking,
    Inside,
    Elsewhere,
    /// Has asked the other to hand over.
    Taking,
    /// Has left the room to another tab, and is about to be loaded again.
    Over,
}

/// One page among the tabs.
#[derive(Debug)]
pub struct Tabs {
    page: Hex128,
    tab: Hex128,
    since: u64,
    is_taken: bool,
    state: State,
}

impl Tabs {
    /// A page that has just opened, and what it says.
    #[must_use]
    pub fn open(page: Hex128, tab: Hex128, now: u64) -> (Self, Said) {
        let tabs = Self {
            page,
            tab,
            since: now,
            is_taken: false,
            state: State::Asking,
        };
        (tabs, Said::Ask { page, tab })
    }

    /// Another tab says this.
    pub fn hear(&mut self, said: &Said, now: u64) -> Step {
        match (self.state, said) {
            (State::Inside | State::Taking, Said::Ask { .. }) => Step::Say(self.here(now)),
            // Both have just opened. One of them answers, and perhaps only that one has heard the other.
            (State::Asking, Said::Ask { page, .. }) if self.page < *page => {
                Step::Say(self.here(now))
            }
            (State::Asking, Said::Here { tab, .. }) => {
                self.state = State::Elsewhere;
                let is_copy = *tab == self.tab;
                Step::Elsewhere { is_copy }
            }
            (
                State::Inside,
                Said::Here {
                    page,
                    tab,
                    since,
                    is_sure,
                },
            ) => {
                if self.stays((*since, *page), *is_sure, now) {
                    return Step::Say(self.here(now));
                }
                self.state = State::Over;
                let is_copy = *tab == self.tab;
                Step::GiveWay { is_copy }
            }
            (State::Inside, Said::Take { page }) => {
                self.state = State::Over;
                Step::HandOver { page: *page }
            }
            // It may come late, and then this page has gone in without it.
            (State::Taking | State::Inside, Said::Give { page, luggage }) if *page == self.page => {
                self.state = State::Inside;
                Step::Enter(luggage.clone())
            }
            _ => Step::Nothing,
        }
    }

    /// The page stays at the door for now.
    pub fn wait_outside(&mut self) {
        self.state = State::Outside;
    }

    /// The page leaves the door for the room. Returns what it says.
    pub fn ask_again(&mut self, now: u64) -> Said {
        self.state = State::Asking;
        self.since = now;
        Said::Ask {
            page: self.page,
            tab: self.tab,
        }
    }

    /// Nobody has answered: the room is this page's. Returns what it says, if it did not know that.
    pub fn enter(&mut self, now: u64) -> Option<Said> {
        if !matches!(self.state, State::Asking | State::Taking) {
            return None;
        }
        self.state = State::Inside;
        Some(self.here(now))
    }

    /// The person wants the room in this tab.
    pub fn take(&mut self, now: u64) -> Said {
        self.state = State::Taking;
        self.since = now;
        self.is_taken = true;
        Said::Take { page: self.page }
    }

    /// The tab may have slept, and another may have come in meanwhile. Returns what it says.
    #[must_use]
    pub fn wake(&self, now: u64) -> Option<Said> {
        (self.state == State::Inside).then(|| self.here(now))
    }

    /// Whether this page stays in the room where another one is, too, that came at that time.
    fn stays(&self, theirs: (u64, Hex128), is_sure: bool, now: u64) -> bool {
        let ours = (self.since, self.page);
        match (self.is_sure(now), is_sure) {
            (true, true) => theirs < ours,
            (false, false) => ours < theirs,
            (are_we, _) => are_we,
        }
    }

    fn is_sure(&self, now: u64) -> bool {
        self.is_taken || now.saturating_sub(self.since) >= SURE_AFTER
    }

    fn here(&self, now: u64) -> Said {
        Said::Here {
            page: self.page,
            tab: self.tab,
            since: self.since,
            is_sure: self.is_sure(now),
        }
    }
}

impl Said {
    /// As one line. No other version of the page may read it wrongly: what is unknown there is passed over.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Ask { page, tab } => format!("ask {page} {tab}"),
            Self::Here {
                page,
                tab,
                since,
                is_sure,
            } => format!("here {page} {tab} {since} {is_sure}"),
            Self::Take { page } => format!("take {page}"),
            Self::Give { page, luggage } => {
                let Luggage {
                    name,
                    invitation,
                    carried,
                    draft,
                } = luggage;
                let parts = [name, invitation, carried, draft];
                format!("give {page} {}", words::join(parts))
            }
        }
    }

    /// Reads such a line. `None`: it is none.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let (verb, rest) = line.split_once(' ')?;
        let mut parts = rest.split(' ');
        let page = Hex128::parse(parts.next()?)?;
        let said = match verb {
            "ask" => Self::Ask {
                page,
                tab: Hex128::parse(parts.next()?)?,
            },
            "here" => Self::Here {
                page,
                tab: Hex128::parse(parts.next()?)?,
                since: parts.next()?.parse().ok()?,
                is_sure: parts.next()?.parse().ok()?,
            },
            "take" => Self::Take { page },
            "give" => {
                let mut part = || parts.next().and_then(words::read);
                Self::Give {
                    page,
                    luggage: Luggage {
                        name: part()?,
                        invitation: part()?,
                        carried: part()?,
                        draft: part()?,
                    },
                }
            }
            _ => return None,
        };
        parts.next().is_none().then_some(said)
    }
}

#[cfg(test)]
mod tests;
