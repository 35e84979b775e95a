//! The page: the window of a room in a browser. Built for anything else than a browser, it only says so.

#[cfg(target_arch = "wasm32")]
fn main() {
    hubbub_web::open();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("hubbub-web is for browsers: `just page` builds it");
}
