//! The real window under an X server, driven with real keys and a real mouse, read through the WebKit inspector.
//!
//! The tests are in `accessibility`, `attention`, `composing`, `conversation`, `copying`, `dying`, `editing`,
//! `failure`, `field`, `hostile`, `links`, `menu`, `muting`, `overload`, `reading`, `remembering`, `rest`, `searching`,
//! `settings` and `trust`. The other files are their tools. One test at a time has a screen. `just test` provides the
//! screens and everything else that is needed.
#![cfg(feature = "desktop")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod accessibility;
mod asking;
mod attention;
mod composing;
mod conversation;
mod copying;
mod dying;
mod editing;
mod failure;
mod field;
mod hostile;
mod links;
mod machines;
mod measures;
mod memories;
mod menu;
mod muting;
mod overload;
mod pictures;
mod reading;
mod remembering;
mod rest;
mod searching;
mod settings;
mod trust;

mod bus;
mod client;
mod dbus;
mod desktop;
mod inspector;
mod keyboard;
mod memory;
mod screen;
mod wait;
mod window;
