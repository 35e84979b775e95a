//! The same page in headless Firefox: tests of `tests/browser`, with what Firefox does for a tab instead of Chromium.
//!
//! Left out are tests of what only Chromium's inspector can do, such as to freeze a tab, to hide one, or to keep a file
//! from it, and those of the network's weather, which take long and are about the program more than about the browser.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![allow(
    dead_code,
    reason = "the tools are those of all tests, and not all of them are here"
)]

#[path = "../browser/conversation.rs"]
mod conversation;
#[path = "../browser/door.rs"]
mod door;
#[path = "../browser/keyboard.rs"]
mod keyboard;
#[path = "../browser/phone.rs"]
mod phone;
#[path = "../browser/private.rs"]
mod private;
#[path = "../browser/reloading.rs"]
mod reloading;
#[path = "../browser/tables.rs"]
mod tables;
#[path = "../browser/tabs.rs"]
mod tabs;
mod troubles;

mod bidi;
mod firefox;
#[path = "../browser/guest.rs"]
mod guest;
#[path = "../browser/keeper.rs"]
mod keeper;
#[path = "../browser/keys.rs"]
mod keys;
#[path = "../browser/member.rs"]
mod member;
mod page;
#[path = "../browser/pointer.rs"]
mod pointer;
mod profile;
#[path = "../browser/report.rs"]
mod report;
#[path = "../browser/screen.rs"]
mod screen;
#[path = "../browser/site.rs"]
mod site;
#[path = "../browser/tab.rs"]
mod tab;
#[path = "../browser/visitor.rs"]
mod visitor;
#[path = "../browser/wait.rs"]
mod wait;
#[path = "../browser/web_room.rs"]
mod web_room;
