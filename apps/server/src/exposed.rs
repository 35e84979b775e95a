//! Files that others can read or change and should not. Knows nothing of what is in them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tracing::warn;

/// What a file with a secret, or its directory, must not allow: anything to everybody, and writing to its group.
/// Reading by the group is how a service gets a key that is root's.
const EXPOSED: u32 = 0o027;

/// Says, in one line, which of these are exposed, and what helps.
pub(crate) fn warn_of<'a>(paths: impl IntoIterator<Item = &'a Path>) {
    let paths = paths.into_iter().filter(|path| is_exposed(path));
    let exposed: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    if !exposed.is_empty() {
        let all = exposed.join(" ");
        warn!("others can read or change what should be secret; this helps: chmod g-w,o= {all}");
    }
}

fn is_exposed(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & EXPOSED != 0)
}
