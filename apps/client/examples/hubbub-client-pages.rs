//! Writes the man page of `hubbub-client` and its completions:
//! `cargo run -p hubbub-client --no-default-features --example hubbub-client-pages -- DIR`.

use std::process::ExitCode;

use hubbub_pages::Section;

const SECTIONS: &[Section] = &[
    Section {
        page: "hubbub-client",
        heading: "EXIT STATUS",
        text: "  0  the window was closed, or a signal asked the program to end; the room has been left
  1  there is no display, or the window could not be opened
  2  the options are wrong",
    },
    Section {
        page: "hubbub-client",
        heading: "ENVIRONMENT",
        text: "  DISPLAY, WAYLAND_DISPLAY  where the window opens
  USER, LOGNAME  the name to use in the room of a link, if --username does not say another
  XDG_CONFIG_HOME, XDG_STATE_HOME  where the files below are, instead of ~/.config and ~/.local/state
  TZ  the time zone in which times are shown",
    },
    Section {
        page: "hubbub-client",
        heading: "FILES",
        text: "  ~/.config/hubbub/settings.toml
      theme, zoom, notifications and whether the list of people is shown
  ~/.config/hubbub/window.toml
      where the window stood
  ~/.local/state/hubbub/rooms.toml
      the last message seen in each room",
    },
    Section {
        page: "hubbub-client",
        heading: "SEE ALSO",
        text: "hubbub(1), hubbub-chat(1), hubbub-server(1)",
    },
];

fn main() -> ExitCode {
    hubbub_pages::main(hubbub_client::args::command(), SECTIONS)
}
