//! A new page is deployed while old ones are open.

use std::fs;
use std::path::{Path, PathBuf};

use crate::member::Member;
use crate::visitor::Visitor;
use crate::web_room::{WebRoom, bytes_of_page, made_page};

/// The page as the next version would be: other names for all that is kept for ever.
struct NextPage(PathBuf);

impl NextPage {
    fn make() -> NextPage {
        let next = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("next-page-{}", std::process::id()));
        copy(&made_page(), &next);
        NextPage(next)
    }
}

impl Drop for NextPage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies the files of a page, but what is in `app-HASH` is in `app-next` there, and so it is called where it is named.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let entries: Vec<_> = fs::read_dir(from).unwrap().map(Result::unwrap).collect();
    let name_of = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    let is_app = |name: &String| name.starts_with("app-");
    let app = entries.iter().map(name_of).find(is_app);
    for entry in &entries {
        let (name, path) = (name_of(entry), entry.path());
        if path.is_dir() {
            copy(
                &path,
                &to.join(if is_app(&name) { "app-next" } else { &name }),
            );
        } else if let (true, Some(app)) = (
            name.ends_with(".html") || name.ends_with(".webmanifest"),
            &app,
        ) {
            let words = fs::read_to_string(&path).unwrap();
            fs::write(to.join(&name), words.replace(app, "app-next")).unwrap();
        } else if !name.contains(".html.") && !name.contains(".webmanifest.") {
            fs::copy(&path, to.join(&name)).unwrap();
        }
    }
}

/// The most bytes that cross the network before somebody is in the room. Other compilers make it larger or smaller by a few
/// thousand.
const MOST_BYTES: u64 = 333_000;

#[test]
fn the_page_is_less_than_a_third_of_a_megabyte_over_the_network() {
    let bytes = bytes_of_page(".br");
    assert!(
        (100_000..=MOST_BYTES).contains(&bytes),
        "the page has {bytes} bytes with brotli, and {MOST_BYTES} are the most"
    );
}

#[test]
fn an_old_page_goes_on_when_a_new_one_is_deployed_and_a_reload_brings_the_new_one() {
    let mut room = WebRoom::open();
    let (visitor, next) = (Visitor::new(), NextPage::make());
    let alice = visitor.enters(&room.page(), "alice");
    alice.may_lose_its_connection();
    let is_new = "document.querySelector('script[src*=\"app-next/\"]') !== null";
    alice.shows(is_new, &false.into());
    room.stops();
    room.will_serve(&next.0);
    room.comes_back();
    let mut dave = Member::enter(room.port(), "dave");
    alice.is("connected");
    alice.says("from the old page");
    assert_eq!(
        dave.hears(),
        ("alice".to_owned(), "from the old page".to_owned())
    );
    alice.reloads_and_waits();
    alice.shows(is_new, &true.into());
    alice.is("connected");
    alice.shows_texts(&["from the old page"]);
    alice.says("from the new page");
    assert_eq!(
        dave.hears(),
        ("alice".to_owned(), "from the new page".to_owned())
    );
}
