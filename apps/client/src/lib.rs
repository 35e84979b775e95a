//! The desktop window of a CHAT/1.0 room, but for the window itself.
//!
//! Key press -> action -> bridge -> intent -> flume -> network thread -> bytes; bytes -> event -> flume -> bridge (all
//! that waits, one signal write) -> timeline -> view. The network thread is `hubbub_session`. The window never waits for
//! the network and the network never for the window. Only the binary names a renderer, so that all of this builds and
//! tests on a machine without one.
//!
//! Read `links`, `timeline`, `command`, `save`, `settings`, `desktop`, `bridge`, `view`, then `main.rs`,
//! `engine.rs` and `keys.rs`.

pub mod args;
pub mod bridge;
pub mod command;
pub mod desktop;
pub mod links;
pub mod save;
pub mod settings;
pub mod timeline;
pub mod view;
