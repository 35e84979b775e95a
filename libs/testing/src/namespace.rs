//! A separate network for a test, in which rules drop packets: nothing arrives, nothing is reset, and each end is on
//! its own. And a separate disk, which is so small that a test can fill it. Only the kernel can do this, so the test
//! runs itself again in a namespace.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Set for the test that runs in the namespace.
const INSIDE: &str = "HUBBUB_INSIDE_A_NAMESPACE";

/// Runs `what_it_does` in a network namespace, for the test of this name, which calls this. If no namespace can be
/// made, fails and says what is missing.
#[track_caller]
pub fn within(test: &str, what_it_does: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        ip("link set lo up");
        // The table of loopback must come after the rules that drop packets. By default it comes first.
        ip("rule add pref 100 lookup local");
        ip("rule del pref 0");
        what_it_does();
    } else {
        run_again_inside(test);
    }
}

#[track_caller]
fn run_again_inside(test: &str) {
    let trial = inside("ip".into())
        .args(["link", "set", "lo", "up"])
        .output();
    let obstacle = match trial {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(format!("cannot start unshare: {error}")),
    };
    if let Some(why) = obstacle {
        panic!(
            "this test needs a network namespace, and there is none: {}; it takes `unshare` (util-linux), `ip` \
             (iproute2), and root or user namespaces",
            why.trim()
        );
    }
    let output = inside(env::current_exe().unwrap().into())
        .args(["--exact", test, "--include-ignored", "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("1 passed"), "{shown}");
}

/// Drops packets from now on: those `to` or `from` an address.
#[track_caller]
pub fn swallow(direction: &str, address: &str) {
    ip(&format!("rule add pref 50 {direction} {address} blackhole"));
}

/// Lets them through again.
#[track_caller]
pub fn let_through(direction: &str, address: &str) {
    ip(&format!("rule del pref 50 {direction} {address} blackhole"));
}

/// Runs `what_it_does` where [`small_disk`] works, for the test of this name, which calls this. If no such place can be
/// made, fails and says what is missing.
#[track_caller]
pub fn with_disks(test: &str, what_it_does: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return what_it_does();
    }
    let ways: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let makes_disks = |way: &&&[&str]| {
        let mount = ["mount", "-t", "tmpfs", "tmpfs", "/tmp"];
        let trial = Command::new("unshare").args(**way).args(mount).output();
        trial.is_ok_and(|output| output.status.success())
    };
    let way = ways.iter().find(makes_disks).expect(
        "this test needs a mount namespace, and there is none; it takes `unshare` and `mount` (util-linux), and root or \
         user namespaces",
    );
    let status = Command::new("unshare")
        .args(*way)
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--include-ignored", "--nocapture"])
        .env(INSIDE, "yes")
        .status()
        .unwrap();
    assert!(status.success(), "it failed in the namespace: {status}");
}

/// Mounts an empty disk of this many MiB at an empty directory. It goes with the namespace.
#[track_caller]
pub fn small_disk(at: &Path, mib: usize) {
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
        .arg(at)
        .status()
        .unwrap();
    assert!(status.success(), "mount at {}", at.display());
}

/// A command in its own network namespace.
fn inside(program: OsString) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--net"])
        .arg(program);
    command
}

#[track_caller]
fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split(' '))
        .status()
        .unwrap();
    assert!(status.success(), "ip {arguments}");
}
