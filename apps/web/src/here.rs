//! Here: this tab, what it keeps, and what the page in it shows. It goes its ways by loading the page again, which ends
//! everything that went on in it: the room then sees a connection that broke, and nobody sees that the user left.

use std::cell::Cell;
use std::rc::Rc;

use hubbub_client::settings::{RoomsFile, SettingsFile, Theme};
use hubbub_session::Carried;
use hubbub_transport::{Addresses, Invitation, InvitationError, Password};
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
    trouble: Cell<Option<InvitationError>>,
    is_elsewhere: Cell<bool>,
    neighbours: Neighbours,
    steps: flume::Receiver<Step>,
}

impl Here {
    /// Finds out what came with the page and whether another tab is in the room. `None`: the page comes from no server.
    pub(crate) async fn open(page: Hex128) -> Option<Self> {
        let room = browser::room()?;
        forget_old_luggage();
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
            trouble: Cell::new(trouble),
            is_elsewhere: Cell::new(matches!(step, Step::Elsewhere { .. })),
            neighbours,
            steps,
        }));
        match here.stage() {
            Stage::Elsewhere => {}
            Stage::Open(Opening::Room(_)) => {
                here.0.neighbours.enter();
                take_parked();
                spawn_local(here.clone().stay());
            }
            Stage::Open(Opening::Door { .. }) => here.0.neighbours.wait_outside(),
        }
        let going = here.clone();
        browser::on(&browser::window(), "pagehide", move |_| going.park(page));
        if let Some(document) = browser::window().document() {
            // A browser that is short of memory ends a tab that sleeps, and says nothing more.
            let going = here.clone();
            browser::on(&document, "freeze", move |_| going.park(page));
        }
        Some(here)
    }

    /// The page may be gone for ever. The next tab is then the same member, and what waits goes out from there.
    fn park(&self, page: Hex128) {
        if boot::is_over() || !self.0.neighbours.is_inside() {
            return;
        }
        if let Some(line) = kept::parked(page, self.pack(), browser::now()) {
            storage::keep_for_all(kept::PARKED, &line);
        }
    }

    /// What the page shows now.
    #[must_use]
    pub(crate) fn stage(&self) -> Stage {
        if self.0.is_elsewhere.get() {
            return Stage::Elsewhere;
        }
        Stage::Open(kept::opening(
            &kept(),
            self.name_before(),
            self.0.trouble.get(),
        ))
    }

    /// Where the room is and what lets one in.
    #[must_use]
    pub(crate) fn room(&self) -> Invitation {
        Invitation {
            password: kept().password,
            ..self.0.room.clone()
        }
    }

    /// The server that the page is from. What the browser keeps is for this one, whichever others the room has today.
    #[must_use]
    pub(crate) fn own_server(&self) -> Addresses {
        self.0.room.addresses.first().clone().into()
    }

    /// Goes in under this name, unless another tab has done so meanwhile.
    pub(crate) async fn join(&self, name: &Username<'static>) {
        let step = self.0.neighbours.look_again(&self.0.steps).await;
        if let Step::Elsewhere { is_copy } = step {
            if is_copy {
                forget_own();
            }
            return self.0.is_elsewhere.set(true);
        }
        self.0.trouble.set(None);
        self.0.neighbours.enter();
        take_parked();
        storage::keep_for_tab(kept::NAME, name.as_str());
        storage::keep_for_tab(kept::LEFT, "");
        spawn_local(self.clone().stay());
    }

    /// Takes the room over from the other tab.
    pub(crate) async fn take_over(&self) {
        match self.0.neighbours.take(&self.0.steps).await {
            Some(luggage) => adopt(luggage),
            // That tab may be closed by now.
            None => take_parked(),
        }
        storage::keep_for_tab(kept::LEFT, "");
        self.0.is_elsewhere.set(false);
        if matches!(self.stage(), Stage::Open(Opening::Room(_))) {
            spawn_local(self.clone().stay());
        } else {
            self.0.neighbours.wait_outside();
        }
    }

    /// The tab may have slept.
    pub(crate) fn wake(&self) {
        if self.0.neighbours.is_inside() {
            // The page was not gone for ever, and what it left behind grows old.
            storage::keep_for_all(kept::PARKED, "");
        }
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
                // It comes so late that this page is in the room as somebody else.
                Step::Enter(luggage) => {
                    adopt(luggage);
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
            .find(|room| room.addresses == self.own_server());
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

/// Takes what a page has left behind, if one has.
fn take_parked() {
    let line = storage::of_all(kept::PARKED).unwrap_or_default();
    storage::keep_for_all(kept::PARKED, "");
    if let Some(luggage) = kept::found(&line, browser::now()) {
        adopt(luggage);
    }
}

/// Forgets what a page has left behind, if that was long ago.
fn forget_old_luggage() {
    let line = storage::of_all(kept::PARKED).unwrap_or_default();
    if kept::found(&line, browser::now()).is_none() {
        storage::keep_for_all(kept::PARKED, "");
    }
}

/// This tab goes on with that.
fn adopt(luggage: Luggage) {
    let kept = kept();
    let read = |carried: &str| Carried::from_text(carried);
    let theirs = read(&luggage.carried).map(|carried| carried.session);
    let own = kept.carried.as_deref().and_then(read);
    // What may have been sent is not said again by a person who does not know that.
    let own = own.filter(|own| Some(own.session) != theirs);
    let unsent = own.into_iter().flat_map(|own| own.texts);
    let unsent: Vec<_> = unsent.filter(|it| !it.is_sent).map(|it| it.text).collect();
    for (key, text) in kept::unpacked(&kept, &unsent, luggage) {
        storage::keep_for_tab(key, &text);
    }
}

fn forget_own() {
    for key in kept::OWN {
        storage::keep_for_tab(key, "");
    }
}
