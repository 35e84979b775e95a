//! The page in a real browser: headless Chromium, with real keys, mouse and touch, read through its inspector.
//!
//! All tests share one Chromium. Each visitor has storage of its own there, as if it were another machine, and every
//! error that a page reports makes the test fail, unless the test expects it. `just test` bounds how many tests run at
//! once, as it does for the real windows.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod attention;
mod breaking;
mod conversation;
mod deploying;
mod door;
mod harness;
mod keyboard;
mod measures;
mod nodes;
mod phone;
mod pictures;
mod private;
mod reloading;
mod tables;
mod tabs;
mod weather;

mod chromium;
mod devtools;
mod guest;
mod inspector;
mod keeper;
mod keys;
mod member;
mod page;
mod pointer;
mod profile;
mod report;
mod screen;
mod site;
mod tab;
mod visitor;
mod wait;
mod web_room;
