//! Keeps a browser for as long as the test program runs, however that ends: a shell waits for the end of a pipe that
//! only the program holds, and then kills the browser and removes what it wrote.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use hubbub_testing::Program;

/// Starts a browser, and ends it when nobody holds the other end of stdin any more. The first argument is its
/// directory, where it may still write while it dies.
const KEEPER: &str = r#"
place=$1; shift
"$@" about:blank </dev/null >/dev/null &
browser=$!
read -r _
exec 2>/dev/null
kill -TERM $browser
(sleep 10; kill -KILL $browser) & last=$!
wait $browser
kill $last
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$place" && break
    sleep 0.1
done
"#;

/// Starts a browser with a directory of its own, in which these files are from the start. Among its arguments, PLACE stands
/// for the directory. The keeper's stdin is held for as long as it is not dropped.
pub(crate) fn keep(browser: &Command, files: &[(&str, &str)]) -> Program {
    let name = browser.get_program().to_str().unwrap();
    let exists = Command::new(name).arg("--version").output();
    assert!(
        exists.is_ok_and(|output| output.status.success()),
        "there is no {name}: run `just browser`"
    );
    let place =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    for (file, text) in files {
        fs::write(place.join(file), text).unwrap();
    }
    let (arguments, directory) = (browser.get_args(), place.to_str().unwrap());
    let mut keeper = Command::new("sh");
    keeper
        .args(["-c", KEEPER, "sh"])
        .arg(&place)
        .arg(name)
        .args(arguments.map(|it| it.to_str().unwrap().replace("PLACE", directory)));
    // Not the user's own desktop, and nothing in the user's own files.
    keeper
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env("HOME", &place);
    Program::run_from(Stdio::piped(), keeper)
}
