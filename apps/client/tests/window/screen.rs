//! The X server that the test runs under: who has it, and the programs that act on it.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

static SCREEN: Mutex<()> = Mutex::new(());

/// The keyboard, the mouse and the focus: one test at a time has them.
pub(crate) struct Screen {
    _turn: MutexGuard<'static, ()>,
}

impl Screen {
    /// Waits for its turn.
    pub(crate) fn take() -> Screen {
        assert!(
            std::env::var_os("DISPLAY").is_some(),
            "the window's tests need an X server and a window manager: run them by `just test`"
        );
        // A test that failed left nothing behind that the next one would stumble over.
        Screen {
            _turn: SCREEN
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner()),
        }
    }
}

/// Runs xdotool; what it says, or nothing when it fails, as it does when it finds no window.
pub(crate) fn xdotool(arguments: &[&str]) -> Option<String> {
    run("xdotool", arguments)
}

/// Runs wmctrl in the same way.
pub(crate) fn wmctrl(arguments: &[&str]) -> Option<String> {
    run("wmctrl", arguments)
}

/// A property that a window has, in words.
pub(crate) fn xprop(window: &str, property: &str) -> Option<String> {
    run("xprop", &["-id", window, property])
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
    /// Where a window lies with its frame, or nothing while it has none. xdotool tells the place too, and counts the frame
    /// twice.
    pub(crate) fn of(window: &str) -> Option<Area> {
        let told = run("xwininfo", &["-id", window])?;
        let number = |name: &str| {
            let line = told.lines().find_map(|line| line.trim().strip_prefix(name));
            line?.trim().parse::<i32>().ok()
        };
        let frame = xprop(window, "_NET_FRAME_EXTENTS")?;
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

    /// The whole screen.
    pub(crate) fn of_the_screen() -> Area {
        let told = xdotool(&["getdisplaygeometry"]).expect("xdotool getdisplaygeometry");
        let (right, bottom) = told.split_once(' ').unwrap();
        Area {
            left: 0,
            top: 0,
            right: right.parse().unwrap(),
            bottom: bottom.parse().unwrap(),
        }
    }

    /// Whether all of `other` lies in it.
    pub(crate) fn holds(&self, other: &Area) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }
}

/// What lies in the clipboard, as this type; nothing when it holds none of it.
pub(crate) fn clipboard(kind: &str) -> Option<String> {
    run(
        "xclip",
        &["-out", "-selection", "clipboard", "-target", kind],
    )
}

/// Saves what a window shows as a PNG; `root` is the whole screen.
pub(crate) fn photograph(window: &str, picture: &Path) {
    let picture = picture.to_str().unwrap();
    run("import", &["-window", window, picture])
        .unwrap_or_else(|| panic!("could not save {picture}"));
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; `just setup` installs it"));
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
