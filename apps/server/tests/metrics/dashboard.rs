//! The dashboard and the alerts name only what the page has.
