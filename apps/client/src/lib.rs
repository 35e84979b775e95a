//! The desktop window of a CHAT/1.0 room, apart from the window itself.
//!
//! What the user does reaches the bridge as an action. The bridge shows it in the timeline and, if the room must know,
//! sends an intent to the session, which writes bytes. The session makes events of the bytes that come, and the bridge
//! takes all events that wait into the timeline, by one write of a signal. The view draws the timeline. The window
//! never waits for the network, and the network never waits for the window.
//!
//! Only the binary names a renderer, so that all of this builds and tests on a machine without one. Read `main.rs`,
//! `engine.rs` and `keys.rs` after the modules here.

// In reading order. The blank lines keep rustfmt from sorting it.

// Plain: no Dioxus, no channels, no sockets.
pub mod links;

pub mod timeline;

pub mod command;

// Files and the command line.
pub mod save;

pub mod settings;

pub mod args;

// Edges.
pub mod desktop;

pub mod bridge;

pub mod view;
