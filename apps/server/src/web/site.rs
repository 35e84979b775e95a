//! Site: the files of the page. They are read once, at the start, so that nobody who asks for one waits for a disk, and
//! no path leads out of the directory: there are only those that were found in it.
//!
//! A file may have others beside it that hold the same in fewer bytes: `NAME.br` and `NAME.gz`.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sha1::{Digest, Sha1};

use super::nodes::Nodes;

/// The most files that a site may have. The page has about twenty.
pub const MOST_FILES: usize = 1000;

/// The most bytes that the files may have together, since they stay in memory. The page has less than 3 MB.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// How deep the directories may go. A loop of links ends here.
const MOST_DEPTH: usize = 8;

/// How much older than its file a smaller form may be. Copying them takes a moment, in any order; one that is older was
/// made of another file.
const STALE: Duration = Duration::from_secs(60);

/// What visitors see who ask for nothing in particular.
const INDEX: &str = "index.html";

/// The beginning of the names of folders whose files never change: another page has a folder of another name.
const LASTING: &str = "app-";

/// The ways to write a file in fewer bytes, the best first: the end of its name, and what browsers call it.
const FORMS: [(&str, &str); 2] = [(".br", "br"), (".gz", "gzip")];

/// The files of the page.
#[derive(Clone)]
pub struct Site(HashMap<String, File>);

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// One of the files.
#[derive(Clone)]
pub(crate) struct File {
    /// What it is, for browsers.
    pub(crate) kind: &'static str,
    /// Whether it never changes.
    pub(crate) is_lasting: bool,
    /// What tells it from every other.
    pub(crate) tag: String,
    bytes: Vec<u8>,
    /// The same in fewer bytes, by what browsers call it.
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl File {
    /// Its bytes for a browser that reads the forms that `takes` is true for, and what that form is called.
    pub(crate) fn for_browser(
        &self,
        takes: impl Fn(&str) -> bool,
    ) -> (Option<&'static str>, &[u8]) {
        let form = self.forms.iter().find(|(name, _)| takes(name));
        form.map_or((None, &*self.bytes), |(name, bytes)| {
            (Some(*name), &**bytes)
        })
    }
}

/// A file as it was found.
struct Found {
    bytes: Vec<u8>,
    modified: Option<SystemTime>,
}

/// What has been found so far.
#[derive(Default)]
struct Search {
    files: HashMap<String, Found>,
    bytes: u64,
}

impl Site {
    /// Reads all files in `dir` and below. Hidden ones are left out. It waits for the disk.
    ///
    /// # Errors
    ///
    /// In words for the operator: the directory or something in it cannot be used.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let explain = |why: String| format!("the page in {} cannot be used: {why}", dir.display());
        let metadata = fs::metadata(dir).map_err(|error| explain(missing(&error)))?;
        if !metadata.is_dir() {
            let file = "it is a file; give the directory that the file is in".to_owned();
            return Err(explain(file));
        }
        let mut search = Search::default();
        search.look_into(dir, "", 0).map_err(explain)?;
        if !search.files.contains_key(INDEX) {
            let why = format!(
                "there is no {INDEX} in it; `just page` makes the page in target/web, and packages have it in /usr/share/hubbub/web"
            );
            return Err(explain(why));
        }
        Ok(Self(search.files()))
    }

    /// The same, with these nodes in the page. Its smaller forms do not have them, and go.
    ///
    /// # Errors
    ///
    /// In words for the operator: the page has no place for them.
    pub(super) fn telling(&self, nodes: &Nodes) -> Result<Self, String> {
        let mut site = self.clone();
        let page = site.0.get_mut(INDEX);
        let told = page.and_then(|page| {
            page.bytes = nodes.told_in(&page.bytes)?;
            page.tag = tag(&page.bytes);
            page.forms.clear();
            Some(())
        });
        let why = "the page knows no other nodes than its own: its index.html has no place for them, as one of an earlier \
                   version has none; use the page that belongs to this server, or leave out --web-node";
        told.map(|()| site).ok_or_else(|| why.to_owned())
    }

    /// The file at this path of a URL, which begins with a slash.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        let name = path.strip_prefix('/')?;
        self.0.get(if name.is_empty() { INDEX } else { name })
    }
}

impl Search {
    fn look_into(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<(), String> {
        if depth > MOST_DEPTH {
            return Err(format!("directories in it are more than {MOST_DEPTH} deep"));
        }
        let unread = |error: io::Error| format!("cannot read {}: {error}", dir.display());
        for entry in fs::read_dir(dir).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let name = entry.file_name();
            let name = name.to_str().filter(|name| name.bytes().all(is_plain));
            let Some(name) = name else {
                return Err(format!(
                    "{} has a name that no address can have; letters, digits and -._~ are right",
                    entry.path().display()
                ));
            };
            if name.starts_with('.') {
                continue;
            }
            let (path, name) = (entry.path(), format!("{prefix}{name}"));
            let unread = |error: io::Error| format!("cannot read {}: {error}", path.display());
            let metadata = fs::metadata(&path).map_err(unread)?;
            if metadata.is_dir() {
                self.look_into(&path, &format!("{name}/"), depth + 1)?;
            } else if metadata.is_file() {
                let modified = metadata.modified().ok();
                self.bounded(metadata.len())?;
                let bytes = fs::read(&path).map_err(unread)?;
                self.files.insert(name, Found { bytes, modified });
            } else {
                return Err(format!(
                    "{} is neither a file nor a directory",
                    path.display()
                ));
            }
        }
        Ok(())
    }

    /// Counts one more file.
    fn bounded(&mut self, bytes: u64) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files.len() >= MOST_FILES {
            return Err(format!(
                "there are more than {MOST_FILES} files in it; give the directory of the page alone"
            ));
        }
        if self.bytes > MOST_BYTES {
            return Err(format!(
                "its files have more than {} MiB together, and all of them stay in memory; give the directory of the page alone",
                MOST_BYTES >> 20
            ));
        }
        Ok(())
    }

    /// The files, with their smaller forms.
    fn files(mut self) -> HashMap<String, File> {
        let names: Vec<String> = self.files.keys().cloned().collect();
        let mut forms: HashMap<String, Vec<(&'static str, Vec<u8>)>> = HashMap::new();
        for name in &names {
            for (end, called) in FORMS {
                let smaller = format!("{name}{end}");
                if self.is_form_of(&smaller, name)
                    && let Some(found) = self.files.remove(&smaller)
                {
                    forms
                        .entry(name.clone())
                        .or_default()
                        .push((called, found.bytes));
                }
            }
        }
        let file = |(name, found): (String, Found)| {
            let forms = forms.remove(&name).unwrap_or_default();
            let file = File {
                kind: kind(&name),
                is_lasting: name
                    .split('/')
                    .rev()
                    .skip(1)
                    .any(|folder| folder.starts_with(LASTING)),
                tag: tag(&found.bytes),
                bytes: found.bytes,
                forms,
            };
            (name, file)
        };
        self.files.into_iter().map(file).collect()
    }

    /// Whether one is made of the other, and not of an earlier one.
    fn is_form_of(&self, smaller: &str, name: &str) -> bool {
        let (Some(smaller), Some(file)) = (self.files.get(smaller), self.files.get(name)) else {
            return false;
        };
        match (smaller.modified, file.modified) {
            (Some(smaller), Some(file)) => {
                file.duration_since(smaller)
                    .is_ok_and(|older| older <= STALE)
                    || smaller >= file
            }
            _ => true,
        }
    }
}

/// Whether a byte of a name is written in an address as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn missing(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such directory".to_owned(),
        _ => error.to_string(),
    }
}

/// What tells bytes from every other.
fn tag(bytes: &[u8]) -> String {
    let hash = Sha1::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a file is, by the end of its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs::File as OnDisk;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    /// A directory with these files, which is removed in the end.
    struct Dir(PathBuf);

    impl Dir {
        fn with(files: &[(&str, &str)]) -> Self {
            let dir = Self(env::temp_dir().join(format!("hubbub-site-{:016x}", fastrand::u64(..))));
            fs::create_dir(&dir.0).unwrap();
            for (name, text) in files {
                let path = dir.0.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            dir
        }

        fn why(&self) -> String {
            Site::read(&self.0).unwrap_err()
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn text(site: &Site, path: &str, takes: &str) -> Option<(Option<&'static str>, String)> {
        let (form, bytes) = site.file(path)?.for_browser(|form| takes.contains(form));
        Some((form, String::from_utf8(bytes.to_vec()).unwrap()))
    }

    #[test]
    fn files_are_found_by_their_path_with_their_smaller_forms() {
        let dir = Dir::with(&[
            ("index.html", "index"),
            ("index.html.br", "br"),
            ("index.html.gz", "gz"),
            ("app-1/hubbub.js", "js"),
            ("app-1/hubbub.js.gz", "gz of js"),
            ("alone.gz", "alone"),
            (".hidden", "hidden"),
            (".git/config", "hidden"),
        ]);
        let site = Site::read(&dir.0).unwrap();
        let is = |path, takes, form, wanted: &str| {
            assert_eq!(
                text(&site, path, takes),
                Some((form, wanted.to_owned())),
                "{path}"
            );
        };
        is("/", "", None, "index");
        is("/index.html", "gzip br", Some("br"), "br");
        is("/", "gzip", Some("gzip"), "gz");
        is("/app-1/hubbub.js", "br gzip", Some("gzip"), "gz of js");
        is("/alone.gz", "gzip", None, "alone");
        for path in [
            "/index.html.br",
            "/.hidden",
            "/.git/config",
            "/app-1",
            "/app-1/",
            "/../index.html",
            "//",
            "index.html",
        ] {
            assert!(site.file(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_what_is_in_a_folder_of_an_app_never_changes() {
        let dir = Dir::with(&[("index.html", ""), ("app-1/a/b.js", ""), ("app-x.js", "")]);
        let site = Site::read(&dir.0).unwrap();
        let lasts = |path| site.file(path).unwrap().is_lasting;
        assert_eq!(
            ["/", "/app-1/a/b.js", "/app-x.js"].map(lasts),
            [false, true, false]
        );
    }

    #[test]
    fn a_smaller_form_of_an_earlier_file_is_not_shown() {
        let dir = Dir::with(&[("index.html", "new"), ("index.html.br", "old")]);
        let form = OnDisk::options()
            .write(true)
            .open(dir.0.join("index.html.br"))
            .unwrap();
        let now = SystemTime::now();
        for (age, shown) in [
            (STALE - Duration::from_secs(20), "old"),
            (STALE + Duration::from_secs(1), "new"),
        ] {
            form.set_modified(now - age).unwrap();
            OnDisk::options()
                .write(true)
                .open(dir.0.join("index.html"))
                .unwrap()
                .set_modified(now)
                .unwrap();
            let site = Site::read(&dir.0).unwrap();
            assert_eq!(text(&site, "/", "br").unwrap().1, shown);
        }
    }

    #[test]
    fn other_bytes_have_another_tag_and_the_same_have_the_same() {
        assert_ne!(tag(b"a"), tag(b"b"));
        assert_eq!(tag(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn an_operator_is_told_what_is_wrong_with_the_directory() {
        let empty = Dir::with(&[]);
        assert!(empty.why().contains("no index.html"), "{}", empty.why());
        let missing = Site::read(&empty.0.join("missing")).unwrap_err();
        assert!(missing.contains("no such directory"), "{missing}");
        let page = Dir::with(&[("index.html", "")]);
        let file = Site::read(&page.0.join("index.html")).unwrap_err();
        assert!(file.contains("it is a file"), "{file}");
        let odd = Dir::with(&[("index.html", ""), ("a b", "")]);
        assert!(odd.why().contains("a b has a name"), "{}", odd.why());
        let broken = Dir::with(&[("index.html", "")]);
        symlink("nowhere", broken.0.join("link")).unwrap();
        assert!(broken.why().contains("cannot read"), "{}", broken.why());
        let device = Dir::with(&[("index.html", "")]);
        symlink("/dev/null", device.0.join("null")).unwrap();
        assert!(device.why().contains("neither"), "{}", device.why());
        let endless = Dir::with(&[("index.html", "")]);
        symlink(".", endless.0.join("again")).unwrap();
        assert!(endless.why().contains("deep"), "{}", endless.why());
    }

    #[test]
    fn as_many_files_and_bytes_as_the_bounds_are_read_and_one_more_is_not() {
        let dir = Dir::with(&[("index.html", "")]);
        for number in 1..MOST_FILES {
            fs::write(dir.0.join(number.to_string()), "").unwrap();
        }
        assert!(Site::read(&dir.0).is_ok());
        fs::write(dir.0.join("more"), "").unwrap();
        assert!(dir.why().contains("1000 files"), "{}", dir.why());
        let dir = Dir::with(&[("index.html", "")]);
        let file = OnDisk::create(dir.0.join("large")).unwrap();
        file.set_len(MOST_BYTES).unwrap();
        assert!(Site::read(&dir.0).is_ok());
        file.set_len(MOST_BYTES + 1).unwrap();
        assert!(dir.why().contains("64 MiB"), "{}", dir.why());
    }
}
