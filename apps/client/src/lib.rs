//! The desktop window of a CHAT/1.0 room, apart from the window itself.
//!
//! What the user does reaches the bridge as an action. The bridge shows it in the timeline and, if the room must know,
//! sends an intent to the session, which writes bytes. The session makes events of the bytes that come, and the bridge
//! takes all events that wait into the timeline, by one write of a signal. The view draws the timeline. The window
//! never waits for the network, and the network never waits for the window.
//!
//! Only the binary names a renderer, so that all of this builds and tests on a machine without one. Read `main.rs`,
//! `again.rs`, `asking.rs`, `engine.rs` and `keys.rs` after the modules here.
//!
//! # In a browser
//!
//! `hubbub-web` shows the same window as a page. What it has from a desktop has one place each here, which a browser
//! fills in another way: files (`settings`, its `Shelf` is the storage of the page), the calls into the script
//! (`view::page`, whose other file is `page_of_browser.rs`), saving and inviting (`bridge`), notifications (`news` says
//! what is wanted, and `desktop` shows it on a desktop alone), and work that blocks (`background`). The scripts and
//! style sheets in `assets` are shared, but for `webkit.js` and `window.js`, which only the window loads, and
//! `browser.js` and `browser.css`, which only a page does.
//!
//! A browser opens links, sizes and closes its pages by itself: there, links are those of the browser, there are no
//! keys for the size, Quit is called Leave, and a link to a room is words. A right click on a message or a person opens
//! the menu of the window, and on a field, a link or what is marked that of the browser. `/save` is a download. On a
//! phone the people are a drawer, what can be touched is at least 44 px wide, fields are not enlarged, and the keyboard
//! comes when it is asked for.
//!
//! # What the window does
//!
//! - **Sending.** What is typed while the server is away waits in order. It goes out when the server is back, 20 ms
//!   apart, since many clients take texts that arrive together for one message. Each own message shows its state:
//!   waiting, sent (it is written to the socket), arrived (if the server tells), or possibly lost, with a Retry button.
//!   The close button asks first while messages wait or have not arrived. What is lost when the program ends, it says
//!   on stderr.
//! - **A server that remembers** also tells who is here, how long messages are kept, and what was said before. Older
//!   messages come in above the first line as the reader gets there, and the view does not move. What was missed stands
//!   below the line "New", also after the window was closed. Where some are missing, a line has the times around them.
//!   With a plain server none of this shows. `--plain` never asks for it.
//! - **A room that refuses** a name takes another one on the same screen. A room that was opened elsewhere can be taken
//!   back.
//! - **Reading.** New messages do not move the view of somebody who reads back; they are counted below it. A line marks
//!   what came since the window lost the focus, and the title counts it. Ctrl+F searches the conversation.
//! - **Mentions.** A message that contains `@name`, or the own name as a whole word, is highlighted. If the window does
//!   not have the focus, the desktop shows a notification. The bell switches that off. A click on a notification leads
//!   to the message, and reading the message removes the notification. On a desktop without notifications everything
//!   else still works.
//! - **Typing.** Up brings back sent messages, Tab completes a name, Page Up and Page Down scroll the messages. Ctrl+Z
//!   also takes back what the window itself wrote into the field. Shortcuts go by the place of the key on keyboards
//!   whose letters are not Latin.
//! - **Commands.** `/help` lists them: `/clear`, `/mute NAME` and `/unmute NAME`, `/save FILE` (never over an existing
//!   file), `/quit`. `//` sends a slash.
//! - **People who disturb.** A person is muted by their menu or by `/mute`. What they say is not shown, counted,
//!   searched, saved or notified; nobody is told. The list of people names everybody who is muted in this room, each
//!   with a button that undoes it, and what they said meanwhile is then there. It is kept for the room. Who comes and
//!   goes is still told.
//! - **Private rooms.** An invitation, `chats://host:port/#pin=...,key=...`, leads there: as an argument, from a file
//!   (`--invitation`), pasted into the card of `--ask`, or by a click on a link, and then the card shows where it leads
//!   and asks under which name. A password never stands on a command line for long: the program starts again at once
//!   and takes the invitation from a pipe. A key that nobody vouches for is asked about before anything of the user is
//!   sent. A key that changed is a full stop with both keys and the command that forgets the old one, which asks again
//!   before it joins; no button leads on. A room that was private is offered as private also after that. A lock in the
//!   header says why the server is believed, since when, and whether everybody's line is private, and hands on the
//!   invitation, as text or as a QR code.
//! - **Starting without a room.** `--ask`, which the desktop's menu uses, asks for room and name and offers the last
//!   five rooms with the names that were used there. The program then starts again for the room that was chosen.
//! - **Links.** http, https and mailto links open in the browser, and chat:// and chats:// links in a window of their
//!   own. Its card, like that of `--ask LINK`, shows where the link leads and asks under which name; nothing is sent
//!   before. As an argument without `--ask`, a link is opened under the login name (`$USER`) or `--username`. The
//!   tooltip of a link shows where it really leads, with a host in another script spelled in ASCII. Everything else is
//!   plain text.
//! - **Copying.** A selection is copied as `[16:25] bob: text`, one line for each message, or as the bare words if it
//!   is within one message. The context menu (right button, Menu key or Shift+F10) copies and opens links, mentions the
//!   speaker, and edits the field.
//! - **Appearance.** The theme follows the system or is chosen. Ctrl with `+`, `-`, `0` or the wheel zooms everything.
//!   In a narrow window the people list becomes a drawer. Both themes have the contrast of WCAG AA, and the window can
//!   be used by keyboard alone and with a screen reader.
//! - **A page that dies** comes back by itself with everything in it, including what was being typed.
//! - **Settings.** Theme, zoom, notifications and the people panel are kept in `hubbub/settings.toml` in the
//!   configuration directory, and the window's place in `window.toml` next to it. Each room, the name used there,
//!   whether it is private and the last message seen are kept in `hubbub/rooms.toml` in the state directory, at most
//!   once a second, and so are the people who are muted there; another file is locked while it changes. Keys and
//!   passwords of private rooms are in `known_rooms.toml` there, which only the user may read. A broken file is kept as
//!   `settings.toml.broken` or `rooms.toml.broken`, reported, and replaced.
//!
//! # Limits
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | lines in the window | 20,000, and 64 MiB of text | the oldest go, the window says so, and fetches no older ones |
//! | rooms that are offered, and in which the last message seen is known | 5, and 100 | the room not seen for the longest time is forgotten |
//! | what the server tells, in one line | 4 KiB | the rest is left out |
//! | people who are muted in a room | 200 | no more are muted, and the window says so |
//! | an invitation | 4 KiB, and 128 bytes of password | it is refused |
//! | texts that Up brings back | 100, and 4 Mi characters | the oldest are forgotten |
//! | notifications | one in 3 s, 200 characters | the next one replaces it |
//! | links in one message | 500 | the rest is plain text |
//! | pages that die | 3 in a minute | the window asks whether to try again |
//! | combining marks on one pasted letter | 30 | the rest is left out |
//! | silence in the middle of a frame, before another frame | 2 s | the first frame is given up, the second one is read |
//!
//! # Measured
//!
//! The release window under Xvfb on two shared cores, one run of `just bench-window`; the 25 costly texts are of an earlier
//! run:
//!
//! | what | measured |
//! |---|--:|
//! | size of the binary | 12.1 MB |
//! | from the start of the process to the room, ready to type; a quarter of a second of it waits for a refusal | 0.79 s |
//! | memory of its three processes at the start | 316 MB |
//! | memory after 20,000 lines | 403 MB |
//! | key to screen in a quiet room, median and 99th percentile of 150 | 11 ms, 21 ms |
//! | messages a second that arrive while somebody types, all of them shown in the end | 1,985 |
//! | key to screen meanwhile, median and 99th percentile of 150 | 24 ms, 65 ms |
//! | longest of 12 keys next to 25 texts of 16,000 letters that are costly to lay out, twelve kinds | 22 ms |
//! | the same while the 25 texts come in | 156 ms |
//! | the same with one of them pasted into the field | 273 ms |
//! | processor at rest, of one core, with the caret in the field | 0.08 % |
//!
//! The caret does not blink, since that would cost fifty times as much. In a quiet room the window does nothing by
//! itself.

// In reading order. The blank lines keep rustfmt from sorting it.

// Plain: no Dioxus, no channels, no sockets.
#[cfg_attr(target_arch = "wasm32", path = "tables_of_browser.rs")]
mod tables;

pub mod links;

pub mod moment;

pub mod timeline;

pub mod command;

pub mod naming;

pub mod news;

// Files and the command line.
#[cfg(not(target_arch = "wasm32"))]
pub mod save;

pub mod settings;

#[cfg(not(target_arch = "wasm32"))]
pub mod handover;

#[cfg(not(target_arch = "wasm32"))]
pub mod args;

// Edges.
mod background;

#[cfg(not(target_arch = "wasm32"))]
pub mod desktop;

pub mod bridge;

pub mod view;
