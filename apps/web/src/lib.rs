//! The page: the window of a room in a browser. What is decided here is plain and is tested on any machine; what
//! touches the browser is there only where there is one.

// In reading order. The blank lines keep rustfmt from sorting it.

// Plain: no browser.
mod words;

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
    std::panic::set_hook(Box::new(|why| boot::broke(&why.to_string())));
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
