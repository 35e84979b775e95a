//! The page: the window of a room in a browser. What is decided here is plain and is tested on any machine; what
//! touches the browser is there only where there is one.
//!
//! `assets/app/boot.js` is there before this program and after it. It takes an invitation out of the address bar,
//! loads the program, and says "reload" when that fails or the program has broken down. The files of an open page
//! never change: their folder is named after what is in them. So an old page goes on while the server has a newer one.
//!
//! A room on several servers is one for the page as long as it is open: it knows them all from its first moment, and goes
//! on at another when it loses one. Loaded again, it comes from the server in the address bar, and from no other. What the
//! browser keeps belongs to that one, too.
//!
//! # What the browser keeps
//!
//! | where | name | what |
//! |---|---|---|
//! | local storage, for all tabs | `settings.toml`, `rooms.toml` | what the window on a desktop has in files of these names |
//! | | `open` | a tab is in the room; it is only a hint |
//! | | `parked` | what the last page left behind, for the tab that opens next: secret, waiting texts, draft |
//! | session storage, for one tab | `tab` | which tab it is; a duplicate finds that it is one |
//! | | `carried`, `draft` | the session with its secret and the texts that have not arrived; what is being typed |
//! | | `name`, `left` | the name until the room has let it in; that the user has left |
//! | | `invitation` | the password of the room |
//!
//! # Limits
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | the wait for another tab before a page goes in | 50 ms, and 1 s where one is noted | it goes in; an answer within 10 s sends it away |
//! | the wait for what another tab hands over | 1 s | the room is taken with what was left behind, if anything was |
//! | notifications | one in 3 s | the next one replaces it |
//! | what the last page left behind | an hour | the next page that opens forgets it |
//! | servers of the room | 16, its own among them | the others are not tried |
//! | a server that does not answer, where there are others | 3 s | the next one is tried besides |
//! | silence of the server | 20 s | it is asked whether it is there |

// In reading order. The blank lines keep rustfmt from sorting it.

// Plain: no browser.
mod words;

pub mod nodes;

pub mod invitation;

pub mod tabs;

pub mod kept;

// Edges: only where there is a browser.
#[cfg(target_arch = "wasm32")]
mod browser;

#[cfg(target_arch = "wasm32")]
mod here;

#[cfg(target_arch = "wasm32")]
mod view;

/// Opens the page. Returns at once.
#[cfg(target_arch = "wasm32")]
pub fn open() {
    use browser::boot;

    // Whatever is on the page then stands still, so the page says that this is not the room any more.
    std::panic::set_hook(Box::new(|why| {
        // The first line says where it was, which the program does not know: see `make`.
        let why = why.to_string();
        boot::broke(why.split_once('\n').map_or(&*why, |(_, words)| words));
    }));
    wasm_bindgen_futures::spawn_local(async {
        let page = match hubbub_session::secret() {
            Ok(page) => page,
            Err(why) => return boot::broke(&why.to_string()),
        };
        let Some(here) = here::Here::open(page).await else {
            return boot::broke("the address of this page names no host");
        };
        boot::on_fragment({
            let here = here.clone();
            move || {
                if let Err(why) = here.invite() {
                    browser::notifier::trouble(&format!(
                        "the link that was opened is damaged: {why}"
                    ));
                }
            }
        });
        let page = dioxus::prelude::VirtualDom::new(view::Page).with_root_context(here);
        boot::ready();
        dioxus_web::launch::launch_virtual_dom(page, dioxus_web::Config::new());
    });
}
