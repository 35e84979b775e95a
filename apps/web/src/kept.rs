//! Kept: what this tab keeps in its session storage, so that the page can be loaded again and nothing is lost, and
//! what the page begins with. Whatever stands there, by a fault or by another version, is read without complaint: what
//! cannot be used counts as missing. The window's own files, with the name that was used last, are in the local
//! storage. Pure.

use hubbub_transport::{InvitationError, Password};
use hubbub_wire::{Hex128, Limits, Username};

use crate::invitation;
use crate::tabs::{Luggage, Said};

/// What the tab was given when it was opened first. A duplicate of the tab has it, too.
pub const TAB: &str = "tab";
/// The name that was asked for, until the room has let it in.
pub const NAME: &str = "name";
/// The password of the room, as in an invitation.
pub const INVITATION: &str = "invitation";
/// What the session carries from one page to the next. Who has it is this member.
pub const CARRIED: &str = "carried";
/// What is being typed. The page's own script writes it.
pub const DRAFT: &str = "draft";
/// Where a page leaves behind what the next tab goes on with, for all tabs.
pub const PARKED: &str = "parked";
/// Whether the person has left the room.
pub const LEFT: &str = "left";

/// So long, in milliseconds, what a page left behind can be taken up: an hour, since no room keeps a place for longer.
/// Afterwards nobody is to find the secret and the texts there.
pub const PARKED_FOR: u64 = 60 * 60 * 1000;

/// What is a member's own and cannot be in two tabs.
pub const OWN: [&str; 3] = [TAB, CARRIED, DRAFT];

/// What a tab keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Under [`TAB`].
    pub tab: Option<Hex128>,
    /// Under [`NAME`].
    pub name: Option<Username<'static>>,
    /// Under [`INVITATION`].
    pub password: Option<Password>,
    /// Under [`CARRIED`]. The session knows what it means.
    pub carried: Option<String>,
    /// Under [`DRAFT`].
    pub draft: String,
    /// Under [`LEFT`].
    pub has_left: bool,
}

impl Kept {
    /// Reads what is under each key.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            tab: get(TAB).and_then(|tab| Hex128::parse(&tab)),
            name: get(NAME).and_then(|name| checked(&name)),
            password: get(INVITATION).and_then(|it| invitation::read(&it).ok()?),
            carried: get(CARRIED),
            draft: get(DRAFT).unwrap_or_default(),
            has_left: get(LEFT).is_some(),
        }
    }
}

/// What a tab that takes over from another keeps under each key from now on. An empty text: nothing. What only this tab has
/// is not lost: its password, and `own` texts that were not sent, which stand in the draft.
#[must_use]
pub fn unpacked(kept: &Kept, own: &[String], luggage: Luggage) -> [(&'static str, String); 5] {
    let invitation = match &kept.password {
        Some(password) if luggage.invitation.is_empty() => invitation::write(password.clone()),
        _ => luggage.invitation,
    };
    let mut drafts: Vec<&str> = own.iter().map(String::as_str).collect();
    for draft in [&kept.draft, &luggage.draft] {
        if !draft.is_empty() && !drafts.contains(&&**draft) {
            drafts.push(draft);
        }
    }
    [
        (NAME, luggage.name),
        (INVITATION, invitation),
        (CARRIED, luggage.carried),
        (DRAFT, drafts.join("\n")),
        (LEFT, String::new()),
    ]
}

/// What a page leaves behind when it goes, as one line, for the tab that opens next: nobody tells a page whether its
/// tab is closed. `None`: it has nothing to leave. The password stays with the tab.
#[must_use]
pub fn parked(page: Hex128, luggage: Luggage, now: u64) -> Option<String> {
    if luggage.carried.is_empty() && luggage.draft.is_empty() {
        return None;
    }
    let luggage = Luggage {
        invitation: String::new(),
        ..luggage
    };
    Some(format!("{now} {}", Said::Give { page, luggage }.write()))
}

/// Reads what a page has left behind, unless that was long ago. It is newer than all that other tabs keep: only one is
/// in the room at a time.
#[must_use]
pub fn found(line: &str, now: u64) -> Option<Luggage> {
    let (left, line) = line.split_once(' ')?;
    // A clock that was set back since then makes it no older.
    if now.saturating_sub(left.parse().ok()?) > PARKED_FOR {
        return None;
    }
    match Said::read(line)? {
        Said::Give { luggage, .. } => Some(luggage),
        _ => None,
    }
}

/// What the page begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The room, under this name.
    Room(Username<'static>),
    /// The door, which asks for the name.
    Door {
        /// What stands in the field at first.
        name: Option<Username<'static>>,
        /// What is wrong with the invitation.
        trouble: Option<InvitationError>,
    },
}

/// What to begin with: `kept` by this tab, with the name of somebody who was in the room before, and with an invitation
/// that may be damaged.
#[must_use]
pub fn opening(
    kept: &Kept,
    before: Option<Username<'static>>,
    trouble: Option<InvitationError>,
) -> Opening {
    // A name that the room has not let in was asked for after it had let in the other.
    let name = kept.name.clone().or(before);
    match name {
        Some(name) if trouble.is_none() && !kept.has_left => Opening::Room(name),
        name => Opening::Door { name, trouble },
    }
}

/// The name, if one can have it.
fn checked(name: &str) -> Option<Username<'static>> {
    let name = Username::new(name, Limits::DEFAULT.max_name).ok()?;
    (name != Username::SERVER).then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Username<'static> {
        checked(name).unwrap()
    }

    fn read(under: &[(&str, &str)]) -> Kept {
        Kept::read(|key| {
            let (_, text) = under.iter().find(|(name, _)| *name == key)?;
            Some((*text).to_owned())
        })
    }

    #[test]
    fn a_tab_that_keeps_nothing_begins_with_nothing() {
        assert_eq!(read(&[]), Kept::default());
    }

    #[test]
    fn what_is_kept_is_read() {
        let tab = Hex128(7).to_string();
        let kept = read(&[
            (TAB, &tab),
            (NAME, "alice"),
            (INVITATION, "key=horse%20"),
            (CARRIED, "1 2"),
            (DRAFT, "hello\nall"),
            (LEFT, ""),
        ]);
        let all = Kept {
            tab: Some(Hex128(7)),
            name: Some(name("alice")),
            password: Some(Password::new("horse ")),
            carried: Some("1 2".to_owned()),
            draft: "hello\nall".to_owned(),
            has_left: true,
        };
        assert_eq!(kept, all);
    }

    #[test]
    fn rubbish_counts_as_missing() {
        let long = "x".repeat(Limits::DEFAULT.max_name + 1);
        for (key, rubbish) in [
            (TAB, "7"),
            (NAME, ""),
            (NAME, " alice"),
            (NAME, "server"),
            (NAME, "a\nb"),
            (NAME, &long),
            (TAB, "0123456789abcdef0123456789abcdeg"),
            (INVITATION, "horse"),
            (INVITATION, "key=%"),
        ] {
            assert_eq!(read(&[(key, rubbish)]), Kept::default(), "{key} {rubbish}");
        }
        assert!(read(&[(NAME, &long[1..])]).name.is_some());
    }

    #[test]
    fn who_takes_over_goes_on_as_the_other_and_loses_nothing_of_their_own() {
        let luggage = |invitation: &str, draft: &str| Luggage {
            name: "alice".to_owned(),
            invitation: invitation.to_owned(),
            carried: String::new(),
            draft: draft.to_owned(),
        };
        let under = |kept: &Kept, own: &[&str], luggage| {
            let own: Vec<_> = own.iter().map(|text| (*text).to_owned()).collect();
            let under = unpacked(kept, &own, luggage);
            for key in [CARRIED, DRAFT, NAME, INVITATION, LEFT] {
                assert!(under.iter().any(|(name, _)| *name == key), "{key} stays");
            }
            let under: Vec<_> = under.iter().map(|(key, text)| (*key, &**text)).collect();
            read(
                &under
                    .into_iter()
                    .filter(|(_, text)| !text.is_empty())
                    .collect::<Vec<_>>(),
            )
        };
        let horse = Some(Password::new("horse"));
        let all = Kept {
            name: Some(name("alice")),
            password: horse.clone(),
            draft: "hello".to_owned(),
            ..Kept::default()
        };
        let fresh = Kept::default();
        assert_eq!(under(&fresh, &[], luggage("key=horse", "hello")), all);
        let own = Kept {
            carried: Some("old".to_owned()),
            has_left: true,
            ..all.clone()
        };
        assert_eq!(under(&own, &[], luggage("", "hello")), all);
        let both = under(&own, &["one", "two"], luggage("key=horse", "and"));
        assert_eq!(both.draft, "one\ntwo\nhello\nand");
    }

    #[test]
    fn a_tab_that_opens_takes_what_another_left_behind_but_for_the_password() {
        let luggage = Luggage {
            name: "alice".to_owned(),
            invitation: "key=horse".to_owned(),
            carried: "1 2\n3".to_owned(),
            draft: String::new(),
        };
        let line = parked(Hex128(3), luggage.clone(), 1000).unwrap();
        assert!(!line.contains("horse"));
        let taken = found(&line, 1000 + PARKED_FOR).unwrap();
        assert_eq!(found(&line, 1001 + PARKED_FOR), None);
        assert_eq!(found(&line, 0).as_ref(), Some(&taken));
        let invitation = String::new();
        assert_eq!(
            taken,
            Luggage {
                invitation,
                ..luggage
            }
        );
        for rubbish in ["", "take", "{}", &line[..line.len() / 2]] {
            assert_eq!(found(rubbish, 1000), None, "{rubbish}");
        }
        let nothing = Luggage {
            name: "alice".to_owned(),
            invitation: "key=horse".to_owned(),
            ..Luggage::default()
        };
        assert_eq!(parked(Hex128(3), nothing, 1000), None);
    }

    #[test]
    fn who_has_a_name_goes_in_unless_they_left_or_the_invitation_is_damaged() {
        let (alice, bob) = (name("alice"), name("bob"));
        let door = |name, trouble| Opening::Door { name, trouble };
        let kept = Kept::default();
        assert_eq!(opening(&kept, None, None), door(None, None));
        let before = Some(alice.clone());
        assert_eq!(opening(&kept, before.clone(), None), Opening::Room(alice));
        let damaged = Some(InvitationError::Key);
        assert_eq!(
            opening(&kept, before.clone(), damaged),
            door(before.clone(), damaged)
        );
        let asked = Kept {
            name: Some(bob.clone()),
            ..kept.clone()
        };
        assert_eq!(
            opening(&asked, before.clone(), None),
            Opening::Room(bob.clone())
        );
        let left = Kept {
            has_left: true,
            ..asked
        };
        assert_eq!(opening(&left, before, None), door(Some(bob), None));
    }
}
