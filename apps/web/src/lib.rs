//! The page: the window of a room in a browser. What is decided here is plain and is tested on any machine; what touches
//! the browser is there only where there is one.

// In reading order. The blank lines keep rustfmt from sorting it.

// Plain: no browser.
mod words;

pub mod invitation;

pub mod tabs;

pub mod kept;
