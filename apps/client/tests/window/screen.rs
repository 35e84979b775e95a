//! The X servers under which the tests run: which test has which screen, and the programs that act on a screen.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

/// The names of the screens that no test has.
static FREE: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| {
    let names = std::env::var("SCREENS").unwrap_or_default();
    Mutex::new(names.split_whitespace().map(str::to_owned).collect())
});
static GIVEN_BACK: Condvar = Condvar::new();

/// A screen with its own keyboard, mouse, focus, clipboard and window manager. One test at a time has it. It is given
/// back when the test has ended and all its windows are gone.
#[derive(Clone)]
pub(crate) struct Screen(Arc<Turn>);

struct Turn {
    display: String,
}

impl Screen {
    /// Waits until a screen is free.
    pub(crate) fn take() -> Screen {
        assert!(
            std::env::var_os("SCREENS").is_some(),
            "the window's tests need X servers with window managers: run them by `just test`"
        );
        let free = GIVEN_BACK.wait_while(free(), |free| free.is_empty());
        let mut free = free.unwrap_or_else(PoisonError::into_inner);
        let display = free.pop().expect("a free screen");
        let screen = Screen(Arc::new(Turn { display }));
        // Untouched, whatever the last test did.
        let untouched = ["mouseup", "1", "mousemove", "0", "0"];
        screen.xdotool(&untouched).expect("xdotool mousemove");
        screen
    }

    /// A program that acts on this screen.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.0.display);
        command
    }

    /// Runs xdotool. Returns its output, or nothing if it fails, for example because it finds no window.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> Option<String> {
        self.run("xdotool", arguments)
    }

    /// Runs wmctrl, and returns the same.
    pub(crate) fn wmctrl(&self, arguments: &[&str]) -> Option<String> {
        self.run("wmctrl", arguments)
    }

    /// A property of a window, as xprop words it.
    pub(crate) fn xprop(&self, window: &str, property: &str) -> Option<String> {
        self.run("xprop", &["-id", window, property])
    }

    /// What the clipboard holds as this type, or nothing.
    pub(crate) fn clipboard(&self, kind: &str) -> Option<String> {
        self.run(
            "xclip",
            &["-out", "-selection", "clipboard", "-target", kind],
        )
    }

    /// Saves what a window shows as a PNG; `root` is the whole screen.
    pub(crate) fn photograph(&self, window: &str, picture: &Path) {
        let picture = picture.to_str().unwrap();
        self.run("import", &["-window", window, picture])
            .unwrap_or_else(|| panic!("could not save {picture}"));
    }

    /// The whole screen.
    pub(crate) fn area(&self) -> Area {
        let told = self
            .xdotool(&["getdisplaygeometry"])
            .expect("xdotool getdisplaygeometry");
        let (right, bottom) = told.split_once(' ').unwrap();
        Area {
            left: 0,
            top: 0,
            right: right.parse().unwrap(),
            bottom: bottom.parse().unwrap(),
        }
    }

    /// Where a window is, including its frame, or nothing while it has none. xdotool also tells the place, but counts
    /// the frame twice.
    pub(crate) fn area_of(&self, window: &str) -> Option<Area> {
        let told = self.run("xwininfo", &["-id", window])?;
        let number = |name: &str| {
            let line = told.lines().find_map(|line| line.trim().strip_prefix(name));
            line?.trim().parse::<i32>().ok()
        };
        let frame = self.xprop(window, "_NET_FRAME_EXTENTS")?;
        let (_, frame) = frame.split_once('=')?;
        let frame: Vec<i32> = frame
            .split(',')
            .flat_map(|side| side.trim().parse())
            .collect();
        let &[left, right, top, bottom] = &frame[..] else {
            return None;
        };
        let x = number("Absolute upper-left X:")?;
        let y = number("Absolute upper-left Y:")?;
        Some(Area {
            left: x - left,
            top: y - top,
            right: x + number("Width:")? + right,
            bottom: y + number("Height:")? + bottom,
        })
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}; `just setup` installs it"));
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        free().push(std::mem::take(&mut self.display));
        GIVEN_BACK.notify_one();
    }
}

fn free() -> MutexGuard<'static, Vec<String>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A part of the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

impl Area {
    /// Whether it contains all of `other`.
    pub(crate) fn holds(&self, other: &Area) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }
}
