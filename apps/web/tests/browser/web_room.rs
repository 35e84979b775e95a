//! A room whose server serves the page, in its own process, and which can go away and come back at the same port.

use std::fs;
use std::path::{Path, PathBuf};

use hubbub_testing::{HeldPort, Program};

/// The room.
pub(crate) struct WebRoom {
    server: Option<Program>,
    port: HeldPort,
    options: Vec<String>,
}

impl WebRoom {
    /// A room with the page that `just page` has made.
    #[track_caller]
    pub(crate) fn open() -> WebRoom {
        Self::open_with(&[])
    }

    /// The same with these additional options of the server.
    #[track_caller]
    pub(crate) fn open_with(options: &[&str]) -> WebRoom {
        Self::serving(&made_page(), options)
    }

    /// The same with the page in this directory.
    #[track_caller]
    pub(crate) fn serving(page: &Path, options: &[&str]) -> WebRoom {
        let mut all = vec!["--web".to_owned(), page.to_str().unwrap().to_owned()];
        all.extend(options.iter().map(|&option| option.to_owned()));
        let mut room = WebRoom {
            server: None,
            port: HeldPort::new(),
            options: all,
        };
        room.comes_back();
        room
    }

    /// The port of the room.
    pub(crate) fn port(&self) -> u16 {
        self.port.number()
    }

    /// The address of the page.
    pub(crate) fn page(&self) -> String {
        page_at(self.port())
    }

    /// The server.
    pub(crate) fn server(&mut self) -> &mut Program {
        self.server.as_mut().expect("the server is away")
    }

    /// Kills the server, as a lack of memory would.
    pub(crate) fn dies(&mut self) {
        self.server = None;
    }

    /// Stops the server as a service manager does, and waits until it has ended.
    #[track_caller]
    pub(crate) fn stops(&mut self) {
        let server = self.server.take().expect("the server is away");
        server.signal("TERM");
        assert!(server.end().status.success(), "the server did not end well");
    }

    /// Starts the server again, at the same port.
    #[track_caller]
    pub(crate) fn comes_back(&mut self) {
        let port = self.port().to_string();
        let mut words = vec!["--port", &port, "--listen", "127.0.0.1"];
        words.extend(self.options.iter().map(String::as_str));
        let mut server = Program::start(&words);
        server.port();
        self.server = Some(server);
    }

    /// From now on, the server that is started has this page.
    pub(crate) fn will_serve(&mut self, page: &Path) {
        self.options[1] = page.to_str().unwrap().to_owned();
    }
}

/// The address of the page at this port of loopback.
pub(crate) fn page_at(port: u16) -> String {
    format!("http://127.0.0.1:{port}/")
}

/// The page that `just page` has made.
#[track_caller]
pub(crate) fn made_page() -> PathBuf {
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("web");
    let has_page = page.join("index.html").exists();
    assert!(
        has_page,
        "there is no page in {}: run `just page`",
        page.display()
    );
    page
}

/// The bytes of all files of the page whose names end so, but for the picture that only unread messages need.
#[track_caller]
pub(crate) fn bytes_of_page(ending: &str) -> u64 {
    sum(&made_page(), ending)
}

fn sum(directory: &Path, ending: &str) -> u64 {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let bytes = entries.map(|entry| {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            return sum(&path, ending);
        }
        let is_needed = name.ends_with(ending) && !name.contains("-unread");
        if is_needed {
            entry.metadata().unwrap().len()
        } else {
            0
        }
    });
    bytes.sum()
}
