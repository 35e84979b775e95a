//! Private rooms: whom the session believes, and what goes to whom. The servers are scripted and speak TLS by code that
//! is not ours; the man in the middle is real.

mod changes;
mod first;
mod home;
mod ours;
mod passwords;
mod plain;
mod riding;
mod several;
