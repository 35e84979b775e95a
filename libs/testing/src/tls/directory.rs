//! A directory for what a program keeps and reads: keys, certificates, passwords.

use std::collections::hash_map::RandomState;
use std::env;
use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

/// An empty directory, which is gone after the test.
pub struct Directory(PathBuf);

impl Directory {
    /// A new one, below that for temporary files.
    pub fn new() -> Self {
        let number = RandomState::new().hash_one("a directory");
        let path = env::temp_dir().join(format!("hubbub-test-{number:016x}"));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Its path.
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The path of something in it.
    pub fn of(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

impl AsRef<Path> for Directory {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
