//! Here: this tab, what it keeps, and what the page in it shows. It goes its ways by loading the page again, which ends
//! everything that went on in it: the room then sees a connection that broke, and nobody sees that the user left.

use std::cell::Cell;
use std::rc::Rc;

use hubbub_client::settings::{RoomsFile, SettingsFile, Theme};
use hubbub_transport::{Invitation, InvitationError, Password};
use hubbub_wire::{Hex128, Username};
use wasm_bindgen_futures::spawn_local;

use crate::browser::neighbours::Neighbours;
use crate::browser::{self, boot, storage};
use crate::invitation;
use crate::kept::{self, Kept, Opening};
use crate::tabs::{Luggage, Step};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The door, or the room.
    Open(Opening),
    /// That the room is open in another tab.
    Elsewhere,
}

/// This tab.
#[derive(Clone)]
pub(crate) struct Here(Rc<Inner>);

struct Inner {
    room: Invitation,
    /// What was wrong with the invitation that came with the page.
    trouble: Option<InvitationError>,
    is_elsewhere: Cell<bool>,
    neighbours: Neighbours,
    steps: flume::Receiver<Step>,
}

impl Here {
    /// Finds out what came with the page and whether another tab is in the room. `None`: the page comes from no server.
    pub(crate) async fn open(page: Hex128) -> Option<Self> {
        let room = browser::room()?;
        let trouble = take_invitation(&boot::fragment()).err();
        let tab = kept().tab.unwrap_or(page);
        let (neighbours, steps) = Neighbours::meet(page, tab);
        let step = neighbours.look(&steps).await;
        let is_copy = step == Step::Elsewhere { is_copy: true };
        if is_copy {
            forget_own();
        }
        let tab = if is_copy { page } else { tab };
        storage::keep_for_tab(kept::TAB, &tab.to_string());
        let here = Self(Rc::new(Inner {
            room,
            trouble,
            is_elsewhere: Cell::new(matches!(step, Step::Elsewhere { .. })),
            neighbours,
            steps,
        }));
        if here.stage() != Stage::Elsewhere {
            take_parked();
            spawn_local(here.clone().stay());
        }
        let going = here.clone();
        browser::on(&browser::window(), "pagehide", move |_| going.park(page));
        Some(here)
    }

    /// The page may be gone for ever. The next tab is then the same member, and what waits goes out from there.
    fn park(&self, page: Hex128) {
        if boot::is_over() || self.0.is_elsewhere.get() {
            return;
        }
        if let Some(line) = kept::parked(page, self.pack()) {
            storage::keep_for_all(kept::PARKED, &line);
        }
    }

    /// What the page shows now.
    #[must_use]
    pub(crate) fn stage(&self) -> Stage {
        if self.0.is_elsewhere.get() {
            return Stage::Elsewhere;
        }
        Stage::Open(kept::opening(&kept(), self.name_before(), self.0.trouble))
    }

    /// Where the room is and what lets one in.
    #[must_use]
    pub(crate) fn room(&self) -> Invitation {
        Invitation {
            password: kept().password,
            ..self.0.room.clone()
        }
    }

    /// Goes in under this name.
    pub(crate) fn join(&self, name: &Username<'static>) {
        storage::keep_for_tab(kept::NAME, name.as_str());
        storage::keep_for_tab(kept::LEFT, "");
    }

    /// Takes the room over from the other tab.
    pub(crate) async fn take_over(&self) {
        match self.0.neighbours.take(&self.0.steps).await {
            Some(luggage) => {
                for (key, text) in kept::unpacked(luggage) {
                    storage::keep_for_tab(key, &text);
                }
            }
            // That tab may be closed by now.
            None => take_parked(),
        }
        storage::keep_for_tab(kept::LEFT, "");
        self.0.is_elsewhere.set(false);
        spawn_local(self.clone().stay());
    }

    /// The tab may have slept.
    pub(crate) fn wake(&self) {
        self.0.neighbours.wake();
    }

    /// An invitation was opened in this tab: the page begins anew with it.
    ///
    /// # Errors
    ///
    /// It is damaged, and the page goes on as it is.
    pub(crate) fn invite(&self) -> Result<(), InvitationError> {
        take_invitation(&boot::fragment())?;
        boot::reload();
        Ok(())
    }

    /// The user has left the room: the page begins anew with the door.
    pub(crate) fn leave(&self) {
        forget_own();
        storage::keep_for_tab(kept::LEFT, "yes");
        boot::reload();
    }

    /// Does what other tabs want, until the room is theirs.
    async fn stay(self) {
        while let Ok(step) = self.0.steps.recv_async().await {
            match step {
                Step::HandOver { page } => {
                    self.0.neighbours.give(page, self.pack());
                    forget_own();
                    return boot::reload();
                }
                Step::GiveWay { is_copy } => {
                    if is_copy {
                        forget_own();
                    }
                    return boot::reload();
                }
                _ => {}
            }
        }
    }

    /// What another tab needs to go on from here.
    fn pack(&self) -> Luggage {
        let kept = kept();
        let name = kept.name.or_else(|| self.name_before());
        Luggage {
            name: name.map(|name| name.to_string()).unwrap_or_default(),
            invitation: kept.password.map(invitation::write).unwrap_or_default(),
            carried: kept.carried.unwrap_or_default(),
            draft: browser::draft().unwrap_or(kept.draft),
        }
    }

    /// The name under which the user was in the room last.
    fn name_before(&self) -> Option<Username<'static>> {
        let (used, _) = RoomsFile::stored(storage::store()).used();
        let here = used
            .into_iter()
            .find(|room| room.address == self.0.room.address);
        here.map(|room| room.username)
    }
}

/// What this tab keeps.
#[must_use]
pub(crate) fn kept() -> Kept {
    Kept::read(storage::of_tab)
}

/// The theme that the user has set.
#[must_use]
pub(crate) fn theme() -> Theme {
    SettingsFile::stored(storage::store()).load().0.theme
}

/// Keeps the password that stood after `#`.
fn take_invitation(fragment: &str) -> Result<(), InvitationError> {
    if let Some(password) = invitation::read(fragment)? {
        keep_password(&password);
    }
    Ok(())
}

/// Keeps the password of the room for this tab, so that nobody is asked for it again.
pub(crate) fn keep_password(password: &Password) {
    storage::keep_for_tab(kept::INVITATION, &invitation::write(password.clone()));
}

/// Takes what a page has left behind.
fn take_parked() {
    let line = storage::of_all(kept::PARKED).unwrap_or_default();
    storage::keep_for_all(kept::PARKED, "");
    for (key, text) in kept::found(&kept(), &line) {
        storage::keep_for_tab(key, &text);
    }
}

fn forget_own() {
    for key in kept::OWN {
        storage::keep_for_tab(key, "");
    }
}
