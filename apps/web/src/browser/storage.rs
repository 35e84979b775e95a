//! Storage: texts that the browser keeps for the page, in two places: the local storage, for all tabs and later days,
//! and the session storage, for this tab until it is closed. Both can be denied, full, or hold anything. The page goes
//! on all the same: what cannot be read is not there, and what cannot be written is lost with the page.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hubbub_client::settings::Store;
use web_sys::Storage;

use super::{window, words};
use crate::kept;

/// Where the window keeps the rooms. It writes there when it is in one.
const ROOMS: &str = "rooms.toml";

thread_local! {
    /// What the storage of the tab has not taken.
    static IN_PAGE: RefCell<BTreeMap<&'static str, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Where the window keeps its settings and its rooms.
#[must_use]
pub(crate) fn store() -> Store {
    Store { read, write }
}

fn local() -> Result<Storage, String> {
    match window().local_storage() {
        Ok(Some(storage)) => Ok(storage),
        Ok(None) => Err("this browser has no storage".to_owned()),
        Err(why) => Err(words(&why)),
    }
}

fn read(name: &str) -> Result<Option<String>, String> {
    local()?.get_item(name).map_err(|why| words(&why))
}

fn write(name: &str, text: &str) -> Result<(), String> {
    local()?.set_item(name, text).map_err(|why| words(&why))?;
    if name == ROOMS {
        // The name there is the one that the room has let in last.
        keep_for_tab(kept::NAME, "");
    }
    Ok(())
}

/// What all tabs keep under this name.
#[must_use]
pub(crate) fn of_all(name: &str) -> Option<String> {
    read(name).ok()?
}

/// Keeps a text for all tabs, or, if it is empty, nothing under this name.
pub(crate) fn keep_for_all(name: &str, text: &str) {
    if let Ok(local) = local() {
        // Where it is not taken, nothing is lost.
        let _ = if text.is_empty() {
            local.remove_item(name)
        } else {
            local.set_item(name, text)
        };
    }
}

/// What this tab keeps under this name.
#[must_use]
pub(crate) fn of_tab(name: &str) -> Option<String> {
    let in_page = IN_PAGE.with_borrow(|texts| texts.get(name).cloned());
    in_page.or_else(|| tab()?.get_item(name).ok()?)
}

/// Keeps a text for this tab, or, if it is empty, nothing under this name. What the storage does not take is kept for
/// as long as there is this page. Returns whether the storage takes it.
pub(crate) fn keep_for_tab(name: &'static str, text: &str) -> bool {
    IN_PAGE.with_borrow_mut(|texts| texts.remove(name));
    let tab = tab();
    let taken = match &tab {
        Some(tab) if text.is_empty() => tab.remove_item(name).is_ok(),
        Some(tab) => tab.set_item(name, text).is_ok(),
        None => text.is_empty(),
    };
    if !taken {
        // What stood there before would be wrong for the next page.
        let _ = tab.map(|tab| tab.remove_item(name));
        IN_PAGE.with_borrow_mut(|texts| texts.insert(name, text.to_owned()));
    }
    taken
}

fn tab() -> Option<Storage> {
    window().session_storage().ok()?
}
